// The masked autoencoder (He et al. 2022): visible patches through an encoder, mask tokens for the others, all of them
// through a decoder that predicts pixels. Forward and backward list the same calls, once down and once up.

import NeuralNetwork
import Parallel
import SeededRandom

/// Weights, gradients and activations of one masked autoencoder. Float trains; Double is the twin for tests. Not to be used
/// by two threads at once; it brings its own.
public final class MaskedAutoencoderNetwork<T: TrainingScalar> {
    public let configuration: MaskedAutoencoderConfiguration
    /// The layers; the same for all networks of a configuration.
    public let layers: MaskedAutoencoderLayers
    /// Parameters by the names of the public MAE weights.
    public let weights: ParameterBuffer<T>
    public let gradients: ParameterBuffer<T>
    /// Frozen positions [1 + L, D] of encoder and decoder; sine and cosine unless a weights file says otherwise.
    public private(set) var encoderPositions: [T]
    public private(set) var decoderPositions: [T]
    /// The most images of a batch.
    public let batchCapacity: Int
    public let workers: Workers

    let activations: MaskedAutoencoderActivations<T>
    private var pass: NetworkPass<T>
    private var mask: PatchMask?

    /// All weights are zero until ``initialise(from:)`` or a weights file sets them. Takes all memory that a step needs.
    public init(_ configuration: MaskedAutoencoderConfiguration, batchCapacity: Int, workers: Workers) {
        precondition(batchCapacity > 0, "a batch of \(batchCapacity) images")
        self.configuration = configuration
        self.batchCapacity = batchCapacity
        self.workers = workers
        var layout = ParameterLayout()
        layers = MaskedAutoencoderLayers(configuration, in: &layout)
        weights = ParameterBuffer(layout)
        gradients = ParameterBuffer(layout)
        pass = NetworkPass(weights: weights, gradients: gradients, accumulation: .overwritten, workers: workers)
        activations = MaskedAutoencoderActivations(configuration, layers, batch: batchCapacity, workers: workers)
        let (rows, columns) = (configuration.patchRows, configuration.patchColumns)
        encoderPositions = PositionTable.sineCosine(width: layers.encoder.width, rows: rows, columns: columns).map {
            T($0)
        }
        decoderPositions = PositionTable.sineCosine(width: layers.decoder.width, rows: rows, columns: columns).map {
            T($0)
        }
    }

    /// Starts the weights as the MAE repository does.
    public func initialise(from generator: inout SeededGenerator) { weights.initialise(from: &generator) }

    /// Puts the positions of a weights file in the place of the table, both [1 + L, D].
    public func setPositions(encoder: [T], decoder: [T]) {
        precondition(encoder.count == encoderPositions.count && decoder.count == decoderPositions.count)
        (encoderPositions, decoderPositions) = (encoder, decoder)
    }

    /// images [B, C, height, width] through encoder and decoder; the prediction [B, L, P] is in ``prediction``, every step on
    /// the way in ``values(of:)``, until the next call.
    public func forward(_ images: UnsafePointer<T>, mask: PatchMask) {
        let (batch, patches, visible) = (mask.imageCount, configuration.patchCount, configuration.visibleCount)
        precondition((1...batchCapacity).contains(batch), "a batch of \(batch) images; at most \(batchCapacity)")
        precondition(
            mask.patchCount == patches && mask.visibleCount == visible,
            "a mask that shows \(mask.visibleCount) of \(mask.patchCount) patches; expected \(visible) of \(patches)")
        self.mask = mask
        let a = activations
        Patches(configuration).patchify(images, count: batch, into: a.target, workers: workers)

        let places = mask.visible.enumerated().flatMap { image, list in list.map { (image: image, patch: $0) } }
        layers.embedding.forward(
            images, height: configuration.imageHeight, width: configuration.imageWidth, places: places,
            into: a.embedded,
            patches: a.patches, pass)
        addPositionsAndClassToken(mask)
        layers.encoder.forward(a.encoder, sequences: batch, tokens: visible + 1, scratch: a.scratch, pass)
        let encoderRows = batch * (visible + 1)
        layers.encoderNorm.forward(
            a.encoder.output, rows: encoderRows, into: a.encoderNormed, moments: a.encoderMoments, pass)

        layers.decoderEmbedding.forward(a.encoderNormed, rows: encoderRows, into: a.decoderEmbedded, pass)
        insertMaskTokens(mask)
        layers.decoder.forward(a.decoder, sequences: batch, tokens: patches + 1, scratch: a.scratch, pass)
        dropClassToken(batch)
        layers.decoderNorm.forward(
            a.decoderTokens, rows: batch * patches, into: a.decoderNormed, moments: a.decoderMoments, pass)
        layers.prediction.forward(a.decoderNormed, rows: batch * patches, into: a.prediction, pass)
    }

    /// The loss of the last forward, and its gradient by the prediction times `share` (1 over the number of batches that one
    /// step accumulates), for ``backward(_:)``.
    public func evaluate(_ loss: ReconstructionLoss, share: Double = 1) throws -> ReconstructionLoss.Value {
        let (mask, a) = (forwardMask(), activations)
        let value = try loss.evaluate(
            prediction: a.prediction, target: a.target, mask: mask, shape: configuration,
            gradient: a.predictionGradient,
            images: a.imageRoom, workers: workers)
        if share != 1 {
            Vectors.scale(
                a.predictionGradient, by: T(share), count: mask.imageCount * configuration.imageLength)
        }
        return value
    }

    /// The loss of the last forward without its gradient.
    public func loss(_ loss: ReconstructionLoss) throws -> ReconstructionLoss.Value {
        let a = activations
        return try loss.evaluate(
            prediction: a.prediction, target: a.target, mask: forwardMask(), shape: configuration, gradient: nil,
            images: a.imageRoom, workers: workers)
    }

    /// From the gradient by the prediction, which ``evaluate(_:share:)`` left, to those by all parameters: forward's calls
    /// the other way round.
    public func backward(_ accumulation: MatrixProduct.Previous = .overwritten) {
        let mask = forwardMask()
        let (batch, patches, visible) = (mask.imageCount, configuration.patchCount, configuration.visibleCount)
        pass.accumulation = accumulation
        let a = activations
        let decoderRows = batch * patches
        layers.prediction.backwardParameters(a.predictionGradient, x: a.decoderNormed, rows: decoderRows, pass)
        layers.prediction.backwardInput(a.predictionGradient, rows: decoderRows, into: a.decoderSlopes, pass)
        a.decoderTokenGradient.update(repeating: 0, count: decoderRows * layers.decoder.width)
        layers.decoderNorm.backward(
            a.decoderSlopes, x: a.decoderTokens, moments: a.decoderMoments, rows: decoderRows,
            addingTo: a.decoderTokenGradient, recomputing: a.decoderNormed, pass)
        dropClassTokenBackward(batch)
        layers.decoder.backward(
            a.decoderGradient, a.decoder, sequences: batch, tokens: patches + 1, scratch: a.scratch, pass)
        insertMaskTokensBackward(mask, accumulation)
        let encoderRows = batch * (visible + 1)
        layers.decoderEmbedding.backwardParameters(
            a.decoderEmbeddedGradient, x: a.encoderNormed, rows: encoderRows, pass)
        layers.decoderEmbedding.backwardInput(a.decoderEmbeddedGradient, rows: encoderRows, into: a.encoderSlopes, pass)

        a.encoderGradient.update(repeating: 0, count: encoderRows * layers.encoder.width)
        layers.encoderNorm.backward(
            a.encoderSlopes, x: a.encoder.output, moments: a.encoderMoments, rows: encoderRows,
            addingTo: a.encoderGradient, recomputing: a.encoderNormed, pass)
        layers.encoder.backward(
            a.encoderGradient, a.encoder, sequences: batch, tokens: visible + 1, scratch: a.scratch, pass)
        addPositionsAndClassTokenBackward(batch, accumulation)
        layers.embedding.backward(a.embeddedGradient, patches: a.patches, count: batch * visible, pass)
    }

    private func forwardMask() -> PatchMask {
        guard let mask else { preconditionFailure("a loss or a backward before any forward") }
        return mask
    }

    // MARK: Class token, positions, mask tokens: copies and sums of rows

    /// encoder input [B, 1 + K, D]: class token + position 0, then visible patches + their positions.
    private func addPositionsAndClassToken(_ mask: PatchMask) {
        let (a, width) = (activations, layers.encoder.width)
        let token = weights.values + layers.classToken.offset
        encoderPositions.withUnsafeBufferPointer { positions in
            let positions = positions.baseAddress!
            for (image, visible) in mask.visible.enumerated() {
                var row = a.encoder.input + image * (visible.count + 1) * width
                Vectors.add(token, positions, into: row, count: width)
                for (place, patch) in visible.enumerated() {
                    row += width
                    let embedded = a.embedded + (image * visible.count + place) * width
                    Vectors.add(embedded, positions + (1 + patch) * width, into: row, count: width)
                }
            }
        }
    }

    private func addPositionsAndClassTokenBackward(_ batch: Int, _ accumulation: MatrixProduct.Previous) {
        let (a, width, visible) = (activations, layers.encoder.width, configuration.visibleCount)
        let token = gradients.values + layers.classToken.offset
        if accumulation == .overwritten { token.update(repeating: 0, count: width) }
        for image in 0..<batch {
            let row = a.encoderGradient + image * (visible + 1) * width
            Vectors.add(token, row, into: token, count: width)
            (a.embeddedGradient + image * visible * width).update(from: row + width, count: visible * width)
        }
    }

    /// decoder input [B, 1 + L, D]: class token, then every patch's token or the mask token, all + positions.
    private func insertMaskTokens(_ mask: PatchMask) {
        let (a, width, patches) = (activations, layers.decoder.width, configuration.patchCount)
        let token = weights.values + layers.maskToken.offset
        decoderPositions.withUnsafeBufferPointer { positions in
            let positions = positions.baseAddress!
            for (image, visible) in mask.visible.enumerated() {
                let rows = a.decoder.input + image * (patches + 1) * width
                let seen = a.decoderEmbedded + image * (visible.count + 1) * width
                for patch in 0..<patches {
                    let at = (1 + patch) * width
                    Vectors.add(token, positions + at, into: rows + at, count: width)
                }
                Vectors.add(seen, positions, into: rows, count: width)
                for (place, patch) in visible.enumerated() {
                    let at = (1 + patch) * width
                    Vectors.add(seen + (1 + place) * width, positions + at, into: rows + at, count: width)
                }
            }
        }
    }

    private func insertMaskTokensBackward(_ mask: PatchMask, _ accumulation: MatrixProduct.Previous) {
        let (a, width, patches) = (activations, layers.decoder.width, configuration.patchCount)
        let token = gradients.values + layers.maskToken.offset
        if accumulation == .overwritten { token.update(repeating: 0, count: width) }
        for (image, visible) in mask.visible.enumerated() {
            let rows = a.decoderGradient + image * (patches + 1) * width
            let seen = a.decoderEmbeddedGradient + image * (visible.count + 1) * width
            seen.update(from: rows, count: width)
            for (place, patch) in visible.enumerated() {
                (seen + (1 + place) * width).update(from: rows + (1 + patch) * width, count: width)
            }
        }
        for masked in mask.masked {
            let (image, patch) = masked.quotientAndRemainder(dividingBy: patches)
            let row = a.decoderGradient + (image * (patches + 1) + 1 + patch) * width
            Vectors.add(token, row, into: token, count: width)
        }
    }

    /// [B, 1 + L, D] to [B, L, D]
    private func dropClassToken(_ batch: Int) {
        let (a, width, patches) = (activations, layers.decoder.width, configuration.patchCount)
        for image in 0..<batch {
            (a.decoderTokens + image * patches * width).update(
                from: a.decoder.output + (image * (patches + 1) + 1) * width, count: patches * width)
        }
    }

    private func dropClassTokenBackward(_ batch: Int) {
        let (a, width, patches) = (activations, layers.decoder.width, configuration.patchCount)
        for image in 0..<batch {
            let row = a.decoderGradient + image * (patches + 1) * width
            row.update(repeating: 0, count: width)
            (row + width).update(from: a.decoderTokenGradient + image * patches * width, count: patches * width)
        }
    }
}

/// The layers of a masked autoencoder in forward order.
public struct MaskedAutoencoderLayers: Sendable {
    /// [1, 1, D]
    public let classToken: ParameterLayout.Entry
    public let embedding: PatchEmbedding
    public let encoder: TransformerStack
    public let encoderNorm: LayerNorm
    public let decoderEmbedding: Linear
    /// [1, 1, D]
    public let maskToken: ParameterLayout.Entry
    public let decoder: TransformerStack
    public let decoderNorm: LayerNorm
    public let prediction: Linear

    public init(_ configuration: MaskedAutoencoderConfiguration, in layout: inout ParameterLayout) {
        let (outer, inner) = (configuration.encoder, configuration.decoder)
        classToken = layout.add("cls_token", 1, 1, outer.width)
        embedding = PatchEmbedding(
            "patch_embed.proj", patchSide: configuration.patchSide, channels: configuration.channels,
            width: outer.width,
            in: &layout)
        encoder = TransformerStack(
            "blocks", depth: outer.depth, width: outer.width, heads: outer.heads, hiddenWidth: 4 * outer.width,
            in: &layout)
        encoderNorm = LayerNorm("norm", width: outer.width, in: &layout)
        decoderEmbedding = Linear("decoder_embed", inputs: outer.width, outputs: inner.width, in: &layout)
        maskToken = layout.add("mask_token", 1, 1, inner.width)
        decoder = TransformerStack(
            "decoder_blocks", depth: inner.depth, width: inner.width, heads: inner.heads, hiddenWidth: 4 * inner.width,
            in: &layout)
        decoderNorm = LayerNorm("decoder_norm", width: inner.width, in: &layout)
        prediction = Linear("decoder_pred", inputs: inner.width, outputs: configuration.patchLength, in: &layout)
    }
}
