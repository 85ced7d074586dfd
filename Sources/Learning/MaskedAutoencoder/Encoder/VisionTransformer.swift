// The encoder after pre-training: all patches of an image through the blocks, then what it is to be used for, a class or an
// embedding. Legend as in MaskedAutoencoderConfiguration; C classes.

import NeuralNetwork
import Parallel
import SeededRandom

/// What stands behind the blocks.
public enum TransformerEnd: Hashable, Sendable {
    /// What a pool makes of the tokens, and a linear layer (`head`) to so many classes. The mean of the patch tokens and a norm
    /// (`fc_norm`) is the MAE repository's model for fine-tuning; the class token has a norm called `norm` there; moments are
    /// the mean behind `fc_norm` and the standard deviation behind a norm of its own (`sd_norm`), side by side.
    case classes(Int, pool: TokenPool = .mean)
    /// The mean of the patch tokens and the norm `fc_norm`: a fine-tuned encoder without its head.
    case pooled
    /// The norm `norm` of every token: the encoder as it was pre-trained.
    case tokens

    var pool: TokenPool { if case .classes(_, let pool) = self { pool } else { .mean } }
}

/// How tokens are read.
public enum TokenNorm: Hashable, Sendable {
    /// As the block leaves them.
    case none
    /// Behind the norm.
    case applied
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

    private let workspaces: WorkspacePool<VisionTransformerActivations<T>>

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
        workspaces = WorkspacePool { [layers] in
            VisionTransformerActivations(
                configuration, layers, end: end, batch: batchCapacity, for: purpose, workers: workers)
        }
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

    /// images [B, channels, height, width] through everything. The pass holds the results, and is what a backward is computed
    /// from. `drop` belongs to training only.
    ///
    /// - Parameter patchWeights: what each patch counts in the pool [B][L], such as the pixels of a region in it, of each image
    ///   some above 0; nil: all alike. A class token is what it is.
    public func forward(
        _ images: UnsafePointer<T>, count: Int, patchWeights: [[Double]]? = nil, drop: DropPath<T>? = nil
    ) -> VisionTransformerPass<T> {
        let lease = workspaces.lease()
        lease.workspace.patchShares = shares(patchWeights, count: count)
        let (a, patches) = (lease.workspace, configuration.patchCount)
        let context = context(.overwritten)
        embed(images, count, a, context)
        layers.blocks.forward(
            a.states, sequences: count, tokens: patches + 1, scratch: a.scratch, drop: drop, context)
        if end == .tokens {
            layers.norm.forward(
                a.states.output, rows: count * (patches + 1), into: a.normed, moments: a.moments, context)
        } else {
            pool(count, a, context)
            if let head = layers.head { head.forward(UnsafePointer(a.feature), rows: count, into: a.scores, context) }
        }
        return VisionTransformerPass(network: self, imageCount: count, drop: drop, lease: lease)
    }

    /// Tokens [1 + L, D] of each image behind each of some blocks, class token first.
    ///
    /// - Parameters:
    ///   - images: [B, channels, height, width]
    ///   - blocks: from 1 to the depth.
    ///   - norm: whether they go through the norm of a pre-trained encoder, which is the last block's and serves all (as
    ///     DINOv2's `get_intermediate_layers` has it); that of a fine-tuned one belongs to the mean, see ``normalised(mean:)``.
    /// - Returns: [blocks][B], in the order of `blocks`.
    public func tokens(
        of images: UnsafePointer<T>, count: Int, behind blocks: [Int], _ norm: TokenNorm
    ) -> [[[T]]] {
        precondition(
            blocks.allSatisfy { (1...layers.blocks.blocks.count).contains($0) },
            "tokens behind blocks \(blocks) of \(layers.blocks.blocks.count)")
        let lease = workspaces.lease()
        let (a, rows, width) = (lease.workspace, configuration.patchCount + 1, layers.blocks.width)
        let context = context(.overwritten)
        embed(images, count, a, context)
        var found = [[[T]]](repeating: [], count: blocks.count)
        layers.blocks.forward(a.states, sequences: count, tokens: rows, scratch: a.scratch, context) { block, output in
            let wanted = blocks.indices.filter { blocks[$0] == block }
            guard !wanted.isEmpty else { return }
            var tokens = output
            if end == .tokens, norm == .applied {
                layers.norm.forward(output, rows: count * rows, into: a.normed, moments: a.moments, context)
                tokens = a.normed
            }
            let images = (0..<count).map { image in
                Array(UnsafeBufferPointer(start: tokens + image * rows * width, count: rows * width))
            }
            for place in wanted { found[place] = images }
        }
        return found
    }

    /// [B, L], 1 in all for each image.
    private func shares(_ weights: [[Double]]?, count: Int) -> [T] {
        guard let weights else { return [] }
        precondition(
            weights.count == count && weights.allSatisfy { $0.count == configuration.patchCount },
            "weights of \(weights.map(\.count)) patches for \(count) images of \(configuration.patchCount)")
        return weights.flatMap { weights in
            let sum = weights.reduce(0, +)
            precondition(sum > 0, "an image without a patch that counts")
            return weights.map { T($0 / sum) }
        }
    }

    /// [B, channels, height, width] to the input of the blocks.
    private func embed(
        _ images: UnsafePointer<T>, _ count: Int, _ a: VisionTransformerActivations<T>, _ context: LayerContext<T>
    ) {
        precondition((1...batchCapacity).contains(count), "a batch of \(count) images; at most \(batchCapacity)")
        let places = (0..<count).flatMap { image in
            (0..<configuration.patchCount).map { (image: image, patch: $0) }
        }
        layers.embedding.forward(
            images, height: configuration.imageHeight, width: configuration.imageWidth, places: places,
            into: a.embedded, patches: a.patches, context)
        addPositionsAndClassToken(count, a)
    }

    private func context(_ accumulation: MatrixProduct.Previous) -> LayerContext<T> {
        LayerContext(weights: weights, gradients: gradients, accumulation: accumulation, workers: workers)
    }

    /// Loss of `count` images after a forward, and the gradients of all parameters: forward's calls the other way round.
    func backward(
        _ loss: CrossEntropy, labels: some Collection<SoftLabel>, share: Double, count: Int, drop: DropPath<T>?,
        _ a: VisionTransformerActivations<T>, _ accumulation: MatrixProduct.Previous
    ) -> Double {
        guard let head = layers.head, case .classes(let classes, _) = end else {
            preconditionFailure("a backward without a head")
        }
        precondition(labels.count == count, "\(labels.count) labels for \(count) images")
        let patches = configuration.patchCount
        let value = loss.evaluate(
            a.scores, labels: labels, classes: classes, gradient: a.scoreGradient, share: share)
        guard value.isFinite else { return value }
        let context = context(accumulation)
        head.backwardParameters(a.scoreGradient, x: a.feature, rows: count, context)
        head.backwardInput(a.scoreGradient, rows: count, into: a.featureGradient, context)
        poolBackward(count, a, context)
        layers.blocks.backward(
            a.gradient, a.states, sequences: count, tokens: patches + 1, scratch: a.scratch, drop: drop, context)
        addPositionsAndClassTokenBackward(count, a, accumulation)
        layers.embedding.backward(a.embeddedGradient, patches: a.patches, count: count * patches, context)
        return value
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

    // MARK: Positions

    /// [B, 1 + L, D]: class token and patches, each with its position.
    private func addPositionsAndClassToken(_ count: Int, _ a: VisionTransformerActivations<T>) {
        let (width, patches) = (layers.blocks.width, configuration.patchCount)
        let token = weights.values + layers.classToken.offset
        let positions = weights.values + layers.positions.offset
        for image in 0..<count {
            let row = a.states.input + image * (patches + 1) * width
            Vectors.add(token, positions, into: row, count: width)
            Vectors.add(
                a.embedded + image * patches * width, positions + width, into: row + width, count: patches * width)
        }
    }

    private func addPositionsAndClassTokenBackward(
        _ count: Int, _ a: VisionTransformerActivations<T>, _ accumulation: MatrixProduct.Previous
    ) {
        let (width, patches) = (layers.blocks.width, configuration.patchCount)
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
}
