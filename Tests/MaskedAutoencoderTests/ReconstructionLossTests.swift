import Foundation
import MaskedAutoencoder
import Parallel
import SeededRandom
import Testing
import TextureCore

/// Terms by themselves, on predictions that nobody's network made.
struct ReconstructionLossTests {
    private let shape: MaskedAutoencoderConfiguration
    private let mask: PatchMask
    private let prediction: [Double]
    private let target: [Double]

    init() throws {
        shape = try MaskedAutoencoderConfiguration(
            imageHeight: 16, imageWidth: 24, patchSide: 8, channels: 2, maskRatio: 0.5,
            encoder: .init(width: 12, depth: 1, heads: 3), decoder: .init(width: 8, depth: 1, heads: 2))
        mask = try PatchMask(visible: [[1, 5, 3], [0, 1, 2]], patchCount: 6)
        var generator = SeededGenerator(seed: 12)
        let count = 2 * shape.imageLength
        target = (0..<count).map { _ in 0.05 + 0.9 * generator.uniform() }
        prediction = (0..<count).map { _ in 0.05 + 0.9 * generator.uniform() }
    }

    private func evaluate(
        _ loss: ReconstructionLoss, _ prediction: [Double], gradient: Bool = false
    ) throws -> (ReconstructionLoss.Value, [Double]) {
        var slopes = [Double](repeating: .nan, count: prediction.count)
        let value = try slopes.withUnsafeMutableBufferPointer { slopes in
            try loss.evaluate(
                prediction: prediction, target: target, mask: mask, shape: shape,
                gradient: gradient ? slopes.baseAddress : nil, buffers: LossBuffers<Double>(length: prediction.count),
                workers: Workers(2))
        }
        return (value, slopes)
    }

    private static func texture(
        _ offsets: [Offset], statistics: Bool = false
    ) throws -> CooccurrenceLoss {
        try CooccurrenceLoss(
            range: 0...1, scales: [.init(bins: 12, sharpness: 1.5, offsets: offsets)],
            comparison: statistics
                ? .statistics(CooccurrenceLoss.MatchedFeature.usual) : .meanSquare(.counts, .damped))
    }

    private static func losses() throws -> [ReconstructionLoss] {
        let across = [Offset(1, 0), Offset(0, 2), Offset(4, 0)]
        return [
            ReconstructionLoss([.texture(try texture(across), weight: 3, scope: .pasted(window: 1))]),
            ReconstructionLoss([
                .texture(try texture(across, statistics: true), scope: .pasted(window: 2)),
                .texture(try texture([Offset(1, 1)]), weight: 0.5, scope: .hidden, name: "glcm_2"),
                .pixels(PixelLoss(), weight: 2), .structure(try StructuralSimilarity(window: 5), scope: .image),
            ]),
        ]
    }

    /// Five-point differences with a step of 1e-5 in double: off by no more than 1e-6 of the steepest slope.
    @Test(arguments: [0, 1]) func gradientIsTheDerivative(_ which: Int) throws {
        let loss = try Self.losses()[which]
        let (value, gradient) = try evaluate(loss, prediction, gradient: true)
        let steepest = gradient.reduce(0) { max($0, abs($1)) }
        var worst = 0.0
        let step = 1e-5
        for place in stride(from: 0, to: prediction.count, by: 7) {
            func at(_ h: Double) throws -> Double {
                var moved = prediction
                moved[place] += h
                return try evaluate(loss, moved).0.total
            }
            let slope = (8 * (try at(step) - at(-step)) - (try at(2 * step) - at(-2 * step))) / (12 * step)
            worst = max(worst, abs(slope - gradient[place]) / steepest)
        }
        #expect(worst < 1e-6, "loss \(which): off by \(worst) of the steepest slope")
        #expect(steepest > 0)
        // The lengths are those of each term alone.
        for term in value.terms {
            let alone = ReconstructionLoss(loss.terms.filter { $0.name == term.name && $0.kind == term.kind })
            var single = alone
            single.terms[0].weight = 1
            let slopes = try evaluate(single, prediction, gradient: true).1
            let length = slopes.reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(abs((term.slope ?? 0) - length) < 1e-12 * length, "\(term.name)")
        }
    }

    /// Pasted by hand, cut into windows by hand, each compared by itself.
    @Test func pastedWindowsAreWhatTheyAreCalled() throws {
        let texture = try Self.texture([Offset(1, 0), Offset(0, 1)])
        let hidden = Set(mask.masked)
        func image(_ tokens: [Double]) -> [Double] {
            var image = [Double](repeating: 0, count: tokens.count)
            tokens.withUnsafeBufferPointer { tokens in
                image.withUnsafeMutableBufferPointer {
                    Patches(shape).unpatchify(
                        tokens.baseAddress!, count: 2, into: $0.baseAddress!, workers: Workers(1))
                }
            }
            return image
        }
        let pasted = image(
            prediction.indices.map { hidden.contains($0 / shape.patchLength) ? prediction[$0] : target[$0] })
        let original = image(target)
        var values: [Double] = []
        for item in 0..<2 {
            for origin in [0, 4] {
                for y in stride(from: origin, through: 16 - 8, by: 8) {
                    for x in stride(from: origin, through: 24 - 8, by: 8) {
                        let touched = [(x, y), (x + 7, y), (x, y + 7), (x + 7, y + 7)].map {
                            item * 6 + $0.1 / 8 * 3 + $0.0 / 8
                        }
                        guard touched.contains(where: hidden.contains) else { continue }
                        func window(_ image: [Double]) -> [Double] {
                            (0..<8).flatMap { row in
                                (0..<8).map { image[item * 2 * 16 * 24 + (y + row) * 24 + x + $0] }
                            }
                        }
                        let layout = try PatchLayout(
                            images: 1, imageWidth: 8, imageHeight: 8, channels: 1, width: 8, height: 8)
                        values.append(
                            TextureLoss(cooccurrence: (1, texture)).valueAndGradient(
                                prediction: window(pasted), target: window(original), layout: layout
                            ).value.total)
                    }
                }
            }
        }
        let expected = values.reduce(0, +) / Double(values.count)
        let loss = ReconstructionLoss([.texture(texture, scope: .pasted(window: 1))])
        let (value, gradient) = try evaluate(loss, prediction, gradient: true)
        #expect(values.count == 6 + 4 && abs(value.total - expected) < 1e-12 * expected, "\(value.total), \(expected)")
        // What is seen is not predicted.
        for place in gradient.indices where !hidden.contains(place / shape.patchLength) {
            #expect(gradient[place] == 0)
        }
        // The pairs across borders are what the patches by themselves do not have.
        let apart = try evaluate(ReconstructionLoss([.texture(texture)]), prediction).0.total
        #expect(abs(apart - value.total) > 1e-3 * apart)
    }

    @Test func theMeanGuessIsTheMeanOfWhatIsSeen() throws {
        let network = MaskedAutoencoderNetwork<Double>(shape, batchCapacity: 2, workers: Workers(2))
        var generator = SeededGenerator(seed: 1)
        network.initialise(from: &generator)
        let images = (0..<2 * shape.imageLength).map { _ in generator.normal() }
        let pass = network.forward(images, mask: mask)
        let (tokens, made) = (pass.values(of: .target), pass.values(of: .prediction))
        let hidden = mask.masked
        var (sum, first, own) = (0.0, 0.0, 0.0)
        for patch in hidden {
            let item = patch / 6
            for place in 0..<shape.patchLength {
                let channel = place % 2
                let seen = mask.visible[item].flatMap { visible in
                    stride(from: channel, to: shape.patchLength, by: 2).map {
                        tokens[(item * 6 + visible) * shape.patchLength + $0]
                    }
                }
                let difference = seen.reduce(0, +) / Double(seen.count) - tokens[patch * shape.patchLength + place]
                sum += difference * difference
                guard channel == 0 else { continue }
                first += difference * difference
                let at = patch * shape.patchLength + place
                own += (made[at] - tokens[at]) * (made[at] - tokens[at])
            }
        }
        let count = Double(hidden.count * shape.patchLength)
        let guess = try pass.meanGuess(PixelLoss())
        #expect(abs(guess - sum / count) < 1e-12)
        let errors = pass.firstChannelErrors()
        #expect(abs(errors.meanGuess - 2 * first / count) < 1e-12 && abs(errors.network - 2 * own / count) < 1e-12)
        // Of patches that have mean 0 and deviation 1, all but one degree of freedom.
        let normalised = try pass.meanGuess(PixelLoss(target: .normalised))
        #expect(abs(normalised - 127.0 / 128) < 1e-5, "\(normalised)")
        let means = pass.meanTokens()
        let all = pass.values(of: .encoderNorm)
        #expect(means.count == 2 && means[0].count == 12)
        let sum4 = all[5 * 12 + 4] + all[6 * 12 + 4] + all[7 * 12 + 4]
        #expect(abs(means[1][4] - sum4 / 3) < 1e-12)
    }

    @Test func effectiveRankCountsDirections() throws {
        // Rows on a line, two directions of equal spread, all alike, one row, a value that is none.
        let line = try #require(EffectiveRank.of([[0, 0, 1], [1, 2, 1], [3, 6, 1]]))
        #expect(abs(line - 1) < 1e-6)
        let plane = try #require(EffectiveRank.of([[1.0, 0, 5], [-1, 0, 5], [0, 1, 5], [0, -1, 5]]))
        #expect(abs(plane - 2) < 1e-6)
        #expect(EffectiveRank.of([[1, 2], [1, 2]]) == 0)
        #expect(EffectiveRank.of([[1, 2]]) == nil && EffectiveRank.of([[1, .nan], [2, 1]]) == nil)
        // NumPy: exp(entropy of s / s.sum()), s = svd([[3,1,0],[0,2,1],[1,0,4],[2,2,2]] less its means).
        let known = try #require(EffectiveRank.of([[3, 1, 0], [0, 2, 1], [1, 0, 4], [2, 2, 2]]))
        #expect(abs(known - 2.7388453902913006) < 1e-9, "\(known)")
    }
}
