import NeuralNetwork
import Parallel
import SeededRandom
import Testing

struct OptimiserTests {
    private static func layout() -> ParameterLayout {
        var layout = ParameterLayout()
        layout.add("w.weight", 3, 7)
        layout.add("w.bias", 5)
        return layout
    }

    /// With a constant gradient both moments, corrected, are g and g²: each step moves by the rate (ε = 0), and what has two
    /// axes shrinks by 1 - rate · decay first.
    @Test func stepsUnderAConstantGradient() {
        let layout = Self.layout()
        let (weights, gradients) = (ParameterBuffer<Double>(layout), ParameterBuffer<Double>(layout))
        for entry in layout.entries {
            for i in 0..<entry.count { (weights[entry][i], gradients[entry][i]) = (1, i % 2 == 0 ? 3 : -0.001) }
        }
        let optimiser = AdamW<Double>(layout, settings: AdamWSettings(epsilon: 0, weightDecay: 0.5))
        var expected = (weight: 1.0, bias: 1.0)
        for step in 1...4 {
            let norm = optimiser.step(weights, gradients: gradients, learningRate: 0.1, workers: Workers(2))
            // 11 + 3 values of 3, 10 + 2 of 0.001
            #expect(abs(norm - (14 * 9 + 12e-6).squareRoot()) < 1e-12)
            expected = (expected.weight * (1 - 0.05) - 0.1, expected.bias - 0.1)
            #expect(optimiser.step == step)
            #expect(abs((weights["w.weight"]?[0] ?? .nan) - expected.weight) < 1e-12)
            #expect(abs((weights["w.bias"]?[0] ?? .nan) - expected.bias) < 1e-12)
        }
        #expect((weights["w.bias"]?[1] ?? .nan) > 1.39)
    }

    /// The decay rises to its value: 2/11, 3/12, 4/13 … and then 0.3.
    @Test func theAverageOfWeightsForgetsItsStart() {
        let layout = Self.layout()
        let weights = ParameterBuffer<Float>(layout)
        let average = WeightAverage(layout, decay: 0.3)
        var expected: Float = 0
        for step in 1...6 {
            weights["w.weight"]?[4] = Float(step)
            average.add(weights, step: step, workers: Workers(2))
            let decay = min(0.3, Float(1 + step) / Float(10 + step))
            expected = decay * expected + (1 - decay) * Float(step)
            #expect(abs((average.values["w.weight"]?[4] ?? .nan) - expected) < 1e-6)
        }
        let inside = average.standingIn(for: weights) { weights["w.weight"]?[4] }
        #expect(inside == average.values["w.weight"]?[4] && weights["w.weight"]?[4] == 6)
    }

    @Test func clippingShortensTheGradient() {
        let layout = Self.layout()
        let (weights, gradients) = (ParameterBuffer<Double>(layout), ParameterBuffer<Double>(layout))
        gradients["w.bias"]?[2] = 8
        let optimiser = AdamW<Double>(layout, settings: AdamWSettings(largestNorm: 2))
        #expect(optimiser.step(weights, gradients: gradients, learningRate: 0.1, workers: Workers(1)) == 8)
        #expect(abs((optimiser.firstMoment["w.bias"]?[2] ?? 0) - 0.1 * 2) < 1e-15)
        // What is not finite moves nothing.
        gradients["w.bias"]?[1] = .nan
        let before = weights["w.bias"].map { Array($0) }
        #expect(optimiser.step(weights, gradients: gradients, learningRate: 0.1, workers: Workers(1)).isNaN)
        #expect(weights["w.bias"].map { Array($0) } == before && optimiser.step == 1)
    }

    @Test func learningRateWarmsUpAndFalls() {
        let rate = LearningRate(perBatchOf256: 1.5e-4, batch: 512, warmup: 40, epochs: 400)
        #expect(rate(0) == 0 && rate(20) == 1.5e-4 && rate(40) == 3e-4)
        #expect(abs(rate(220) - 1.5e-4) < 1e-18)  // half way down
        #expect(rate(400) == 0 && rate(500) == 0)
    }

    @Test func generatorGoesOnFromItsWords() {
        var generator = SeededGenerator(seed: 3)
        _ = generator.normal()
        var copy = SeededGenerator(words: generator.words)
        for _ in 0..<5 { #expect(copy?.normal() == generator.normal()) }
        #expect(SeededGenerator(words: [0, 0, 0, 0]) == nil && SeededGenerator(words: [1]) == nil)
    }

    /// Products of odd shapes, and blocks of large ones, against sums by hand.
    @Test(arguments: [(3, 5, 7), (129, 131, 137), (257, 96, 130)]) func productsByHand(_ m: Int, _ n: Int, _ k: Int) {
        var generator = SeededGenerator(seed: 1)
        let a = (0..<m * k).map { _ in generator.normal() }
        let b = (0..<n * k).map { _ in generator.normal() }
        var results: [[Double]] = []
        for threads in [1, 2, 3] {
            var c = [Double](repeating: 1, count: m * n)
            MatrixProduct.multiply(
                MatrixView(a, m, k), MatrixView(b, n, k).transposed, into: &c, previous: .added,
                workers: Workers(threads))
            results.append(c)
        }
        #expect(results[0] == results[1] && results[0] == results[2])
        for (i, j) in [(0, 0), (m - 1, n - 1), (m / 2, n / 3)] {
            let sum = (0..<k).reduce(1.0) { $0 + a[i * k + $1] * b[j * k + $1] }
            #expect(abs(results[0][i * n + j] - sum) < 1e-10)
        }
    }
}
