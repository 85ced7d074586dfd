import Imaging
import TextureCore

/// Computes the maps of one line of voxels: what is asked for, sorted by what can be counted together.
struct MapKernels: Sendable {
    /// Co-occurrence features that are read from the same matrices.
    private struct CooccurrencePass: Sendable {
        /// Offsets of one matrix each.
        var groups: [[Offset]]
        /// Matrices are weighted and added up, one weight a group, before features are read; nil: features are averaged.
        var weights: [Double]?
        var symmetry: CooccurrenceMatrix.Symmetry
        var features: [HaralickFeature]
        /// Of `features`, by position among all columns.
        var columns: [Int]
    }

    /// First-order features, each a function of the kernel's intensities and grey levels.
    private struct FirstOrderFeature: Sendable {
        enum Reading: Sendable {
            case statistic(IntensityStatistic)
            case histogram(HistogramFeature)
            case pyradiomics(PyRadiomicsFirstOrder)

            var readsLevels: Bool {
                switch self {
                case .statistic: false
                case .histogram: true
                case .pyradiomics(let feature): feature == .entropy || feature == .uniformity
                }
            }
        }
        var reading: Reading
        var column: Int
    }

    private let prepared: PreparedMap
    private let window: SlidingCooccurrence?
    private let convention: Convention
    private let radius: SIMD3<Int>
    private let shift: Double
    private var passes: [CooccurrencePass] = []
    private var firstOrder: [FirstOrderFeature] = []

    init(
        _ settings: FeatureMapSettings, columns: [FeatureColumn], prepared: PreparedMap, window: SlidingCooccurrence?,
        spacing: SIMD3<Double>
    ) {
        (self.prepared, self.window) = (prepared, window)
        (convention, radius) = (settings.extraction.convention, settings.radius)
        shift = Double(settings.extraction.pyradiomics.voxelArrayShift)
        for (k, column) in columns.enumerated() {
            if let reading = Self.reading(column.quantity) {
                firstOrder.append(FirstOrderFeature(reading: reading, column: k))
            }
        }
        switch convention {
        case .ibsi: addIBSIPasses(settings.extraction.texture, columns)
        case .pyradiomics: addPyRadiomicsPass(settings, columns, spacing)
        }
    }

    private static func reading(_ quantity: FeatureQuantity) -> FirstOrderFeature.Reading? {
        switch quantity {
        case .statistic(let statistic): .statistic(statistic)
        case .histogram(let feature): .histogram(feature)
        case .firstOrder(let feature): .pyradiomics(feature)
        default: nil
        }
    }

    private mutating func addIBSIPasses(_ texture: TextureSettings, _ columns: [FeatureColumn]) {
        for distance in texture.distances {
            for aggregation in texture.aggregations(of: .cm) {
                let offsets = possible(aggregation.dimension.directions.map { $0 * distance })
                let isMerged = aggregation == .merged2D || aggregation == .merged3D
                add(
                    CooccurrencePass(
                        groups: isMerged ? [offsets] : offsets.map { [$0] }, weights: nil, symmetry: .symmetric,
                        features: [], columns: []),
                    columns, .aggregated(aggregation, distance: distance))
            }
        }
    }

    private mutating func addPyRadiomicsPass(
        _ settings: FeatureMapSettings, _ columns: [FeatureColumn], _ spacing: SIMD3<Double>
    ) {
        let texture = settings.extraction.texture
        let options = texture.pyradiomics
        let shell = Directions.shell(
            distances: texture.distances, flatAxis: options.force2DDimension, size: 2 &* radius &+ 1)
        let offsets = possible(shell)
        var pass = CooccurrencePass(
            groups: offsets.map { [$0] }, weights: nil, symmetry: options.symmetricalGLCM, features: [], columns: [])
        switch options.weightingNorm {
        case .none: break
        case .noWeighting: pass.groups = [offsets]
        case .manhattan, .euclidean, .infinity:
            pass.weights = offsets.map { options.weightingNorm.weight($0, spacing: spacing) }
        }
        add(pass, columns, .shell)
    }

    /// Without those that no pair of the image can have.
    private func possible(_ offsets: [Offset]) -> [Offset] {
        let size = prepared.reach.size
        return offsets.filter { abs($0.x) < size.x && abs($0.y) < size.y && abs($0.z) < size.z }
    }

    private mutating func add(_ pass: CooccurrencePass, _ columns: [FeatureColumn], _ source: MatrixSource) {
        var pass = pass
        for (k, column) in columns.enumerated() where column.matrices == source {
            guard case .cooccurrence(let feature) = column.quantity else { continue }
            pass.features.append(feature)
            pass.columns.append(k)
        }
        if !pass.features.isEmpty { passes.append(pass) }
    }

    // MARK: one line

    /// Hands each defined value of a line of the region's box to `write`.
    func line(y: Int, z: Int, _ write: (_ column: Int, _ x: Int, _ value: Float) -> Void) {
        let box = prepared.region.box
        let offset = box.lower &- prepared.reach.lower
        let first = box.offset(0, y, z)
        // Copies: threads that count references to one array for every matrix wait for each other.
        let kept = prepared.kept[first..<first + box.size.x].map { $0 }
        func isWanted(_ x: Int) -> Bool { kept.indices.contains(x) && kept[x] != 0 }
        func put(_ column: Int, _ x: Int, _ value: Double) {
            if value.isFinite { write(column, x, Float(value)) }
        }
        for pass in passes {
            guard let window else { continue }
            let features = pass.features.map { $0 }
            let weights = pass.weights?.map { $0 }
            var sums = FeatureSums(voxels: box.size.x, features: features.count)
            var matrices: [Int: [(Double, CooccurrenceMatrix)]] = [:]
            func isWantedInReach(_ x: Int) -> Bool { isWanted(x - offset.x) }
            window.forEachMatrix(
                y: y + offset.y, z: z + offset.z, wanted: isWantedInReach, along: pass.groups, pass.symmetry,
                levels: weights == nil ? .ofPairs : .common
            ) { reachX, group, matrix in
                let x = reachX - offset.x
                if let weights {
                    matrices[x, default: []].append((weights[group], matrix))
                } else {
                    sums.add(matrix, features, convention, at: x)
                }
            }
            for (x, all) in matrices {
                if let matrix = CooccurrenceMatrix.sum(all.map(\.1), weights: all.map(\.0)) {
                    sums.add(matrix, features, convention, at: x)
                }
            }
            for x in 0..<box.size.x where isWanted(x) {
                for (k, column) in pass.columns.enumerated() {
                    if let mean = sums.mean(of: k, at: x) { put(column, x, mean) }
                }
            }
        }
        guard !firstOrder.isEmpty else { return }
        for x in kept.indices where isWanted(x) {
            firstOrderValues(SIMD3(x, y, z) &+ offset) { column, value in put(column, x, value) }
        }
    }

    /// Statistics are sums over sorted intensities: the kernel is read anew for each voxel.
    private func firstOrderValues(_ centre: SIMD3<Int>, _ put: (_ column: Int, _ value: Double) -> Void) {
        let size = prepared.reach.size
        let lower = pointwiseMax(centre &- radius, .zero)
        let upper = pointwiseMin(centre &+ radius &+ 1, size)
        let readsLevels = firstOrder.contains { $0.reading.readsLevels }
        let grid = convention == .pyradiomics ? prepared.exactLevels : prepared.levels
        var values: [Double] = []
        var levels: [UInt16] = []
        for z in lower.z..<upper.z {
            for y in lower.y..<upper.y {
                let row = (z * size.y + y) * size.x
                for k in row + lower.x..<row + upper.x where prepared.counted[k] != 0 {
                    values.append(prepared.intensities[k])
                    if readsLevels, let grid { levels.append(grid.levels[k]) }
                }
            }
        }
        guard let sample = SortedSample(values) else { return }
        let histogram =
            readsLevels
            ? grid.flatMap {
                IntensityHistogram(
                    LevelGrid(size: [levels.count, 1, 1], levels: levels, greyLevelCount: $0.greyLevelCount))
            } : nil
        for feature in firstOrder {
            let measure =
                switch feature.reading {
                case .statistic(let statistic): sample.measure(statistic)
                case .histogram(let feature): histogram?.measure(feature) ?? .undefined(.noVoxels)
                case .pyradiomics(let feature):
                    feature.measure(
                        sample, histogram, voxelVolume: prepared.block.grid.voxelVolume, shift: shift)
                }
            if let value = measure.value { put(feature.column, value) }
        }
    }
}

/// Sums of features over the matrices of each voxel of a line; their mean is that of ``HaralickFeatures/average(_:)``.
private struct FeatureSums {
    private let features: Int
    private var sums: [Double]
    private var counts: [Int32]

    init(voxels: Int, features: Int) {
        self.features = features
        sums = [Double](repeating: 0, count: voxels * features)
        counts = [Int32](repeating: 0, count: voxels * features)
    }

    mutating func add(
        _ matrix: CooccurrenceMatrix, _ wanted: [HaralickFeature], _ convention: Convention, at x: Int
    ) {
        let first = x * features
        HaralickFeatures.forEach(of: wanted, matrix, convention: convention) { k, measure in
            guard let value = measure.value else { return }
            sums[first + k] += value
            counts[first + k] += 1
        }
    }

    /// Nil when no matrix has the feature.
    func mean(of feature: Int, at x: Int) -> Double? {
        let k = x * features + feature
        return counts[k] > 0 ? sums[k] / Double(counts[k]) : nil
    }
}
