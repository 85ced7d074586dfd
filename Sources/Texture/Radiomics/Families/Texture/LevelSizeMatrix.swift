// Runs, zones and neighbourhoods in, how often each (grey level, size) occurs out: the matrix that the run length, size
// zone, distance zone and dependence families have in common. LevelSizeFeatures.swift reads it.

/// What is counted in a slice or in the volume and can be put together before values are taken from it.
package protocol TextureMatrix {
    /// Of a slice without voxels of the region.
    var isEmpty: Bool { get }
    static func merged(_ parts: [Self]) -> Self
}

/// How often things of grey level i and size j occur, kept as its non-zero entries: a zone may have as many voxels as
/// the region. "Size" is the length of a run, the voxels of a zone, its distance to the border, or the voxels of a
/// neighbourhood that depend on its centre.
package struct LevelSizeMatrix: TextureMatrix, Sendable {
    package struct Entry: Hashable, Sendable {
        package var level: Int32
        package var size: Int32
        /// Whole unless directions were weighted.
        package var count: Double

        package init(level: Int32, size: Int32, count: Double) {
            (self.level, self.size, self.count) = (level, size, count)
        }
    }

    /// By level, then size.
    package let entries: [Entry]
    /// What the percentage divides by: the voxels in which the things were counted, once for each direction.
    package let voxelCount: Double

    package init(entries: [Entry], voxelCount: Double) {
        (self.entries, self.voxelCount) = (entries, voxelCount)
    }

    package var isEmpty: Bool { entries.isEmpty }

    package static func merged(_ parts: [LevelSizeMatrix]) -> LevelSizeMatrix {
        sum(parts, weights: [Double](repeating: 1, count: parts.count))
    }

    /// The sum of matrices, each times its weight, added in their order.
    static func sum(_ parts: [LevelSizeMatrix], weights: [Double]) -> LevelSizeMatrix {
        var cells: [UInt64: Double] = [:]
        var voxelCount = 0.0
        for (part, weight) in zip(parts, weights) {
            for entry in part.entries {
                cells[UInt64(entry.level) << 32 | UInt64(entry.size), default: 0] += weight * entry.count
            }
            voxelCount += weight * part.voxelCount
        }
        let entries = cells.sorted { $0.key < $1.key }.map {
            Entry(level: Int32($0.key >> 32), size: Int32($0.key & 0xFFFF_FFFF), count: $0.value)
        }
        return LevelSizeMatrix(entries: entries, voxelCount: voxelCount)
    }
}

/// Counts into several matrices (slices, directions) at once: small sizes in a table, the others in a list.
struct LevelSizeCounter {
    private let ranks: Int
    private let matrices: Int
    /// The largest size that the table has a column for.
    private let columns: Int
    /// [matrix][rank - 1][size - 1]; memory of its own, because `add` is called millions of times a region.
    private let table: Table
    /// Row of the table in the upper half, size in the lower.
    private var large: [UInt64] = []

    /// - Parameters:
    ///   - ranks: how many grey levels occur.
    ///   - largest: the largest size that can occur.
    ///   - budget: how many things will be counted at most; a table is not worth much more room than they.
    init(matrices: Int, ranks: Int, largest: Int, budget: Int) {
        (self.matrices, self.ranks) = (matrices, ranks)
        let rows = max(1, matrices * ranks)
        columns = min(largest, max(4 * budget, 1 << 12) / rows)
        table = Table(count: rows * columns)
    }

    private final class Table {
        let cells: UnsafeMutablePointer<UInt32>

        init(count: Int) {
            cells = .allocate(capacity: count)
            cells.initialize(repeating: 0, count: count)
        }

        deinit { cells.deallocate() }
    }

    /// - Parameter times: 0 or 1, which costs less than a condition that is hard to foresee.
    @inline(__always)
    mutating func add(matrix: Int, rank: Int, size: Int, times: UInt32 = 1) {
        let row = matrix * ranks + rank - 1
        if size <= columns {
            table.cells[row &* columns &+ size &- 1] &+= times
        } else if times > 0 {
            large.append(UInt64(row) << 32 | UInt64(size))
        }
    }

    /// The matrices, `levels` by rank; `voxelCounts` one a matrix.
    func matrices(levels: [Int], voxelCounts: [Int]) -> [LevelSizeMatrix] {
        let large = self.large.sorted()
        var next = 0
        return (0..<matrices).map { matrix in
            var entries: [LevelSizeMatrix.Entry] = []
            for rank in 0..<ranks {
                let row = matrix * ranks + rank
                let level = Int32(levels[rank])
                for column in 0..<columns where table.cells[row * columns + column] != 0 {
                    entries.append(
                        LevelSizeMatrix.Entry(
                            level: level, size: Int32(column + 1), count: Double(table.cells[row * columns + column])))
                }
                while next < large.count, large[next] >> 32 == row {
                    let size = Int32(large[next] & 0xFFFF_FFFF)
                    if let last = entries.last, last.level == level, last.size == size {
                        entries[entries.count - 1].count += 1
                    } else {
                        entries.append(LevelSizeMatrix.Entry(level: level, size: size, count: 1))
                    }
                    next += 1
                }
            }
            return LevelSizeMatrix(entries: entries, voxelCount: Double(voxelCounts[matrix]))
        }
    }
}
