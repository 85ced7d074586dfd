// The keys of a fine-tuning run's settings, in the order in which they apply, with the options of `weft finetune`.

import Preparation
import SettingsFile
import Training

extension FinetuningSettings: KeyedSettings {
    package static let keys: [SettingsKey<FinetuningSettings>] = [
        .section("data", dataKeys).about("Which images, whose, and what the network sees of them."),
        .section("model", modelKeys).about("The encoder, and what is trained on it."),
        .section("optimiser", optimiserKeys).about("How the weights are changed."),
        .section("run", runKeys).about("Chance, and what is kept."),
    ]

    /// Every setting. Inverse of ``init(yaml:)``.
    package var yaml: String { written(as: .sections) }

    private static let dataKeys: [SettingsKey<FinetuningSettings>] = [
        .text("dataset", \.data.dataset, .absent("the command's argument; recorded by the run")).about(
            "The folder of classes, or the CSV, that was given."),
        .text("slices", \.data.slices, .absent("--cache; recorded by the run")).about(
            "The file of prepared slices; empty: prepared.slices in the run folder."),
        .text("fingerprint", \.data.fingerprint, .recorded).about(
            "Hash of the prepared slices that the run began with: it goes on with no others."),
        .texts(
            "modalities", \.data.preparation.selection.modalities,
            .named(
                "modality", help: "Only images of this modality: CT, MR, PT, US, PNG … May be repeated. Default: all.")),
        .texts("bodyParts", \.data.preparation.selection.bodyParts, .bySet).about(
            """
            Only images whose Body Part Examined matches, such as CHEST*; upper and lower case are alike. Empty: \
            all.
            """),
        .texts("descriptions", \.data.preparation.selection.descriptions, .bySet).about(
            """
            Only images whose series description matches, such as *axial*; upper and lower case are alike. \
            Empty: all.
            """),
        .integer("minimumSize", \.data.preparation.selection.minimumSize, .bySet, "a whole number of pixels").about(
            "Images with fewer rows or columns are left out: they would be mostly interpolation."),
        .choice(
            "pngPatient", \.data.preparation.pngPatient,
            .named(
                "png-patient",
                help: "Whose image a PNG is when no table says it: file (default; each its own patient) or folder.")),
        .choice(
            "pseudonyms", \.data.pseudonyms,
            .absent("hash, or keyed with --pseudonym-key; recorded by the run")
        ).about("How predictions name patients."),
        .texts(
            "roi", \.data.roi,
            .named(
                "roi",
                help: """
                    Look at regions with these names, e.g. 'GTV*' (* any text, ? one letter), through tiles that cover them: \
                    only slices that they touch take part. May be repeated. Default: all of the image.
                    """)
        ).about(
            """
            Several regions of an image are one. Trained on is a tile at a random place that holds some of the region; looked \
            at are those that cover its box, each weighted by the region's pixels in it.
            """),
        .texts(
            "masks", \.data.masks,
            .named(
                "mask",
                help: """
                    Mask of the regions, or a folder of masks, when it does not lie beside the images. May be repeated.
                    """)),
        SettingsKey("intensity", \.data.preparation.intensity, .intensity, .bySet).about(
            """
            As in a pre-training's settings; what is left at its default is as the weights were trained.
            """),
        SettingsKey(
            "scale", \.data.scale, SettingsValue<ImageScale>.imageScale.optional(none: "automatic"),
            .named(
                "scale",
                help: """
                    At which scale the network sees images: mm of a pixel such as 1,1 (a PNG keeps its pixels), pixels, or \
                    resize (the whole picture made small). Default: as the weights were trained; without weights, or where \
                    they do not say it and tiles are asked for, 1,1.
                    """)),
        SettingsKey(
            "views", \.data.views, SettingsValue<ImageViews>.choice.optional(none: "automatic"),
            .absent(
                "--tiles (pieces of images at their own scale), --whole (each whole slice made small) or --both")
        ).about(
            """
            What the network sees of a slice. Tiles: trained on one at a random place, looked at under as many as cover \
            the slice, whose logits are averaged. Both: one of two training images is whole; of the logits of tiles and \
            of the whole, the mean. automatic: tiles where the scale is not resize.
            """),
        .integer(
            "stride", \.data.stride,
            .named(
                "stride",
                help:
                    "The most pixels from a tile to the next one of an image that is looked at (default: half a tile)."),
            "pixels from 1, or 0 for half a tile"
        ) { $0 >= 0 },
        .integer(
            "resize", \.data.preparation.side, .absent("--image-size sets it to 8/7 of the image size"),
            "1 to 8192 pixels, or 0 for 8/7 of the image size"
        ) { (0...8192).contains($0) }.about(
            "With scale: resize, rows and columns of a prepared slice, of which the network sees a crop."),
        .choice("fit", \.data.preparation.fit, .bySet).about(
            """
            With scale: resize, how a slice is made small: square, whatever its shape (bilinear), or shorter-side, which keeps \
            the shape (bicubic; timm's transform for evaluation). Its middle is looked at.
            """),
        .choice(
            "crop", \.data.crop,
            .named(
                "random-crop",
                help:
                    "Train on random crops of whole pictures, 8 % to all of them, resized, or on their middle (default: yes)."
            )
        ).about("centre or random; of whole pictures alone."),
        .range("cropArea", \.data.cropArea, .bySet, "shares above 0 and up to 1") {
            $0.lowerBound > 0 && $0.upperBound <= 1
        }.about(
            """
            Of random crops: the smallest and the largest share of the slice's area. The MAE recipe: 0.08 to 1.
            """),
        .choice("flip", \.data.flip, .named("flip", help: "Mirror one of two training images (default: yes).")).about(
            "none or horizontal."),
        .choice(
            "augment", \.data.operations,
            .named(
                "augment",
                help: """
                    Random operations on training images: none (default), or rand-m9-mstd0.5-inc1, timm's RandAugment of the \
                    MAE recipe. They change grey values: what a grey value means is lost.
                    """)),
        .number(
            "erasing", \.data.erasing,
            .named(
                "random-erase",
                help: """
                    Erase a random rectangle from this share of the training images (default: 0; the MAE recipe: 0.25).
                    """),
            "a probability"
        ) { (0...1).contains($0) },
        .number(
            "mixup", \.data.mixing.mixup,
            .named(
                "mixup",
                help: "Mix training images in pairs, by shares of the distribution Beta(this, this) (default: 0, none)."
            ),
            "0 or a number above it, up to 100"
        ) { (0...100).contains($0) }.about(
            "The MAE recipe: 0.8. A batch takes mixup or cutmix where both are above 0."),
        .number(
            "cutmix", \.data.mixing.cutmix,
            .named(
                "cutmix", help: "Put a rectangle of one training image into another, by such shares (default: 0, none)."
            ),
            "0 or a number above it, up to 100"
        ) { (0...100).contains($0) }.about("The MAE recipe: 1."),
        .choice(
            "sampling", \.data.sampling,
            .named(
                "sampling",
                help: """
                    Which images an epoch shows: all (default), or balanced: as many of each class, those of rare ones several \
                    times.
                    """)),
        .integer(
            "folds", \.data.folds,
            .named(
                "folds",
                help: """
                    Cross-validation with so many folds, whole patients in each (default: the dataset's own split).
                    """),
            "2 or more, or 0 for none"
        ) { $0 == 0 || $0 >= 2 },
        .choice(
            "sharedPatients", \.data.sharedPatients,
            .named("shared-patients", help: "Patients in both train and val: refuse (default) or allow.")),
        .number(
            "validation", \.data.validation,
            .named(
                "validation",
                help: """
                    About the share of the training patients that choose the epoch and are not trained on (default: 0.15). Not \
                    used where the dataset has a split of train, val and test: val chooses.
                    """),
            "a share from 0 to 0.5"
        ) { (0...0.5).contains($0) },
        .integer(
            "channels", \.data.channels,
            .named(
                "channels",
                help: """
                    1: grey. 3: grey repeated, for public weights (default: as the weights were trained, or 1).
                    """),
            "1 or 3, or 0 for the weights'"
        ) { $0 == 0 || $0 == 1 || $0 == 3 },
        .numbers("mean", \.data.mean, .bySet, "a number a channel, or none").about(
            """
            What is taken off the values 0 to 1, a number a channel. Empty: that of the weights, or measured on \
            the training slices.
            """),
        .numbers("deviation", \.data.deviation, .bySet, "a number above 0 a channel, or none").about(
            "What the values are divided by after that, a number a channel. Empty: as with mean."),
    ]

    private static let modelKeys: [SettingsKey<FinetuningSettings>] = [
        .text(
            "weights", \.model.weights,
            .named(
                "weights",
                help: """
                    The encoder to start from: the folder of a run, any .safetensors or .pth with the MAE \
                    repository's key names, or none (default) to start from scratch.
                    """)),
        .text(
            "name", \.model.name,
            .named(
                "model",
                help: "Model when there are no weights: vit-ti16, vit-s16, vit-b16 (default), vit-l16, vit-h14.")),
        .integer(
            "imageSize", \.model.imageSize,
            .named(
                "image-size",
                help: """
                    Rows and columns that the network sees, pixels (default: as the weights were trained, or 224).
                    """),
            "1 to 8192 pixels, or 0 for that of the weights"
        ) { (0...8192).contains($0) },
        .integer("patchSide", \.model.patchSide, .fromWeights).about("Side of a patch, pixels."),
        .integer("width", \.model.width, .fromWeights).about("Of the encoder's tokens."),
        .integer("depth", \.model.depth, .fromWeights).about("Blocks of the encoder."),
        .choice("layerScale", \.model.scaling, .fromWeights).written { $0.model.scaling != .none }.about(
            "Whether the branches of a block are scaled by channel (LayerScale)."),
        .integer("heads", \.model.heads, .absent("of the weights; --set for weights that do not say it")).about(
            "Heads of the encoder's attention; 0: as the weights or the model's name say."),
        .number(
            "dropPath", \.model.dropPath,
            .named("drop-path", help: "Stochastic depth of the last block (default: 0.1)."),
            "a rate from 0 to below 1"
        ) { (0..<1).contains($0) },
        .choice(
            "pool", \.model.pool,
            .named(
                "pool",
                help: """
                    What the head or probe reads off the patch tokens: moments (their mean and standard deviation, default), \
                    mean (the MAE recipe), or cls, the class token.
                    """)),
        .choice(
            "probe", \.model.probe,
            .named(
                "probe",
                help: """
                    Train a probe on features of the frozen encoder instead: linear, attentive (which learns where to look: a \
                    query for each head of the encoder), or knn.
                    """)),
        .integer(
            "neighbours", \.model.neighbours,
            .named(
                "neighbours", help: "Neighbours that vote in --probe knn (default: 20, or as many as there are)."),
            "a number from 1"
        ) { $0 >= 1 },
        SettingsKey(
            "blocks", \.model.blocks, .integers,
            .named("layer", help: "Blocks, from 1, behind which a probe reads, such as 6,12 (default: the last one)."),
            "numbers of blocks from 1, or none for the last one"
        ) { $0.allSatisfy { $0 >= 1 } },
        .number(
            "penalty", \.model.penalty,
            .named(
                "probe-penalty",
                help: "Of the squared weights of --probe linear or attentive, as scikit-learn's 1 / C (default: 1)."),
            "a number above 0"
        ) { $0 > 0 },
    ]

    private static let optimiserKeys: [SettingsKey<FinetuningSettings>] = [
        .integer(
            "epochs", \.optimiser.epochs, .named("epochs", help: "Epochs (default: 100)."), "a number from 1 to 1000000"
        ) {
            (1...1_000_000).contains($0)
        },
        .integer(
            "batchSize", \.optimiser.batchSize,
            .named("batch-size", help: "Images a step (default: 128, or all when there are fewer)."),
            "a number from 1 to 1000000"
        ) { (1...1_000_000).contains($0) },
        .integer(
            "accumulation", \.optimiser.accumulation,
            .named(
                "accumulate",
                help: """
                    Parts in which a step's images go through the network (default: as many as memory asks for).
                    """),
            "a number from 1 to 1000000, or 0 to choose"
        ) { (0...1_000_000).contains($0) },
        .number(
            "rate", \.optimiser.rate,
            .named("rate", help: "Learning rate for 256 images per step (default: 1e-3)."), "a number above 0"
        ) { $0 > 0 },
        .number("minimumRate", \.optimiser.minimumRate, .bySet, "a number from 0") { $0 >= 0 }.about(
            "Where the cosine of the learning rate ends. The authors' program: 1e-6."),
        .number(
            "warmup", \.optimiser.warmup,
            .named("warmup", help: "Epochs in which the learning rate rises (default: 5)."), "epochs from 0"
        ) { $0 >= 0 },
        .number("weightDecay", \.optimiser.weightDecay, .bySet, "a number from 0") { $0 >= 0 }.about(
            """
            Of AdamW; not of biases, norms, the class token and positions. The authors' program: 0.05.
            """),
        .number(
            "layerDecay", \.optimiser.layerDecay,
            .named(
                "layer-decay",
                help: "What the learning rate is multiplied by from one block to the one below (default: 0.75)."),
            "above 0, up to 1"
        ) { $0 > 0 && $0 <= 1 },
        .number(
            "smoothing", \.optimiser.smoothing, .named("smoothing", help: "Label smoothing (default: 0.1)."),
            "from 0 to below 1"
        ) { (0..<1).contains($0) },
        .choice(
            "classWeights", \.optimiser.classWeights,
            .named(
                "class-weights",
                help: """
                    What images weigh in the loss: none, all the same (default), or balanced, those of rare classes more.
                    """)
        ).about("balanced: N / (C n) for n of N training images in one of C classes, as in scikit-learn."),
        .number("beta1", \.optimiser.beta1, .bySet, "a number from 0 to below 1") { (0..<1).contains($0) }.about(
            "Of AdamW: how slowly the mean of the gradient forgets."),
        .number("beta2", \.optimiser.beta2, .bySet, "a number from 0 to below 1") { (0..<1).contains($0) }.about(
            "Of AdamW: how slowly the mean of its square forgets."),
        .number("epsilon", \.optimiser.epsilon, .bySet, "a number above 0") { $0 > 0 }.about(
            "Of AdamW: keeps a step finite where the gradient is small."),
        .number("clip", \.optimiser.clip, .bySet, "a norm, or 0 for none") { $0 >= 0 }.about(
            "Gradients longer than this are shortened to it; 0 leaves them."),
        .number(
            "averaging", \.optimiser.averaging,
            .named(
                "average-weights",
                help: """
                    Keep a moving average of the weights with this decay, such as 0.999, and measure and keep it in their place \
                    (default: 0, none).
                    """),
            "from 0 to below 1"
        ) { (0..<1).contains($0) }.about(
            "The decay rises with the steps t, (1 + t) / (10 + t), to this; timm's ModelEma."),
        .choice(
            "choose", \.optimiser.choose,
            .named(
                "choose",
                help: """
                    Which epoch is the model, by the images set aside for it: loss (the lowest cross entropy, default), auroc, \
                    accuracy, or last (none are set aside).
                    """)),
    ]

    private static let runKeys: [SettingsKey<FinetuningSettings>] = [
        .seed("seed", \.run.seed, .named("seed", help: "Seed of everything that is random (default: 0).")),
        .number("checkpointMinutes", \.run.checkpointMinutes, .bySet, "minutes from 0 to 1000000000") {
            (0...1e9).contains($0)
        }.about("How much work a power cut may cost. 0 writes last.safetensors after every step."),
    ]
}

extension SettingsOption {
    fileprivate static let fromWeights = absent("found out from the weights or the model's name, and recorded")
}
