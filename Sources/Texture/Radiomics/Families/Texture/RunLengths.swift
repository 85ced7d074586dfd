import TextureCore

/// Runs of equal grey levels (IBSI 3.7): unbroken rows of voxels of the region in a direction, counted by level and
/// length.
package enum RunLengths {
    /// One matrix an offset.
    package static func count(_ levels: PaddedLevels, along offsets: [Offset]) -> [LevelSizeMatrix] {
        count(levels, along: offsets, groups: [0..<levels.sliceCount])
    }

    /// For each slice one matrix an offset; the offsets must stay within the slice.
    package static func countBySlice(_ levels: PaddedLevels, along offsets: [Offset]) -> [[LevelSizeMatrix]] {
        precondition(offsets.allSatisfy { $0.z == 0 })
        let matrices = count(levels, along: offsets, groups: (0..<levels.sliceCount).map { $0..<$0 + 1 })
        return (0..<levels.sliceCount).map { Array(matrices[$0 * offsets.count..<($0 + 1) * offsets.count]) }
    }

    /// Matrices [group of slices][offset]. Voxel by voxel, all directions of a voxel before the next: a voxel whose
    /// predecessor has another level starts a run, which is followed to its end, so that each voxel is passed once a
    /// direction.
    private static func count(
        _ levels: PaddedLevels, along offsets: [Offset], groups: [Range<Int>]
    ) -> [LevelSizeMatrix] {
        precondition(offsets.allSatisfy { $0.reach <= levels.reach })
        let steps = offsets.map(levels.step)
        let longest = max(levels.size.x, levels.size.y, levels.size.z)
        var counter = LevelSizeCounter(
            matrices: groups.count * offsets.count, ranks: levels.occupied.count, largest: longest,
            budget: levels.voxelCount * offsets.count)
        var voxelCounts: [Int] = []
        levels.ranks.withUnsafeBufferPointer { ranks in
            for (group, slices) in groups.enumerated() {
                levels.forEachVoxel(in: slices) { position in
                    let here = ranks.baseAddress! + position
                    let rank = here.pointee
                    for k in steps.indices {
                        let step = steps[k]
                        guard here[-step] != rank else { continue }
                        var length = 1
                        var next = here + step
                        while next.pointee == rank {
                            length += 1
                            next += step
                        }
                        counter.add(matrix: group * steps.count + k, rank: Int(rank), size: length)
                    }
                }
                voxelCounts += [Int](repeating: levels.voxelCount(in: slices), count: offsets.count)
            }
        }
        return counter.matrices(levels: levels.occupied, voxelCounts: voxelCounts)
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
