import Imaging
import TextureCore

/// Why a region has no features at all.
public enum ExtractionError: Error, Equatable, CustomStringConvertible {
    case emptyRegion
    case emptyAfterResampling(voxels: Int, spacing: SIMD3<Double>)
    case tooLargeAfterResampling(voxels: Double, most: Double)
    case emptyAfterResegmentation(voxels: Int, range: ClosedRange<Double>?, found: ClosedRange<Double>?)
    case discretisation(DiscretisationError)
    case tooFewDimensions(found: Int, least: Int)
    case tooSmall(voxels: Int, minimum: Int)
    case notNormalisable
    case tooFar(box: SIMD3<Int>, distance: Int)

    public var description: String {
        switch self {
        case .emptyRegion: "the region has no voxels on this image"
        case .emptyAfterResampling(let voxels, let spacing):
            "none of the region's \(voxels) voxels is left at a spacing of \(spacing.x) × \(spacing.y) × \(spacing.z) mm; choose a"
                + " smaller --resample"
        case .tooLargeAfterResampling(let voxels, let most):
            "the box around the region would have \(voxels) voxels at this spacing, at most \(most) are possible; choose a"
                + " larger --resample"
        case .emptyAfterResegmentation(let voxels, let range, let found):
            "none of the region's \(voxels) voxels is left after re-segmentation"
                + (range.map { " to [\($0.lowerBound), \($0.upperBound)]" } ?? "")
                + (found.map { "; its intensities lie in [\($0.lowerBound), \($0.upperBound)]" } ?? "")
                + "; widen --range or check the unit of the image"
        case .discretisation(let error): "grey levels: \(error)"
        case .tooFewDimensions(let found, let least):
            "the region is longer than a voxel along \(found) axes, at least \(least) are asked for (minimumROIDimensions)"
        case .tooSmall(let voxels, let minimum):
            "the region has \(voxels) voxels, more than \(minimum) are asked for (minimumROISize)"
        case .notNormalisable:
            "the image cannot be normalised: all its voxels are the same, or one holds no finite number"
        case .tooFar(let box, let distance):
            "a box of \(box.x) × \(box.y) × \(box.z) voxels is too large for pairs \(distance) voxels apart; choose smaller"
                + " --distances or a larger --resample"
        }
    }
}

/// The features of one region of one volume.
public struct Extraction: Sendable {
    /// One a column of the settings.
    public var measures: [Measure]
    /// What happened on the way, one element a `diagnostics_*` column of the region.
    public var diagnostics: RegionDiagnostics
    /// Decisions that were taken, in words.
    public var notes: [String]
    /// What somebody should look at.
    public var warnings: [String]
}

/// What became of the region's voxels.
public struct RegionDiagnostics: Hashable, Sendable {
    /// As it came, after interpolation when there was one, and after re-segmentation.
    public var stages: [RegionStage]
    public var greyLevelCount: Int
    public var discretisation: Discretisation?

    /// The morphological mask that features are computed of.
    public var voxelCount: Int { used.voxelCount }
    /// After re-segmentation and without voxels that hold no number.
    public var intensityVoxelCount: Int { used.intensityVoxelCount }
    /// First voxel and size of the bounding box of the morphological mask, in the grid that features are computed on.
    public var box: VoxelBox { used.box }
    /// Of the voxels that are used.
    public var intensityRange: ClosedRange<Double> { used.intensityRange }

    /// On the image's own grid.
    public var initial: RegionStage { stages[0] }
    public var used: RegionStage { stages[stages.count - 1] }
}

/// Runs the steps of ``ExtractionSettings`` in their order on one region.
public struct Extractor: Sendable {
    public let settings: ExtractionSettings

    public init(_ settings: ExtractionSettings) { self.settings = settings }

    /// - Parameter observe: is handed every co-occurrence matrix that a value was computed from.
    public func features(
        of region: Region, in volume: Volume, modality: String,
        observe: ((MatrixLabel, CooccurrenceMatrix) -> Void)? = nil
    ) throws(ExtractionError) -> Extraction {
        let volume = try normalised(volume)
        let prepared = try PreparedRegion(region, in: volume, settings)

        let resolved = settings.discretise.resolved(
            modality: modality, resegmentation: settings.resegment, convention: settings.convention)
        let families = settings.activeFamilies
        let needsLevels = families.contains(where: \.usesGreyLevels) || settings.convention == .pyradiomics
        var levels: LevelGrid?
        var warnings = prepared.warnings
        if needsLevels {
            // The co-occurrence matrix of a float32 image is binned in float32 by PyRadiomics.
            let precision: ArithmeticPrecision = volume.values.precision == .float32 ? .single : .double
            do throws(DiscretisationError) {
                levels = try prepared.greyLevels(resolved.discretisation, settings.convention, precision)
                warnings += belowFirstBin(
                    resolved.discretisation, lowest: prepared.range.lowerBound, voxels: prepared.voxelCount,
                    countBelow: prepared.count(below:))
            } catch {
                // Families that need no grey levels have their values all the same.
                guard case .tooManyLevels = error, families.contains(where: { !$0.usesGreyLevels }) else {
                    throw ExtractionError.discretisation(error)
                }
                warnings.append("\(ExtractionError.discretisation(error))")
            }
        }

        let size = prepared.region.box.size
        let farthest = settings.texture.distances.max() ?? 1
        guard levels == nil || PaddedLevels.fits(size, reach: farthest) else {
            throw .tooFar(box: size, distance: farthest)
        }
        let sample = families.contains { $0 == .stat || $0 == .ivh } ? prepared.sample : nil
        var texture: TextureFamilies?
        func computed(_ family: FeatureFamily, _ levels: LevelGrid?) throws(ExtractionError) -> [Measure] {
            switch (settings.convention, family) {
            case (.ibsi, .morph): return morphology(prepared)
            case (.pyradiomics, .morph):
                let shape = RegionShape(
                    prepared.pyradiomicsShapeRegion, spacing: prepared.spacing, convention: .pyradiomics)
                return PyRadiomicsShape.allCases.map { $0.measure(shape) }
            case (.pyradiomics, .shape2D): return outline(prepared)
            case (.ibsi, .loc): return localIntensity(prepared)
            case (.ibsi, .ivh): return intensityVolume(sample, volume, modality)
            case (.ibsi, .stat): return statistics(sample)
            case (.ibsi, .ih): return histogram(levels)
            case (.pyradiomics, .stat):
                // Nil when there are too many, which a warning says.
                let isExact = levels == nil || volume.values.precision != .float32
                let levels = isExact ? levels : try exactLevels(prepared, resolved.discretisation)
                return firstOrder(sample, levels, voxelVolume: prepared.block.grid.voxelVolume)
            case (.ibsi, .shape2D), (.pyradiomics, .ih), (.pyradiomics, .loc), (.pyradiomics, .ivh): return []
            case (_, .cm), (_, .rlm), (_, .szm), (_, .dzm), (_, .ngt), (_, .ngl):
                guard let grid = levels else { return allUndefined(family) }
                guard family != .cm else { return cooccurrence(grid, spacing: prepared.spacing, observe) }
                // Zones and neighbourhoods are counted once for all the families that read them.
                if texture == nil {
                    texture = TextureFamilies(
                        grid, mask: prepared.region.voxels, spacing: prepared.spacing, settings)
                }
                return texture?.measures(of: family) ?? []
            }
        }
        var measures: [Measure] = []
        for family in families {
            let isDiscretised = levels != nil || !family.usesGreyLevels
            let all = isDiscretised ? try computed(family, levels) : allUndefined(family)
            measures += settings.keptColumns(of: family).map { kept in kept.map { all[$0] } } ?? all
        }
        return Extraction(
            measures: measures.map(\.finite),
            diagnostics: RegionDiagnostics(
                stages: prepared.stages, greyLevelCount: levels?.greyLevelCount ?? 0,
                discretisation: levels == nil ? nil : resolved.discretisation),
            notes: prepared.notes + (levels == nil ? [] : resolved.notes), warnings: warnings)
    }

    /// What a family has in its columns when there are no grey levels.
    private func allUndefined(_ family: FeatureFamily) -> [Measure] {
        settings.allColumns(of: family).map { _ in .undefined(.undiscretisable) }
    }

    /// IBSI puts what lies below the first bin into it (2.7), which somebody should know.
    func belowFirstBin(
        _ discretisation: Discretisation, lowest: Double, voxels: Int, countBelow: (Double) -> Int
    ) -> [String] {
        guard settings.convention == .ibsi, case .binWidth(_, let start?) = discretisation, lowest < start else {
            return []
        }
        return [
            "\(countBelow(start)) of \(voxels) voxels lie below \(start), where the bins start, and were put into the first"
                + " one; choose --lower-bound or take them out with --range"
        ]
    }

    private func exactLevels(
        _ prepared: PreparedRegion, _ discretisation: Discretisation
    ) throws(ExtractionError) -> LevelGrid {
        do throws(DiscretisationError) {
            return try prepared.greyLevels(discretisation, settings.convention, .double)
        } catch { throw .discretisation(error) }
    }

    func normalised(_ volume: Volume) throws(ExtractionError) -> Volume {
        guard settings.convention == .pyradiomics, let normalisation = settings.pyradiomics.normalisation else {
            return volume
        }
        guard let result = normalisation.applied(to: volume) else { throw .notNormalisable }
        return result
    }

    // MARK: Families

    private func morphology(_ prepared: PreparedRegion) -> [Measure] {
        let morphology = Morphology(
            prepared.region, inside: prepared.kept, intensities: prepared.intensities, spacing: prepared.spacing)
        return FeatureDefinition.morphology.map { morphology.measure($0.0) }
    }

    private func outline(_ prepared: PreparedRegion) -> [Measure] {
        // PyRadiomics counts axes from z.
        let outline = settings.texture.pyradiomics.force2DDimension.flatMap { dimension in
            Outline(prepared.pyradiomicsShapeRegion, across: 2 - dimension, spacing: prepared.spacing)
        }
        return PyRadiomicsShape2D.allCases.map { feature in
            outline.map { feature.measure($0) } ?? Measure.undefined(.notOneSlice)
        }
    }

    private func localIntensity(_ prepared: PreparedRegion) -> [Measure] {
        let peak = LocalIntensityPeak(prepared.region.box, inside: prepared.kept, block: prepared.block)
        return FeatureDefinition.localIntensity.map { peak.measure($0.0) }
    }

    private func intensityVolume(_ sample: SortedSample?, _ volume: Volume, _ modality: String) -> [Measure] {
        guard let sample else { return FeatureDefinition.intensityVolume.map { _ in .undefined(.noVoxels) } }
        let start = settings.resegment.range.flatMap { $0.lowerBound.isFinite ? $0.lowerBound : nil }
        let histogram = IntensityVolumeHistogram(
            sample,
            bins: settings.intensityVolume.resolved(
                modality: modality, isInteger: volume.values.precision == .integer),
            start: start)
        return FeatureDefinition.intensityVolume.map { histogram.measure($0.0) }
    }

    private func statistics(_ sample: SortedSample?) -> [Measure] {
        FeatureDefinition.statistics.map { sample?.measure($0.0) ?? .undefined(.noVoxels) }
    }

    private func histogram(_ levels: LevelGrid?) -> [Measure] {
        let histogram = levels.flatMap { IntensityHistogram($0) }
        return FeatureDefinition.histogram.map { histogram?.measure($0.0) ?? .undefined(.noVoxels) }
    }

    private func firstOrder(_ sample: SortedSample?, _ levels: LevelGrid?, voxelVolume: Double) -> [Measure] {
        guard let sample else {
            return PyRadiomicsFirstOrder.allCases.map { _ in .undefined(.noVoxels) }
        }
        let histogram = levels.flatMap { IntensityHistogram($0) }
        let shift = Double(settings.pyradiomics.voxelArrayShift)
        return PyRadiomicsFirstOrder.allCases.map {
            $0.measure(sample, histogram, voxelVolume: voxelVolume, shift: shift)
        }
    }

    private func cooccurrence(
        _ grid: LevelGrid, spacing: SIMD3<Double>, _ observe: ((MatrixLabel, CooccurrenceMatrix) -> Void)?
    ) -> [Measure] {
        let texture = settings.texture
        let matrices = CooccurrenceFeatures(
            grid, reach: texture.distances.max() ?? 1, convention: settings.convention, observe: observe)
        if settings.convention == .pyradiomics {
            let features = matrices.pyradiomics(texture, size: grid.size, spacing: spacing)
            return FeatureDefinition.pyradiomicsCooccurrence.map { features[$0.0] }
        }
        var measures: [Measure] = []
        for distance in texture.distances {
            let result = matrices.features(
                distance: distance, aggregations: Set(texture.aggregations), directions: texture.directions)
            var all = texture.aggregations.compactMap { result.aggregated[$0] }
            if texture.directions == .each {
                all += texture.directionalDimensions.flatMap {
                    result.directional[$0.0] ?? $0.1.map { _ in .average([]) }
                }
            }
            for features in all { measures += FeatureDefinition.cooccurrence.map { features[$0.0] } }
        }
        return measures
    }
}

extension Measure {
    /// A number that a table can hold: squares and products of huge intensities are beyond a double.
    fileprivate var finite: Measure {
        if case .value(let value) = self, !value.isFinite { .undefined(.overflow) } else { self }
    }
}
