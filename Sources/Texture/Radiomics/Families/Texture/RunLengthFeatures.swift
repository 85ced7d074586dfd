import Parallel
import TextureCore

/// The run length features of one region. Runs are counted when the first column asks for them, once for all columns.
struct RunLengthFeatures {
    private let levels: PaddedLevels
    /// mm
    private let spacing: SIMD3<Double>
    private let settings: TextureSettings
    private let workers: Workers
    private var readings: [MatrixSource: MatrixReading<LevelSizeFeatures>] = [:]
    /// [slice][direction], of slices that have voxels.
    private lazy var bySlice = RunLengths.countBySlice(levels, along: Directions.planar, workers)
        .filter { !$0[0].isEmpty }
    /// [direction]
    private lazy var mergedSlices = Directions.planar.indices.map { k in LevelSizeMatrix.merged(bySlice.map { $0[k] }) }
    private lazy var volume = RunLengths.count(levels, along: Directions.spatial, workers)

    /// - Parameter spacing: mm
    init(
        _ levels: PaddedLevels, spacing: SIMD3<Double>, _ settings: TextureSettings, _ workers: Workers = Workers(1)
    ) {
        (self.levels, self.spacing, self.settings, self.workers) = (levels, spacing, settings, workers)
    }

    mutating func measure(_ feature: LevelSizeFeature, _ source: MatrixSource) -> Measure {
        if let known = readings[source] { return known.measure { $0[feature] } }
        let reading = reading(source)
        readings[source] = reading
        return reading.measure { $0[feature] }
    }

    private mutating func reading(_ source: MatrixSource) -> MatrixReading<LevelSizeFeatures> {
        switch source {
        case .aggregated(let aggregation, _):
            switch aggregation {
            case .averaged2D: .averaged(bySlice.joined().map { LevelSizeFeatures($0) })
            case .merged2D: .averaged(bySlice.map { LevelSizeFeatures(.merged($0)) })
            case .averaged25D: .averaged(mergedSlices.map { LevelSizeFeatures($0) })
            case .merged25D: .single(LevelSizeFeatures(.merged(mergedSlices)))
            case .averaged3D: .averaged(volume.map { LevelSizeFeatures($0) })
            case .merged3D: .single(LevelSizeFeatures(.merged(volume)))
            // Of families without directions.
            case .slices, .mergedSlices, .volume: .averaged([])
            }
        case .directional(let dimension, let direction, _):
            switch dimension {
            case .slice: .averaged(bySlice.map { LevelSizeFeatures($0[direction]) })
            case .mergedSlices: .single(LevelSizeFeatures(mergedSlices[direction]))
            case .volume: .single(LevelSizeFeatures(volume[direction]))
            }
        case .shell: pyradiomics
        }
    }

    /// Class `glrlm` (glrlm.py: _calculateMatrix): always distance 1; weighted directions are merged with the length of
    /// their offset in mm as weight, not exp(-d²) as in `glcm`.
    private var pyradiomics: MatrixReading<LevelSizeFeatures> {
        let offsets = settings.shell([1], size: levels.size)
        let kept = zip(offsets, RunLengths.count(levels, along: offsets, workers)).filter {
            RunLengths.linesHoldSeveral(levels, $0, runs: $1)
        }
        let norm = settings.pyradiomics.weightingNorm
        guard norm != .none else { return .averaged(kept.map { LevelSizeFeatures($0.1) }) }
        let weights = kept.map { norm.length($0.0, spacing: spacing) ?? 1 }
        return .single(LevelSizeFeatures(.sum(kept.map(\.1), weights: weights)))
    }
}

extension TextureSettings {
    /// PyRadiomics' offsets to the neighbours at some distances.
    func shell(_ distances: [Int], size: SIMD3<Int>) -> [Offset] {
        Directions.shell(distances: distances, flatAxis: pyradiomics.force2DDimension, size: size)
    }
}
