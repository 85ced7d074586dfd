import Imaging
import TextureCore

/// The features of one region of one volume.
public struct Extraction: Sendable {
    /// One per column of the settings, in their order.
    public var values: FeatureValues
    /// What happened on the way, one element per `diagnostics_*` column of the region.
    public var diagnostics: RegionDiagnostics
    /// Decisions that were taken, in words.
    public var notes: [String]
    /// What somebody should look at.
    public var warnings: [String]
    /// Nil when no value reads grey levels, or there would be too many.
    public var levelUse: LevelUse?
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
