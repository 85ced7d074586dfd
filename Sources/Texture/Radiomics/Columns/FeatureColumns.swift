import TextureCore

extension ExtractionSettings {
    /// The families that are computed of a volume, in the order of the columns.
    public var activeFamilies: [FeatureFamily] { activeFamilies(for: .volume) }

    /// The feature columns of a volume; ``columns(of:)`` has those of a table.
    public var columns: [FeatureColumn] {
        featureImages.flatMap { columns(of: $0) }
    }

    /// Those of one image.
    func columns(of image: FeatureImage) -> [FeatureColumn] {
        let all = activeFamilies.filter(image.has).flatMap { kept(allColumns(of: $0, image), of: $0) }
        return columnChoice == .common ? common(among: all) : all
    }

    /// One column a feature: the merged matrix stands for the average over the same directions.
    private func common(among all: [FeatureColumn]) -> [FeatureColumn] {
        let tags = Set(all.map(\.definition.tag))
        return all.filter { column in
            if let merged = column.aggregation?.mergedTwin, texture.aggregations.contains(merged) { return false }
            guard features[column.family] == nil else { return true }
            return switch column.definition.standing {
            case .common: true
            case .repeats(let tag, _): !tags.contains(tag)
            case .outside, .notStandardised, .constant: false
            }
        }
    }

    /// Before single features are selected.
    private func allColumns(of family: FeatureFamily, _ image: FeatureImage) -> [FeatureColumn] {
        let features = family.features(in: convention)
        switch convention {
        case .ibsi:
            return matrixSources(of: family).flatMap { source in
                features.map { ibsiColumn(family, $0.quantity, $0.definition, source, image) }
            }
        case .pyradiomics:
            let regular: [FeatureColumn] = features.compactMap { quantity, definition in
                guard let column = definition.pyradiomicsColumn, let name = definition.pyradiomicsName else {
                    return nil
                }
                return FeatureColumn(
                    name: image.columnName(column, in: convention), image: image.name, feature: name,
                    definition: definition, family: family, aggregation: nil,
                    quantity: quantity, matrices: quantity.readsMatrices ? .shell : nil)
            }
            let named = self.features[family] ?? []
            guard family == .morph, !named.isEmpty else { return regular }
            return regular
                + FeatureDefinition.pyradiomicsDeprecatedShape.filter { named.contains($0.0.rawValue) }.map {
                    FeatureColumn(
                        name: "original_shape_\($0.0.rawValue)", image: image.name, feature: $0.0.rawValue,
                        definition: $0.1, family: family, aggregation: nil, quantity: .shape($0.0), matrices: nil)
                }
        }
    }

    /// The blocks of an IBSI family's columns: distance by distance its aggregations, then its single directions where they are
    /// asked for. A family without matrices is one block.
    private func matrixSources(of family: FeatureFamily) -> [MatrixSource?] {
        guard family.features(in: convention).contains(where: \.quantity.readsMatrices) else { return [nil] }
        let distances = family.usesDistances ? texture.distances : [1]
        return distances.flatMap { distance in
            var sources: [MatrixSource] = texture.aggregations(of: family).map {
                .aggregated($0, distance: distance)
            }
            if family.hasDirections, texture.directions == .each {
                sources += texture.directionalDimensions.flatMap { dimension in
                    dimension.directions.indices.map {
                        .directional(dimension, direction: $0, distance: distance)
                    }
                }
            }
            return sources
        }
    }

    /// `cm_contrast_d2_3D_comb`, `cm_contrast_3D_dir_1_0_0` or `stat_mean`
    private func ibsiColumn(
        _ family: FeatureFamily, _ quantity: FeatureQuantity, _ definition: FeatureDefinition, _ source: MatrixSource?,
        _ image: FeatureImage
    ) -> FeatureColumn {
        func column(
            _ suffix: String, _ distance: Int?, _ aggregation: Aggregation? = nil, direction: String? = nil
        ) -> FeatureColumn {
            let name = definition.tag + (distance.map { $0 == 1 ? "" : "_d\($0)" } ?? "") + suffix
            return FeatureColumn(
                name: image.columnName(name, in: convention), image: image.name, feature: definition.tag,
                definition: definition, family: family, aggregation: aggregation,
                distance: family.usesDistances ? distance : nil, direction: direction, quantity: quantity,
                matrices: source)
        }
        switch source {
        case nil, .shell: return column("", nil)
        case .aggregated(let aggregation, let distance):
            return column("_\(aggregation.rawValue)", distance, aggregation)
        case .directional(let dimension, let index, let distance):
            let direction = "\(dimension.rawValue)_\(MatrixLabel.name(dimension.directions[index]))"
            return column("_\(direction)", distance, direction: direction)
        }
    }
}

extension TextureSettings {
    /// The dimensions in which single directions are reported, each once, in the order of the aggregations.
    var directionalDimensions: [TextureDimension] {
        var dimensions: [TextureDimension] = []
        for aggregation in aggregations where aggregation.isDirectional {
            if !dimensions.contains(aggregation.dimension) { dimensions.append(aggregation.dimension) }
        }
        return dimensions
    }
}

extension TextureDimension {
    /// One of each pair of opposite directions to a neighbour: 4 within slices, 13 in the volume.
    var directions: [Offset] { self == .volume ? Directions.spatial : Directions.planar }
}
