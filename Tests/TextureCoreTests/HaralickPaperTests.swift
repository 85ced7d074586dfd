import Testing
import TextureCore

/// Haralick, Shanmugam & Dinstein 1973, figure 3: a 4×4 image with grey levels 0…3 and its four matrices.
@Suite struct HaralickPaperTests {
    static let image: [UInt16] = [
        0, 0, 1, 1,
        0, 0, 1, 1,
        0, 2, 2, 2,
        2, 2, 3, 3,
    ]

    static let published: [(name: String, offset: Offset, matrix: [[Double]])] = [
        ("0°", Offset(1, 0), [[4, 2, 1, 0], [2, 4, 0, 0], [1, 0, 6, 1], [0, 0, 1, 2]]),
        ("45°", Offset(1, -1), [[4, 1, 0, 0], [1, 2, 2, 0], [0, 2, 4, 1], [0, 0, 1, 0]]),
        ("90°", Offset(0, 1), [[6, 0, 2, 0], [0, 4, 2, 0], [2, 2, 2, 2], [0, 0, 2, 0]]),
        ("135°", Offset(1, 1), [[2, 1, 3, 0], [1, 2, 1, 0], [3, 1, 0, 2], [0, 0, 2, 0]]),
    ]

    @Test(arguments: published.indices)
    func matricesOfThePaper(_ k: Int) {
        // Levels count from 1 here, from 0 in the paper.
        let grid = LevelGrid(size: [4, 4, 1], levels: Self.image.map { $0 + 1 }, greyLevelCount: 4)
        let (name, offset, expected) = Self.published[k]
        let matrix = VoxelPairs(grid, reach: 1).count(along: [offset]).matrices(.symmetric)[0]
        #expect(matrix.dense == expected, "\(name)")
        #expect(matrix.levels == [1, 2, 3, 4])
    }

    @Test func featuresByHand() throws {
        let grid = LevelGrid(size: [4, 4, 1], levels: Self.image.map { $0 + 1 }, greyLevelCount: 4)
        let matrix = VoxelPairs(grid, reach: 1).count(along: [Offset(1, 0)]).matrices(.symmetric)[0]
        let features = HaralickFeatures(matrix, convention: .ibsi)
        // 24 pairs in both orders; the diagonal holds 16, |i-j| = 1: 2·(2+1), |i-j| = 2: 2·1.
        let byHand: [(HaralickFeature, Double)] = [
            (.contrast, 14.0 / 24),  // 6·1² + 2·2²
            (.dissimilarity, 10.0 / 24),  // 6·1 + 2·2
            (.jointMaximum, 6.0 / 24),
            (.angularSecondMoment, 84.0 / 576),  // 16 + 16 + 36 + 4 on the diagonal, 2·(4 + 1 + 1) beside it
        ]
        for (feature, expected) in byHand {
            let found = try #require(features[feature].value)
            #expect(abs(found - expected) < 1e-15, "\(feature): \(found), expected \(expected)")
        }
    }
}
