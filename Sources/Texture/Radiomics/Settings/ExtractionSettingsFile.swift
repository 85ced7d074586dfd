import Imaging
import SettingsFile
import TextureCore
import Yams

/// What `--settings` names: the YAML of weft's own keys, or a parameter file of PyRadiomics, known by its top-level keys.
public struct ExtractionSettingsFile: Sendable {
    public var settings = ExtractionSettings()
    /// Which regions, where the file says so.
    public var label: Int?
    /// What somebody should know about keys that play no part.
    public var notes: [String] = []
    /// Of a parameter file of PyRadiomics: its numbers are for any image.
    public var sharedNumbers = SharedNumbers.refused
    /// Of a parameter file of PyRadiomics: what feature maps are made with.
    public var voxelSetting: PyRadiomicsVoxelSetting?

    /// Among `notes` for a table of features.
    public static let voxelSettingNote = "voxelSetting belongs to feature maps and plays no part here"

    public init() {}

    /// - Throws: ``SettingsError`` for an unknown key, a value that cannot be, or settings that contradict each other.
    public init(yaml: String) throws(SettingsError) {
        guard let root = try Node.root(of: yaml) else { return }
        if PyRadiomicsParameterFile.recognises(root) {
            let file = try PyRadiomicsParameterFile(root)
            (settings, label, notes, voxelSetting) = (file.settings, file.label, file.notes, file.voxelSetting)
            sharedNumbers = .applied
        } else {
            try settings.read(root)
            try settings.validate()
        }
    }
}

extension ExtractionSettings {
    /// Settings from a file; what it does not mention stays at its default.
    public init(yaml: String) throws(SettingsError) { self = try ExtractionSettingsFile(yaml: yaml).settings }

    /// The settings as a file that ``init(yaml:)`` reads back to the same settings; also what the settings hash is
    /// taken of.
    public var yaml: String { written(as: .lines) }

    /// Settings that contradict each other, or that a convention does not take, or that cannot be carried out.
    public func validate() throws(SettingsError) { try validate(options: []) }

    /// - Parameter options: names of options that were given, also with the value that is usual.
    package func validate(options: Set<String>) throws(SettingsError) {
        try checkValues()
        try register.check(key: "regions")
        try validateImages()
        try checkRules(options: options)
        if let families, Set(families).count < families.count {
            throw .value(key: "families", found: "\(families.map(\.rawValue))", expected: "each family once")
        }
        if families?.isEmpty == true { throw .value(key: "families", found: "none", expected: "at least one family") }
        try validateFeatures()
        guard columnChoice == .all || !columns.isEmpty else {
            throw .conflict(
                "no column is left: columns: common has none of \(activeFamilies.map(\.rawValue).joined(separator: ", "));"
                    + " name other families, or take all columns")
        }
    }
}

// MARK: Values as files and options give them

extension FeatureFamily {
    /// By the tag of the reference tables (`cm`) or PyRadiomics' class (`glcm`).
    public init(named name: String) throws(SettingsError) {
        let all = Self.allCases
        guard let family = Self(rawValue: name) ?? all.first(where: { $0.pyradiomicsClass == name }) else {
            throw .value(
                key: "families", found: "'\(name)'",
                expected: "one of " + all.map(\.rawValue).joined(separator: ", ") + " (or PyRadiomics' "
                    + all.compactMap(\.pyradiomicsClass).joined(separator: ", ") + ")")
        }
        self = family
    }
}

extension Resampling {
    /// One number for all axes or three; 0 keeps an axis.
    public static func spacing(_ numbers: [Double], key: String) throws(SettingsError) -> SIMD3<Double> {
        guard numbers.count == 1 || numbers.count == 3, numbers.allSatisfy({ $0 == 0 || (1e-3...1e4).contains($0) })
        else {
            throw .value(
                key: key, found: "\(numbers)", expected: "three numbers of mm from 0.001 to 10000, 0 to keep an axis")
        }
        return numbers.count == 1 ? SIMD3(repeating: numbers[0]) : SIMD3(numbers[0], numbers[1], numbers[2])
    }
}

extension Resegmentation {
    /// Lower and upper end, both inside; either may be infinite.
    public static func range(_ ends: [Double], key: String) throws(SettingsError) -> ClosedRange<Double> {
        guard ends.count == 2, ends[0] <= ends[1] else {
            throw .value(key: key, found: "\(ends)", expected: "a lower and an upper end, e.g. [-500, 400]")
        }
        return ends[0]...ends[1]
    }
}

extension GreyLevelSetting {
    public static func bins(width: Double?, count: Int?) throws(SettingsError) -> Bins {
        switch (width, count) {
        case (let width?, nil): return .width(width)
        case (nil, let count?): return .count(count)
        case (nil, nil): return .automatic
        case (.some, .some): throw .conflict("a bin width and a bin count exclude each other; give one of them")
        }
    }
}
