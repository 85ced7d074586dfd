// Predictions of a batch in, one number and its gradient by them out: a weighted sum of terms, each with the length of its own
// gradient, by which terms of different units can be compared and balanced.
//
// Legend as of the module: B images, L patches of an image, P values of a patch.

import NeuralNetwork
import Parallel
import TextureCore

/// What a reconstruction is trained to: Σ weight · term.
public struct ReconstructionLoss: Sendable {
    public var terms: [Term]

    public init(_ terms: [Term]) { self.terms = terms }

    /// The first phase: mean squared error alone.
    public static let meanSquaredError = ReconstructionLoss([.pixels(PixelLoss())])

    /// By their names in `--loss`.
    public enum Kind: String, Hashable, Sendable, CaseIterable { case mse, glcm, haralick, ssim }

    /// What a term looks at.
    public enum Scope: Hashable, Sendable {
        /// Each hidden patch by itself.
        case hidden
        /// The image with the predictions pasted into its hidden patches: in windows of so many patches each way that lie on the
        /// grid of the patches, and on the same grid moved by half a window right and down, so that each border of a patch
        /// has pairs across it. The windows that hold something hidden count.
        case pasted(window: Int)
        /// The whole image that the predictions of all patches, visible ones too, make together.
        case image
    }

    /// One number of the sum.
    public struct Term: Sendable {
        /// In the log.
        public var name: String
        public let kind: Kind
        public var weight: Double
        public let scope: Scope
        /// Of this term alone, with weight 1.
        fileprivate let loss: TextureLoss

        public static func pixels(_ loss: PixelLoss, weight: Double = 1) -> Term {
            Term(name: "mse", kind: .mse, weight: weight, scope: .hidden, loss: TextureLoss(pixel: (1, loss)))
        }

        /// Of matrices, or of their Haralick features.
        public static func texture(
            _ loss: CooccurrenceLoss, weight: Double = 1, scope: Scope = .hidden, name: String? = nil
        ) -> Term {
            guard case .statistics = loss.comparison else {
                return Term(
                    name: name ?? "glcm", kind: .glcm, weight: weight, scope: scope,
                    loss: TextureLoss(cooccurrence: (1, loss)))
            }
            return Term(
                name: name ?? "haralick", kind: .haralick, weight: weight, scope: scope,
                loss: TextureLoss(statistics: (1, loss)))
        }

        public static func structure(
            _ loss: StructuralSimilarity, weight: Double = 1, scope: Scope = .hidden
        ) -> Term {
            Term(name: "ssim", kind: .ssim, weight: weight, scope: scope, loss: TextureLoss(similarity: (1, loss)))
        }
    }

    /// What the terms come to.
    public struct Value: Hashable, Sendable {
        public struct Term: Hashable, Sendable {
            public var name: String
            public var kind: Kind
            public var weight: Double
            /// Before its weight; mean over the patches, windows or images that it looks at.
            public var value: Double
            /// ‖∂value/∂prediction‖₂ over the batch, before the weight; nil where no gradient was asked for.
            public var slope: Double?
        }

        public var terms: [Term] = []
        public var total = 0.0

        /// Each kind before its weight; 0 for one that takes no part.
        public var meanSquaredError: Double { sum(.mse) }
        public var cooccurrence: Double { sum(.glcm) }
        public var statistics: Double { sum(.haralick) }
        /// 1 - SSIM
        public var similarity: Double { sum(.ssim) }

        private func sum(_ kind: Kind) -> Double { terms.reduce(0) { $0 + ($1.kind == kind ? $1.value : 0) } }

        /// The first term that is not finite, by its name; nil when all are.
        public var nonFiniteTerm: String? {
            terms.first { !$0.value.isFinite }?.name ?? (total.isFinite ? nil : "total")
        }
    }

    /// The loss of predictions [B, L, P] against targets [B, L, P]; its gradient by the predictions goes into `gradient` when
    /// there is one. `buffers` gives memory where a term needs some.
    package func evaluate<T: TrainingScalar>(
        prediction: UnsafePointer<T>, target: UnsafePointer<T>, mask: PatchMask, shape: MaskedAutoencoderConfiguration,
        gradient: UnsafeMutablePointer<T>?, buffers: LossBuffers<T>, workers: Workers
    ) throws(PatchLayoutError) -> Value {
        let (images, length) = (mask.imageCount, mask.imageCount * shape.imageLength)
        var value = Value()
        gradient?.update(repeating: 0, count: length)
        for term in terms {
            let slopes = gradient.map { terms.count == 1 ? $0 : buffers.slopes() }
            let batch = TermBatch(
                prediction: prediction, target: target, mask: mask, shape: shape, slopes: slopes, buffers: buffers,
                workers: workers)
            let found = try batch.evaluate(term)
            var slope: Double?
            if let gradient, let slopes {
                slope = Self.norm(slopes, images: images, length: shape.imageLength, workers)
                if slopes == gradient {
                    if term.weight != 1 { Vectors.scale(gradient, by: T(term.weight), count: length) }
                } else if term.weight != 0 {
                    Vectors.add(slopes, times: T(term.weight), to: gradient, count: length)
                }
            }
            value.terms.append(
                .init(name: term.name, kind: term.kind, weight: term.weight, value: found, slope: slope))
            value.total += term.weight == 0 ? 0 : term.weight * found
        }
        return value
    }

    /// Summed image by image, so that it does not depend on the number of threads.
    private static func norm<T: NetworkScalar>(
        _ x: UnsafePointer<T>, images: Int, length: Int, _ workers: Workers
    ) -> Double {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: images) { squares in
            workers.forEach(images) { image, _ in
                squares[image] = Vectors.squares(x + image * length, count: length)
            }
            return squares.reduce(0, +).squareRoot()
        }
    }
}

/// One term on one batch: value, and gradient by the predictions into `slopes`.
private struct TermBatch<T: TrainingScalar> {
    let prediction: UnsafePointer<T>
    let target: UnsafePointer<T>
    let mask: PatchMask
    let shape: MaskedAutoencoderConfiguration
    let slopes: UnsafeMutablePointer<T>?
    let buffers: LossBuffers<T>
    let workers: Workers

    private var length: Int { mask.imageCount * shape.imageLength }
    private var cutter: Patches { Patches(shape) }

    func evaluate(_ term: ReconstructionLoss.Term) throws(PatchLayoutError) -> Double {
        switch term.scope {
        case .hidden:
            let hidden = try PatchLayout(
                tokensOf: mask.imageCount, patchesPerItem: shape.patchCount, width: shape.patchSide,
                height: shape.patchSide, channels: shape.channels, chosen: mask.masked)
            return value(term.loss, prediction, target, hidden, slopes)
        case .pasted(let window): return try pasted(term.loss, window: window)
        case .image: return try wholeImage(term.loss)
        }
    }

    private func value(
        _ loss: TextureLoss, _ prediction: UnsafePointer<T>, _ target: UnsafePointer<T>, _ layout: PatchLayout,
        _ slopes: UnsafeMutablePointer<T>?
    ) -> Double {
        T.evaluate(
            loss, prediction: prediction, target: target, layout: layout, gradient: slopes, threads: workers.count
        ).total
    }

    private func wholeImage(_ loss: TextureLoss) throws(PatchLayoutError) -> Double {
        let whole = try PatchLayout(
            images: mask.imageCount, imageWidth: shape.imageWidth, imageHeight: shape.imageHeight,
            channels: shape.channels, width: shape.imageWidth, height: shape.imageHeight)
        let images = buffers.images()
        cutter.unpatchify(prediction, count: mask.imageCount, into: images[0], workers: workers)
        cutter.unpatchify(target, count: mask.imageCount, into: images[1], workers: workers)
        let found = value(loss, images[0], images[1], whole, slopes == nil ? nil : images[2])
        if let slopes { cutter.patchify(images[2], count: mask.imageCount, into: slopes, workers: workers) }
        return found
    }

    private func pasted(_ loss: TextureLoss, window: Int) throws(PatchLayoutError) -> Double {
        let images = buffers.images()
        let count = mask.imageCount
        let hidden = mask.masked
        // Forward: what is hidden from the prediction, the rest from the image.
        images[2].update(from: target, count: length)
        for patch in hidden {
            (images[2] + patch * shape.patchLength).update(
                from: prediction + patch * shape.patchLength, count: shape.patchLength)
        }
        cutter.unpatchify(images[2], count: count, into: images[0], workers: workers)
        cutter.unpatchify(target, count: count, into: images[1], workers: workers)
        let layouts = try windows(of: window)
        let all = Double(max(1, layouts.reduce(0) { $0 + $1.patchCount }))
        var sum = 0.0
        for (index, layout) in layouts.enumerated() {
            let found = value(loss, images[0], images[1], layout, slopes == nil ? nil : images[2 + index])
            sum += found * Double(layout.patchCount) / all
        }
        // Backward: both grids' windows, and of that what was predicted.
        guard let slopes else { return sum }
        Vectors.scale(images[2], by: T(Double(layouts[0].patchCount) / all), count: length)
        if layouts.count > 1 {
            Vectors.add(
                images[3], times: T(Double(layouts[1].patchCount) / all), to: images[2], count: length)
        }
        cutter.patchify(images[2], count: count, into: images[0], workers: workers)
        slopes.update(repeating: 0, count: length)
        for patch in hidden {
            (slopes + patch * shape.patchLength).update(
                from: images[0] + patch * shape.patchLength, count: shape.patchLength)
        }
        return sum
    }

    /// The windows that hold a hidden patch or a part of one: on the patches' grid, and half a window right and down of it.
    private func windows(of patches: Int) throws(PatchLayoutError) -> [PatchLayout] {
        let side = patches * shape.patchSide
        let hidden = Set(mask.masked)
        var layouts: [PatchLayout] = []
        for origin in [0, side / 2] where origin + side <= min(shape.imageWidth, shape.imageHeight) {
            let (columns, rows) = ((shape.imageWidth - origin) / side, (shape.imageHeight - origin) / side)
            let chosen = (0..<mask.imageCount * columns * rows).filter { window in
                let (image, place) = window.quotientAndRemainder(dividingBy: columns * rows)
                let (row, column) = place.quotientAndRemainder(dividingBy: columns)
                func touched(_ start: Int) -> ClosedRange<Int> {
                    start / shape.patchSide...(start + side - 1) / shape.patchSide
                }
                return touched(origin + row * side).contains { y in
                    touched(origin + column * side).contains { x in
                        hidden.contains(image * shape.patchCount + y * shape.patchColumns + x)
                    }
                }
            }
            layouts.append(
                try PatchLayout(
                    images: mask.imageCount, imageWidth: shape.imageWidth, imageHeight: shape.imageHeight,
                    channels: shape.channels, width: side, height: side, origin: (origin, origin), chosen: chosen))
        }
        guard !layouts.isEmpty else {
            throw .patchLargerThanImage(patch: [side, side], image: [shape.imageWidth, shape.imageHeight])
        }
        return layouts
    }
}

/// Memory that some terms of a loss need, taken when one first asks for it.
package final class LossBuffers<T: NetworkScalar> {
    private let length: Int
    private let arena = Arena<T>()
    private var held: [UnsafeMutablePointer<T>] = []
    private var termSlopes: UnsafeMutablePointer<T>?

    /// - Parameter length: values of a batch of images.
    package init(length: Int) { self.length = length }

    /// Four batches of images.
    func images() -> [UnsafeMutablePointer<T>] {
        if held.isEmpty { held = (0..<4).map { _ in arena.take(length) } }
        return held
    }

    /// The gradient of one term by the predictions.
    func slopes() -> UnsafeMutablePointer<T> {
        if let termSlopes { return termSlopes }
        let slopes = arena.take(length)
        termSlopes = slopes
        return slopes
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
