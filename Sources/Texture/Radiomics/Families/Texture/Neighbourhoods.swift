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
    package let dependences: [LevelSizeMatrix]

    /// All neighbours within a Chebyshev distance.
    package init(_ levels: PaddedLevels, distance: Int, _ dimension: TextureDimension) {
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
        // A sum of levels of all neighbours.
        let largest = (levels.occupied.last ?? 0) * steps.count
        (differences, dependences) =
            largest <= Int(Int32.max)
            ? Self.count(levels, steps, coarseness: Int32(clamping: coarseness), groups: groups)
            : Self.count(levels, steps, coarseness: Int64(coarseness), groups: groups)
    }

    /// Along runs of voxels, one step after the other, so that neighbours are read in order.
    private static func count<Sum: FixedWidthInteger & SignedInteger>(
        _ padded: PaddedLevels, _ steps: [Int], coarseness: Sum, groups: [Range<Int>]
    ) -> ([ToneDifferences], [LevelSizeMatrix]) {
        var counter = LevelSizeCounter(
            matrices: groups.count, ranks: padded.occupied.count, largest: steps.count + 1, budget: padded.voxelCount)
        var differences: [ToneDifferences] = []
        let values = [0] + padded.occupied.map { Sum($0) }
        let levels = padded.ranks.map { values[Int($0)] }
        var (sums, inside, dependent) = (
            [Sum](repeating: 0, count: padded.size.x), [Sum](repeating: 0, count: padded.size.x),
            [Sum](repeating: 0, count: padded.size.x)
        )
        for (group, slices) in groups.enumerated() {
            var rows = padded.occupied.map { ToneDifferences.Row(level: $0, count: 0, difference: 0) }
            padded.forEachRun(in: slices) { first, count in
                add(
                    levels, first..<first + count, steps, coarseness, sums: &sums, inside: &inside,
                    dependent: &dependent)
                for k in 0..<count {
                    let rank = Int(padded.ranks[first + k])
                    counter.add(matrix: group, rank: rank, size: Int(dependent[k]) + 1)
                    guard inside[k] > 0 else { continue }
                    rows[rank - 1].count += 1
                    rows[rank - 1].difference += abs(Double(levels[first + k]) - Double(sums[k]) / Double(inside[k]))
                }
            }
            differences.append(ToneDifferences(rows: rows.filter { $0.count > 0 }))
        }
        return (
            differences, counter.matrices(levels: padded.occupied, voxelCounts: groups.map(padded.voxelCount(in:)))
        )
    }

    /// For each voxel of a run: the sum of its neighbours' levels, how many lie in the region, and how many of these differ by
    /// `coarseness` at most.
    @specialized(where Sum == Int32)
    @specialized(where Sum == Int64)
    private static func add<Sum: FixedWidthInteger & SignedInteger>(
        _ levels: [Sum], _ run: Range<Int>, _ steps: [Int], _ coarseness: Sum, sums: inout [Sum], inside: inout [Sum],
        dependent: inout [Sum]
    ) {
        levels.withUnsafeBufferPointer { levels in
            sums.withUnsafeMutableBufferPointer { sums in
                inside.withUnsafeMutableBufferPointer { inside in
                    dependent.withUnsafeMutableBufferPointer { dependent in
                        for k in 0..<run.count { (sums[k], inside[k], dependent[k]) = (0, 0, 0) }
                        for step in steps {
                            for k in 0..<run.count {
                                let level = levels[run.lowerBound &+ k &+ step]
                                let difference = level &- levels[run.lowerBound &+ k]
                                let one: Sum = level != 0 ? 1 : 0
                                let isNear = difference <= coarseness && difference >= 0 &- coarseness
                                sums[k] &+= level
                                inside[k] &+= one
                                dependent[k] &+= isNear ? one : 0
                            }
                        }
                    }
                }
            }
        }
    }
}
