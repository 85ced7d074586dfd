// What nobody said follows from the weights that a run begins with, or from the size of model and data; with the arithmetic in
// words, so that it can be said otherwise.

import Foundation
import MaskedAutoencoder
import Preparation
import SettingsFile
import Training

extension PretrainingSettings {
    /// Below so many slices a run from random weights has a small encoder: MAE's ViT-B learned from 1.3 million.
    static let fewSlices = 20_000

    /// The settings of a recipe; the others at their defaults.
    public init(recipe: Recipe) {
        self.init()
        switch recipe {
        case .small:
            data.channels = 1
            (model.name, model.imageSize) = ("vit-ti16", 96)
            (model.decoderWidth, model.decoderDepth, model.decoderHeads) = (128, 4, 4)
            (loss.pixelEpochs, loss.textureEpochs) = (150, 150)
            (optimiser.batchSize, optimiser.rate, optimiser.warmup) = (32, 4e-3, 20)
        case .paper:
            (data.preparation.scale, data.preparation.side) = (.resize, 256)
            (data.channels, data.crop, data.flip) = (3, .centre, .none)
            (model.name, model.imageSize) = ("vit-b16", 224)
            (model.decoderWidth, model.decoderDepth, model.decoderHeads) = (512, 8, 16)
            (loss.balance, loss.bins, loss.sharpness) = (.none, 256, [5])
            (optimiser.batchSize, optimiser.rate, optimiser.warmup) = (8, 1.5e-4, 40)
        }
    }

    /// What a recipe sets, one line a key.
    public static func lines(of recipe: Recipe) -> [String] {
        Self(recipe: recipe).differences(from: Self()).map { "\($0.path): \($0.now)" }
    }

    /// The settings with everything that they leave open: as the weights have it, or by the size of model and data.
    ///
    /// - Parameter slices: prepared or about to be, those held out as well; nil where that is not known yet.
    /// - Throws: `WeightsFileError` or `SettingsError` where the settings ask for another network than the weights are of.
    public func resolved(with weights: EncoderWeights?, slices: Int?) throws -> PretrainingSettings {
        var settings = self
        if let weights {
            try settings.take(weights)
        }
        settings = settings.filled(with: weights, slices: slices)
        try settings.validate()
        return settings
    }

    /// Model, size, decoder and normalisation of a file.
    private mutating func take(_ weights: EncoderWeights) throws {
        guard data.channels == 0 || data.channels == weights.channels else {
            throw WeightsFileError.channels(path: weights.path, found: weights.channels, expected: data.channels)
        }
        data.channels = weights.channels
        let shape = try weights.configuration(
            imageSize: model.imageSize > 0 ? model.imageSize : weights.imageSize)
        guard
            let size = MaskedAutoencoderConfiguration.EncoderSize.allCases.first(where: {
                $0.transformer == shape.encoder
            })
        else {
            throw SettingsError.conflict(
                "\(weights.path): the encoder has \(shape.encoder.depth) blocks, is \(shape.encoder.width) wide with "
                    + "\(shape.encoder.heads) heads"
                    + (shape.encoder.scaling == .none ? "" : " and scales its branches")
                    + "; expected one of vit-ti, vit-s, vit-b, vit-l and vit-h, which weft pretrain trains")
        }
        let name = "vit-\(size.rawValue)\(shape.patchSide)"
        guard model.name.isEmpty || model.name.lowercased() == name else {
            throw SettingsError.conflict("--model \(model.name): the weights are of a \(name); leave --model out")
        }
        (model.name, model.imageSize) = (name, shape.imageHeight)
        if let decoder = weights.decoder {
            if model.decoderWidth == 0 { model.decoderWidth = decoder.width }
            if model.decoderDepth == 0 { model.decoderDepth = decoder.depth }
            if model.decoderHeads == 0 { model.decoderHeads = decoder.heads }
        }
        if data.mean.isEmpty, let known = weights.normalisation {
            (data.mean, data.deviation) = (known.mean, known.deviation)
        }
        if data.preparation.intensity == .standard, let known = try weights.intensity() {
            data.preparation.intensity = known
        }
    }

    /// Without a look at the weights but for whether there are any.
    func filled(with weights: EncoderWeights?, slices: Int?) -> PretrainingSettings {
        var settings = self
        let isSmall = (slices ?? 0) < Self.fewSlices
        if settings.model.name.isEmpty { settings.model.name = isSmall ? "vit-ti16" : "vit-b16" }
        if settings.data.channels == 0 { settings.data.channels = settings.data.mean.count == 3 ? 3 : 1 }
        let width = settings.encoderWidth
        // Small encoders for small images, with decoders in proportion.
        if settings.model.imageSize == 0 { settings.model.imageSize = width <= 384 ? 96 : 224 }
        let decoder = width <= 192 ? (128, 4, 4) : width <= 384 ? (256, 4, 8) : (512, 8, 16)
        if settings.model.decoderWidth == 0 { settings.model.decoderWidth = decoder.0 }
        if settings.model.decoderDepth == 0 { settings.model.decoderDepth = decoder.1 }
        if settings.model.decoderHeads == 0 {
            settings.model.decoderHeads =
                settings.model.decoderWidth == decoder.0 ? decoder.2 : max(1, settings.model.decoderWidth / 32)
        }
        if settings.data.preparation.side == 0 {
            settings.data.preparation.side = PreparationSettings.usualSide(forImageSize: settings.model.imageSize)
        }
        if settings.optimiser.batchSize == 0 {
            let usual = width <= 384 ? 32 : 8
            settings.optimiser.batchSize = min(usual, max(1, (slices ?? 4 * usual) / 4))
        }
        if settings.optimiser.rate == 0 {
            let images = Double(settings.optimiser.imagesPerStep)
            let isFresh = settings.model.weights.isEmpty
            let rate = isFresh ? Self.rateAStep(width: width, images: images) * 256 / images : 1.5e-4
            // Four digits are enough to be read.
            settings.optimiser.rate = Double(String(format: "%.3e", rate)) ?? rate
        }
        return settings
    }

    /// From random weights: 5e-4 for an encoder of width 192 and steps of 32 images, as the square root of the images (AdamW) and
    /// as the inverse square root of the width. For ViT-B and MAE's 4096 images that is 2.8e-3, and MAE has 2.4e-3.
    private static func rateAStep(width: Int, images: Double) -> Double {
        5e-4 * (192 / Double(width)).squareRoot() * (images / 32).squareRoot()
    }

    /// 0 for a model that there is not.
    private var encoderWidth: Int {
        (try? MaskedAutoencoderConfiguration(model: model.name, imageSize: 1 << 12))?.encoder.width
            ?? MaskedAutoencoderConfiguration.EncoderSize.base.transformer.width
    }

    /// What of these settings was decided for somebody who gave `given`, with the arithmetic.
    func decisions(from given: PretrainingSettings, weights: EncoderWeights?, slices: Int) -> [String] {
        var lines: [String] = []
        let decoder = "decoder \(model.decoderWidth)/\(model.decoderDepth)/\(model.decoderHeads)"
        let isOpen = given.model.name.isEmpty || given.model.imageSize == 0 || given.model.decoderWidth == 0
        if isOpen {
            let reason =
                if let weights {
                    "as \(weights.path) has it"
                } else if given.model.name.isEmpty {
                    "for \(slices) slices, \(slices < Self.fewSlices ? "fewer than" : "at least") \(Self.fewSlices)"
                } else { "by the model" }
            lines.append("\(model.name) at \(model.imageSize) pixels, \(decoder): \(reason)")
        }
        if given.optimiser.rate == 0 || given.optimiser.batchSize == 0 {
            let images = optimiser.imagesPerStep
            let step = String(format: "%.3g", optimiser.rate * Double(images) / 256)
            let rule =
                given.optimiser.rate > 0
                ? ""
                : model.weights.isEmpty
                    ? " (5e-4 · √(192 / width \(encoderWidth)) · √(\(images) / 32), from random weights)"
                    : " (MAE's, going on from weights)"
            lines.append(
                "\(images) images a step at a rate of \(step) = --rate \(optimiser.rate) · \(images) / 256\(rule)")
        }
        return lines
    }

    /// What was not taken as it was given.
    var warmupRemark: String? {
        guard optimiser.usedWarmup(epochs: loss.epochs) < optimiser.warmup else { return nil }
        return
            "a warm-up of \(optimiser.warmup) epochs is longer than a third of the run, which is of \(loss.epochs); it"
            + " takes a third"
    }
}
