import ArgumentParser
import Finetuning
import MaskedAutoencoder
import Preparation
import Pretraining
import SettingsFile
import Training

/// The settings of a run from a file and from options; an option beats the file.
struct FinetuneOptions: ParsableArguments {
    @Option(
        help: """
            Begin with the settings of a recipe, which it prints; file and options stand above it. small: steps of 32 images at \
            5e-4, 50 epochs. paper: whole pictures at 224, RandAugment, as the authors' program.
            """)
    var recipe: Recipe?

    @Option(
        name: .customLong("settings"), help: "Settings file (YAML), e.g. a run's config.yaml.",
        completion: .file(extensions: ["yaml", "yml"]))
    var file: String?

    @Option(
        help: FinetuningSettings.optionHelp("model.weights"),
        completion: .file(extensions: ["safetensors", "pth"]))
    var weights: String?

    @Option(help: FinetuningSettings.optionHelp("model.name"))
    var model: String?

    @Option(help: FinetuningSettings.optionHelp("model.imageSize"))
    var imageSize: Int?

    @Option(help: FinetuningSettings.optionHelp("data.channels"))
    var channels: Int?

    @Option(help: FinetuningSettings.optionHelp("data.roi"))
    var roi: [String] = []

    @Option(help: FinetuningSettings.optionHelp("data.masks"), completion: .file())
    var mask: [String] = []

    @Option(help: FinetuningSettings.optionHelp("data.scale"), transform: ImageScale.init(argument:))
    var scale: ImageScale?

    @Flag(
        help: """
            --tiles: pieces of each slice at its own scale. --whole: each slice made as large as the network's view. --both: \
            one or the other. Default: tiles, unless the scale is resize.
            """)
    var views: ImageViews?

    @Option(help: FinetuningSettings.optionHelp("data.stride"))
    var stride: Int?

    @Option(help: FinetuningSettings.optionHelp("model.pool"))
    var pool: TokenPool?

    @Option(help: FinetuningSettings.optionHelp("model.probe"))
    var probe: ClassifierSettings.Probe?

    @Option(help: FinetuningSettings.optionHelp("model.neighbours"))
    var neighbours: Int?

    @Option(help: FinetuningSettings.optionHelp("model.blocks"), transform: BlockList.init(argument:))
    var layer: BlockList?

    @Option(help: FinetuningSettings.optionHelp("model.penalty"))
    var probePenalty: Double?

    @Option(help: FinetuningSettings.optionHelp("data.folds"))
    var folds: Int?

    @Option(help: FinetuningSettings.optionHelp("data.sharedPatients"))
    var sharedPatients: SharedPatients?

    @Option(help: FinetuningSettings.optionHelp("data.validation"))
    var validation: Double?

    @Option(help: FinetuningSettings.optionHelp("optimiser.choose"))
    var choose: EpochChoice?

    @Option(help: FinetuningSettings.optionHelp("data.pngPatient"))
    var pngPatient: PNGPatient?

    @Option(help: FinetuningSettings.optionHelp("data.modalities"))
    var modality: [String] = []

    @Option(help: FinetuningSettings.optionHelp("optimiser.epochs"))
    var epochs: Int?

    @Option(help: FinetuningSettings.optionHelp("optimiser.batchSize"))
    var batchSize: Int?

    @Option(help: FinetuningSettings.optionHelp("optimiser.accumulation"))
    var accumulate: Int?

    @Option(help: FinetuningSettings.optionHelp("optimiser.rate"))
    var rate: Double?

    @Option(help: FinetuningSettings.optionHelp("optimiser.warmup"))
    var warmup: Double?

    @Option(help: FinetuningSettings.optionHelp("optimiser.layerDecay"))
    var layerDecay: Double?

    @Option(help: FinetuningSettings.optionHelp("model.dropPath"))
    var dropPath: Double?

    @Option(help: FinetuningSettings.optionHelp("optimiser.smoothing"))
    var smoothing: Double?

    @Flag(inversion: .prefixedNo, help: FinetuningSettings.optionHelp("data.flip"))
    var flip: Bool?

    @Flag(inversion: .prefixedNo, help: FinetuningSettings.optionHelp("data.crop"))
    var randomCrop: Bool?

    @Option(help: FinetuningSettings.optionHelp("data.augment"))
    var augment: RandomOperations?

    @Option(help: FinetuningSettings.optionHelp("data.erasing"))
    var randomErase: Double?

    @Option(help: FinetuningSettings.optionHelp("data.mixup"))
    var mixup: Double?

    @Option(help: FinetuningSettings.optionHelp("data.cutmix"))
    var cutmix: Double?

    @Option(help: FinetuningSettings.optionHelp("data.sampling"))
    var sampling: ClassSampling?

    @Option(help: FinetuningSettings.optionHelp("optimiser.classWeights"))
    var classWeights: ClassWeighting?

    @Option(help: FinetuningSettings.optionHelp("optimiser.averaging"))
    var averageWeights: Double?

    @Option(help: FinetuningSettings.optionHelp("run.seed"))
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "Any other key of the settings file, e.g. optimiser.weightDecay=0.1. May be repeated.",
            valueName: "key=value"))
    var set: [String] = []

    /// Whether none of the options is given but `--epochs`.
    var areEpochsAtMost: Bool {
        let options: [Any?] = [
            recipe, file, weights, model, imageSize, channels, scale, views, stride, pool, probe, neighbours, layer,
            probePenalty,
            folds, sharedPatients, validation, choose, pngPatient, batchSize, accumulate, rate, warmup,
            layerDecay,
            dropPath, smoothing, flip, randomCrop, augment, randomErase, mixup, cutmix, sampling, classWeights,
            averageWeights, seed,
        ]
        return options.allSatisfy { $0 == nil } && modality.isEmpty && roi.isEmpty && mask.isEmpty && set.isEmpty
    }

    func settings() throws -> FinetuningSettings {
        var settings = recipe.map(FinetuningSettings.init(recipe:)) ?? FinetuningSettings()
        if let file { try settings.read(file: file) }
        if let weights { settings.model.weights = weights == "none" ? "" : weights }
        if let model { settings.model.name = model }
        if let imageSize {
            settings.model.imageSize = imageSize
            settings.data.preparation.side = 0
        }
        if weights != nil || model != nil {
            // Found out anew: a run's own file may be given as settings.
            (settings.model.patchSide, settings.model.width, settings.model.depth) = (0, 0, 0)
        }
        if let channels { settings.data.channels = channels }
        if !roi.isEmpty { settings.data.roi = roi }
        if !mask.isEmpty { settings.data.masks = mask }
        if let scale { settings.data.scale = scale }
        if let views { settings.data.views = views }
        if let stride { settings.data.stride = stride }
        if let pool { settings.model.pool = pool }
        if let probe { settings.model.probe = probe }
        if let neighbours { settings.model.neighbours = neighbours }
        if let layer { settings.model.blocks = layer.numbers }
        if let probePenalty { settings.model.penalty = probePenalty }
        if let folds { settings.data.folds = folds }
        if let sharedPatients { settings.data.sharedPatients = sharedPatients }
        if let validation { settings.data.validation = validation }
        if let choose { settings.optimiser.choose = choose }
        if let pngPatient { settings.data.preparation.pngPatient = pngPatient }
        if !modality.isEmpty { settings.data.preparation.selection.modalities = modality }
        if let epochs { settings.optimiser.epochs = epochs }
        if let batchSize { settings.optimiser.batchSize = batchSize }
        if let accumulate { settings.optimiser.accumulation = accumulate }
        if let rate { settings.optimiser.rate = rate }
        if let warmup { settings.optimiser.warmup = warmup }
        if let layerDecay { settings.optimiser.layerDecay = layerDecay }
        if let dropPath { settings.model.dropPath = dropPath }
        if let smoothing { settings.optimiser.smoothing = smoothing }
        if let flip { settings.data.flip = flip ? .horizontal : .none }
        if let randomCrop { settings.data.crop = randomCrop ? .random : .centre }
        if let augment { settings.data.operations = augment }
        if let randomErase { settings.data.erasing = randomErase }
        if let mixup { settings.data.mixing.mixup = mixup }
        if let cutmix { settings.data.mixing.cutmix = cutmix }
        if let sampling { settings.data.sampling = sampling }
        if let classWeights { settings.optimiser.classWeights = classWeights }
        if let averageWeights { settings.optimiser.averaging = averageWeights }
        if let seed { settings.run.seed = seed }
        try settings.set(set, example: "optimiser.weightDecay=0.1")
        try settings.validate()
        return settings
    }
}

extension ClassifierSettings.Probe: ExpressibleByArgument {}
extension EpochChoice: ExpressibleByArgument {}
extension RandomOperations: ExpressibleByArgument {}
extension ClassSampling: ExpressibleByArgument {}
extension ClassWeighting: ExpressibleByArgument {}
extension SharedPatients: ExpressibleByArgument {}
extension PNGPatient: ExpressibleByArgument {}
