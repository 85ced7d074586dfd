import NeuralNetwork
import Parallel
import SeededRandom

/// An encoder that is only looked at. Not to be used by two threads at once; it brings its own.
public final class FrozenEncoder {
    public let configuration: MaskedAutoencoderConfiguration
    private let network: VisionTransformer<Float>
    public var batchCapacity: Int { network.batchCapacity }
    /// D
    public var width: Int { configuration.encoder.width }
    /// Blocks.
    public var depth: Int { configuration.encoder.depth }
    /// What a file lacked; empty where weights came from chance.
    public let report: EncoderWeights.Report

    /// The encoder of a file.
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

    /// An encoder that has learned nothing, as pre-training would start it: what architecture alone does is the least that
    /// pre-training has to beat.
    public init(
        untrained configuration: MaskedAutoencoderConfiguration, seed: UInt64, batchCapacity: Int = 16,
        workers: Workers
    ) throws(ConfigurationError) {
        self.configuration = configuration
        try configuration.checkMachine(embeddingOf: batchCapacity)
        network = VisionTransformer(
            configuration, end: .tokens, batchCapacity: batchCapacity, for: .inference, workers: workers)
        var generator = SeededGenerator(seed: seed)
        network.initialise(from: &generator)
        report = EncoderWeights.Report()
    }

    /// Tokens [1 + L, D] of each image behind each block of a read-out; see ``VisionTransformer/tokens(of:count:behind:)``.
    ///
    /// - Parameter images: [count, channels, height, width]
    /// - Returns: [blocks][count]
    public func tokens(of images: [Float], count: Int, for readout: Readout) -> [[[Float]]] {
        precondition(images.count == count * configuration.imageLength, "\(images.count) values for \(count) images")
        return network.tokens(of: images, count: count, behind: readout.blocks(of: depth), readout.pool.norm)
    }

    /// The norm that belongs to a mean of tokens [D], see ``VisionTransformer/normalised(mean:)``.
    func normalised(mean: [Double]) -> [Double] { network.normalised(mean: mean) }
}
