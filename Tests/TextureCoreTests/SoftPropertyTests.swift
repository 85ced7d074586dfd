import Glibc
import Testing
import TextureCore

/// What holds without references: narrowing, degenerate patches, threads, layouts, schedules, wrong arguments.
@Suite struct SoftPropertyTests {
    /// The narrower the edges, the nearer soft counts come to the exact ones of the same core. With uniformly spread
    /// values the difference falls as 1/L: a share of about 2 ln 2 / L of the weight lies in the neighbouring bin.
    @Test func narrowBinsGiveTheExactMatrix() throws {
        let (side, bins) = (24, 16)
        let patch = SoftGradientTests.patch(20, channels: 14).prefix(side * side).map { ($0 + 0.8) / 2.6 }
        let grey = patch.map { UInt16(min(Double(bins - 1), $0 * Double(bins))) + 1 }
        let pairs = VoxelPairs(LevelGrid(size: [side, side, 1], levels: grey, greyLevelCount: bins), reach: 2)
        for offset in [Offset(1, 0), Offset(0, 1), Offset(2, -1)] {
            for symmetry in [CooccurrenceMatrix.Symmetry.directed, .symmetric] {
                let exact = pairs.count(along: [offset]).matrices(symmetry)[0]
                var last = Double.infinity
                for sharpness in [0.5, 2, 5, 30, 100, 1000, 1e5] {
                    let levels = try SoftLevels(range: 0...1, bins: bins, sharpness: sharpness)
                    var cells = levels.cooccurrence(
                        of: Array(patch), width: side, offset: offset, symmetry: symmetry
                    ).dense
                    for (r, row) in exact.dense.enumerated() {
                        for (c, count) in row.enumerated() { cells[exact.levels[r] - 1][exact.levels[c] - 1] -= count }
                    }
                    let difference = cells.joined().reduce(0) { $0 + abs($1) } / exact.total
                    #expect(difference < last, "\(offset) L \(sharpness): \(difference) after \(last)")
                    #expect(difference < 8 / sharpness, "\(offset) L \(sharpness): \(difference)")
                    last = difference
                }
            }
        }
    }

    /// And so do the features, by the same formulas.
    @Test func narrowBinsGiveTheExactFeatures() throws {
        let (side, bins) = (24, 16)
        let patch = SoftGradientTests.patch(21, channels: 14).prefix(side * side).map { ($0 + 0.8) / 2.6 }
        let grey = patch.map { UInt16(min(Double(bins - 1), $0 * Double(bins))) + 1 }
        let grid = LevelGrid(size: [side, side, 1], levels: grey, greyLevelCount: bins)
        let exact = VoxelPairs(grid, reach: 1).count(along: [Offset(1, 0)]).matrices(.symmetric)[0]
        let levels = try SoftLevels(range: 0...1, bins: bins, sharpness: 1e6)
        let soft = levels.cooccurrence(of: Array(patch), width: side, offset: Offset(1, 0), symmetry: .symmetric)
        let (a, b) = (HaralickFeatures(exact, convention: .ibsi), HaralickFeatures(soft, convention: .ibsi))
        for feature in HaralickFeature.allCases {
            let (x, y) = (try #require(a[feature].value), try #require(b[feature].value))
            #expect(abs(x - y) < 1e-3 * max(1, abs(x)), "\(feature): exact \(x), soft \(y)")
        }
    }

    /// The dense formula, bin by bin, against the bands.
    @Test(arguments: [0.05, 0.5, 2.5, 5, 30, 1000], SoftLevels.Ends.allCases)
    func bandsEqualTheFormula(_ sharpness: Double, _ ends: SoftLevels.Ends) throws {
        for bins in [2, 3, 9, 64, 256, 512] {
            let levels = try SoftLevels(range: -1...2, bins: bins, sharpness: sharpness, ends: ends)
            for value in [-40, -1.4, -1, -0.999, -0.3, 0.123, 0.5, 1.99, 2, 2.001, 4.9, 1e30] {
                // Two pixels, both of the value: the only cell sum is the outer product of its weights.
                let weights = levels.weights(of: value).weights
                let matrix = levels.cooccurrence(of: [value, value], width: 2, offset: Offset(1, 0)).dense
                for i in 0..<bins {
                    for j in 0..<bins {
                        let expected = weights[i] * weights[j]
                        #expect(abs(matrix[i][j] - expected) < 1e-12, "bins \(bins) value \(value) cell \(i) \(j)")
                        guard abs(matrix[i][j] - expected) < 1e-12 else { return }
                    }
                }
            }
        }
    }

    static let degenerate: [(name: String, values: [Double])] = [
        ("constant", [Double](repeating: 0.4, count: 42)),
        ("two values", (0..<42).map { $0 % 3 == 0 ? 0.1 : 0.9 }),
        ("at the ends", (0..<42).map { $0 % 2 == 0 ? -1 : 2 }),
        ("beyond the ends", (0..<42).map { $0 % 2 == 0 ? -3 : 5 }),
        ("infinite", (0..<42).map { $0 % 2 == 0 ? -.infinity : .infinity }),
    ]

    static func everyLoss() throws -> [TextureLoss] {
        let range = -1.0...2.0
        return try [0.5, 5, 30].flatMap { sharpness in
            let scale = CooccurrenceLoss.Scale(bins: 32, sharpness: sharpness)
            return try CooccurrenceLoss.MatrixNormalisation.allCases.flatMap { normalisation in
                try CooccurrenceLoss.Weighting.allCases.map { weighting in
                    TextureLoss(
                        cooccurrence: (
                            1,
                            try CooccurrenceLoss(
                                range: range, scales: [scale], comparison: .meanSquare(normalisation, weighting))
                        ))
                }
            } + [
                TextureLoss(
                    statistics: (
                        1,
                        try CooccurrenceLoss(
                            range: range, scales: [scale], symmetry: .symmetric,
                            comparison: .statistics(
                                HaralickFeature.allCases.filter(\.isDifferentiable).map { .init($0) }))
                    )), TextureLoss(similarity: (1, try StructuralSimilarity(clamp: range))),
            ]
        }
    }

    /// Predictions are clamped, so even infinite ones give numbers, with no gradient beyond the ends.
    @Test(arguments: degenerate.indices)
    func degeneratePredictionsGiveNumbers(_ k: Int) throws {
        let (name, values) = Self.degenerate[k]
        let layout = try SoftGradientTests.layout()
        for loss in try Self.everyLoss() {
            for target in [SoftGradientTests.patch(1), Self.degenerate[0].values] {
                let double = loss.valueAndGradient(prediction: values, target: target, layout: layout)
                let float = loss.valueAndGradient(
                    prediction: values.map { Float($0) }, target: target.map { Float($0) }, layout: layout)
                #expect(double.value.total.isFinite && float.value.total.isFinite, "\(name)")
                #expect(
                    double.gradient.allSatisfy { $0.isFinite } && float.gradient.allSatisfy { $0.isFinite }, "\(name)")
                if k >= 3 { #expect(double.gradient.allSatisfy { $0 == 0 }, "\(name)") }
            }
        }
    }

    @Test func equalPatchesCostNothing() throws {
        let layout = try SoftGradientTests.layout()
        for loss in try Self.everyLoss() {
            for values in [SoftGradientTests.patch(1), Self.degenerate[0].values, Self.degenerate[2].values] {
                let found = loss.valueAndGradient(prediction: values, target: values, layout: layout)
                #expect(abs(found.value.total) < 1e-12, "\(found.value)")
                #expect(found.gradient.allSatisfy { abs($0) < 1e-12 })
            }
        }
    }

    /// A value that is not a number shows in the loss and in its own patch; the other patch keeps its gradient.
    @Test func notANumberStaysInItsPatch() throws {
        let layout = try PatchLayout(
            tokensOf: 1, patchesPerItem: 2, width: SoftGradientTests.side.width, height: SoftGradientTests.side.height,
            channels: 1)
        let clean = SoftGradientTests.patch(1) + SoftGradientTests.patch(2)
        let target = SoftGradientTests.patch(3) + SoftGradientTests.patch(4)
        var broken = clean
        broken[5] = .nan
        for loss in try Self.everyLoss() where loss.similarity == nil {
            let found = loss.valueAndGradient(prediction: broken, target: target, layout: layout)
            let expected = loss.valueAndGradient(prediction: clean, target: target, layout: layout)
            #expect(found.value.total.isNaN)
            #expect(found.gradient.prefix(42).allSatisfy { $0.isNaN })
            #expect(Array(found.gradient.suffix(42)) == Array(expected.gradient.suffix(42)))
        }
        let levels = try SoftLevels(range: -1...2, bins: 8, sharpness: 5)
        let matrix = levels.cooccurrence(of: [0.5, .nan, 0.5, 0.5], width: 4, offset: Offset(1, 0))
        // Of three pairs one has both ends.
        #expect(abs(matrix.total - 1) < 1e-12)
    }

    @Test func threadsDoNotChangeABit() throws {
        let count = 37
        let layout = try PatchLayout(
            tokensOf: count, patchesPerItem: 1, width: SoftGradientTests.side.width,
            height: SoftGradientTests.side.height, channels: 1)
        let x = (0..<count).flatMap { SoftGradientTests.patch(UInt64($0)).map { Float($0) } }
        let y = (0..<count).flatMap { SoftGradientTests.patch(UInt64($0 + 100)).map { Float($0) } }
        for loss in try Self.everyLoss() {
            let one = loss.valueAndGradient(prediction: x, target: y, layout: layout, threads: 1)
            for threads in [2, 5, 64] {
                let many = loss.valueAndGradient(prediction: x, target: y, layout: layout, threads: threads)
                #expect(many.value == one.value)
                #expect(many.gradient == one.gradient)
            }
        }
    }

    /// The same pixels as patch vectors of three channels and as an image.
    @Test func layoutsAgree() throws {
        let (side, grid, channels) = (4, 3, 3)
        let image = SoftGradientTests.patch(1, channels: 40).prefix(channels * 144).map { $0 }
        var tokens = [Double](repeating: 0, count: image.count)
        func place(_ c: Int, _ row: Int, _ column: Int) -> Int {
            let patch = row / side * grid + column / side
            return ((patch * side + row % side) * side + column % side) * channels + c
        }
        for c in 0..<channels {
            for row in 0..<12 {
                for column in 0..<12 { tokens[place(c, row, column)] = image[(c * 12 + row) * 12 + column] }
            }
        }
        let chosen = [1, 5, 6]
        let asImage = try PatchLayout(
            images: 1, imageWidth: 12, imageHeight: 12, channels: channels, width: side, height: side, chosen: chosen)
        let asTokens = try PatchLayout(
            tokensOf: 1, patchesPerItem: 9, width: side, height: side, channels: channels, chosen: chosen)
        let scale = CooccurrenceLoss.Scale(bins: 16, sharpness: 5)
        let loss = TextureLoss(
            pixel: (0.1, PixelLoss()), cooccurrence: (1, try CooccurrenceLoss(range: -1...2, scales: [scale])),
            similarity: (1, try StructuralSimilarity(clamp: -1...2)))
        let zero = [Double](repeating: 0.3, count: image.count)
        let a = loss.valueAndGradient(prediction: image, target: zero, layout: asImage)
        let b = loss.valueAndGradient(prediction: tokens, target: zero, layout: asTokens)
        #expect(abs(a.value.total - b.value.total) < 1e-12)
        for c in 0..<channels {
            for row in 0..<12 {
                for column in 0..<12 {
                    #expect(abs(a.gradient[(c * 12 + row) * 12 + column] - b.gradient[place(c, row, column)]) < 1e-12)
                }
            }
        }
    }

    @Test func windowLargerThanThePatchShrinks() throws {
        let similarity = try StructuralSimilarity(window: 11)
        #expect(similarity.window(width: 8, height: 16) == 7)
        let layout = try PatchLayout(images: 1, imageWidth: 8, imageHeight: 8, channels: 1, width: 8, height: 8)
        let (x, y) = (Array(SoftGradientTests.patch(1, channels: 2).prefix(64)), [Double](repeating: 0.2, count: 64))
        let large = TextureLoss(similarity: (1, similarity)).valueAndGradient(prediction: x, target: y, layout: layout)
        let fitting = TextureLoss(similarity: (1, try StructuralSimilarity(window: 7)))
            .valueAndGradient(prediction: x, target: y, layout: layout)
        #expect(large.value == fitting.value && large.gradient == fitting.gradient)
    }

    @Test func schedules() {
        let authors = SharpnessSchedule.steps(start: 5, increment: 1, period: 6, firstEpoch: 200, limit: 38)
        #expect([0, 200, 205, 206, 397, 398, 500].map { authors.sharpness(epoch: $0) } == [5, 5, 5, 6, 37, 38, 38])
        #expect(SharpnessSchedule.constant(30).sharpness(epoch: 7) == 30)
        let geometric = SharpnessSchedule.geometric(start: 0.5, end: 32, epochs: 0..<7)
        #expect(
            [-1, 0, 1, 6, 9].map { geometric.sharpness(epoch: $0) }.map { ($0 * 1e9).rounded() / 1e9 }
                == [0.5, 0.5, 1, 32, 32])
    }

    @Test func wrongArgumentsSayWhatWasFound() {
        #expect(throws: SoftLevelsError.badRange(lower: 1, upper: 1)) { try SoftLevels(range: 1...1) }
        #expect(throws: SoftLevelsError.badBinCount(found: 1, least: 2, most: 512)) {
            try SoftLevels(range: 0...1, bins: 1)
        }
        #expect(throws: SoftLevelsError.badSharpness(found: 0, least: 0.01, most: 1e6)) {
            try SoftLevels(range: 0...1, sharpness: 0)
        }
        #expect(throws: CooccurrenceLossError.nothingToCompare) { try CooccurrenceLoss(range: 0...1, scales: []) }
        #expect(throws: CooccurrenceLossError.offsetNotInPlane(Offset(0, 0, 1))) {
            try CooccurrenceLoss(range: 0...1, scales: [.init(offsets: [Offset(0, 0, 1)])])
        }
        #expect(throws: CooccurrenceLossError.notDifferentiable(.maximalCorrelationCoefficient)) {
            try CooccurrenceLoss(range: 0...1, comparison: .statistics([.init(.maximalCorrelationCoefficient)]))
        }
        #expect(throws: StructuralSimilarityError.badWindow(found: 4)) { try StructuralSimilarity(window: 4) }
        #expect(throws: PatchLayoutError.repeatedPatch(3)) {
            try PatchLayout(tokensOf: 1, patchesPerItem: 4, width: 2, height: 2, channels: 1, chosen: [3, 3])
        }
        #expect(throws: PatchLayoutError.noSuchPatch(found: 4, count: 4)) {
            try PatchLayout(tokensOf: 1, patchesPerItem: 4, width: 2, height: 2, channels: 1, chosen: [4])
        }
        #expect(throws: PatchLayoutError.patchLargerThanImage(patch: [3, 2], image: [2, 2])) {
            try PatchLayout(images: 1, imageWidth: 2, imageHeight: 2, channels: 1, width: 3, height: 2)
        }
    }
}
