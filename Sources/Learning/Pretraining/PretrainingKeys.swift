// The keys of a pre-training run's settings, in the order in which they apply.

import Preparation
import TextureCore
import Yams

extension PretrainingSettings: RunSettingsTable {
    package static let sections = ["data", "model", "loss", "optimiser", "run"]

    package static var table: [SettingsKey<PretrainingSettings>] {
        [
            .strings("data", "archive", \.data.archive),
            .string("data", "slices", \.data.slices),
            .string("data", "fingerprint", \.data.fingerprint),
            .strings("data", "modalities", \.data.preparation.selection.modalities),
            .strings("data", "bodyParts", \.data.preparation.selection.bodyParts),
            .strings("data", "descriptions", \.data.preparation.selection.descriptions),
            .integer("data", "minimumSize", \.data.preparation.selection.minimumSize),
            .choice("data", "pngPatient", \.data.preparation.pngPatient),
            .intensity("data", "intensity", \.data.preparation.intensity),
            .integer("data", "resize", \.data.preparation.side),
            .choice("data", "crop", \.data.crop),
            .range("data", "cropArea", \.data.cropArea),
            .choice("data", "flip", \.data.flip),
            .integer("data", "channels", \.data.channels),
            .list("data", "mean", \.data.mean),
            .list("data", "deviation", \.data.deviation),
            .number("data", "holdout", \.data.holdout),

            .string("model", "name", \.model.name),
            .integer("model", "imageSize", \.model.imageSize),
            .number("model", "maskRatio", \.model.maskRatio),
            .integer("model", "decoderWidth", \.model.decoderWidth),
            .integer("model", "decoderDepth", \.model.decoderDepth),
            .integer("model", "decoderHeads", \.model.decoderHeads),
            .string("model", "weights", \.model.weights),

            .integer("loss", "pixelEpochs", \.loss.pixelEpochs),
            .integer("loss", "textureEpochs", \.loss.textureEpochs),
            .number("loss", "mse", \.loss.mse),
            .number("loss", "glcm", \.loss.glcm),
            .number("loss", "ssim", \.loss.ssim),
            .number("loss", "haralick", \.loss.haralick),
            .choice("loss", "pixels", \.loss.pixels),
            .integer("loss", "bins", \.loss.bins),
            .list("loss", "sharpness", \.loss.sharpness),
            SettingsKey(
                section: "loss", name: "offsets",
                read: { node, settings throws(SettingsFault) in settings.loss.offsets = try node.offsets("loss.offsets")
                },
                written: { Node($0.loss.offsets.map { Node([Node("\(Double($0.x))"), Node("\(Double($0.y))")]) }) }),
            .choice("loss", "normalisation", \.loss.normalisation),
            .choice("loss", "weighting", \.loss.weighting),
            .choice("loss", "ssimScope", \.loss.ssimScope),

            .integer("optimiser", "batchSize", \.optimiser.batchSize),
            .integer("optimiser", "accumulation", \.optimiser.accumulation),
            .number("optimiser", "rate", \.optimiser.rate),
            .number("optimiser", "minimumRate", \.optimiser.minimumRate),
            .number("optimiser", "warmup", \.optimiser.warmup),
            .number("optimiser", "weightDecay", \.optimiser.weightDecay),
            .number("optimiser", "beta1", \.optimiser.beta1),
            .number("optimiser", "beta2", \.optimiser.beta2),
            .number("optimiser", "epsilon", \.optimiser.epsilon),
            .number("optimiser", "clip", \.optimiser.clip),

            .seed("run", "seed", \.run.seed),
            .integer("run", "checkpointEpochs", \.run.checkpointEpochs),
            .number("run", "checkpointMinutes", \.run.checkpointMinutes),
            .integer("run", "validationImages", \.run.validationImages),
        ]
    }
}
