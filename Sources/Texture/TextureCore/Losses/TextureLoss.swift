// A batch of predicted patches and their targets in, one number and its gradient out: the weighted sum of pixel, texture
// and structure terms that trains the masked autoencoder (TextureLossEvaluation.swift computes it).

/// Mean squared error of pixels: over all values of a patch, then over the patches.
public struct PixelLoss: Hashable, Sendable {
    public enum Target: String, Hashable, Sendable, CaseIterable {
        case values
        /// Each target patch less its mean, divided by √(its variance + 1e-6), variance with n - 1, as MAE's option; a
        /// patch of one value becomes 0.
        case normalised
    }

    public var target: Target

    public init(target: Target = .values) { self.target = target }
}

/// α · pixel MSE + β · co-occurrence + δ · Haralick features + γ · (1 - SSIM), each the mean over the patches of a layout.
public struct TextureLoss: Sendable {
    /// Nil leaves a term out.
    public var pixel: (weight: Double, loss: PixelLoss)?
    public var cooccurrence: (weight: Double, loss: CooccurrenceLoss)?
    /// The same kind of loss once more, so that matrices and features can be matched together.
    public var statistics: (weight: Double, loss: CooccurrenceLoss)?
    public var similarity: (weight: Double, loss: StructuralSimilarity)?

    public init(
        pixel: (weight: Double, loss: PixelLoss)? = nil, cooccurrence: (weight: Double, loss: CooccurrenceLoss)? = nil,
        statistics: (weight: Double, loss: CooccurrenceLoss)? = nil,
        similarity: (weight: Double, loss: StructuralSimilarity)? = nil
    ) {
        (self.pixel, self.cooccurrence, self.statistics, self.similarity) = (
            pixel, cooccurrence, statistics, similarity
        )
    }

    /// Each term before its weight, and the weighted sum.
    public struct Value: Hashable, Sendable {
        public var pixel = 0.0
        public var cooccurrence = 0.0
        public var statistics = 0.0
        /// 1 - SSIM.
        public var similarity = 0.0
        public var total = 0.0

        public init() {}
    }

    /// The loss of a batch; writes its gradient by the prediction into `gradient` (all of it: zero where no term looks)
    /// when there is one. All buffers hold `layout.valueCount` values. A value that is not a number makes the loss, and
    /// the gradient of its patch, not a number.
    @discardableResult
    public func evaluate(
        prediction: UnsafePointer<Float>, target: UnsafePointer<Float>, layout: PatchLayout,
        gradient: UnsafeMutablePointer<Float>?, threads: Int
    ) -> Value { TextureLossEvaluation(self, layout, prediction, target, gradient).run(threads: threads) }

    /// The same in double, to be checked against references; slow.
    @discardableResult
    public func evaluate(
        prediction: UnsafePointer<Double>, target: UnsafePointer<Double>, layout: PatchLayout,
        gradient: UnsafeMutablePointer<Double>?, threads: Int
    ) -> Value { TextureLossEvaluation(self, layout, prediction, target, gradient).run(threads: threads) }

    /// The loss alone.
    public func value(prediction: [Float], target: [Float], layout: PatchLayout, threads: Int = 1) -> Value {
        precondition(prediction.count == layout.valueCount && target.count == layout.valueCount)
        return prediction.withUnsafeBufferPointer { prediction in
            target.withUnsafeBufferPointer { target in
                guard let x = prediction.baseAddress, let y = target.baseAddress else { return Value() }
                return evaluate(prediction: x, target: y, layout: layout, gradient: nil, threads: threads)
            }
        }
    }

    /// The loss and its gradient in arrays of their own.
    public func valueAndGradient(
        prediction: [Float], target: [Float], layout: PatchLayout, threads: Int = 1
    ) -> (value: Value, gradient: [Float]) {
        precondition(prediction.count == layout.valueCount && target.count == layout.valueCount)
        var value = Value()
        let gradient = [Float](unsafeUninitializedCapacity: layout.valueCount) { gradient, count in
            count = layout.valueCount
            gradient.initialize(repeating: 0)
            value = evaluate(
                prediction: prediction, target: target, layout: layout, gradient: gradient.baseAddress, threads: threads
            )
        }
        return (value, gradient)
    }

    public func valueAndGradient(
        prediction: [Double], target: [Double], layout: PatchLayout, threads: Int = 1
    ) -> (value: Value, gradient: [Double]) {
        precondition(prediction.count == layout.valueCount && target.count == layout.valueCount)
        var value = Value()
        let gradient = [Double](unsafeUninitializedCapacity: layout.valueCount) { gradient, count in
            count = layout.valueCount
            gradient.initialize(repeating: 0)
            value = evaluate(
                prediction: prediction, target: target, layout: layout, gradient: gradient.baseAddress, threads: threads
            )
        }
        return (value, gradient)
    }
}
