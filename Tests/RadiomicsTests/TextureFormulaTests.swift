// The formulas of the reference manual as they are printed, double sums and all, against those that are computed.
import Glibc
import Radiomics
import Testing
import TextureCore

@Suite struct TextureFormulaTests {
    /// Tables of few and of many levels, some with the same n_i.
    static let tables: [ToneDifferences] = [2, 7, 60, 400].map { levels in
        var state = UInt64(levels)
        func uniform() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / 0x1p53
        }
        return ToneDifferences(
            rows: (1...levels).filter { _ in uniform() < 0.8 || levels == 2 }.map {
                .init(level: $0 * 3, count: (uniform() * 40).rounded(.up), difference: uniform() * 100)
            })
    }

    @Test(arguments: tables.indices) func toneDifferences(_ k: Int) throws {
        let rows = Self.tables[k].rows
        let n = rows.reduce(0) { $0 + $1.count }
        let (i, s) = (rows.map { Double($0.level) }, rows.map(\.difference))
        let p = rows.map { $0.count / n }
        func over(_ term: (Int, Int) -> Double) -> Double {
            rows.indices.reduce(0) { sum, a in sum + rows.indices.reduce(0) { $0 + term(a, $1) } }
        }
        let ps = zip(p, s).reduce(0) { $0 + $1.0 * $1.1 }
        let total = s.reduce(0, +)
        let g = Double(rows.count)
        let contrast = over { p[$0] * p[$1] * (i[$0] - i[$1]) * (i[$0] - i[$1]) } / (g * (g - 1)) * total / n
        let busyness = ps / over { abs(i[$0] * p[$0] - i[$1] * p[$1]) }
        let complexity = over { abs(i[$0] - i[$1]) * (p[$0] * s[$0] + p[$1] * s[$1]) / (p[$0] + p[$1]) } / n
        let strength = over { (p[$0] + p[$1]) * (i[$0] - i[$1]) * (i[$0] - i[$1]) } / total
        let expected: [(ToneDifferenceFeature, Double)] = [
            (.coarseness, 1 / ps), (.contrast, contrast), (.busyness, busyness), (.complexity, complexity),
            (.strength, strength),
        ]
        let found = ToneDifferenceFeatures(Self.tables[k], convention: .ibsi)
        for (feature, value) in expected {
            let error = abs(try #require(found[feature].value) - value) / value
            #expect(error < 1e-12, "\(feature): \(found[feature]), expected \(value), off by \(error)")
        }
    }

    @Test func equalSharesHaveNoBusyness() {
        // 1 · 6 = 2 · 3 = 3 · 2
        let table = ToneDifferences(
            rows: [(1, 6), (2, 3), (3, 2)].map { .init(level: $0.0, count: $0.1, difference: 1) })
        #expect(ToneDifferenceFeatures(table, convention: .ibsi)[.busyness] == .undefined(.equalShares))
        #expect(ToneDifferenceFeatures(table, convention: .pyradiomics)[.busyness] == .value(0))
    }

    /// A 4 × 4 image, its runs at 0° and all their sums.
    @Test func runsByHand() throws {
        let levels: [UInt16] = [
            1, 2, 3, 4,
            1, 3, 4, 4,
            3, 2, 2, 2,
            4, 1, 4, 1,
        ]
        let grid = PaddedLevels(LevelGrid(size: [4, 4, 1], levels: levels, greyLevelCount: 4), reach: 1)
        let matrix = RunLengths.count(grid, along: [Offset(1, 0)])[0]
        let expected: [(Int32, Int32, Double)] = [
            (1, 1, 4), (2, 1, 1), (2, 3, 1), (3, 1, 3), (4, 1, 3), (4, 2, 1),
        ]
        #expect(matrix.entries == expected.map { .init(level: $0.0, size: $0.1, count: $0.2) })
        let features = LevelSizeFeatures(matrix)
        // 13 runs of 16 voxels: 11 of one voxel, one of two, one of three.
        let byHand: [(LevelSizeFeature, Double)] = [
            (.smallEmphasis, (11 + 1.0 / 4 + 1.0 / 9) / 13),
            (.largeEmphasis, 24.0 / 13),
            (.lowLevelEmphasis, (4 + 2.0 / 4 + 3.0 / 9 + 4.0 / 16) / 13),
            (.highLevelEmphasis, 103.0 / 13),
            (.smallLowEmphasis, (4 + 1.0 / 4 + 1.0 / 36 + 3.0 / 9 + 3.0 / 16 + 1.0 / 64) / 13),
            (.smallHighEmphasis, (4 + 4 + 4.0 / 9 + 27 + 48 + 4) / 13),
            (.largeLowEmphasis, (4 + 1.0 / 4 + 9.0 / 4 + 3.0 / 9 + 3.0 / 16 + 4.0 / 16) / 13),
            (.largeHighEmphasis, 183.0 / 13),
            (.levelNonUniformity, 45.0 / 13),
            (.levelNonUniformityNormalised, 45.0 / 169),
            (.sizeNonUniformity, 123.0 / 13),
            (.sizeNonUniformityNormalised, 123.0 / 169),
            (.percentage, 13.0 / 16),
            (.levelVariance, 103.0 / 13 - 33.0 * 33 / 169),
            (.sizeVariance, 24.0 / 13 - 16.0 * 16 / 169),
            (.energy, 37.0 / 169),
        ]
        for (feature, value) in byHand {
            let found = try #require(features[feature].value)
            #expect(abs(found - value) < 1e-12, "\(feature): \(found), expected \(value)")
        }
        let p: [Double] = [4, 1, 1, 3, 3, 1]
        let entropy = p.reduce(0) { $0 - $1 / 13 * log2($1 / 13) }
        #expect(abs(try #require(features[.entropy].value) - entropy) < 1e-12)
    }
}
