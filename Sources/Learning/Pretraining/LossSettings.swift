// What a reconstruction is measured by in two phases: pixels alone, then a weighted sum.

import MaskedAutoencoder
import SettingsFile
import TextureCore

/// Epochs of the two phases.
public struct PhaseEpochs: Hashable, Sendable {
    public var pixels: Int
    public var texture: Int

    public init(pixels: Int, texture: Int) { (self.pixels, self.texture) = (pixels, texture) }
}

/// What the weights of the terms mean.
public enum LossBalance: String, Hashable, Sendable, CaseIterable {
    /// Factors of the terms as they are, whatever their units; the paper's.
    case none
    /// Shares of the gradient at the prediction, as measured on the first batch with a term; factors from then on.
    case initial
    /// Shares of the gradient at the prediction, which follow it slowly.
    case gradient
}

/// Grey levels, steps and epochs of one set of soft matrices.
public struct LossScale: Hashable, Sendable {
    public var bins = 32
    /// L of the soft bins (bandwidth = bin length / L): one number, or where it starts and ends in the epochs of the scale.
    public var sharpness: [Double] = [2.5]
    /// Columns and rows from a pixel to its neighbour.
    public var offsets: [Offset] = [Offset(1, 0), Offset(0, 1)]
    /// Beside those of the other scales.
    public var weight = 1.0
    /// Of the epochs of the second phase, from 0: the first with this scale, and the first without it, 0 where there is none.
    public var from = 0
    public var until = 0

    public init() {}

    func isActive(inEpoch epoch: Int) -> Bool { epoch >= from && (until == 0 || epoch < until) }
}

/// What a reconstruction is measured by, in two phases: pixels alone, then the weighted sum.
public struct LossSettings: Hashable, Sendable {
    /// Epochs with the pixels' mean squared error alone.
    public var pixelEpochs = 200
    /// Epochs with the weighted sum below.
    public var textureEpochs = 200
    public var balance = LossBalance.initial
    /// Weights of the second phase; 0 leaves a term out.
    public var mse = 0.1
    public var glcm = 1.0
    public var ssim = 1.0
    /// Of the squared differences of Haralick features.
    public var haralick = 0.0
    public var pixels = PixelLoss.Target.values
    /// Of the one scale, where ``scales`` lists none: see ``LossScale``.
    public var bins = 32
    public var sharpness: [Double] = [2.5]
    public var offsets: [Offset] = [Offset(1, 0), Offset(0, 1)]
    /// Several sets of matrices, each a term of its own.
    public var scales: [LossScale] = []
    public var normalisation = CooccurrenceLoss.MatrixNormalisation.counts
    public var weighting = CooccurrenceLoss.Weighting.damped
    public var glcmScope = MatrixScope.patch
    /// Of ``MatrixScope/pasted``: rows and columns of a window, patches.
    public var window = 1
    public var ssimScope = SimilarityScope.patch

    public enum SimilarityScope: String, Hashable, Sendable, CaseIterable { case patch, image }

    /// Of which pixels matrices and their features are.
    public enum MatrixScope: String, Hashable, Sendable, CaseIterable {
        /// Each hidden patch by itself.
        case patch
        /// Windows of the image with the hidden patches pasted in, across the borders of patches.
        case pasted
    }

    public init() {}

    public var epochs: Int { pixelEpochs + textureEpochs }

    /// From 0.
    public func phase(ofEpoch epoch: Int) -> Phase { epoch < pixelEpochs ? .pixels : .texture }

    public enum Phase: Int, Sendable {
        case pixels = 1
        case texture
    }

    /// Chooses the terms of the second phase by name, with their usual weights: `mse` counts 0.1 beside others, 1 alone.
    public mutating func choose(_ terms: [String]) throws(SettingsError) {
        let known = ReconstructionLoss.Kind.allCases.map(\.rawValue)
        for term in terms where !known.contains(term) {
            throw .value(key: "loss", found: term, expected: "any of \(known.joined(separator: ", "))")
        }
        guard !terms.isEmpty else {
            throw .value(key: "loss", found: "nothing", expected: "any of \(known.joined(separator: ", "))")
        }
        mse = terms.contains("mse") ? (terms.count == 1 ? 1 : 0.1) : 0
        glcm = terms.contains("glcm") ? 1 : 0
        ssim = terms.contains("ssim") ? 1 : 0
        haralick = terms.contains("haralick") ? 1 : 0
    }

    /// Of a kind of terms in the second phase.
    func weight(_ kind: ReconstructionLoss.Kind) -> Double {
        switch kind {
        case .mse: mse
        case .glcm: glcm
        case .haralick: haralick
        case .ssim: ssim
        }
    }

    /// ``scales``, or the one that the keys beside it describe.
    public var usedScales: [LossScale] {
        guard scales.isEmpty else { return scales }
        var scale = LossScale()
        (scale.bins, scale.sharpness, scale.offsets) = (bins, sharpness, offsets)
        return [scale]
    }
}

// MARK: - The terms of an epoch

extension LossSettings {
    /// The loss of an epoch with the weights as they are set. `range` is what black and white are after normalisation.
    public func reconstruction(epoch: Int, range: ClosedRange<Double>) throws -> ReconstructionLoss {
        guard phase(ofEpoch: epoch) == .texture else {
            return ReconstructionLoss([.pixels(PixelLoss(target: pixels))])
        }
        return ReconstructionLoss(try terms(epoch: epoch, range: range).filter { $0.weight > 0 })
    }

    /// The same with pixels, matrices and structure in both phases, with weight 0 where they are not trained: what validation
    /// reports.
    func everyTerm(epoch: Int, range: ClosedRange<Double>) throws -> ReconstructionLoss {
        var terms = try terms(epoch: max(epoch, pixelEpochs), range: range).filter {
            $0.kind != .haralick || $0.weight > 0
        }
        if phase(ofEpoch: epoch) == .pixels {
            for index in terms.indices { terms[index].weight = terms[index].kind == .mse ? 1 : 0 }
        }
        return ReconstructionLoss(terms)
    }

    /// All terms of an epoch of the second phase, those of weight 0, too.
    private func terms(epoch: Int, range: ClosedRange<Double>) throws -> [ReconstructionLoss.Term] {
        let similarity = try StructuralSimilarity(clamp: range)
        var terms: [ReconstructionLoss.Term] = [.pixels(PixelLoss(target: pixels), weight: mse)]
        let comparisons: [(ReconstructionLoss.Kind, CooccurrenceLoss.Comparison)] = [
            (.glcm, .meanSquare(normalisation, weighting)),
            (.haralick, .statistics(CooccurrenceLoss.MatchedFeature.usual)),
        ]
        let scales = usedScales
        for (kind, comparison) in comparisons {
            for (index, scale) in scales.enumerated() where scale.isActive(inEpoch: epoch - pixelEpochs) {
                let loss = try CooccurrenceLoss(
                    range: range, scales: [scale.core(epoch: epoch - pixelEpochs, of: textureEpochs)],
                    comparison: comparison)
                terms.append(
                    .texture(
                        loss, weight: weight(kind), scope: glcmScope == .patch ? .hidden : .pasted(window: window),
                        name: scales.count == 1 ? kind.rawValue : "\(kind.rawValue)_\(index + 1)"))
            }
        }
        terms.append(.structure(similarity, weight: ssim, scope: ssimScope == .patch ? .hidden : .image))
        return terms
    }

    /// Settings that cannot be carried out, for images of so many patches each way.
    func check(patches: Int) throws(SettingsError) {
        guard epochs > 0 else {
            throw .value(
                key: "loss.pixelEpochs and loss.textureEpochs", found: "both 0", expected: "one of them above 0")
        }
        for (index, scale) in scales.enumerated() where scale.until != 0 && scale.until <= scale.from {
            throw .value(
                key: "loss.scales[\(index + 1)].until", found: "\(scale.until)",
                expected: "more than its from, which is \(scale.from), or 0 for the end")
        }
        guard window <= patches else {
            throw .value(
                key: "loss.window", found: "\(window)",
                expected: "at most the \(patches) patches that the image has each way")
        }
        guard textureEpochs > 0 else { return }
        guard mse + glcm + ssim + haralick > 0 else {
            throw .value(key: "loss", found: "all weights 0", expected: "one above 0")
        }
        // Scales that come and go may leave an epoch without a term.
        let changes = Set([0] + scales.flatMap { [$0.from, $0.until] }).filter { $0 < textureEpochs }
        for epoch in changes.sorted() {
            let loss: ReconstructionLoss
            do {
                loss = try reconstruction(epoch: pixelEpochs + epoch, range: 0...1)
            } catch { throw .conflict("loss: \(error)") }
            guard !loss.terms.isEmpty else {
                throw .conflict(
                    "loss: epoch \(epoch) of the second phase has no term: no scale takes part in it (loss.scales: from, until)"
                )
            }
        }
    }
}

extension LossScale {
    /// - Parameters:
    ///   - epoch: of the second phase.
    ///   - epochs: that it has.
    fileprivate func core(epoch: Int, of epochs: Int) -> CooccurrenceLoss.Scale {
        let (start, end) = (sharpness.first ?? 5, sharpness.last ?? 5)
        let last = max(from + 1, until > 0 ? until : epochs)
        let schedule: SharpnessSchedule =
            sharpness.count > 1 ? .geometric(start: start, end: end, epochs: from..<last) : .constant(start)
        return CooccurrenceLoss.Scale(
            bins: bins, sharpness: schedule.sharpness(epoch: epoch), offsets: offsets, weight: weight)
    }
}
