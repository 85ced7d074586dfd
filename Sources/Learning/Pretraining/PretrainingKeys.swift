// The keys of a pre-training run's settings, in the order in which they apply, with the options of `weft pretrain`.

import Preparation
import SettingsFile
import TextureCore
import Training
import Yams

extension PretrainingSettings: KeyedSettings {
    package static let keys: [SettingsKey<PretrainingSettings>] = [
        .section("data", dataKeys), .section("model", modelKeys), .section("loss", lossKeys, option: termsOption),
        .section("optimiser", optimiserKeys), .section("run", runKeys),
    ]

    /// Every setting. Inverse of ``init(yaml:)``.
    package var yaml: String { written(as: .sections) }

    private static let dataKeys: [SettingsKey<PretrainingSettings>] = [
        .texts("archive", \.data.archive, .absent("the command's argument; recorded by the run")),
        .text("slices", \.data.slices, .absent("--cache; recorded by the run")),
        .text("fingerprint", \.data.fingerprint, .recorded),
        .texts(
            "modalities", \.data.preparation.selection.modalities,
            .named(
                "modality", help: "Only images of this modality: CT, MR, PT, US, PNG … May be repeated. Default: all.")),
        .texts(
            "bodyParts", \.data.preparation.selection.bodyParts,
            .named(
                "body-part", help: "Only images whose Body Part Examined matches, e.g. 'CHEST*'. May be repeated.")),
        .texts(
            "descriptions", \.data.preparation.selection.descriptions,
            .named(
                "description", help: "Only images whose series description matches, e.g. '*axial*'. May be repeated.")),
        .integer("minimumSize", \.data.preparation.selection.minimumSize, .bySet),
        .choice("pngPatient", \.data.preparation.pngPatient, .bySet),
        SettingsKey("intensity", \.data.preparation.intensity, .intensity, .bySet),
        SettingsKey(
            "scale", \.data.preparation.scale, .imageScale,
            .named(
                "scale",
                help: """
                    At which scale the network sees images: mm of a pixel (default: 1,1; a PNG keeps its pixels), pixels (as \
                    they are), or resize (the whole picture made small).
                    """)),
        .integer(
            "resize", \.data.preparation.side, .absent("--image-size sets it to 8/7 of the image size"),
            "1 to 8192 pixels"
        ) { (1...8192).contains($0) },
        .choice("crop", \.data.crop, .bySet),
        .range("cropArea", \.data.cropArea, .bySet, "shares above 0 and up to 1") {
            $0.lowerBound > 0 && $0.upperBound <= 1
        },
        .choice("flip", \.data.flip, .bySet),
        .integer(
            "channels", \.data.channels,
            .named(
                "channels",
                help: "1 (default): grey. 3: grey repeated, with ImageNet's statistics, for public weights."),
            "1 or 3"
        ) { $0 == 1 || $0 == 3 },
        .numbers("mean", \.data.mean, .bySet),
        .numbers("deviation", \.data.deviation, .bySet),
        .number(
            "holdout", \.data.holdout,
            .named("holdout", help: "Share of the patients that are held out to measure (default: 0.1)."),
            "a share from 0 to below 1"
        ) { (0..<1).contains($0) },
    ]

    private static let modelKeys: [SettingsKey<PretrainingSettings>] = [
        .text(
            "name", \.model.name,
            .named(
                "model",
                help: """
                    Model: vit-ti16, vit-s16, vit-b16 (default), vit-l16, vit-h14; the number is the side of a patch.
                    """)),
        .integer(
            "imageSize", \.model.imageSize,
            .named(
                "image-size",
                help: """
                    Rows and columns that the network sees, pixels (default: 224). Slices are resized to 8/7 of it first.
                    """),
            "1 to 8192 pixels"
        ) { (1...PreparationSettings.largestSide).contains($0) },
        .number("maskRatio", \.model.maskRatio, .bySet),
        .integer("decoderWidth", \.model.decoderWidth, .bySet),
        .integer("decoderDepth", \.model.decoderDepth, .bySet),
        .integer("decoderHeads", \.model.decoderHeads, .bySet),
        .text(
            "weights", \.model.weights,
            .named(
                "weights", help: "Start from these weights: .safetensors, or PyTorch's .pth of the MAE repository.")),
    ]

    private static let termsOption = SettingsOption.named(
        "loss", help: "Terms of the second phase: any of mse,glcm,ssim,haralick (default: mse,glcm,ssim).")

    private static let lossKeys: [SettingsKey<PretrainingSettings>] = [
        .integer(
            "pixelEpochs", \.loss.pixelEpochs,
            .named("epochs", help: "Epochs of the two phases (default: 200,200)."), "epochs from 0 to 1000000"
        ) { (0...1_000_000).contains($0) },
        .integer(
            "textureEpochs", \.loss.textureEpochs, .absent("--epochs gives both phases"), "epochs from 0 to 1000000"
        ) {
            (0...1_000_000).contains($0)
        },
        .weight("mse", \.loss.mse), .weight("glcm", \.loss.glcm), .weight("ssim", \.loss.ssim),
        .weight("haralick", \.loss.haralick),
        .choice("pixels", \.loss.pixels, .bySet),
        .integer("bins", \.loss.bins, .bySet),
        .numbers("sharpness", \.loss.sharpness, .bySet, "one number, or start and end") {
            (1...2).contains($0.count)
        },
        SettingsKey("offsets", \.loss.offsets, .offsets, .bySet),
        .choice("normalisation", \.loss.normalisation, .bySet),
        .choice("weighting", \.loss.weighting, .bySet),
        .choice("ssimScope", \.loss.ssimScope, .bySet),
    ]

    private static let optimiserKeys: [SettingsKey<PretrainingSettings>] = [
        .integer(
            "batchSize", \.optimiser.batchSize,
            .named("batch-size", help: "Images that go through the network at once (default: 8)."),
            "a number from 1 to 1000000"
        ) { (1...1_000_000).contains($0) },
        .integer("accumulation", \.optimiser.accumulation, .bySet, "a number from 1 to 1000000") {
            (1...1_000_000).contains($0)
        },
        .number(
            "rate", \.optimiser.rate,
            .named("rate", help: "Learning rate for 256 images per step (default: 1.5e-4)."), "a number above 0"
        ) { $0 > 0 },
        .number("minimumRate", \.optimiser.minimumRate, .bySet),
        .number(
            "warmup", \.optimiser.warmup,
            .named("warmup", help: "Epochs in which the learning rate rises (default: 40)."), "epochs from 0"
        ) { $0 >= 0 },
        .number("weightDecay", \.optimiser.weightDecay, .bySet, "a number from 0") { $0 >= 0 },
        .number("beta1", \.optimiser.beta1, .bySet, "a number from 0 to below 1") { (0..<1).contains($0) },
        .number("beta2", \.optimiser.beta2, .bySet, "a number from 0 to below 1") { (0..<1).contains($0) },
        .number("epsilon", \.optimiser.epsilon, .bySet),
        .number("clip", \.optimiser.clip, .bySet, "a norm, or 0 for none") { $0 >= 0 },
    ]

    private static let runKeys: [SettingsKey<PretrainingSettings>] = [
        .seed("seed", \.run.seed, .named("seed", help: "Seed of everything that is random (default: 0).")),
        .integer("checkpointEpochs", \.run.checkpointEpochs, .bySet, "epochs from 0") { $0 >= 0 },
        .number("checkpointMinutes", \.run.checkpointMinutes, .bySet, "minutes from 0 to 1000000000") {
            (0...1e9).contains($0)
        },
        .integer("validationImages", \.run.validationImages, .bySet, "a number from 1") { $0 >= 1 },
    ]
}

extension SettingsKey {
    /// Of a term of the loss.
    fileprivate static func weight(_ name: String, _ place: Place<Double>) -> SettingsKey {
        number(name, place, .absent("--loss chooses the terms; --set changes a weight"), "a weight from 0") { $0 >= 0 }
    }
}

extension SettingsValue<[Offset]> {
    /// Columns and rows from a pixel to its neighbour.
    fileprivate static var offsets: Self {
        let expected = "pairs of columns and rows, e.g. [[1, 0], [0, 1]]"
        return Self(
            expected,
            read: { node, key throws(SettingsError) in
                var offsets: [Offset] = []
                for item in node.items {
                    let steps = try item.numbers(key)
                    guard steps.count == 2, let x = Int32(exactly: steps[0]), let y = Int32(exactly: steps[1]) else {
                        throw .value(key: key, found: "\(steps)", expected: expected)
                    }
                    offsets.append(Offset(Int(x), Int(y)))
                }
                return offsets
            }, written: { Node($0.map { Node(numbers: [Double($0.x), Double($0.y)]) }) })
    }
}
