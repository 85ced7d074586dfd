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
        case .ivh: plain(FeatureDefinition.intensityVolume.map(\.1))
        case .cm: texture.distances.flatMap(cooccurrenceColumns)
        }
    }

    private func plain(_ definitions: [FeatureDefinition]) -> [FeatureColumn] {
        definitions.map { FeatureColumn(name: $0.tag, definition: $0, aggregation: nil) }
    }

    private func cooccurrenceColumns(distance: Int) -> [FeatureColumn] {
        let suffix = distance == 1 ? "" : "_d\(distance)"
        var columns: [FeatureColumn] = []
        for aggregation in texture.aggregations {
            columns += FeatureDefinition.cooccurrence.map {
                FeatureColumn(
                    name: "\($0.1.tag)\(suffix)_\(aggregation.rawValue)", definition: $0.1, aggregation: aggregation)
            }
        }
        guard texture.directions == .each else { return columns }
        for (dimension, directions) in texture.directionalDimensions {
            for direction in directions {
                columns += FeatureDefinition.cooccurrence.map {
                    FeatureColumn(
                        name: "\($0.1.tag)\(suffix)_\(dimension.rawValue)_\(MatrixLabel.name(direction))",
                        definition: $0.1, aggregation: nil)
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
        case .cm:
            FeatureDefinition.pyradiomicsCooccurrence.map {
                FeatureColumn(
                    name: "original_glcm_\($0.1.pyradiomicsName ?? "")", definition: $0.1, aggregation: nil)
            }
        case .loc, .ih, .ivh: []
        }
    }
}

extension FeatureDefinition {
    /// PyRadiomics' 24, in its alphabetical order.
    static let pyradiomicsCooccurrence = cooccurrence.filter { $0.1.pyradiomicsName != nil }
        .sorted { ($0.1.pyradiomicsName ?? "") < ($1.1.pyradiomicsName ?? "") }
}

extension TextureSettings {
    /// The dimensions in which single directions are reported, each once, in the order of the aggregations.
    var directionalDimensions: [(MatrixLabel.Dimension, [Offset])] {
        var dimensions: [(MatrixLabel.Dimension, [Offset])] = []
        for aggregation in aggregations {
            let next: (MatrixLabel.Dimension, [Offset]) =
                switch aggregation {
                case .averaged2D, .merged2D: (.slice, Directions.planar)
                case .averaged25D, .merged25D: (.mergedSlices, Directions.planar)
                case .averaged3D, .merged3D: (.volume, Directions.spatial)
                }
            if !dimensions.contains(where: { $0.0 == next.0 }) { dimensions.append(next) }
        }
        return dimensions
    }
}
