// Voxels with their neighbours in, two tables out: how far a grey level is from the mean of its neighbourhood (NGTDM) and
// how many neighbours have nearly the same level (NGLDM). Both are counted in one pass.

import TextureCore

/// Sums of grey tone differences by level (IBSI 3.10).
package struct ToneDifferences: TextureMatrix, Sendable {
    package struct Row: Hashable, Sendable {
        package var level: Int
        /// n_i: voxels of the level that have a neighbour in the region.
        package var count: Double
        /// s_i: Σ |i - mean level of the neighbours| over them.
        package var difference: Double

        package init(level: Int, count: Double, difference: Double) {
            (self.level, self.count, self.difference) = (level, count, difference)
        }
    }

    /// By level; only levels with n_i > 0.
    package let rows: [Row]

    package init(rows: [Row]) { self.rows = rows }

    package var isEmpty: Bool { rows.isEmpty }

    package static func merged(_ parts: [ToneDifferences]) -> ToneDifferences {
        var rows: [Int: Row] = [:]
        for row in parts.flatMap(\.rows) {
            rows[row.level, default: Row(level: row.level, count: 0, difference: 0)].count += row.count
            rows[row.level]?.difference += row.difference
        }
        return ToneDifferences(rows: rows.values.sorted { $0.level < $1.level })
    }
}

/// Both tables of a volume, or of each of its slices.
package struct Neighbourhoods: Sendable {
    package let differences: [ToneDifferences]
    /// By level and number of dependent neighbours, the centre included (IBSI 3.11: k + 1).
    package let dependences: [SizeMatrix]

    /// All neighbours within a Chebyshev distance.
    package init(_ levels: PaddedLevels, distance: Int, _ dimension: MatrixLabel.Dimension) {
        let isVolume = dimension == .volume
        self.init(
            levels,
            offsets: Directions.shell(
                distances: Array(1...min(distance, max(1, levels.reach))), flatAxis: isVolume ? nil : 0,
                size: levels.size),
            coarseness: 0, isBySlice: !isVolume)
    }

    /// - Parameters:
    ///   - offsets: of each pair of opposite steps to a neighbour one.
    ///   - coarseness: α, by how much the level of a dependent neighbour may differ.
    package init(_ levels: PaddedLevels, offsets: [Offset], coarseness: Int, isBySlice: Bool) {
        precondition(offsets.allSatisfy { $0.reach <= levels.reach })
        let steps = offsets.map(levels.step).flatMap { [$0, -$0] }
        let groups = isBySlice ? (0..<levels.sliceCount).map { $0..<$0 + 1 } : [0..<levels.sliceCount]
        let ranks = levels.occupied.count
        let values = [0] + levels.occupied
        var counter = SizeCounter(
            matrices: groups.count, ranks: ranks, largest: steps.count + 1, budget: levels.voxelCount)
        var differences: [ToneDifferences] = []
        var voxelCounts: [Int] = []
        for (group, slices) in groups.enumerated() {
            var rows = levels.occupied.map { ToneDifferences.Row(level: $0, count: 0, difference: 0) }
            levels.ranks.withUnsafeBufferPointer { ranks in
                values.withUnsafeBufferPointer { values in
                    levels.forEachVoxel(in: slices) { position in
                        let here = ranks.baseAddress! + position
                        let rank = Int(here.pointee)
                        let level = values[rank]
                        var neighbours = 0
                        var sum = 0
                        var dependent = 1
                        for step in steps {
                            let other = Int(here[step])
                            let isInside = other != 0 ? 1 : 0
                            let value = values[other]
                            neighbours += isInside
                            sum += value
                            dependent += abs(value - level) <= coarseness ? isInside : 0
                        }
                        counter.add(matrix: group, rank: rank, size: dependent)
                        if neighbours > 0 {
                            rows[rank - 1].count += 1
                            rows[rank - 1].difference += abs(Double(level) - Double(sum) / Double(neighbours))
                        }
                    }
                }
            }
            differences.append(ToneDifferences(rows: rows.filter { $0.count > 0 }))
            voxelCounts.append(levels.voxelCount(in: slices))
        }
        self.differences = differences
        dependences = counter.matrices(levels: levels.occupied, voxelCounts: voxelCounts)
    }
}
