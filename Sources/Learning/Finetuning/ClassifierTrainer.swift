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
    private let criterion: CrossEntropy
    private let average: WeightAverage?
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
        let labels = part.training.compactMap { dataset.slices[$0]?.label }
        let order = BatchOrder(
            count: part.training.count, batchSize: settings.optimiser.batchSize, seed: settings.run.seed,
            balancing: settings.data.sampling == .balanced ? labels : nil)
        criterion = CrossEntropy(
            smoothing: settings.optimiser.smoothing,
            weights: settings.optimiser.classWeights.weights(labels, classes: dataset.classes.count))
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
        average =
            settings.optimiser.averaging > 0
            ? WeightAverage(network.weights.layout, decay: settings.optimiser.averaging) : nil
        let decay = LayerDecay(decay: settings.optimiser.layerDecay, depth: configuration.encoder.depth)
        loop = TrainingLoop(
            .init(
                weights: network.weights, gradients: network.gradients,
                optimiser: AdamW(network.weights.layout, settings: settings.optimiser.adamW, group: decay.group),
                average: average, workers: workers),
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
        let report = try weights?.load(into: network)
        average?.values.copy(from: network.weights)
        return report
    }

    /// Goes on from `last.safetensors`; the logs are cut back to its step.
    ///
    /// - Parameter accepted: what to do where the settings are not those that the checkpoint was trained with.
    /// - Returns: what is to be said: lines that the logs lack, settings that changed.
    func resume(_ accepted: AcceptedChanges) throws -> [String] {
        let (metadata, gaps) = try loop.resume(
            ClassifierTrainer.self, from: folder.last, heldOut: part.validation.count)
        best = BestEpoch(metadata)
        let changes = settings.changes(since: metadata[TrainingState.settingsKey], free: Self.freeKeys)
        return gaps.map(\.description) + [try loop.take(changes, where: accepted)].compactMap { $0 }
    }

    /// Keys that decide no number of the weights.
    static let freeKeys: Set<String> = ["data.dataset", "data.slices", "model.weights", "run.checkpointMinutes"]

    /// Trains to the end of the last epoch, or until it is interrupted; then predicts the held-out images, once, with the
    /// weights of the epoch that was chosen.
    /// - Returns: nil when it was interrupted.
    func train(_ events: TrainingEvents<FinetuningStep, FinetuningValidation>) throws -> [Prediction]? {
        guard try loop.run(self, events) == .finished else { return nil }
        if settings.optimiser.choose == .last || part.validation.isEmpty {
            let epoch = settings.optimiser.epochs - 1
            if let average {
                try average.standingIn(for: network.weights) { try saveModel(afterEpoch: epoch) }
            } else {
                try saveModel(afterEpoch: epoch)
            }
        }
        try folder.renameBestToModel()
        try EncoderWeights(path: folder.model).load(into: network)
        let predictions = Prediction.ordered(try predictions(of: part.test))
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
        var batch = batch
        let labels = mix(&batch, step: position.step)
        let all = batch.slices.count
        let parts = (all + atOnce - 1) / atOnce
        var loss = 0.0
        for number in 0..<parts {
            // Parts of nearly the same size, whatever the number.
            let range = number * all / parts..<(number + 1) * all / parts
            let drop = drop(step: position.step, part: number, sequences: range.count)
            loss += batch.values.withUnsafeBufferPointer { values in
                let first = values.baseAddress! + range.lowerBound * network.configuration.imageLength
                return network.forward(
                    first, count: range.count, patchWeights: weights(of: batch.regions, range), drop: drop
                ).backward(
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

    /// What each patch counts; nil without regions.
    private func weights(of regions: [[UInt8]], _ range: Range<Int>) -> [[Double]]? {
        guard !regions.isEmpty else { return nil }
        let (side, size) = (settings.model.patchSide, settings.model.imageSize)
        return regions[range].map { regionPixels($0, inPatchesOf: side, size: size) }
    }

    /// Mixes the images where that is wanted.
    /// - Returns: what each is called then.
    private func mix(_ batch: inout ImageBatch, step: Int) -> [SoftLabel] {
        let labels = batch.slices.compactMap { dataset.slices[$0]?.label }
        var generator = SeededGenerator(seed: BatchOrder.seed(for: "mixing", settings.run.seed, step, 0))
        let share = settings.data.mixing.mix(
            &batch, channels: settings.data.channels, size: settings.model.imageSize, &generator)
        return zip(labels, labels.reversed()).map { SoftLabel($0, $1, share: share) }
    }

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
        guard let average else { return try validateWeights(epoch: epoch, step: step) }
        return try average.standingIn(for: network.weights) { try validateWeights(epoch: epoch, step: step) }
    }

    private func validateWeights(epoch: Int, step: Int) throws -> FinetuningValidation {
        let measured = BestEpoch(epoch: epoch, of: try predictions(of: part.validation), classes: dataset.classes.count)
        let choice = settings.optimiser.choose
        let isBest = choice != .last && best.map { measured.isBetter(than: $0, by: choice) } ?? true
        if isBest {
            best = measured
            try saveModel(afterEpoch: epoch, measured)
        }
        return FinetuningValidation(
            epoch: epoch, step: step, loss: measured.loss, accuracy: measured.accuracy, auroc: measured.auroc ?? .nan,
            images: part.validation.count, isBest: isBest)
    }

    /// - Parameter measured: by the images that chose the epoch (from 0); nil where none did.
    private func saveModel(afterEpoch epoch: Int, _ measured: BestEpoch? = nil) throws {
        var metadata = modelMetadata.merging(["weft": "classifier", "epoch": "\(epoch + 1)"]) { $1 }
        if let measured {
            metadata["validation_loss"] = "\(measured.loss)"
            metadata["validation_accuracy"] = "\(measured.accuracy)"
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
            "fit": settings.data.preparation.fit.rawValue,
            "roi": "[\(settings.data.roi.map(JSON.string).joined(separator: ","))]",
            "classes": "[\(dataset.classes.map(JSON.string).joined(separator: ","))]",
        ]
    }
}

extension RunFolder {
    /// The best weights so far, while a run trains.
    public var best: String { path + "/best.safetensors" }
    public var predictions: String { path + "/predictions.csv" }
    /// The labelled slices.
    public var dataset: String { path + "/dataset.json" }

    /// The best weights are the model, when there will be no better ones. Where there are none the model is: the run was killed
    /// after this, or has gone on longer for nothing.
    func renameBestToModel() throws {
        if rename(best, model) == 0 { return }
        guard errno == ENOENT else {
            throw FileWritingError(path: model, reason: String(cString: strerror(errno)))
        }
        guard FileManager.default.fileExists(atPath: model) else {
            throw RunError.checkpoint(
                path: model, reason: "is not there, and the weights of the epoch that was chosen were nowhere else")
        }
    }

    /// The run of a fold, from 1.
    public func fold(_ number: Int) -> RunFolder { RunFolder(path + "/fold-\(number)") }
}
