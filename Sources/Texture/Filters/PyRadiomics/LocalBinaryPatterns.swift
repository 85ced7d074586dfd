import Glibc
import Imaging

/// T. Ojala's uniform patterns (IEEE Trans PAMI 24, 2002, 971) as scikit-image 0.26 has them: how many of the neighbours on a
/// circle are not darker than the voxel, where they change at most twice; else one more than there are neighbours. Neighbours
/// between voxels are interpolated linearly, and there is 0 beyond the plane.
public struct LocalBinaryPatterns: Hashable, Sendable {
    /// In voxels.
    public var radius: Double
    public var samples: Int
    /// The axis across the planes.
    public var across: Int

    public init(radius: Double = 1, samples: Int = 8, across: Int = 2) {
        (self.radius, self.samples, self.across) = (radius, samples, across)
    }

    func sources(of box: VoxelBox, in grid: Geometry) -> VoxelBox {
        var margin = SIMD3(repeating: Int(radius.rounded(.up)) + 1)
        margin[across] = 0
        return box.grown(by: margin, within: grid.size)
    }

    func responses(in box: VoxelBox, of block: VolumeBlock) -> [Double] {
        let around = sources(of: box, in: block.grid)
        let values = block.values(in: around)
        // Rows and columns of a plane as NumPy has them, whose axes are z, y, x.
        let (row, column) = across == 2 ? (1, 0) : across == 1 ? (2, 0) : (2, 1)
        let steps = SIMD3(1, around.size.x, around.size.x * around.size.y)
        let circle = (0..<samples).map { k in
            let angle = 2 * Double.pi * Double(k) / Double(samples)
            return (row: rounded(-radius * sin(angle)), column: rounded(radius * cos(angle)))
        }
        var result: [Double] = []
        result.reserveCapacity(box.voxelCount)
        var isBright = [Bool](repeating: false, count: samples)
        for z in box.lower.z..<box.upper.z {
            for y in box.lower.y..<box.upper.y {
                for x in box.lower.x..<box.upper.x {
                    let voxel = SIMD3(x, y, z)
                    let place = voxel &- around.lower
                    let own = values[(place &* steps).wrappedSum()]
                    func value(_ r: Int, _ c: Int) -> Double {
                        guard r >= 0, r < block.grid.size[row], c >= 0, c < block.grid.size[column] else { return 0 }
                        var other = place
                        other[row] = r - around.lower[row]
                        other[column] = c - around.lower[column]
                        return values[(other &* steps).wrappedSum()]
                    }
                    for (k, offset) in circle.enumerated() {
                        let (r, c) = (Double(voxel[row]) + offset.row, Double(voxel[column]) + offset.column)
                        let (r0, c0, r1, c1) = (
                            Int(r.rounded(.down)), Int(c.rounded(.down)), Int(r.rounded(.up)), Int(c.rounded(.up))
                        )
                        let (dr, dc) = (r - Double(r0), c - Double(c0))
                        let top = (1 - dc) * value(r0, c0) + dc * value(r0, c1)
                        let bottom = (1 - dc) * value(r1, c0) + dc * value(r1, c1)
                        isBright[k] = (1 - dr) * top + dr * bottom - own >= 0
                    }
                    var changes = 0
                    for k in 0..<samples - 1 where isBright[k] != isBright[k + 1] { changes += 1 }
                    result.append(Double(changes <= 2 ? isBright.count { $0 } : samples + 1))
                }
            }
        }
        return result
    }

    /// To five decimals, half to even.
    private func rounded(_ offset: Double) -> Double { (offset * 1e5).rounded(.toNearestOrEven) / 1e5 }
}
