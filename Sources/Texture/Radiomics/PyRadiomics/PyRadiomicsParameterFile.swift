import Imaging
import TextureCore
import Yams

/// A parameter file of PyRadiomics 3.0.1 (its `setting`, `featureClass`, `imageType` and `voxelSetting`) becomes the
/// settings that give the same numbers. What cannot be carried out is an error; what cannot change a number is a note.
struct PyRadiomicsParameterFile {
    static let sections = ["setting", "featureClass", "imageType", "voxelSetting"]

    private(set) var settings = ExtractionSettings()
    /// Nil: all regions, as without a file.
    private(set) var label: Int?
    private(set) var notes: [String] = []
    private(set) var voxelSetting: PyRadiomicsVoxelSetting?

    private var keys = PyRadiomicsKeys()
    private var binWidth = 25.0
    private var binCount: Int?
    private var spacing: SIMD3<Double>?
    private var interpolation: Resampling.Interpolation? = .cubic

    static func recognises(_ root: Node) -> Bool {
        root.mapping?.keys.contains { sections.contains($0.string ?? "") } ?? false
    }

    init(_ root: Node) throws(SettingsError) {
        settings.convention = .pyradiomics
        settings.pyradiomics.minimumROIDimensions = 2
        var sections: [String: Node] = [:]
        for (name, node) in try root.keyed(Self.sections, at: "at the top level of a PyRadiomics parameter file")
        where !node.isNull {
            sections[name] = node
        }
        for (key, node) in try sections["setting"]?.keyed(Setting.all, at: "under setting") ?? [] {
            try read(key, node)
        }
        try readImageTypes(sections["imageType"])
        try finish()
        try readFeatureClasses(sections["featureClass"])
        if let voxels = sections["voxelSetting"] {
            voxelSetting = try PyRadiomicsVoxelSetting(voxels.keyed(Setting.voxelWise, at: "under voxelSetting"))
            notes.append(SettingsFile.voxelSettingNote)
        }
        try settings.validate()
    }

    // MARK: setting

    private enum Setting {
        static let all = own + PyRadiomicsKeys.all + numberless + filter
        static let own = [
            "binWidth", "binCount", "distances", "resampledPixelSpacing", "interpolator", "label", "label_channel",
            "correctMask",
        ]
        static let numberless = ["additionalInfo", "geometryTolerance", "padDistance", "preCrop"]
        static let filter = [
            "sigma", "start_level", "level", "wavelet", "gradientUseSpacing", "lbp2DRadius", "lbp2DSamples",
            "lbp2DMethod", "lbp3DLevels", "lbp3DIcosphereRadius", "lbp3DIcosphereSubdivision",
        ]
        static let voxelWise = ["kernelRadius", "maskedKernel", "initValue", "voxelBatch"]
        /// May stand under an image type as well, where they beat `setting`.
        static let ofImageType = [
            "binWidth", "binCount", "distances", "symmetricalGLCM", "weightingNorm", "gldm_a", "voxelArrayShift",
        ]
    }

    private mutating func read(_ key: String, _ node: Node) throws(SettingsError) {
        guard !node.isNull else {
            // The only setting for which no value is another value than the default.
            if key == "interpolator" { interpolation = nil }
            return
        }
        switch key {
        case "binWidth": binWidth = try node.positive(key)
        case "binCount": binCount = try node.integer(key, from: 1, expected: "a number from 1")
        case "distances": settings.texture.distances = try node.integers(key)
        case "resampledPixelSpacing":
            let numbers = try node.numbers(key)
            guard numbers.count == 3 else {
                throw .badValue(key: key, found: "\(numbers)", expected: "three numbers of mm, 0 to keep an axis")
            }
            spacing = try Resampling.spacing(numbers, key: key)
        case "interpolator": interpolation = try Self.interpolation(node)
        case "label": label = try node.integer(key, from: 1, expected: "a whole number from 1")
        case "label_channel":
            guard try node.integer(key) == 0 else { throw .notAvailable(key: key, what: "another channel than 0") }
        case "correctMask":
            if try node.flag(key) {
                notes.append("correctMask: masks are placed by their position; one that does not fit is a failed row")
            }
        case _ where Setting.numberless.contains(key): notes.append("\(key) changes no number and is left alone")
        case _ where Setting.filter.contains(key): notes.append("\(key) belongs to a filter, of which none is used")
        default: try keys.read(key, node, into: &settings)
        }
    }

    /// By the name or the number of SimpleITK's constant.
    private static func interpolation(_ node: Node) throws(SettingsError) -> Resampling.Interpolation {
        switch node.string {
        case "sitkNearestNeighbor", "1": return .nearest
        case "sitkLinear", "2": return .linear
        case "sitkBSpline", "3": return .cubic
        default:
            let others = [
                "sitkGaussian", "sitkLabelGaussian", "sitkHammingWindowedSinc", "sitkCosineWindowedSinc",
                "sitkWelchWindowedSinc", "sitkLanczosWindowedSinc", "sitkBlackmanWindowedSinc",
            ]
            if let name = node.string, others.contains(name) || (4...10).map(String.init).contains(name) {
                throw .notAvailable(key: "interpolator", what: name)
            }
            throw .badValue(
                key: "interpolator", found: node.shown, expected: "sitkNearestNeighbor, sitkLinear or sitkBSpline")
        }
    }

    private mutating func finish() throws(SettingsError) {
        try keys.finish(&settings)
        settings.discretise.bins = binCount.map { .count($0) } ?? .width(binWidth)
        if let spacing, spacing != .zero, let interpolation {
            settings.resample = Resampling(spacing: spacing, interpolation: interpolation)
        }
    }

    // MARK: imageType

    private static let filters = [
        "Wavelet", "LoG", "Square", "SquareRoot", "Logarithm", "Exponential", "Gradient", "LBP2D", "LBP3D",
    ]

    private mutating func readImageTypes(_ node: Node?) throws(SettingsError) {
        for (name, custom) in try node?.keyed(["Original"] + Self.filters, at: "under imageType") ?? [] {
            guard name == "Original" else { throw .notAvailable(key: "imageType", what: "the filter \(name)") }
            guard !custom.isNull else { continue }
            for (key, node) in try custom.keyed(Setting.ofImageType, at: "under Original") { try read(key, node) }
        }
    }

    // MARK: featureClass

    private mutating func readFeatureClasses(_ node: Node?) throws(SettingsError) {
        let all = ["firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm", "shape", "shape2D"]
        var families: [FeatureFamily] = []
        for (name, node) in try node?.keyed(all, at: "under featureClass") ?? [] {
            let family = try FeatureFamily(named: name)
            let named = node.isNull ? [] : try node.strings("featureClass \(name)")
            let kept = try features(named, of: family)
            // A class of which only features are named that PyRadiomics leaves out.
            if kept.isEmpty, !named.isEmpty { continue }
            families.append(family)
            if !kept.isEmpty { settings.features[family] = kept }
        }
        if node?.mapping?.isEmpty ?? true {
            families = try all.map { (name) throws(SettingsError) in try FeatureFamily(named: name) }
        }
        if families.contains(.shape2D), settings.texture.pyradiomics.force2DDimension == nil {
            families.removeAll { $0 == .shape2D }
            if node != nil { notes.append("shape2D needs force2D and is left out, as PyRadiomics does") }
        }
        // Shapes come first, whatever the order in the file.
        settings.families =
            families.filter { $0 == .morph } + families.filter { $0 == .shape2D }
            + families.filter { $0 != .morph && $0 != .shape2D }
    }

    /// Each once, in the order of the file.
    private mutating func features(_ named: [String], of family: FeatureFamily) throws(SettingsError) -> [String] {
        let known = settings.selectable(in: family)
        var kept: [String] = []
        for name in named where !kept.contains(name) {
            if known.contains(name) {
                kept.append(name)
            } else if let reason = Self.withoutValue[family]?[name] {
                notes.append("\(name) is deprecated (\(reason)) and left out, as PyRadiomics does")
            } else if let other = Self.deprecated[family]?[name] {
                throw .notAvailable(
                    key: "featureClass \(family.pyradiomicsClass ?? "")", what: "the deprecated \(name) (\(other))")
            } else {
                throw .unknownFeature(name, .pyradiomics, nearest: nearest(to: name, among: known))
            }
        }
        return kept
    }

    /// Deprecated features for which PyRadiomics gives no value.
    private static let withoutValue: [FeatureFamily: [String: String]] = [
        .cm: [
            "Dissimilarity": "equal to DifferenceAverage", "Homogeneity1": "equal to Id",
            "Homogeneity2": "equal to Idm",
            "SumVariance": "equal to ClusterTendency",
        ],
        .ngl: ["GrayLevelNonUniformityNormalized": "equal to Uniformity", "DependencePercentage": "always 1"],
    ]

    /// Deprecated features that it computes when they are named.
    private static let deprecated: [FeatureFamily: [String: String]] = [
        .morph: [
            "Compactness1": "morph_comp_1 in the convention ibsi",
            "Compactness2": "morph_comp_2 in the convention ibsi",
            "SphericalDisproportion": "morph_sph_dispr in the convention ibsi",
        ],
        .stat: ["StandardDeviation": "the root of Variance"],
    ]
}

/// The section `voxelSetting`: what PyRadiomics makes feature maps with.
public struct PyRadiomicsVoxelSetting: Hashable, Sendable {
    public var kernelRadius = 1
    public var maskedKernel = true
    /// Outside the region; may be NaN.
    public var initValue = 0.0

    /// `voxelBatch` bounds PyRadiomics' memory and plays no part.
    init(_ pairs: [(String, Node)]) throws(SettingsError) {
        for (key, node) in pairs {
            switch key {
            case "kernelRadius": kernelRadius = try node.integer(key)
            case "maskedKernel": maskedKernel = try node.flag(key)
            case "initValue":
                let isNaN = ["nan", ".nan"].contains(node.string?.lowercased())
                initValue = isNaN ? .nan : try node.number(key)
            default: _ = try node.integer(key)
            }
        }
    }
}

extension FeatureMapSettings {
    public mutating func apply(_ voxels: PyRadiomicsVoxelSetting) {
        kernelRadius = voxels.kernelRadius
        kernelVoxels = voxels.maskedKernel ? .ofRegion : .all
        outside = voxels.initValue
    }
}
