import Imaging
import SettingsFile
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
    private var imageKeys = PyRadiomicsImageKeys()
    /// Of filters, as far as `setting` has them.
    private var filterNames: [String] = []
    private var binWidth = 25.0
    private var binCount: Int?
    private var spacing: SIMD3<Double>?
    private var interpolation: Resampling.Interpolation? = .cubic

    static func recognises(_ root: Node) -> Bool {
        root.mapping?.keys.contains { sections.contains($0.string ?? "") } ?? false
    }

    init(_ root: Node) throws(SettingsError) {
        settings.convention = .pyradiomics
        keys.minimumROIDimensions = 2
        let place = "at the top level of a PyRadiomics parameter file"
        var sections: [String: Node] = [:]
        for (name, node) in try root.pairs(place, of: Self.sections, place: place) where !node.isNull {
            sections[name] = node
        }
        if let setting = sections["setting"] {
            try Self.settingKeys.read(setting, into: &self, under: "setting", nulls: .skipped)
            // The only setting for which no value is another value than the default.
            if setting.mapping?["interpolator"]?.isNull == true { interpolation = nil }
        }
        filterNames = (sections["setting"]?.mapping?.keys.compactMap(\.string) ?? []).filter { name in
            Self.filterKeys.contains { $0.name == name }
        }
        finish()
        try readImageTypes(sections["imageType"])
        leaveAloneWhatFiltersNeed()
        try readFeatureClasses(sections["featureClass"])
        if let node = sections["voxelSetting"] {
            var voxels = PyRadiomicsVoxelSetting()
            try PyRadiomicsVoxelSetting.keys.read(node, into: &voxels, under: "voxelSetting")
            voxelSetting = voxels
            notes.append(ExtractionSettingsFile.voxelSettingNote)
        }
        try settings.validate()
    }

    // MARK: setting

    /// PyRadiomics' own, those that a settings file has, too, and those that change no number here.
    private static let settingKeys: [SettingsKey<PyRadiomicsParameterFile>] =
        ownKeys + PyRadiomicsKeys.keys.map { $0.within(\.keys) } + numberlessKeys + filterKeys

    private static let numberlessKeys = ["additionalInfo", "geometryTolerance"].map {
        noted($0, "changes no number and is left alone")
    }

    private static let filterKeys: [SettingsKey<PyRadiomicsParameterFile>] = PyRadiomicsImageKeys.shared.map {
        $0.within(\.imageKeys)
    }

    private static let ownKeys: [SettingsKey<PyRadiomicsParameterFile>] = [
        .number("binWidth", \.binWidth, .parameterFile, "a positive number") { $0 > 0 },
        SettingsKey("binCount", \.binCount, SettingsValue.integer.orNull, .parameterFile, "a number from 1") {
            $0.map { $0 >= 1 } ?? true
        }, SettingsKey("distances", \.settings.texture.distances, .integers, .parameterFile),
        .read("resampledPixelSpacing", "three numbers of mm, 0 to keep an axis") {
            node, path, file throws(SettingsError) in
            let numbers = try node.numbers(path)
            guard numbers.count == 3 else {
                throw .value(key: path, found: "\(numbers)", expected: "three numbers of mm, 0 to keep an axis")
            }
            file.spacing = try Resampling.spacing(numbers, key: path)
        },
        .read("interpolator", "sitkNearestNeighbor, sitkLinear or sitkBSpline") {
            node, path, file throws(SettingsError) in
            file.interpolation = try PyRadiomicsParameterFile.interpolation(node, path)
        },
        SettingsKey("label", \.label, SettingsValue.integer.orNull, .parameterFile, "a whole number from 1") {
            $0.map { $0 >= 1 } ?? true
        },
        .read("label_channel", "0") { node, path, _ throws(SettingsError) in
            guard try node.integer(path) == 0 else { throw .unavailable(key: path, what: "another channel than 0") }
        },
        .read("correctMask", "true or false") { node, path, file throws(SettingsError) in
            guard try node.flag(path) else { return }
            file.notes.append("correctMask: masks are placed by their position; one that does not fit is a failed row")
        },
    ]

    private static func noted(_ name: String, _ reason: String) -> SettingsKey<PyRadiomicsParameterFile> {
        .read(name, "anything") { _, _, file in file.notes.append("\(name) \(reason)") }
    }

    /// By the name or the number of SimpleITK's constant.
    private static func interpolation(_ node: Node, _ key: String) throws(SettingsError) -> Resampling.Interpolation {
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
                throw .unavailable(key: key, what: name)
            }
            throw .value(key: key, found: node.shown, expected: "sitkNearestNeighbor, sitkLinear or sitkBSpline")
        }
    }

    private mutating func finish() {
        keys.apply(to: &settings)
        settings.discretise.bins = binCount.map { .count($0) } ?? .width(binWidth)
        if let spacing, spacing != .zero, let interpolation {
            settings.resample = Resampling(spacing: spacing, interpolation: interpolation)
        }
    }

    // MARK: imageType

    private mutating func readImageTypes(_ node: Node?) throws(SettingsError) {
        guard let node else { return }
        let known = PyRadiomicsImageKeys.types.keys.sorted()
        var images: [ImageItem] = []
        for (name, custom) in try node.pairs("imageType", of: known, place: "under imageType") {
            guard let (kind, typeKeys) = PyRadiomicsImageKeys.types[name] else { continue }
            var own = imageKeys
            if !custom.isNull {
                try typeKeys.read(
                    custom, into: &own, under: "imageType.\(name)", place: "under \(name)", nulls: .skipped)
            }
            guard let item = own.item(kind) else {
                notes.append("LoG has no sigma and so no image, as PyRadiomics has it")
                continue
            }
            images.append(item)
        }
        if !images.isEmpty { settings.images = images }
    }

    /// What changes a number through a filter alone, or through none of those that there are.
    private mutating func leaveAloneWhatFiltersNeed() {
        let kinds = Set(settings.images.map(\.kind))
        for name in filterNames {
            let uses = kinds.contains { kind in
                PyRadiomicsImageKeys.types.values.contains { type in
                    type.kind == kind && type.keys.contains { $0.name == name }
                }
            }
            if !uses { notes.append("\(name) belongs to a filter, of which none is used") }
        }
        let isFiltered = kinds != [.original]
        let isCropped = settings.resample != nil || settings.pyradiomics.crop == .toRegion
        if settings.pyradiomics.padDistance != 5, !isFiltered || !isCropped {
            settings.pyradiomics.padDistance = 5
            notes.append("padDistance changes no number and is left alone")
        }
        if settings.pyradiomics.crop == .toRegion, !isFiltered {
            settings.pyradiomics.crop = .none
            notes.append("preCrop changes no number and is left alone")
        }
    }

    // MARK: featureClass

    private mutating func readFeatureClasses(_ node: Node?) throws(SettingsError) {
        let all = ["firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm", "shape", "shape2D"]
        var families: [FeatureFamily] = []
        for (name, node) in try node?.pairs("featureClass", of: all, place: "under featureClass") ?? [] {
            let family = try FeatureFamily(named: name)
            let named = node.isNull ? [] : try node.texts("featureClass.\(name)")
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
                if family == .morph, PyRadiomicsShape.deprecated.contains(where: { $0.rawValue == name }) {
                    notes.append("\(name) is deprecated and computed because it is named, as PyRadiomics does")
                }
            } else if let reason = Self.withoutValue[family]?[name] {
                notes.append("\(name) is deprecated (\(reason)) and left out, as PyRadiomics does")
            } else if let other = Self.deprecated[family]?[name] {
                throw .unavailable(
                    key: "featureClass.\(family.pyradiomicsClass ?? "")", what: "the deprecated \(name) (\(other))")
            } else {
                throw Convention.pyradiomics.unknownFeature(name, among: known)
            }
        }
        return kept
    }

    /// Deprecated features for which PyRadiomics gives no value.
    private static let withoutValue: [FeatureFamily: [String: String]] = [
        .cm: [
            "Dissimilarity": "equal to DifferenceAverage", "Homogeneity1": "equal to Id",
            "Homogeneity2": "equal to Idm", "SumVariance": "equal to ClusterTendency",
        ], .ngl: ["GrayLevelNonUniformityNormalized": "equal to Uniformity", "DependencePercentage": "always 1"],
    ]

    /// Of those that it computes when they are named, the ones that are not here.
    private static let deprecated: [FeatureFamily: [String: String]] = [
        .stat: ["StandardDeviation": "the root of Variance"]
    ]
}

/// The section `voxelSetting`: what PyRadiomics makes feature maps with.
public struct PyRadiomicsVoxelSetting: Hashable, Sendable {
    public var kernelRadius = 1
    public var maskedKernel = true
    /// Outside the region; may be NaN.
    public var initValue = 0.0

    static let keys: [SettingsKey<PyRadiomicsVoxelSetting>] = [
        .integer("kernelRadius", \.kernelRadius, .parameterFile), .flag("maskedKernel", \.maskedKernel, .parameterFile),
        .read("initValue", "a number") { node, path, setting throws(SettingsError) in
            let isNaN = ["nan", ".nan"].contains(node.string?.lowercased())
            setting.initValue = isNaN ? .nan : try node.number(path)
        },
        // Bounds PyRadiomics' memory and plays no part.
        .read("voxelBatch", "a whole number") { node, path, _ throws(SettingsError) in _ = try node.integer(path) },
    ]
}

extension SettingsOption {
    fileprivate static let parameterFile = absent("a parameter file of PyRadiomics is given as a whole")
}

extension SettingsKey {
    /// A key that is read in its own way, and not written.
    fileprivate static func read(_ name: String, _ expected: String, reading: @escaping Reading) -> SettingsKey {
        SettingsKey(name, .parameterFile, expected, read: reading, written: { _ in nil })
    }
}

extension FeatureMapSettings {
    public mutating func apply(_ voxels: PyRadiomicsVoxelSetting) {
        kernelRadius = voxels.kernelRadius
        kernelVoxels = voxels.maskedKernel ? .ofRegion : .all
        outside = voxels.initValue
    }
}
