import Foundation
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import SeededRandom
import TestSupport
import Testing

@Suite("LayerScale in the encoder")
struct LayerScaleTests {
    static func network<T: NetworkScalar>(
        _: T.Type, scaling: LayerScaling = .perChannel, end: TransformerEnd = .classes(3), threads: Int = 2
    ) throws -> VisionTransformer<T> {
        let configuration = try MaskedAutoencoderConfiguration(
            imageHeight: 24, imageWidth: 24, patchSide: 8, channels: 2,
            encoder: .init(width: 12, depth: 3, heads: 3, scaling: scaling))
        let network = VisionTransformer<T>(
            configuration, end: end, batchCapacity: 4, workers: Workers(threads))
        var generator = SeededGenerator(seed: 8)
        network.initialise(from: &generator)
        for entry in network.weights.layout.entries {
            for i in 0..<entry.count { network.weights[entry][i] += T(0.2 * generator.normal()) }
        }
        return network
    }

    /// Central differences with a step of 1e-5 of 3 values of each parameter, γ among them, in double: off by no more than 1e-7
    /// of the largest gradient of the parameter, or 1e-10. With drop path and without, in one part and accumulated over two.
    @Test("Backward is the derivative of the loss", arguments: [false, true])
    func derivative(_ isDropping: Bool) throws {
        let network = try Self.network(Double.self)
        let images = try VisionTransformerTests.images(Double.self)
        let drop = isDropping ? VisionTransformerTests.drop(Double.self) : nil
        let (labels, loss) = (VisionTransformerTests.labels, VisionTransformerTests.loss)
        #expect(network.weights.layout.entries.count { $0.name.hasSuffix(".gamma") } == 6)
        _ = network.forward(images, count: 4, drop: drop).backward(loss, labels: labels)
        func total() -> Double {
            let scores = network.forward(images, count: 4, drop: drop).values(of: .scores)
            return loss.evaluate(scores, labels: labels, classes: 3, gradient: nil)
        }
        var generator = SeededGenerator(seed: 6)
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
        let once = network.weights.layout.entries.map { Array(network.gradients[$0]) }
        _ = network.forward(images, count: 4, drop: drop).backward(loss, labels: labels, .added)
        for (entry, once) in zip(network.weights.layout.entries, once) {
            #expect(zip(network.gradients[entry], once).allSatisfy { abs($0 - 2 * $1) < 1e-12 }, "\(entry.name)")
        }
    }

    /// γ ⊙ (W x + b) = (γ ⊙ W) x + γ ⊙ b: the network without γ whose projections are multiplied by it gives the same numbers.
    @Test("γ multiplies the rows of proj and fc2")
    func folded() throws {
        let scaled = try Self.network(Double.self)
        let plain = try Self.network(Double.self, scaling: .none)
        for entry in plain.weights.layout.entries {
            let values = try #require(scaled.weights[entry.name])
            var gamma: UnsafeMutableBufferPointer<Double>?
            for (branch, scale) in [("attn.proj", "ls1"), ("mlp.fc2", "ls2")] {
                guard let range = entry.name.range(of: "." + branch + ".") else { continue }
                gamma = scaled.weights["\(entry.name[..<range.lowerBound]).\(scale).gamma"]
            }
            for i in 0..<entry.count {
                plain.weights[entry][i] = values[i] * (gamma.map { $0[i / (entry.count / $0.count)] } ?? 1)
            }
        }
        let images = try VisionTransformerTests.images(Double.self)
        let scores = scaled.forward(images, count: 4).values(of: .scores)
        let expected = plain.forward(images, count: 4).values(of: .scores)
        #expect(zip(scores, expected).allSatisfy { abs($0 - $1) < 1e-13 })
        // With γ of 1 nothing is scaled, to the last bit of the sum.
        for entry in scaled.weights.layout.entries where entry.name.hasSuffix(".gamma") {
            scaled.weights[entry].update(repeating: 1)
        }
        let ones = try Self.network(Double.self, scaling: .none)
        for entry in ones.weights.layout.entries {
            _ = ones.weights[entry].update(fromContentsOf: try #require(scaled.weights[entry.name]))
        }
        let (one, none) = (
            scaled.forward(images, count: 4).values(of: .scores), ones.forward(images, count: 4).values(of: .scores)
        )
        #expect(zip(one, none).allSatisfy { abs($0 - $1) < 1e-13 })
    }

    @Test("A step moves γ by its block's rate and without decay, and threads change nothing")
    func step() throws {
        var weights: [[Float]] = []
        for threads in [1, 2, 3] {
            let network = try Self.network(Float.self, threads: threads)
            let decay = LayerDecay(decay: 0.5, depth: 3)
            let optimiser = AdamW<Float>(network.weights.layout, group: decay.group)
            let before = try #require(network.weights["blocks.1.ls2.gamma"].map(Array.init))
            let images = try VisionTransformerTests.images(Float.self)
            _ = network.forward(images, count: 4).backward(
                VisionTransformerTests.loss, labels: VisionTransformerTests.labels)
            optimiser.step(network.weights, gradients: network.gradients, learningRate: 1e-3, workers: network.workers)
            let after = try #require(network.weights["blocks.1.ls2.gamma"].map(Array.init))
            // The first step of Adam has the length of the rate, 0.5² of it here; no decay beside it.
            for (a, b) in zip(before, after) { #expect(abs(abs(a - b) - 0.25e-3) < 1e-6, "\(a) to \(b)") }
            weights.append(network.weights.layout.entries.flatMap { Array(network.weights[$0]) })
        }
        #expect(weights[0] == weights[1] && weights[0] == weights[2])
        #expect(LayerDecay(decay: 0.5, depth: 3).layer(of: "blocks.1.ls2.gamma") == 2)
    }

    @Test("What is written is read again, and a network without γ does not take it")
    func files() throws {
        let folder = try TemporaryFolder()
        let network = try Self.network(Float.self)
        let path = folder["scaled.safetensors"]
        try SafetensorsFile.write(network.weights.tensors(), metadata: ["heads": "3"], to: path)
        let file = try EncoderWeights(path: path)
        #expect(file.encoder == .init(width: 12, depth: 3, heads: 3, scaling: .perChannel) && file.end == .pooled)
        let again = try Self.network(Float.self)
        for entry in again.weights.layout.entries { again.weights[entry].update(repeating: 9) }
        #expect(try file.load(into: again).missing == [])
        for entry in network.weights.layout.entries {
            #expect(Array(network.weights[entry]) == Array(again.weights[entry]), "\(entry.name)")
        }
        let plain = try Self.network(Float.self, scaling: .none)
        #expect { try file.load(into: plain) } throws: { "\($0)".contains("blocks.0.ls1.gamma") }
    }

    /// A masked autoencoder with both stacks scaled, by differences of its loss.
    @Test("The masked autoencoder has it as well")
    func maskedAutoencoder() throws {
        let configuration = try MaskedAutoencoderConfiguration(
            imageHeight: 24, imageWidth: 24, patchSide: 12, channels: 1, maskRatio: 0.5,
            encoder: .init(width: 12, depth: 2, heads: 3, scaling: .perChannel),
            decoder: .init(width: 8, depth: 1, heads: 2, scaling: .perChannel))
        let network = MaskedAutoencoderNetwork<Double>(configuration, batchCapacity: 2, workers: Workers(1))
        var generator = SeededGenerator(seed: 4)
        network.initialise(from: &generator)
        for entry in network.weights.layout.entries {
            for i in 0..<entry.count { network.weights[entry][i] += 0.1 * generator.normal() }
        }
        let images = (0..<2 * configuration.imageLength).map { _ in generator.normal() }
        let mask = PatchMask(images: 2, patchCount: 4, keeping: 2, from: &generator)
        func total() throws -> Double { try network.forward(images, mask: mask).loss(.meanSquaredError).total }
        _ = try network.addGradient(of: .meanSquaredError, images: images, mask: mask)
        for name in [
            "blocks.0.ls1.gamma", "blocks.1.ls2.gamma", "decoder_blocks.0.ls1.gamma", "decoder_blocks.0.ls2.gamma",
        ] {
            let (weights, gradient) = (try #require(network.weights[name]), try #require(network.gradients[name])[3])
            let middle = weights[3]
            weights[3] = middle + 1e-5
            let up = try total()
            weights[3] = middle - 1e-5
            let slope = (up - (try total())) / 2e-5
            weights[3] = middle
            #expect(
                abs(slope - gradient) < 1e-7 * max(1e-3, abs(gradient)), "\(name): \(gradient), differences \(slope)")
        }
    }
}
