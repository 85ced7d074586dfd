import NeuralNetwork
import Parallel

/// The workspace of a pass: activations, and gradients by activations where it is for training.
final class VisionTransformerActivations<T: NetworkScalar> {
    private let arena = Arena<T>()
    /// [B · L, channels · p · p], and their tokens [B · L, D].
    let patches: UnsafeMutablePointer<T>
    let embedded: UnsafeMutablePointer<T>
    let embeddedGradient: UnsafeMutablePointer<T>
    /// Of [B, 1 + L, D].
    let states: TransformerStates<T>
    let gradient: UnsafeMutablePointer<T>
    /// [B, D]
    let mean: UnsafeMutablePointer<T>
    let meanGradient: UnsafeMutablePointer<T>
    /// Behind the norm [B, D], or [B, 1 + L, D] of all tokens.
    let normed: UnsafeMutablePointer<T>
    let normedGradient: UnsafeMutablePointer<T>
    let moments: UnsafeMutablePointer<T>
    /// [B, C]
    let scores: UnsafeMutablePointer<T>
    let scoreGradient: UnsafeMutablePointer<T>
    let scratch: TransformerScratch<T>

    init(
        _ configuration: MaskedAutoencoderConfiguration, _ layers: VisionTransformerLayers, batch: Int,
        for purpose: TransformerStates<T>.Purpose, workers: Workers
    ) {
        let (all, width) = (configuration.patchCount, layers.blocks.width)
        let rows = batch * (all + 1)
        let normedRows = layers.norm.weight.name.hasPrefix("fc_") ? batch : rows
        let trained = purpose == .training ? 1 : 0
        patches = arena.take(batch * all * configuration.patchLength)
        embedded = arena.take(batch * all * width)
        embeddedGradient = arena.take(trained * batch * all * width)
        states = TransformerStates(of: layers.blocks, sequences: batch, tokens: all + 1, for: purpose, from: arena)
        gradient = arena.take(trained * rows * width)
        mean = arena.take(batch * width)
        meanGradient = arena.take(trained * batch * width)
        normed = arena.take(normedRows * width)
        normedGradient = arena.take(trained * normedRows * width)
        moments = arena.take(normedRows * 2)
        let classes = layers.head?.outputs ?? 0
        scores = arena.take(batch * classes)
        scoreGradient = arena.take(trained * batch * classes)
        scratch = TransformerScratch(
            [layers.blocks.size(sequences: batch, tokens: all + 1)], workers: workers, from: arena)
    }
}
