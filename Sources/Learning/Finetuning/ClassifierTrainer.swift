// One classifier from its first step, or from a checkpoint, to its predictions: what a step of it computes; Training's loop
// does the rest.

import Files
import Foundation
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import Preparation
import SeededRandom
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
    private var best: (epoch: Int, accuracy: Double)?

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
        let loader = BatchLoader(
            store: store, slices: part.training, augmentation: settings.data.augmentation,
            normalisation: ChannelNormalisation(mean: settings.data.mean, deviation: settings.data.deviation),
            size: settings.model.imageSize, seed: settings.run.seed)
        atOnce = Self.imagesAtOnce(settings.optimiser, batch: order.batchSize, configuration)
        try configuration.checkMachine(finetuningOf: atOnce)
        network = VisionTransformer(
            configuration, end: .classes(dataset.classes.count), batchCapacity: atOnce, workers: workers)
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
                    floor: settings.optimiser.minimumRate, warmup: settings.optimiser.warmup,
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
    /// - Returns: the lines that they lack.
    func resume() throws -> [LogGap] {
        let (metadata, gaps) = try loop.resume(ClassifierTrainer.self, heldOut: part.validation.count)
        if let epoch = metadata["best_epoch"].flatMap({ Int($0) }),
            let accuracy = metadata["best_accuracy"].flatMap({ Double($0) })
        {
            best = (epoch, accuracy)
        }
        return gaps
    }

    /// Trains to the end of the last epoch, or until it is interrupted; then predicts with the best weights.
    /// - Returns: nil when it was interrupted.
    func train(_ events: TrainingEvents<FinetuningStep, FinetuningValidation>) throws -> [Prediction]? {
        guard try loop.run(self, events) == .finished else { return nil }
        let file = try EncoderWeights(path: folder.best)
        try file.load(into: network)
        let predictions = Prediction.ordered(try predictions())
        try folder.copyBestToModel()
        // Last: a run that has them is done.
        try PredictionTable.write(predictions, classes: dataset.classes, to: folder.predictions)
        return predictions
    }

    var checkpointMetadata: [String: String] {
        guard let best else { return [:] }
        return ["best_epoch": "\(best.epoch)", "best_accuracy": "\(best.accuracy)"]
    }

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
        FinetuningStep(
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

    // MARK: The held-out images

    /// The middle of each, not flipped, not erased.
    private func predictions() throws -> [Prediction] {
        let held = BatchLoader(
            store: store, slices: part.validation, augmentation: Augmentation(),
            normalisation: loop.loader.normalisation,
            size: loop.loader.size, seed: settings.run.seed)
        var predictions: [Prediction] = []
        for start in stride(from: 0, to: part.validation.count, by: atOnce) {
            let places = start..<min(start + atOnce, part.validation.count)
            let batch = try held.batch(places, epoch: 0)
            let all = network.forward(batch.values, count: places.count).probabilities()
            for (slice, probabilities) in zip(batch.slices, all) {
                guard let labelled = dataset.slices[slice] else { continue }
                predictions.append(Prediction(slice: labelled, fold: part.fold, probabilities: probabilities))
            }
        }
        return predictions
    }

    /// Measures, and keeps the weights when no epoch before was as accurate.
    func validate(epoch: Int, step: Int) throws -> FinetuningValidation? {
        let predictions = try predictions()
        let accuracy = Prediction.accuracy(predictions)
        let loss =
            predictions.reduce(0) { $0 - log($1.probabilities[$1.slice.label]) } / Double(max(1, predictions.count))
        let isBest = accuracy > best?.accuracy ?? -1
        if isBest {
            best = (epoch, accuracy)
            try saveModel(epoch: epoch, accuracy: accuracy)
        }
        return FinetuningValidation(
            epoch: epoch, step: step, loss: loss, accuracy: accuracy, images: predictions.count, isBest: isBest)
    }

    private func saveModel(epoch: Int, accuracy: Double) throws {
        let names = try JSONEncoder().encode(dataset.classes)
        try SafetensorsFile.writeFingerprinted(
            network.weights.tensors(),
            metadata: [
                "format": "pt", "weft": "classifier", "image_size": "\(settings.model.imageSize)",
                "channels": "\(settings.data.channels)", "heads": "\(settings.model.heads)",
                "mean": settings.data.mean.map { "\($0)" }.joined(separator: ","),
                "deviation": settings.data.deviation.map { "\($0)" }.joined(separator: ","),
                "intensity": settings.data.preparation.intensity.yaml,
                "scale": settings.data.preparation.scale.yaml,
                "classes": String(decoding: names, as: UTF8.self), "epoch": "\(epoch + 1)",
                "validation_accuracy": "\(accuracy)",
            ], to: folder.best)
    }
}

extension RunFolder {
    /// The weights of the epoch with the highest accuracy on the held-out images.
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
