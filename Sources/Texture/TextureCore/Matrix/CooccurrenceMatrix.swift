/// How often grey level i lies at an offset from grey level j: the grey-level co-occurrence matrix (GLCM), kept as its
/// non-zero entries, so that 60,000 grey levels take no more room than their pairs.
///
/// Exact counting (VoxelPairs) and soft counting make the same matrix; HaralickFeatures reads it.
public struct CooccurrenceMatrix: Sendable {
    /// Whether a pair counts in both orders (Haralick, IBSI) or only from a voxel to its neighbour.
    public enum Symmetry: Sendable { case symmetric, directed }

    public let symmetry: Symmetry
    /// The grey levels that rows and columns stand for, ascending.
    public let levels: [Int]
    /// Ng: what the normalised features divide by.
    public let greyLevelCount: Int
    /// Non-zero entries by rows, then columns, as positions in `levels`; of a symmetric matrix those with
    /// row ≤ column, each standing for its mirror image as well.
    public private(set) var rows: [UInt16]
    public private(set) var columns: [UInt16]
    /// Counts (or sums of weights) of the entries, each cell's own.
    public private(set) var counts: [Double]

    public init(
        symmetry: Symmetry, levels: [Int], greyLevelCount: Int, rows: [UInt16] = [], columns: [UInt16] = [],
        counts: [Double] = []
    ) {
        precondition(rows.count == columns.count && rows.count == counts.count)
        (self.symmetry, self.levels, self.greyLevelCount) = (symmetry, levels, greyLevelCount)
        (self.rows, self.columns, self.counts) = (rows, columns, counts)
    }

    /// Sum over all cells: twice the number of pairs when symmetric.
    public var total: Double {
        var sum = 0.0
        forEachCell { _, _, cells, count in sum += cells * count }
        return sum
    }

    /// Calls `body` with row, column, how many cells of the full matrix the entry stands for, and each cell's count.
    @inline(__always)
    func forEachCell(_ body: (_ row: Int, _ column: Int, _ cells: Double, _ count: Double) -> Void) {
        let mirrored = symmetry == .symmetric ? 2.0 : 1.0
        rows.withUnsafeBufferPointer { rows in
            columns.withUnsafeBufferPointer { columns in
                counts.withUnsafeBufferPointer { counts in
                    for k in counts.indices {
                        let (row, column) = (Int(rows[k]), Int(columns[k]))
                        body(row, column, row == column ? 1 : mirrored, counts[k])
                    }
                }
            }
        }
    }

    public var isEmpty: Bool { counts.isEmpty }

    /// How many cells of the full matrix an entry stands for: 2 for an off-diagonal one of a symmetric matrix.
    @inlinable
    func cells(ofEntry k: Int) -> Double { symmetry == .symmetric && rows[k] != columns[k] ? 2 : 1 }

    /// Rows of the full matrix over `levels`, for a person or a test to look at.
    public var dense: [[Double]] {
        var full = [[Double]](repeating: [Double](repeating: 0, count: levels.count), count: levels.count)
        for k in counts.indices {
            full[Int(rows[k])][Int(columns[k])] = counts[k]
            if symmetry == .symmetric { full[Int(columns[k])][Int(rows[k])] = counts[k] }
        }
        return full
    }

    /// The sum of matrices over the same levels, each times its weight, added in their order: weighted merging of
    /// directions. Returns nil for no matrices.
    public static func sum(_ matrices: [CooccurrenceMatrix], weights: [Double]) -> CooccurrenceMatrix? {
        guard let first = matrices.first else { return nil }
        precondition(matrices.allSatisfy { $0.levels == first.levels && $0.symmetry == first.symmetry })
        var cells: [UInt32: Double] = [:]
        for (matrix, weight) in zip(matrices, weights) {
            for k in matrix.counts.indices {
                cells[UInt32(matrix.rows[k]) << 16 | UInt32(matrix.columns[k]), default: 0] += weight * matrix.counts[k]
            }
        }
        var sum = CooccurrenceMatrix(
            symmetry: first.symmetry, levels: first.levels, greyLevelCount: first.greyLevelCount)
        for (key, count) in cells.sorted(by: { $0.key < $1.key }) {
            sum.append(row: UInt16(key >> 16), column: UInt16(key & 0xFFFF), count: count)
        }
        return sum
    }

    /// Leaves no entry and keeps the memory of all.
    mutating func removeEntries() {
        rows.removeAll(keepingCapacity: true)
        columns.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
    }

    mutating func append(row: UInt16, column: UInt16, count: Double) {
        rows.append(row)
        columns.append(column)
        counts.append(count)
    }
}
