import Foundation
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import SeededRandom
import TestSupport
import Testing

struct VisionTransformerTests {
    static func configuration(side: Int = 24, channels: Int = 2) throws -> MaskedAutoencoderConfiguration {
        try MaskedAutoencoderConfiguration(
            imageHeight: side, imageWidth: side, patchSide: 8, channels: channels,
            encoder: .init(width: 12, depth: 3, heads: 3))
    }

    static func network<T: NetworkScalar>(
        _: T.Type, classes: Int = 3, pool: TokenPool = .mean, for purpose: TransformerStates<T>.Purpose = .training,
        threads: Int = 2
    ) throws -> VisionTransformer<T> {
        let network = VisionTransformer<T>(
            try configuration(), end: .classes(classes, pool: pool), batchCapacity: 4, for: purpose,
            workers: Workers(threads))
        var generator = SeededGenerator(seed: 8)
        network.initialise(from: &generator)
        for entry in network.weights.layout.entries {
            for i in 0..<entry.count { network.weights[entry][i] += T(0.1 * generator.normal()) }
        }
        return network
    }

    static func images<T: NetworkScalar>(_: T.Type, count: Int = 4) throws -> [T] {
        var generator = SeededGenerator(seed: 2)
        return (0..<count * (try configuration().imageLength)).map { _ in T(generator.normal()) }
    }

    static let labels = [0, 2, 1, 2]
    static let loss = CrossEntropy(smoothing: 0.1)

    /// Some branches dropped, the others weighed.
    static func drop<T: NetworkScalar>(_: T.Type, count: Int = 4) -> DropPath<T> {
        var generator = SeededGenerator(seed: 11)
        return DropPath(rate: 0.6, depth: 3, sequences: count, from: &generator)
    }

    /// Central differences with a step of 1e-5 of 3 values of each parameter, in double: off by no more than 1e-7 of the
    /// largest gradient of the parameter, or 1e-10.
    @Test(arguments: [false, true], TokenPool.allCases)
    func backwardIsTheDerivativeOfTheLoss(_ isDropping: Bool, pool: TokenPool) throws {
        try checkBackward(isDropping, pool, patchWeights: nil)
    }

    /// Of a region: some patches count more than others, and some do not.
    @Test(arguments: [TokenPool.mean, .moments])
    func backwardIsTheDerivativeOfTheLossOfARegion(_ pool: TokenPool) throws {
        let patches = try Self.configuration().patchCount
        try checkBackward(
            true, pool,
            patchWeights: (0..<4).map { image in (0..<patches).map { Double(($0 * 7 + image) % 5) } })
    }

    private func checkBackward(_ isDropping: Bool, _ pool: TokenPool, patchWeights: [[Double]]?) throws {
        let network = try Self.network(Double.self, pool: pool)
        let images = try Self.images(Double.self)
        let drop = isDropping ? Self.drop(Double.self) : nil
        var generator = SeededGenerator(seed: 6)
        _ = network.forward(images, count: 4, patchWeights: patchWeights, drop: drop)
            .backward(Self.loss, labels: Self.labels)
        func total() -> Double {
            let scores = network.forward(images, count: 4, patchWeights: patchWeights, drop: drop).values(of: .scores)
            return Self.loss.evaluate(scores, labels: Self.labels, classes: 3, gradient: nil)
        }
        let step = 1e-5
        for entry in network.weights.layout.entries {
            let gradient = Array(network.gradients[entry])
            let largest = gradient.reduce(0) { max($0, abs($1)) }
            for _ in 0..<3 {
                let i = generator.integer(below: entry.count)
                let middle = network.weights[entry][i]
                network.weights[entry][i] = middle + step
                let up = total()
                network.weights[entry][i] = middle - step
                let slope = (up - total()) / (2 * step)
                network.weights[entry][i] = middle
                #expect(
                    abs(slope - gradient[i]) <= max(1e-10, 1e-7 * largest),
                    "\(entry.name)[\(i)]: \(gradient[i]), differences give \(slope)")
            }
        }
    }

    /// The head's feature, from the tokens of the last block by hand: what a frozen encoder's read-out has, behind the norms.
    @Test(arguments: TokenPool.allCases) func whatTheHeadReads(_ pool: TokenPool) throws {
        let network = try Self.network(Double.self, pool: pool)
        let pass = network.forward(try Self.images(Double.self), count: 4)
        let (tokens, found) = (pass.values(of: .block(2)), pass.values(of: .feature))
        let (width, rows) = (12, network.configuration.patchCount + 1)
        func normed(_ values: [Double], _ name: String) throws -> [Double] {
            let (gamma, beta) = (
                try #require(network.weights["\(name).weight"]), try #require(network.weights["\(name).bias"])
            )
            let mean = values.reduce(0, +) / Double(width)
            let variance = values.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
            let scale = 1 / (variance + 1e-6).squareRoot()
            return (0..<width).map { k in (values[k] - mean) * scale * gamma[k] + beta[k] }
        }
        var expected: [Double] = []
        for image in 0..<4 {
            func token(_ row: Int) -> [Double] {
                Array(tokens[(image * rows + row) * width..<(image * rows + row + 1) * width])
            }
            let patches = (1..<rows).map(token)
            let count = Double(patches.count)
            let mean: [Double] = (0..<width).map { k in patches.reduce(0.0) { $0 + $1[k] } / count }
            let spread: [Double] = (0..<width).map { k in
                let squares: Double = patches.reduce(0.0) { sum, token in
                    let difference = token[k] - mean[k]
                    return sum + difference * difference
                }
                return (squares / count + 1e-6).squareRoot()
            }
            switch pool {
            case .mean: expected += try normed(mean, "fc_norm")
            case .moments: expected += try normed(mean, "fc_norm") + normed(spread, "sd_norm")
            case .classToken: expected += try normed(token(0), "norm")
            }
        }
        let worst = zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(found.count == expected.count && worst < 1e-12, "\(pool): off by \(worst)")
    }

    @Test func dropPathWithEveryBranchKeptIsNone() throws {
        let network = try Self.network(Double.self)
        let images = try Self.images(Double.self)
        let plain = network.forward(images, count: 4).values(of: .scores)
        let ones = DropPath<Double>.Branch([1, 1, 1, 1])
        let kept = network.forward(
            images, count: 4, drop: DropPath(factors: [nil, .init(attention: ones, hidden: ones), nil])
        ).values(of: .scores)
        #expect(zip(plain, kept).allSatisfy { abs($0 - $1) < 1e-13 })
        // A block that is dropped for image 2 hands on what came in, for that image alone.
        let gone = DropPath<Double>.Branch([1, 1, 0, 1])
        let pass = network.forward(
            images, count: 4, drop: DropPath(factors: [nil, .init(attention: gone, hidden: gone), nil]))
        let (before, after) = (pass.values(of: .block(0)), pass.values(of: .block(1)))
        let length = before.count / 4
        for image in 0..<4 {
            let range = image * length..<(image + 1) * length
            #expect((before[range] == after[range]) == (image == 2), "image \(image)")
        }
    }

    @Test func dropPathDrawsItsRate() {
        var generator = SeededGenerator(seed: 3)
        let drop = DropPath<Float>(rate: 0.2, depth: 5, sequences: 20_000, from: &generator)
        #expect(drop.factors[0] == nil)
        for index in 1..<5 {
            let rate = 0.05 * Double(index)
            for branch in [drop.factors[index]?.attention, drop.factors[index]?.hidden] {
                let factors = branch?.factors ?? []
                let dropped = Double(factors.count { $0 == 0 }) / 20_000
                // Four deviations of a proportion.
                #expect(
                    abs(dropped - rate) < 4 * (rate * (1 - rate) / 20_000).squareRoot(), "block \(index): \(dropped)")
                #expect(factors.allSatisfy { $0 == 0 || $0 == Float(1 / (1 - rate)) })
            }
        }
        var (a, b) = (SeededGenerator(seed: 3), SeededGenerator(seed: 3))
        let (one, two) = (
            DropPath<Float>(rate: 0.2, depth: 5, sequences: 4, from: &a),
            DropPath<Float>(rate: 0.2, depth: 5, sequences: 4, from: &b)
        )
        #expect(one.factors == two.factors)
    }

    @Test func accumulationEqualsALargerBatch() throws {
        let network = try Self.network(Double.self)
        let images = try Self.images(Double.self)
        let whole = network.forward(images, count: 4).backward(Self.loss, labels: Self.labels)
        let expected = network.weights.layout.entries.map { Array(network.gradients[$0]) }
        let length = network.configuration.imageLength
        var sum = 0.0
        for (first, count) in [(0, 3), (3, 1)] {
            sum += network.forward(Array(images[first * length..<(first + count) * length]), count: count).backward(
                Self.loss, labels: Self.labels[first..<first + count], share: Double(count) / 4,
                first == 0 ? .overwritten : .added)
        }
        #expect(abs(sum - whole) < 1e-14)
        for (entry, expected) in zip(network.weights.layout.entries, expected) {
            let worst = zip(network.gradients[entry], expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(worst < 1e-14, "\(entry.name): \(worst)")
        }
    }

    @Test func inferenceNeedsNoMemoryOfBlocksAndThreadsChangeNothing() throws {
        let images = try Self.images(Float.self)
        let one = try Self.network(Float.self, threads: 1)
        let many = try Self.network(Float.self, for: .inference, threads: 3)
        let trained = one.forward(images, count: 4)
        let inferred = many.forward(images, count: 4)
        let scores = (trained.values(of: .scores), inferred.values(of: .scores))
        #expect(scores.0 == scores.1)
        let pooled = (trained.values(of: .feature), inferred.values(of: .feature))
        #expect(pooled.0 == pooled.1)
        let probabilities = inferred.probabilities()
        #expect(probabilities.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-12 })
    }

    @Test func aScoreThatIsNotANumberIsALossThatIsNone() {
        var scores: [Float] = [1, .nan, 0]
        let value = scores.withUnsafeMutableBufferPointer {
            CrossEntropy().evaluate($0.baseAddress!, labels: [0], classes: 3, gradient: nil)
        }
        #expect(value.isNaN)
    }

    /// Golden numbers: `torch.nn.functional.cross_entropy` of PyTorch 2.15 with the smoothed, mixed labels as probabilities and
    /// weights of the classes.
    @Test func mixedLabelsAndClassWeightsAreThoseOfPyTorch() {
        let scores: [Double] = [1, -0.5, 0.25, 0, 2, -1]
        var gradient = [Double](repeating: 0, count: 6)
        let loss = CrossEntropy(smoothing: 0.1, weights: [0.5, 2, 1.25])
        let value = gradient.withUnsafeMutableBufferPointer { gradient in
            scores.withUnsafeBufferPointer {
                loss.evaluate(
                    $0.baseAddress!, labels: [SoftLabel(0, 2, share: 0.7), SoftLabel(1)], classes: 3,
                    gradient: gradient.baseAddress!)
            }
        }
        #expect(abs(value - 0.640_081_530_913_343_4) < 1e-15)
        let expected = [
            0.063_450_508_413_252_6, 0.017_826_806_995_029_62, -0.081_277_315_408_282_24, 0.101_579_546_074_338_86,
            -0.121_180_901_395_044_1, 0.019_601_355_320_705_24,
        ]
        #expect(zip(gradient, expected).allSatisfy { abs($0 - $1) < 1e-15 }, "\(gradient)")
        // A probability of 0 that is not wanted adds nothing.
        let certain: [Double] = [0, 2000]
        let none = certain.withUnsafeBufferPointer {
            CrossEntropy().evaluate($0.baseAddress!, labels: [1], classes: 2, gradient: nil)
        }
        #expect(none == 0)
    }

    /// Golden numbers: PyTorch's kernel (a = -0.75) written out for one axis. Place 0 of 4 from 2: source -0.25, taps
    /// -2…1 (clamped 0, 0, 0, 1); the weight of place 1 is kernel(1.25).
    @Test func positionsBetweenGrids() {
        let table: [Double] = [9, 9, 0, 1, 1, 3]
        let wider = PositionTable.interpolated(table, width: 2, from: (1, 2), to: (1, 4))
        let weight = ((-0.75 * 1.25 + 3.75) * 1.25 - 6) * 1.25 + 3
        #expect(wider[..<2] == [9, 9] && wider.count == 10)
        #expect(abs(wider[2] - weight) < 1e-15 && abs(wider[3] - (1 + 2 * weight)) < 1e-15, "\(wider), \(weight)")
        // The picture's symmetry stays: place 3 mirrors place 0.
        #expect(abs(wider[8] - (1 - weight)) < 1e-15)
        #expect(PositionTable.interpolated(table, width: 2, from: (1, 2), to: (1, 2)) == table)
        // Away from the edges a cubic kernel reproduces a straight line.
        let line = [0.0] + (0..<16).flatMap { row in (0..<16).map { Double(3 * row + $0) } }
        let finer = PositionTable.interpolated(line, width: 1, from: (16, 16), to: (20, 20))
        for place in 5..<15 {
            let source = (Double(place) + 0.5) * 0.8 - 0.5
            #expect(abs(finer[1 + place * 20 + 7] - (3 * source + 7.5 * 0.8 - 0.5)) < 0.2, "\(place)")
        }
    }

    @Test func filesThatDoNotFitAreRefusedWithBothSides() throws {
        let folder = try TemporaryFolder()
        let configuration = try MaskedAutoencoderConfiguration(
            imageHeight: 16, imageWidth: 16, patchSide: 8, channels: 3, encoder: .init(width: 12, depth: 3, heads: 3),
            decoder: .init(width: 8, depth: 1, heads: 2))
        let source = MaskedAutoencoderNetwork<Float>(configuration, batchCapacity: 1, workers: Workers(1))
        var generator = SeededGenerator(seed: 1)
        source.initialise(from: &generator)
        try WeightsFile.save(source, to: folder["three.safetensors"], metadata: ["heads": "3"])
        let file = try EncoderWeights(path: folder["three.safetensors"])
        #expect(file.channels == 3 && file.gridSide == 2 && file.patchSide == 8)
        let grey = VisionTransformer<Float>(
            try Self.configuration(channels: 1), end: .classes(2), batchCapacity: 1, workers: Workers(1))
        #expect { try file.load(into: grey) } throws: { "\($0)".contains("3 channel(s), these have 1") }
        // Another grid: interpolated, and said.
        let larger = VisionTransformer<Float>(
            try Self.configuration(channels: 3), end: .classes(2), batchCapacity: 1, workers: Workers(1))
        let report = try file.load(into: larger)
        #expect(report.interpolated?.from == 2 && report.interpolated?.to == 3)
        #expect(report.missing == ["fc_norm.weight", "fc_norm.bias", "head.weight", "head.bias"])
        try SafetensorsFile.write([], to: folder["none.safetensors"])
        #expect { try EncoderWeights(path: folder["none.safetensors"]) } throws: {
            "\($0)".contains("patch_embed.proj.weight is absent")
        }
    }
}
