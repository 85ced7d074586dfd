import NeuralNetwork

/// What one optimiser step reports.
public struct TrainingStepReport: Sendable {
    /// Mean over the batches of the step.
    public var loss: ReconstructionLoss.Value
    /// Of the gradient as it came, before clipping.
    public var gradientNorm: Double
}

extension MaskedAutoencoderNetwork {
    /// Adds the gradient of part `part` of `parts` batches of a step (all of the same size) to the gradients; the first part
    /// replaces what was there. A loss that is not finite leaves the gradients alone: ask the value's `nonFiniteTerm`.
    @discardableResult
    public func addGradient(
        of loss: ReconstructionLoss, images: UnsafePointer<T>, mask: PatchMask, part: Int = 0, of parts: Int = 1
    ) throws -> ReconstructionLoss.Value {
        precondition((0..<parts).contains(part), "part \(part) of \(parts)")
        let evaluated = try forward(images, mask: mask).evaluated(by: loss, share: 1 / Double(parts))
        let value = evaluated.loss
        guard value.nonFiniteTerm == nil else { return value }
        evaluated.backward(part == 0 ? .overwritten : .added)
        return value
    }

    /// Forward, backward and one AdamW step on one batch. A loss that is not finite changes no weight and no moment; its
    /// norm is reported as not a number.
    public func step(
        _ loss: ReconstructionLoss, images: UnsafePointer<T>, mask: PatchMask, optimiser: AdamW<T>, learningRate: Double
    ) throws -> TrainingStepReport {
        let value = try addGradient(of: loss, images: images, mask: mask)
        guard value.nonFiniteTerm == nil else { return TrainingStepReport(loss: value, gradientNorm: .nan) }
        let norm = optimiser.step(weights, gradients: gradients, learningRate: learningRate, workers: workers)
        return TrainingStepReport(loss: value, gradientNorm: norm)
    }
}
