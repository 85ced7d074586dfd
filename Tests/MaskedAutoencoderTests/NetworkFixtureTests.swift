import MaskedAutoencoder
import NeuralNetwork
import TestSupport
import Testing

/// The whole network against PyTorch in float64: every activation, loss term, gradient and step, by the arithmetic that trains
/// (1e-4 relative to the largest value of a tensor) and by its double twin (1e-8, or what the fixture is rounded to).
@Suite(.enabled(if: FixtureSet.exists, Comment(rawValue: FixtureSet.absence)))
struct NetworkFixtureTests {
    static let fixtures = (try? NetworkFixture.all()) ?? []

    /// Float's bound.
    static let trainingBound = 1e-4

    @Test func thereAreFixtures() { #expect(!Self.fixtures.isEmpty) }

    @Test(arguments: fixtures) func masks(_ fixture: NetworkFixture) throws {
        let mask = try fixture.mask()
        #expect(mask.visible.flatMap { $0 }.map(Double.init) == (try fixture.tensor("kept")))
        let masked = Set(mask.masked)
        let flags = try fixture.tensor("mask")
        #expect(flags.indices.allSatisfy { (flags[$0] == 1) == masked.contains($0) })
    }

    @Test(arguments: fixtures) func positions(_ fixture: NetworkFixture) throws {
        let network = try fixture.network(Double.self)
        #expect(worstRelative(network.encoderPositions, try fixture.tensor("w.pos_embed")) < 1e-7)
        #expect(worstRelative(network.decoderPositions, try fixture.tensor("w.decoder_pos_embed")) < 1e-7)
    }

    @Test(arguments: fixtures) func activations(_ fixture: NetworkFixture) throws {
        try checkActivations(fixture, Float.self, bound: Self.trainingBound)
        try checkActivations(fixture, Double.self, bound: fixture.doubleBound)
    }

    private func checkActivations<T: TrainingScalar>(_ fixture: NetworkFixture, _: T.Type, bound: Double) throws {
        let network = try fixture.network(T.self)
        try fixture.usePositions(in: network)
        let (mask, shape) = (try fixture.mask(), fixture.configuration)
        let pass = network.forward(try fixture.images(T.self), mask: mask)
        var places: [(String, MaskedAutoencoderActivation, [Double])] = []
        for name in fixture.names("act") {
            var expected = try fixture.tensor("act.\(name)")
            let place: MaskedAutoencoderActivation
            switch name {
            case "patch_embed":
                place = .patchEmbedding
                let width = shape.encoder.width
                expected = mask.visible.enumerated().flatMap { image, patches in
                    patches.flatMap { patch in
                        expected[
                            (image * shape.patchCount + patch) * width..<(image * shape.patchCount + patch + 1) * width]
                    }
                }
            case "encoder_input": place = .encoderInput
            case "encoder_norm": place = .encoderNorm
            case "decoder_input": place = .decoderInput
            case "decoder_norm":
                place = .decoderNorm
                let (width, tokens) = (shape.decoder.width, shape.patchCount + 1)
                expected = (0..<fixture.batch).flatMap {
                    expected[($0 * tokens + 1) * width..<($0 + 1) * tokens * width]
                }
            case "pred": place = .prediction
            default:
                let index = try #require(name.split(separator: "_").last.flatMap { Int($0) })
                place = name.hasPrefix("encoder") ? .encoderBlock(index) : .decoderBlock(index)
            }
            places.append((name, place, expected))
        }
        places.append(("target", .target, try fixture.tensor("target")))
        #expect(places.count >= 11)
        for (name, place, expected) in places {
            let error = worstRelative(pass.values(of: place), expected)
            #expect(error < bound, "\(fixture.name) \(T.self) \(name): off by \(error) relative")
        }
    }

    @Test(arguments: fixtures) func lossesAndGradients(_ fixture: NetworkFixture) throws {
        try checkGradients(fixture, Float.self, bound: Self.trainingBound)
        try checkGradients(fixture, Double.self, bound: fixture.doubleBound)
    }

    private func checkGradients<T: TrainingScalar>(_ fixture: NetworkFixture, _: T.Type, bound: Double) throws {
        let network = try fixture.network(T.self)
        try fixture.usePositions(in: network)
        let (images, mask) = (try fixture.images(T.self), try fixture.mask())
        for which in ["mse", "total"] {
            let evaluated = try network.forward(images, mask: mask).evaluated(by: fixture.loss(which))
            let value = evaluated.loss
            let pairs: [(String, Double)] =
                which == "mse"
                ? [("mse", value.total)]
                : [
                    ("mse", value.meanSquaredError), ("glcm", value.cooccurrence), ("ssim", value.similarity),
                    ("total", value.total),
                ]
            for (name, found) in pairs {
                let expected = try #require(fixture.terms[name])
                let error = abs(found - expected) / abs(expected)
                // Terms are stored as doubles in every fixture.
                #expect(
                    error < (T.self == Float.self ? bound : 1e-8),
                    "\(fixture.name) \(T.self) \(name): \(found), expected \(expected), off by \(error) relative")
            }
            let error = worstRelative(
                evaluated.predictionGradient, try fixture.tensor("dpred.\(which)"))
            #expect(error < bound, "\(fixture.name) \(T.self) dpred.\(which): off by \(error) relative")
            let names = fixture.names("grad_\(which)")
            guard !names.isEmpty else { continue }
            evaluated.backward()
            #expect(Set(names) == Set(network.weights.layout.entries.map(\.name)))
            var worst = (0.0, "")
            for name in names {
                let found = try #require(network.gradients[name])
                let expected = withoutKeyBias(name, try fixture.tensor("grad_\(which).\(name)"))
                let error = worstRelative(withoutKeyBias(name, found), expected)
                if !(error <= worst.0) { worst = (error, name) }
            }
            #expect(worst.0 < bound, "\(fixture.name) \(T.self) grad_\(which).\(worst.1): off by \(worst.0) relative")
            print("\(fixture.name) \(T.self) \(which): worst gradient \(worst)")
        }
    }

    @Test(arguments: fixtures) func stepsOfAdamW(_ fixture: NetworkFixture) throws {
        for which in fixture.steps.keys.sorted() {
            try checkSteps(fixture, which, Double.self)
            try checkSteps(fixture, which, Float.self)
        }
    }

    private func checkSteps<T: TrainingScalar>(_ fixture: NetworkFixture, _ which: String, _: T.Type) throws {
        let network = try fixture.network(T.self)
        try fixture.usePositions(in: network)
        let images = try fixture.images(T.self)
        let optimiser = AdamW<T>(network.weights.layout, settings: fixture.adamW)
        let (rates, losses) = try #require(fixture.steps[which])
        for (step, rate) in rates.enumerated() {
            let report = try network.step(
                fixture.loss(which), images: images, mask: fixture.mask("noise_steps", step: step),
                optimiser: optimiser,
                learningRate: rate)
            let error = abs(report.loss.total - losses[step]) / losses[step]
            #expect(
                error < (T.self == Float.self ? 1e-5 : 1e-8),
                "\(fixture.name) \(T.self) \(which) step \(step): \(report.loss.total), expected \(losses[step])")
        }
        var gaps: [Double] = []
        for name in fixture.names("after_\(which)") {
            let found = withoutKeyBias(name, try #require(network.weights[name]))
            let expected = withoutKeyBias(name, try fixture.tensor("after_\(which).\(name)"))
            #expect(found.count == expected.count)
            gaps += zip(found, expected).map { abs(Double($0) - $1) }
        }
        gaps.sort()
        let (mean, quantile) = (gaps.reduce(0, +) / Double(gaps.count), gaps[gaps.count * 99 / 100])
        // A step of Adam can turn the rounding of a tiny gradient into a move of a whole learning rate, so that only the mean
        // and a quantile mean anything in float; PyTorch's own float32 run shows up to 6e-7 and 5e-6 (manifest).
        if T.self == Float.self {
            #expect(mean < 1e-6 && quantile < 1e-5, "\(fixture.name) \(which): mean \(mean), 0.99 quantile \(quantile)")
        } else {
            let largest = gaps.last ?? .infinity
            #expect(largest < fixture.doubleBound, "\(fixture.name) \(which): off by \(largest)")
        }
        print(
            "\(fixture.name) \(T.self) \(which): after steps mean \(mean), quantile \(quantile), max \(gaps.last ?? 0)")
    }

    /// Two threads and one give the same bits, for every tensor of a step.
    @Test(arguments: fixtures) func threadsDoNotChangeAStep(_ fixture: NetworkFixture) throws {
        var weights: [[Float]] = []
        for threads in [1, 2, 3] {
            let network = try fixture.network(Float.self, threads: threads)
            let optimiser = AdamW<Float>(network.weights.layout, settings: fixture.adamW)
            for step in 0..<3 {
                _ = try network.step(
                    fixture.loss, images: fixture.images(Float.self), mask: fixture.mask("noise_steps", step: step),
                    optimiser: optimiser, learningRate: 1e-3)
            }
            weights.append(network.weights.layout.entries.flatMap { Array(network.weights[$0]) })
        }
        #expect(weights[0] == weights[1] && weights[0] == weights[2])
    }
}

extension NetworkFixture {
    /// The fixture's float32 positions instead of the table in double.
    func usePositions<T: TrainingScalar>(in network: MaskedAutoencoderNetwork<T>) throws {
        try network.setPositions(
            encoder: tensor("w.pos_embed").map { T($0) }, decoder: tensor("w.decoder_pos_embed").map { T($0) })
    }
}
