/// A step from a voxel to its neighbour, in voxels along x (columns), y (rows, downwards) and z (slices).
public struct Offset: Hashable, Sendable, CustomStringConvertible {
    public var x: Int
    public var y: Int
    public var z: Int

    public init(_ x: Int, _ y: Int, _ z: Int = 0) {
        (self.x, self.y, self.z) = (x, y, z)
    }

    public var description: String { "(\(x),\(y),\(z))" }

    /// How far the offset reaches along its longest axis: the Chebyshev distance.
    public var reach: Int { max(abs(x), abs(y), abs(z)) }

    public static func * (offset: Offset, distance: Int) -> Offset {
        Offset(offset.x * distance, offset.y * distance, offset.z * distance)
    }
}

/// Sets of directions; of each pair of opposite offsets one is listed, the symmetric matrix counts both.
public enum Directions {
    /// The four directions within a slice: 0°, 45°, 90° and 135° of Haralick (1973), rows counted downwards.
    public static let planar = [Offset(1, 0), Offset(1, -1), Offset(0, 1), Offset(1, 1)]

    /// The thirteen directions of a volume (IBSI 3.6; 26-connected neighbourhood).
    public static let spatial =
        planar + [
            Offset(0, 0, 1), Offset(1, 0, 1), Offset(-1, 0, 1), Offset(0, 1, 1), Offset(0, -1, 1),
            Offset(1, 1, 1), Offset(-1, 1, 1), Offset(1, -1, 1), Offset(-1, -1, 1),
        ]

    /// PyRadiomics' directions: all offsets whose largest component is one of the distances (δ = 2 alone: 49 in 3D),
    /// of opposite ones the one that comes first in (z, y, x) order downwards (cmatrices.c: build_angles).
    /// `flatAxis` 0 z, 1 y, 2 x as PyRadiomics' `force2Ddimension`; offsets that no voxel of a region of `size` can
    /// reach are left out.
    public static func shell(distances: [Int], flatAxis: Int?, size: SIMD3<Int>) -> [Offset] {
        let largest = distances.max() ?? 0
        let wanted = Set(distances)
        func span(_ axis: Int, _ extent: Int) -> [Int] {
            guard axis != flatAxis else { return [0] }
            let most = min(largest, extent - 1)
            return most < 0 ? [0] : (-most...most).reversed()
        }
        var offsets: [Offset] = []
        for z in span(0, size.z) {
            for y in span(1, size.y) {
                for x in span(2, size.x) {
                    let isFirstOfPair = z > 0 || (z == 0 && (y > 0 || (y == 0 && x > 0)))
                    let offset = Offset(x, y, z)
                    if isFirstOfPair, wanted.contains(offset.reach) { offsets.append(offset) }
                }
            }
        }
        return offsets
    }
}
