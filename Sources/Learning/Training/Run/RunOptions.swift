import SettingsFile

// Why keys of every kind of run have no option of their own.
extension SettingsOption {
    /// Few change it: an option for every such key would hide those that matter.
    package static let bySet = absent("--set changes it")
    package static let recorded = absent("recorded by the run, to go on with the same images")
}
