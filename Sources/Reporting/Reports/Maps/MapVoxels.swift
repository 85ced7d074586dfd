import Imaging

/// The voxels of a map file: those of a box, on a grid that may be larger.
public struct MapVoxels: Sendable {
    /// Of the box's own size when only the box is written.
    public let grid: Geometry
    /// Where `values` lie on the grid.
    public let box: VoxelBox
    /// x fastest
    public let values: [Float]
    /// The value of every other voxel.
    public let background: Float

    /// How much of the grid is written.
    public enum Extent: Sendable { case box, grid }

    /// - Parameter values: of the box; those where `inside` is 0 become `background`, as all outside the box do.
    public init(
        _ values: [Float], inside: [UInt8], box: VoxelBox, of grid: Geometry, extent: Extent, background: Float
    ) {
        precondition(values.count == box.voxelCount && inside.count == box.voxelCount)
        self.values = zip(values, inside).map { $1 == 0 ? background : $0 }
        self.background = background
        switch extent {
        case .grid: (self.grid, self.box) = (grid, box)
        case .box:
            var small = grid
            small.size = box.size
            small.origin = grid.position(of: SIMD3(Double(box.lower.x), Double(box.lower.y), Double(box.lower.z)))
            (self.grid, self.box) = (small, VoxelBox(lower: .zero, size: box.size))
        }
    }

    /// One slice of the grid, so that a large grid takes no memory.
    public func slice(_ z: Int) -> [Float] {
        var slice = [Float](repeating: background, count: grid.size.x * grid.size.y)
        guard (box.lower.z..<box.upper.z).contains(z) else { return slice }
        for y in 0..<box.size.y {
            let source = box.offset(0, y, z - box.lower.z)
            let target = (box.lower.y + y) * grid.size.x + box.lower.x
            for x in 0..<box.size.x { slice[target + x] = values[source + x] }
        }
        return slice
    }
}
