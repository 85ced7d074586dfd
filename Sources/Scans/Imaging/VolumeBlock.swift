/// The box of a grid that one region needs: a part of a scan, which is not copied, or values interpolated from one.
public struct VolumeBlock: Sendable {
    /// The whole grid of which the block is a part.
    public let grid: Geometry
    public let box: VoxelBox
    /// x fastest; those of `storedBox`.
    private let stored: VoxelValues
    private let storedBox: VoxelBox

    /// Of `box.voxelCount` values, x fastest.
    public init(grid: Geometry, box: VoxelBox, values: [Double]) {
        precondition(values.count == box.voxelCount, "\(values.count) values for a box of \(box.size)")
        (self.grid, self.box, stored, storedBox) = (grid, box, .float64(values), box)
    }

    /// A part of a volume.
    public init(_ volume: Volume, box: VoxelBox) {
        precondition(all(box.lower .>= 0) && all(box.upper .<= volume.geometry.size), "box \(box) outside the volume")
        (grid, self.box, stored) = (volume.geometry, box, volume.values)
        storedBox = VoxelBox(lower: .zero, size: volume.geometry.size)
    }

    /// Calls with the doubles of each row of a box inside the block, and where the row starts in that box.
    public func forEachRow<Failure>(
        of inner: VoxelBox, _ body: (_ values: UnsafeBufferPointer<Double>, _ first: Int) throws(Failure) -> Void
    ) throws(Failure) {
        let first = inner.lower &- storedBox.lower
        precondition(all(inner.lower .>= box.lower) && all(inner.upper .<= box.upper), "box \(inner) outside \(box)")
        guard inner.voxelCount > 0 else { return }
        let row = UnsafeMutableBufferPointer<Double>.allocate(capacity: inner.size.x)
        defer { row.deallocate() }
        for z in 0..<inner.size.z {
            for y in 0..<inner.size.y {
                let start = storedBox.offset(first.x, first.y + y, first.z + z)
                stored.copy(start..<start + inner.size.x, to: row)
                try body(UnsafeBufferPointer(row), inner.offset(0, y, z))
            }
        }
    }

    /// Copies the values of so many voxels along x as doubles; the first of them, and so all, must lie in the block.
    public func copy(_ count: Int, from voxel: SIMD3<Int>, to target: UnsafeMutablePointer<Double>) {
        let inner = voxel &- storedBox.lower
        let start = storedBox.offset(inner.x, inner.y, inner.z)
        stored.copy(start..<start + count, to: UnsafeMutableBufferPointer(start: target, count: count))
    }

    /// The value of a voxel of the grid, which must lie in the block.
    public subscript(voxel: SIMD3<Int>) -> Double {
        let inner = voxel &- storedBox.lower
        return stored[storedBox.offset(inner.x, inner.y, inner.z)]
    }

    /// A copy of the values of a box inside the block as doubles, x fastest.
    public func values(in inner: VoxelBox) -> [Double] {
        if case .float64(let values) = stored, inner == storedBox { return values }
        return [Double](unsafeUninitializedCapacity: inner.voxelCount) { target, count in
            forEachRow(of: inner) { (row: UnsafeBufferPointer<Double>, first: Int) in
                _ = UnsafeMutableBufferPointer(rebasing: target[first...]).initialize(from: row)
            }
            count = inner.voxelCount
        }
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
