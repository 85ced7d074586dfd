import ArgumentParser
import Foundation
import Pretraining
import SettingsFile

/// The settings of a run from a file and from options; an option beats the file.
struct PretrainOptions: ParsableArguments {
    @Option(
        name: .customLong("settings"),
        help: "Settings file (YAML), e.g. samples/pretrain-paper.yaml or a run's config.yaml.",
        completion: .file(extensions: ["yaml", "yml"]))
    var file: String?

    @Option(help: "Only images of this modality: CT, MR, PT, US, PNG … May be repeated. Default: all.")
    var modality: [String] = []

    @Option(help: "Only images whose Body Part Examined matches, e.g. 'CHEST*'. May be repeated.")
    var bodyPart: [String] = []

    @Option(help: "Only images whose series description matches, e.g. '*axial*'. May be repeated.")
    var description: [String] = []

    @Option(help: "Model: vit-ti16, vit-s16, vit-b16 (default), vit-l16, vit-h14; the number is the side of a patch.")
    var model: String?

    @Option(
        help: "Rows and columns that the network sees, pixels (default: 224). Slices are resized to 8/7 of it first.")
    var imageSize: Int?

    @Option(help: "Start from these weights: .safetensors, or PyTorch's .pth of the MAE repository.")
    var weights: String?

    @Option(help: "1 (default): grey. 3: grey repeated, with ImageNet's statistics, for public weights.")
    var channels: Int?

    @Option(help: "Terms of the second phase: any of mse,glcm,ssim,haralick (default: mse,glcm,ssim).")
    var loss: String?

    @Option(help: "Epochs of the two phases (default: 200,200).")
    var epochs: String?

    @Option(help: "Images that go through the network at once (default: 8).")
    var batchSize: Int?

    @Option(help: "Learning rate for 256 images a step (default: 1.5e-4).")
    var rate: Double?

    @Option(help: "Epochs in which the learning rate rises (default: 40).")
    var warmup: Double?

    @Option(help: "Share of the patients that are held out to measure (default: 0.1).")
    var holdout: Double?

    @Option(help: "Seed of everything that is random (default: 0).")
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "Any other key of the settings file, e.g. loss.bins=64. May be repeated.", valueName: "key=value"))
    var set: [String] = []

    var isEmpty: Bool {
        file == nil && modality.isEmpty && bodyPart.isEmpty && description.isEmpty && model == nil && imageSize == nil
            && weights == nil && channels == nil && loss == nil && epochs == nil && batchSize == nil && rate == nil
            && warmup == nil && holdout == nil && seed == nil && set.isEmpty
    }

    func settings() throws -> PretrainingSettings {
        var settings = PretrainingSettings()
        if let file {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw CommandFailure(
                    .inputNotFound, "\(file): cannot be read, expected a settings file; check the path")
            }
            do throws(SettingsError) {
                try settings.read(yaml: String(decoding: data, as: UTF8.self))
            } catch { throw CommandFailure(.usage, "\(file): \(error)") }
        }
        if !modality.isEmpty { settings.data.preparation.selection.modalities = modality }
        if !bodyPart.isEmpty { settings.data.preparation.selection.bodyParts = bodyPart }
        if !description.isEmpty { settings.data.preparation.selection.descriptions = description }
        if let model { settings.model.name = model }
        if let imageSize {
            settings.model.imageSize = imageSize
            // 256 for 224.
            settings.data.preparation.side = Int((Double(imageSize) * 8 / 7).rounded())
        }
        if let weights { settings.model.weights = weights }
        if let channels { settings.data.channels = channels }
        if let loss { try settings.loss.choose(loss.split(separator: ",").map(String.init)) }
        if let epochs {
            let numbers = epochs.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
            guard numbers.count == 2, let first = numbers[0], let second = numbers[1] else {
                throw SettingsError.value(key: "--epochs", found: epochs, expected: "two numbers, e.g. 200,200")
            }
            (settings.loss.pixelEpochs, settings.loss.textureEpochs) = (first, second)
        }
        if let batchSize { settings.optimiser.batchSize = batchSize }
        if let rate { settings.optimiser.rate = rate }
        if let warmup { settings.optimiser.warmup = warmup }
        if let holdout { settings.data.holdout = holdout }
        if let seed { settings.run.seed = seed }
        for pair in set {
            guard let equals = pair.firstIndex(of: "=") else {
                throw SettingsError.value(key: "--set", found: pair, expected: "key=value, e.g. loss.bins=64")
            }
            try settings.set(String(pair[..<equals]), to: String(pair[pair.index(after: equals)...]))
        }
        try settings.validate()
        return settings
    }
}
