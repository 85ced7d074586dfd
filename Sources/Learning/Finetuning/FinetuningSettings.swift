// Everything that decides what a fine-tuning run computes, in the order in which it applies. The defaults are the MAE recipe
// (He et al. 2022) as the GLCM-MAE paper uses it.

import Foundation
import MaskedAutoencoder
import NeuralNetwork
import Preparation
import SettingsFile

/// Settings of `weft finetune`: a YAML file, options, and `config.yaml` of the run.
public struct FinetuningSettings: Hashable, Sendable {
    public var data = LabelledDataSettings()
    public var model = ClassifierSettings()
    public var optimiser = FinetuningOptimiserSettings()
    public var run = FinetuningRunSettings()

    public init() {}
}

public struct LabelledDataSettings: Hashable, Sendable {
    /// What was given; recorded, and not needed to resume.
    public var dataset = ""
    /// The file of prepared slices; empty: `prepared.slices` in the run folder.
    public var slices = ""
    public var fingerprint = ""
    public var preparation = PreparationSettings()
    /// Patterns for the names of the regions that are looked at; empty: all of the image is.
    public var roi: [String] = []
    /// Masks, or folders of them, that do not lie beside the images.
    public var masks: [String] = []
    /// At which the network sees images; nil: as the weights were trained, ``ImageScale/own`` without weights.
    public var scale: ImageScale? { didSet { preparation.scale = scale ?? .resize } }
    /// Nil: tiles of images at a scale of their own, else the whole picture.
    public var views: ImageViews?
    /// The most pixels from a tile to the next one, of images that are looked at; 0: half a tile's side.
    public var stride = 0
    /// 0: as the weights were trained, or 1 without weights.
    public var channels = 0
    /// Of whole pictures; tiles lie anywhere.
    public var crop = WholeCrop.random
    public var cropArea = 0.08...1.0
    public var flip = Augmentation.Flip.horizontal
    public var operations = RandomOperations.none
    /// How often a rectangle is erased from a training image.
    public var erasing = 0.0
    /// Of training images with each other.
    public var mixing = Mixing()
    public var sampling = ClassSampling.asTheyAre
    /// Folds of cross-validation; 0: the split (or the folds) of the dataset.
    public var folds = 0
    public var sharedPatients = SharedPatients.refuse
    /// About the share of the training patients that choose the epoch instead.
    public var validation = 0.15
    /// How patients are called that no table names.
    public var pseudonyms = Pseudonyms.hash
    /// A number a channel; empty: those of the weights, or measured on the training slices.
    public var mean: [Double] = []
    public var deviation: [Double] = []

    public init() { preparation.side = 0 }

    /// Of resolved settings.
    public var augmentation: Augmentation {
        let crop: Augmentation.Crop =
            switch views {
            case .tiles: .place
            case .both: .placeOrWhole
            case .whole, nil: crop == .centre ? .centre : .random(area: cropArea)
            }
        return Augmentation(crop: crop, flip: flip, operations: operations, erasing: erasing)
    }
}

/// What of a whole picture is trained on.
public enum WholeCrop: String, CaseIterable, Hashable, Sendable { case centre, random }

/// How often an epoch shows the images of a class.
public enum ClassSampling: String, CaseIterable, Hashable, Sendable {
    /// Every image once.
    case asTheyAre = "all"
    /// As many of each class: those of rare ones several times, those of frequent ones in turn.
    case balanced
}

/// What the images of a class weigh in the loss.
public enum ClassWeighting: String, CaseIterable, Hashable, Sendable {
    case none
    /// N / (C n) for n of N images in one of C classes, as scikit-learn's `class_weight="balanced"`.
    case balanced

    /// - Parameter labels: of the training images, every class among them.
    func weights(_ labels: [Int], classes: Int) -> [Double] {
        guard self == .balanced else { return [] }
        return (0..<classes).map { name in
            Double(labels.count) / Double(classes * max(1, labels.count { $0 == name }))
        }
    }
}

/// What a pseudonym of a patient is made with: a hash of the Patient ID that anybody can make, or a secret key.
public enum Pseudonyms: String, CaseIterable, Hashable, Sendable { case hash, keyed }

public struct ClassifierSettings: Hashable, Sendable {
    /// Where the encoder starts: `.safetensors` or PyTorch's `.pth`; empty: at random.
    public var weights = ""
    /// Encoder and patch side, `vit-b16`; empty: as the weights are.
    public var name = ""
    /// Rows and columns that the network sees, pixels; 0: as the weights were trained, or 224.
    public var imageSize = 0
    /// Found out from weights or name, and recorded; 0 until then.
    public var patchSide = 0
    public var width = 0
    public var depth = 0
    public var heads = 0
    public var scaling = LayerScaling.none
    /// Of the last block; see DropPath.
    public var dropPath = 0.1
    /// What the head, or the probe, reads off the tokens.
    public var pool = TokenPool.moments
    /// What is trained on the features of the frozen encoder instead of all of it.
    public var probe = Probe.none
    /// Behind which blocks, from 1, a probe reads; empty: the last one.
    public var blocks: [Int] = []
    /// Of the weights of a linear or attentive probe, 1 / C of scikit-learn.
    public var penalty = 1.0
    /// The most neighbours that vote.
    public var neighbours = 20

    public enum Probe: String, CaseIterable, Hashable, Sendable { case none, linear, attentive, knn }

    public init() {}
}

public struct FinetuningOptimiserSettings: Hashable, Sendable {
    public var epochs = 100
    /// Images a step.
    public var batchSize = 128
    /// Parts that the images of a step go through the network in; 0: as many as keep its activations below 2 GB.
    public var accumulation = 0
    /// Learning rate for 256 images per step; the rate is this times images of a step / 256.
    public var rate = 1e-3
    public var minimumRate = 1e-6
    /// In epochs.
    public var warmup = 5.0
    public var weightDecay = 0.05
    public var layerDecay = 0.75
    public var smoothing = 0.1
    public var classWeights = ClassWeighting.none
    public var beta1 = 0.9
    public var beta2 = 0.999
    public var epsilon = 1e-8
    /// Gradients longer than this are shortened to it; 0 leaves them.
    public var clip = 0.0
    /// Decay of the exponential moving average of the weights, which is measured and kept in their place; 0: none.
    public var averaging = 0.0
    /// Which epoch's weights are the model.
    public var choose = EpochChoice.loss

    public init() {}

    /// At most a third of the run.
    public var usedWarmup: Double { min(warmup, Double(epochs) / 3) }

    var adamW: AdamWSettings {
        AdamWSettings(
            beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay, largestNorm: clip > 0 ? clip : nil)
    }
}

/// By what the epoch is chosen, on images that are neither trained on nor tested with; ties go to the lower cross entropy, then
/// to the earlier epoch.
public enum EpochChoice: String, CaseIterable, Hashable, Sendable {
    case loss, auroc, accuracy
    /// No images are set aside for it.
    case last
}

public struct FinetuningRunSettings: Hashable, Sendable {
    public var seed: UInt64 = 0
    /// How much work a power cut may cost. 0 writes `last.safetensors` after every step.
    public var checkpointMinutes = 10.0

    public init() {}
}

extension FinetuningSettings {
    /// Settings that contradict each other or cannot be carried out.
    public func validate() throws(SettingsError) {
        try checkValues()
        let (size, side) = (model.imageSize, data.preparation.side)
        guard side == 0 || side >= size else {
            throw .value(key: "model.imageSize", found: "\(size)", expected: "at most data.resize, which is \(side)")
        }
        guard data.mean.count == data.deviation.count, data.deviation.allSatisfy({ $0 > 0 }),
            data.mean.isEmpty || data.channels == 0 || data.mean.count == data.channels
        else {
            throw .value(
                key: "data.mean and data.deviation", found: "\(data.mean), \(data.deviation)",
                expected: "one number per channel, deviations above 0, or none")
        }
        guard model.probe != .attentive || (model.blocks.count < 2 && model.pool != .classToken) else {
            throw .conflict(
                "model.probe: attentive reads the patch tokens of one block by queries of its own: give one --layer, and"
                    + " --pool moments (tokens as they are) or mean (behind the norm)")
        }
        guard model.blocks.isEmpty || model.probe != .none else {
            throw .conflict("model.blocks is of a probe: give --probe, or leave --layer out")
        }
        guard data.roi.isEmpty || (data.views != .whole && data.views != .both && data.scale != .resize) else {
            throw .conflict(
                "data.roi: regions are seen through tiles at the image's own scale; leave out --whole, --both and resize"
            )
        }
        guard data.roi.isEmpty || (data.operations == .none && data.mixing == Mixing()) else {
            throw .conflict(
                "data.roi: a region does not follow random operations and mixing; leave out --augment, --mixup and --cutmix"
            )
        }
        guard data.masks.isEmpty || !data.roi.isEmpty else {
            throw .conflict("data.masks are of regions: say which with --roi, such as '*' for all")
        }
        guard data.views == nil || data.views == .whole || data.scale != .resize else {
            throw .conflict(
                "data.scale: resize makes the whole picture small, and data.views asks for tiles; choose a scale, or --whole"
            )
        }
        guard model.probe == .none || !model.weights.isEmpty else {
            throw .value(
                key: "model.probe", found: model.probe.rawValue, expected: "weights to look at, given with --weights")
        }
        if !model.name.isEmpty {
            do {
                _ = try MaskedAutoencoderConfiguration(model: model.name, imageSize: 5040)
            } catch ConfigurationError.unknownModel(let name) {
                throw .conflict("\(ConfigurationError.unknownModel(name))")
            } catch {
                // The image size is checked when it is known.
            }
        }
    }

    /// The settings with everything that the weights decide: encoder, patches, channels, image size, normalisation and, where
    /// the user has not chosen any, the ranges of values that the pre-training saw.
    public func resolved(with weights: EncoderWeights?) throws -> FinetuningSettings {
        var settings = self
        let shape: MaskedAutoencoderConfiguration
        if let weights {
            if data.channels != 0, data.channels != weights.channels {
                throw WeightsFileError.channels(
                    path: weights.path, found: weights.channels, expected: data.channels)
            }
            shape = try weights.configuration(
                imageSize: model.imageSize > 0 ? model.imageSize : weights.imageSize,
                heads: model.heads > 0 ? model.heads : nil)
            if !model.name.isEmpty {
                let named = try MaskedAutoencoderConfiguration(model: model.name, imageSize: shape.imageHeight)
                var unscaled = shape.encoder
                unscaled.scaling = .none
                guard named.encoder == unscaled, named.patchSide == shape.patchSide else {
                    throw SettingsError.conflict(
                        "--model \(model.name): the weights have patches of \(shape.patchSide) and an encoder of "
                            + "\(shape.encoder.depth) blocks, \(shape.encoder.width) wide; leave --model out")
                }
            }
            if settings.data.mean.isEmpty, let known = weights.normalisation {
                (settings.data.mean, settings.data.deviation) = (known.mean, known.deviation)
            }
            if data.preparation.intensity == .standard, let known = try weights.intensity() {
                settings.data.preparation.intensity = known
            }
        } else {
            shape = try MaskedAutoencoderConfiguration(
                model: model.name.isEmpty ? "vit-b16" : model.name,
                imageSize: model.imageSize > 0 ? model.imageSize : 224, channels: max(1, data.channels))
        }
        settings.model.imageSize = shape.imageHeight
        (settings.model.patchSide, settings.model.heads) = (shape.patchSide, shape.encoder.heads)
        (settings.model.width, settings.model.depth) = (shape.encoder.width, shape.encoder.depth)
        settings.model.scaling = shape.encoder.scaling
        settings.data.channels = shape.channels
        try settings.decideViews(trainedAt: try weights?.scale() ?? (weights == nil ? .own : .resize))
        if settings.data.mean.isEmpty, shape.channels == 3 {
            let known = ChannelNormalisation.imageNet
            (settings.data.mean, settings.data.deviation) = (known.mean, known.deviation)
        }
        if settings.data.preparation.side == 0 {
            settings.data.preparation.side = PreparationSettings.usualSide(
                forImageSize: shape.imageHeight)
        }
        try settings.validate()
        return settings
    }

    /// Settles which views there are, and at which scale.
    private mutating func decideViews(trainedAt known: ImageScale) throws {
        let scale = data.views == .whole ? .resize : data.scale ?? known
        let views = data.views ?? (scale == .resize && data.roi.isEmpty ? .whole : .tiles)
        // Tiles of weights that saw pictures made small.
        data.scale = views.includesTiles && scale == .resize ? .own : scale
        data.views = views
        if data.stride == 0 { data.stride = max(1, model.imageSize / 2) }
    }

    /// What is set aside to choose the epoch: nothing where the last one is taken, or there are none.
    var validationShare: ValidationShare? {
        guard optimiser.choose != .last, model.probe == .none, data.validation > 0 else { return nil }
        return ValidationShare(data.validation, seed: run.seed)
    }

    /// Of resolved settings.
    func fixedViews() -> FixedViews {
        FixedViews(
            data.views ?? .whole, at: data.preparation.scale, size: model.imageSize, stride: max(1, data.stride))
    }

    /// Of resolved settings.
    func configuration() throws -> MaskedAutoencoderConfiguration {
        try MaskedAutoencoderConfiguration(
            imageHeight: model.imageSize, imageWidth: model.imageSize, patchSide: model.patchSide,
            channels: data.channels,
            encoder: .init(width: model.width, depth: model.depth, heads: model.heads, scaling: model.scaling))
    }
}
