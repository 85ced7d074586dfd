// From a mask to the surface of the region, as marching cubes draw it: a cube between every eight voxel centres, cut at
// the middle of each edge whose ends differ. Because all cuts are in the middle there are only 256 cubes, so that volume
// and area are found by counting which cubes occur, and no triangle is ever stored.

import Imaging

/// One of the 256 ways in which a surface cuts a cube between eight voxels.
///
/// Corners 0...7 run (0,0,0) (1,0,0) (1,1,0) (0,1,0) and the same at z = 1; edges 0...3 and 4...7 around these two faces,
/// 8...11 upright. Two rules make the table of Lorensen & Cline (1987) as PyRadiomics uses it:
/// - on each face the cuts separate the corners that are inside from each other; where corner 7 is inside, the cube with
///   inside and outside exchanged is taken instead (so opposite cubes have the same surface);
/// - the polygons that result are cut into triangles; those of more than four corners are not flat, so that how they are
///   cut decides about volume and area. ``ears`` says it.
struct CubeSurface {
    /// Corners of the triangles in half voxels from corner 0, seen from outside anticlockwise.
    let triangles: [[SIMD3<Int>]]

    /// By which of the corners are inside, bit c for corner c.
    static let all: [CubeSurface] = (0..<256).map(CubeSurface.init)

    private init(corners: Int) {
        let flipped = corners & 0x80 != 0
        let inside = flipped ? corners ^ 0xFF : corners
        triangles = Self.polygons(inside).flatMap { polygon in
            Self.triangles(polygon, ears: Self.ears[inside] ?? 0).map { triangle in
                let points = triangle.map { Self.middle(ofEdge: $0) }
                return flipped ? points.reversed() : points
            }
        }
    }

    private static let corners: [SIMD3<Int>] = [
        [0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1],
    ]
    private static let edges = [
        (0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6), (3, 7),
    ]
    /// Anticlockwise as seen from outside the cube.
    private static let faces = [
        [0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [3, 7, 6, 2], [0, 4, 7, 3], [1, 2, 6, 5],
    ]

    /// The corners, named by the edges on which they lie, that are cut off one after the other from the polygons of more
    /// than four corners, by the corners that are inside (there is at most one such polygon in a cube); one hexadecimal
    /// digit each. What is left of a polygon in the end is the last triangle.
    private static let ears: [Int: Int] = [
        7: 0x9A, 11: 0x89, 13: 0xB8, 14: 0x03, 19: 0x94, 23: 0xA49, 25: 0x07, 27: 0x174, 29: 0x074, 30: 0x03,
        31: 0x74, 35: 0x14, 38: 0x0A, 39: 0xA25, 43: 0x145, 45: 0xB8, 46: 0x3AB, 47: 0x4B, 49: 0x09, 50: 0x51,
        53: 0x09, 54: 0x0A2, 55: 0xA2, 57: 0x059, 58: 0x05, 59: 0x57, 61: 0x957B, 62: 0x3BA5, 70: 0x20, 71: 0x695,
        75: 0x89, 76: 0x1B, 77: 0x86B, 78: 0xB36, 79: 0x58, 83: 0x94, 86: 0x20, 87: 0x5624, 89: 0x07, 91: 0x174,
        92: 0x1B, 93: 0x7406, 94: 0xB36, 95: 0x47B, 98: 0x1A, 99: 0xA46, 100: 0x62, 101: 0x62, 103: 0x64, 106: 0x1A,
        107: 0xA648, 108: 0x1B3, 109: 0x08B6, 110: 0xB3, 112: 0x67, 113: 0x96A, 114: 0x06A, 115: 0x6A, 116: 0x276,
        117: 0x0126, 118: 0x26, 120: 0x67, 121: 0x6A90, 122: 0x06A, 123: 0xA67, 124: 0xB317, 126: 0x3B6,
    ]

    private static func middle(ofEdge edge: Int) -> SIMD3<Int> {
        corners[edges[edge].0] &+ corners[edges[edge].1]
    }

    private static func edge(_ a: Int, _ b: Int) -> Int {
        guard let edge = edges.firstIndex(where: { $0 == (a, b) || $0 == (b, a) }) else {
            preconditionFailure("corners \(a) and \(b) share no edge")
        }
        return edge
    }

    /// Closed chains of edges: each face joins the edge over which a run of inside corners is entered to the edge over
    /// which it is left.
    private static func polygons(_ inside: Int) -> [[Int]] {
        var next: [Int: Int] = [:]
        for face in faces {
            let isInside = face.map { inside >> $0 & 1 == 1 }
            for i in 0..<4 where !isInside[i] && isInside[(i + 1) % 4] {
                var last = (i + 1) % 4
                while isInside[(last + 1) % 4] { last = (last + 1) % 4 }
                next[edge(face[i], face[(i + 1) % 4])] = edge(face[last], face[(last + 1) % 4])
            }
        }
        var polygons: [[Int]] = []
        while let first = next.keys.min() {
            var polygon: [Int] = []
            var edge = first
            while let following = next.removeValue(forKey: edge) {
                polygon.append(edge)
                edge = following
            }
            polygons.append(polygon)
        }
        return polygons
    }

    private static func triangles(_ polygon: [Int], ears: Int) -> [[Int]] {
        var ring = polygon
        var triangles: [[Int]] = []
        while ring.count > 3 {
            let digit = polygon.count > 4 ? ears >> (4 * (ring.count - 4)) & 0xF : ring[0]
            guard let ear = ring.firstIndex(of: digit) else { preconditionFailure("\(digit) is no corner of \(ring)") }
            triangles.append([ring[(ear + ring.count - 1) % ring.count], ring[ear], ring[(ear + 1) % ring.count]])
            ring.remove(at: ear)
        }
        return triangles + [ring]
    }
}

/// How often each kind of cube occurs around a region: what volume and area of its surface need.
struct CubeCensus {
    /// By the corners that are inside.
    private(set) var counts = [Int](repeating: 0, count: 256)
    /// Sum of the places of the cubes' first corners in the padded mask, voxels.
    private var sums = [SIMD3<Int>](repeating: .zero, count: 256)

    init(_ mask: PaddedMask) {
        // Four voxels side by side in y and z make one column of two cubes: its bits as corners of the cube to its
        // right (x = 0) and to its left (x = 1).
        let asLeft = (0..<16).map { Self.corners($0, [0, 3, 4, 7]) }
        let asRight = (0..<16).map { Self.corners($0, [1, 2, 5, 6]) }
        let size = mask.size
        mask.voxels.withUnsafeBufferPointer { voxels in
            counts.withUnsafeMutableBufferPointer { counts in
                sums.withUnsafeMutableBufferPointer { sums in
                    for z in 0..<size.z - 1 {
                        for y in 0..<size.y - 1 {
                            let row = mask.offset(0, y, z)
                            let (slice, line) = (size.x * size.y, size.x)
                            var left = 0
                            for x in 1..<size.x {
                                let here = row + x
                                let column =
                                    Int(voxels[here]) | Int(voxels[here + line]) << 1 | Int(voxels[here + slice]) << 2
                                    | Int(voxels[here + slice + line]) << 3
                                let cube = left | asRight[column]
                                left = asLeft[column]
                                counts[cube] += 1
                                sums[cube] &+= SIMD3(x - 1, y, z)
                            }
                        }
                    }
                }
            }
        }
    }

    private static func corners(_ column: Int, _ places: [Int]) -> Int {
        (0..<4).reduce(0) { $0 | (column >> $1 & 1) << places[$1] }
    }

    /// Volume inside the surface, voxels: the sum of the signed pyramids between its triangles and the origin.
    ///
    /// The surface may have gaps: where a face has two opposite corners inside, a cube that was exchanged draws the other
    /// of its two diagonals. Then the sum depends on the origin, which is PyRadiomics' (the first voxel of the padded
    /// mask), so that the volume is the same; the difference is 1e-3 for the IBSI phantom.
    var volume: Double {
        var sixfold = 0
        for (cube, surface) in CubeSurface.all.enumerated() where counts[cube] > 0 {
            for t in surface.triangles {
                // In half voxels: det(a + o, b + o, c + o) = det(a, b, c) + o · n for a cube at o.
                sixfold += dot(t[0], cross(t[1], t[2])) * counts[cube] + 2 * dot(sums[cube], Self.normal(t))
            }
        }
        return Double(sixfold) / 48
    }

    /// Area of the surface for voxels of these edges, mm².
    func area(_ edges: VoxelEdges) -> Double {
        var area = 0.0
        for (cube, surface) in CubeSurface.all.enumerated() where counts[cube] > 0 {
            for t in surface.triangles {
                let normal = Self.normal(t)
                area +=
                    length(edges.area(SIMD3(Double(normal.x), Double(normal.y), Double(normal.z))))
                    * Double(counts[cube])
            }
        }
        return area / 8
    }

    private static func normal(_ t: [SIMD3<Int>]) -> SIMD3<Int> { cross(t[1] &- t[0], t[2] &- t[0]) }
}

/// A region's mask with one layer of 0 around it.
struct PaddedMask {
    let size: SIMD3<Int>
    let voxels: [UInt8]

    init(_ region: Region) {
        let inner = region.box.size
        let size = inner &+ 2
        self.size = size
        voxels = [UInt8](unsafeUninitializedCapacity: size.x * size.y * size.z) { target, count in
            target.initialize(repeating: 0)
            region.voxels.withUnsafeBufferPointer { source in
                for z in 0..<inner.z {
                    for y in 0..<inner.y {
                        let row = ((z + 1) * size.y + y + 1) * size.x + 1
                        let from = region.box.offset(0, y, z)
                        for x in 0..<inner.x { target[row + x] = source[from + x] }
                    }
                }
            }
            count = size.x * size.y * size.z
        }
    }

    func offset(_ x: Int, _ y: Int, _ z: Int) -> Int { (z * size.y + y) * size.x + x }
}

func cross(_ a: SIMD3<Int>, _ b: SIMD3<Int>) -> SIMD3<Int> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}

func dot(_ a: SIMD3<Int>, _ b: SIMD3<Int>) -> Int { a.x * b.x + a.y * b.y + a.z * b.z }
