// The keys of a pre-training run's settings, in the order in which they apply, with the options of `weft pretrain`.

import Preparation
import SettingsFile
import TextureCore
import Training
import Yams

extension PretrainingSettings: KeyedSettings {
    package static let keys: [SettingsKey<PretrainingSettings>] = [
        .section("data", dataKeys).about("Which images, and what the network sees of them."),
        .section("model", modelKeys).about("What is trained."),
        .section("loss", lossKeys, option: termsOption).about("What a reconstruction is measured by."),
        .section("optimiser", optimiserKeys).about("How the weights are changed."),
        .section("run", runKeys).about("Chance, and what is kept."),
    ]

    /// Every setting. Inverse of ``init(yaml:)``.
    package var yaml: String { written(as: .sections) }

    private static let dataKeys: [SettingsKey<PretrainingSettings>] = [
        .texts("archive", \.data.archive, .absent("the command's argument; recorded by the run")).about(
            "Files and folders that the slices come from."),
        .text("slices", \.data.slices, .absent("--cache; recorded by the run")).about(
            "The file of prepared slices; empty: prepared.slices in the run folder."),
        .text("fingerprint", \.data.fingerprint, .recorded).about(
            "Hash of the prepared slices that the run began with: it goes on with no others."),
        .texts(
            "modalities", \.data.preparation.selection.modalities,
            .named(
                "modality",
                help: """
                    Only images of this modality: CT, MR, PT, US, PNG … May be repeated. One alone is taken for that of files \
                    that do not say it (NIfTI, NRRD, MetaImage, PNG), where no other image does. Default: all.
                    """)),
        .texts(
            "bodyParts", \.data.preparation.selection.bodyParts,
            .named(
                "body-part", help: "Only images whose Body Part Examined matches, e.g. 'CHEST*'. May be repeated.")
        ).about("Upper and lower case are alike. Default: all."),
        .texts(
            "descriptions", \.data.preparation.selection.descriptions,
            .named(
                "description", help: "Only images whose series description matches, e.g. '*axial*'. May be repeated.")
        ).about("Upper and lower case are alike. Default: all."),
        .integer("minimumSize", \.data.preparation.selection.minimumSize, .bySet, "a whole number of pixels").about(
            "Images with fewer rows or columns are left out: they would be mostly interpolation."),
        .choice("pngPatient", \.data.preparation.pngPatient, .bySet).about(
            """
            Whose image a PNG is, when patients are held out: each file is a patient of its own (file), or each \
            folder is (folder).
            """),
        .text(
            "patients", \.data.patients,
            .named(
                "patients",
                help: """
                    CSV with columns image and patient: whose images these are, when patients are held out. Default: labels.csv in \
                    the archive's folder or above it, if it has both columns; none: no table.
                    """)),
        SettingsKey("intensity", \.data.preparation.intensity, .intensity, .bySet).about(
            """
            Which values become black and white, by modality: {window: [lower, upper]} in the unit of the image \
            (HU for CT), {percentiles: [lower, upper]} of the volume that a slice belongs to, or stored: all \
            that the bits of the file can hold. other stands for the modalities that are not named.
            """),
        SettingsKey(
            "scale", \.data.preparation.scale, .imageScale,
            .named(
                "scale",
                help: """
                    At which scale the network sees images: mm of a pixel (default: 1,1; a PNG keeps its pixels), pixels (as \
                    they are), or resize (the whole picture made small).
                    """)
        ).about(
            """
            Texture has a size: an image that is made small loses the fine one. Images are brought to pixels of spacing \
            (columns, rows), and the network sees parts of them.
            """),
        .integer(
            "resize", \.data.preparation.side, .absent("it follows from --image-size"),
            "1 to 8192 pixels, or 0"
        ) { (0...8192).contains($0) }.about(
            """
            0: 8/7 of the image size. Rows and columns of a prepared slice, whatever its aspect ratio was; the network sees a crop of it. \
            The paper: 256 for crops of 224.
            """),
        .choice("crop", \.data.crop, .bySet).about(
            """
            What the network sees of a slice: its centre, or a random part of it, resized. The authors' program: \
            centre.
            """),
        .range("cropArea", \.data.cropArea, .bySet, "shares above 0 and up to 1") {
            $0.lowerBound > 0 && $0.upperBound <= 1
        }.about("Of random crops: the smallest and the largest share of the slice's area."),
        .choice("flip", \.data.flip, .bySet).about(
            "Mirror one of two training images from left to right. The authors' program: none."),
        .integer(
            "channels", \.data.channels,
            .named(
                "channels",
                help: """
                    1: grey. 3: grey repeated, with ImageNet's statistics, for public weights. Default: as the weights have it, \
                    or 1.
                    """),
            "1 or 3, or 0"
        ) { [0, 1, 3].contains($0) }.about("0: the default. The paper: 3."),
        .numbers("mean", \.data.mean, .bySet, "a number a channel, or none").about(
            """
            What is taken off the values 0 to 1, a number a channel. Empty: measured on the training slices (1 \
            channel), or ImageNet's (3).
            """),
        .numbers("deviation", \.data.deviation, .bySet, "a number above 0 a channel, or none").about(
            "What the values are divided by after that, a number a channel. Empty: as with mean."),
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
                    Model: vit-ti16, vit-s16, vit-b16, vit-l16, vit-h14; the number is the side of a patch. Default: of the \
                    weights; else vit-ti16 for fewer than 20000 slices, vit-b16 for more.
                    """)),
        .integer(
            "imageSize", \.model.imageSize,
            .named(
                "image-size",
                help: """
                    Rows and columns that the network sees, pixels. Default: of the weights; else 96 for ti and s, 224 for larger \
                    models.
                    """),
            "1 to 8192 pixels, or 0"
        ) { (0...PreparationSettings.largestSide).contains($0) }.about("0: the default. The paper: 224."),
        .number("maskRatio", \.model.maskRatio, .bySet, "a share above 0 and below 1").about(
            "Share of the patches that is hidden. The paper: 0.75, the best of its figure 4."),
        .integer("decoderWidth", \.model.decoderWidth, .bySet).about(
            """
            Of the decoder's tokens. 0: as the weights have it; else 128 for ti, 256 for s, 512 for larger encoders. MAE (He \
            et al. 2022): 512.
            """),
        .integer("decoderDepth", \.model.decoderDepth, .bySet).about(
            "Blocks of the decoder. 0: as the weights have it; else 4 for ti and s, 8 for larger encoders. MAE: 8."),
        .integer("decoderHeads", \.model.decoderHeads, .bySet).about(
            "Heads of the decoder's attention. 0: as the weights have it; else one for 32 of its width. MAE: 16."),
        .text(
            "weights", \.model.weights,
            .named(
                "weights",
                help: """
                    Start from these weights: .safetensors, or PyTorch's .pth of the MAE repository. Model, decoder, channels \
                    and normalisation are theirs.
                    """)),
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
        }.about(
            """
            Epochs of the second phase, with the weighted sum of the terms below; pixelEpochs is those of the \
            first, with the pixels' mean squared error alone. The paper: 200 each.
            """),
        .choice("balance", \.loss.balance, .bySet).about(
            """
            What the weights of the terms mean. initial: shares of the gradient at the prediction; the factors that make them so \
            are measured on the first batch with a term and stay. gradient: the same, and the factors follow the last hundred \
            steps or so. none: the weights are the factors, so that the share of a term hangs on its unit (the paper).
            """),
        .weight("mse", \.loss.mse).about(
            "Of the mean squared error of the pixels, in the second phase. The paper: 0.1."),
        .weight("glcm", \.loss.glcm).about(
            "Of the difference of soft co-occurrence matrices (GLCM). The authors' program: 1."),
        .weight("ssim", \.loss.ssim).about("Of 1 - SSIM. The authors' program: 1."),
        .weight("haralick", \.loss.haralick).about(
            """
            Of the squared differences of Haralick features of the soft matrices, which the paper does not have.
            """),
        .choice("pixels", \.loss.pixels, .bySet).about(
            """
            What the mean squared error compares: values, or each patch normalised by its own mean and deviation \
            (MAE's norm_pix_loss). The authors' program: values.
            """),
        .integer("bins", \.loss.bins, .bySet).about(
            """
            Grey levels of the soft matrices over the range of values. 32 of sharpness 2.5 pull a pixel to its target from afar, \
            256 of sharpness 5 from a bin or two away. The paper: 256.
            """),
        .numbers("sharpness", \.loss.sharpness, .bySet, "one number, or start and end", where: LossScale.isSharpness)
            .about(
                """
                Bandwidth of the soft grey levels: the length of a bin is divided by it, so that a large one comes \
                close to a hard histogram. Two numbers: where it starts and ends in the second phase. The authors' \
                program has 5, and 30 in the variant that its scripts run; DeepHist, where the kernel is from, 2.5.
                """),
        SettingsKey("offsets", \.loss.offsets, .offsets, .bySet).about(
            """
            Steps from a pixel to its neighbour, as columns and rows; a matrix each. The authors' program: right \
            and down.
            """),
        SettingsKey("scales", \.loss.scales, .scales, .bySet).about(
            """
            Several sets of matrices in the place of bins, sharpness and offsets, each a term of its own (glcm_1, glcm_2 … in the \
            log): a list of {bins, sharpness, offsets, weight, from, until}. weight stands beside those of the other scales; \
            from and until are epochs of the second phase, from 0, so that coarse scales can come before fine ones (until 0: to \
            the end).
            """),
        .choice("normalisation", \.loss.normalisation, .bySet).about(
            """
            What a matrix is divided by: nothing (counts, the authors' program), its pairs (the paper's words, \
            with a loss 57600 times smaller for patches of 16), or its sum.
            """),
        .choice("weighting", \.loss.weighting, .bySet).about(
            """
            damped multiplies an entry g by 1 - g / sum, so that patches of one grey level count nothing (the \
            authors' program; not in the paper); plain does not.
            """),
        .choice("glcmScope", \.loss.glcmScope, .bySet).about(
            """
            Of which pixels matrices and their features are. patch: each hidden patch by itself (the paper). pasted: windows of the \
            image with the hidden patches pasted in, so that pairs cross the borders of patches.
            """),
        .integer("window", \.loss.window, .bySet, "patches from 1") { $0 >= 1 }.about(
            "With pasted: rows and columns of a window, in patches."),
        .choice("ssimScope", \.loss.ssimScope, .bySet).about(
            "SSIM of each hidden patch, or of the whole image. The authors' program: patch."),
    ]

    private static let optimiserKeys: [SettingsKey<PretrainingSettings>] = [
        .integer(
            "batchSize", \.optimiser.batchSize,
            .named(
                "batch-size",
                help: """
                    Images that go through the network at once. Default: 32 for ti and s, 8 for larger models, at most a quarter of \
                    the slices.
                    """),
            "a number from 1 to 1000000, or 0"
        ) { (0...1_000_000).contains($0) }.about("0: the default. The paper: 8."),
        .integer("accumulation", \.optimiser.accumulation, .bySet, "a number from 1 to 1000000") {
            (1...1_000_000).contains($0)
        }.about("Batches that one step adds up."),
        .number(
            "rate", \.optimiser.rate,
            .named(
                "rate",
                help: """
                    Learning rate for 256 images per step. Default: by model and batch from random weights, 1.5e-4 from given ones.
                    """), "a number above 0, or 0"
        ) { $0 >= 0 }.about(
            """
            It is multiplied by the images of a step / 256. 0: from random weights so that a step has 5e-4 · √(192 / width of the \
            encoder) · √(images / 32), which for ViT-B and 4096 images is 2.8e-3 (MAE: 2.4e-3); from given weights 1.5e-4. MAE: \
            1.5e-4, which for steps of 8 images is 4.7e-6, too small for random weights.
            """),
        .number("minimumRate", \.optimiser.minimumRate, .bySet, "a number from 0") { $0 >= 0 }.about(
            "Where the cosine of the learning rate ends."),
        .number(
            "warmup", \.optimiser.warmup,
            .named("warmup", help: "Epochs in which the learning rate rises (default: 40)."), "epochs from 0"
        ) { $0 >= 0 }.about("At most a third of the run. MAE: 40."),
        .number("weightDecay", \.optimiser.weightDecay, .bySet, "a number from 0") { $0 >= 0 }.about(
            "Of AdamW; not of biases and norms. MAE: 0.05."),
        .number("beta1", \.optimiser.beta1, .bySet, "a number from 0 to below 1") { (0..<1).contains($0) }.about(
            "Of AdamW: how slowly the mean of the gradient forgets. MAE: 0.9."),
        .number("beta2", \.optimiser.beta2, .bySet, "a number from 0 to below 1") { (0..<1).contains($0) }.about(
            "Of AdamW: how slowly the mean of its square forgets. MAE: 0.95."),
        .number("epsilon", \.optimiser.epsilon, .bySet, "a number above 0") { $0 > 0 }.about(
            "Of AdamW: keeps a step finite where the gradient is small."),
        .number("clip", \.optimiser.clip, .bySet, "a norm, or 0 for none") { $0 >= 0 }.about(
            "Gradients longer than this are shortened to it; 0 leaves them."),
    ]

    private static let runKeys: [SettingsKey<PretrainingSettings>] = [
        .seed("seed", \.run.seed, .named("seed", help: "Seed of everything that is random (default: 0).")),
        .integer("checkpointEpochs", \.run.checkpointEpochs, .bySet, "epochs from 0") { $0 >= 0 }.about(
            "A checkpoint to keep every so many epochs; 0 keeps the last alone."),
        .number("checkpointMinutes", \.run.checkpointMinutes, .bySet, "minutes from 0 to 1000000000") {
            (0...1e9).contains($0)
        }.about("How much work a power cut may cost. 0 writes last.safetensors after every step."),
        .integer("validationImages", \.run.validationImages, .bySet, "a number from 1") { $0 >= 1 }.about(
            "The most held-out images that are looked at after an epoch."),
    ]
}

extension SettingsKey {
    /// Of a term of the loss.
    fileprivate static func weight(_ name: String, _ place: Place<Double>) -> SettingsKey {
        number(name, place, .absent("--loss chooses the terms; --set changes a weight"), "a weight from 0") { $0 >= 0 }
    }
}

extension LossScale {
    static func isSharpness(_ numbers: [Double]) -> Bool { (1...2).contains(numbers.count) }

    static let keys: [SettingsKey<LossScale>] = [
        .integer("bins", \.bins, .bySet), .numbers("sharpness", \.sharpness, .bySet, where: isSharpness),
        SettingsKey("offsets", \.offsets, .offsets, .bySet),
        .number("weight", \.weight, .bySet, "a number above 0") { $0 > 0 },
        .integer("from", \.from, .bySet, "epochs from 0") { $0 >= 0 },
        .integer("until", \.until, .bySet, "epochs from 0") { $0 >= 0 },
    ]
}

extension SettingsValue<[LossScale]> {
    fileprivate static var scales: Self {
        Self(
            "a list of {bins, sharpness, offsets, weight, from, until}, or none",
            read: { node, key throws(SettingsError) in
                var scales: [LossScale] = []
                for (index, item) in node.items.enumerated() {
                    var scale = LossScale()
                    let path = "\(key)[\(index + 1)]"
                    try LossScale.keys.read(item, into: &scale, under: path, place: "under \(path)")
                    scales.append(scale)
                }
                return scales
            }, written: { Node($0.map { LossScale.keys.node(of: $0) ?? Node([Node]()) }) })
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
