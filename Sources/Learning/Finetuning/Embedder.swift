import MaskedAutoencoder
import NeuralNetwork
import Parallel

/// A frozen encoder that turns images into numbers.
public final class Embedder {
    public let configuration: MaskedAutoencoderConfiguration
    private let network: VisionTransformer<Float>
    public var batchCapacity: Int { network.batchCapacity }
    /// D
    public var width: Int { configuration.encoder.width }
    public let report: EncoderWeights.Report

    public init(
        _ weights: EncoderWeights, configuration: MaskedAutoencoderConfiguration, batchCapacity: Int = 16,
        workers: Workers
    ) throws {
        self.configuration = configuration
        try configuration.checkMachine(embeddingOf: batchCapacity)
        network = VisionTransformer(
            configuration, end: weights.end, batchCapacity: batchCapacity, for: .inference, workers: workers)
        // A norm that the file lacks leaves values as they are normalised.
        for entry in network.weights.layout.entries where entry.name.hasSuffix("norm.weight") {
            for i in 0..<entry.count { network.weights[entry][i] = 1 }
        }
        report = try weights.load(into: network)
    }

    /// The mean of the patch tokens of each image [D], behind its norm; images [count, channels, height, width].
    public func means(of images: [Float], count: Int) -> [[Float]] {
        let pass = forward(images, count: count)
        return (0..<count).map { pass.pooled(ofImage: $0) }
    }

    /// All tokens of each image [1 + L, D], class token first.
    public func tokens(of images: [Float], count: Int) -> [[Float]] {
        let pass = forward(images, count: count)
        return (0..<count).map { pass.tokens(ofImage: $0) }
    }

    /// The norm that belongs to a mean of tokens [D], see ``VisionTransformer/normalised(mean:)``.
    public func normalised(mean: [Double]) -> [Double] { network.normalised(mean: mean) }

    private func forward(_ images: [Float], count: Int) -> VisionTransformerPass<Float> {
        precondition(images.count == count * configuration.imageLength, "\(images.count) values for \(count) images")
        return network.forward(images, count: count)
    }
}
