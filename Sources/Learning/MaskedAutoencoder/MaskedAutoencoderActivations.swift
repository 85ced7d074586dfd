import NeuralNetwork
import Parallel

/// The memory of a step, taken once: activations that backward needs, and gradients by activations.
final class MaskedAutoencoderActivations<T: NetworkScalar> {
    private let arena = Arena<T>()
    /// Visible patches [B · K, C · p · p], channel first, and their tokens [B · K, D].
    let patches: UnsafeMutablePointer<T>
    let embedded: UnsafeMutablePointer<T>
    let embeddedGradient: UnsafeMutablePointer<T>
    /// Of [B, 1 + K, D].
    let encoder: TransformerStates<T>
    let encoderNormed: UnsafeMutablePointer<T>
    let encoderMoments: UnsafeMutablePointer<T>
    let encoderSlopes: UnsafeMutablePointer<T>
    let encoderGradient: UnsafeMutablePointer<T>
    /// [B, 1 + K, D of the decoder]
    let decoderEmbedded: UnsafeMutablePointer<T>
    let decoderEmbeddedGradient: UnsafeMutablePointer<T>
    /// Of [B, 1 + L, D].
    let decoder: TransformerStates<T>
    let decoderGradient: UnsafeMutablePointer<T>
    /// Without the class token [B, L, D], before and after the norm.
    let decoderTokens: UnsafeMutablePointer<T>
    let decoderNormed: UnsafeMutablePointer<T>
    let decoderMoments: UnsafeMutablePointer<T>
    let decoderSlopes: UnsafeMutablePointer<T>
    let decoderTokenGradient: UnsafeMutablePointer<T>
    /// [B, L, P] each.
    let target: UnsafeMutablePointer<T>
    let prediction: UnsafeMutablePointer<T>
    let predictionGradient: UnsafeMutablePointer<T>
    let scratch: TransformerScratch<T>
    private let imageCount: Int
    private var images: UnsafeMutablePointer<T>?

    init(
        _ configuration: MaskedAutoencoderConfiguration, _ layers: MaskedAutoencoderLayers, batch: Int, workers: Workers
    ) {
        let (visible, all) = (configuration.visibleCount, configuration.patchCount)
        let (outer, inner) = (layers.encoder.width, layers.decoder.width)
        patches = arena.take(batch * visible * configuration.patchLength)
        embedded = arena.take(batch * visible * outer)
        embeddedGradient = arena.take(batch * visible * outer)
        let encoderRows = batch * (visible + 1)
        encoder = TransformerStates(of: layers.encoder, sequences: batch, tokens: visible + 1, from: arena)
        encoderNormed = arena.take(encoderRows * outer)
        encoderMoments = arena.take(encoderRows * 2)
        encoderSlopes = arena.take(encoderRows * outer)
        encoderGradient = arena.take(encoderRows * outer)
        decoderEmbedded = arena.take(encoderRows * inner)
        decoderEmbeddedGradient = arena.take(encoderRows * inner)
        decoder = TransformerStates(of: layers.decoder, sequences: batch, tokens: all + 1, from: arena)
        decoderGradient = arena.take(batch * (all + 1) * inner)
        decoderTokens = arena.take(batch * all * inner)
        decoderNormed = arena.take(batch * all * inner)
        decoderMoments = arena.take(batch * all * 2)
        decoderSlopes = arena.take(batch * all * inner)
        decoderTokenGradient = arena.take(batch * all * inner)
        imageCount = 3 * batch * configuration.imageLength
        target = arena.take(imageCount / 3)
        prediction = arena.take(imageCount / 3)
        predictionGradient = arena.take(imageCount / 3)
        let stacks = [
            layers.encoder.size(sequences: batch, tokens: visible + 1),
            layers.decoder.size(sequences: batch, tokens: all + 1),
        ]
        scratch = TransformerScratch(stacks, workers: workers, from: arena)
    }

    /// Room for three batches of images, taken when a loss first asks for it.
    func imageRoom() -> UnsafeMutablePointer<T> {
        if let images { return images }
        let room = arena.take(imageCount)
        images = room
        return room
    }
}

/// A place in the network where the last forward can be looked at.
public enum MaskedAutoencoderActivation: Hashable, Sendable {
    /// Tokens of the visible patches before positions [B, K, D].
    case patchEmbedding
    /// [B, 1 + K, D]
    case encoderInput
    case encoderBlock(Int)
    case encoderNorm
    /// [B, 1 + L, D]
    case decoderInput
    case decoderBlock(Int)
    /// Without the class token [B, L, D].
    case decoderNorm
    /// [B, L, P]
    case prediction
    /// Patch vectors of the images [B, L, P].
    case target
    /// Gradient of the last evaluated loss by the prediction [B, L, P].
    case predictionGradient
}

extension MaskedAutoencoderNetwork {
    /// Predictions of the last forward [B, L, P], of visible patches too; the first `mask.imageCount` images of the batch
    /// capacity count.
    public var prediction: UnsafePointer<T> { UnsafePointer(activations.prediction) }

    /// The values at a place after the forward of `images` images, shapes as ``MaskedAutoencoderActivation`` says.
    public func values(of place: MaskedAutoencoderActivation, images: Int) -> [T] {
        precondition((0...batchCapacity).contains(images), "\(images) images; at most \(batchCapacity)")
        let (a, visible, all) = (activations, configuration.visibleCount, configuration.patchCount)
        let (outer, inner) = (layers.encoder.width, layers.decoder.width)
        func copy(_ pointer: UnsafeMutablePointer<T>, _ tokens: Int, _ width: Int) -> [T] {
            Array(UnsafeBufferPointer(start: pointer, count: images * tokens * width))
        }
        switch place {
        case .patchEmbedding: return copy(a.embedded, visible, outer)
        case .encoderInput: return copy(a.encoder.input, visible + 1, outer)
        case .encoderBlock(let index): return copy(a.encoder.residual[index + 1], visible + 1, outer)
        case .encoderNorm: return copy(a.encoderNormed, visible + 1, outer)
        case .decoderInput: return copy(a.decoder.input, all + 1, inner)
        case .decoderBlock(let index): return copy(a.decoder.residual[index + 1], all + 1, inner)
        case .decoderNorm: return copy(a.decoderNormed, all, inner)
        case .prediction: return copy(a.prediction, all, configuration.patchLength)
        case .target: return copy(a.target, all, configuration.patchLength)
        case .predictionGradient: return copy(a.predictionGradient, all, configuration.patchLength)
        }
    }
}
