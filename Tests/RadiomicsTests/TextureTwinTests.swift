// Twins that anyone can check by eye, against the fast counting: exactly equal.
import Radiomics
import Testing
import TextureCore

@Suite struct TextureTwinTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var size: SIMD3<Int>
        var levels: Int
        /// Share of voxels outside the region.
        var outside: Double
        var seed: UInt64 = 42
        var testDescription: String { "\(size) levels \(levels) outside \(outside) seed \(seed)" }
    }

    static let cases: [Case] = [
        Case(size: [5, 4, 4], levels: 6, outside: 0.2),
        Case(size: [17, 9, 1], levels: 3, outside: 0.5),
        Case(size: [6, 7, 8], levels: 200, outside: 0.1),
        Case(size: [12, 11, 5], levels: 2, outside: 0),
        Case(size: [14, 9, 6], levels: 2, outside: 0.3, seed: 7),
        Case(size: [1, 1, 9], levels: 4, outside: 0.3),
        Case(size: [1, 1, 1], levels: 1, outside: 0),
        Case(size: [9, 8, 7], levels: 1, outside: 0),
        Case(size: [3, 3, 3], levels: 2, outside: 0.9),
        // So many levels, and one zone so large, that they do not fit a table.
        Case(size: [10, 10, 6], levels: 60_000, outside: 0.05),
        Case(size: [24, 20, 12], levels: 1, outside: 0.02),
    ]

    /// (level, size) → count
    struct Cell: Hashable { var level: Int, size: Int }

    // MARK: run lengths

    @Test(arguments: cases) func runs(_ c: Case) {
        let grid = Grid(c)
        let found = RunLengths.count(grid.padded, along: Directions.spatial)
        for (offset, matrix) in zip(Directions.spatial, found) {
            #expect(cells(matrix) == grid.runs(offset, slices: 0..<c.size.z), "\(offset)")
            #expect(matrix.voxelCount == Double(grid.voxels.count))
            #expect(RunLengths.linesHoldSeveral(grid.padded, offset, runs: matrix) == grid.lineHoldsSeveral(offset))
        }
        for (z, matrices) in RunLengths.countBySlice(grid.padded, along: Directions.planar).enumerated() {
            for (offset, matrix) in zip(Directions.planar, matrices) {
                #expect(cells(matrix) == grid.runs(offset, slices: z..<z + 1), "\(offset) slice \(z)")
            }
        }
    }

    // MARK: zones and distances

    @Test(arguments: cases) func zones(_ c: Case) {
        let grid = Grid(c)
        // The morphological mask may hold more voxels than the intensity mask.
        let mask = grid.levels.indices.map { UInt8(grid.levels[$0] != 0 || $0 % 7 == 0 ? 1 : 0) }
        for (isVolume, offsets) in [(true, Directions.spatial), (false, Directions.planar)] {
            let distances = BorderDistance.cityBlock(mask, on: grid.padded, isVolume ? .volume : .slice)
            let twinDistances = grid.distances(mask, acrossSlices: isVolume)
            for voxel in grid.all {
                let k = grid.padded.position(voxel.x, voxel.y, voxel.z)
                #expect(Int(distances[k]) == twinDistances[grid.index(voxel)], "\(voxel) volume \(isVolume)")
                if grid.level(voxel) != 0 { #expect(grid.padded.voxel(at: k) == voxel) }
            }
            let found = GreyLevelZones(grid.padded, offsets: offsets, distances: distances)
            let steps = offsets + offsets.map { $0 * -1 }
            let twin = grid.zones(steps)
            let (sizes, depths) = (found.sizeMatrices(), found.distanceMatrices())
            #expect(sizes.count == (isVolume ? 1 : c.size.z))
            for (z, (size, depth)) in zip(sizes, depths).enumerated() {
                let own = twin.filter { isVolume || $0[0].z == z }
                let level = { (zone: [SIMD3<Int>]) in grid.level(zone[0]) }
                #expect(cells(size) == count(own.map { Cell(level: level($0), size: $0.count) }))
                #expect(
                    cells(depth)
                        == count(
                            own.map { zone in
                                Cell(level: level(zone), size: zone.map { twinDistances[grid.index($0)] }.min()!)
                            }))
                #expect(depth.voxelCount == Double(own.reduce(0) { $0 + $1.count }))
            }
        }
    }

    // MARK: neighbourhoods

    @Test(arguments: cases, [1, 2, 3]) func neighbourhoods(_ c: Case, distance: Int) {
        let grid = Grid(c, reach: distance)
        for coarseness in [0, 1] {
            for isVolume in [true, false] {
                let offsets = Directions.shell(
                    distances: Array(1...distance), flatAxis: isVolume ? nil : 0, size: c.size)
                let found = Neighbourhoods(
                    grid.padded, offsets: offsets, coarseness: coarseness, isBySlice: !isVolume)
                if coarseness == 0 {
                    let plain = Neighbourhoods(grid.padded, distance: distance, isVolume ? .volume : .slice)
                    #expect(plain.differences.map(\.rows) == found.differences.map(\.rows))
                    #expect(plain.dependences.map(\.entries) == found.dependences.map(\.entries))
                }
                for (z, (tone, dependence)) in zip(found.differences, found.dependences).enumerated() {
                    let own = grid.voxels.filter { isVolume || $0.z == z }
                    var dependent: [Cell] = []
                    var rows: [Int: ToneDifferences.Row] = [:]
                    for voxel in own {
                        let level = grid.level(voxel)
                        let neighbours = grid.neighbours(voxel, distance, acrossSlices: isVolume)
                        dependent.append(
                            Cell(level: level, size: 1 + neighbours.filter { abs($0 - level) <= coarseness }.count))
                        guard !neighbours.isEmpty else { continue }
                        var row = rows[level] ?? .init(level: level, count: 0, difference: 0)
                        row.count += 1
                        row.difference += abs(
                            Double(level) - Double(neighbours.reduce(0, +)) / Double(neighbours.count))
                        rows[level] = row
                    }
                    #expect(cells(dependence) == count(dependent))
                    #expect(tone.rows == rows.values.sorted { $0.level < $1.level })
                }
            }
        }
    }

    @Test func mergingAddsCountsAndVoxels() {
        let grid = Grid(Case(size: [9, 8, 5], levels: 3, outside: 0.3))
        let slices = RunLengths.countBySlice(grid.padded, along: [Offset(1, 0)]).map { $0[0] }
        let whole = RunLengths.count(grid.padded, along: [Offset(1, 0)])[0]
        #expect(LevelSizeMatrix.merged(slices).entries == whole.entries)
        #expect(LevelSizeMatrix.merged(slices).voxelCount == whole.voxelCount)
    }

    // MARK: helpers

    func cells(_ matrix: LevelSizeMatrix) -> [Cell: Double] {
        // A cell that is listed twice would be a fault of its own.
        Dictionary(matrix.entries.map { (Cell(level: Int($0.level), size: Int($0.size)), $0.count) }) { _, _ in -1 }
    }

    func count(_ cells: [Cell]) -> [Cell: Double] { Dictionary(cells.map { ($0, 1) }, uniquingKeysWith: +) }
}

/// Grey levels on a grid, looked up with every care and counted without any haste.
struct Grid {
    let size: SIMD3<Int>
    let levels: [UInt16]
    let padded: PaddedLevels

    init(_ c: TextureTwinTests.Case, reach: Int = 1) {
        var state = c.seed
        func uniform() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / 0x1p53
        }
        size = c.size
        levels = (0..<c.size.x * c.size.y * c.size.z).map { _ in
            uniform() < c.outside ? UInt16(0) : UInt16(1 + Int(uniform() * Double(c.levels)))
        }
        padded = PaddedLevels(LevelGrid(size: size, levels: levels, greyLevelCount: c.levels), reach: reach)
    }

    func index(_ v: SIMD3<Int>) -> Int { (v.z * size.y + v.y) * size.x + v.x }

    func level(_ v: SIMD3<Int>) -> Int {
        guard (0..<size.x).contains(v.x), (0..<size.y).contains(v.y), (0..<size.z).contains(v.z) else { return 0 }
        return Int(levels[index(v)])
    }

    var all: [SIMD3<Int>] {
        (0..<size.z).flatMap { z in (0..<size.y).flatMap { y in (0..<size.x).map { SIMD3($0, y, z) } } }
    }

    var voxels: [SIMD3<Int>] { all.filter { level($0) != 0 } }

    /// Every line of the grid along the offset, from its first voxel to its last.
    func lines(_ offset: Offset) -> [[SIMD3<Int>]] {
        let step = SIMD3(offset.x, offset.y, offset.z)
        let inside = { (v: SIMD3<Int>) in inBox(v, from: .zero, below: size) }
        return all.filter { !inside($0 &- step) }.map { first in
            var line = [first]
            while inside(line[line.count - 1] &+ step) { line.append(line[line.count - 1] &+ step) }
            return line
        }
    }

    func runs(_ offset: Offset, slices: Range<Int>) -> [TextureTwinTests.Cell: Double] {
        var counts: [TextureTwinTests.Cell: Double] = [:]
        for line in lines(offset) where slices.contains(line[0].z) {
            var (current, length) = (0, 0)
            for next in line.map(level) + [0] {
                if next == current {
                    length += 1
                } else {
                    if current != 0 { counts[.init(level: current, size: length), default: 0] += 1 }
                    (current, length) = (next, 1)
                }
            }
        }
        return counts
    }

    func lineHoldsSeveral(_ offset: Offset) -> Bool {
        lines(offset).contains { $0.filter { level($0) != 0 }.count > 1 }
    }

    /// Flood fill.
    func zones(_ steps: [Offset]) -> [[SIMD3<Int>]] {
        var seen: Set<SIMD3<Int>> = []
        var zones: [[SIMD3<Int>]] = []
        for start in voxels where !seen.contains(start) {
            seen.insert(start)
            var zone = [start]
            var next = 0
            while next < zone.count {
                for step in steps {
                    let neighbour = zone[next] &+ SIMD3(step.x, step.y, step.z)
                    if level(neighbour) == level(start), seen.insert(neighbour).inserted { zone.append(neighbour) }
                }
                next += 1
            }
            zones.append(zone)
        }
        return zones
    }

    /// Levels of the voxels of the region within a Chebyshev distance.
    func neighbours(_ voxel: SIMD3<Int>, _ distance: Int, acrossSlices: Bool) -> [Int] {
        var found: [Int] = []
        for z in acrossSlices ? -distance...distance : 0...0 {
            for y in -distance...distance {
                for x in -distance...distance where SIMD3(x, y, z) != .zero {
                    let other = level(voxel &+ SIMD3(x, y, z))
                    if other != 0 { found.append(other) }
                }
            }
        }
        return found
    }

    /// By layers: what is peeled off in the n-th turn has distance n.
    func distances(_ mask: [UInt8], acrossSlices: Bool) -> [Int] {
        var steps: [SIMD3<Int>] = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]]
        if acrossSlices { steps += [[0, 0, 1], [0, 0, -1]] }
        var distances = [Int](repeating: 0, count: mask.count)
        var left = Set(all.filter { mask[index($0)] != 0 })
        var turn = 0
        while !left.isEmpty {
            turn += 1
            let layer = left.filter { voxel in steps.contains { !left.contains(voxel &+ $0) } }
            for voxel in layer { distances[index(voxel)] = turn }
            left.subtract(layer)
        }
        return distances
    }
}

private func inBox(_ v: SIMD3<Int>, from low: SIMD3<Int>, below high: SIMD3<Int>) -> Bool {
    v.x >= low.x && v.y >= low.y && v.z >= low.z && v.x < high.x && v.y < high.y && v.z < high.z
}
