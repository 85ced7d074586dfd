import Imaging
import TextureCore

/// What features were computed of: image and region after each of the steps, all on one grid.
public struct RegionSteps: Sendable {
    /// Of the features: resampled, or the scan's own.
    public var grid: Geometry
    /// The region and what of the image around it was read.
    public var imageBox: VoxelBox
    /// Of `imageBox`, x fastest, rounded where the settings round.
    public var image: [Double]
    /// The morphological mask's.
    public var box: VoxelBox
    /// Of `box`: 1 for the voxels of the morphological mask, and for those whose intensity counts after re-segmentation.
    public var mask: [UInt8]
    public var resegmented: [UInt8]
    /// Of `box`: grey levels from 1, 0 where none counts; nil when no family reads them.
    public var levels: [UInt16]?
}

extension Extractor {
    /// The steps before any feature of the original image. They are taken again, with the same results as for the features.
    public func steps(
        of region: Region, in volume: Volume, modality: String
    ) throws(ExtractionError) -> RegionSteps {
        let prepared = try PreparedRegion(
            region, in: normalised(volume), settings, looksAcross: settings.looksAcrossSlices)
        var levels: [UInt16]?
        if settings.convention == .pyradiomics || settings.activeFamilies.contains(where: \.usesGreyLevels) {
            let resolved = settings.discretise.resolved(
                modality: modality, resegmentation: settings.resegment, convention: settings.convention)
            // Where there are none the features have a warning.
            do throws(DiscretisationError) {
                levels = try prepared.greyLevels(
                    resolved.discretisation, settings.convention, prepared.precision == .float32 ? .single : .double
                ).levels
            } catch { levels = nil }
        }
        return RegionSteps(
            grid: prepared.block.grid, imageBox: prepared.block.box,
            image: prepared.block.values(in: prepared.block.box),
            box: prepared.region.box, mask: prepared.region.voxels, resegmented: prepared.kept, levels: levels)
    }
}
