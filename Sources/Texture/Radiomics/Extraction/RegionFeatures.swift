import Imaging
import Parallel
import TextureCore

/// The values of one region, column by column. What several columns read is computed when the first of them asks.
struct RegionFeatures {
    private let prepared: PreparedRegion
    private let modality: String
    private let settings: ExtractionSettings
    /// Nil when no family needs any, or there would be too many.
    private let levels: LevelGrid?
    /// PyRadiomics' bins of the intensities as doubles, for its first-order features: of a float32 image they are not those of
    /// the matrices.
    private let exactLevels: () throws(ExtractionError) -> LevelGrid
    private let observe: ((MatrixLabel, CooccurrenceMatrix) -> Void)?
    private let workers: Workers

    private var family: FeatureFamily?
    private var ofFamily = OfOneFamily()
    private lazy var sample = prepared.sample
    private lazy var histogram = levels.flatMap { IntensityHistogram($0) }
    private lazy var padded = levels.map { grid in
        // No voxel of the region lies farther away than the region is long.
        let longest = max(grid.size.x, grid.size.y, grid.size.z)
        return PaddedLevels(grid, reach: max(1, min(settings.texture.distances.max() ?? 1, longest)))
    }
    private lazy var zones = padded.map {
        ZoneFeatures(
            $0, mask: prepared.region.voxels, settings.texture,
            borders: settings.activeFamilies.contains(.dzm) ? .measured : .ignored)
    }
    private lazy var neighbourhoods = padded.map {
        NeighbourhoodFeatures($0, settings.texture, settings.convention)
    }

    /// What the columns of a single family read. Columns come family by family, so that a region holds one mesh or one set of
    /// matrices at a time.
    private struct OfOneFamily {
        var morphology: Morphology?
        var autocorrelation: SpatialAutocorrelation?
        var shape: RegionShape?
        /// Nil inside: the region is no flat one.
        var outline: Outline??
        var peak: LocalIntensityPeak?
        var volumeHistogram: IntensityVolumeHistogram?
        var firstOrderHistogram: IntensityHistogram??
        var cooccurrence: CooccurrenceFeatures?
        /// By distance.
        var aggregated: [Int: CooccurrenceFeatures.Result] = [:]
        var shell: HaralickFeatures?
        var runs: RunLengthFeatures?
    }

    init(
        _ prepared: PreparedRegion, modality: String, _ settings: ExtractionSettings,
        levels: LevelGrid?, exactLevels: @escaping () throws(ExtractionError) -> LevelGrid,
        observe: ((MatrixLabel, CooccurrenceMatrix) -> Void)?, _ workers: Workers
    ) {
        (self.prepared, self.modality, self.settings) = (prepared, modality, settings)
        (self.levels, self.exactLevels, self.observe) = (levels, exactLevels, observe)
        self.workers = workers
    }

    /// Makes what several families read, before they are measured by copies of this.
    mutating func share(among columns: [FeatureColumn]) {
        let readers: Set<FeatureFamily> = [.rlm, .szm, .dzm, .ngt, .ngl]
        if columns.contains(where: { readers.contains($0.family) }) { _ = padded }
    }

    mutating func measure(_ column: FeatureColumn) throws(ExtractionError) -> Measure {
        if column.family != family { (family, ofFamily) = (column.family, OfOneFamily()) }
        guard levels != nil || !column.quantity.needsGreyLevels else { return .undefined(.undiscretisable) }
        switch column.quantity {
        case .morphology(.moran): return autocorrelation.moran
        case .morphology(.geary): return autocorrelation.geary
        case .morphology(let feature): return morphology.measure(feature)
        case .shape(let feature): return feature.measure(shape)
        case .outline(let feature): return outline.map { feature.measure($0) } ?? .undefined(.notOneSlice)
        case .localIntensity(let feature): return peak.measure(feature)
        case .statistic(let feature): return sample?.measure(feature) ?? .undefined(.noVoxels)
        case .histogram(let feature): return histogram?.measure(feature) ?? .undefined(.noVoxels)
        case .intensityVolume(let feature): return volumeHistogram?.measure(feature) ?? .undefined(.noVoxels)
        case .firstOrder(let feature): return try firstOrder(feature)
        default: break
        }
        guard let source = column.matrices else { return .undefined(.noPairs) }
        return texture(column.quantity, source)
    }

    // MARK: Shape

    private var morphology: Morphology {
        mutating get {
            if let known = ofFamily.morphology { return known }
            let found = Morphology(
                prepared.region, inside: prepared.kept, intensities: prepared.intensities, edges: prepared.edges)
            ofFamily.morphology = found
            return found
        }
    }

    private var autocorrelation: SpatialAutocorrelation {
        mutating get {
            if let known = ofFamily.autocorrelation { return known }
            let found = SpatialAutocorrelation(
                inside: prepared.kept, intensities: prepared.intensities, size: prepared.region.box.size,
                edges: prepared.edges)
            ofFamily.autocorrelation = found
            return found
        }
    }

    private var shape: RegionShape {
        mutating get {
            if let known = ofFamily.shape { return known }
            let found = RegionShape(
                prepared.pyradiomicsShapeRegion, edges: prepared.edges, convention: .pyradiomics)
            ofFamily.shape = found
            return found
        }
    }

    private var outline: Outline? {
        mutating get {
            if let known = ofFamily.outline { return known }
            let found: Outline?
            switch settings.convention {
            case .ibsi: found = Outline(prepared.region, across: 2, spacing: prepared.spacing)
            case .pyradiomics:
                // PyRadiomics counts axes from z.
                found = settings.texture.pyradiomics.force2DDimension.flatMap { dimension in
                    Outline(prepared.pyradiomicsShapeRegion, across: 2 - dimension, spacing: prepared.spacing)
                }
            }
            ofFamily.outline = .some(found)
            return found
        }
    }

    // MARK: Intensities

    private var peak: LocalIntensityPeak {
        mutating get {
            if let known = ofFamily.peak { return known }
            let found = LocalIntensityPeak(prepared.region.box, inside: prepared.kept, block: prepared.block)
            ofFamily.peak = found
            return found
        }
    }

    /// Nil when there are no voxels.
    private var volumeHistogram: IntensityVolumeHistogram? {
        mutating get {
            if let known = ofFamily.volumeHistogram { return known }
            let start = settings.resegment.range.flatMap { $0.lowerBound.isFinite ? $0.lowerBound : nil }
            let bins = settings.intensityVolume.resolved(
                modality: modality, isInteger: prepared.isOfWholeNumbers)
            ofFamily.volumeHistogram = sample.map { IntensityVolumeHistogram($0, bins: bins, start: start) }
            return ofFamily.volumeHistogram
        }
    }

    private mutating func firstOrder(_ feature: PyRadiomicsFirstOrder) throws(ExtractionError) -> Measure {
        let binned: IntensityHistogram?
        if let known = ofFamily.firstOrderHistogram {
            binned = known
        } else {
            // Nil when there are too many levels, which a warning says.
            let isExact = levels == nil || prepared.precision != .float32
            let grid = isExact ? levels : try exactLevels()
            binned = grid.flatMap { IntensityHistogram($0) }
            ofFamily.firstOrderHistogram = .some(binned)
        }
        guard let sample else { return .undefined(.noVoxels) }
        return feature.measure(
            sample, binned, voxelVolume: prepared.edges.volume,
            shift: Double(settings.pyradiomics.voxelArrayShift))
    }

    // MARK: Texture

    private mutating func texture(_ quantity: FeatureQuantity, _ source: MatrixSource) -> Measure {
        switch quantity {
        case .cooccurrence(let feature): cooccurrence(source)?[feature] ?? .undefined(.noPairs)
        case .runLength(let feature): runLength(feature, source)
        case .sizeZone(let feature): zones?.sizeMeasure(feature, source) ?? .undefined(.noPairs)
        case .distanceZone(let feature): zones?.distanceMeasure(feature, source) ?? .undefined(.noPairs)
        case .toneDifference(let feature): neighbourhoods?.differenceMeasure(feature, source) ?? .undefined(.noPairs)
        case .dependence(let feature): neighbourhoods?.dependenceMeasure(feature, source) ?? .undefined(.noPairs)
        default: .undefined(.noPairs)
        }
    }

    private mutating func runLength(_ feature: LevelSizeFeature, _ source: MatrixSource) -> Measure {
        if ofFamily.runs == nil {
            ofFamily.runs = padded.map { RunLengthFeatures($0, spacing: prepared.spacing, settings.texture, workers) }
        }
        return ofFamily.runs?.measure(feature, source) ?? .undefined(.noPairs)
    }

    /// Nil where no pair of voxels was counted.
    private mutating func cooccurrence(_ source: MatrixSource) -> HaralickFeatures? {
        guard let grid = levels else { return nil }
        let texture = settings.texture
        let matrices =
            ofFamily.cooccurrence
            ?? CooccurrenceFeatures(
                grid, reach: texture.distances.max() ?? 1, convention: settings.convention,
                firstSlice: prepared.region.box.lower.z, observe: observe, workers)
        ofFamily.cooccurrence = matrices
        func result(_ distance: Int) -> CooccurrenceFeatures.Result {
            matrices.features(
                distance: distance, aggregations: Set(texture.aggregations), directions: texture.directions)
        }
        switch source {
        case .aggregated(let aggregation, let distance):
            if ofFamily.aggregated[distance] == nil { ofFamily.aggregated[distance] = result(distance) }
            return ofFamily.aggregated[distance]?.aggregated[aggregation]
        case .directional(let dimension, let direction, let distance):
            if ofFamily.aggregated[distance] == nil { ofFamily.aggregated[distance] = result(distance) }
            return ofFamily.aggregated[distance]?.directional[dimension]?[direction]
        case .shell:
            if ofFamily.shell == nil {
                ofFamily.shell = matrices.pyradiomics(texture, size: grid.size, spacing: prepared.spacing)
            }
            return ofFamily.shell
        }
    }
}
