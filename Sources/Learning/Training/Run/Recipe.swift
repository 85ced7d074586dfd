/// A set of settings that a run begins with, for one kind of data; the settings file and the options stand above it.
public enum Recipe: String, Hashable, Sendable, CaseIterable {
    /// Hundreds to thousands of images on a workstation.
    case small
    /// As published.
    case paper
}
