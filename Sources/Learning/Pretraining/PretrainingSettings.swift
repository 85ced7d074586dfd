// Everything that decides what a pre-training run computes, in the order in which it applies; see Defaults.swift for what follows
// from the weights or the data where nobody says it.

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
    /// 1: the grey value, normalised by mean and deviation of the training slices. 3: repeated, with ImageNet's statistics. 0: as
    /// the weights have them, or 1.
    public var channels = 0
    public var crop = Augmentation.CropKind.place
    /// Share of a slice's area that a random crop covers.
    public var cropArea = 0.2...1.0
    public var flip = Augmentation.Flip.horizontal
    /// A table of patients, for images that do not say whose they are; empty: none was given, or found.
    public var patients = ""
    /// Share of the patients that only measure.
    public var holdout = 0.1
    /// A number a channel; empty: measured on the training slices (1 channel) or ImageNet's (3).
    public var mean: [Double] = []
    public var deviation: [Double] = []

    public init() { (preparation.scale, preparation.side) = (.own, 0) }

    public var augmentation: Augmentation { Augmentation(crop: crop.crop(area: cropArea), flip: flip) }
}

/// What is trained. Empty or 0: by the weights or the data, see ``PretrainingSettings/resolved(with:slices:)``.
public struct ModelSettings: Hashable, Sendable {
    /// Encoder and patch side: `vit-ti16`, `vit-s16`, `vit-b16`, `vit-l16`, `vit-h14`.
    public var name = ""
    /// Rows and columns that the network sees, pixels.
    public var imageSize = 0
    public var maskRatio = 0.75
    public var decoderWidth = 0
    public var decoderDepth = 0
    public var decoderHeads = 0
    /// Where the weights start: a `.safetensors` or PyTorch `.pth` file; empty: at random.
    public var weights = ""

    public init() {}
}

public struct OptimiserSettings: Hashable, Sendable {
    /// Images that go through the network at once; 0: by model and data.
    public var batchSize = 0
    /// Batches that one step adds up.
    public var accumulation = 1
    /// Learning rate for 256 images per step; the rate is this times images of a step / 256. 0: by model and batch.
    public var rate = 0.0
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
        let settings = filled(with: nil, slices: nil)
        let side = settings.data.preparation.side
        // A size that is left open follows from the weights or the model, and is checked then.
        guard model.imageSize == 0 || data.preparation.scale != .resize || side >= settings.model.imageSize else {
            throw .value(
                key: "model.imageSize", found: "\(settings.model.imageSize)",
                expected: "at most data.resize, which is \(side)")
        }
        // Of weights' channels one knows with the weights.
        let channels = data.channels == 0 ? [1, 3] : [data.channels]
        guard data.mean.count == data.deviation.count, ([0] + channels).contains(data.mean.count),
            data.deviation.allSatisfy({ $0 > 0 })
        else {
            throw .value(
                key: "data.mean and data.deviation", found: "\(data.mean), \(data.deviation)",
                expected:
                    "a number for each of \(channels.map(String.init).joined(separator: " or ")) channel(s), deviations "
                    + "above 0, or none")
        }
        let configuration: MaskedAutoencoderConfiguration
        do {
            configuration = try settings.model.configuration(channels: settings.data.channels)
        } catch { throw .conflict("model: \(error)") }
        try loss.check(patches: min(configuration.patchRows, configuration.patchColumns))
    }
}

extension ModelSettings {
    public func configuration(channels: Int) throws(ConfigurationError) -> MaskedAutoencoderConfiguration {
        try MaskedAutoencoderConfiguration(
            model: name, imageSize: imageSize, channels: channels, maskRatio: maskRatio,
            decoder: .init(width: decoderWidth, depth: decoderDepth, heads: decoderHeads))
    }
}

extension OptimiserSettings {
    var adamW: AdamWSettings {
        AdamWSettings(
            beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay, largestNorm: clip > 0 ? clip : nil)
    }

    func learningRate(epochs: Int) -> LearningRate {
        LearningRate(
            perBatchOf256: rate, batch: imagesPerStep, floor: minimumRate, warmup: usedWarmup(epochs: epochs),
            epochs: Double(epochs))
    }

    /// At most a third of the run.
    func usedWarmup(epochs: Int) -> Double { min(warmup, Double(epochs) / 3) }
}
