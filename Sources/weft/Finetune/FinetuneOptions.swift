import ArgumentParser
import Finetuning
import Foundation
import Preparation
import Pretraining
import SettingsFile

/// The settings of a run from a file and from options; an option beats the file.
struct FinetuneOptions: ParsableArguments {
    @Option(
        name: .customLong("settings"), help: "Settings file (YAML), e.g. a run's config.yaml.",
        completion: .file(extensions: ["yaml", "yml"]))
    var file: String?

    @Option(
        help: """
            The encoder to start from: model.safetensors of a run, any .safetensors or .pth with the MAE repository's key \
            names, or none (default) to start from scratch.
            """,
        completion: .file(extensions: ["safetensors", "pth"]))
    var weights: String?

    @Option(help: "Model when there are no weights: vit-ti16, vit-s16, vit-b16 (default), vit-l16, vit-h14.")
    var model: String?

    @Option(help: "Rows and columns that the network sees, pixels (default: as the weights were trained, or 224).")
    var imageSize: Int?

    @Option(help: "1: grey. 3: grey repeated, for public weights (default: as the weights were trained, or 1).")
    var channels: Int?

    @Option(help: "Train a probe on features of the frozen encoder instead: linear or knn.")
    var probe: ClassifierSettings.Probe?

    @Option(help: "Neighbours that vote in --probe knn (default: 20, or as many as there are).")
    var neighbours: Int?

    @Option(help: "Cross-validation with so many folds, whole patients in each (default: the dataset's own split).")
    var folds: Int?

    @Option(help: "Patients in both train and val: refuse (default) or allow.")
    var sharedPatients: SharedPatients?

    @Option(help: "Whose image a PNG is when no table says it: file (default; each its own patient) or folder.")
    var pngPatient: PNGPatient?

    @Option(help: "Only images of this modality: CT, MR, PT, US, PNG … May be repeated. Default: all.")
    var modality: [String] = []

    @Option(help: "Epochs (default: 100).")
    var epochs: Int?

    @Option(help: "Images a step (default: 128, or all when there are fewer).")
    var batchSize: Int?

    @Option(help: "Parts in which a step's images go through the network (default: as many as memory asks for).")
    var accumulate: Int?

    @Option(help: "Learning rate for 256 images a step (default: 1e-3).")
    var rate: Double?

    @Option(help: "Epochs in which the learning rate rises (default: 5).")
    var warmup: Double?

    @Option(help: "What the learning rate is multiplied by from one block to the one below (default: 0.75).")
    var layerDecay: Double?

    @Option(help: "Stochastic depth of the last block (default: 0.1).")
    var dropPath: Double?

    @Option(help: "Label smoothing (default: 0.1).")
    var smoothing: Double?

    @Flag(help: "Mirror one of two training images.")
    var flip = false

    @Flag(help: "Train on random crops of 8 % to all of an image, resized.")
    var randomCrop = false

    @Option(help: "Erase a random rectangle from this share of the training images (default: 0; the MAE recipe: 0.25).")
    var randomErase: Double?

    @Option(help: "Seed of everything that is random (default: 0).")
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "Any other key of the settings file, e.g. optimiser.weightDecay=0.1. May be repeated.",
            valueName: "key=value"))
    var set: [String] = []

    var isEmpty: Bool {
        let options: [Any?] = [
            file, weights, model, imageSize, channels, probe, neighbours, folds, sharedPatients, pngPatient, epochs,
            batchSize, accumulate, rate, warmup, layerDecay, dropPath, smoothing, randomErase, seed,
        ]
        return options.allSatisfy { $0 == nil } && modality.isEmpty && !flip && !randomCrop && set.isEmpty
    }

    func settings() throws -> FinetuningSettings {
        var settings = FinetuningSettings()
        if let file {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw CommandFailure(
                    .inputNotFound, "\(file): cannot be read, expected a settings file; check the path")
            }
            do throws(SettingsError) {
                try settings.read(yaml: String(decoding: data, as: UTF8.self))
            } catch { throw CommandFailure(.usage, "\(file): \(error)") }
        }
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
        if let probe { settings.model.probe = probe }
        if let neighbours { settings.model.neighbours = neighbours }
        if let folds { settings.data.folds = folds }
        if let sharedPatients { settings.data.sharedPatients = sharedPatients }
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
        if flip { settings.data.flip = .horizontal }
        if randomCrop { settings.data.crop = .random }
        if let randomErase { settings.data.erasing = randomErase }
        if let seed { settings.run.seed = seed }
        for pair in set {
            guard let equals = pair.firstIndex(of: "=") else {
                throw SettingsError.value(
                    key: "--set", found: pair, expected: "key=value, e.g. optimiser.weightDecay=0.1")
            }
            try settings.set(String(pair[..<equals]), to: String(pair[pair.index(after: equals)...]))
        }
        try settings.validate()
        return settings
    }
}

extension ClassifierSettings.Probe: ExpressibleByArgument {}
extension SharedPatients: ExpressibleByArgument {}
extension PNGPatient: ExpressibleByArgument {}
