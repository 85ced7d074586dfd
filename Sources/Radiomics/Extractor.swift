import Imaging
import TextureCore

/// Why a region has no features at all.
public enum ExtractionError: Error, Equatable, CustomStringConvertible {
    case emptyRegion
    case emptyAfterResegmentation(voxels: Int, range: ClosedRange<Double>?, found: ClosedRange<Double>?)
    case discretisation(DiscretisationError)

    public var description: String {
        switch self {
        case .emptyRegion: "the region has no voxels on this image"
        case .emptyAfterResegmentation(let voxels, let range, let found):
            "none of the region's \(voxels) voxels is left after re-segmentation"
                + (range.map { " to [\($0.lowerBound), \($0.upperBound)]" } ?? "")
                + (found.map { "; its intensities lie in [\($0.lowerBound), \($0.upperBound)]" } ?? "")
                + "; widen --range or check the unit of the image"
        case .discretisation(let error): "grey levels: \(error)"
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
    public var voxelCount: Int
    /// After re-segmentation and without voxels that hold no number.
    public var intensityVoxelCount: Int
    /// First voxel and size of the bounding box, in the image's grid.
    public var box: VoxelBox
    /// Of the voxels that are used.
    public var intensityRange: ClosedRange<Double>
    public var greyLevelCount: Int
    public var discretisation: Discretisation?
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
        let region = region.cropped()
        guard !region.voxels.isEmpty else { throw .emptyRegion }
        let intensities = volume.values(in: region.box)
        var warnings: [String] = []
        let kept = try resegmented(region, intensities, &warnings)
        let values = zip(kept, intensities).compactMap { $0 != 0 ? $1 : nil }

        let resolved = settings.discretise.resolved(
            modality: modality, resegmentation: settings.resegment, convention: settings.convention)
        let families = settings.activeFamilies
        let needsLevels = families.contains(where: \.usesGreyLevels) || settings.convention == .pyradiomics
        var levels: GreyLevels?
        if needsLevels {
            // The co-occurrence matrix of a float32 image is binned in float32 by PyRadiomics.
            let precision: ArithmeticPrecision = volume.values.precision == .float32 ? .single : .double
            levels = try greyLevels(values, resolved.discretisation, precision)
        }

        let box = region.box
        var measures: [Measure] = []
        var texture: TextureFamilies?
        for family in families {
            switch (settings.convention, family) {
            case (.ibsi, .stat): measures += statistics(values)
            case (.ibsi, .ih): measures += histogram(levels)
            case (.pyradiomics, .stat):
                let levels = try greyLevels(values, resolved.discretisation, .double)
                measures += firstOrder(values, levels, voxelVolume: volume.geometry.voxelVolume)
            case (.pyradiomics, .ih): break
            case (_, .cm):
                guard let levels else { continue }
                let grid = LevelGrid(size: box.size, inside: kept, greyLevels: levels)
                measures += cooccurrence(grid, spacing: volume.geometry.spacing, observe)
            case (_, .rlm), (_, .szm), (_, .dzm), (_, .ngt), (_, .ngl):
                guard let levels else { continue }
                if texture == nil {
                    texture = TextureFamilies(
                        LevelGrid(size: box.size, inside: kept, greyLevels: levels), mask: region.voxels,
                        spacing: volume.geometry.spacing, settings)
                }
                measures += texture?.measures(of: family) ?? []
            }
        }
        return Extraction(
            measures: measures,
            diagnostics: RegionDiagnostics(
                voxelCount: region.voxelCount, intensityVoxelCount: values.count, box: box,
                intensityRange: (values.min() ?? 0)...(values.max() ?? 0), greyLevelCount: levels?.count ?? 0,
                discretisation: levels == nil ? nil : resolved.discretisation),
            notes: levels == nil ? [] : resolved.notes, warnings: warnings)
    }

    /// The intensity mask: the region without voxels that hold no number or lie outside the range.
    private func resegmented(
        _ region: Region, _ intensities: [Double], _ warnings: inout [String]
    ) throws(ExtractionError) -> [UInt8] {
        var kept = region.voxels
        var notNumbers = 0
        var left = 0
        var found: ClosedRange<Double>?
        for k in kept.indices where kept[k] != 0 {
            let value = intensities[k]
            if !value.isFinite {
                kept[k] = 0
                notNumbers += 1
                continue
            }
            found = found.map { min($0.lowerBound, value)...max($0.upperBound, value) } ?? value...value
            if let range = settings.resegment.range, !range.contains(value) { kept[k] = 0 } else { left += 1 }
        }
        guard left > 0 else {
            throw .emptyAfterResegmentation(
                voxels: region.voxelCount, range: settings.resegment.range, found: found)
        }
        if notNumbers > 0 {
            warnings.append("\(notNumbers) voxels of the region hold no finite number and were left out")
        }
        return kept
    }

    private func greyLevels(
        _ values: [Double], _ discretisation: Discretisation, _ precision: ArithmeticPrecision
    ) throws(ExtractionError) -> GreyLevels {
        do {
            return try GreyLevels(
                of: values, by: discretisation, convention: settings.convention, precision: precision)
        } catch { throw .discretisation(error) }
    }

    // MARK: Families

    private func statistics(_ values: [Double]) -> [Measure] {
        let sample = SortedSample(values)
        return FeatureDefinition.statistics.map { sample?.measure($0.0) ?? .undefined(.noVoxels) }
    }

    private func histogram(_ levels: GreyLevels?) -> [Measure] {
        let histogram = levels.flatMap { IntensityHistogram($0) }
        return FeatureDefinition.histogram.map { histogram?.measure($0.0) ?? .undefined(.noVoxels) }
    }

    private func firstOrder(_ values: [Double], _ levels: GreyLevels, voxelVolume: Double) -> [Measure] {
        guard let sample = SortedSample(values), let histogram = IntensityHistogram(levels) else {
            return PyRadiomicsFirstOrder.allCases.map { _ in .undefined(.noVoxels) }
        }
        return PyRadiomicsFirstOrder.allCases.map { $0.measure(sample, histogram, voxelVolume: voxelVolume) }
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
                all += texture.directionalDimensions.flatMap { result.directional[$0.0] ?? $0.1.map { _ in .average([]) } }
            }
            for features in all { measures += FeatureDefinition.cooccurrence.map { features[$0.0] } }
        }
        return measures
    }
}
