/// The box of a grid that one region needs, with its values as doubles: cut out of a scan, or interpolated from one.
public struct VolumeBlock: Sendable {
    /// The whole grid of which the block is a part.
    public let grid: Geometry
    public let box: VoxelBox
    /// `box.voxelCount` of them, x fastest.
    public let values: [Double]

    public init(grid: Geometry, box: VoxelBox, values: [Double]) {
        precondition(values.count == box.voxelCount, "\(values.count) values for a box of \(box.size)")
        (self.grid, self.box, self.values) = (grid, box, values)
    }

    /// Cut out of a volume.
    public init(_ volume: Volume, box: VoxelBox) {
        self.init(grid: volume.geometry, box: box, values: volume.values(in: box))
    }

    /// The values of a box inside the block.
    public func values(in inner: VoxelBox) -> [Double] {
        guard inner != box else { return values }
        let first = inner.lower &- box.lower
        precondition(all(first .>= 0) && all(inner.upper .<= box.upper), "box \(inner) outside \(box)")
        var cut = [Double]()
        cut.reserveCapacity(inner.voxelCount)
        for z in 0..<inner.size.z {
            for y in 0..<inner.size.y {
                let row = box.offset(first.x, first.y + y, first.z + z)
                cut.append(contentsOf: values[row..<row + inner.size.x])
            }
        }
        return cut
    }
}

extension VoxelBox {
    /// The box with so many voxels more on each side, as far as a grid of this size goes.
    public func grown(by margin: SIMD3<Int>, within size: SIMD3<Int>) -> VoxelBox {
        let lower = pointwiseMax(self.lower &- margin, .zero)
        let upper = pointwiseMin(self.upper &+ margin, size)
        return VoxelBox(lower: lower, size: upper &- lower)
    }
}
