// A grid of grey levels in, pair counts out: the exact way of adding up. Soft counting adds up expected counts over the
// same offsets; HaralickFeatures does not know which of the two it is given.

/// The voxels of a region laid out so that every neighbour within `reach` can be looked up without a bound check.
public struct VoxelPairs: Sendable {
    /// Grey levels that occur, ascending; rank r > 0 stands for `occupied[r - 1]`, rank 0 for "outside".
    public let occupied: [Int]
    public let greyLevelCount: Int
    private let reach: Int
    private let strideY: Int
    private let strideZ: Int
    /// Padded on all sides by `reach` voxels of rank 0.
    private let ranks: [UInt16]
    /// Where the region's voxels are in `ranks`, in memory order; those of slice z are `sliceStart[z]..<sliceStart[z + 1]`.
    private let voxels: [Int32]
    private let sliceStart: [Int]

    public init(_ grid: LevelGrid, reach: Int) {
        let padded = PaddedLevels(grid, reach: reach)
        (occupied, greyLevelCount, self.reach) = (padded.occupied, padded.greyLevelCount, reach)
        (strideY, strideZ) = (padded.strideY, padded.strideZ)
        (ranks, voxels, sliceStart) = (padded.ranks, padded.voxels, padded.sliceStart)
    }

    public var sliceCount: Int { sliceStart.count - 1 }
    public var voxelCount: Int { voxels.count }

    /// Counts the pairs (voxel, voxel + offset) with both ends in the region; the first voxel lies in one of `slices`.
    public func count(along offsets: [Offset], slices: Range<Int>? = nil) -> PairCounts {
        precondition(offsets.allSatisfy { $0.reach <= reach }, "an offset reaches farther than \(reach)")
        let slices = slices ?? 0..<sliceCount
        let chosen = sliceStart[slices.lowerBound]..<sliceStart[slices.upperBound]
        let side = occupied.count + 1
        // A table is worth having when it is not much larger than the pairs that fall into it.
        let table = side * side
        let isDense = table <= max(4 * chosen.count, 1 << 12) && table * offsets.count <= 1 << 24
        return PairCounts(
            occupied: occupied, greyLevelCount: greyLevelCount, offsets: offsets,
            storage: isDense ? .dense(countDense(offsets, chosen)) : .sparse(countSparse(offsets, chosen)))
    }

    /// Tables [offset][rank of voxel][rank of neighbour], row and column 0 cleared.
    private func countDense(_ offsets: [Offset], _ chosen: Range<Int>) -> [UInt32] {
        let side = occupied.count + 1
        let table = side * side
        // Voxel-major: all neighbours of a voxel before the next (a third of the time of one direction after the
        // other), as many directions at a time as keep their tables in the second-level cache.
        let group = max(1, min(offsets.count, (768 << 10) / (4 * table)))
        return [UInt32](unsafeUninitializedCapacity: table * offsets.count) { tables, count in
            tables.initialize(repeating: 0)
            count = tables.count
            voxels.withUnsafeBufferPointer { voxels in
                ranks.withUnsafeBufferPointer { ranks in
                    for first in stride(from: 0, to: offsets.count, by: group) {
                        let steps = offsets[first..<min(first + group, offsets.count)].map(step)
                        Self.tally(
                            tables.baseAddress! + first * table, side: side, steps: steps,
                            ranks: ranks.baseAddress!, voxels: UnsafeBufferPointer(rebasing: voxels[chosen]))
                    }
                }
            }
            for start in stride(from: 0, to: tables.count, by: table) {
                for column in 0..<side { tables[start + column] = 0 }
                for row in 0..<side { tables[start + row * side] = 0 }
            }
        }
    }

    private static func tally(
        _ tables: UnsafeMutablePointer<UInt32>, side: Int, steps: [Int], ranks: UnsafePointer<UInt16>,
        voxels: UnsafeBufferPointer<Int32>
    ) {
        let table = side * side
        steps.withUnsafeBufferPointer { steps in
            for voxel in voxels {
                let here = ranks + Int(voxel)
                var row = tables + Int(here.pointee) * side
                for step in steps {
                    row[Int(here[step])] &+= 1
                    row += table
                }
            }
        }
    }

    /// For each offset the distinct pairs by rank of voxel, then of neighbour, with their counts.
    private func countSparse(_ offsets: [Offset], _ chosen: Range<Int>) -> [[PairCounts.Pair]] {
        offsets.map { offset in
            let step = step(offset)
            var keys: [UInt32] = []
            keys.reserveCapacity(chosen.count)
            for voxel in voxels[chosen] {
                let neighbour = ranks[Int(voxel) + step]
                if neighbour != 0 { keys.append(UInt32(ranks[Int(voxel)]) << 16 | UInt32(neighbour)) }
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

    private func step(_ offset: Offset) -> Int { offset.z * strideZ + offset.y * strideY + offset.x }
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
        case .dense(let tables):
            let table = (occupied.count + 1) * (occupied.count + 1)
            return offsets.indices.map { matrix(tables[$0 * table..<($0 + 1) * table], symmetry) }
        case .sparse(let pairs): return pairs.map { matrix($0, symmetry) }
        }
    }

    /// One matrix for all offsets together.
    public func merged(_ symmetry: CooccurrenceMatrix.Symmetry) -> CooccurrenceMatrix {
        switch storage {
        case .dense(let tables):
            let table = (occupied.count + 1) * (occupied.count + 1)
            var sum = [UInt32](repeating: 0, count: table)
            tables.withUnsafeBufferPointer { tables in
                for start in stride(from: 0, to: tables.count, by: table) {
                    for k in 0..<table { sum[k] &+= tables[start + k] }
                }
            }
            return matrix(sum[...], symmetry)
        case .sparse(let pairs): return matrix(Self.merge(pairs), symmetry)
        }
    }

    private func matrix(_ table: ArraySlice<UInt32>, _ symmetry: CooccurrenceMatrix.Symmetry) -> CooccurrenceMatrix {
        var rows: [UInt16] = []
        var columns: [UInt16] = []
        var counts: [Double] = []
        let side = occupied.count + 1
        table.withUnsafeBufferPointer { table in
            for row in 1..<max(side, 1) {
                let start = symmetry == .symmetric ? row : 1
                for column in start..<side {
                    var count = table[row * side + column]
                    if symmetry == .symmetric { count &+= table[column * side + row] }
                    guard count != 0 else { continue }
                    rows.append(UInt16(row - 1))
                    columns.append(UInt16(column - 1))
                    counts.append(Double(count))
                }
            }
        }
        return CooccurrenceMatrix(
            symmetry: symmetry, levels: occupied, greyLevelCount: greyLevelCount, rows: rows, columns: columns,
            counts: counts)
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
