/// Grey levels on a grid: 0 outside the region, 1...Ng inside.
public struct LevelGrid: Sendable {
    public let size: SIMD3<Int>
    /// x fastest, then y, then z.
    public let levels: [UInt16]
    /// Ng of ``GreyLevels``: what the normalised features divide by.
    public let greyLevelCount: Int

    public init(size: SIMD3<Int>, levels: [UInt16], greyLevelCount: Int) {
        precondition(levels.count == size.x * size.y * size.z, "\(levels.count) levels for a grid of \(size)")
        (self.size, self.levels, self.greyLevelCount) = (size, levels, greyLevelCount)
    }

    /// Puts the levels of a region's voxels back into place; `inside` has one element a voxel of the grid, not 0
    /// where the next level belongs.
    public init(size: SIMD3<Int>, inside: [UInt8], greyLevels: GreyLevels) {
        var next = 0
        let grid = inside.map { (flag: UInt8) -> UInt16 in
            guard flag != 0 else { return 0 }
            next += 1
            return greyLevels.levels[next - 1]
        }
        self.init(size: size, levels: grid, greyLevelCount: greyLevels.count)
    }
}
