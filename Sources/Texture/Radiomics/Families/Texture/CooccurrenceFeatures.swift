import Glibc
import Parallel
import TextureCore

/// Which of the matrices of a region one is.
public struct MatrixLabel: Hashable, Sendable, CustomStringConvertible {
    public var dimension: TextureDimension
    /// For `.slice`: the slice of the grid that features are computed on, from 0. Without resampling that is the series' own, as
    /// its slices are counted everywhere (`diagnostics_roi_box_first`, `slice` of predictions).
    public var slice: Int?
    public var distance: Int
    /// Nil: all directions merged.
    public var direction: Offset?
    /// Of a filtered image, ``FeatureImage/name``.
    public var image: String?

    func of(_ image: FeatureImage) -> MatrixLabel {
        var label = self
        label.image = image.name
        return label
    }

    /// As used in file names, e.g. `3D_d1_dir_1_0_-1` or `2D_z003_d1_comb`.
    public var description: String {
        var parts = (image.map { [$0] } ?? []) + [dimension.rawValue]
        if let slice {
            parts.append("z" + String(repeating: "0", count: max(0, 3 - String(slice).count)) + String(slice))
        }
        parts.append("d\(distance)")
        parts.append(direction.map(Self.name) ?? "comb")
        return parts.joined(separator: "_")
    }

    /// `dir_x_y_z`
    static func name(_ direction: Offset) -> String { "dir_\(direction.x)_\(direction.y)_\(direction.z)" }
}

/// Features of the co-occurrence matrices of one region in all aggregations that are asked for.
struct CooccurrenceFeatures {
    private let pairs: VoxelPairs
    private let reach: Int
    private let convention: Convention
    private let firstSlice: Int
    private let observe: ((MatrixLabel, CooccurrenceMatrix) -> Void)?
    private let workers: Workers

    /// - Parameters:
    ///   - firstSlice: of the image's grid at which `grid` begins, for the labels.
    ///   - observe: is handed every matrix that a value was computed from.
    init(
        _ grid: LevelGrid, reach: Int, convention: Convention, firstSlice: Int = 0,
        observe: ((MatrixLabel, CooccurrenceMatrix) -> Void)? = nil, _ workers: Workers = Workers(1)
    ) {
        // No pair is farther apart than the region is long, so a longer distance needs no wider margin.
        self.reach = min(reach, max(1, grid.size.max()))
        pairs = VoxelPairs(grid, reach: self.reach)
        (self.convention, self.firstSlice, self.observe) = (convention, firstSlice, observe)
        self.workers = workers
    }

    /// One direction's features beside the aggregated ones.
    struct Result {
        var aggregated: [Aggregation: HaralickFeatures] = [:]
        /// By dimension of the aggregations asked for, in the order of ``Directions``.
        var directional: [TextureDimension: [HaralickFeatures]] = [:]
    }

    /// All aggregations of one distance; each set of pairs is counted once.
    func features(distance: Int, aggregations: Set<Aggregation>, directions: TextureSettings.DirectionOutput) -> Result
    {
        var result = Result()
        guard distance <= reach else {
            for aggregation in aggregations { result.aggregated[aggregation] = .average([]) }
            return result
        }
        let planar = Directions.planar.map { $0 * distance }
        if aggregations.contains(.averaged3D) || aggregations.contains(.merged3D) {
            aggregate(
                pairs.count(along: Directions.spatial.map { $0 * distance }), .volume, distance: distance,
                averaged: .averaged3D, merged: .merged3D, aggregations, directions, &result)
        }
        if aggregations.contains(.averaged25D) || aggregations.contains(.merged25D) {
            aggregate(
                pairs.count(along: planar), .mergedSlices, distance: distance, averaged: .averaged25D,
                merged: .merged25D, aggregations, directions, &result)
        }
        if aggregations.contains(.averaged2D) || aggregations.contains(.merged2D) {
            bySlice(planar, distance: distance, aggregations, directions, &result)
        }
        return result
    }

    private func aggregate(
        _ counts: PairCounts, _ dimension: TextureDimension, distance: Int, averaged: Aggregation,
        merged: Aggregation, _ aggregations: Set<Aggregation>, _ directions: TextureSettings.DirectionOutput,
        _ result: inout Result
    ) {
        if aggregations.contains(averaged) || directions == .each {
            let all = features(
                zip(counts.offsets, counts.matrices(.symmetric)).map { offset, matrix in
                    let direction = Offset(offset.x / distance, offset.y / distance, offset.z / distance)
                    return (
                        MatrixLabel(dimension: dimension, slice: nil, distance: distance, direction: direction), matrix
                    )
                })
            if aggregations.contains(averaged) { result.aggregated[averaged] = .average(all) }
            if directions == .each { result.directional[dimension] = all }
        }
        if aggregations.contains(merged) {
            let label = MatrixLabel(dimension: dimension, slice: nil, distance: distance, direction: nil)
            result.aggregated[merged] = features([(label, counts.merged(.symmetric))])[0]
        }
    }

    private func bySlice(
        _ planar: [Offset], distance: Int, _ aggregations: Set<Aggregation>,
        _ directions: TextureSettings.DirectionOutput, _ result: inout Result
    ) {
        var ofDirections = [[HaralickFeatures]](repeating: [], count: planar.count)
        var ofSlices: [HaralickFeatures] = []
        for slice in 0..<pairs.sliceCount {
            let counts = pairs.count(along: planar, slices: slice..<slice + 1)
            if aggregations.contains(.averaged2D) || directions == .each {
                for (k, matrix) in counts.matrices(.symmetric).enumerated() where !matrix.isEmpty {
                    let label = MatrixLabel(
                        dimension: .slice, slice: firstSlice + slice, distance: distance,
                        direction: Directions.planar[k])
                    ofDirections[k] += features([(label, matrix)])
                }
            }
            if aggregations.contains(.merged2D) {
                let matrix = counts.merged(.symmetric)
                guard !matrix.isEmpty else { continue }
                let label = MatrixLabel(
                    dimension: .slice, slice: firstSlice + slice, distance: distance, direction: nil)
                ofSlices += features([(label, matrix)])
            }
        }
        if aggregations.contains(.averaged2D) { result.aggregated[.averaged2D] = .average(ofDirections.flatMap { $0 }) }
        if aggregations.contains(.merged2D) { result.aggregated[.merged2D] = .average(ofSlices) }
        if directions == .each { result.directional[.slice] = ofDirections.map { HaralickFeatures.average($0) } }
    }

    /// Of several matrices side by side.
    private func features(_ all: [(label: MatrixLabel, matrix: CooccurrenceMatrix)]) -> [HaralickFeatures] {
        for (label, matrix) in all { observe?(label, matrix) }
        let (matrices, convention) = (all.map(\.matrix), convention)
        return workers.map(matrices.count) { HaralickFeatures(matrices[$0], convention: convention) }
    }
}

extension CooccurrenceFeatures {
    /// PyRadiomics' class `glcm`: every offset of the shell its own matrix, weighted and merged or averaged over those
    /// that have pairs (glcm.py: _calculateMatrix). `spacing` in mm.
    func pyradiomics(_ settings: TextureSettings, size: SIMD3<Int>, spacing: SIMD3<Double>) -> HaralickFeatures {
        let options = settings.pyradiomics
        let offsets = Directions.shell(distances: settings.distances, flatAxis: options.force2DDimension, size: size)
        let all = pairs.count(along: offsets).matrices(options.symmetricalGLCM)
        guard options.weightingNorm != .none else {
            let kept = zip(offsets, all).filter { !$1.isEmpty }
            return .average(
                features(
                    kept.map { offset, matrix in
                        (MatrixLabel(dimension: .volume, slice: nil, distance: offset.reach, direction: offset), matrix)
                    }))
        }
        let weights = offsets.map { options.weightingNorm.weight($0, spacing: spacing) }
        guard let merged = CooccurrenceMatrix.sum(all, weights: weights) else { return .average([]) }
        let distance = settings.distances.max() ?? 1
        let label = MatrixLabel(dimension: .volume, slice: nil, distance: distance, direction: nil)
        return features([(label, merged)])[0]
    }
}

extension PyRadiomicsTexture.Weighting {
    /// d, the length of the offset in mm under the norm; nil when there is no weighting.
    func length(_ offset: Offset, spacing: SIMD3<Double>) -> Double? {
        let (x, y, z) = (
            abs(Double(offset.x)) * spacing.x, abs(Double(offset.y)) * spacing.y, abs(Double(offset.z)) * spacing.z
        )
        switch self {
        case .none, .noWeighting: return nil
        case .manhattan: return x + y + z
        case .euclidean: return (x * x + y * y + z * z).squareRoot()
        case .infinity: return max(x, y, z)
        }
    }

    /// exp(-d²); 1 when there is no weighting.
    func weight(_ offset: Offset, spacing: SIMD3<Double>) -> Double {
        length(offset, spacing: spacing).map { exp(-$0 * $0) } ?? 1
    }
}
