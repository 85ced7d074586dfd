/// Where the voxels lie whose pairs, runs, zones or neighbourhoods are counted together.
public enum TextureDimension: String, Hashable, Sendable {
    /// Each slice by itself.
    case slice = "2D"
    /// Within slices, whose counts are added up.
    case mergedSlices = "2_5D"
    case volume = "3D"
}
