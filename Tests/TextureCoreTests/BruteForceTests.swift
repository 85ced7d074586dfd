import Testing
import TextureCore

/// A nested-loop twin that anyone can check by eye, against the fast counting: exactly equal.
@Suite struct BruteForceTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var size: SIMD3<Int>
        var levels: Int
        var outside: Double
        var distance: Int
        var testDescription: String { "\(size) levels \(levels) outside \(outside) distance \(distance)" }
    }

    static let cases: [Case] = [
        Case(size: [5, 4, 4], levels: 6, outside: 0.2, distance: 1),
        Case(size: [17, 9, 1], levels: 3, outside: 0.5, distance: 2),
        Case(size: [6, 7, 8], levels: 200, outside: 0.1, distance: 3),
        Case(size: [40, 30, 10], levels: 12, outside: 0, distance: 1),
        Case(size: [1, 1, 9], levels: 4, outside: 0.3, distance: 1),
        Case(size: [3, 3, 3], levels: 2, outside: 0.9, distance: 4),
        // So many levels that tables would not pay: the sparse way of counting.
        Case(size: [20, 20, 6], levels: 60_000, outside: 0.05, distance: 1),
    ]

    @Test(arguments: cases)
    func matricesEqualTheTwin(_ c: Case) {
        let grid = randomGrid(c)
        let offsets = (c.size.z == 1 ? Directions.planar : Directions.spatial).map { $0 * c.distance }
        let counts = VoxelPairs(grid, reach: c.distance).count(along: offsets)
        var merged: [Cell: Double] = [:]
        for (offset, matrix) in zip(offsets, counts.matrices(.symmetric)) {
            let twin = twin(grid, offset, both: true)
            #expect(cells(matrix) == twin, "\(offset)")
            merged.merge(twin, uniquingKeysWith: +)
        }
        for (offset, matrix) in zip(offsets, counts.matrices(.directed)) {
            #expect(cells(matrix) == twin(grid, offset, both: false), "\(offset)")
        }
        #expect(cells(counts.merged(.symmetric)) == merged)
    }

    @Test func slicesAddUpToTheVolume() {
        let grid = randomGrid(Case(size: [9, 8, 5], levels: 5, outside: 0.3, distance: 1))
        let pairs = VoxelPairs(grid, reach: 1)
        var sum: [Cell: Double] = [:]
        for slice in 0..<5 {
            let matrix = pairs.count(along: Directions.planar, slices: slice..<slice + 1).merged(.symmetric)
            sum.merge(cells(matrix), uniquingKeysWith: +)
        }
        #expect(sum == cells(pairs.count(along: Directions.planar).merged(.symmetric)))
    }

    @Test func shellsHaveTheirKnownSizes() {
        let size = SIMD3(50, 50, 50)
        #expect(Directions.shell(distances: [1], flatAxis: nil, size: size).count == 13)
        #expect(Directions.shell(distances: [2], flatAxis: nil, size: size).count == 49)
        #expect(Directions.shell(distances: [1, 2], flatAxis: nil, size: size).count == 62)
        #expect(Directions.shell(distances: [1], flatAxis: 0, size: size).count == 4)
        // A region two slices thick has no pairs two slices apart.
        #expect(Directions.shell(distances: [2], flatAxis: nil, size: [50, 50, 2]).allSatisfy { abs($0.z) < 2 })
    }

    // MARK: the twin

    struct Cell: Hashable { var row: Int, column: Int }

    func twin(_ grid: LevelGrid, _ offset: Offset, both: Bool) -> [Cell: Double] {
        var counts: [Cell: Double] = [:]
        func level(_ x: Int, _ y: Int, _ z: Int) -> Int {
            guard (0..<grid.size.x).contains(x), (0..<grid.size.y).contains(y), (0..<grid.size.z).contains(z) else {
                return 0
            }
            return Int(grid.levels[(z * grid.size.y + y) * grid.size.x + x])
        }
        for z in 0..<grid.size.z {
            for y in 0..<grid.size.y {
                for x in 0..<grid.size.x {
                    let (i, j) = (level(x, y, z), level(x + offset.x, y + offset.y, z + offset.z))
                    guard i > 0, j > 0 else { continue }
                    counts[Cell(row: i, column: j), default: 0] += 1
                    if both { counts[Cell(row: j, column: i), default: 0] += 1 }
                }
            }
        }
        return counts
    }

    func cells(_ matrix: CooccurrenceMatrix) -> [Cell: Double] {
        var counts: [Cell: Double] = [:]
        for k in matrix.counts.indices {
            let (i, j) = (matrix.levels[Int(matrix.rows[k])], matrix.levels[Int(matrix.columns[k])])
            counts[Cell(row: i, column: j)] = matrix.counts[k]
            if matrix.symmetry == .symmetric { counts[Cell(row: j, column: i)] = matrix.counts[k] }
        }
        return counts
    }

    func randomGrid(_ c: Case) -> LevelGrid {
        var seed: UInt64 = 42
        func uniform() -> Double {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(seed >> 11) / 0x1p53
        }
        let levels = (0..<c.size.x * c.size.y * c.size.z).map { _ in
            uniform() < c.outside ? UInt16(0) : UInt16(1 + Int(uniform() * Double(c.levels)))
        }
        return LevelGrid(size: c.size, levels: levels, greyLevelCount: c.levels)
    }
}
