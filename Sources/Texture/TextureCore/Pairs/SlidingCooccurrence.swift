// A grid of grey levels in, the co-occurrence matrix of the window around each voxel out. The window moves along x; the
// pairs of the column that it leaves are taken away and those of the column that it enters added, so that a step costs
// the window's faces and not its volume. Counts are whole numbers: the matrix is the one that counting anew would give.

/// What keeps a window from being counted.
public enum SlidingWindowError: Error, Equatable, CustomStringConvertible {
    case tooManyLevels(found: Int, most: Int)

    public var description: String {
        switch self {
        case .tooManyLevels(let found, let most):
            "a kernel may meet \(found) grey levels, at most \(most) are possible; choose a smaller --kernel-radius, a larger"
                + " --bin-width or a --bin-count"
        }
    }
}

/// The voxels of a grid within `radius` of a voxel along each axis, for every voxel of a line.
public struct SlidingCooccurrence: Sendable {
    /// Of the table of counts, side by side: 64 MB a thread.
    static let mostLevels = 4096
    /// Voxels of a line that share a table; short, so that few levels meet in it.
    private static let stretch = 64

    public let size: SIMD3<Int>
    public let radius: SIMD3<Int>
    /// Grey levels that occur, ascending; rank r > 0 stands for `occupied[r - 1]`.
    public let occupied: [Int]
    public let greyLevelCount: Int
    /// Of each voxel, 0 outside.
    private let ranks: [UInt16]

    /// Which grey levels the rows of a matrix stand for; the others have no pairs.
    public enum Levels: Sendable {
        /// Those that occur in its own pairs.
        case ofPairs
        /// The same ones for all matrices of a voxel, so that they can be added up.
        case common
    }

    public init(_ grid: LevelGrid, radius: SIMD3<Int>) throws(SlidingWindowError) {
        (size, self.radius, greyLevelCount) = (grid.size, radius, grid.greyLevelCount)
        let padded = PaddedLevels(grid, reach: 0)
        (occupied, ranks) = (padded.occupied, padded.ranks)
        let window = pointwiseMin(2 &* radius &+ 1, grid.size)
        let found = min(occupied.count, window.x * window.y * window.z)
        guard found <= Self.mostLevels else { throw .tooManyLevels(found: found, most: Self.mostLevels) }
    }

    /// Calls `body` for each voxel of the line (y, z) that is `wanted` and each group of offsets with the matrix of the pairs
    /// (voxel, voxel + offset) that lie in its window whole, all offsets of a group added up. Groups come in their order
    /// for each voxel; a matrix without pairs is empty.
    public func forEachMatrix(
        y: Int, z: Int, wanted: (_ x: Int) -> Bool, along groups: [[Offset]], _ symmetry: CooccurrenceMatrix.Symmetry,
        levels: Levels = .ofPairs, _ body: (_ x: Int, _ group: Int, _ matrix: CooccurrenceMatrix) -> Void
    ) {
        var table = PairTable(symmetry: symmetry, greyLevelCount: greyLevelCount)
        defer { table.deallocate() }
        var strip = Strip(self)
        var next = 0
        while let first = (next..<max(next, size.x)).first(where: wanted) {
            var count = min(Self.stretch, size.x - first)
            while count > 1, !wanted(first + count - 1) { count -= 1 }
            strip.fill(self, first: first, count: count, y: y, z: z)
            while strip.levels.count > Self.mostLevels, count > 1 {
                count /= 2
                strip.fill(self, first: first, count: count, y: y, z: z)
            }
            for (group, offsets) in groups.enumerated() {
                table.slide(strip, offsets: offsets, radius: radius) { table, x in
                    guard wanted(first + x) else { return }
                    body(first + x, group, table.matrix(strip.levels, among: strip.occupied, levels))
                }
            }
            next = first + count
        }
    }

    /// The windows of a stretch of a line, side by side: [x][z][y], so that what enters and leaves lies together.
    struct Strip {
        private(set) var count = 0
        let height: Int
        let depth: Int
        /// From 1 by position in `levels`, 0 outside.
        private(set) var ranks: [UInt16] = []
        /// Grey levels that occur in the strip, ascending.
        private(set) var levels: [Int] = []
        /// Of the grid; a copy, because threads that count references to one array wait for each other.
        let occupied: [Int]
        /// Of each rank of the grid; 0 for those that do not occur.
        private var local: [UInt16]

        init(_ window: SlidingCooccurrence) {
            (height, depth) = (2 * window.radius.y + 1, 2 * window.radius.z + 1)
            occupied = window.occupied.map { $0 }
            local = [UInt16](repeating: 0, count: occupied.count + 1)
        }

        mutating func fill(_ window: SlidingCooccurrence, first: Int, count: Int, y: Int, z: Int) {
            let (size, radius) = (window.size, window.radius)
            self.count = count
            let columns = count + 2 * radius.x
            let face = height * depth
            ranks = [UInt16](repeating: 0, count: columns * face)
            let inGrid = max(0, first - radius.x)..<min(size.x, first + count + radius.x)
            for dz in 0..<depth {
                let sourceZ = z + dz - radius.z
                guard (0..<size.z).contains(sourceZ) else { continue }
                for dy in 0..<height {
                    let sourceY = y + dy - radius.y
                    guard (0..<size.y).contains(sourceY) else { continue }
                    let row = (sourceZ * size.y + sourceY) * size.x
                    var target = (inGrid.lowerBound - first + radius.x) * face + dz * height + dy
                    for x in inGrid {
                        let rank = window.ranks[row + x]
                        ranks[target] = rank
                        local[Int(rank)] = 1
                        target += face
                    }
                }
            }
            local[0] = 0
            levels.removeAll(keepingCapacity: true)
            for rank in local.indices where local[rank] != 0 {
                levels.append(window.occupied[rank - 1])
                local[rank] = UInt16(truncatingIfNeeded: levels.count)
            }
            for k in ranks.indices { ranks[k] = local[Int(ranks[k])] }
            for rank in local.indices { local[rank] = 0 }
        }
    }
}

/// Counts of the pairs of one window, with the cells that are not zero marked, so that reading them out costs their
/// number. Used by one thread; its owner frees it.
private struct PairTable {
    private let isSymmetric: Bool
    private let greyLevelCount: Int
    /// Levels of a strip, and 64-bit words that hold a bit for each.
    private var side = 0
    private var words = 0
    /// Levels that there is room for.
    private var room = 0
    /// [row][column]; all zero whenever no window is counted.
    private var counts = UnsafeMutablePointer<UInt32>.allocate(capacity: 0)
    /// A bit for each cell of a row that is not zero, and their number.
    private var marks = UnsafeMutablePointer<UInt64>.allocate(capacity: 0)
    private var cellsOfRow = UnsafeMutablePointer<Int32>.allocate(capacity: 0)
    private var rowMarks = UnsafeMutablePointer<UInt64>.allocate(capacity: 0)
    private var cellCount = 0
    /// Of a level among those of the matrix.
    private var position = UnsafeMutablePointer<UInt16>.allocate(capacity: 0)

    init(symmetry: CooccurrenceMatrix.Symmetry, greyLevelCount: Int) {
        (isSymmetric, self.greyLevelCount) = (symmetry == .symmetric, greyLevelCount)
    }

    func deallocate() {
        counts.deallocate()
        marks.deallocate()
        cellsOfRow.deallocate()
        rowMarks.deallocate()
        position.deallocate()
    }

    /// Everything is zero before and after: no window is counted then.
    private mutating func makeRoom(_ levels: Int) {
        (side, words) = (levels, (levels + 63) / 64)
        guard levels > room else { return }
        deallocate()
        func zeros<Value: FixedWidthInteger>(_ count: Int) -> UnsafeMutablePointer<Value> {
            let values = UnsafeMutablePointer<Value>.allocate(capacity: count)
            values.initialize(repeating: 0, count: count)
            return values
        }
        (counts, marks) = (zeros(side * side), zeros(side * words))
        (cellsOfRow, rowMarks, position) = (zeros(side), zeros(words), zeros(side))
        room = levels
    }

    /// Calls `ready` for each voxel of the strip when its window is counted, and leaves the table empty.
    mutating func slide(
        _ strip: SlidingCooccurrence.Strip, offsets: [Offset], radius: SIMD3<Int>,
        _ ready: (_ table: PairTable, _ x: Int) -> Void
    ) {
        makeRoom(strip.levels.count)
        let columns = offsets.compactMap { PairColumn($0, radius: radius, strip) }
        for column in columns {
            for x in column.first..<column.last { change(strip, column, at: x, by: 1) }
        }
        for x in 0..<strip.count {
            for column in columns {
                if x > 0 { change(strip, column, at: x - 1 + column.first, by: -1) }
                change(strip, column, at: x + column.last, by: 1)
            }
            ready(self, x)
        }
        for column in columns {
            for x in column.first...column.last { change(strip, column, at: strip.count - 1 + x, by: -1) }
        }
    }

    /// The pairs of one offset whose first voxels lie in one column of the window.
    private struct PairColumn {
        /// First and last column of the first window that a first voxel may lie in.
        let first: Int
        let last: Int
        let y: Range<Int>
        let z: Range<Int>
        let step: Int

        /// Nil when no pair fits into the window.
        init?(_ offset: Offset, radius: SIMD3<Int>, _ strip: SlidingCooccurrence.Strip) {
            func range(_ component: Int, _ radius: Int) -> Range<Int>? {
                let (lower, upper) = (max(0, -component), 2 * radius + 1 - max(0, component))
                return lower < upper ? lower..<upper : nil
            }
            guard let x = range(offset.x, radius.x), let y = range(offset.y, radius.y),
                let z = range(offset.z, radius.z)
            else { return nil }
            (first, last, self.y, self.z) = (x.lowerBound, x.upperBound - 1, y, z)
            step = (offset.x * strip.depth + offset.z) * strip.height + offset.y
        }
    }

    /// Adds a column's pairs, or takes them away.
    private mutating func change(
        _ strip: SlidingCooccurrence.Strip, _ column: PairColumn, at x: Int, by sign: Int32
    ) {
        var cells = 0
        let before: UInt32 = sign > 0 ? 0 : 1
        strip.ranks.withUnsafeBufferPointer { ranks in
            for z in column.z {
                let line = (x * strip.depth + z) * strip.height
                for k in line + column.y.lowerBound..<line + column.y.upperBound {
                    let (a, b) = (Int(ranks[k]), Int(ranks[k &+ column.step]))
                    guard a != 0, b != 0 else { continue }
                    let row = (isSymmetric ? min(a, b) : a) &- 1
                    let level = (isSymmetric ? max(a, b) : b) &- 1
                    let cell = row &* side &+ level
                    let count = counts[cell]
                    counts[cell] = UInt32(bitPattern: Int32(bitPattern: count) &+ sign)
                    // Only where a cell becomes occupied, or empty, the marks change.
                    guard count == before else { continue }
                    marks[row &* words &+ level >> 6] ^= 1 << UInt64(level & 63)
                    cells += Int(sign)
                    if cellsOfRow[row] == Int32(before) { rowMarks[row >> 6] ^= 1 << UInt64(row & 63) }
                    cellsOfRow[row] += sign
                }
            }
        }
        cellCount += cells
    }

    /// What is counted now. A flat matrix has a second, empty level when the region has one: whether the region or only
    /// the window is flat makes a difference to PyRadiomics' maximal correlation coefficient.
    func matrix(
        _ all: [Int], among occupied: [Int], _ levels: SlidingCooccurrence.Levels
    ) -> CooccurrenceMatrix {
        var chosen = all
        switch levels {
        case .common: for k in 0..<side { position[k] = UInt16(truncatingIfNeeded: k) }
        case .ofPairs: chosen = occurringLevels(all)
        }
        if chosen.count == 1, cellCount > 0, let level = chosen.first, occupied.count > 1 {
            if let above = occupied.first(where: { $0 > level }) {
                chosen.append(above)
            } else {
                chosen.insert(occupied[occupied.count - 2], at: 0)
                for k in 0..<side { position[k] = 1 }
            }
        }
        let (cells, side, words, isSymmetric) = (cellCount, side, words, isSymmetric)
        var columns: [UInt16] = []
        var sums: [Double] = []
        let rows = [UInt16](unsafeUninitializedCapacity: cells) { rows, rowCount in
            columns = [UInt16](unsafeUninitializedCapacity: cells) { columns, columnCount in
                sums = [Double](unsafeUninitializedCapacity: cells) { sums, count in
                    forEachBit(rowMarks, words) { row in
                        forEachBit(marks + row * words, words) { column in
                            let pairs = Double(counts[row * side + column])
                            rows[count] = position[row]
                            columns[count] = position[column]
                            sums[count] = isSymmetric && row == column ? 2 * pairs : pairs
                            count += 1
                        }
                    }
                }
                columnCount = cells
            }
            rowCount = cells
        }
        return CooccurrenceMatrix(
            symmetry: isSymmetric ? .symmetric : .directed, levels: chosen, greyLevelCount: greyLevelCount, rows: rows,
            columns: columns, counts: sums)
    }

    private func occurringLevels(_ all: [Int]) -> [Int] {
        var occurring: [Int] = []
        occurring.reserveCapacity(min(side, 2 * cellCount) + 1)
        for word in 0..<words {
            var bits = rowMarks[word]
            forEachBit(rowMarks, words) { row in bits |= marks[row * words + word] }
            while bits != 0 {
                let level = word * 64 + bits.trailingZeroBitCount
                position[level] = UInt16(truncatingIfNeeded: occurring.count)
                occurring.append(all[level])
                bits &= bits - 1
            }
        }
        return occurring
    }
}

@inline(__always)
private func forEachBit(_ marks: UnsafeMutablePointer<UInt64>, _ words: Int, _ body: (Int) -> Void) {
    for word in 0..<words {
        var bits = marks[word]
        while bits != 0 {
            body(word * 64 + bits.trailingZeroBitCount)
            bits &= bits - 1
        }
    }
}
