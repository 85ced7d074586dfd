import ArgumentParser
import Preparation
import Pretraining
import SettingsFile
import Training

/// The settings of a run from a file and from options; an option beats the file.
struct PretrainOptions: ParsableArguments {
    @Option(
        name: .customLong("settings"),
        help: "Settings file (YAML), e.g. samples/pretrain-paper.yaml or a run's config.yaml.",
        completion: .file(extensions: ["yaml", "yml"]))
    var file: String?

    @Option(
        help: """
            Begin with the settings of a recipe, which it prints; file and options stand above it. small: vit-ti16 at 96 pixels, \
            300 epochs, for hundreds or thousands of images. paper: GLCM-MAE as published.
            """)
    var recipe: Recipe?

    @Option(help: PretrainingSettings.optionHelp("data.modalities"))
    var modality: [String] = []

    @Option(help: PretrainingSettings.optionHelp("data.bodyParts"))
    var bodyPart: [String] = []

    @Option(help: PretrainingSettings.optionHelp("data.descriptions"))
    var description: [String] = []

    @Option(help: PretrainingSettings.optionHelp("data.patients"), completion: .file(extensions: ["csv"]))
    var patients: String?

    @Option(help: PretrainingSettings.optionHelp("data.scale"), transform: ImageScale.init(argument:))
    var scale: ImageScale?

    @Option(help: PretrainingSettings.optionHelp("model.name"))
    var model: String?

    @Option(help: PretrainingSettings.optionHelp("model.imageSize"))
    var imageSize: Int?

    @Option(help: PretrainingSettings.optionHelp("model.weights"))
    var weights: String?

    @Option(help: PretrainingSettings.optionHelp("data.channels"))
    var channels: Int?

    @Option(help: PretrainingSettings.optionHelp("loss"))
    var loss: String?

    @Option(help: PretrainingSettings.optionHelp("loss.pixelEpochs"))
    var epochs: String?

    @Option(help: PretrainingSettings.optionHelp("optimiser.batchSize"))
    var batchSize: Int?

    @Option(help: PretrainingSettings.optionHelp("optimiser.rate"))
    var rate: Double?

    @Option(help: PretrainingSettings.optionHelp("optimiser.warmup"))
    var warmup: Double?

    @Option(help: PretrainingSettings.optionHelp("data.holdout"))
    var holdout: Double?

    @Option(help: PretrainingSettings.optionHelp("run.seed"))
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "Any other key of the settings file, e.g. loss.bins=64. May be repeated.", valueName: "key=value"))
    var set: [String] = []

    /// Whether none of the options is given but `--epochs`.
    var areEpochsAtMost: Bool {
        file == nil && recipe == nil && patients == nil && modality.isEmpty && bodyPart.isEmpty && description.isEmpty
            && scale == nil && model == nil
            && imageSize == nil
            && weights == nil && channels == nil && loss == nil && batchSize == nil && rate == nil
            && warmup == nil && holdout == nil && seed == nil && set.isEmpty
    }

    var phaseEpochs: PhaseEpochs? {
        get throws {
            guard let epochs else { return nil }
            let numbers = epochs.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
            guard numbers.count == 2, let first = numbers[0], let second = numbers[1] else {
                throw SettingsError.value(key: "--epochs", found: epochs, expected: "two numbers, e.g. 200,200")
            }
            return PhaseEpochs(pixels: first, texture: second)
        }
    }

    func settings() throws -> PretrainingSettings {
        var settings = recipe.map(PretrainingSettings.init(recipe:)) ?? PretrainingSettings()
        if recipe != nil, weights != nil {
            // The weights know their network.
            let usual = PretrainingSettings()
            (settings.model, settings.data.channels) = (usual.model, usual.data.channels)
        }
        if let file { try settings.read(file: file) }
        if !modality.isEmpty { settings.data.preparation.selection.modalities = modality }
        if !bodyPart.isEmpty { settings.data.preparation.selection.bodyParts = bodyPart }
        if !description.isEmpty { settings.data.preparation.selection.descriptions = description }
        if let scale { settings.data.preparation.scale = scale }
        if let patients { settings.data.patients = patients }
        if let model { settings.model.name = model }
        if let imageSize {
            // Slices made small go with it.
            (settings.model.imageSize, settings.data.preparation.side) = (imageSize, 0)
        }
        if let weights { settings.model.weights = weights }
        if let channels { settings.data.channels = channels }
        if let loss { try settings.loss.choose(loss.split(separator: ",").map(String.init)) }
        if let epochs = try phaseEpochs {
            (settings.loss.pixelEpochs, settings.loss.textureEpochs) = (epochs.pixels, epochs.texture)
        }
        if let batchSize { settings.optimiser.batchSize = batchSize }
        if let rate { settings.optimiser.rate = rate }
        if let warmup { settings.optimiser.warmup = warmup }
        if let holdout { settings.data.holdout = holdout }
        if let seed { settings.run.seed = seed }
        try settings.set(set, example: "loss.bins=64")
        try settings.validate()
        return settings
    }
}

extension Recipe: ExpressibleByArgument {}
