import TextureCore

/// What a column measures, under the name by which the code that computes it knows it.
enum FeatureQuantity: Hashable, Sendable {
    case morphology(MorphologicalFeature)
    case localIntensity(LocalIntensityFeature)
    case statistic(IntensityStatistic)
    case histogram(HistogramFeature)
    case intensityVolume(IntensityVolumeFeature)
    case cooccurrence(HaralickFeature)
    case runLength(LevelSizeFeature)
    case sizeZone(LevelSizeFeature)
    case distanceZone(LevelSizeFeature)
    case toneDifference(ToneDifferenceFeature)
    case dependence(LevelSizeFeature)
    // PyRadiomics' classes `shape`, `shape2D` and `firstorder`; its texture classes are the families above.
    case shape(PyRadiomicsShape)
    case outline(PyRadiomicsShape2D)
    case firstOrder(PyRadiomicsFirstOrder)

    /// Whether there is no value without grey levels.
    var needsGreyLevels: Bool { self.readsMatrices || self.isHistogram }

    /// Whether it is read from matrices of grey levels, which the settings make of the region in several ways.
    var readsMatrices: Bool {
        switch self {
        case .cooccurrence, .runLength, .sizeZone, .distanceZone, .toneDifference, .dependence: true
        case .morphology, .localIntensity, .statistic, .histogram, .intensityVolume, .shape, .outline, .firstOrder:
            false
        }
    }

    private var isHistogram: Bool {
        if case .histogram = self { true } else { false }
    }
}

extension FeatureFamily {
    typealias Feature = (quantity: FeatureQuantity, definition: FeatureDefinition)

    /// What the family holds under a convention, in the order of the columns; nothing where the convention does not have it.
    func features(in convention: Convention) -> [Feature] { Self.features[convention]?[self] ?? [] }

    private static let features: [Convention: [FeatureFamily: [Feature]]] = {
        var all: [Convention: [FeatureFamily: [Feature]]] = [:]
        for convention in Convention.allCases {
            for family in allCases { all[convention, default: [:]][family] = family.listed(in: convention) }
        }
        return all
    }()

    /// The one place that says which family holds what under which convention: columns, values, maps and the catalogue follow
    /// from it.
    private func listed(in convention: Convention) -> [Feature] {
        func listed<Name>(
            _ list: [(Name, FeatureDefinition)], _ quantity: (Name) -> FeatureQuantity
        ) -> [Feature] {
            list.map { (quantity($0.0), $0.1) }
        }
        return switch (convention, self) {
        case (.ibsi, .morph): listed(FeatureDefinition.morphology, FeatureQuantity.morphology)
        case (.ibsi, .loc): listed(FeatureDefinition.localIntensity, FeatureQuantity.localIntensity)
        case (.ibsi, .stat): listed(FeatureDefinition.statistics, FeatureQuantity.statistic)
        case (.ibsi, .ih): listed(FeatureDefinition.histogram, FeatureQuantity.histogram)
        case (.ibsi, .ivh): listed(FeatureDefinition.intensityVolume, FeatureQuantity.intensityVolume)
        case (.ibsi, .cm): listed(FeatureDefinition.cooccurrence, FeatureQuantity.cooccurrence)
        case (.ibsi, .rlm): listed(FeatureDefinition.runLength, FeatureQuantity.runLength)
        case (.ibsi, .szm): listed(FeatureDefinition.sizeZone, FeatureQuantity.sizeZone)
        case (.ibsi, .dzm): listed(FeatureDefinition.distanceZone, FeatureQuantity.distanceZone)
        case (.ibsi, .ngt): listed(FeatureDefinition.toneDifference, FeatureQuantity.toneDifference)
        case (.ibsi, .ngl): listed(FeatureDefinition.dependence, FeatureQuantity.dependence)
        case (.ibsi, .shape2D): listed(FeatureDefinition.pyradiomicsShape2D, FeatureQuantity.outline)
        case (.pyradiomics, .morph): listed(FeatureDefinition.pyradiomicsShape, FeatureQuantity.shape)
        case (.pyradiomics, .shape2D): listed(FeatureDefinition.pyradiomicsShape2D, FeatureQuantity.outline)
        case (.pyradiomics, .stat): listed(FeatureDefinition.pyradiomicsFirstOrder, FeatureQuantity.firstOrder)
        case (.pyradiomics, .cm): listed(FeatureDefinition.pyradiomicsCooccurrence, FeatureQuantity.cooccurrence)
        case (.pyradiomics, .rlm): listed(FeatureDefinition.pyradiomicsRunLength, FeatureQuantity.runLength)
        case (.pyradiomics, .szm): listed(FeatureDefinition.pyradiomicsSizeZone, FeatureQuantity.sizeZone)
        case (.pyradiomics, .ngt): listed(FeatureDefinition.pyradiomicsToneDifference, FeatureQuantity.toneDifference)
        case (.pyradiomics, .ngl): listed(FeatureDefinition.pyradiomicsDependence, FeatureQuantity.dependence)
        case (.pyradiomics, .loc), (.pyradiomics, .ih), (.pyradiomics, .ivh), (.pyradiomics, .dzm): []
        }
    }

    /// Its features under a convention, in the order of the columns.
    public func definitions(in convention: Convention) -> [FeatureDefinition] {
        features(in: convention).map(\.definition)
    }
}
