// The masked autoencoder (He et al. 2022): visible patches through an encoder, mask tokens for the others, all of them
// through a decoder that predicts pixels. Forward and backward list the same calls, once down and once up.

import NeuralNetwork
import Parallel
import SeededRandom

/// Weights and gradients of one masked autoencoder, and memory for its activations. Float trains; Double is the twin for tests. Not to be used
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

    private let workspaces: WorkspacePool<MaskedAutoencoderActivations<T>>

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
        workspaces = WorkspacePool { [layers] in
            MaskedAutoencoderActivations(configuration, layers, batch: batchCapacity, workers: workers)
        }
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

    /// images [B, C, height, width] through encoder and decoder. The pass holds the prediction and every step on the way, and
    /// is what the loss and the backward are computed from.
    public func forward(_ images: UnsafePointer<T>, mask: PatchMask) -> MaskedAutoencoderPass<T> {
        let (batch, patches, visible) = (mask.imageCount, configuration.patchCount, configuration.visibleCount)
        precondition((1...batchCapacity).contains(batch), "a batch of \(batch) images; at most \(batchCapacity)")
        precondition(
            mask.patchCount == patches && mask.visibleCount == visible,
            "a mask that shows \(mask.visibleCount) of \(mask.patchCount) patches; expected \(visible) of \(patches)")
        let lease = workspaces.lease()
        let a = lease.workspace
        let context = context(.overwritten)
        Patches(configuration).patchify(images, count: batch, into: a.target, workers: workers)

        let places = mask.visible.enumerated().flatMap { image, list in list.map { (image: image, patch: $0) } }
        layers.embedding.forward(
            images, height: configuration.imageHeight, width: configuration.imageWidth, places: places,
            into: a.embedded,
            patches: a.patches, context)
        addPositionsAndClassToken(mask, a)
        layers.encoder.forward(a.encoder, sequences: batch, tokens: visible + 1, scratch: a.scratch, context)
        let encoderRows = batch * (visible + 1)
        layers.encoderNorm.forward(
            a.encoder.output, rows: encoderRows, into: a.encoderNormed, moments: a.encoderMoments, context)

        layers.decoderEmbedding.forward(a.encoderNormed, rows: encoderRows, into: a.decoderEmbedded, context)
        insertMaskTokens(mask, a)
        layers.decoder.forward(a.decoder, sequences: batch, tokens: patches + 1, scratch: a.scratch, context)
        dropClassToken(batch, a)
        layers.decoderNorm.forward(
            a.decoderTokens, rows: batch * patches, into: a.decoderNormed, moments: a.decoderMoments, context)
        layers.prediction.forward(a.decoderNormed, rows: batch * patches, into: a.prediction, context)
        return MaskedAutoencoderPass(network: self, mask: mask, lease: lease)
    }

    /// From the gradient by the prediction to those by all parameters: forward's calls the other way round.
    func backward(
        _ mask: PatchMask, _ a: MaskedAutoencoderActivations<T>, _ accumulation: MatrixProduct.Previous
    ) {
        let (batch, patches, visible) = (mask.imageCount, configuration.patchCount, configuration.visibleCount)
        let context = context(accumulation)
        let decoderRows = batch * patches
        layers.prediction.backwardParameters(a.predictionGradient, x: a.decoderNormed, rows: decoderRows, context)
        layers.prediction.backwardInput(a.predictionGradient, rows: decoderRows, into: a.decoderSlopes, context)
        a.decoderTokenGradient.update(repeating: 0, count: decoderRows * layers.decoder.width)
        layers.decoderNorm.backward(
            a.decoderSlopes, x: a.decoderTokens, moments: a.decoderMoments, rows: decoderRows,
            addingTo: a.decoderTokenGradient, recomputing: a.decoderNormed, context)
        dropClassTokenBackward(batch, a)
        layers.decoder.backward(
            a.decoderGradient, a.decoder, sequences: batch, tokens: patches + 1, scratch: a.scratch, context)
        insertMaskTokensBackward(mask, a, accumulation)
        let encoderRows = batch * (visible + 1)
        layers.decoderEmbedding.backwardParameters(
            a.decoderEmbeddedGradient, x: a.encoderNormed, rows: encoderRows, context)
        layers.decoderEmbedding.backwardInput(
            a.decoderEmbeddedGradient, rows: encoderRows, into: a.encoderSlopes, context)

        a.encoderGradient.update(repeating: 0, count: encoderRows * layers.encoder.width)
        layers.encoderNorm.backward(
            a.encoderSlopes, x: a.encoder.output, moments: a.encoderMoments, rows: encoderRows,
            addingTo: a.encoderGradient, recomputing: a.encoderNormed, context)
        layers.encoder.backward(
            a.encoderGradient, a.encoder, sequences: batch, tokens: visible + 1, scratch: a.scratch, context)
        addPositionsAndClassTokenBackward(batch, a, accumulation)
        layers.embedding.backward(a.embeddedGradient, patches: a.patches, count: batch * visible, context)
    }

    private func context(_ accumulation: MatrixProduct.Previous) -> LayerContext<T> {
        LayerContext(weights: weights, gradients: gradients, accumulation: accumulation, workers: workers)
    }

    // MARK: Class token, positions, mask tokens: copies and sums of rows

    /// encoder input [B, 1 + K, D]: class token + position 0, then visible patches + their positions.
    private func addPositionsAndClassToken(_ mask: PatchMask, _ a: MaskedAutoencoderActivations<T>) {
        let width = layers.encoder.width
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

    private func addPositionsAndClassTokenBackward(
        _ batch: Int, _ a: MaskedAutoencoderActivations<T>, _ accumulation: MatrixProduct.Previous
    ) {
        let (width, visible) = (layers.encoder.width, configuration.visibleCount)
        let token = gradients.values + layers.classToken.offset
        if accumulation == .overwritten { token.update(repeating: 0, count: width) }
        for image in 0..<batch {
            let row = a.encoderGradient + image * (visible + 1) * width
            Vectors.add(token, row, into: token, count: width)
            (a.embeddedGradient + image * visible * width).update(from: row + width, count: visible * width)
        }
    }

    /// decoder input [B, 1 + L, D]: class token, then every patch's token or the mask token, all + positions.
    private func insertMaskTokens(_ mask: PatchMask, _ a: MaskedAutoencoderActivations<T>) {
        let (width, patches) = (layers.decoder.width, configuration.patchCount)
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

    private func insertMaskTokensBackward(
        _ mask: PatchMask, _ a: MaskedAutoencoderActivations<T>, _ accumulation: MatrixProduct.Previous
    ) {
        let (width, patches) = (layers.decoder.width, configuration.patchCount)
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
    private func dropClassToken(_ batch: Int, _ a: MaskedAutoencoderActivations<T>) {
        let (width, patches) = (layers.decoder.width, configuration.patchCount)
        for image in 0..<batch {
            (a.decoderTokens + image * patches * width).update(
                from: a.decoder.output + (image * (patches + 1) + 1) * width, count: patches * width)
        }
    }

    private func dropClassTokenBackward(_ batch: Int, _ a: MaskedAutoencoderActivations<T>) {
        let (width, patches) = (layers.decoder.width, configuration.patchCount)
        for image in 0..<batch {
            let row = a.decoderGradient + image * (patches + 1) * width
            row.update(repeating: 0, count: width)
            (row + width).update(from: a.decoderTokenGradient + image * patches * width, count: patches * width)
        }
    }
}
