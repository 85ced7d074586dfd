import Foundation
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import SeededRandom
import TestSupport
import Testing

/// The classifier against PyTorch in float64: activations, scores, loss, gradients (1e-4 relative in float; in double 1e-8, or what the
/// fixture is rounded to)
/// and weights after AdamW with layer-wise learning rates.
@Suite(.enabled(if: FixtureSet.exists, Comment(rawValue: FixtureSet.absence)))
struct FinetuningFixtureTests {
    static let fixtures = (try? ClassifierFixture.all()) ?? []

    @Test func thereAreFixtures() { #expect(!Self.fixtures.isEmpty) }

    @Test(arguments: fixtures) func activationsLossAndGradients(_ fixture: ClassifierFixture) throws {
        try check(fixture, Float.self, bound: 1e-4)
        try check(fixture, Double.self, bound: fixture.doubleBound)
    }

    private func check<T: NetworkScalar>(_ fixture: ClassifierFixture, _: T.Type, bound: Double) throws {
        let network = try fixture.network(T.self)
        let pass = network.forward(try fixture.images(T.self), count: fixture.labels.count)
        var places: [(String, VisionTransformerActivation, String)] = [
            ("pooled", .mean, "act.pooled"), ("feature", .feature, "act.feature"), ("logits", .scores, "logits"),
        ]
        for index in 0..<fixture.configuration.encoder.depth {
            places.append(("block \(index)", .block(index), "act.block_\(index)"))
        }
        for (name, place, tensor) in places {
            let error = worstRelative(pass.values(of: place), try fixture.tensor(tensor))
            #expect(error < bound, "\(T.self) \(name): off by \(error) relative")
        }
        let loss = pass.backward(fixture.loss, labels: fixture.labels)
        let expected = try fixture.tensor("loss")[0]
        #expect(abs(loss - expected) / expected < bound, "\(T.self): loss \(loss), expected \(expected)")
        var worst = (0.0, "")
        #expect(fixture.names("grad") == network.weights.layout.entries.map(\.name).sorted())
        for name in fixture.names("grad") {
            let found = withoutKeyBias(name, try #require(network.gradients[name]))
            let error = worstRelative(found, withoutKeyBias(name, try fixture.tensor("grad.\(name)")))
            if !(error <= worst.0) { worst = (error, name) }
        }
        #expect(worst.0 < bound, "\(T.self) grad.\(worst.1): off by \(worst.0) relative")
        print("\(fixture) \(T.self): worst gradient \(worst)")
    }

    @Test(arguments: fixtures) func stepsOfAdamW(_ fixture: ClassifierFixture) throws {
        try checkSteps(fixture, Float.self)
        try checkSteps(fixture, Double.self)
    }

    private func checkSteps<T: NetworkScalar>(_ fixture: ClassifierFixture, _: T.Type) throws {
        let network = try fixture.network(T.self)
        let decay = LayerDecay(decay: fixture.layerDecay, depth: fixture.configuration.encoder.depth)
        let optimiser = AdamW<T>(network.weights.layout, settings: fixture.adamW, group: decay.group)
        for (step, time) in fixture.times.enumerated() {
            let rate = fixture.rate(time)
            #expect(abs(rate - fixture.rates[step]) < 1e-12)
            let pass = network.forward(try fixture.images(T.self), count: fixture.labels.count)
            let loss = pass.backward(fixture.loss, labels: fixture.labels)
            let error = abs(loss - fixture.losses[step]) / fixture.losses[step]
            #expect(error < (T.self == Float.self ? 1e-5 : 1e-8), "\(T.self) step \(step): \(loss)")
            optimiser.step(network.weights, gradients: network.gradients, learningRate: rate, workers: network.workers)
        }
        var gaps: [Double] = []
        for name in fixture.names("after") {
            let found = withoutKeyBias(name, try #require(network.weights[name]))
            let expected = withoutKeyBias(name, try fixture.tensor("after.\(name)"))
            gaps += zip(found, expected).map { abs(Double($0) - $1) }
        }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let largest = gaps.max() ?? .infinity
        // PyTorch's own float32 run: mean 4e-9, largest 1.1e-7.
        let bound =
            T.self == Float.self
            ? (mean: 2e-8, largest: 1e-6) : (mean: fixture.doubleBound / 10, largest: fixture.doubleBound)
        #expect(mean < bound.mean && largest < bound.largest, "\(T.self): mean \(mean), largest \(largest)")
        print("\(fixture) \(T.self): after steps mean \(mean), largest \(largest)")
    }

    @Test(arguments: fixtures) func groups(_ fixture: ClassifierFixture) throws {
        let network = try fixture.network(Float.self)
        let decay = LayerDecay(decay: fixture.layerDecay, depth: fixture.configuration.encoder.depth)
        #expect(fixture.groups.count == network.weights.layout.entries.count)
        for entry in network.weights.layout.entries {
            let (group, expected) = (decay.group(of: entry), try #require(fixture.groups[entry.name]))
            #expect(abs(group.rateFactor - expected.rate) < 1e-12, "\(entry.name): \(group.rateFactor)")
            #expect(group.decays == (expected.decay > 0), "\(entry.name)")
        }
    }

    /// PyTorch's own run in float32 is as far away as ours.
    @Test func floatRunOfPyTorch() throws {
        for run in try FixtureSet.files(ofKind: "finetune_f32run") {
            let of = try #require(run.description["of"] as? String)
            let fixture = try #require(Self.fixtures.first { $0.name == of + ".safetensors" })
            let network = try fixture.network(Float.self)
            let pass = network.forward(try fixture.images(Float.self), count: fixture.labels.count)
            let scores = pass.values(of: .scores)
            #expect(worstRelative(scores, try run.tensors.tensor("logits").values) < 1e-5)
            _ = pass.backward(fixture.loss, labels: fixture.labels)
            for name in fixture.names("grad") {
                let found = withoutKeyBias(name, try #require(network.gradients[name]))
                let expected = withoutKeyBias(name, try run.tensors.tensor("grad.\(name)").values)
                let error = worstRelative(found, expected)
                #expect(error < 1e-4, "grad.\(name): \(error)")
            }
        }
    }

    /// The weights of the MAE fixture, written as a file of ours, are the encoder of the classifier; fc_norm and head are
    /// what is missing, and nothing else.
    @Test(arguments: fixtures) func encoderFromPretraining(_ fixture: ClassifierFixture) throws {
        let source = try #require(try NetworkFixture.all().first { $0.name == fixture.encoderFrom + ".safetensors" })
        let network = try source.network(Float.self)
        try source.usePositions(in: network)
        let folder = try TemporaryFolder()
        try WeightsFile.save(
            network, to: folder["encoder.safetensors"], metadata: ["heads": "\(fixture.configuration.encoder.heads)"])
        let file = try EncoderWeights(path: folder["encoder.safetensors"])
        #expect(file.encoder == fixture.configuration.encoder && file.end == .tokens && file.headClasses == 0)
        let classifier = VisionTransformer<Float>(
            try file.configuration(imageSize: nil), end: .classes(fixture.classes), batchCapacity: 1,
            workers: Workers(1))
        let report = try file.load(into: classifier)
        #expect(report.missing.sorted() == fixture.missing.sorted())
        #expect(
            report.unexpected.allSatisfy {
                $0.hasPrefix("decoder_") || ["mask_token", "norm.weight", "norm.bias"].contains($0)
            })
        for entry in classifier.weights.layout.entries where !report.missing.contains(entry.name) {
            #expect(
                classifier.weights[entry].map { Double($0) } == (try fixture.tensor("w.\(entry.name)")), "\(entry.name)"
            )
        }
    }
}

/// A tiny classifier, a batch, and what an independent PyTorch implementation computed in float64.
struct ClassifierFixture: CustomStringConvertible, Sendable {
    let name: String
    let configuration: MaskedAutoencoderConfiguration
    let classes: Int
    let labels: [Int]
    let loss: CrossEntropy
    let adamW: AdamWSettings
    let layerDecay: Double
    let rate: LearningRate
    let times: [Double]
    let rates: [Double]
    let losses: [Double]
    let groups: [String: (rate: Double, decay: Double)]
    let missing: [String]
    let encoderFrom: String
    /// What the arithmetic in double may be off by, relative: its own rounding, or that of float32 tensors.
    let doubleBound: Double
    private let tensors: Held

    private struct Held: @unchecked Sendable { let tensors: Safetensors }

    var description: String { name }

    static func all() throws -> [ClassifierFixture] {
        try FixtureSet.files(ofKind: "finetune").map(ClassifierFixture.init)
    }

    init(_ file: FixtureSet.File) throws {
        func table(_ key: String) throws -> [String: Any] {
            guard let table = file.description[key] as? [String: Any] else { throw FixtureFailure.missing(key) }
            return table
        }
        func number(_ table: [String: Any], _ key: String) throws -> Double {
            guard let number = table[key] as? NSNumber else { throw FixtureFailure.missing(key) }
            return number.doubleValue
        }
        func numbers(_ table: [String: Any], _ key: String) throws -> [Double] {
            guard let list = table[key] as? [NSNumber] else { throw FixtureFailure.missing(key) }
            return list.map(\.doubleValue)
        }
        name = file.name
        tensors = Held(tensors: file.tensors)
        let model = try table("model")
        func size(_ key: String) throws -> Int { Int(try number(model, key)) }
        configuration = try MaskedAutoencoderConfiguration(
            imageHeight: size("img_h"), imageWidth: size("img_w"), patchSide: size("patch"), channels: size("channels"),
            encoder: .init(width: size("dim"), depth: size("depth"), heads: size("heads")))
        classes = try size("classes")
        labels = try file.tensors.tensor("labels").values.map { Int($0) }
        let optimiser = try table("optimiser")
        loss = CrossEntropy(smoothing: try number(optimiser, "smoothing"))
        let betas = try numbers(optimiser, "betas")
        adamW = AdamWSettings(
            beta1: betas[0], beta2: betas[1], epsilon: try number(optimiser, "eps"),
            weightDecay: try number(optimiser, "weight_decay"))
        layerDecay = try number(optimiser, "layer_decay")
        rate = LearningRate(
            base: try number(optimiser, "base_lr"), floor: try number(optimiser, "floor_lr"),
            warmup: try number(optimiser, "warmup"), epochs: try number(optimiser, "epochs"))
        times = try numbers(optimiser, "times")
        rates = try numbers(table("steps"), "lr")
        losses = try numbers(table("steps"), "loss before each step")
        groups = try table("groups").compactMapValues { group in
            guard let group = group as? [String: Double], let rate = group["lr_multiplier"],
                let decay = group["weight_decay"]
            else { return nil }
            return (rate, decay)
        }
        doubleBound = file.description["precision"] as? String == "float64" ? 1e-8 : 2e-7
        missing = file.strings("missing_keys_when_loading")
        encoderFrom = file.description["encoder_from"] as? String ?? ""
    }

    func tensor(_ name: String) throws -> [Double] { try tensors.tensors.tensor(name).values }
    func names(_ prefix: String) -> [String] {
        tensors.tensors.names.filter { $0.hasPrefix(prefix + ".") }.map { String($0.dropFirst(prefix.count + 1)) }
    }
    func images<T: NetworkScalar>(_: T.Type) throws -> [T] { try tensor("imgs").map { T($0) } }

    func network<T: NetworkScalar>(_: T.Type, threads: Int = 1) throws -> VisionTransformer<T> {
        let network = VisionTransformer<T>(
            configuration, end: .classes(classes), batchCapacity: labels.count, workers: Workers(threads))
        for entry in network.weights.layout.entries {
            let values = try tensor("w.\(entry.name)")
            guard values.count == entry.count else { throw FixtureFailure.missing(entry.name) }
            for (i, value) in values.enumerated() { network.weights[entry][i] = T(value) }
        }
        return network
    }
}
