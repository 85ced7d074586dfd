import TextureCore

/// One column of the table: a feature under a certain aggregation, distance and direction.
public struct FeatureColumn: Hashable, Sendable {
    public let name: String
    /// Nil for PyRadiomics features that IBSI does not know.
    public let definition: FeatureDefinition?
    public let aggregation: Aggregation?
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
        switch convention {
        case .ibsi: activeFamilies.flatMap(ibsiColumns)
        case .pyradiomics: activeFamilies.flatMap(pyradiomicsColumns)
        }
    }

    private func ibsiColumns(_ family: FeatureFamily) -> [FeatureColumn] {
        switch family {
        case .morph: plain(FeatureDefinition.morphology.map(\.1))
        case .shape2D: []
        case .loc: plain(FeatureDefinition.localIntensity.map(\.1))
        case .stat: plain(FeatureDefinition.statistics.map(\.1))
        case .ih: plain(FeatureDefinition.histogram.map(\.1))
        case .cm:
            texture.distances.flatMap {
                directionalColumns(.cm, FeatureDefinition.cooccurrence.map(\.1), distance: $0)
            }
        case .rlm: directionalColumns(.rlm, FeatureDefinition.runLength.map(\.1), distance: 1)
        case .szm: aggregatedColumns(.szm, FeatureDefinition.sizeZone.map(\.1), distance: 1)
        case .dzm: aggregatedColumns(.dzm, FeatureDefinition.distanceZone.map(\.1), distance: 1)
        case .ngt:
            texture.distances.flatMap {
                aggregatedColumns(.ngt, FeatureDefinition.toneDifference.map(\.1), distance: $0)
            }
        case .ngl:
            texture.distances.flatMap {
                aggregatedColumns(.ngl, FeatureDefinition.dependence.map(\.1), distance: $0)
            }
        case .ivh: plain(FeatureDefinition.intensityVolume.map(\.1))
        }
    }

    private func plain(_ definitions: [FeatureDefinition]) -> [FeatureColumn] {
        definitions.map { FeatureColumn(name: $0.tag, definition: $0, aggregation: nil) }
    }

    private func suffix(_ distance: Int) -> String { distance == 1 ? "" : "_d\(distance)" }

    private func aggregatedColumns(
        _ family: FeatureFamily, _ definitions: [FeatureDefinition], distance: Int
    ) -> [FeatureColumn] {
        texture.aggregations(of: family).flatMap { aggregation in
            definitions.map {
                FeatureColumn(
                    name: "\($0.tag)\(suffix(distance))_\(aggregation.rawValue)", definition: $0,
                    aggregation: aggregation)
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
                columns += definitions.map {
                    FeatureColumn(
                        name: "\($0.tag)\(suffix(distance))_\(dimension.rawValue)_\(MatrixLabel.name(direction))",
                        definition: $0, aggregation: nil)
                }
            }
        }
        return columns
    }

    private func pyradiomicsColumns(_ family: FeatureFamily) -> [FeatureColumn] {
        switch family {
        case .morph:
            PyRadiomicsShape.allCases.map { feature in
                FeatureColumn(
                    name: "original_shape_\(feature.rawValue)",
                    definition: FeatureDefinition.morphology.map(\.1).first { $0.pyradiomicsName == feature.rawValue },
                    aggregation: nil)
            }
        case .shape2D:
            PyRadiomicsShape2D.allCases.map {
                FeatureColumn(name: "original_shape2D_\($0.rawValue)", definition: nil, aggregation: nil)
            }
        case .stat:
            PyRadiomicsFirstOrder.allCases.map { feature in
                let all = FeatureDefinition.statistics.map(\.1) + FeatureDefinition.histogram.map(\.1)
                return FeatureColumn(
                    name: "original_firstorder_\(feature.rawValue)",
                    definition: all.first { $0.pyradiomicsName == feature.rawValue }, aggregation: nil)
            }
        case .cm: named("glcm", FeatureDefinition.pyradiomicsCooccurrence.map(\.1))
        case .rlm: named("glrlm", FeatureDefinition.pyradiomicsRunLength.map(\.1))
        case .szm: named("glszm", FeatureDefinition.pyradiomicsSizeZone.map(\.1))
        case .ngt: named("ngtdm", FeatureDefinition.pyradiomicsToneDifference.map(\.1))
        case .ngl: named("gldm", FeatureDefinition.pyradiomicsDependence.map(\.1))
        case .loc, .ih, .ivh, .dzm: []
        }
    }

    private func named(_ pyradiomicsClass: String, _ definitions: [FeatureDefinition]) -> [FeatureColumn] {
        definitions.map {
            FeatureColumn(
                name: "original_\(pyradiomicsClass)_\($0.pyradiomicsName ?? "")", definition: $0, aggregation: nil)
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
