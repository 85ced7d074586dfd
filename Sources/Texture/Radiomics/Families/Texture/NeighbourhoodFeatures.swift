import TextureCore

/// The tone difference and dependence features of one region: neighbourhoods are counted once for both.
struct NeighbourhoodFeatures {
    private let levels: PaddedLevels
    private let settings: TextureSettings
    private let convention: Convention
    private var neighbourhoods: [Key: Neighbourhoods] = [:]
    private var differences: [MatrixSource: MatrixReading<ToneDifferenceFeatures>] = [:]
    private var dependences: [MatrixSource: MatrixReading<LevelSizeFeatures>] = [:]

    private enum Key: Hashable {
        case within(TextureDimension, distance: Int)
        case shell
    }

    init(_ levels: PaddedLevels, _ settings: TextureSettings, _ convention: Convention) {
        (self.levels, self.settings, self.convention) = (levels, settings, convention)
    }

    mutating func differenceMeasure(_ feature: ToneDifferenceFeature, _ source: MatrixSource) -> Measure {
        if let known = differences[source] { return known.measure { $0[feature] } }
        let convention = convention
        let reading = reading(source, \.differences) { ToneDifferenceFeatures($0, convention: convention) }
        differences[source] = reading
        return reading.measure { $0[feature] }
    }

    mutating func dependenceMeasure(_ feature: LevelSizeFeature, _ source: MatrixSource) -> Measure {
        if let known = dependences[source] { return known.measure { $0[feature] } }
        let reading = reading(source, \.dependences) { LevelSizeFeatures($0) }
        dependences[source] = reading
        return reading.measure { $0[feature] }
    }

    private mutating func reading<Matrix: TextureMatrix, Features>(
        _ source: MatrixSource, _ matrices: (Neighbourhoods) -> [Matrix], _ features: (Matrix) -> Features
    ) -> MatrixReading<Features> {
        switch source {
        case .aggregated(let aggregation, let distance):
            let dimension = aggregation.dimension
            // Slices whose matrices are merged have the neighbourhoods of slices.
            let key = Key.within(dimension == .volume ? .volume : .slice, distance: distance)
            return MatrixReading(matrices(counted(key)), in: dimension, features)
        case .shell: return .single(features(matrices(counted(.shell))[0]))
        case .directional: return .averaged([])
        }
    }

    private mutating func counted(_ key: Key) -> Neighbourhoods {
        if let known = neighbourhoods[key] { return known }
        let found =
            switch key {
            case .within(let dimension, let distance): Neighbourhoods(levels, distance: distance, dimension)
            // Classes `ngtdm` and `gldm`: all neighbours whose Chebyshev distance is in the list, together.
            case .shell:
                Neighbourhoods(
                    levels, offsets: settings.shell(settings.distances, size: levels.size),
                    coarseness: settings.pyradiomics.gldmA, isBySlice: false)
            }
        neighbourhoods[key] = found
        return found
    }
}
