import NeuralNetwork
import Parallel
import TextureCore

/// What a reconstruction is trained to: α · MSE + β · GLCM + δ · Haralick features + γ · (1 - SSIM), any of them, on the masked
/// patches; or with the SSIM of whole reconstructed images.
public struct ReconstructionLoss: Sendable {
    /// The terms that look at masked patches.
    public var patches: TextureLoss
    /// 1 - SSIM of the whole image that the predictions of all patches, visible ones too, make together.
    public var imageSimilarity: (weight: Double, loss: StructuralSimilarity)?

    public init(patches: TextureLoss, imageSimilarity: (weight: Double, loss: StructuralSimilarity)? = nil) {
        (self.patches, self.imageSimilarity) = (patches, imageSimilarity)
    }

    /// The first phase: mean squared error alone.
    public static let meanSquaredError = ReconstructionLoss(patches: TextureLoss(pixel: (1, PixelLoss())))

    /// Each term before its weight, mean over the masked patches (or images), and the weighted sum.
    public struct Value: Hashable, Sendable {
        public var meanSquaredError = 0.0
        public var cooccurrence = 0.0
        public var statistics = 0.0
        /// 1 - SSIM
        public var similarity = 0.0
        public var total = 0.0

        /// The first term that is not finite, by its name in `--loss`; nil when all are.
        public var nonFiniteTerm: String? {
            [
                ("mse", meanSquaredError), ("glcm", cooccurrence), ("haralick", statistics), ("ssim", similarity),
                ("total", total),
            ].first { !$0.1.isFinite }?.0
        }
    }

    /// The loss of predictions [B, L, P] against targets [B, L, P] on the masked patches; its gradient by the predictions
    /// goes into `gradient` when there is one. `images` gives memory of three batches of images, needed for `imageSimilarity`
    /// only.
    func evaluate<T: TrainingScalar>(
        prediction: UnsafePointer<T>, target: UnsafePointer<T>, mask: PatchMask, shape: MaskedAutoencoderConfiguration,
        gradient: UnsafeMutablePointer<T>?, images: () -> UnsafeMutablePointer<T>, workers: Workers
    ) throws(PatchLayoutError) -> Value {
        let batch = mask.imageCount
        let layout = try PatchLayout(
            tokensOf: batch, patchesPerItem: shape.patchCount, width: shape.patchSide, height: shape.patchSide,
            channels: shape.channels, chosen: mask.masked)
        let terms = T.evaluate(
            patches, prediction: prediction, target: target, layout: layout, gradient: gradient, threads: workers.count)
        var value = Value(
            meanSquaredError: terms.pixel, cooccurrence: terms.cooccurrence, statistics: terms.statistics,
            similarity: terms.similarity, total: terms.total)
        if let (weight, similarity) = imageSimilarity {
            let whole = try PatchLayout(
                images: batch, imageWidth: shape.imageWidth, imageHeight: shape.imageHeight, channels: shape.channels,
                width: shape.imageWidth, height: shape.imageHeight)
            let length = batch * shape.imageLength
            let (predicted, wanted, slopes) = (images(), images() + length, images() + 2 * length)
            let cutter = Patches(shape)
            cutter.unpatchify(prediction, count: batch, into: predicted, workers: workers)
            cutter.unpatchify(target, count: batch, into: wanted, workers: workers)
            let terms = T.evaluate(
                TextureLoss(similarity: (weight, similarity)), prediction: predicted, target: wanted, layout: whole,
                gradient: gradient == nil ? nil : slopes, threads: workers.count)
            value.similarity += terms.similarity
            value.total += terms.total
            if let gradient {
                cutter.patchify(slopes, count: batch, into: predicted, workers: workers)
                Vectors.add(gradient, predicted, into: gradient, count: length)
            }
        }
        return value
    }
}

/// A number that a network can be trained in and texture losses can be computed in.
public protocol TrainingScalar: NetworkScalar {
    static func evaluate(
        _ loss: TextureLoss, prediction: UnsafePointer<Self>, target: UnsafePointer<Self>, layout: PatchLayout,
        gradient: UnsafeMutablePointer<Self>?, threads: Int
    ) -> TextureLoss.Value
}

extension Float: TrainingScalar {
    public static func evaluate(
        _ loss: TextureLoss, prediction: UnsafePointer<Float>, target: UnsafePointer<Float>, layout: PatchLayout,
        gradient: UnsafeMutablePointer<Float>?, threads: Int
    ) -> TextureLoss.Value {
        loss.evaluate(prediction: prediction, target: target, layout: layout, gradient: gradient, threads: threads)
    }
}

extension Double: TrainingScalar {
    public static func evaluate(
        _ loss: TextureLoss, prediction: UnsafePointer<Double>, target: UnsafePointer<Double>, layout: PatchLayout,
        gradient: UnsafeMutablePointer<Double>?, threads: Int
    ) -> TextureLoss.Value {
        loss.evaluate(prediction: prediction, target: target, layout: layout, gradient: gradient, threads: threads)
    }
}
