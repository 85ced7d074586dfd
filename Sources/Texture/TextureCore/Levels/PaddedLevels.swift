// A grid of grey levels in, the same levels with a margin out: what pairs, runs, zones and neighbourhoods are counted on.

/// The voxels of a region laid out so that every neighbour within `reach` can be looked up without a bound check.
public struct PaddedLevels: Sendable {
    /// Grey levels that occur, ascending; rank r > 0 stands for `occupied[r - 1]`, rank 0 for "outside".
    public let occupied: [Int]
    public let greyLevelCount: Int
    /// Of the grid without its margin.
    public let size: SIMD3<Int>
    /// How far an offset may go along its longest axis.
    public let reach: Int
    /// Voxels of rank 0 on either side of each axis: the reach, but no more than the grid is long.
    let margins: SIMD3<Int>
    public let strideY: Int
    public let strideZ: Int
    /// Padded on all sides by the margins.
    public let ranks: [UInt16]
    /// Where the region's voxels are in `ranks`, in memory order: in runs along x, those of slice z
    /// `runStart[z]..<runStart[z + 1]`.
    @usableFromInline let runs: [Run]
    @usableFromInline let runStart: [Int]
    /// Of slice z the voxels `sliceStart[z]..<sliceStart[z + 1]`, counted in memory order.
    private let sliceStart: [Int]

    @usableFromInline struct Run: Sendable {
        @usableFromInline var first: Int32
        @usableFromInline var count: Int32
    }

    public init(_ grid: LevelGrid, reach: Int) {
        greyLevelCount = grid.greyLevelCount
        let size = grid.size
        let rankOf: [UInt16]
        (occupied, rankOf) = Self.ranks(of: grid.levels)
        precondition(
            Self.fits(size, reach: reach), "a region's box of \(size) voxels is too large to look up neighbours in")
        let margins = Self.margins(size, reach: reach)
        // One margin between rows and between slices serves both sides.
        let strideY = size.x + margins.x
        let strideZ = strideY * (size.y + margins.y)
        (self.size, self.reach, self.margins, self.strideY, self.strideZ) = (size, reach, margins, strideY, strideZ)
        let margin = margins.x + margins.y * strideY + margins.z * strideZ
        var ranks = [UInt16](repeating: 0, count: strideZ * size.z + 2 * margin)
        var (runs, runStart, sliceStart) = ([Run](), [0], [0])
        ranks.withUnsafeMutableBufferPointer { ranks in
            rankOf.withUnsafeBufferPointer { rankOf in
                grid.levels.withUnsafeBufferPointer { levels in
                    var (source, count) = (0, 0)
                    for z in 0..<size.z {
                        for y in 0..<size.y {
                            let row = margin + z * strideZ + y * strideY
                            var isInside = false
                            for target in row..<row + size.x {
                                let level = levels[source]
                                source += 1
                                ranks[target] = rankOf[Int(level)]
                                guard (level != 0) != isInside else { continue }
                                isInside.toggle()
                                if isInside {
                                    runs.append(Run(first: Int32(target), count: 0))
                                } else {
                                    runs[runs.count - 1].count = Int32(target) - runs[runs.count - 1].first
                                }
                            }
                            if isInside {
                                runs[runs.count - 1].count = Int32(row + size.x) - runs[runs.count - 1].first
                            }
                        }
                        for run in runs[runStart[z]...] { count += Int(run.count) }
                        runStart.append(runs.count)
                        sliceStart.append(count)
                    }
                }
            }
        }
        (self.ranks, self.runs, self.runStart, self.sliceStart) = (ranks, runs, runStart, sliceStart)
    }

    public var voxelCount: Int { sliceStart[sliceStart.count - 1] }

    /// Calls with each run of voxels along x in some slices: where its first voxel is in `ranks`, and how many there are.
    @inlinable @inline(__always)
    public func forEachRun(in slices: Range<Int>, _ body: (_ first: Int, _ count: Int) -> Void) {
        runs.withUnsafeBufferPointer { runs in
            for run in runs[runStart[slices.lowerBound]..<runStart[slices.upperBound]] {
                body(Int(run.first), Int(run.count))
            }
        }
    }

    /// Calls with where each voxel of some slices is in `ranks`, in memory order.
    @inlinable @inline(__always)
    public func forEachVoxel(in slices: Range<Int>, _ body: (Int) -> Void) {
        forEachRun(in: slices) { first, count in
            for position in first..<first + count { body(position) }
        }
    }

    /// How many voxels of the region some slices have.
    public func voxelCount(in slices: Range<Int>) -> Int {
        sliceStart[slices.upperBound] - sliceStart[slices.lowerBound]
    }

    /// Whether a box of `size` voxels can be laid out for neighbours within `reach`: positions are 32-bit numbers.
    public static func fits(_ size: SIMD3<Int>, reach: Int) -> Bool {
        let margins = margins(size, reach: reach)
        func extent(_ axis: Int, _ count: Double) -> Double { Double(size[axis]) + count * Double(margins[axis]) }
        return extent(0, 1) * extent(1, 1) * extent(2, 2) + 2 * extent(0, 2) * extent(1, 1) < Double(Int32.max)
    }

    private static func margins(_ size: SIMD3<Int>, reach: Int) -> SIMD3<Int> {
        SIMD3(min(reach, size.x), min(reach, size.y), min(reach, size.z))
    }

    /// The levels that occur, ascending, and the rank of each level.
    private static func ranks(of levels: [UInt16]) -> (occupied: [Int], rankOf: [UInt16]) {
        var rankOf = [UInt16](repeating: 0, count: 1 << 16)
        rankOf.withUnsafeMutableBufferPointer { rankOf in
            for level in levels { rankOf[Int(level)] = 1 }
        }
        rankOf[0] = 0
        var occupied: [Int] = []
        for level in rankOf.indices where rankOf[level] != 0 {
            occupied.append(level)
            rankOf[level] = UInt16(occupied.count)
        }
        return (occupied, rankOf)
    }

    public var sliceCount: Int { sliceStart.count - 1 }

    /// How far a neighbour lies in memory. What goes farther than the grid is long ends in the margin as well.
    public func step(_ offset: Offset) -> Int {
        func along(_ component: Int, _ margin: Int) -> Int { max(-margin, min(margin, component)) }
        return along(offset.z, margins.z) * strideZ + along(offset.y, margins.y) * strideY + along(offset.x, margins.x)
    }

    /// Where a voxel of the grid lies in `ranks`. Inverse of ``voxel(at:)``.
    public func position(_ x: Int, _ y: Int, _ z: Int) -> Int {
        (margins.z + z) * strideZ + (margins.y + y) * strideY + margins.x + x
    }

    /// Which voxel of the grid lies at a position in `ranks`. Inverse of ``position(_:_:_:)``.
    public func voxel(at position: Int) -> SIMD3<Int> {
        let inSlice = position % strideZ
        // The margin before a row is as long as the one along x, so none of the three carries over.
        return SIMD3(inSlice % strideY, inSlice / strideY, position / strideZ) &- margins
    }
}
