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
    /// What each patch counts in the pool [B, L], 1 in all for each image; empty: all alike.
    var patchShares: [T] = []
    /// [B, D]
    let mean: UnsafeMutablePointer<T>
    let meanGradient: UnsafeMutablePointer<T>
    /// Behind the norm [B, D], or [B, 1 + L, D] of all tokens.
    let normed: UnsafeMutablePointer<T>
    let normedGradient: UnsafeMutablePointer<T>
    let moments: UnsafeMutablePointer<T>
    /// The standard deviation of the patch tokens [B, D] and what its norm makes of it; nothing where the head does not read it.
    let spread: UnsafeMutablePointer<T>
    let spreadGradient: UnsafeMutablePointer<T>
    let spreadNormed: UnsafeMutablePointer<T>
    let spreadNormedGradient: UnsafeMutablePointer<T>
    let spreadMoments: UnsafeMutablePointer<T>
    /// What the head reads [B, F].
    let feature: UnsafeMutablePointer<T>
    let featureGradient: UnsafeMutablePointer<T>
    /// [B, C]
    let scores: UnsafeMutablePointer<T>
    let scoreGradient: UnsafeMutablePointer<T>
    let scratch: TransformerScratch<T>

    init(
        _ configuration: MaskedAutoencoderConfiguration, _ layers: VisionTransformerLayers, end: TransformerEnd,
        batch: Int, for purpose: TransformerStates<T>.Purpose, workers: Workers
    ) {
        let (all, width) = (configuration.patchCount, layers.blocks.width)
        let rows = batch * (all + 1)
        let normedRows = end == .tokens ? rows : batch
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
        let spreads = layers.spreadNorm == nil ? 0 : batch
        spread = arena.take(spreads * width)
        spreadGradient = arena.take(trained * spreads * width)
        spreadNormed = arena.take(spreads * width)
        spreadNormedGradient = arena.take(trained * spreads * width)
        spreadMoments = arena.take(spreads * 2)
        let read = end == .tokens ? 0 : batch * (layers.head?.inputs ?? width)
        feature = arena.take(read)
        featureGradient = arena.take(trained * read)
        let classes = layers.head?.outputs ?? 0
        scores = arena.take(batch * classes)
        scoreGradient = arena.take(trained * batch * classes)
        scratch = TransformerScratch(
            [layers.blocks.size(sequences: batch, tokens: all + 1)], workers: workers, from: arena)
    }
}
