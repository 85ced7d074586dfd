import Testing
import TextureCore

/// Discretisation: the edge rules that decide whether two programs agree.
@Suite struct GreyLevelTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var precision: ArithmeticPrecision
        var by: Discretisation
        var values: [Double]
        var levels: [UInt16]
        var testDescription: String { "\(by) in \(precision) precision" }
    }

    /// What PyRadiomics 3.0.1's getBinEdges and NumPy 2.4.6's digitize make of values that lie on bin edges, in the
    /// image's own type.
    static let pyradiomics: [Case] = [
        Case(
            precision: .double, by: .binWidth(0.1, lowerBound: nil),
            values: [
                2.6, 5.1000000000000005, 4.0, -1.0, -0.30000000000000004, 4.9, -3.0, 4.4, 4.2, 1.2000000000000002,
                -0.30000000000000004, -0.5, -0.7000000000000001, 1.0, 1.5, 2.0, 6.0, 4.1000000000000005, 2.6, 5.9, -1.1,
                -1.6, 2.5, -2.6,
            ],
            levels: [56, 81, 70, 20, 27, 79, 1, 74, 72, 42, 27, 25, 23, 40, 45, 50, 90, 71, 56, 89, 19, 14, 55, 4]),
        Case(
            precision: .double, by: .binWidth(0.3, lowerBound: nil),
            values: [
                -2.6999999999999997, 1.5, 1.2, 5.3999999999999995, 2.6999999999999997, 1.5, 1.5, -0.8999999999999999,
                -3.0, -1.2, 3.3, -1.2, 0.3, -3.0, 4.5, -1.5, -0.6, 4.8, 1.5, 4.5, 2.6999999999999997,
                3.5999999999999996, -2.1, 1.7999999999999998,
            ],
            levels: [3, 17, 16, 30, 21, 17, 17, 9, 2, 8, 23, 8, 13, 2, 27, 7, 10, 28, 17, 27, 21, 24, 5, 18]),
        Case(
            precision: .double, by: .binWidth(0.05, lowerBound: nil),
            values: [
                1.55, 4.8500000000000005, 0.25, 2.4000000000000004, -2.45, 0.5, -0.1, -1.6500000000000001,
                4.3500000000000005, 0.4, 5.800000000000001, 2.3000000000000003, 2.45, 2.75, 3.1, -1.6500000000000001,
                0.9500000000000001, -0.8500000000000001, 0.6000000000000001, -2.15, 5.7, -1.05, 3.0500000000000003,
                -0.30000000000000004,
            ],
            levels: [
                82, 148, 56, 99, 2, 61, 49, 18, 138, 59, 167, 97, 100, 106, 113, 18, 70, 34, 63, 8, 165, 30, 112, 45,
            ]),
        Case(
            precision: .double, by: .binWidth(25.0, lowerBound: nil),
            values: [
                -2.0, 224.0, -245.0, 97.0, 19.0, -222.0, 207.0, 207.0, -11.0, 266.0, 64.0, 242.0, 276.0, 41.0, -132.0,
                -213.0, 37.0, -185.0, 150.0, 256.0, -153.0, 31.0, -271.0, -192.0,
            ],
            levels: [11, 20, 2, 15, 12, 3, 20, 20, 11, 22, 14, 21, 23, 13, 6, 3, 13, 4, 18, 22, 5, 13, 1, 4]),
        Case(
            precision: .double, by: .binWidth(0.25, lowerBound: nil),
            values: [
                5.0, 2.75, 2.25, 0.5, 0.75, -0.75, -2.75, 5.0, 1.25, 2.0, -0.0, 3.75, -2.75, 0.25, -2.75, -2.0, 5.75,
                3.0, 0.75, 1.75, 4.75, 0.0, 2.25, 3.25,
            ],
            levels: [32, 23, 21, 14, 15, 9, 1, 32, 17, 20, 12, 27, 1, 13, 1, 4, 35, 24, 15, 19, 31, 12, 21, 25]),
        Case(
            precision: .double, by: .binCount(32),
            values: [
                0.06624133107053609, 0.5572954594879702, 1.2957421498355677, 1.7275379419716508, -0.5468131657695535,
                1.8002581769222856, -0.9844634025537036, 1.2589325107932616, 1.4315804909517356, -0.5897078453722554,
                0.25671095273955546, 1.4457688339851371, -0.9571864309461682, 0.8853858435988722, 1.3790709742941023,
                0.5390107484666253, 1.1775482616532615, -0.3207295519085678, -0.4044365560219815, 0.0893808516510548,
                -0.46178191729856044, 0.038184317337435214, 1.8443721842324443, 0.7199981528333628,
            ],
            levels: [12, 18, 26, 31, 5, 32, 1, 26, 28, 5, 15, 28, 1, 22, 27, 18, 25, 8, 7, 13, 6, 12, 32, 20]),
        Case(
            precision: .double, by: .binCount(32),
            values: [1.1, 1.1, 1.1, 1.1, 1.1],
            levels: [17, 17, 17, 17, 17]),
        Case(
            precision: .single, by: .binWidth(0.1, lowerBound: nil),
            values: [
                0.10000000149011612, -0.6000000238418579, 5.599999904632568, 1.0, 5.800000190734863, 1.600000023841858,
                1.7000000476837158, 5.099999904632568, 3.700000047683716, 2.200000047683716, 0.800000011920929,
                4.900000095367432, 0.699999988079071, 5.300000190734863, -2.4000000953674316, 0.8999999761581421,
                1.7000000476837158, 5.599999904632568, -0.699999988079071, 4.300000190734863, 3.0999999046325684, 3.5,
                2.700000047683716, 5.699999809265137,
            ],
            levels: [27, 20, 82, 36, 84, 42, 43, 77, 63, 48, 34, 75, 33, 79, 2, 35, 43, 82, 19, 69, 57, 61, 53, 83]),
        Case(
            precision: .single, by: .binWidth(0.3, lowerBound: nil),
            values: [
                -0.0, 0.6000000238418579, -1.2000000476837158, -2.4000000953674316, -1.2000000476837158,
                5.099999904632568, 4.5, -2.0999999046325684, 2.4000000953674316, 1.2000000476837158, 2.4000000953674316,
                3.0, -0.30000001192092896, 5.699999809265137, 1.2000000476837158, 2.700000047683716, 2.700000047683716,
                -1.2000000476837158, -2.4000000953674316, 0.6000000238418579, 3.9000000953674316, 4.199999809265137,
                3.5999999046325684, -2.0999999046325684,
            ],
            levels: [9, 11, 5, 1, 5, 26, 24, 2, 17, 13, 17, 19, 8, 28, 13, 18, 18, 5, 1, 11, 22, 23, 21, 2]),
        Case(
            precision: .single, by: .binWidth(0.05, lowerBound: nil),
            values: [
                5.199999809265137, 4.199999809265137, 4.900000095367432, 1.7000000476837158, 5.25, -2.5999999046325684,
                -2.75, -2.799999952316284, -0.75, -0.75, -1.2999999523162842, 2.0999999046325684, -2.6500000953674316,
                2.299999952316284, -1.5, 3.0999999046325684, -2.799999952316284, -0.20000000298023224,
                5.449999809265137, 1.850000023841858, 4.300000190734863, 2.9000000953674316, 2.5, -1.2999999523162842,
            ],
            levels: [
                161, 141, 155, 91, 162, 5, 2, 1, 42, 42, 31, 99, 4, 103, 27, 119, 1, 53, 166, 94, 143, 115, 107, 31,
            ]),
        Case(
            precision: .single, by: .binWidth(25.0, lowerBound: nil),
            values: [
                156.0, 44.0, -74.0, -277.0, -158.0, 180.0, -20.0, 276.0, 240.0, 212.0, -291.0, -270.0, 47.0, -97.0,
                205.0, -110.0, -209.0, -233.0, -120.0, 75.0, -225.0, 178.0, -119.0, -112.0,
            ],
            levels: [19, 14, 10, 1, 6, 20, 12, 24, 22, 21, 1, 2, 14, 9, 21, 8, 4, 3, 8, 16, 4, 20, 8, 8]),
        Case(
            precision: .single, by: .binWidth(0.25, lowerBound: nil),
            values: [
                4.75, 4.25, -1.75, 4.0, 5.0, -1.25, 2.25, 2.75, 2.5, -2.25, 3.0, 2.75, 4.5, 4.25, -0.0, 3.5, 4.75, 5.0,
                -1.5, -2.75, 2.75, -1.0, 2.0, 5.5,
            ],
            levels: [31, 29, 5, 28, 32, 7, 21, 23, 22, 3, 24, 23, 30, 29, 12, 26, 31, 32, 6, 1, 23, 8, 20, 34]),
        Case(
            precision: .single, by: .binCount(32),
            values: [
                0.13795886933803558, -0.24167634546756744, 0.3695301413536072, 0.9717317223548889, -0.6967030763626099,
                0.14175428450107574, -0.5988364219665527, 0.987338662147522, 1.4916576147079468, 0.13056133687496185,
                0.11517185717821121, 0.6185649633407593, -0.3548266589641571, -0.25777122378349304,
                -0.01044315006583929, 0.37227708101272583, -0.755405604839325, 1.2581963539123535, 0.7371637225151062,
                -0.10091838240623474, -0.767360270023346, 1.2895429134368896, -0.6067630648612976, -0.6003800630569458,
            ],
            levels: [13, 8, 17, 25, 2, 13, 3, 25, 32, 13, 13, 20, 6, 8, 11, 17, 1, 29, 22, 10, 1, 30, 3, 3]),
        Case(
            precision: .single, by: .binCount(32),
            values: [1.100000023841858, 1.100000023841858, 1.100000023841858, 1.100000023841858, 1.100000023841858],
            levels: [17, 17, 17, 17, 17]),
    ]

    @Test(arguments: pyradiomics)
    func pyradiomicsBitForBit(_ c: Case) throws {
        let found = try GreyLevels(of: c.values, by: c.by, convention: .pyradiomics, precision: c.precision)
        #expect(found.levels == c.levels)
    }

    /// IBSI 2.7: from the lower bound, what lies below goes into level 1; the maximum of a fixed number into the last.
    @Test func ibsi() throws {
        let widths = try GreyLevels(
            of: [-1000, -501, -500, -475.5, -475, 400], by: .binWidth(25, lowerBound: -500), convention: .ibsi)
        #expect(widths.levels == [1, 1, 1, 1, 2, 37] && widths.count == 37)
        let counts = try GreyLevels(of: [0, 1, 31.9, 32], by: .binCount(32), convention: .ibsi)
        #expect(counts.levels == [1, 2, 32, 32] && counts.count == 32)
        // Flat: the middle bin, 16 of 32 where PyRadiomics has 17.
        #expect(try GreyLevels(of: [7, 7], by: .binCount(32), convention: .ibsi).levels == [16, 16])
        #expect(try GreyLevels(of: [7, 7], by: .binCount(32), convention: .pyradiomics).levels == [17, 17])
        #expect(try GreyLevels(of: [3, 1, 60_000], by: .none, convention: .ibsi).levels == [3, 1, 60_000])
    }

    /// The example of conventions.md: real levels 1, 4, 7 where PyRadiomics' own documentation says 1, 4, 8.
    @Test func documentedFormulaIsNotTheCode() throws {
        let found = try GreyLevels(
            of: [0.3, 0.55, 0.9], by: .binWidth(0.1, lowerBound: nil), convention: .pyradiomics)
        #expect(found.levels == [1, 4, 7])
    }

    @Test func impossibleOnes() {
        #expect(throws: DiscretisationError.notFinite(found: .infinity)) {
            try GreyLevels(of: [1, .infinity], by: .binCount(8), convention: .ibsi)
        }
        #expect(throws: DiscretisationError.tooManyLevels(found: 1_000_001, most: 65_535)) {
            try GreyLevels(of: [0, 1e6], by: .binWidth(1, lowerBound: 0), convention: .ibsi)
        }
        #expect(throws: DiscretisationError.notGreyLevels(found: 0)) {
            try GreyLevels(of: [0, 1], by: .none, convention: .ibsi)
        }
        #expect(throws: DiscretisationError.badBinWidth(0)) {
            try GreyLevels(of: [1], by: .binWidth(0, lowerBound: nil), convention: .ibsi)
        }
        #expect(throws: DiscretisationError.badBinCount(0)) {
            try GreyLevels(of: [1], by: .binCount(0), convention: .ibsi)
        }
    }

    /// A rescale intercept of 1e20 makes such images.
    @Test(
        "values so large that bins cannot be told apart are an error, not a trap",
        arguments: [
            (1e20, 1e20, Discretisation.binWidth(25, lowerBound: nil)), (1e20, 1e20, .binCount(32)),
            (1e16, 1e16 + 4, .binWidth(1, lowerBound: nil)), (-1e308, 1e308, .binCount(8)),
            (-1e308, 1e308, .binWidth(1e307, lowerBound: nil)), (1e300, 2e300, .binWidth(1e-300, lowerBound: nil)),
            (1.7e308, 1.79e308, .binWidth(1e308, lowerBound: nil)),
        ] as [(Double, Double, Discretisation)])
    func enormous(low: Double, high: Double, bins: Discretisation) {
        for convention in [Convention.ibsi, .pyradiomics] {
            for precision in [ArithmeticPrecision.double, .single] {
                do {
                    let found = try GreyLevels(of: [low, high], by: bins, convention: convention, precision: precision)
                    #expect(found.levels.allSatisfy { $0 >= 1 && Int($0) <= found.count }, "\(found.levels)")
                } catch { #expect(!error.description.isEmpty) }
            }
        }
        #expect(throws: DiscretisationError.self) {
            try GreyLevels(of: [low, high], by: bins, convention: .pyradiomics, precision: .double)
        }
    }
}
