import MaskedAutoencoder
import NeuralNetwork
import Parallel
import Preparation
import Pretraining
import SettingsFile

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
        forward(images, count: count)
        return (0..<count).map { network.pooled(ofImage: $0) }
    }

    /// All tokens of each image [1 + L, D], class token first.
    public func tokens(of images: [Float], count: Int) -> [[Float]] {
        forward(images, count: count)
        return (0..<count).map { Array(network.tokens(ofImage: $0)) }
    }

    /// The norm that belongs to a mean of tokens [D], see ``VisionTransformer/normalised(mean:)``.
    public func normalised(mean: [Double]) -> [Double] { network.normalised(mean: mean) }

    private func forward(_ images: [Float], count: Int) {
        precondition(images.count == count * configuration.imageLength, "\(images.count) values for \(count) images")
        images.withUnsafeBufferPointer { network.forward($0.baseAddress!, count: count) }
    }
}

extension EncoderWeights {
    /// How the images were normalised that it was trained on: as the file says, or ImageNet's statistics for three channels.
    /// Nil when a file of one channel does not say.
    public var normalisation: Normalisation? {
        func numbers(_ key: String) -> [Double] {
            (metadata[key] ?? "").split(separator: ",").compactMap { Double($0) }
        }
        let (mean, deviation) = (numbers("mean"), numbers("deviation"))
        guard mean.count == channels, deviation.count == channels, deviation.allSatisfy({ $0 > 0 }) else {
            return channels == 3 ? .imageNet : nil
        }
        return Normalisation(mean: mean, deviation: deviation)
    }

    /// Ranges of values by modality, as the file says; nil when it does not.
    public func intensity() throws(SettingsError) -> IntensityMapping? {
        guard let text = metadata["intensity"] else { return nil }
        return try IntensityMapping(yaml: text)
    }

    /// Rows and columns that it was trained with, as the file says.
    public var imageSize: Int? { metadata["image_size"].flatMap { Int($0) } ?? gridSide.map { $0 * patchSide } }
}
