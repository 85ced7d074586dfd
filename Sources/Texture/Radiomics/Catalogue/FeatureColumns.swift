import TextureCore

/// One column of the table: a feature under a certain aggregation, distance and direction.
public struct FeatureColumn: Hashable, Sendable {
    public let name: String
    /// What it is selected by within its family: the tag, in the PyRadiomics convention its name without class.
    public let feature: String
    public let definition: FeatureDefinition
    public let aggregation: Aggregation?
    /// Of the voxel pairs, in voxels; nil for families without distances and in the PyRadiomics convention, which merges them.
    public var distance: Int?
    /// The single direction that it is of, as in the name: `3D_dir_1_-1_0`.
    public var direction: String?
}

extension ExtractionSettings {
    /// The families that are computed, in the order of the columns.
    public var activeFamilies: [FeatureFamily] {
        let all = FeatureFamily.allCases.filter { $0 != .shape2D }
        switch convention {
        case .ibsi: return families?.filter { $0 != .shape2D } ?? all
        case .pyradiomics: return (families ?? all).filter { $0.pyradiomicsClass != nil }
        }
    }

    /// The table's feature columns; they depend on the settings alone, not on the cases.
    public var columns: [FeatureColumn] {
        activeFamilies.flatMap { family in
            let all = allColumns(of: family)
            return keptColumns(of: family).map { kept in kept.map { all[$0] } } ?? all
        }
    }

    /// Before single features are selected.
    func allColumns(of family: FeatureFamily) -> [FeatureColumn] {
        switch convention {
        case .ibsi: ibsiColumns(family)
        case .pyradiomics: pyradiomicsColumns(family)
        }
    }

    private func ibsiColumns(_ family: FeatureFamily) -> [FeatureColumn] {
        let definitions = family.definitions
        return switch family {
        case .morph, .shape2D, .loc, .stat, .ih, .ivh: plain(definitions)
        case .cm: texture.distances.flatMap { directionalColumns(.cm, definitions, distance: $0) }
        case .rlm: directionalColumns(.rlm, definitions, distance: 1)
        case .szm, .dzm: aggregatedColumns(family, definitions, distance: 1)
        case .ngt, .ngl: texture.distances.flatMap { aggregatedColumns(family, definitions, distance: $0) }
        }
    }

    private func plain(_ definitions: [FeatureDefinition]) -> [FeatureColumn] {
        definitions.map { FeatureColumn(name: $0.tag, feature: $0.tag, definition: $0, aggregation: nil) }
    }

    private func suffix(_ distance: Int) -> String { distance == 1 ? "" : "_d\(distance)" }

    private func aggregatedColumns(
        _ family: FeatureFamily, _ definitions: [FeatureDefinition], distance: Int
    ) -> [FeatureColumn] {
        texture.aggregations(of: family).flatMap { aggregation in
            definitions.map {
                FeatureColumn(
                    name: "\($0.tag)\(suffix(distance))_\(aggregation.rawValue)", feature: $0.tag,
                    definition: $0, aggregation: aggregation, distance: family.usesDistances ? distance : nil)
            }
        }
    }

    /// Aggregated, then by direction where that is asked for.
    private func directionalColumns(
        _ family: FeatureFamily, _ definitions: [FeatureDefinition], distance: Int
    ) -> [FeatureColumn] {
        var columns = aggregatedColumns(family, definitions, distance: distance)
        guard texture.directions == .each else { return columns }
        for (dimension, directions) in texture.directionalDimensions {
            for direction in directions {
                let place = "\(dimension.rawValue)_\(MatrixLabel.name(direction))"
                columns += definitions.map {
                    FeatureColumn(
                        name: "\($0.tag)\(suffix(distance))_\(place)", feature: $0.tag, definition: $0,
                        aggregation: nil,
                        distance: family.usesDistances ? distance : nil, direction: place)
                }
            }
        }
        return columns
    }

    private func pyradiomicsColumns(_ family: FeatureFamily) -> [FeatureColumn] {
        family.pyradiomicsDefinitions.compactMap { definition in
            guard let column = definition.pyradiomicsColumn, let name = definition.pyradiomicsName else { return nil }
            return FeatureColumn(name: column, feature: name, definition: definition, aggregation: nil)
        }
    }
}

extension FeatureFamily {
    /// Its features in the IBSI convention, in the order of the columns.
    public var definitions: [FeatureDefinition] {
        switch self {
        case .morph: FeatureDefinition.morphology.map(\.1)
        case .shape2D: []
        case .loc: FeatureDefinition.localIntensity.map(\.1)
        case .stat: FeatureDefinition.statistics.map(\.1)
        case .ih: FeatureDefinition.histogram.map(\.1)
        case .ivh: FeatureDefinition.intensityVolume.map(\.1)
        case .cm: FeatureDefinition.cooccurrence.map(\.1)
        case .rlm: FeatureDefinition.runLength.map(\.1)
        case .szm: FeatureDefinition.sizeZone.map(\.1)
        case .dzm: FeatureDefinition.distanceZone.map(\.1)
        case .ngt: FeatureDefinition.toneDifference.map(\.1)
        case .ngl: FeatureDefinition.dependence.map(\.1)
        }
    }

    /// The features of its class in the PyRadiomics convention, in the order of the columns.
    public var pyradiomicsDefinitions: [FeatureDefinition] {
        switch self {
        case .morph: FeatureDefinition.pyradiomicsShape
        case .shape2D: FeatureDefinition.pyradiomicsShape2D
        case .stat: FeatureDefinition.pyradiomicsFirstOrder
        case .cm: FeatureDefinition.pyradiomicsCooccurrence.map(\.1)
        case .rlm: FeatureDefinition.pyradiomicsRunLength.map(\.1)
        case .szm: FeatureDefinition.pyradiomicsSizeZone.map(\.1)
        case .ngt: FeatureDefinition.pyradiomicsToneDifference.map(\.1)
        case .ngl: FeatureDefinition.pyradiomicsDependence.map(\.1)
        case .loc, .ih, .ivh, .dzm: []
        }
    }
}

extension FeatureDefinition {
    /// PyRadiomics' 24, in its alphabetical order.
    static let pyradiomicsCooccurrence = pyradiomicsOrder(cooccurrence)
    /// 16
    static let pyradiomicsRunLength = pyradiomicsOrder(runLength)
    /// 16
    static let pyradiomicsSizeZone = pyradiomicsOrder(sizeZone)
    /// 5
    static let pyradiomicsToneDifference = pyradiomicsOrder(toneDifference)
    /// 14
    static let pyradiomicsDependence = pyradiomicsOrder(dependence)

    private static func pyradiomicsOrder<Feature>(
        _ definitions: [(Feature, FeatureDefinition)]
    ) -> [(Feature, FeatureDefinition)] {
        definitions.filter { $0.1.pyradiomicsName != nil }
            .sorted { ($0.1.pyradiomicsName ?? "") < ($1.1.pyradiomicsName ?? "") }
    }
}

extension TextureSettings {
    /// The dimensions in which single directions are reported, each once, in the order of the aggregations.
    var directionalDimensions: [(MatrixLabel.Dimension, [Offset])] {
        var dimensions: [(MatrixLabel.Dimension, [Offset])] = []
        for aggregation in aggregations where aggregation.isDirectional {
            let dimension = aggregation.dimension
            let next = (dimension, dimension == .volume ? Directions.spatial : Directions.planar)
            if !dimensions.contains(where: { $0.0 == next.0 }) { dimensions.append(next) }
        }
        return dimensions
    }
}
