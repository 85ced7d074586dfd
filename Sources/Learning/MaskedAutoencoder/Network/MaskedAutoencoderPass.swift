// What a forward returns and a backward takes. Neither value can be copied, and each step takes the one before it, so that a
// loss of other activations or a backward without a loss cannot be written down.

import NeuralNetwork

/// One batch after the forward: its mask and all activations, which belong to this value until it is gone.
public struct MaskedAutoencoderPass<T: TrainingScalar>: ~Copyable {
    let network: MaskedAutoencoderNetwork<T>
    public let mask: PatchMask
    let lease: WorkspaceLease<MaskedAutoencoderActivations<T>>

    /// The loss without its gradient.
    public func loss(_ loss: ReconstructionLoss) throws -> ReconstructionLoss.Value {
        try Self.evaluate(loss, mask, lease.workspace, network, gradient: nil)
    }

    /// The loss with the length of each term's gradient.
    public func measured(_ loss: ReconstructionLoss) throws -> ReconstructionLoss.Value {
        let a = lease.workspace
        return try Self.evaluate(loss, mask, a, network, gradient: a.predictionGradient)
    }

    /// The loss and its gradient by the prediction times `share` (1 over the number of batches that one step accumulates), for
    /// ``EvaluatedPass/backward(_:)``.
    public consuming func evaluated(
        by loss: ReconstructionLoss, share: Double = 1
    ) throws -> EvaluatedPass<T> {
        let a = lease.workspace
        let value = try Self.evaluate(loss, mask, a, network, gradient: a.predictionGradient)
        if share != 1 {
            Vectors.scale(
                a.predictionGradient, by: T(share), count: mask.imageCount * network.configuration.imageLength)
        }
        return EvaluatedPass(pass: self, loss: value)
    }

    private static func evaluate(
        _ loss: ReconstructionLoss, _ mask: PatchMask, _ a: MaskedAutoencoderActivations<T>,
        _ network: MaskedAutoencoderNetwork<T>, gradient: UnsafeMutablePointer<T>?
    ) throws -> ReconstructionLoss.Value {
        try loss.evaluate(
            prediction: a.prediction, target: a.target, mask: mask, shape: network.configuration, gradient: gradient,
            buffers: a.lossBuffers, workers: network.workers)
    }

    /// The images [B, C, height, width] that the predictions of all patches, visible ones too, make together.
    public func predictedImages() -> [T] {
        let (a, count, network) = (lease.workspace, mask.imageCount, network)
        var images = [T](repeating: 0, count: count * network.configuration.imageLength)
        images.withUnsafeMutableBufferPointer { images in
            guard let first = images.baseAddress else { return }
            Patches(network.configuration).unpatchify(a.prediction, count: count, into: first, workers: network.workers)
        }
        return images
    }

    /// The values at a point of the network, shapes as ``MaskedAutoencoderActivation`` says.
    public func values(of point: MaskedAutoencoderActivation) -> [T] {
        let (a, shape, layers) = (lease.workspace, network.configuration, network.layers)
        let (visible, all) = (shape.visibleCount, shape.patchCount)
        let (outer, inner) = (layers.encoder.width, layers.decoder.width)
        let images = mask.imageCount
        func copy(_ pointer: UnsafeMutablePointer<T>, _ tokens: Int, _ width: Int) -> [T] {
            Array(UnsafeBufferPointer(start: pointer, count: images * tokens * width))
        }
        switch point {
        case .patchEmbedding: return copy(a.embedded, visible, outer)
        case .encoderInput: return copy(a.encoder.input, visible + 1, outer)
        case .encoderBlock(let index): return copy(a.encoder.residual[index + 1], visible + 1, outer)
        case .encoderNorm: return copy(a.encoderNormed, visible + 1, outer)
        case .decoderInput: return copy(a.decoder.input, all + 1, inner)
        case .decoderBlock(let index): return copy(a.decoder.residual[index + 1], all + 1, inner)
        case .decoderNorm: return copy(a.decoderNormed, all, inner)
        case .prediction: return copy(a.prediction, all, shape.patchLength)
        case .target: return copy(a.target, all, shape.patchLength)
        }
    }
}

/// A pass with the gradient of its loss by the prediction.
public struct EvaluatedPass<T: TrainingScalar>: ~Copyable {
    let pass: MaskedAutoencoderPass<T>
    public let loss: ReconstructionLoss.Value

    /// Gradient of the loss by the prediction [B, L, P].
    public var predictionGradient: [T] {
        let count = pass.mask.imageCount * pass.network.configuration.imageLength
        return Array(UnsafeBufferPointer(start: pass.lease.workspace.predictionGradient, count: count))
    }

    /// Writes the gradients of all parameters of the network, or adds them to what is there.
    public consuming func backward(_ accumulation: MatrixProduct.Previous = .overwritten) {
        pass.network.backward(pass.mask, pass.lease.workspace, accumulation)
    }
}

/// A point of the network at which a pass can be looked at.
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
    /// Of all patches, visible ones too [B, L, P].
    case prediction
    /// Patch vectors of the images [B, L, P].
    case target
}
