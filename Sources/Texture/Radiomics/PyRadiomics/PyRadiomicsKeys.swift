import TextureCore
import Yams

/// The keys that a settings file has under `pyradiomics` and a parameter file of PyRadiomics under `setting`. Several of
/// them make one setting, so they are collected first.
struct PyRadiomicsKeys {
    static let all = [
        "symmetricalGLCM", "weightingNorm", "force2D", "force2Ddimension", "gldm_a", "normalize", "normalizeScale",
        "removeOutliers", "resegmentMode", "resegmentRange", "resegmentShape", "minimumROIDimensions",
        "minimumROISize", "voxelArrayShift",
    ]

    private var force2D = false
    private var force2Ddimension = 0
    private var normalize = false
    private var normalizeScale = 1.0
    private var removeOutliers: Double?
    private var resegmentMode = "absolute"
    private var resegmentRange: [Double]?

    init() {}

    /// One of ``all``; no value leaves the default.
    mutating func read(_ key: String, _ node: Node, into settings: inout ExtractionSettings) throws(SettingsError) {
        guard !node.isNull else { return }
        switch key {
        case "symmetricalGLCM":
            settings.texture.pyradiomics.symmetricalGLCM = try node.flag(key) ? .symmetric : .directed
        case "weightingNorm":
            settings.texture.pyradiomics.weightingNorm = try node.choice(key, PyRadiomicsTexture.Weighting.allCases)
        case "force2D": force2D = try node.flag(key)
        case "force2Ddimension":
            force2Ddimension = try node.integer(key)
            guard (0...2).contains(force2Ddimension) else {
                throw .badValue(key: key, found: "\(force2Ddimension)", expected: "0 (z), 1 (y) or 2 (x)")
            }
        case "gldm_a":
            settings.texture.pyradiomics.gldmA = try node.integer(
                key, from: 0, expected: "a whole number of grey levels from 0")
        case "normalize": normalize = try node.flag(key)
        case "normalizeScale": normalizeScale = try node.positive(key)
        case "removeOutliers": removeOutliers = try node.positive(key)
        case "resegmentMode":
            guard let mode = node.string, ["absolute", "relative", "sigma"].contains(mode) else {
                throw .badValue(key: key, found: node.shown, expected: "one of absolute, relative, sigma")
            }
            resegmentMode = mode
        case "resegmentRange": resegmentRange = try node.numbers(key)
        case "resegmentShape": settings.pyradiomics.shapeMask = try node.flag(key) ? .resegmented : .whole
        case "minimumROIDimensions":
            let dimensions = try node.integer(key)
            guard (1...3).contains(dimensions) else {
                throw .badValue(key: key, found: "\(dimensions)", expected: "1, 2 or 3")
            }
            settings.pyradiomics.minimumROIDimensions = dimensions
        case "minimumROISize":
            settings.pyradiomics.minimumROISize = try node.integer(
                key, from: 1, expected: "a whole number of voxels from 1")
        default: settings.pyradiomics.voxelArrayShift = try node.integer(key)
        }
    }

    /// After the last key.
    func finish(_ settings: inout ExtractionSettings) throws(SettingsError) {
        settings.texture.pyradiomics.force2DDimension = force2D ? force2Ddimension : nil
        settings.pyradiomics.normalisation =
            normalize ? ImageNormalisation(scale: normalizeScale, outliers: removeOutliers) : nil
        guard let resegmentRange else { return }
        guard (1...2).contains(resegmentRange.count) else {
            throw .badValue(
                key: "resegmentRange", found: "\(resegmentRange)", expected: "a lower end, or a lower and an upper one")
        }
        let ends = resegmentRange.sorted()
        let range = ends[0]...(ends.count == 2 ? ends[1] : .infinity)
        if let mode = RelativeThresholds.Mode(rawValue: resegmentMode) {
            settings.pyradiomics.thresholds = RelativeThresholds(mode, range)
        } else {
            settings.resegment.range = range
        }
    }
}

extension ExtractionSettings {
    /// The mapping under `pyradiomics`.
    mutating func readPyRadiomics(_ node: Node) throws(SettingsError) {
        var keys = PyRadiomicsKeys()
        for (key, node) in try node.keyed(PyRadiomicsKeys.all, at: "under pyradiomics") {
            try keys.read(key, node, into: &self)
        }
        try keys.finish(&self)
    }

    /// Every key of the mapping with its value.
    var pyradiomicsYAML: String {
        let (texture, steps) = (texture.pyradiomics, pyradiomics)
        func shown<Value>(_ value: Value?) -> String { value.map { "\($0)" } ?? "null" }
        var keys = [
            "symmetricalGLCM: \(texture.symmetricalGLCM == .symmetric)",
            "weightingNorm: \(texture.weightingNorm.rawValue)", "force2D: \(texture.force2DDimension != nil)",
            "force2Ddimension: \(texture.force2DDimension ?? 0)", "gldm_a: \(texture.gldmA)",
            "normalize: \(steps.normalisation != nil)",
        ]
        if let normalisation = steps.normalisation {
            keys.append("normalizeScale: \(normalisation.scale)")
            keys.append("removeOutliers: \(shown(normalisation.outliers))")
        }
        if let thresholds = steps.thresholds {
            let ends = [thresholds.range.lowerBound, thresholds.range.upperBound].map(Self.number)
            keys.append("resegmentMode: \(thresholds.mode.rawValue)")
            keys.append("resegmentRange: [\(ends.joined(separator: ", "))]")
        }
        keys += [
            "resegmentShape: \(steps.shapeMask == .resegmented)",
            "minimumROIDimensions: \(shown(steps.minimumROIDimensions))",
            "minimumROISize: \(shown(steps.minimumROISize))", "voxelArrayShift: \(steps.voxelArrayShift)",
        ]
        return "{" + keys.joined(separator: ", ") + "}"
    }
}

extension Node {
    /// No value: nothing, `~` or `null`.
    var isNull: Bool { null != nil }

    func positive(_ key: String) throws(SettingsError) -> Double {
        let value = try number(key)
        guard value > 0, value.isFinite else {
            throw .badValue(key: key, found: "\(value)", expected: "a positive number")
        }
        return value
    }

    func integer(_ key: String, from least: Int, expected: String) throws(SettingsError) -> Int {
        let value = try integer(key)
        guard value >= least else { throw .badValue(key: key, found: "\(value)", expected: expected) }
        return value
    }
}
