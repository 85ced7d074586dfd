import Parallel
import TextureCore

/// Runs of equal grey levels (IBSI 3.7): unbroken rows of voxels of the region in a direction, counted by level and
/// length.
package enum RunLengths {
    /// One matrix an offset.
    package static func count(
        _ levels: PaddedLevels, along offsets: [Offset], _ workers: Workers = Workers(1)
    ) -> [LevelSizeMatrix] {
        workers.map(offsets.count) { count(levels, along: offsets[$0], groups: [0..<levels.sliceCount])[0] }
    }

    /// For each slice one matrix an offset; the offsets must stay within the slice.
    package static func countBySlice(
        _ levels: PaddedLevels, along offsets: [Offset], _ workers: Workers = Workers(1)
    ) -> [[LevelSizeMatrix]] {
        precondition(offsets.allSatisfy { $0.z == 0 })
        let groups = (0..<levels.sliceCount).map { $0..<$0 + 1 }
        let matrices = workers.map(offsets.count) { count(levels, along: offsets[$0], groups: groups) }
        return groups.indices.map { slice in matrices.map { $0[slice] } }
    }

    /// A matrix for each group of slices. In memory order, a voxel's run is one longer than that of the voxel before it along the
    /// offset if both have one level, and is counted where the next one has another.
    private static func count(
        _ levels: PaddedLevels, along offset: Offset, groups: [Range<Int>]
    ) -> [LevelSizeMatrix] {
        precondition(offset.reach <= levels.reach)
        let step = abs(levels.step(offset))
        let longest = max(levels.size.x, levels.size.y, levels.size.z)
        var counter = LevelSizeCounter(
            matrices: groups.count, ranks: levels.occupied.count, largest: longest, budget: levels.voxelCount)
        var lengths = [Int32](repeating: 0, count: levels.ranks.count)
        lengths.withUnsafeMutableBufferPointer { lengths in
            levels.ranks.withUnsafeBufferPointer { ranks in
                guard let ranks = ranks.baseAddress, let lengths = lengths.baseAddress else { return }
                for (group, slices) in groups.enumerated() {
                    levels.forEachRun(in: slices) { first, count in
                        let (here, length) = (ranks + first, lengths + first)
                        for k in 0..<count {
                            length[k] = here[k &- step] == here[k] ? length[k &- step] &+ 1 : 1
                        }
                        for k in 0..<count {
                            counter.add(
                                matrix: group, rank: Int(here[k]), size: Int(length[k]),
                                times: here[k &+ step] == here[k] ? 0 : 1)
                        }
                    }
                }
            }
        }
        return counter.matrices(levels: levels.occupied, voxelCounts: groups.map(levels.voxelCount(in:)))
    }

    /// Whether some line of voxels along the offset holds two voxels of the region, adjacent or not: PyRadiomics throws
    /// a direction away where none does (cmatrices.c: calculate_glrlm). `runs` are those along the offset, whose
    /// components are -1, 0 or 1.
    package static func linesHoldSeveral(_ levels: PaddedLevels, _ offset: Offset, runs: LevelSizeMatrix) -> Bool {
        if runs.entries.contains(where: { $0.size > 1 }) { return true }
        let direction = SIMD3(offset.x, offset.y, offset.z)
        let axis = offset.x != 0 ? 0 : offset.y != 0 ? 1 : 2
        var lines: Set<SIMD3<Int>> = []
        levels.forEachVoxel(in: 0..<levels.sliceCount) { position in
            let voxel = levels.voxel(at: position)
            // The line's point where the axis is 0.
            lines.insert(voxel &- direction &* SIMD3(repeating: voxel[axis] * direction[axis]))
        }
        return lines.count < levels.voxelCount
    }
}
