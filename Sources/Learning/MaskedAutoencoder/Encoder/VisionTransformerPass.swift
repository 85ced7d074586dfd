import NeuralNetwork

/// One batch after the forward of a vision transformer: its results and all activations, which belong to this value until it
/// is gone. It cannot be copied, and a backward takes it: no gradient can come from the activations of another batch.
public struct VisionTransformerPass<T: NetworkScalar>: ~Copyable {
    let network: VisionTransformer<T>
    /// B
    public let imageCount: Int
    let drop: DropPath<T>?
    let lease: WorkspaceLease<VisionTransformerActivations<T>>

    /// The loss against labels, times `share`, and the gradients of all parameters of the network, which overwrite what is
    /// there or are added to it. A loss that is not finite leaves the gradients alone.
    public consuming func backward(
        _ loss: CrossEntropy, labels: some Collection<SoftLabel>, share: Double = 1,
        _ accumulation: MatrixProduct.Previous = .overwritten
    ) -> Double {
        network.backward(
            loss, labels: labels, share: share, count: imageCount, drop: drop, lease.workspace, accumulation)
    }

    /// The same of labels that are classes.
    public consuming func backward(
        _ loss: CrossEntropy, labels: some Collection<Int>, share: Double = 1,
        _ accumulation: MatrixProduct.Previous = .overwritten
    ) -> Double {
        backward(loss, labels: labels.map { SoftLabel($0) }, share: share, accumulation)
    }

    /// Probabilities [B][C].
    public func probabilities() -> [[Double]] {
        guard case .classes(let classes, _) = network.end else { preconditionFailure("probabilities without a head") }
        let scores = lease.workspace.scores
        return (0..<imageCount).map { CrossEntropy.probabilities(scores + $0 * classes, classes: classes) }
    }

    /// The values at a point of a network for training.
    public func values(of point: VisionTransformerActivation) -> [T] {
        let (a, width, images) = (lease.workspace, network.layers.blocks.width, imageCount)
        func copy(_ pointer: UnsafePointer<T>, _ count: Int) -> [T] {
            Array(UnsafeBufferPointer(start: pointer, count: images * count))
        }
        switch point {
        case .block(let index):
            return copy(a.states.residual[index + 1], (network.configuration.patchCount + 1) * width)
        case .mean: return copy(a.mean, width)
        case .feature: return copy(a.feature, network.layers.head?.inputs ?? width)
        case .scores: return copy(a.scores, network.layers.head?.outputs ?? 0)
        }
    }
}

/// A point of a vision transformer at which a pass can be looked at.
public enum VisionTransformerActivation: Hashable, Sendable {
    /// [B, 1 + L, D]
    case block(Int)
    /// The mean of the patch tokens, or the class token [B, D].
    case mean
    /// What the head reads: that behind its norm, and the standard deviation behind its own where the pool has it [B, F].
    case feature
    /// [B, C]
    case scores
}
