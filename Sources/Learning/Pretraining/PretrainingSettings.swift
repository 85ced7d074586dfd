// Everything that decides what a pre-training run computes, in the order in which it applies. The defaults are the paper's
// recipe (Focus on Texture, 2025; MAE, He et al. 2022) for grey images.

import MaskedAutoencoder
import NeuralNetwork
import Preparation
import SettingsFile
import TextureCore

/// Settings of `weft pretrain`: a YAML file, options, and `config.yaml` of the run.
public struct PretrainingSettings: Hashable, Sendable {
    public var data = DataSettings()
    public var model = ModelSettings()
    public var loss = LossSettings()
    public var optimiser = OptimiserSettings()
    public var run = RunSettings()

    public init() {}
}

/// Which images, and what the network sees of them.
public struct DataSettings: Hashable, Sendable {
    /// Folders and files that were given; recorded, and not needed to resume.
    public var archive: [String] = []
    /// The file of prepared slices; empty: `prepared.slices` in the run folder.
    public var slices = ""
    /// Of the prepared slices that the run began with: it goes on with no others.
    public var fingerprint = ""
    public var preparation = PreparationSettings()
    /// 1: the grey value, normalised by mean and deviation of the training slices. 3: repeated, with ImageNet's statistics.
    public var channels = 1
    public var crop = Augmentation.CropKind.place
    /// Share of a slice's area that a random crop covers.
    public var cropArea = 0.2...1.0
    public var flip = Augmentation.Flip.horizontal
    /// Share of the patients that only measure.
    public var holdout = 0.1
    /// A number a channel; empty: measured on the training slices (1 channel) or ImageNet's (3).
    public var mean: [Double] = []
    public var deviation: [Double] = []

    public init() { preparation.scale = .own }

    public var augmentation: Augmentation { Augmentation(crop: crop.crop(area: cropArea), flip: flip) }
}

/// What is trained.
public struct ModelSettings: Hashable, Sendable {
    /// Encoder and patch side: `vit-ti16`, `vit-s16`, `vit-b16`, `vit-l16`, `vit-h14`.
    public var name = "vit-b16"
    /// Rows and columns that the network sees, pixels.
    public var imageSize = 224
    public var maskRatio = 0.75
    public var decoderWidth = 512
    public var decoderDepth = 8
    public var decoderHeads = 16
    /// Where the weights start: a `.safetensors` or PyTorch `.pth` file; empty: at random.
    public var weights = ""

    public init() {}
}

/// Epochs of the two phases.
public struct PhaseEpochs: Hashable, Sendable {
    public var pixels: Int
    public var texture: Int

    public init(pixels: Int, texture: Int) { (self.pixels, self.texture) = (pixels, texture) }
}

/// What a reconstruction is measured by, in two phases: pixels alone, then the weighted sum.
public struct LossSettings: Hashable, Sendable {
    /// Epochs with the pixels' mean squared error alone.
    public var pixelEpochs = 200
    /// Epochs with the weighted sum below.
    public var textureEpochs = 200
    /// Weights of the second phase; 0 leaves a term out.
    public var mse = 0.1
    public var glcm = 1.0
    public var ssim = 1.0
    /// Of the squared differences of Haralick features.
    public var haralick = 0.0
    public var pixels = PixelLoss.Target.values
    public var bins = 256
    /// L of the soft bins (bandwidth = bin length / L): one number, or where it starts and ends in the second phase.
    public var sharpness: [Double] = [5]
    /// Columns and rows from a pixel to its neighbour.
    public var offsets: [Offset] = [Offset(1, 0), Offset(0, 1)]
    public var normalisation = CooccurrenceLoss.MatrixNormalisation.counts
    public var weighting = CooccurrenceLoss.Weighting.damped
    public var ssimScope = SimilarityScope.patch

    public enum SimilarityScope: String, Hashable, Sendable, CaseIterable { case patch, image }

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
        let known = ["mse", "glcm", "ssim", "haralick"]
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
}

public struct OptimiserSettings: Hashable, Sendable {
    /// Images that go through the network at once.
    public var batchSize = 8
    /// Batches that one step adds up.
    public var accumulation = 1
    /// Learning rate for 256 images per step; the rate is this times images of a step / 256.
    public var rate = 1.5e-4
    public var minimumRate = 0.0
    /// In epochs.
    public var warmup = 40.0
    public var weightDecay = 0.05
    public var beta1 = 0.9
    public var beta2 = 0.95
    public var epsilon = 1e-8
    /// Gradients longer than this are shortened to it; 0 leaves them.
    public var clip = 0.0

    public init() {}

    public var imagesPerStep: Int { batchSize * accumulation }
}

public struct RunSettings: Hashable, Sendable {
    public var seed: UInt64 = 0
    /// A checkpoint to keep every so many epochs; 0 keeps none but the last.
    public var checkpointEpochs = 50
    /// How much work a power cut may cost. 0 writes `last.safetensors` after every step.
    public var checkpointMinutes = 10.0
    /// The most held-out images that are looked at after an epoch.
    public var validationImages = 256

    public init() {}
}

extension PretrainingSettings {
    /// Settings that contradict each other or cannot be carried out.
    public func validate() throws(SettingsError) {
        try checkValues()
        let side = data.preparation.side
        guard data.preparation.scale != .resize || side >= model.imageSize else {
            throw .value(
                key: "model.imageSize", found: "\(model.imageSize)", expected: "at most data.resize, which is \(side)")
        }
        guard data.mean.count == data.deviation.count, [0, data.channels].contains(data.mean.count),
            data.deviation.allSatisfy({ $0 > 0 })
        else {
            throw .value(
                key: "data.mean and data.deviation", found: "\(data.mean), \(data.deviation)",
                expected: "a number for each of \(data.channels) channel(s), deviations above 0, or none")
        }
        guard loss.epochs > 0 else {
            throw .value(
                key: "loss.pixelEpochs and loss.textureEpochs", found: "both 0", expected: "one of them above 0")
        }
        guard loss.textureEpochs == 0 || loss.mse + loss.glcm + loss.ssim + loss.haralick > 0 else {
            throw .value(key: "loss", found: "all weights 0", expected: "one above 0")
        }
        do {
            _ = try model.configuration(channels: data.channels)
        } catch { throw .conflict("model: \(error)") }
        do {
            for phase in [LossSettings.Phase.pixels, .texture] where phase == .pixels || loss.textureEpochs > 0 {
                _ = try loss.reconstruction(phase: phase, epoch: loss.pixelEpochs, range: 0...1)
            }
        } catch { throw .conflict("loss: \(error)") }
    }
}

extension ModelSettings {
    public func configuration(channels: Int) throws(ConfigurationError) -> MaskedAutoencoderConfiguration {
        try MaskedAutoencoderConfiguration(
            model: name, imageSize: imageSize, channels: channels, maskRatio: maskRatio,
            decoder: .init(width: decoderWidth, depth: decoderDepth, heads: decoderHeads))
    }
}

extension LossSettings {
    /// The loss of an epoch. `range` is what black and white are after normalisation.
    public func reconstruction(
        phase: Phase, epoch: Int, range: ClosedRange<Double>
    ) throws -> ReconstructionLoss {
        guard phase == .texture else {
            return ReconstructionLoss(patches: TextureLoss(pixel: (1, PixelLoss(target: pixels))))
        }
        return try weighted(mse: mse, glcm: glcm, ssim: ssim, haralick: haralick, epoch: epoch, range: range)
    }

    /// Pixels, matrices and structure with weight 1, whichever are trained: what validation reports in both phases.
    public func everyTerm(epoch: Int, range: ClosedRange<Double>) throws -> ReconstructionLoss {
        try weighted(mse: 1, glcm: 1, ssim: 1, haralick: haralick > 0 ? 1 : 0, epoch: epoch, range: range)
    }

    /// The sum that a phase minimises, of terms before their weights.
    func total(of terms: MeanTerms, phase: Phase) -> Double {
        guard phase == .texture else { return terms.mse }
        return mse * terms.mse + glcm * terms.glcm + ssim * terms.ssim + haralick * terms.haralick
    }

    private func weighted(
        mse: Double, glcm: Double, ssim: Double, haralick: Double, epoch: Int, range: ClosedRange<Double>
    ) throws -> ReconstructionLoss {
        var patches = TextureLoss()
        let scale = CooccurrenceLoss.Scale(bins: bins, sharpness: schedule.sharpness(epoch: epoch), offsets: offsets)
        if mse > 0 { patches.pixel = (mse, PixelLoss(target: pixels)) }
        if glcm > 0 {
            patches.cooccurrence = (
                glcm,
                try CooccurrenceLoss(range: range, scales: [scale], comparison: .meanSquare(normalisation, weighting))
            )
        }
        if haralick > 0 {
            patches.statistics = (
                haralick,
                try CooccurrenceLoss(
                    range: range, scales: [scale], comparison: .statistics(CooccurrenceLoss.MatchedFeature.usual))
            )
        }
        guard ssim > 0 else { return ReconstructionLoss(patches: patches) }
        let similarity = try StructuralSimilarity(clamp: range)
        guard ssimScope == .patch else {
            return ReconstructionLoss(patches: patches, imageSimilarity: (ssim, similarity))
        }
        patches.similarity = (ssim, similarity)
        return ReconstructionLoss(patches: patches)
    }

    private var schedule: SharpnessSchedule {
        let (start, end) = (sharpness.first ?? 5, sharpness.last ?? 5)
        guard sharpness.count > 1 else { return .constant(start) }
        return .geometric(start: start, end: end, epochs: pixelEpochs..<pixelEpochs + max(1, textureEpochs))
    }
}

extension OptimiserSettings {
    var adamW: AdamWSettings {
        AdamWSettings(
            beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay, largestNorm: clip > 0 ? clip : nil)
    }

    func learningRate(epochs: Int) -> LearningRate {
        LearningRate(
            perBatchOf256: rate, batch: imagesPerStep, floor: minimumRate, warmup: warmup, epochs: Double(epochs))
    }
}
