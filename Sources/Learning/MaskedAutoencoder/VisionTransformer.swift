// The encoder after pre-training: all patches of an image through the blocks, then what it is to be used for, a class or an
// embedding. Legend as in MaskedAutoencoderConfiguration; C classes.

import NeuralNetwork
import Parallel
import SeededRandom

/// What stands behind the blocks.
public enum TransformerEnd: Hashable, Sendable {
    /// The mean of the patch tokens, a norm (`fc_norm`) and a linear layer (`head`) to so many classes: the MAE repository's
    /// model for fine-tuning.
    case classes(Int)
    /// The mean of the patch tokens and the norm `fc_norm`: a fine-tuned encoder without its head.
    case pooled
    /// The norm `norm` of every token: the encoder as it was pre-trained.
    case tokens
}

/// A vision transformer over whole images, with trainable positions. Float trains; Double is the twin for tests. Not to be
/// used by two threads at once; it brings its own.
public final class VisionTransformer<T: NetworkScalar> {
    /// Image, patches, channels and encoder; mask and decoder are not looked at.
    public let configuration: MaskedAutoencoderConfiguration
    public let end: TransformerEnd
    public let layers: VisionTransformerLayers
    public let weights: ParameterBuffer<T>
    /// Of the network for training only.
    public let gradients: ParameterBuffer<T>
    public let batchCapacity: Int
    public let workers: Workers

    private let activations: VisionTransformerActivations<T>
    private var pass: NetworkPass<T>
    /// Of the last forward.
    private var images = 0
    private var drop: DropPath<T>?

    /// All weights are zero until ``initialise(from:)`` or a weights file sets them. Takes all memory that a step needs; for
    /// inference, the activations of one block alone.
    public init(
        _ configuration: MaskedAutoencoderConfiguration, end: TransformerEnd, batchCapacity: Int,
        for purpose: TransformerStates<T>.Purpose = .training, workers: Workers
    ) {
        precondition(batchCapacity > 0, "a batch of \(batchCapacity) images")
        (self.configuration, self.end) = (configuration, end)
        (self.batchCapacity, self.workers) = (batchCapacity, workers)
        var layout = ParameterLayout()
        layers = VisionTransformerLayers(configuration, end: end, in: &layout)
        weights = ParameterBuffer(layout)
        gradients = purpose == .training ? ParameterBuffer(layout) : weights
        pass = NetworkPass(weights: weights, gradients: gradients, accumulation: .overwritten, workers: workers)
        activations = VisionTransformerActivations(
            configuration, layers, batch: batchCapacity, for: purpose, workers: workers)
    }

    /// Starts the weights: the blocks as the pre-training does, positions with sines and cosines, and the head from a normal
    /// distribution with deviation 2e-5, so that all classes start out alike (timm's `trunc_normal_`, whose cut at ±2 no
    /// draw ever reaches).
    public func initialise(from generator: inout SeededGenerator) {
        weights.initialise(from: &generator)
        let table = PositionTable.sineCosine(
            width: layers.blocks.width, rows: configuration.patchRows, columns: configuration.patchColumns)
        _ = weights[layers.positions].update(fromContentsOf: table.map { T($0) })
        guard let head = layers.head else { return }
        let values = weights[head.weight]
        for i in values.indices { values[i] = T(2e-5 * generator.normal()) }
    }

    /// images [B, channels, height, width] through everything; results are in ``scores``, ``pooled``, ``tokens`` until the
    /// next call. `drop` belongs to training only.
    public func forward(_ images: UnsafePointer<T>, count: Int, drop: DropPath<T>? = nil) {
        precondition((1...batchCapacity).contains(count), "a batch of \(count) images; at most \(batchCapacity)")
        (self.images, self.drop) = (count, drop)
        let (a, patches) = (activations, configuration.patchCount)
        let places = (0..<count).flatMap { image in (0..<patches).map { (image: image, patch: $0) } }
        layers.embedding.forward(
            images, height: configuration.imageHeight, width: configuration.imageWidth, places: places,
            into: a.embedded, patches: a.patches, pass)
        addPositionsAndClassToken(count)
        layers.blocks.forward(
            a.states, sequences: count, tokens: patches + 1, scratch: a.scratch, drop: drop, pass)
        guard end != .tokens else {
            return layers.norm.forward(
                a.states.output, rows: count * (patches + 1), into: a.normed, moments: a.moments, pass)
        }
        meanOfPatches(count)
        layers.norm.forward(a.mean, rows: count, into: a.normed, moments: a.moments, pass)
        if let head = layers.head { head.forward(UnsafePointer(a.normed), rows: count, into: a.scores, pass) }
    }

    /// [B, C] of the last forward.
    public var scores: UnsafePointer<T> { UnsafePointer(activations.scores) }

    /// Loss of the last forward against labels, times `share`, and the gradients of all parameters: forward's calls the
    /// other way round. A loss that is not finite leaves the gradients alone.
    public func backward(
        _ loss: CrossEntropy, labels: some Collection<Int>, share: Double = 1,
        _ accumulation: MatrixProduct.Previous = .overwritten
    ) -> Double {
        guard let head = layers.head, case .classes(let classes) = end else {
            preconditionFailure("a backward without a head")
        }
        precondition(labels.count == images, "\(labels.count) labels for \(images) images")
        let (a, count, patches) = (activations, images, configuration.patchCount)
        let value = loss.evaluate(
            a.scores, labels: labels, classes: classes, gradient: a.scoreGradient, share: share)
        guard value.isFinite else { return value }
        pass.accumulation = accumulation
        head.backwardParameters(a.scoreGradient, x: a.normed, rows: count, pass)
        head.backwardInput(a.scoreGradient, rows: count, into: a.normedGradient, pass)
        a.meanGradient.update(repeating: 0, count: count * layers.blocks.width)
        layers.norm.backward(
            a.normedGradient, x: a.mean, moments: a.moments, rows: count, addingTo: a.meanGradient,
            recomputing: a.normed, pass)
        meanOfPatchesBackward(count)
        layers.blocks.backward(
            a.gradient, a.states, sequences: count, tokens: patches + 1, scratch: a.scratch, drop: drop, pass)
        addPositionsAndClassTokenBackward(count, accumulation)
        layers.embedding.backward(a.embeddedGradient, patches: a.patches, count: count * patches, pass)
        return value
    }

    // MARK: Results

    /// Probabilities [B][C] of the last forward.
    public func probabilities() -> [[Double]] {
        guard case .classes(let classes) = end else { preconditionFailure("probabilities without a head") }
        return (0..<images).map { CrossEntropy.probabilities(activations.scores + $0 * classes, classes: classes) }
    }

    /// Tokens [1 + L, D] of an image of the last forward, class token first: behind the norm of a pre-trained encoder,
    /// behind the last block of a fine-tuned one (whose norm belongs to the mean).
    public func tokens(ofImage image: Int) -> UnsafeBufferPointer<T> {
        precondition((0..<images).contains(image), "image \(image) of \(images)")
        let count = (configuration.patchCount + 1) * layers.blocks.width
        let start = end == .tokens ? activations.normed : activations.states.output
        return UnsafeBufferPointer(start: start + image * count, count: count)
    }

    /// The mean of the patch tokens of an image of the last forward [D], with the norm that belongs to it.
    public func pooled(ofImage image: Int) -> [T] {
        let width = layers.blocks.width
        guard end == .tokens else {
            return Array(UnsafeBufferPointer(start: activations.normed + image * width, count: width))
        }
        let (tokens, patches) = (tokens(ofImage: image), configuration.patchCount)
        return (0..<width).map { k in
            (1...patches).reduce(T(0)) { $0 + tokens[$1 * width + k] } / T(patches)
        }
    }

    /// `fc_norm` of a mean of tokens [D] that was taken outside; a mean of normed tokens (``TransformerEnd/tokens``) stays as it
    /// is.
    public func normalised(mean values: [Double]) -> [Double] {
        guard end != .tokens else { return values }
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        let scale = 1 / (variance + layers.norm.epsilon).squareRoot()
        let (gamma, beta) = (weights[layers.norm.weight], weights[layers.norm.bias])
        return values.indices.map { (values[$0] - mean) * scale * Double(gamma[$0]) + Double(beta[$0]) }
    }

    public enum Place: Hashable, Sendable {
        /// [B, 1 + L, D]
        case block(Int)
        /// The mean of the patch tokens [B, D], before and after its norm.
        case mean
        case feature
        /// [B, C]
        case scores
    }

    /// The values at a place of the last forward of a network for training.
    public func values(of place: Place) -> [T] {
        let (a, width) = (activations, layers.blocks.width)
        func copy(_ pointer: UnsafePointer<T>, _ count: Int) -> [T] {
            Array(UnsafeBufferPointer(start: pointer, count: images * count))
        }
        switch place {
        case .block(let index): return copy(a.states.residual[index + 1], (configuration.patchCount + 1) * width)
        case .mean: return copy(a.mean, width)
        case .feature: return copy(a.normed, width)
        case .scores: return copy(a.scores, layers.head?.outputs ?? 0)
        }
    }

    // MARK: Copies and sums of rows

    /// [B, 1 + L, D]: class token and patches, each with its position.
    private func addPositionsAndClassToken(_ count: Int) {
        let (a, width, patches) = (activations, layers.blocks.width, configuration.patchCount)
        let token = weights.values + layers.classToken.offset
        let positions = weights.values + layers.positions.offset
        for image in 0..<count {
            let row = a.states.input + image * (patches + 1) * width
            Vectors.add(token, positions, into: row, count: width)
            Vectors.add(
                a.embedded + image * patches * width, positions + width, into: row + width, count: patches * width)
        }
    }

    private func addPositionsAndClassTokenBackward(_ count: Int, _ accumulation: MatrixProduct.Previous) {
        let (a, width, patches) = (activations, layers.blocks.width, configuration.patchCount)
        let token = gradients.values + layers.classToken.offset
        let positions = gradients.values + layers.positions.offset
        if accumulation == .overwritten {
            token.update(repeating: 0, count: width)
            positions.update(repeating: 0, count: (patches + 1) * width)
        }
        for image in 0..<count {
            let row = a.gradient + image * (patches + 1) * width
            Vectors.add(token, row, into: token, count: width)
            Vectors.add(positions, row, into: positions, count: (patches + 1) * width)
            (a.embeddedGradient + image * patches * width).update(from: row + width, count: patches * width)
        }
    }

    private func meanOfPatches(_ count: Int) {
        let (a, width, patches) = (activations, layers.blocks.width, configuration.patchCount)
        for image in 0..<count {
            let (mean, rows) = (a.mean + image * width, a.states.output + image * (patches + 1) * width)
            mean.update(repeating: 0, count: width)
            for patch in 1...patches { Vectors.add(mean, rows + patch * width, into: mean, count: width) }
            Vectors.scale(mean, by: 1 / T(patches), count: width)
        }
    }

    private func meanOfPatchesBackward(_ count: Int) {
        let (a, width, patches) = (activations, layers.blocks.width, configuration.patchCount)
        for image in 0..<count {
            let (slope, rows) = (a.meanGradient + image * width, a.gradient + image * (patches + 1) * width)
            Vectors.scale(slope, by: 1 / T(patches), count: width)
            rows.update(repeating: 0, count: width)
            for patch in 1...patches { (rows + patch * width).update(from: slope, count: width) }
        }
    }
}

/// The layers of a vision transformer in forward order, by the names of the MAE repository's model for fine-tuning.
public struct VisionTransformerLayers: Sendable {
    /// [1, 1, D]
    public let classToken: ParameterLayout.Entry
    /// [1, 1 + L, D]
    public let positions: ParameterLayout.Entry
    public let embedding: PatchEmbedding
    public let blocks: TransformerStack
    /// `norm` or `fc_norm`, see ``TransformerEnd``.
    public let norm: LayerNorm
    public let head: Linear?

    public init(_ configuration: MaskedAutoencoderConfiguration, end: TransformerEnd, in layout: inout ParameterLayout)
    {
        let encoder = configuration.encoder
        classToken = layout.add("cls_token", 1, 1, encoder.width)
        positions = layout.add("pos_embed", 1, 1 + configuration.patchCount, encoder.width)
        embedding = PatchEmbedding(
            "patch_embed.proj", patchSide: configuration.patchSide, channels: configuration.channels,
            width: encoder.width, in: &layout)
        blocks = TransformerStack(
            "blocks", depth: encoder.depth, width: encoder.width, heads: encoder.heads, hiddenWidth: 4 * encoder.width,
            in: &layout)
        norm = LayerNorm(end == .tokens ? "norm" : "fc_norm", width: encoder.width, in: &layout)
        if case .classes(let count) = end {
            head = Linear("head", inputs: encoder.width, outputs: count, in: &layout)
        } else {
            head = nil
        }
    }
}

/// The memory of a step, taken once.
private final class VisionTransformerActivations<T: NetworkScalar> {
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
