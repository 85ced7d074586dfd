import TextureCore

/// Zones of equal grey level (IBSI 3.8): voxels of the region that hang together by steps to their neighbours.
package struct GreyLevelZones: Sendable {
    package struct Zone: Hashable, Sendable {
        /// Rank of the grey level, from 1.
        package var rank: UInt16
        package var slice: Int32
        package var voxelCount: Int32
        /// The smallest of its voxels' distances to the border; 0 when none were given.
        package var distance: Int32
    }

    /// In the order of their first voxels.
    package let zones: [Zone]
    private let levels: PaddedLevels
    private let isBySlice: Bool

    /// - Parameters:
    ///   - offsets: of each pair of opposite steps to a neighbour one; those of a slice make zones of slices.
    ///   - distances: of each position of the padded grid; see ``BorderDistance``.
    package init(_ levels: PaddedLevels, offsets: [Offset], distances: [Int32]?) {
        precondition(offsets.allSatisfy { $0.reach <= levels.reach })
        self.levels = levels
        isBySlice = offsets.allSatisfy { $0.z == 0 }
        // Only neighbours that come earlier in memory: union by the earliest voxel.
        let steps = offsets.map { -abs(levels.step($0)) }
        var parents = [Int32](repeating: 0, count: levels.ranks.count)
        var zones: [Zone] = []
        parents.withUnsafeMutableBufferPointer { parents in
            levels.ranks.withUnsafeBufferPointer { ranks in
                Self.unite(levels, ranks, steps, parents)
            }
            // A voxel's parent lies before it, so one pass leads every voxel to its zone, kept as a negative number.
            for slice in 0..<levels.sliceCount {
                levels.forEachVoxel(in: slice..<slice + 1) { position in
                    let distance = distances?[position] ?? 0
                    if Int(parents[position]) == position {
                        parents[position] = -Int32(zones.count) - 1
                        zones.append(
                            Zone(
                                rank: levels.ranks[position], slice: Int32(slice), voxelCount: 1, distance: distance))
                    } else {
                        parents[position] = parents[Int(parents[position])]
                        let zone = -Int(parents[position]) - 1
                        zones[zone].voxelCount += 1
                        zones[zone].distance = min(zones[zone].distance, distance)
                    }
                }
            }
        }
        self.zones = zones
    }

    private static func unite(
        _ levels: PaddedLevels, _ ranks: UnsafeBufferPointer<UInt16>, _ steps: [Int],
        _ parents: UnsafeMutableBufferPointer<Int32>
    ) {
        func root(_ voxel: Int32) -> Int32 {
            var voxel = voxel
            while parents[Int(voxel)] != voxel {
                let next = parents[Int(parents[Int(voxel)])]
                parents[Int(voxel)] = next
                voxel = next
            }
            return voxel
        }
        levels.forEachVoxel(in: 0..<levels.sliceCount) { position in
            let rank = ranks[position]
            var own = Int32(position)
            parents[position] = own
            for step in steps where ranks[position + step] == rank {
                let other = root(Int32(position + step))
                if other < own {
                    parents[Int(own)] = other
                    own = other
                } else if other > own {
                    parents[Int(other)] = own
                }
            }
        }
    }

    /// Zones by level and number of voxels: one matrix, or one per slice.
    package func sizeMatrices() -> [LevelSizeMatrix] { matrices(largest: levels.voxelCount) { Int($0.voxelCount) } }

    /// Zones by level and distance to the border: one matrix, or one per slice.
    package func distanceMatrices() -> [LevelSizeMatrix] {
        matrices(largest: levels.size.x + levels.size.y + levels.size.z) { Int($0.distance) }
    }

    private func matrices(largest: Int, _ size: (Zone) -> Int) -> [LevelSizeMatrix] {
        let count = isBySlice ? levels.sliceCount : 1
        var counter = LevelSizeCounter(
            matrices: count, ranks: levels.occupied.count, largest: largest, budget: zones.count)
        for zone in zones {
            counter.add(matrix: isBySlice ? Int(zone.slice) : 0, rank: Int(zone.rank), size: size(zone))
        }
        let voxelCounts =
            isBySlice ? (0..<count).map { levels.voxelCount(in: $0..<$0 + 1) } : [levels.voxelCount]
        return counter.matrices(levels: levels.occupied, voxelCounts: voxelCounts)
    }
}

/// Distances of a mask's voxels to its border (IBSI 3.9).
package enum BorderDistance {
    /// For each position of the padded grid the number of steps to the nearest voxel outside the mask, along the axes
    /// (4 or 6 neighbours); outside the mask 0. What lies beyond the grid is outside, so the edge of the image counts as
    /// border, as in the reference values of the digital phantom.
    ///
    /// - Parameters:
    ///   - mask: one element per voxel of the grid, not 0 inside.
    ///   - dimension: in the volume steps also lead to other slices.
    package static func cityBlock(_ mask: [UInt8], on levels: PaddedLevels, _ dimension: TextureDimension) -> [Int32] {
        let size = levels.size
        precondition(mask.count == size.x * size.y * size.z)
        let (y1, z1) = (levels.strideY, levels.strideZ)
        let acrossSlices = dimension == .volume
        var distances = [Int32](repeating: 0, count: levels.ranks.count)
        distances.withUnsafeMutableBufferPointer { distances in
            // Forwards the way to the border against the axes, backwards along them; city-block distance needs no more.
            for z in 0..<size.z {
                for y in 0..<size.y {
                    let row = (z * size.y + y) * size.x
                    let start = levels.position(0, y, z)
                    for x in 0..<size.x where mask[row + x] != 0 {
                        let k = start + x
                        var nearest = min(distances[k - 1], distances[k - y1])
                        if acrossSlices { nearest = min(nearest, distances[k - z1]) }
                        distances[k] = nearest + 1
                    }
                }
            }
            for z in (0..<size.z).reversed() {
                for y in (0..<size.y).reversed() {
                    let row = (z * size.y + y) * size.x
                    let start = levels.position(0, y, z)
                    for x in (0..<size.x).reversed() where mask[row + x] != 0 {
                        let k = start + x
                        var nearest = min(distances[k + 1], distances[k + y1])
                        if acrossSlices { nearest = min(nearest, distances[k + z1]) }
                        distances[k] = min(distances[k], nearest + 1)
                    }
                }
            }
        }
        return distances
    }
}
