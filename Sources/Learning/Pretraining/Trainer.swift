// A run from its first step or from a checkpoint to its end: batches in, a line of log a step, the held-out images after
// each epoch, checkpoints now and then. Every draw of chance follows from the seed and the number of the step, never from what
// was drawn before, so a run that goes on from a checkpoint computes what it would have computed without a break.

import Files
import Foundation
import Ingestion
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import Preparation
import SeededRandom
import Synchronization

/// What a run tells while it works.
public struct TrainingEvents: Sendable {
    /// After every step, with the number of all steps.
    public var step: @Sendable (StepRecord, Int) -> Void = { _, _ in }
    public var validation: @Sendable (ValidationRecord) -> Void = { _ in }
    public var note: @Sendable (String) -> Void = { _ in }
    /// Asked after every step; true ends the run with a checkpoint.
    public var isInterrupted: @Sendable () -> Bool = { false }

    public init() {}
}

public enum TrainingOutcome: Hashable, Sendable {
    case finished
    /// After so many of all steps, with a checkpoint.
    case interrupted(step: Int, of: Int)
}

/// Trains one masked autoencoder in a run folder.
public final class Trainer {
    public let settings: PretrainingSettings
    public let folder: RunFolder
    public let holdout: Holdout
    public let order: BatchOrder
    let store: SliceStore
    let loader: BatchLoader
    let network: MaskedAutoencoderNetwork<Float>
    let optimiser: AdamW<Float>
    let rate: LearningRate
    /// Steps taken.
    public internal(set) var step = 0

    public var stepsPerEpoch: Int { order.batchesPerEpoch }
    public var totalSteps: Int { settings.loss.epochs * stepsPerEpoch }
    /// What black and white are after normalisation: the range of the soft grey levels.
    var range: ClosedRange<Double> { loader.normalisation.range }

    /// - Parameter settings: with `data.mean` and `data.deviation` resolved, see ``resolve(_:store:jobs:)``.
    init(
        settings: PretrainingSettings, folder: RunFolder, store: SliceStore, workers: Workers
    ) throws {
        (self.settings, self.folder, self.store) = (settings, folder, store)
        holdout = Holdout(store, share: settings.data.holdout, seed: settings.run.seed)
        let images = settings.optimiser.imagesPerStep
        guard holdout.training.count >= images else {
            throw RunError.tooFewImages(found: holdout.training.count, expected: images)
        }
        order = BatchOrder(count: holdout.training.count, batchSize: images, seed: settings.run.seed)
        loader = BatchLoader(
            store: store, slices: holdout.training, augmentation: settings.data.augmentation,
            normalisation: Normalisation(mean: settings.data.mean, deviation: settings.data.deviation),
            size: settings.model.imageSize, seed: settings.run.seed)
        network = MaskedAutoencoderNetwork(
            try settings.model.configuration(channels: settings.data.channels),
            batchCapacity: settings.optimiser.batchSize,
            workers: workers)
        optimiser = AdamW(network.weights.layout, settings: settings.optimiser.adamW)
        rate = settings.optimiser.learningRate(epochs: settings.loss.epochs)
    }

    /// The settings with the normalisation that the run will use: ImageNet's, measured, or as given.
    public static func resolve(_ settings: PretrainingSettings, store: SliceStore, jobs: Int) -> PretrainingSettings {
        var settings = settings
        guard settings.data.mean.isEmpty else { return settings }
        let holdout = Holdout(store, share: settings.data.holdout, seed: settings.run.seed)
        let normalisation =
            settings.data.channels == 3
            ? Normalisation.imageNet : Normalisation.measured(store, slices: holdout.training, jobs: jobs)
        (settings.data.mean, settings.data.deviation) = (normalisation.mean, normalisation.deviation)
        return settings
    }

    /// Trains to the end of the last epoch, or until it is interrupted.
    public func train(_ events: TrainingEvents = TrainingEvents()) throws -> TrainingOutcome {
        let isModelMissing = !FileManager.default.fileExists(atPath: folder.model)
        guard step < totalSteps || isModelMissing else {
            throw RunError.alreadyDone(path: folder.path, epochs: settings.loss.epochs)
        }
        let lock = try RunLock(folder)
        defer { lock.release() }
        let log = try LineLog(appendingTo: folder.log)
        let validationLog = try LineLog(appendingTo: folder.validation)
        let batches = readAhead()
        defer { batches.stop() }
        var saved = ContinuousClock.now
        while step < totalSteps {
            // Waiting for the images counts: the rate that is shown is that of the run.
            let start = ContinuousClock.now
            guard let batch = batches.next() else { break }
            let record = try oneStep(batch, since: start)
            try log.append(record.json)
            events.step(record, totalSteps)
            let isEpochDone = step % stepsPerEpoch == 0
            let epochsDone = step / stepsPerEpoch
            if isEpochDone, let held = try validate(epoch: record.epoch) {
                try validationLog.append(held.json)
                events.validation(held)
            }
            if isEpochDone, keepsCheckpoint(afterEpochs: epochsDone) {
                try makeFolder(at: folder.checkpoints)
                try saveCheckpoint(to: folder.checkpoint(afterEpochs: epochsDone))
            }
            let isInterrupted = events.isInterrupted()
            let isDue = (ContinuousClock.now - saved) >= .seconds(settings.run.checkpointMinutes * 60)
            if isInterrupted || isDue || step == totalSteps {
                try saveCheckpoint(to: folder.last)
                saved = .now
            }
            if isInterrupted, step < totalSteps {
                try writeReport()
                return .interrupted(step: step, of: totalSteps)
            }
        }
        try saveModel(to: folder.model)
        try writeReport()
        return .finished
    }

    private func keepsCheckpoint(afterEpochs epochs: Int) -> Bool {
        let every = settings.run.checkpointEpochs
        guard every > 0 else { return false }
        // The end of the first phase is where an ablation starts from.
        return epochs % every == 0 || epochs == settings.loss.pixelEpochs || epochs == settings.loss.epochs
    }

    // MARK: One step

    private func oneStep(_ batch: ImageBatch, since start: ContinuousClock.Instant) throws -> StepRecord {
        let (epoch, place) = step.quotientAndRemainder(dividingBy: stepsPerEpoch)
        let phase = settings.loss.phase(ofEpoch: epoch)
        let loss = try settings.loss.reconstruction(phase: phase, epoch: epoch, range: range)
        let parts = settings.optimiser.accumulation
        let images = settings.optimiser.batchSize
        var sum = MeanTerms()
        for part in 0..<parts {
            let mask = mask("mask", epoch: step, item: part, images: images)
            let value = try batch.values.withUnsafeBufferPointer { values in
                try network.addGradient(
                    of: loss, images: values.baseAddress! + part * images * network.configuration.imageLength,
                    mask: mask,
                    part: part, of: parts)
            }
            if let term = value.nonFiniteTerm { throw nonFinite(term, epoch: epoch, batch) }
            sum.add(value, share: 1 / Double(parts))
        }
        let learningRate = rate(Double(epoch) + Double(place) / Double(stepsPerEpoch))
        let norm = optimiser.step(
            network.weights, gradients: network.gradients, learningRate: learningRate, workers: network.workers)
        // The weights may be spoilt by now; the checkpoints on disk are not.
        guard norm.isFinite else { throw nonFinite("the gradient", epoch: epoch, batch) }
        step += 1
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let terms = settings.loss
        let isTexture = phase == .texture
        return StepRecord(
            epoch: epoch, step: step, phase: phase, loss: sum.total,
            mse: !isTexture || terms.mse > 0 ? sum.mse : nil,
            glcm: isTexture && terms.glcm > 0 ? sum.glcm : nil,
            ssim: isTexture && terms.ssim > 0 ? sum.ssim : nil,
            haralick: isTexture && terms.haralick > 0 ? sum.haralick : nil, learningRate: learningRate,
            gradientNorm: norm, imagesPerSecond: Double(images * parts) / max(seconds, 1e-9))
    }

    private func nonFinite(_ term: String, epoch: Int, _ batch: ImageBatch) -> RunError {
        let checkpoint = [folder.last].first { FileManager.default.fileExists(atPath: $0) } ?? latestKept()
        return .nonFinite(
            step: step + 1, epoch: epoch, term: term, files: batch.slices.map(store.source), checkpoint: checkpoint)
    }

    private func latestKept() -> String {
        let every = stride(from: step / stepsPerEpoch, to: 0, by: -1).lazy.map(folder.checkpoint)
        return every.first { FileManager.default.fileExists(atPath: $0) } ?? "none: there was none yet"
    }

    /// Patches that the encoder sees, by chance that belongs to this step or image alone.
    func mask(_ purpose: String, epoch: Int, item: Int, images: Int) -> PatchMask {
        var generator = SeededGenerator(seed: BatchOrder.seed(for: purpose, settings.run.seed, epoch, item))
        let configuration = network.configuration
        return PatchMask(
            images: images, patchCount: configuration.patchCount, keeping: configuration.visibleCount, from: &generator)
    }

    /// The batches from the next step on, made by another thread.
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
}

/// The order of the epoch that is being read, so that it is not shuffled anew for every batch.
package final class EpochPlan: Sendable {
    private let order: BatchOrder
    private let current = Mutex<(epoch: Int, permutation: [Int])>((-1, []))

    package init(_ order: BatchOrder) { self.order = order }

    package func places(epoch: Int, batch: Int) -> [Int] {
        current.withLock { current in
            if current.epoch != epoch { current = (epoch, order.permutation(epoch: epoch)) }
            return Array(current.permutation[batch * order.batchSize..<(batch + 1) * order.batchSize])
        }
    }
}

/// The mean of the terms of several batches.
struct MeanTerms {
    private(set) var mse = 0.0
    private(set) var glcm = 0.0
    private(set) var haralick = 0.0
    private(set) var ssim = 0.0
    private(set) var total = 0.0

    /// - Parameter share: of all images, that this batch has.
    mutating func add(_ value: ReconstructionLoss.Value, share: Double) {
        mse += value.meanSquaredError * share
        glcm += value.cooccurrence * share
        haralick += value.statistics * share
        ssim += value.similarity * share
        total += value.total * share
    }
}
