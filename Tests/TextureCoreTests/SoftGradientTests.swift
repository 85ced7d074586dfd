import Glibc
import Testing
import TextureCore

/// Gradients against central differences in double: five points with a step of 1e-5 (5e-5 bins of 16; 3e-4 / L when sharp),
/// agreement to 1e-6 of the steepest slope.
@Suite struct SoftGradientTests {
    static let side = (width: 7, height: 6)
    static let range = -1.0...2.0

    /// Pixels well inside the range and away from its ends and from ties, the kinks of clamping and of maxima.
    static func patch(_ seed: UInt64, channels: Int = 1, low: Double = -0.8, high: Double = 1.8) -> [Double] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<channels * side.width * side.height).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return low + (high - low) * Double(state >> 11) / 0x1p53
        }
    }

    static func layout(channels: Int = 1) throws -> PatchLayout {
        try PatchLayout(
            images: 1, imageWidth: side.width, imageHeight: side.height, channels: channels, width: side.width,
            height: side.height)
    }

    /// The worst difference between gradient and central difference, relative to the steepest slope.
    static func worst(
        _ loss: TextureLoss, _ x: [Double], _ y: [Double], _ layout: PatchLayout, step: Double = 1e-5,
        skip: (Int) -> Bool = { _ in false }
    ) -> Double {
        let gradient = loss.valueAndGradient(prediction: x, target: y, layout: layout).gradient
        let steepest = gradient.reduce(0) { max($0, abs($1)) }
        guard steepest > 0 else { return .infinity }
        var worst = 0.0
        for k in x.indices where !skip(k) {
            func at(_ h: Double) -> Double {
                var moved = x
                moved[k] += h
                return loss.valueAndGradient(prediction: moved, target: y, layout: layout).value.total
            }
            // Five points: the error of the difference is h⁴ f⁽⁵⁾ / 30.
            let slope = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step)
            worst = max(worst, abs(slope - gradient[k]) / steepest)
        }
        return worst
    }

    static let options: [(SoftLevels.Ends, CooccurrenceMatrix.Symmetry, CooccurrenceLoss.Bounds)] = [
        (.mirrored, .directed, .clamped), (.open, .directed, .unclamped), (.mirrored, .symmetric, .unclamped),
        (.open, .symmetric, .clamped),
    ]

    @Test(arguments: CooccurrenceLoss.Normalisation.allCases, CooccurrenceLoss.Weighting.allCases)
    func matrixLoss(_ normalisation: CooccurrenceLoss.Normalisation, _ weighting: CooccurrenceLoss.Weighting) throws {
        for (ends, symmetry, bounds) in Self.options {
            // Several scales at once: several bins, sharpnesses, offsets (one that no pair has).
            let loss = TextureLoss(
                cooccurrence: (
                    3,
                    try CooccurrenceLoss(
                        range: Self.range,
                        scales: [
                            .init(bins: 8, sharpness: 0.5, offsets: [Offset(1, 0)]),
                            .init(bins: 16, sharpness: 2.5, offsets: [Offset(0, 1), Offset(-2, 1)], weight: 0.5),
                            .init(bins: 32, sharpness: 5, offsets: [Offset(1, 1), Offset(9, 0)]),
                        ], ends: ends, symmetry: symmetry, comparison: .meanSquare(normalisation, weighting),
                        bounds: bounds)
                ))
            let worst = Self.worst(loss, Self.patch(1), Self.patch(2), try Self.layout())
            #expect(worst < 1e-6, "\(ends) \(symmetry) \(bounds): \(worst)")
        }
    }

    @Test func sharpMatrixLoss() throws {
        for sharpness in [30.0, 100] {
            let loss = TextureLoss(
                cooccurrence: (
                    1, try CooccurrenceLoss(range: Self.range, scales: [.init(bins: 16, sharpness: sharpness)])
                ))
            // The narrower the edges, the smaller the step that still sees a straight line.
            let worst = Self.worst(
                loss, Self.patch(5), Self.patch(6), try Self.layout(), step: 3e-4 / sharpness)
            #expect(worst < 1e-6, "L \(sharpness): \(worst)")
        }
    }

    /// Every feature with a derivative, directed and symmetric; 3 by itself has none.
    @Test(arguments: HaralickFeature.allCases.filter(\.isDifferentiable))
    func statistic(_ feature: HaralickFeature) throws {
        for (ends, symmetry, bounds) in Self.options {
            let scale = CooccurrenceLoss.Scale(bins: 8, sharpness: 2.5, offsets: [Offset(1, 0), Offset(1, 1)])
            let loss = TextureLoss(
                statistics: (
                    1,
                    try CooccurrenceLoss(
                        range: Self.range, scales: [scale], ends: ends, symmetry: symmetry,
                        comparison: .statistics([.init(feature)]), bounds: bounds)
                ))
            let worst = Self.worst(loss, Self.patch(3), Self.patch(4), try Self.layout())
            #expect(worst < 1e-6, "\(feature) \(ends) \(symmetry): \(worst)")
        }
    }

    /// ∂f/∂count of every feature by moving single counts, on a matrix written down.
    @Test(arguments: HaralickFeature.allCases.filter(\.isDifferentiable))
    func derivativeByCounts(_ feature: HaralickFeature) throws {
        func matrix(_ counts: [Double], _ symmetry: CooccurrenceMatrix.Symmetry) -> CooccurrenceMatrix {
            CooccurrenceMatrix(
                symmetry: symmetry, levels: [1, 2, 5], greyLevelCount: 5, rows: [0, 0, 1, 1, 2],
                columns: [0, 1, 1, 2, 2],
                counts: counts)
        }
        // Row and column entropies differ: where they are equal a directed information correlation 1 has its kink.
        let counts = [4, 2.5, 3, 1.5, 5.5]
        for symmetry in [CooccurrenceMatrix.Symmetry.symmetric, .directed] {
            let slopes = try #require(feature.derivative(byCountsOf: matrix(counts, symmetry)))
            for k in counts.indices {
                func at(_ h: Double) -> Double {
                    var moved = counts
                    moved[k] += h
                    return HaralickFeatures(matrix(moved, symmetry), convention: .ibsi)[feature].value ?? .nan
                }
                let h = 1e-3
                let expected = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
                // An off-diagonal entry of a symmetric matrix stands for two cells, which move together.
                let found = slopes.upper[k] + (symmetry == .symmetric ? slopes.lower[k] : 0)
                #expect(abs(found - expected) < 1e-8 * max(1, abs(expected)), "\(symmetry) \(k): \(found), \(expected)")
            }
        }
    }

    /// Kinks left out: the pixels that are the minimum and maximum of the item stay so, since steps are small.
    @Test(arguments: [
        StructuralSimilarity.Normalisation.none, .ownRange, .targetRange, .fixed(-1...2),
    ])
    func similarity(_ normalisation: StructuralSimilarity.Normalisation) throws {
        let (x, y) = (Self.patch(7, channels: 2), Self.patch(8, channels: 2))
        for (window, sigma) in [(5, 1.0), (11, 1.5), (1, 1.5)] {
            for clamp in [nil, -0.5...1.5] {
                let loss = TextureLoss(
                    similarity: (
                        2,
                        try StructuralSimilarity(
                            window: window, sigma: sigma, normalisation: normalisation, clamp: clamp)
                    ))
                // Two clamped extremes: their slope is cut off, and so is that of the difference.
                let worst = Self.worst(loss, x, y, try Self.layout(channels: 2))
                #expect(worst < 1e-6, "window \(window) clamp \(String(describing: clamp)): \(worst)")
            }
        }
    }

    @Test(arguments: PixelLoss.Target.allCases)
    func pixels(_ target: PixelLoss.Target) throws {
        let loss = TextureLoss(pixel: (0.1, PixelLoss(target: target)))
        let worst = Self.worst(
            loss, Self.patch(9, channels: 2), Self.patch(10, channels: 2), try Self.layout(channels: 2))
        #expect(worst < 1e-8, "\(worst)")
    }

    @Test func weightedSum() throws {
        let texture = try CooccurrenceLoss(range: Self.range, scales: [.init(bins: 16, sharpness: 2.5)])
        let statistics = try CooccurrenceLoss(
            range: Self.range, scales: [.init(bins: 8, sharpness: 1)], symmetry: .symmetric,
            comparison: .statistics(CooccurrenceLoss.MatchedFeature.usual))
        let loss = TextureLoss(
            pixel: (0.1, PixelLoss()), cooccurrence: (1, texture), statistics: (2, statistics),
            similarity: (1, try StructuralSimilarity(clamp: Self.range)))
        let (x, y) = (Self.patch(11), Self.patch(12))
        let worst = Self.worst(loss, x, y, try Self.layout())
        #expect(worst < 1e-6, "\(worst)")
        let value = loss.valueAndGradient(prediction: x, target: y, layout: try Self.layout()).value
        let sum = 0.1 * value.pixel + value.cooccurrence + 2 * value.statistics + value.similarity
        #expect(abs(value.total - sum) < 1e-15 * abs(sum) * 4)
    }
}
