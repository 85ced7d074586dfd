import Imaging
import Parallel
import Synchronization
import TextureCore

/// Why a region has no maps.
public enum FeatureMapError: Error, Equatable, CustomStringConvertible {
    case extraction(ExtractionError)
    case kernel(SlidingWindowError)
    /// The caller asked for the end.
    case cancelled

    public var description: String {
        switch self {
        case .extraction(let error): error.description
        case .kernel(let error): error.description
        case .cancelled: "interrupted"
        }
    }
}

/// The value of some features in the kernel around each voxel of a region.
public struct FeatureMaps: Sendable {
    /// The region's box with the image around it, on the grid of the maps.
    public var image: VolumeBlock
    /// Where the maps lie in the grid.
    public var box: VoxelBox
    /// 1 for the voxels that the maps cover; `box.voxelCount` of them, x fastest.
    public var inside: [UInt8]
    /// 1 for the voxels of the region before re-segmentation took any out; as many.
    public var region: [UInt8]
    public var maps: [FeatureMap]
    public var greyLevelCount: Int
    /// Nil when no map reads grey levels.
    public var discretisation: Discretisation?
    public var notes: [String]
    public var warnings: [String]
}

/// One feature, voxel by voxel.
public struct FeatureMap: Sendable {
    public var column: FeatureColumn
    /// NaN outside the region, and where the feature is undefined.
    public var values: [Float]
}

/// Makes feature maps.
///
/// Grey levels are binned once, over the region. The kernel of a voxel is cut at the edge of the image, and in
/// ``FeatureMapSettings/KernelVoxels/ofRegion`` to the region. In the convention `pyradiomics` a value is that of
/// PyRadiomics' voxel-based extraction (with `voxelBatch` 1, see weft-map(1)); in `ibsi` the feature of the kernel's
/// voxels as a region of its own with the grey levels of the whole one.
public struct FeatureMapper: Sendable {
    public let settings: FeatureMapSettings
    private let extractor: Extractor

    public init(_ settings: FeatureMapSettings) {
        (self.settings, extractor) = (settings, Extractor(settings.extraction))
    }

    /// - Parameters:
    ///   - jobs: threads; the maps do not depend on it.
    ///   - advance: is told of each line of voxels that is done, with the number of all; from any thread.
    ///   - isCancelled: asked before each line.
    public func maps(
        of region: Region, in volume: Volume, modality: String, jobs: Int,
        advance: @Sendable @escaping (_ lines: Int) -> Void = { _ in },
        isCancelled: @Sendable @escaping () -> Bool = { false }
    ) throws(FeatureMapError) -> FeatureMaps {
        let prepared: PreparedMap
        do throws(ExtractionError) {
            prepared = try PreparedMap(region, in: volume, modality: modality, settings, extractor)
        } catch { throw .extraction(error) }
        guard PaddedLevels.fits(prepared.reach.size, reach: 0) else {
            throw .extraction(.tooFar(box: prepared.reach.size, distance: 0))
        }
        let window: SlidingCooccurrence?
        do throws(SlidingWindowError) {
            window = try prepared.levels.map { levels throws(SlidingWindowError) in
                try SlidingCooccurrence(levels, radius: settings.radius)
            }
        } catch { throw .kernel(error) }

        let columns = extractor.columns
        let box = prepared.region.box
        let values = columns.map { _ in
            let values = UnsafeMutableBufferPointer<Float>.allocate(capacity: box.voxelCount)
            values.initialize(repeating: .nan)
            return values
        }
        defer { for each in values { each.deallocate() } }
        let kernels = MapKernels(
            settings, columns: columns, prepared: prepared, window: window, spacing: prepared.spacing)
        let lines = (0..<box.size.y * box.size.z).filter { line in
            (0..<box.size.x).contains { prepared.kept[line * box.size.x + $0] != 0 }
        }
        let wasCancelled = Atomic(false)
        // Each line writes its own voxels only.
        Workers(jobs).forEach(lines.count) { k, _ in
            guard !isCancelled() else { return wasCancelled.store(true, ordering: .relaxed) }
            let first = lines[k] * box.size.x
            kernels.line(y: lines[k] % box.size.y, z: lines[k] / box.size.y) { column, x, value in
                values[column][first + x] = value
            }
            advance(lines.count)
        }
        guard !wasCancelled.load(ordering: .relaxed) else { throw .cancelled }
        return FeatureMaps(
            image: prepared.block, box: box, inside: prepared.kept, region: prepared.region.voxels,
            maps: zip(columns, values).map { FeatureMap(column: $0, values: Array($1)) },
            greyLevelCount: prepared.levels?.greyLevelCount ?? 0, discretisation: prepared.discretisation,
            notes: prepared.notes, warnings: prepared.warnings)
    }
}

/// A region on the grid of its maps, with the voxels that its kernels read.
struct PreparedMap {
    /// The region's box and what is shown around it.
    let block: VolumeBlock
    let region: Region
    /// Of the region's box: not 0 for voxels that get a value.
    let kept: [UInt8]
    /// The box that kernels read: the region's own, or with the kernel's radius around it.
    let reach: VoxelBox
    /// Of `reach`: intensities, and not 0 for those that count.
    let intensities: [Double]
    let counted: [UInt8]
    /// Nil when no map needs any. Of `reach`, 0 where nothing counts.
    let levels: LevelGrid?
    /// By PyRadiomics' bins of doubles, which its first-order features take of any image.
    let exactLevels: LevelGrid?
    let discretisation: Discretisation?
    private(set) var notes: [String]
    private(set) var warnings: [String]

    var spacing: SIMD3<Double> { block.grid.spacing }

    init(
        _ region: Region, in volume: Volume, modality: String, _ settings: FeatureMapSettings, _ extractor: Extractor
    ) throws(ExtractionError) {
        let volume = try extractor.normalised(volume)
        let radius = SIMD3(repeating: settings.kernelRadius)
        let region = region.cropped()
        let around = Self.surroundings(of: region.box, on: volume.geometry.spacing, settings.extraction.resample)
        let prepared = try PreparedRegion(
            region, in: volume, settings.extraction, margin: pointwiseMax(radius, around), filtered: radius,
            looksAcross: settings.flatAxis != 2)
        (block, self.region, kept) = (prepared.block, prepared.region, prepared.kept)
        (notes, warnings) = (prepared.notes, prepared.warnings)
        switch settings.kernelVoxels {
        case .ofRegion:
            reach = self.region.box
        case .all:
            // As PyRadiomics crops: by the radius along all axes, also along one that kernels do not reach along.
            reach = self.region.box.grown(by: radius, within: block.grid.size)
        }
        let image = settings.extraction.featureImages.first
        if let filter = image?.filter {
            do throws(FilteringError) {
                intensities = try prepared.responses(of: filter, in: reach, Workers(1))
            } catch { throw .noResponses }
        } else {
            intensities = block.values(in: reach)
        }
        counted =
            settings.kernelVoxels == .ofRegion
            ? zip(kept, intensities).map { $1.isFinite ? $0 : 0 } : intensities.map { $0.isFinite ? 1 : 0 }
        let own = image?.settings(of: settings.extraction) ?? settings.extraction
        let modality = image?.isOriginal == false ? "" : modality
        let values = zip(counted, intensities).compactMap { $0 != 0 ? $1 : nil }
        let families = settings.extraction.activeFamilies
        guard settings.extraction.convention == .pyradiomics || families.contains(where: \.usesGreyLevels) else {
            (levels, exactLevels, discretisation) = (nil, nil, nil)
            return
        }
        let resolved = own.discretise.resolved(
            modality: modality, resegmentation: own.resegment,
            convention: settings.extraction.convention)
        let (size, inside) = (reach.size, counted)
        func grid(_ precision: ArithmeticPrecision) throws(ExtractionError) -> LevelGrid {
            do throws(DiscretisationError) {
                let greyLevels = try GreyLevels(
                    of: values, by: resolved.discretisation, convention: settings.extraction.convention,
                    precision: precision)
                return LevelGrid(size: size, inside: inside, greyLevels: greyLevels)
            } catch { throw .discretisation(error) }
        }
        let isSingle =
            image?.filter.map { $0.precision == .float32 } ?? (volume.values.precision == .float32)
        levels = try grid(isSingle ? .single : .double)
        exactLevels = isSingle ? try grid(.double) : levels
        discretisation = resolved.discretisation
        notes += resolved.notes
        warnings += extractor.belowFirstBin(
            resolved.discretisation, lowest: values.min() ?? .infinity, voxels: values.count
        ) { start in values.count { $0 < start } }
    }

    /// Voxels on each side of a region, within its slices, that a picture shows: a square of twice the region's longer side, of
    /// at least 80 mm, so that one sees where in the body it is.
    private static func surroundings(
        of box: VoxelBox, on spacing: SIMD3<Double>, _ resample: Resampling?
    ) -> SIMD3<Int> {
        let extent = SIMD2(Double(box.size.x) * spacing.x, Double(box.size.y) * spacing.y)
        let side = max(80, 2 * extent.max())
        var around = SIMD3(0, 0, 0)
        for axis in 0..<2 {
            let resampled = resample?.spacing[axis] ?? 0
            let voxels = (side - extent[axis]) / 2 / (resampled > 0 ? resampled : spacing[axis])
            around[axis] = Int(min(voxels.rounded(.up), 100_000))
        }
        return around
    }
}
