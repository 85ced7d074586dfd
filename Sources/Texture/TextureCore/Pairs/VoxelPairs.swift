// A grid of grey levels in, pair counts out: the exact way of adding up. Soft counting adds up expected counts over the
// same offsets; HaralickFeatures does not know which of the two it is given.

/// The voxels of a region laid out so that every neighbour within `reach` can be looked up without a bound check.
public struct VoxelPairs: Sendable {
    /// Grey levels that occur, ascending; rank r > 0 stands for `occupied[r - 1]`, rank 0 for "outside".
    public var occupied: [Int] { padded.occupied }
    public var greyLevelCount: Int { padded.greyLevelCount }
    private let padded: PaddedLevels

    public init(_ grid: LevelGrid, reach: Int) {
        padded = PaddedLevels(grid, reach: reach)
    }

    private var reach: Int { padded.reach }

    public var sliceCount: Int { padded.sliceCount }
    public var voxelCount: Int { padded.voxelCount }

    /// Counts the pairs (voxel, voxel + offset) with both ends in the region; the first voxel lies in one of `slices`.
    public func count(along offsets: [Offset], slices: Range<Int>? = nil) -> PairCounts {
        precondition(offsets.allSatisfy { $0.reach <= reach }, "an offset reaches farther than \(reach)")
        let slices = slices ?? 0..<sliceCount
        let voxelCount = padded.voxelCount(in: slices)
        let side = occupied.count + 1
        // A table is worth having when it is not much larger than the pairs that fall into it.
        let table = side * side
        let isDense = table <= max(4 * voxelCount, 1 << 12) && table * offsets.count <= 1 << 24
        return PairCounts(
            occupied: occupied, greyLevelCount: greyLevelCount, offsets: offsets,
            storage: isDense ? .dense(countDense(offsets, slices)) : .sparse(countSparse(offsets, slices)))
    }

    /// Counts [rank of voxel][offset][rank of neighbour], those of rank 0 cleared.
    private func countDense(_ offsets: [Offset], _ slices: Range<Int>) -> [UInt32] {
        let side = occupied.count + 1
        let block = offsets.count * side
        let steps = offsets.map(padded.step)
        return [UInt32](unsafeUninitializedCapacity: side * block) { counts, count in
            counts.initialize(repeating: 0)
            count = counts.count
            guard let table = counts.baseAddress else { return }
            padded.ranks.withUnsafeBufferPointer { ranks in
                steps.withUnsafeBufferPointer { steps in
                    // Voxel-major: all neighbours of a voxel before the next, in cells that lie close together (a third
                    // of the time of one direction after the other).
                    padded.forEachVoxel(in: slices) { here in
                        var row = table + Int(ranks[here]) * block
                        for step in steps {
                            row[Int(ranks[here &+ step])] &+= 1
                            row += side
                        }
                    }
                }
            }
            for start in stride(from: 0, to: count, by: side) { table[start] = 0 }
        }
    }

    /// For each offset the distinct pairs by rank of voxel, then of neighbour, with their counts.
    private func countSparse(_ offsets: [Offset], _ slices: Range<Int>) -> [[PairCounts.Pair]] {
        offsets.map { offset in
            let step = padded.step(offset)
            let ranks = padded.ranks
            var keys: [UInt32] = []
            keys.reserveCapacity(padded.voxelCount(in: slices))
            padded.forEachVoxel(in: slices) { here in
                let neighbour = ranks[here + step]
                if neighbour != 0 { keys.append(UInt32(ranks[here]) << 16 | UInt32(neighbour)) }
            }
            keys.sort()
            var pairs: [PairCounts.Pair] = []
            for key in keys {
                if pairs.last?.key == key {
                    pairs[pairs.count - 1].count += 1
                } else {
                    pairs.append(PairCounts.Pair(key: key, count: 1))
                }
            }
            return pairs
        }
    }
}

/// Exact counts of directed pairs for a list of offsets; makes matrices, by offset or merged.
public struct PairCounts: Sendable {
    struct Pair: Sendable {
        /// Rank of the voxel in the upper half, rank of its neighbour in the lower.
        var key: UInt32
        var count: UInt32
    }

    enum Storage: Sendable {
        case dense([UInt32])
        case sparse([[Pair]])
    }

    let occupied: [Int]
    let greyLevelCount: Int
    public let offsets: [Offset]
    private let storage: Storage

    init(occupied: [Int], greyLevelCount: Int, offsets: [Offset], storage: Storage) {
        (self.occupied, self.greyLevelCount) = (occupied, greyLevelCount)
        (self.offsets, self.storage) = (offsets, storage)
    }

    /// One matrix an offset.
    public func matrices(_ symmetry: CooccurrenceMatrix.Symmetry) -> [CooccurrenceMatrix] {
        switch storage {
        case .dense(let counts):
            offsets.indices.map { matrix(counts, at: $0 * side, rowLength: offsets.count * side, symmetry) }
        case .sparse(let pairs): pairs.map { matrix($0, symmetry) }
        }
    }

    /// One matrix for all offsets together.
    public func merged(_ symmetry: CooccurrenceMatrix.Symmetry) -> CooccurrenceMatrix {
        switch storage {
        case .dense(let counts):
            var sum = [UInt32](repeating: 0, count: side * side)
            counts.withUnsafeBufferPointer { counts in
                var source = 0
                for row in 0..<side {
                    for _ in offsets {
                        for column in 0..<side { sum[row * side + column] &+= counts[source + column] }
                        source += side
                    }
                }
            }
            return matrix(sum, at: 0, rowLength: side, symmetry)
        case .sparse(let pairs): return matrix(Self.merge(pairs), symmetry)
        }
    }

    /// Rank 0 has a row and a column, too.
    private var side: Int { occupied.count + 1 }

    private func matrix(
        _ counts: [UInt32], at start: Int, rowLength: Int, _ symmetry: CooccurrenceMatrix.Symmetry
    ) -> CooccurrenceMatrix {
        let isSymmetric = symmetry == .symmetric
        let most = isSymmetric ? side * (side - 1) / 2 : (side - 1) * (side - 1)
        var columns: [UInt16] = []
        var sums: [Double] = []
        let rows = [UInt16](unsafeUninitializedCapacity: most) { rows, found in
            columns = [UInt16](unsafeUninitializedCapacity: most) { columns, initialised in
                sums = [Double](unsafeUninitializedCapacity: most) { sums, summed in
                    counts.withUnsafeBufferPointer { counts in
                        for row in 1..<max(side, 1) {
                            let line = start + row * rowLength
                            var mirrored = start + (isSymmetric ? row : 1) * rowLength + row
                            for column in (isSymmetric ? row : 1)..<side {
                                var count = counts[line + column]
                                if isSymmetric { count &+= counts[mirrored] }
                                mirrored += rowLength
                                guard count != 0 else { continue }
                                rows[found] = UInt16(truncatingIfNeeded: row - 1)
                                columns[found] = UInt16(truncatingIfNeeded: column - 1)
                                sums[found] = Double(count)
                                found += 1
                            }
                        }
                    }
                    summed = found
                }
                initialised = found
            }
        }
        return CooccurrenceMatrix(
            symmetry: symmetry, levels: occupied, greyLevelCount: greyLevelCount, rows: rows, columns: columns,
            counts: sums)
    }

    private func matrix(_ pairs: [Pair], _ symmetry: CooccurrenceMatrix.Symmetry) -> CooccurrenceMatrix {
        let both: [Pair] =
            switch symmetry {
            case .directed: pairs
            case .symmetric:
                Self.merge([pairs, pairs.map { Pair(key: $0.key << 16 | $0.key >> 16, count: $0.count) }])
                    .filter { $0.key >> 16 <= $0.key & 0xFFFF }
            }
        return CooccurrenceMatrix(
            symmetry: symmetry, levels: occupied, greyLevelCount: greyLevelCount,
            rows: both.map { UInt16($0.key >> 16) - 1 }, columns: both.map { UInt16($0.key & 0xFFFF) - 1 },
            counts: both.map { Double($0.count) })
    }

    private static func merge(_ lists: [[Pair]]) -> [Pair] {
        var merged: [Pair] = []
        for pair in lists.joined().sorted(by: { $0.key < $1.key }) {
            if merged.last?.key == pair.key {
                merged[merged.count - 1].count += pair.count
            } else {
                merged.append(pair)
            }
        }
        return merged
    }
}
