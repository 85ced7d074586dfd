// The corners of a region's surface: points half way between neighbouring voxels of which one is inside. Lengths between
// them need only the outermost, which are found in whole numbers (half voxels), so that no rounding decides.

import Imaging

struct SurfacePoints {
    /// Half voxels, in the padded mask.
    private let points: [SIMD3<Int32>]
    /// Of the padded mask, in half voxels.
    private let size: SIMD3<Int>
    private let edges: VoxelEdges

    init(_ mask: PaddedMask, edges: VoxelEdges) {
        var points: [SIMD3<Int32>] = []
        let steps = [1, mask.size.x, mask.size.x * mask.size.y]
        mask.voxels.withUnsafeBufferPointer { voxels in
            for z in 0..<mask.size.z - 1 {
                for y in 0..<mask.size.y - 1 {
                    let row = mask.offset(0, y, z)
                    for x in 0..<mask.size.x - 1 {
                        let here = voxels[row + x]
                        for axis in 0..<3 where voxels[row + x + steps[axis]] != here {
                            var point = SIMD3(Int32(2 * x), Int32(2 * y), Int32(2 * z))
                            point[axis] += 1
                            points.append(point)
                        }
                    }
                }
            }
        }
        self.points = points
        size = mask.size &* 2
        self.edges = edges
    }

    /// The convex polygons around the points in each plane across an axis.
    func polygons(across axis: Int) -> [[SIMD3<Int>]] {
        let (u, v) = ((axis + 1) % 3, (axis + 2) % 3)
        // Of each row of points along u only the first and the last can be corners.
        var first = [Int32](repeating: .max, count: size[axis] * size[v])
        var last = [Int32](repeating: .min, count: size[axis] * size[v])
        for point in points {
            let row = Int(point[axis]) * size[v] + Int(point[v])
            first[row] = min(first[row], point[u])
            last[row] = max(last[row], point[u])
        }
        return (0..<size[axis]).compactMap { plane in
            var rows: [SIMD2<Int>] = []
            for row in 0..<size[v] where last[plane * size[v] + row] >= 0 {
                let (low, high) = (Int(first[plane * size[v] + row]), Int(last[plane * size[v] + row]))
                rows.append(SIMD2(low, row))
                if high > low { rows.append(SIMD2(high, row)) }
            }
            guard !rows.isEmpty else { return nil }
            return convexPolygon(rows).map { corner in
                var point = SIMD3<Int>.zero
                (point[axis], point[u], point[v]) = (plane, corner.x, corner.y)
                return point
            }
        }
    }

    /// Longest distance between two points in one plane across the axis, mm.
    func planarDiameter(across axis: Int) -> Double {
        polygons(across: axis).reduce(0) { max($0, diameter(of: $1)) }
    }

    /// Longest distance between two of the points given, mm.
    func diameter(of points: [SIMD3<Int>]) -> Double {
        let places = points.map { edges.halved.way($0) }
        var longest = 0.0
        for i in places.indices {
            for j in 0..<i {
                let difference = places[i] - places[j]
                longest = max(longest, dot(difference, difference))
            }
        }
        return longest.squareRoot()
    }

    /// Of the box around the points whose sides are along rows, columns and across the slices, mm.
    var extent: SIMD3<Double> {
        var (low, high) = (SIMD3(repeating: Double.infinity), SIMD3(repeating: -Double.infinity))
        for point in points {
            let place = edges.halved.way(SIMD3(Int(point.x), Int(point.y), Int(point.z)))
            (low, high) = (pointwiseMin(low, place), pointwiseMax(high, place))
        }
        return high - low
    }

    /// The convex body around all points.
    func hull() -> ConvexHull { ConvexHull(polygons(across: 2).flatMap { $0 }, half: edges.halved) }
}
