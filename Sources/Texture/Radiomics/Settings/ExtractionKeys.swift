// The keys of an extraction's settings, in the order in which they apply, with the options of `weft extract`.

import Imaging
import SettingsFile
import TextureCore
import Yams

extension ExtractionSettings: KeyedSettings {
    package static let keys: [SettingsKey<ExtractionSettings>] =
        [convention] + stepKeys + [
            .section("texture", textureKeys).about("Which pairs of voxels count together, and how."), pyradiomics,
            imagesKey, families,
            features, columnsKey, modalityKey, regionsKey,
        ]

    private static let convention = SettingsKey<ExtractionSettings>.choice(
        "convention", \.convention,
        .named(
            "convention",
            help: "ibsi (default): the IBSI reference manual; pyradiomics: PyRadiomics' names and numbers."))

    /// The steps before any feature, which a modality's section may have as well.
    static let stepKeys: [SettingsKey<ExtractionSettings>] = [
        .choice(
            "imageUnit", \.imageUnit,
            .named(
                "suv",
                help: "PET as SUV: bw (body weight), lbm (Janmahasatian), lbm-james, bsa (surface). Default: stored.")),
        maskOperationsKey,
        .section(
            "resample", resampleKeys,
            words: [SettingsWord("none", choose: { $0.resample = nil }, isChosen: { $0.resample == nil })]
        ).about("The grid onto which image and region are brought; none is that of the scan."),
        .section(
            "resegment", resegmentKeys,
            words: [
                SettingsWord(
                    "none", choose: { $0.resegment = Resegmentation() }, isChosen: { $0.resegment == Resegmentation() })
            ]
        ).about("Which voxels of the region keep their intensity (IBSI IF9H); its shape is as it was."),
        .section(
            "discretise", discretiseKeys,
            option: .named("no-discretisation", help: "The intensities are grey levels already: whole numbers from 1."),
            words: [
                SettingsWord(
                    "none", choose: { $0.discretise = GreyLevelSetting(.none) },
                    isChosen: { $0.discretise.bins == .none }),
                SettingsWord(
                    "automatic", choose: { $0.discretise = GreyLevelSetting() },
                    isChosen: { $0.discretise == GreyLevelSetting() }),
            ]
        ).about(
            """
            How intensities become grey levels (IBSI 4R0B). automatic: 25 HU wide for a CT, else 32 bins; 25 wide with \
            convention pyradiomics.
            """),
        .section(
            "ivh", ivhKeys,
            option: .named(
                "no-ivh-bins", help: "Every intensity of the region is a step of the intensity-volume histogram."),
            words: [
                SettingsWord("none", choose: { $0.intensityVolume = .none }, isChosen: { $0.intensityVolume == .none }),
                SettingsWord(
                    "automatic", choose: { $0.intensityVolume = .automatic },
                    isChosen: { $0.intensityVolume == .automatic }),
            ]
        ).about(
            """
            Steps of the intensity-volume histogram. automatic: whole intensities for a CT of whole numbers, 2.5 HU for \
            another CT, 0.1 for PET, 1000 bins otherwise.
            """
        ).written { $0.convention == .ibsi },
    ]

    private static let pyradiomics = SettingsKey<ExtractionSettings>.section(
        "pyradiomics", drafting: PyRadiomicsKeys.keys, from: { PyRadiomicsKeys() },
        finish: { draft, settings throws(SettingsError) in
            draft.apply(to: &settings)
            try settings.checkNeeds(of: draft)
        },
        drafted: { $0.convention == .pyradiomics ? PyRadiomicsKeys($0) : nil }
    ).about("PyRadiomics' own settings, under its names; with convention pyradiomics only.")

    private static let resampleKeys: [SettingsKey<ExtractionSettings>] = [
        SettingsKey(
            "spacing",
            .named(
                "resample",
                help: "Resample image and region to this spacing first, mm: x,y,z or one number; 0 keeps an axis."),
            "[x, y, z] in mm",
            read: { node, path, settings throws(SettingsError) in
                settings.resample = Resampling(
                    spacing: try Resampling.spacing(node.numbers(path), key: path),
                    interpolation: settings.resample?.interpolation ?? .linear)
            }, written: { $0.resample.map { Node(numbers: [$0.spacing.x, $0.spacing.y, $0.spacing.z]) } }
        ).required,
        SettingsKey(
            "interpolation", .named("interpolation", help: "How to resample: nearest, linear (default) or cubic."),
            "nearest, linear or cubic",
            read: { node, path, settings throws(SettingsError) in
                settings.resample?.interpolation = try node.choice(path)
            }, written: { $0.resample.map { Node($0.interpolation.rawValue) } }),
    ]

    private static let resegmentKeys: [SettingsKey<ExtractionSettings>] = [
        SettingsKey(
            "range", \.resegment.range, SettingsValue.ends.orNull,
            .named("range", help: "Take out voxels of the region outside this range, e.g. -500,400 (HU).")
        ).written { $0.resegment.range != nil },
        SettingsKey(
            "outlierSigma", \.resegment.outlierSigma, SettingsValue.number.orNull,
            .named(
                "outlier-sigma",
                help: "Take out voxels of the region farther from its mean than this many standard deviations."),
            "a positive number"
        ) { $0.map { $0 > 0 } ?? true }.written { $0.resegment.outlierSigma != nil },
    ]

    private static let discretiseKeys: [SettingsKey<ExtractionSettings>] = [
        .binWidth(
            \.discretise.bins.binWidth,
            .named("bin-width", help: "Grey levels by bins of this width (fixed bin size). Default for CT: 25 HU.")),
        .binCount(
            \.discretise.bins.binCount, beside: \.discretise.bins.binWidth,
            .named(
                "bin-count",
                help: """
                    Grey levels by this many bins over the region's range (fixed bin number). Default for other images: 32.
                    """), "a number from 1 to \(GreyLevels.most)", most: GreyLevels.most),
        SettingsKey(
            "lowerBound", \.discretise.lowerBound, SettingsValue.number.orNull,
            .named(
                "lower-bound",
                help: """
                    Where bins of --bin-width start. Default: the lower end of --range, else -1000 for CT, 0 for PET, \
                    else the region's minimum.
                    """), "a finite number"
        ).written { $0.discretise.lowerBound != nil },
    ]

    private static let ivhKeys: [SettingsKey<ExtractionSettings>] = [
        .binWidth(
            \.intensityVolume.binWidth,
            .named(
                "ivh-bin-width",
                help: "Steps of the intensity-volume histogram of this width. Default: by the kind of image.")),
        .binCount(
            \.intensityVolume.binCount, beside: \.intensityVolume.binWidth,
            .named(
                "ivh-bin-count",
                help: "This many steps of the intensity-volume histogram. Default: by the kind of image."),
            "a number from 1", most: .max),
    ]

    private static let textureKeys: [SettingsKey<ExtractionSettings>] = [
        SettingsKey(
            "distances", \.texture.distances, .integers,
            .named("distances", help: "Distances of voxel pairs, in voxels, e.g. 1,2. Default: 1."),
            "different whole numbers of voxels from 1"
        ) { !$0.isEmpty && $0.allSatisfy { $0 >= 1 } && Set($0).count == $0.count },
        SettingsKey(
            "aggregations", \.texture.aggregation, .aggregations,
            .named(
                "aggregations",
                help: """
                    How directions and slices become one value: any of \
                    \(Aggregation.allCases.map(\.rawValue).joined(separator: ",")). A family takes those that it has. \
                    Default: automatic, which is 3D_avg,3D_comb,3D, of one slice 2D_avg,2D_comb,2D. merged: 3D_comb,3D, of \
                    one slice 2D_comb,2D.
                    """)
        ).written { $0.convention == .ibsi },
        SettingsKey.choice(
            "directions", \.texture.directions, .named("per-direction", help: "Also one value for each direction.")
        ).written { $0.convention == .ibsi },
    ]

    private static let families = SettingsKey<ExtractionSettings>(
        "families",
        .named(
            "families",
            help: """
                Families of features: \(FeatureFamily.allCases.map(\.rawValue).joined(separator: ",")) (or PyRadiomics' \
                class names), or haralick: the 14 of 1973, one number each. Default: automatic, all but shape2D, of one \
                slice all but morph and loc.
                """), "families of features",
        read: { node, path, settings throws(SettingsError) in try settings.select(families: node.texts(path)) },
        written: { settings in
            settings.families.map { Node($0.map { Node($0.rawValue) }) } ?? Node(ExtractionSettings.automaticWord)
        })

    /// After the families and the convention, which decide what can be chosen.
    private static let features = SettingsKey<ExtractionSettings>(
        "features",
        .named(
            "features",
            help: """
                Single features, by tag such as cm_contrast or PyRadiomics' glcm_Contrast. With --families those that none \
                is named of stay whole; without, there are no others. Default: all.
                """), "names of features",
        read: { node, path, settings throws(SettingsError) in try settings.select(features: node.texts(path)) },
        written: { settings in
            let named = settings.activeFamilies.flatMap { family in
                (settings.features[family] ?? []).map { settings.fullName(of: $0, in: family) }
            }
            return named.isEmpty ? nil : Node(named.map { Node($0) })
        })

    private static let columnsKey = SettingsKey<ExtractionSettings>.choice(
        "columns", \.columnChoice,
        .named(
            "columns",
            help: """
                Of the features that are computed: all, or common: one column a feature, without those that repeat another \
                one or that IBSI has no reference value for. Default: all.
                """)
    ).written { $0.columnChoice != .all }
}

extension SettingsKey<ExtractionSettings> {
    fileprivate static func binWidth(_ place: Place<Double?>, _ option: SettingsOption) -> SettingsKey {
        SettingsKey("binWidth", place, SettingsValue.number.orNull, option, "a positive number") {
            $0.map { $0 > 0 } ?? true
        }.written { $0[keyPath: place] != nil }
    }

    fileprivate static func binCount(
        _ place: Place<Int?>, beside width: Place<Double?>, _ option: SettingsOption, _ expected: String, most: Int
    ) -> SettingsKey {
        SettingsKey("binCount", place, SettingsValue.integer.orNull, option, expected) {
            $0.map { (1...most).contains($0) } ?? true
        }.written { $0[keyPath: place] != nil }.refused(
            "a bin width and a bin count exclude each other; give one of them"
        ) { $0[keyPath: width] != nil }
    }
}

extension GreyLevelSetting.Bins {
    fileprivate var binWidth: Double? {
        get { if case .width(let width) = self { width } else { nil } }
        set { if let newValue { self = .width(newValue) } }
    }

    fileprivate var binCount: Int? {
        get { if case .count(let count) = self { count } else { nil } }
        set { if let newValue { self = .count(newValue) } }
    }
}

extension IntensityVolumeBins {
    fileprivate var binWidth: Double? {
        get { if case .width(let width) = self { width } else { nil } }
        set { if let newValue { self = .width(newValue) } }
    }

    fileprivate var binCount: Int? {
        get { if case .count(let count) = self { count } else { nil } }
        set { if let newValue { self = .count(newValue) } }
    }
}

extension SettingsValue<AggregationChoice> {
    /// A word, or a list of aggregations.
    package static var aggregations: Self {
        let list = SettingsValue<Aggregation>.choice.list
        let words: [String: AggregationChoice] = [ExtractionSettings.automaticWord: .automatic, "merged": .merged]
        return Self(
            "each aggregation once, automatic or merged",
            read: { node, key throws(SettingsError) in
                if let choice = node.string.flatMap({ words[$0] }) { return choice }
                return .listed(try list.read(node, key))
            },
            written: { choice in
                if case .listed(let all) = choice { return list.written(all) }
                return Node(words.first { $0.value == choice }?.key ?? "")
            },
            accepts: { choice in
                guard case .listed(let all) = choice else { return true }
                return !all.isEmpty && Set(all).count == all.count
            })
    }
}

extension SettingsValue<ClosedRange<Double>> {
    /// A lower and an upper end; either may be infinite.
    fileprivate static var ends: Self {
        Self(
            "a lower and an upper end, e.g. [-500, 400]",
            read: { node, key throws(SettingsError) in try Resegmentation.range(node.numbers(key), key: key) },
            written: { Node(numbers: [$0.lowerBound, $0.upperBound]) })
    }
}
