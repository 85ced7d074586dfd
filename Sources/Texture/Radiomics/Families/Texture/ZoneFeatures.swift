import TextureCore

/// The size zone and distance zone features of one region: the zones of its slices or of the volume are found once for both.
struct ZoneFeatures {
    private let levels: PaddedLevels
    /// The morphological mask, which distances to the border are measured in.
    private let mask: [UInt8]
    private let settings: TextureSettings
    private let borders: Borders
    private var zones: [TextureDimension: GreyLevelZones] = [:]
    private var sizes: [MatrixSource: MatrixReading<LevelSizeFeatures>] = [:]
    private var distances: [MatrixSource: MatrixReading<LevelSizeFeatures>] = [:]

    /// Whether the distances of zones to the border of the region are needed.
    enum Borders { case measured, ignored }

    /// - Parameter mask: the morphological mask on the grid of the levels.
    init(_ levels: PaddedLevels, mask: [UInt8], _ settings: TextureSettings, borders: Borders) {
        (self.levels, self.mask, self.settings, self.borders) = (levels, mask, settings, borders)
    }

    mutating func sizeMeasure(_ feature: LevelSizeFeature, _ source: MatrixSource) -> Measure {
        if let known = sizes[source] { return known.measure { $0[feature] } }
        let reading = reading(source) { $0.sizeMatrices() }
        sizes[source] = reading
        return reading.measure { $0[feature] }
    }

    mutating func distanceMeasure(_ feature: LevelSizeFeature, _ source: MatrixSource) -> Measure {
        if let known = distances[source] { return known.measure { $0[feature] } }
        let reading = reading(source) { $0.distanceMatrices() }
        distances[source] = reading
        return reading.measure { $0[feature] }
    }

    private mutating func reading(
        _ source: MatrixSource, _ matrices: (GreyLevelZones) -> [LevelSizeMatrix]
    ) -> MatrixReading<LevelSizeFeatures> {
        switch source {
        case .aggregated(let aggregation, _):
            let dimension = aggregation.dimension
            return MatrixReading(matrices(zones(in: dimension)), in: dimension) { LevelSizeFeatures($0) }
        case .shell:
            let offsets = settings.shell([1], size: levels.size)
            let found = GreyLevelZones(levels, offsets: offsets, distances: nil)
            return .single(LevelSizeFeatures(.merged(matrices(found))))
        case .directional: return .averaged([])
        }
    }

    private mutating func zones(in dimension: TextureDimension) -> GreyLevelZones {
        // Slices whose matrices are merged have the zones of slices.
        let dimension = dimension == .volume ? TextureDimension.volume : .slice
        if let known = zones[dimension] { return known }
        let distances = borders == .measured ? BorderDistance.cityBlock(mask, on: levels, dimension) : nil
        let found = GreyLevelZones(levels, offsets: dimension.directions, distances: distances)
        zones[dimension] = found
        return found
    }
}
