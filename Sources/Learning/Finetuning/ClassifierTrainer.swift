// One classifier from its first step, or from a checkpoint, to its predictions. As in pre-training every draw of chance
// follows from the seed and the number of the step, so a run that goes on computes what it would have computed.

import Files
import Foundation
import Ingestion
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import Preparation
import Pretraining
import SeededRandom

/// Trains one part of a dataset in a folder.
final class ClassifierTrainer {
    let settings: FinetuningSettings
    let folder: RunFolder
    let part: DatasetPart
    private let dataset: LabelledDataset
    private let store: SliceStore
    private let loader: BatchLoader
    private let order: BatchOrder
    private let network: VisionTransformer<Float>
    private let optimiser: AdamW<Float>
    private let rate: LearningRate
    /// Images of a step that go through the network at once.
    private let atOnce: Int
    private(set) var step = 0
    private var best: (epoch: Int, accuracy: Double)?

    var stepsPerEpoch: Int { order.batchesPerEpoch }
    var totalSteps: Int { settings.optimiser.epochs * stepsPerEpoch }

    /// - Parameter settings: resolved, with mean and deviation.
    init(
        _ settings: FinetuningSettings, folder: RunFolder, part: DatasetPart, dataset: LabelledDataset,
        store: SliceStore, workers: Workers
    ) throws {
        (self.settings, self.folder, self.part, self.dataset, self.store) = (settings, folder, part, dataset, store)
        let configuration = try settings.configuration()
        order = BatchOrder(
            count: part.training.count, batchSize: settings.optimiser.batchSize, seed: settings.run.seed)
        loader = BatchLoader(
            store: store, slices: part.training, augmentation: settings.data.augmentation,
            normalisation: Normalisation(mean: settings.data.mean, deviation: settings.data.deviation),
            size: settings.model.imageSize, seed: settings.run.seed)
        atOnce = Self.imagesAtOnce(settings.optimiser, batch: order.batchSize, configuration)
        network = VisionTransformer(
            configuration, end: .classes(dataset.classes.count), batchCapacity: atOnce, workers: workers)
        let decay = LayerDecay(decay: settings.optimiser.layerDecay, depth: configuration.encoder.depth)
        optimiser = AdamW(network.weights.layout, settings: settings.optimiser.adamW, group: decay.group)
        rate = LearningRate(
            perBatchOf256: settings.optimiser.rate, batch: order.batchSize, floor: settings.optimiser.minimumRate,
            warmup: settings.optimiser.warmup, epochs: Double(settings.optimiser.epochs))
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
        try LineLog.truncate(folder.log) { _ in false }
        try LineLog.truncate(folder.validation) { _ in false }
        return try weights?.load(into: network)
    }

    /// Goes on from `last.safetensors`; the logs are cut back to its step.
    func resume() throws {
        let state = TrainingState(weights: network.weights, optimiser: optimiser)
        let (step, metadata) = try state.read(
            folder.last, slices: store.fingerprint.description, totalSteps: totalSteps)
        self.step = step
        if let epoch = metadata["best_epoch"].flatMap({ Int($0) }),
            let accuracy = metadata["best_accuracy"].flatMap({ Double($0) })
        {
            best = (epoch, accuracy)
        }
        try LineLog.truncate(folder.log) { line in FinetuningStep(json: line).map { $0.step <= step } ?? false }
        try LineLog.truncate(folder.validation) { line in
            FinetuningValidation(json: line).map { $0.step <= step } ?? false
        }
    }

    /// Trains to the end of the last epoch, or until it is interrupted; then predicts with the best weights.
    /// - Returns: nil when it was interrupted.
    func train(_ events: FinetuningEvents) throws -> [Prediction]? {
        let log = try LineLog(appendingTo: folder.log)
        let validationLog = try LineLog(appendingTo: folder.validation)
        let batches = readAhead()
        defer { batches.stop() }
        var saved = ContinuousClock.now
        while step < totalSteps {
            let start = ContinuousClock.now
            guard let batch = batches.next() else { break }
            let record = try oneStep(batch, since: start)
            try log.append(record.json)
            events.step(part.fold, record, totalSteps)
            if step % stepsPerEpoch == 0 {
                let held = try validate(epoch: record.epoch)
                try validationLog.append(held.json)
                events.validation(part.fold, held)
            }
            let isInterrupted = events.isInterrupted()
            let isDue = (ContinuousClock.now - saved) >= .seconds(settings.run.checkpointMinutes * 60)
            if isInterrupted || isDue || step == totalSteps {
                try saveCheckpoint()
                saved = .now
            }
            if isInterrupted, step < totalSteps { return nil }
        }
        let file = try EncoderWeights(path: folder.best)
        try file.load(into: network)
        let predictions = Prediction.ordered(predictions())
        try writeWholeFile(at: folder.model) { try FileManager.default.copyItem(atPath: folder.best, toPath: $0) }
        // Last: a run that has them is done.
        try PredictionTable.write(predictions, classes: dataset.classes, to: folder.predictions)
        return predictions
    }

    private func saveCheckpoint() throws {
        var metadata = [
            "epoch": "\(step / stepsPerEpoch)", "random_seed": "\(settings.run.seed)",
            "slices": store.fingerprint.description,
        ]
        if let best {
            metadata["best_epoch"] = "\(best.epoch)"
            metadata["best_accuracy"] = "\(best.accuracy)"
        }
        try TrainingState(weights: network.weights, optimiser: optimiser).write(
            to: folder.last, step: step, metadata: metadata)
    }

    // MARK: One step

    private func oneStep(_ batch: ImageBatch, since start: ContinuousClock.Instant) throws -> FinetuningStep {
        let (epoch, place) = step.quotientAndRemainder(dividingBy: stepsPerEpoch)
        let criterion = CrossEntropy(smoothing: settings.optimiser.smoothing)
        let labels = labels(of: batch.slices)
        let all = batch.slices.count
        let parts = (all + atOnce - 1) / atOnce
        var loss = 0.0
        for number in 0..<parts {
            // Parts of nearly the same size, whatever the number.
            let range = number * all / parts..<(number + 1) * all / parts
            let drop = drop(part: number, sequences: range.count)
            batch.values.withUnsafeBufferPointer { values in
                network.forward(
                    values.baseAddress! + range.lowerBound * network.configuration.imageLength, count: range.count,
                    drop: drop)
            }
            loss += network.backward(
                criterion, labels: labels[range], share: Double(range.count) / Double(all),
                number == 0 ? .overwritten : .added)
        }
        guard loss.isFinite else { throw nonFinite("the loss", epoch: epoch, batch) }
        let learningRate = rate(Double(epoch) + Double(place) / Double(stepsPerEpoch))
        let norm = optimiser.step(
            network.weights, gradients: network.gradients, learningRate: learningRate, workers: network.workers)
        guard norm.isFinite else { throw nonFinite("the gradient", epoch: epoch, batch) }
        step += 1
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return FinetuningStep(
            epoch: epoch, step: step, loss: loss, learningRate: learningRate, gradientNorm: norm,
            imagesPerSecond: Double(all) / max(seconds, 1e-9))
    }

    private func drop(part: Int, sequences: Int) -> DropPath<Float>? {
        guard settings.model.dropPath > 0 else { return nil }
        var generator = SeededGenerator(seed: BatchOrder.seed(for: "drop path", settings.run.seed, step, part))
        return DropPath(
            rate: settings.model.dropPath, depth: settings.model.depth, sequences: sequences, from: &generator)
    }

    private func labels(of slices: [Int]) -> [Int] { slices.compactMap { dataset.slices[$0]?.label } }

    private func nonFinite(_ term: String, epoch: Int, _ batch: ImageBatch) -> RunError {
        let hasCheckpoint = FileManager.default.fileExists(atPath: folder.last)
        return .nonFinite(
            step: step + 1, epoch: epoch, term: term, files: batch.slices.map(store.source),
            checkpoint: hasCheckpoint ? folder.last : "none: there was none yet")
    }

    private func readAhead() -> ReadAhead<ImageBatch> {
        let (loader, order, first, total) = (loader, order, step, totalSteps)
        let plan = EpochPlan(order)
        return ReadAhead { number in
            let step = first + number
            guard step < total else { return nil }
            let (epoch, place) = step.quotientAndRemainder(dividingBy: order.batchesPerEpoch)
            return loader.batch(plan.places(epoch: epoch, batch: place), epoch: epoch)
        }
    }

    // MARK: The held-out images

    /// The middle of each, not flipped, not erased.
    private func predictions() -> [Prediction] {
        let held = BatchLoader(
            store: store, slices: part.validation, augmentation: Augmentation(), normalisation: loader.normalisation,
            size: loader.size, seed: settings.run.seed)
        var predictions: [Prediction] = []
        for start in stride(from: 0, to: part.validation.count, by: atOnce) {
            let places = start..<min(start + atOnce, part.validation.count)
            let batch = held.batch(places, epoch: 0)
            batch.values.withUnsafeBufferPointer { network.forward($0.baseAddress!, count: places.count) }
            for (slice, probabilities) in zip(batch.slices, network.probabilities()) {
                guard let labelled = dataset.slices[slice] else { continue }
                predictions.append(Prediction(slice: labelled, fold: part.fold, probabilities: probabilities))
            }
        }
        return predictions
    }

    /// Measures, and keeps the weights when no epoch before was as accurate.
    private func validate(epoch: Int) throws -> FinetuningValidation {
        let predictions = predictions()
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
        try TensorFile(
            tensors: network.weights.tensors(),
            metadata: [
                "format": "pt", "weft": "classifier", "image_size": "\(settings.model.imageSize)",
                "channels": "\(settings.data.channels)", "heads": "\(settings.model.heads)",
                "mean": settings.data.mean.map { "\($0)" }.joined(separator: ","),
                "deviation": settings.data.deviation.map { "\($0)" }.joined(separator: ","),
                "intensity": settings.data.preparation.intensity.yaml,
                "classes": String(decoding: names, as: UTF8.self), "epoch": "\(epoch + 1)",
                "validation_accuracy": "\(accuracy)",
            ]
        ).write(to: folder.best)
    }
}

extension RunFolder {
    /// The weights of the epoch with the highest accuracy on the held-out images.
    public var best: String { path + "/best.safetensors" }
    public var predictions: String { path + "/predictions.csv" }
    /// The labelled slices.
    public var dataset: String { path + "/dataset.json" }

    /// The run of a fold, from 1.
    public func fold(_ number: Int) -> RunFolder { RunFolder(path + "/fold-\(number)") }
}
