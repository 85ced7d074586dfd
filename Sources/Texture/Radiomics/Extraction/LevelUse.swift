import TextureCore

/// How many grey levels the voxels of a region have, which decides whether their texture says anything.
public struct LevelUse: Hashable, Sendable {
    /// Levels that at least one voxel has.
    public var occupied: Int
    /// Voxels with a level.
    public var voxels: Int

    public init(occupied: Int, voxels: Int) { (self.occupied, self.voxels) = (occupied, voxels) }

    /// What is wrong with the number of levels.
    public enum Doubt: String, CaseIterable, Sendable {
        /// Every texture is that of a flat region.
        case oneLevel
        case fewLevels
        /// Most pairs of levels occur once or never.
        case manyLevels

        /// What the sentence of this doubt says and no other sentence of a row does.
        fileprivate var mark: String {
            switch self {
            case .oneLevel: "one grey level, which is no texture"
            case .fewLevels: "grey levels, fewer than \(LevelUse.fewest)"
            case .manyLevels: "more than a tenth: matrices are nearly empty"
            }
        }

        /// Those that the reason and the notes of a row tell of, which is all that a row of an earlier run says of its levels.
        public static func all(in remarks: String) -> [Doubt] { allCases.filter { remarks.contains($0.mark) } }
    }

    /// With fewer, differences between regions are those of single steps.
    public static let fewest = 8
    /// Of the voxels; above, the matrices are nearly empty.
    public static let largestPart = 0.1

    public var doubts: [Doubt] {
        guard occupied > 1 else { return occupied == 1 ? [.oneLevel] : [] }
        return (occupied < Self.fewest ? [.fewLevels] : [])
            + (Double(occupied) > Self.largestPart * Double(voxels) ? [.manyLevels] : [])
    }

    /// For the row.
    func words(_ doubt: Doubt) -> String {
        switch doubt {
        case .oneLevel:
            voxels == 1
                ? "the region's only voxel has \(doubt.mark)"
                : "all \(voxels) voxels have \(doubt.mark); choose narrower bins (--bin-width,"
                    + " --bin-count), if the unit of the image is the one you meant"
        case .fewLevels:
            "\(occupied) \(doubt.mark): texture hardly shows; narrower bins make more"
        case .manyLevels:
            "\(occupied) grey levels in \(voxels) voxels, \(doubt.mark); wider bins make fewer"
        }
    }
}

extension LevelGrid {
    var use: LevelUse {
        var isOccupied = [Bool](repeating: false, count: Int(UInt16.max) + 1)
        var voxels = 0
        for level in levels where level != 0 {
            isOccupied[Int(level)] = true
            voxels += 1
        }
        return LevelUse(occupied: isOccupied.count { $0 }, voxels: voxels)
    }
}

extension FeatureValues {
    /// Distances that no two voxels of the region have, so that all columns of them are empty; 0 for all distances together,
    /// which PyRadiomics' convention merges.
    var distancesWithoutPairs: [Int] {
        var hasPairs: [Int: Bool] = [:]
        for (column, measure) in zip(columns, measures) where [.cm, .ngt].contains(column.family) {
            let distance = column.distance ?? 0
            hasPairs[distance, default: false] = hasPairs[distance] == true || measure != .undefined(.noPairs)
        }
        return hasPairs.filter { !$0.value }.keys.sorted()
    }
}
