import NeuralNetwork
import Parallel

/// The workspace of a pass: activations that backward needs, and gradients by activations.
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
    let lossBuffers: LossBuffers<T>

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
        let imageCount = batch * configuration.imageLength
        target = arena.take(imageCount)
        prediction = arena.take(imageCount)
        predictionGradient = arena.take(imageCount)
        lossBuffers = LossBuffers(length: imageCount)
        let stacks = [
            layers.encoder.size(sequences: batch, tokens: visible + 1),
            layers.decoder.size(sequences: batch, tokens: all + 1),
        ]
        scratch = TransformerScratch(stacks, workers: workers, from: arena)
    }
}
