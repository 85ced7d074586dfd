import Imaging
import TextureCore
import Yams

/// What is wrong with a settings file or option.
public enum SettingsError: Error, Equatable, CustomStringConvertible {
    case notYAML(reason: String)
    case unknownKey(String, at: String, nearest: String?)
    case badValue(key: String, found: String, expected: String)
    case notAvailable(key: String, what: String)
    case unknownFeature(String, Convention, nearest: String?)
    case conflict(String)

    public var description: String {
        switch self {
        case .notYAML(let reason): "not readable as YAML: \(reason)"
        case .unknownKey(let key, let place, let nearest):
            "unknown key '\(key)' \(place)" + (nearest.map { "; did you mean '\($0)'?" } ?? "")
        case .badValue(let key, let found, let expected): "\(key): found \(found), expected \(expected)"
        case .notAvailable(let key, let what):
            "\(key): \(what) is not available in this version of weft; remove it to go on"
        case .unknownFeature(let name, let convention, let nearest):
            "no feature '\(name)' in the convention \(convention.rawValue)"
                + (nearest.map { "; did you mean '\($0)'?" } ?? "; 'weft explain' lists them")
        case .conflict(let text): text
        }
    }
}

/// The key of a settings file that names a value's place, for messages.
private enum Key {
    static let top = [
        "convention", "imageUnit", "resample", "resegment", "discretise", "ivh", "texture", "pyradiomics", "families",
        "features",
    ]
    static let resample = ["spacing", "interpolation"]
    static let resegment = ["range", "outlierSigma"]
    static let discretise = ["binWidth", "binCount", "lowerBound"]
    static let ivh = ["binWidth", "binCount"]
    static let texture = ["distances", "aggregations", "directions"]
}

/// What `--settings` names: the YAML of DESIGN.md, or a parameter file of PyRadiomics, known by its top-level keys.
public struct SettingsFile: Sendable {
    public var settings = ExtractionSettings()
    /// Which regions, where the file says so.
    public var label: Int?
    /// What somebody should know about keys that play no part.
    public var notes: [String] = []
    /// Of a parameter file of PyRadiomics: what feature maps are made with.
    public var voxelSetting: PyRadiomicsVoxelSetting?

    /// Among `notes` for a table of features.
    public static let voxelSettingNote = "voxelSetting belongs to feature maps and plays no part here"

    public init() {}

    public init(yaml: String) throws(SettingsError) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch { throw .notYAML(reason: "\(error)") }
        guard let root else { return }
        if PyRadiomicsParameterFile.recognises(root) {
            let file = try PyRadiomicsParameterFile(root)
            (settings, label, notes, voxelSetting) = (file.settings, file.label, file.notes, file.voxelSetting)
        } else {
            settings = try ExtractionSettings(root)
        }
    }
}

extension ExtractionSettings {
    /// Settings from a file; what it does not mention stays at its default.
    public init(yaml: String) throws(SettingsError) { self = try SettingsFile(yaml: yaml).settings }

    fileprivate init(_ root: Node) throws(SettingsError) {
        self.init()
        let top = try root.keyed(Key.top, at: "at the top level")
        var named: [String]?
        for (key, node) in top {
            switch key {
            case "convention": convention = try node.choice(key, Convention.allCases)
            case "imageUnit": imageUnit = try node.choice(key, ImageUnit.allCases)
            case "resample": resample = node.string == "none" ? nil : try Resampling(node)
            case "resegment": if node.string != "none" { resegment = try Resegmentation(node) }
            case "discretise": discretise = try GreyLevelSetting(node)
            case "ivh": intensityVolume = try IntensityVolumeBins(node)
            case "texture": try texture.read(node)
            case "families":
                var named: [FeatureFamily] = []
                for name in try node.strings(key) { named.append(try FeatureFamily(named: name)) }
                families = named
            case "features": named = try node.strings(key)
            default: try readPyRadiomics(node)
            }
        }
        if let named { try select(features: named) }
        try validate()
    }

    /// Settings that contradict each other or cannot be carried out.
    public func validate() throws(SettingsError) {
        if texture.distances.isEmpty || texture.distances.contains(where: { $0 < 1 }) {
            throw .badValue(
                key: "distances", found: "\(texture.distances)", expected: "whole numbers of voxels from 1")
        }
        if Set(texture.distances).count < texture.distances.count {
            throw .badValue(key: "distances", found: "\(texture.distances)", expected: "each distance once")
        }
        if Set(texture.aggregations).count < texture.aggregations.count || texture.aggregations.isEmpty {
            throw .badValue(
                key: "aggregations", found: "\(texture.aggregations.map(\.rawValue))", expected: "each aggregation once"
            )
        }
        if case .width(let width) = discretise.bins, !(width > 0 && width.isFinite) {
            throw .badValue(key: "binWidth", found: "\(width)", expected: "a positive number")
        }
        if case .count(let count) = discretise.bins, !(1...GreyLevels.most).contains(count) {
            throw .badValue(key: "binCount", found: "\(count)", expected: "a number from 1 to \(GreyLevels.most)")
        }
        try intensityVolume.validate()
        if let sigma = resegment.outlierSigma, !(sigma > 0 && sigma.isFinite) {
            throw .badValue(key: "outlierSigma", found: "\(sigma)", expected: "a positive number")
        }
        if convention == .ibsi, texture.pyradiomics != PyRadiomicsTexture() || pyradiomics != PyRadiomicsSteps() {
            throw .conflict("the keys under pyradiomics need convention: pyradiomics")
        }
        if let start = discretise.lowerBound, !start.isFinite {
            throw .badValue(key: "lowerBound", found: "\(start)", expected: "a finite number")
        }
        if let families, Set(families).count < families.count {
            throw .badValue(key: "families", found: "\(families.map(\.rawValue))", expected: "each family once")
        }
        if families?.isEmpty == true {
            throw .badValue(key: "families", found: "none", expected: "at least one family")
        }
        try validateFeatures()
    }
}

extension FeatureFamily {
    /// By the tag of the reference tables (`cm`) or PyRadiomics' class (`glcm`).
    public init(named name: String) throws(SettingsError) {
        let all = Self.allCases
        guard let family = Self(rawValue: name) ?? all.first(where: { $0.pyradiomicsClass == name }) else {
            throw .badValue(
                key: "families", found: "'\(name)'",
                expected: "one of " + all.map(\.rawValue).joined(separator: ", ") + " (or PyRadiomics' "
                    + all.compactMap(\.pyradiomicsClass).joined(separator: ", ") + ")")
        }
        self = family
    }
}

extension Resampling {
    fileprivate init(_ node: Node) throws(SettingsError) {
        var spacing: SIMD3<Double>?
        self.init(spacing: .zero)
        for (key, node) in try node.keyed(Key.resample, at: "under resample") {
            switch key {
            case "spacing": spacing = try Resampling.spacing(node.numbers(key), key: key)
            default: interpolation = try node.choice(key, Interpolation.allCases)
            }
        }
        guard let spacing else {
            throw .badValue(key: "resample", found: "no spacing", expected: "spacing: [x, y, z] in mm")
        }
        self.spacing = spacing
    }

    /// One number for all axes or three; 0 keeps an axis.
    public static func spacing(_ numbers: [Double], key: String) throws(SettingsError) -> SIMD3<Double> {
        guard numbers.count == 1 || numbers.count == 3,
            numbers.allSatisfy({ $0 == 0 || (1e-3...1e4).contains($0) })
        else {
            throw .badValue(
                key: key, found: "\(numbers)", expected: "three numbers of mm from 0.001 to 10000, 0 to keep an axis")
        }
        return numbers.count == 1 ? SIMD3(repeating: numbers[0]) : SIMD3(numbers[0], numbers[1], numbers[2])
    }
}

extension Resegmentation {
    fileprivate init(_ node: Node) throws(SettingsError) {
        self.init()
        for (key, node) in try node.keyed(Key.resegment, at: "under resegment") {
            switch key {
            case "range": range = try Resegmentation.range(node.numbers(key), key: key)
            default: outlierSigma = try node.number(key)
            }
        }
    }

    /// Lower and upper end, both inside; either may be infinite.
    public static func range(_ ends: [Double], key: String) throws(SettingsError) -> ClosedRange<Double> {
        guard ends.count == 2, ends[0] <= ends[1] else {
            throw .badValue(key: key, found: "\(ends)", expected: "a lower and an upper end, e.g. [-500, 400]")
        }
        return ends[0]...ends[1]
    }
}

extension GreyLevelSetting {
    fileprivate init(_ node: Node) throws(SettingsError) {
        self.init()
        if node.string == "none" {
            bins = .none
            return
        }
        if node.string == "automatic" { return }
        var width: Double?
        var count: Int?
        for (key, node) in try node.keyed(Key.discretise, at: "under discretise") {
            switch key {
            case "binWidth": width = try node.number(key)
            case "binCount": count = try node.integer(key)
            default: lowerBound = try node.number(key)
            }
        }
        bins = try Self.bins(width: width, count: count)
    }

    public static func bins(width: Double?, count: Int?) throws(SettingsError) -> Bins {
        switch (width, count) {
        case (let width?, nil): return .width(width)
        case (nil, let count?): return .count(count)
        case (nil, nil): return .automatic
        case (.some, .some): throw .conflict("a bin width and a bin count exclude each other; give one of them")
        }
    }
}

extension IntensityVolumeBins {
    fileprivate init(_ node: Node) throws(SettingsError) {
        guard node.string != "none" else {
            self = .none
            return
        }
        self = .automatic
        if node.string == "automatic" { return }
        for (key, node) in try node.keyed(Key.ivh, at: "under ivh") {
            guard self == .automatic else { throw .conflict("ivh: a bin width and a bin count exclude each other") }
            self = key == "binWidth" ? .width(try node.number(key)) : .count(try node.integer(key))
        }
    }

    fileprivate func validate() throws(SettingsError) {
        switch self {
        case .width(let width) where !(width > 0 && width.isFinite):
            throw .badValue(key: "binWidth under ivh", found: "\(width)", expected: "a positive number")
        case .count(let count) where count < 1:
            throw .badValue(key: "binCount under ivh", found: "\(count)", expected: "a number from 1")
        default: break
        }
    }
}

extension TextureSettings {
    fileprivate mutating func read(_ node: Node) throws(SettingsError) {
        for (key, node) in try node.keyed(Key.texture, at: "under texture") {
            switch key {
            case "distances": distances = try node.integers(key)
            case "aggregations": aggregations = try node.choices(key, Aggregation.allCases)
            default: directions = try node.choice(key, DirectionOutput.allCases)
            }
        }
    }
}

// MARK: Reading YAML nodes

extension Node {
    /// The pairs of a mapping; every key must be one of `known`.
    func keyed(_ known: [String], at place: String) throws(SettingsError) -> [(String, Node)] {
        guard let mapping else {
            throw .badValue(key: place, found: shown, expected: "keys of " + known.joined(separator: ", "))
        }
        var pairs: [(String, Node)] = []
        for (key, node) in mapping {
            let name = key.string ?? "?"
            guard known.contains(name) else {
                throw .unknownKey(name, at: place, nearest: nearest(to: name, among: known))
            }
            pairs.append((name, node))
        }
        return pairs
    }

    func number(_ key: String) throws(SettingsError) -> Double {
        guard let value = Double.construct(from: scalar ?? Node.Scalar("")), !value.isNaN else {
            throw .badValue(key: key, found: shown, expected: "a number")
        }
        return value
    }

    func integer(_ key: String) throws(SettingsError) -> Int {
        guard let value = int else { throw .badValue(key: key, found: shown, expected: "a whole number") }
        return value
    }

    func flag(_ key: String) throws(SettingsError) -> Bool {
        guard let value = bool else { throw .badValue(key: key, found: shown, expected: "true or false") }
        return value
    }

    func numbers(_ key: String) throws(SettingsError) -> [Double] {
        var values: [Double] = []
        for node in items { values.append(try node.number(key)) }
        return values
    }

    func integers(_ key: String) throws(SettingsError) -> [Int] {
        var values: [Int] = []
        for node in items { values.append(try node.integer(key)) }
        return values
    }

    func strings(_ key: String) throws(SettingsError) -> [String] {
        var values: [String] = []
        for node in items {
            guard let value = node.string else { throw .badValue(key: key, found: node.shown, expected: "names") }
            values.append(value)
        }
        return values
    }

    func choice<Choice: RawRepresentable<String>>(_ key: String, _ all: [Choice]) throws(SettingsError) -> Choice {
        guard let choice = string.flatMap(Choice.init(rawValue:)) else {
            throw .badValue(key: key, found: shown, expected: "one of " + all.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    func choices<Choice: RawRepresentable<String>>(_ key: String, _ all: [Choice]) throws(SettingsError) -> [Choice] {
        var values: [Choice] = []
        for node in items { values.append(try node.choice(key, all)) }
        return values
    }

    /// A single value stands for a list of one.
    private var items: [Node] { sequence.map(Array.init) ?? [self] }

    var shown: String { string.map { "'\($0)'" } ?? "a list or a group of keys" }
}

/// The known word at the smallest edit distance, if that is small enough to be a slip.
func nearest(to word: String, among known: [String]) -> String? {
    let best = known.min { editDistance($0, word) < editDistance($1, word) }
    return best.flatMap { editDistance($0, word) <= max(2, word.count / 3) ? $0 : nil }
}

/// Levenshtein, upper and lower case alike.
func editDistance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a.lowercased()), Array(b.lowercased()))
    var row = Array(0...b.count)
    for i in a.indices {
        var diagonal = row[0]
        row[0] = i + 1
        for j in b.indices {
            let replaced = diagonal + (a[i] == b[j] ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
        }
    }
    return row[b.count]
}
