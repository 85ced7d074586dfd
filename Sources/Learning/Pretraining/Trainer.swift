// One masked autoencoder in a run folder: what a step of it computes; Training's loop does the rest.

import Files
import Foundation
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import Preparation
import SeededRandom
import Training

/// What a pre-training run tells while it works.
public typealias PretrainingEvents = TrainingEvents<StepRecord, ValidationRecord>

/// Trains one masked autoencoder in a run folder.
public final class Trainer: Trainable {
    public let settings: PretrainingSettings
    public let folder: RunFolder
    public let holdout: Holdout
    let store: SliceStore
    package let loop: TrainingLoop
    let network: MaskedAutoencoderNetwork<Float>
    /// What is amiss with the run's files and does not stop it.
    public internal(set) var remarks: [String] = []
    /// Held from the beginning until the run has trained.
    private var lock: FolderLock?

    /// Steps taken.
    public var step: Int { loop.step }
    public var stepsPerEpoch: Int { loop.stepsPerEpoch }
    public var totalSteps: Int { loop.totalSteps }
    var loader: BatchLoader { loop.loader }
    /// What black and white are after normalisation: the range of the soft grey levels.
    var range: ClosedRange<Double> { loader.normalisation.range }

    /// - Parameter settings: with `data.mean` and `data.deviation` resolved, see ``resolve(_:store:jobs:)``.
    init(
        settings: PretrainingSettings, folder: RunFolder, store: SliceStore, workers: Workers, lock: FolderLock
    ) throws {
        (self.settings, self.folder, self.store, self.lock) = (settings, folder, store, lock)
        holdout = Holdout(store, share: settings.data.holdout, seed: settings.run.seed)
        let images = settings.optimiser.imagesPerStep
        guard holdout.training.count >= images else {
            throw RunError.tooFewImages(found: holdout.training.count, expected: images)
        }
        let order = BatchOrder(count: holdout.training.count, batchSize: images, seed: settings.run.seed)
        let loader = BatchLoader(
            store: store, slices: holdout.training, augmentation: settings.data.augmentation,
            normalisation: ChannelNormalisation(mean: settings.data.mean, deviation: settings.data.deviation),
            size: settings.model.imageSize, seed: settings.run.seed)
        let configuration = try settings.model.configuration(channels: settings.data.channels)
        try configuration.checkMachine(pretrainingOf: settings.optimiser.batchSize)
        network = MaskedAutoencoderNetwork(
            configuration,
            batchCapacity: settings.optimiser.batchSize,
            workers: workers)
        loop = TrainingLoop(
            .init(
                weights: network.weights, gradients: network.gradients,
                optimiser: AdamW(network.weights.layout, settings: settings.optimiser.adamW), workers: workers),
            folder: folder, loader: loader, order: order,
            schedule: .init(
                epochs: settings.loss.epochs, rate: settings.optimiser.learningRate(epochs: settings.loss.epochs),
                checkpointMinutes: settings.run.checkpointMinutes))
    }

    /// The settings with the normalisation that the run will use: ImageNet's, measured, or as given.
    public static func resolve(_ settings: PretrainingSettings, store: SliceStore, jobs: Int) throws
        -> PretrainingSettings
    {
        var settings = settings
        guard settings.data.mean.isEmpty else { return settings }
        let holdout = Holdout(store, share: settings.data.holdout, seed: settings.run.seed)
        let normalisation =
            settings.data.channels == 3
            ? ChannelNormalisation.imageNet
            : try ChannelNormalisation.measured(store, slices: holdout.training, jobs: jobs)
        (settings.data.mean, settings.data.deviation) = (normalisation.mean, normalisation.deviation)
        return settings
    }

    /// Trains to the end of the last epoch, or until it is interrupted; then writes `model.safetensors`.
    /// - Throws: ``RunError`` when all epochs are done, another process trains here or a loss is not finite; or
    ///   `FileWritingError`.
    public func train(_ events: PretrainingEvents = PretrainingEvents()) throws -> TrainingOutcome {
        let isModelMissing = !FileManager.default.fileExists(atPath: folder.model)
        guard step < totalSteps || isModelMissing else {
            throw RunError.alreadyDone(path: folder.path, epochs: settings.loss.epochs)
        }
        if lock == nil { lock = try folder.lock() }
        defer { lock = nil }
        let outcome = try loop.run(self, events)
        if outcome == .finished { try saveModel(to: folder.model) }
        return outcome
    }

    /// Whether the run has trained and died before its report: nothing but that is left to do.
    public var lacksOnlyReport: Bool {
        let files = FileManager.default
        return step == totalSteps && files.fileExists(atPath: folder.model)
            && !files.fileExists(atPath: folder.report)
    }

    package func keepsCheckpoint(afterEpochs epochs: Int) -> Bool {
        let every = settings.run.checkpointEpochs
        guard every > 0 else { return false }
        // The end of the first phase is where an ablation starts from.
        return epochs % every == 0 || epochs == settings.loss.pixelEpochs || epochs == settings.loss.epochs
    }

    // MARK: One step

    /// The mean over the parts of the batch.
    package func gradients(of batch: ImageBatch, at position: StepPosition) throws -> MeanTerms {
        let phase = settings.loss.phase(ofEpoch: position.epoch)
        let loss = try settings.loss.reconstruction(phase: phase, epoch: position.epoch, range: range)
        let parts = settings.optimiser.accumulation
        let images = settings.optimiser.batchSize
        var sum = MeanTerms()
        for part in 0..<parts {
            let mask = mask("mask", epoch: position.step, item: part, images: images)
            let value = try batch.values.withUnsafeBufferPointer { values in
                try network.addGradient(
                    of: loss, images: values.baseAddress! + part * images * network.configuration.imageLength,
                    mask: mask, part: part, of: parts)
            }
            if let term = value.nonFiniteTerm { throw NonFiniteLoss(term: term) }
            sum.add(value, share: 1 / Double(parts))
        }
        return sum
    }

    package func record(_ sum: MeanTerms, _ measured: StepMeasurement) -> StepRecord {
        let phase = settings.loss.phase(ofEpoch: measured.epoch)
        let terms = settings.loss
        let isTexture = phase == .texture
        return StepRecord(
            epoch: measured.epoch, step: measured.step, phase: phase, loss: sum.total,
            mse: !isTexture || terms.mse > 0 ? sum.mse : nil,
            glcm: isTexture && terms.glcm > 0 ? sum.glcm : nil,
            ssim: isTexture && terms.ssim > 0 ? sum.ssim : nil,
            haralick: isTexture && terms.haralick > 0 ? sum.haralick : nil, learningRate: measured.learningRate,
            gradientNorm: measured.gradientNorm, imagesPerSecond: measured.imagesPerSecond)
    }

    /// Patches that the encoder sees, by chance that belongs to this step or image alone.
    func mask(_ purpose: String, epoch: Int, item: Int, images: Int) -> PatchMask {
        var generator = SeededGenerator(seed: BatchOrder.seed(for: purpose, settings.run.seed, epoch, item))
        let configuration = network.configuration
        return PatchMask(
            images: images, patchCount: configuration.patchCount, keeping: configuration.visibleCount, from: &generator)
    }
}

/// The mean of the terms of several batches.
package struct MeanTerms {
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
