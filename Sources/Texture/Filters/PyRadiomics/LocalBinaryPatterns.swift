import Glibc
import Imaging
import Parallel

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

    func responses(in box: VoxelBox, of block: VolumeBlock, _ workers: Workers) -> [Double] {
        let around = sources(of: box, in: block.grid)
        let values = block.values(in: around)
        let circle = (0..<samples).map { k in
            let angle = 2 * Double.pi * Double(k) / Double(samples)
            return SIMD2(rounded(-radius * sin(angle)), rounded(radius * cos(angle)))
        }
        return box.rows(workers) { first, target in
            var isBright = [Bool](repeating: false, count: samples)
            for x in 0..<box.size.x {
                let place = first &+ SIMD3(x, 0, 0) &- around.lower
                guard pattern(values, place, around, block.grid.size, circle, &isBright) else {
                    target[x] = .nan
                    continue
                }
                var changes = 0
                for k in 0..<samples - 1 where isBright[k] != isBright[k + 1] { changes += 1 }
                target[x] = Double(changes <= 2 ? isBright.count { $0 } : samples + 1)
            }
        }
    }

    /// Which neighbours are not darker than the voxel; false where one of them holds no number.
    ///
    /// - Parameters:
    ///   - place: of the voxel in `around`, whose values are given.
    ///   - circle: offsets of the neighbours, row and column.
    private func pattern(
        _ values: [Double], _ place: SIMD3<Int>, _ around: VoxelBox, _ size: SIMD3<Int>, _ circle: [SIMD2<Double>],
        _ isBright: inout [Bool]
    ) -> Bool {
        // Rows and columns of a plane as NumPy has them, whose axes are z, y, x.
        let (row, column) = across == 2 ? (1, 0) : across == 1 ? (2, 0) : (2, 1)
        func value(_ r: Int, _ c: Int) -> Double {
            guard r >= 0, r < size[row], c >= 0, c < size[column] else { return 0 }
            var other = place
            other[row] = r - around.lower[row]
            other[column] = c - around.lower[column]
            return values[around.offset(other.x, other.y, other.z)]
        }
        let own = values[around.offset(place.x, place.y, place.z)]
        let voxel = place &+ around.lower
        for (k, offset) in circle.enumerated() {
            let (r, c) = (Double(voxel[row]) + offset[0], Double(voxel[column]) + offset[1])
            let (r0, c0) = (Int(r.rounded(.down)), Int(c.rounded(.down)))
            let (r1, c1) = (Int(r.rounded(.up)), Int(c.rounded(.up)))
            let (dr, dc) = (r - Double(r0), c - Double(c0))
            let top = (1 - dc) * value(r0, c0) + dc * value(r0, c1)
            let bottom = (1 - dc) * value(r1, c0) + dc * value(r1, c1)
            let difference = (1 - dr) * top + dr * bottom - own
            guard !difference.isNaN else { return false }
            isBright[k] = difference >= 0
        }
        return true
    }

    /// To five decimals, half to even.
    private func rounded(_ offset: Double) -> Double { (offset * 1e5).rounded(.toNearestOrEven) / 1e5 }
}
