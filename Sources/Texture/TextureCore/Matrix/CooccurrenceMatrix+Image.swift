// The exact path in one step, for an image that has grey levels already.

extension LevelGrid {
    /// A slice of grey levels.
    ///
    /// - Parameter rows: top row first, all of the same length; levels from 1, and 0 for a pixel outside the region.
    public init(_ rows: [[UInt16]]) {
        let width = rows.first?.count ?? 0
        precondition(rows.allSatisfy { $0.count == width }, "rows of different lengths")
        let levels = Array(rows.joined())
        self.init(size: [width, rows.count, 1], levels: levels, greyLevelCount: Int(levels.max() ?? 0))
    }
}

extension CooccurrenceMatrix {
    /// How often grey level j is the neighbour of grey level i, with both voxels in the region; of several offsets the sum.
    ///
    /// - Parameters:
    ///   - levels: grey levels of the voxels.
    ///   - offsets: steps from a voxel to its neighbour, e.g. `Offset(1, 0)` to the next column.
    ///   - symmetry: whether each pair counts in both directions, as Haralick and the IBSI count it.
    public init(of levels: LevelGrid, along offsets: [Offset], symmetry: Symmetry = .symmetric) {
        let reach = offsets.map(\.reach).max() ?? 0
        self = VoxelPairs(levels, reach: reach).count(along: offsets).merged(symmetry)
    }

    /// A feature as the IBSI defines it; nil where it is undefined, as every one is without a pair.
    public subscript(feature: HaralickFeature) -> Double? { HaralickFeatures(self, convention: .ibsi)[feature].value }
}
