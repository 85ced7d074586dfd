import Imaging
import Ingestion
import SeededRandom
import Testing

/// Counts in this suite are worked out by hand from the rule: left and upper edges belong to a region, right and
/// lower edges do not.
@Suite struct ContourRasteriserTests {
    typealias Polygon = [SIMD2<Double>]

    static let square: Polygon = [[0, 0], [3, 0], [3, 3], [0, 3]]
    /// Legs on the axes: rows 0, 1, 2, 3 hold the centres x with x < 4 - y, so 4 + 3 + 2 + 1.
    static let triangle: Polygon = [[0, 0], [4, 0], [0, 4]]
    static let outer: Polygon = [[0, 0], [10, 0], [10, 10], [0, 10]]
    static let hole: Polygon = [[3, 3], [6, 3], [6, 7], [3, 7]]
    /// `outer` with `hole` cut out along a bridge that is walked both ways.
    static let keyhole: Polygon = [
        [0, 0], [10, 0], [10, 10], [0, 10], [0, 0], [3, 3], [3, 7], [6, 7], [6, 3], [3, 3],
    ]

    @Test(
        arguments: [
            ("square on voxel centres", [square], 9),
            ("the same, walked the other way", [Array(square.reversed())], 9),
            ("square between voxel centres", [[[-0.5, -0.5], [2.5, -0.5], [2.5, 2.5], [-0.5, 2.5]]], 9),
            ("right triangle", [triangle], 10),
            ("square with a hole", [outer, hole], 100 - 12),
            ("keyhole", [keyhole], 100 - 12),
            ("two islands", [square, [[5, 5], [7, 5], [7, 9], [5, 9]]], 9 + 8),
            ("island in the hole", [outer, hole, [[4, 4], [5, 4], [5, 5], [4, 5]]], 100 - 12 + 1),
            ("bow tie: both halves", [[[0, 0], [4, 4], [4, 0], [0, 4]]], 0 + 2 + 4 + 2),
            ("cut off at the grid's edges", [[[-5, -5], [30, -5], [30, 2], [-5, 2]]], 2 * 20),
            ("wholly left of the grid", [[[-5, 1], [-2, 1], [-2, 4], [-5, 4]]], 0),
            ("wholly right of the grid", [[[25, 1], [28, 1], [28, 4], [25, 4]]], 0),
            ("two points", [[[1, 1], [5, 5]]], 0),
            ("a line along a row", [[[1, 1], [5, 1], [3, 1]]], 0),
            ("not a number", [[[0, 0], [.nan, 4], [4, 4]]], 0),
            ("very far out", [[[-1e300, -1e300], [1e300, -1e300], [1e300, 1e300], [-1e300, 1e300]]], 400),
        ] as [(String, [Polygon], Int)]
    )
    func countsWorkedOutByHand(name: String, polygons: [Polygon], expected: Int) {
        let found = mask(polygons, width: 20, height: 20)
        #expect(found.reduce(0) { $0 + Int($1) } == expected, "\(name)")
    }

    /// The picture of the edge rule: centres on the left and upper edges are in.
    @Test func edgeRuleAsAPicture() {
        let found = mask([[[1, 1], [4, 1], [4, 3], [1, 3]]], width: 6, height: 5)
        #expect(
            picture(found, width: 6) == [
                "......",
                ".###..",
                ".###..",
                "......",
                "......",
            ]
        )
    }

    /// Noise far below what a file's decimal text carries does not move a contour across a voxel centre.
    @Test func decimalNoiseDoesNotDecide() {
        let exact = mask([Self.keyhole], width: 20, height: 20)
        for noise in [1e-9, -1e-9, 3e-8, -3e-8] {
            #expect(mask([Self.keyhole.map { $0 + noise }], width: 20, height: 20) == exact, "noise \(noise)")
        }
    }

    @Test func slicesStayApart() {
        let contours = [
            PlanarContour(slice: 1, points: Self.square), PlanarContour(slice: 3, points: Self.triangle),
            PlanarContour(slice: 9, points: Self.square), PlanarContour(slice: -1, points: Self.square),
        ]
        let found = ContourRasteriser.rasterise(contours, size: [8, 8, 5])
        let region = Region(name: "", label: 1, box: found.box, voxels: found.voxels).cropped()
        #expect(region.box == VoxelBox(lower: [0, 0, 1], size: [4, 4, 3]))
        let counts = (0..<3).map { z in
            (0..<16).reduce(0) { $0 + Int(region.voxels[z * 16 + $1]) }
        }
        #expect(counts == [9, 0, 10])
    }

    /// Random polygons, many with vertices and edges on voxel centres, against the definition voxel by voxel.
    @Test(arguments: [1 as UInt64, 2, 3, 4])
    func agreesWithTheDefinition(seed: UInt64) {
        var random = SplitMix64(state: seed)
        for round in 0..<150 {
            let step = [1.0, 0.5, 1.0 / 64, 1.0 / 4096][round % 4]
            let polygons = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                (0..<Int.random(in: 3...12, using: &random)).map { _ in
                    SIMD2(
                        (Double.random(in: -4...24, using: &random) / step).rounded() * step,
                        (Double.random(in: -4...20, using: &random) / step).rounded() * step
                    )
                }
            }
            let fast = mask(polygons, width: 20, height: 16)
            var wrong: [String] = []
            for y in 0..<16 {
                for x in 0..<20 where fast[y * 20 + x] != twin(polygons, x: x, y: y) { wrong.append("(\(x), \(y))") }
            }
            #expect(wrong.isEmpty, "seed \(seed), round \(round): \(wrong) of \(polygons)")
        }
    }

    /// Polygons that share edges (a triangulated square with jittered inner points) hold every voxel exactly once.
    @Test(arguments: [11 as UInt64, 12, 13])
    func neighboursPartitionThePlane(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let n = 6
        var nodes: [[SIMD2<Double>]] = []
        for j in 0...n {
            nodes.append(
                (0...n).map { i in
                    let inner = i > 0 && i < n && j > 0 && j < n
                    let jitter = { (random: inout SplitMix64) in
                        inner ? (Double.random(in: -1.4...1.4, using: &random) * 8).rounded() / 8 : 0
                    }
                    return SIMD2(Double(i) * 5 + jitter(&random), Double(j) * 5 + jitter(&random))
                }
            )
        }
        var times = [Int](repeating: 0, count: 30 * 30)
        for j in 0..<n {
            for i in 0..<n {
                let (a, b, c, d) = (nodes[j][i], nodes[j][i + 1], nodes[j + 1][i + 1], nodes[j + 1][i])
                for triangle in [[a, b, c], [c, d, a]] {
                    for (offset, value) in mask([triangle], width: 30, height: 30).enumerated() {
                        times[offset] += Int(value)
                    }
                }
            }
        }
        let wrong = times.indices.filter { times[$0] != 1 }
        #expect(wrong.isEmpty, "seed \(seed): voxels \(wrong) are held \(wrong.map { times[$0] }) times")
    }

    // MARK: Helpers

    /// One slice, whole grid.
    private func mask(_ polygons: [Polygon], width: Int, height: Int) -> [UInt8] {
        let contours = polygons.map { PlanarContour(slice: 0, points: $0) }
        let (box, voxels) = ContourRasteriser.rasterise(contours, size: [width, height, 1])
        var whole = [UInt8](repeating: 0, count: width * height)
        for y in 0..<box.size.y {
            for x in 0..<box.size.x {
                whole[(box.lower.y + y) * width + box.lower.x + x] = voxels[box.offset(x, y, 0)]
            }
        }
        return whole
    }

    /// The definition: number of crossings at or left of the centre, odd or even. Coordinates in the tests are multiples
    /// of 1/4096, so the comparison below is exact in double precision and asks no division.
    private func twin(_ polygons: [Polygon], x: Int, y: Int) -> UInt8 {
        var crossings = 0
        let (px, py) = (Double(x), Double(y))
        for polygon in polygons {
            for (i, a) in polygon.enumerated() {
                let b = polygon[(i + 1) % polygon.count]
                let (upper, lower) = a.y < b.y ? (a, b) : (b, a)
                guard upper.y <= py, py < lower.y else { continue }
                if (py - upper.y) * (lower.x - upper.x) <= (px - upper.x) * (lower.y - upper.y) { crossings += 1 }
            }
        }
        return UInt8(crossings % 2)
    }

    private func picture(_ mask: [UInt8], width: Int) -> [String] {
        stride(from: 0, to: mask.count, by: width).map { row in
            mask[row..<row + width].map { $0 == 1 ? "#" : "." }.joined()
        }
    }
}
