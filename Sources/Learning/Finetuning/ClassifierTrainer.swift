// One classifier from its first step, or from a checkpoint, to its predictions: what a step of it computes; Training's loop
// does the rest.

import Encoding
import Files
import Foundation
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import Preparation
import SeededRandom
import SettingsFile
import Training

/// Trains one part of a dataset in a folder.
final class ClassifierTrainer: Trainable {
    let settings: FinetuningSettings
    let folder: RunFolder
    let part: DatasetPart
    private let dataset: LabelledDataset
    private let store: SliceStore
    private let loop: TrainingLoop
    private let network: VisionTransformer<Float>
    /// Images of a step that go through the network at once.
    private let atOnce: Int
    private let looker: FixedViewLoader
    private var best: BestEpoch?
    private var epochLoss = EpochLoss()

    /// - Parameter settings: resolved, with mean and deviation.
    init(
        _ settings: FinetuningSettings, folder: RunFolder, part: DatasetPart, dataset: LabelledDataset,
        store: SliceStore, workers: Workers
    ) throws {
        (self.settings, self.folder, self.part, self.dataset, self.store) = (settings, folder, part, dataset, store)
        let configuration = try settings.configuration()
        try configuration.checkMachine(finetuningOf: 1)
        let order = BatchOrder(
            count: part.training.count, batchSize: settings.optimiser.batchSize, seed: settings.run.seed)
        let normalisation = ChannelNormalisation(mean: settings.data.mean, deviation: settings.data.deviation)
        let loader = BatchLoader(
            store: store, slices: part.training, augmentation: settings.data.augmentation,
            normalisation: normalisation, size: settings.model.imageSize, seed: settings.run.seed)
        looker = FixedViewLoader(settings.fixedViews(), normalisation: normalisation, slice: store.slice)
        atOnce = Self.imagesAtOnce(settings.optimiser, batch: order.batchSize, configuration)
        try configuration.checkMachine(finetuningOf: atOnce)
        network = VisionTransformer(
            configuration, end: .classes(dataset.classes.count, pool: settings.model.pool), batchCapacity: atOnce,
            workers: workers)
        let decay = LayerDecay(decay: settings.optimiser.layerDecay, depth: configuration.encoder.depth)
        loop = TrainingLoop(
            .init(
                weights: network.weights, gradients: network.gradients,
                optimiser: AdamW(network.weights.layout, settings: settings.optimiser.adamW, group: decay.group),
                workers: workers),
            folder: folder, loader: loader, order: order,
            schedule: .init(
                epochs: settings.optimiser.epochs,
                rate: LearningRate(
                    perBatchOf256: settings.optimiser.rate, batch: order.batchSize,
                    floor: settings.optimiser.minimumRate, warmup: settings.optimiser.usedWarmup,
                    epochs: Double(settings.optimiser.epochs)),
                checkpointMinutes: settings.run.checkpointMinutes))
    }

    /// The whole batch, or a part of it that keeps the activations (10 D values a token and block) below 2 GB.
    static func imagesAtOnce(
        _ settings: FinetuningOptimiserSettings, batch: Int, _ shape: MaskedAutoencoderConfiguration
    ) -> Int {
        guard settings.accumulation == 0 else { return (batch + settings.accumulation - 1) / settings.accumulation }
        let image = (shape.patchCount + 1) * shape.encoder.width * 4 * (10 * shape.encoder.depth + 14)
        let most = max(1, 2_000_000_000 / image)
        guard batch > most else { return batch }
        let parts = (batch + most - 1) / most
        return (batch + parts - 1) / parts
    }

    /// Begins: weights at random, then those of the file.
    func start(_ weights: EncoderWeights?) throws -> EncoderWeights.Report? {
        var generator = SeededGenerator(seed: BatchOrder.seed(for: "weights", settings.run.seed, 0, 0))
        network.initialise(from: &generator)
        try loop.clearLogs()
        return try weights?.load(into: network)
    }

    /// Goes on from `last.safetensors`; the logs are cut back to its step.
    ///
    /// - Parameter changed: what to do where the settings are not those that the checkpoint was trained with.
    /// - Returns: what is to be said: lines that the logs lack, settings that changed.
    func resume(changed: ChangedSettings) throws -> [String] {
        let (metadata, gaps) = try loop.resume(
            ClassifierTrainer.self, from: folder.last, heldOut: part.validation.count)
        best = BestEpoch(metadata)
        let changes = settings.changes(
            since: metadata[TrainingState.settingsKey],
            free: ["data.dataset", "data.slices", "model.weights", "run.checkpointMinutes"])
        guard !changes.isEmpty else { return gaps.map(\.description) }
        guard changed == .record else {
            throw RunError.otherSettings(path: folder.config, changes: changes.map(\.description))
        }
        try loop.log(SettingsChanges(step: loop.step, changes))
        return gaps.map(\.description) + [
            "the run goes on with other settings: \(changes.map(\.description).joined(separator: ", "))"
        ]
    }

    /// Trains to the end of the last epoch, or until it is interrupted; then predicts the held-out images, once, with the
    /// weights of the epoch that was chosen.
    /// - Returns: nil when it was interrupted.
    func train(_ events: TrainingEvents<FinetuningStep, FinetuningValidation>) throws -> [Prediction]? {
        guard try loop.run(self, events) == .finished else { return nil }
        if settings.optimiser.choose == .last || part.validation.isEmpty {
            try saveModel(BestEpoch(epoch: settings.optimiser.epochs - 1))
        }
        let file = try EncoderWeights(path: folder.best)
        try file.load(into: network)
        let predictions = Prediction.ordered(try predictions(of: part.test))
        try folder.copyBestToModel()
        // Last: a run that has them is done.
        try PredictionTable.write(predictions, classes: dataset.classes, to: folder.predictions)
        return predictions
    }

    /// Nil when the training came to something.
    var doubt: String? { epochLoss.doubt(classes: dataset.classes.count) }

    var checkpointMetadata: [String: String] { modelMetadata.merging(best?.metadata ?? [:]) { $1 } }

    var settingsText: String { settings.yaml }

    // MARK: One step

    /// Cross entropy, mean over the batch.
    func gradients(of batch: ImageBatch, at position: StepPosition) throws -> Double {
        let criterion = CrossEntropy(smoothing: settings.optimiser.smoothing)
        let labels = labels(of: batch.slices)
        let all = batch.slices.count
        let parts = (all + atOnce - 1) / atOnce
        var loss = 0.0
        for number in 0..<parts {
            // Parts of nearly the same size, whatever the number.
            let range = number * all / parts..<(number + 1) * all / parts
            let drop = drop(step: position.step, part: number, sequences: range.count)
            loss += batch.values.withUnsafeBufferPointer { values in
                let first = values.baseAddress! + range.lowerBound * network.configuration.imageLength
                return network.forward(first, count: range.count, drop: drop).backward(
                    criterion, labels: labels[range], share: Double(range.count) / Double(all),
                    number == 0 ? .overwritten : .added)
            }
        }
        guard loss.isFinite else { throw NonFiniteLoss(term: "the loss") }
        return loss
    }

    func record(_ loss: Double, _ measured: StepMeasurement) -> FinetuningStep {
        epochLoss.add(loss, epoch: measured.epoch)
        return FinetuningStep(
            epoch: measured.epoch, step: measured.step, loss: loss, learningRate: measured.learningRate,
            gradientNorm: measured.gradientNorm, imagesPerSecond: measured.imagesPerSecond)
    }

    private func drop(step: Int, part: Int, sequences: Int) -> DropPath<Float>? {
        guard settings.model.dropPath > 0 else { return nil }
        var generator = SeededGenerator(seed: BatchOrder.seed(for: "drop path", settings.run.seed, step, part))
        return DropPath(
            rate: settings.model.dropPath, depth: settings.model.depth, sequences: sequences, from: &generator)
    }

    private func labels(of slices: [Int]) -> [Int] { slices.compactMap { dataset.slices[$0]?.label } }

    // MARK: Images that are looked at

    private func predictions(of slices: [Int]) throws -> [Prediction] {
        let logits = try SliceLogits(of: slices, under: looker, by: network, atOnce: atOnce)
        return slices.compactMap { slice in
            dataset.slices[slice].map {
                Prediction(slice: $0, fold: part.fold, probabilities: logits.probabilities(of: slice))
            }
        }
    }

    /// Measures the images that choose the epoch, and keeps the weights when no epoch before was as good.
    func validate(epoch: Int, step: Int) throws -> FinetuningValidation? {
        guard !part.validation.isEmpty else { return nil }
        let measured = BestEpoch(epoch: epoch, of: try predictions(of: part.validation), classes: dataset.classes.count)
        let choice = settings.optimiser.choose
        let isBest = choice != .last && best.map { measured.isBetter(than: $0, by: choice) } ?? true
        if isBest {
            best = measured
            try saveModel(measured)
        }
        return FinetuningValidation(
            epoch: epoch, step: step, loss: measured.loss, accuracy: measured.accuracy, auroc: measured.auroc,
            images: part.validation.count, isBest: isBest)
    }

    private func saveModel(_ epoch: BestEpoch) throws {
        var metadata = modelMetadata.merging(["weft": "classifier", "epoch": "\(epoch.epoch + 1)"]) { $1 }
        // Of images that chose it.
        if epoch.loss.isFinite {
            metadata["validation_loss"] = "\(epoch.loss)"
            metadata["validation_accuracy"] = "\(epoch.accuracy)"
        }
        try SafetensorsFile.writeFingerprinted(network.weights.tensors(), metadata: metadata, to: folder.best)
    }

    /// Classes, and how images come to the network.
    private var modelMetadata: [String: String] {
        [
            "format": "pt", "image_size": "\(settings.model.imageSize)", "channels": "\(settings.data.channels)",
            "heads": "\(settings.model.heads)", "mean": settings.data.mean.map { "\($0)" }.joined(separator: ","),
            "deviation": settings.data.deviation.map { "\($0)" }.joined(separator: ","),
            "intensity": settings.data.preparation.intensity.yaml,
            "scale": settings.data.preparation.scale.yaml, "pool": settings.model.pool.rawValue,
            "views": looker.views.views.rawValue, "stride": "\(looker.views.stride)",
            "resize": "\(settings.data.preparation.side)",
            "classes": "[\(dataset.classes.map(JSON.string).joined(separator: ","))]",
        ]
    }
}

extension RunFolder {
    /// The weights of the epoch that was chosen.
    public var best: String { path + "/best.safetensors" }
    public var predictions: String { path + "/predictions.csv" }
    /// The labelled slices.
    public var dataset: String { path + "/dataset.json" }

    func copyBestToModel() throws {
        try writeWholeFile(at: model) { try FileManager.default.copyItem(atPath: best, toPath: $0) }
    }

    /// The run of a fold, from 1.
    public func fold(_ number: Int) -> RunFolder { RunFolder(path + "/fold-\(number)") }
}
