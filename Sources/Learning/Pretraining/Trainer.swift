// One masked autoencoder in a run folder: what a step of it computes; Training's loop does the rest.

import Files
import Foundation
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import Preparation
import SeededRandom
import TextureCore
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
    /// What is amiss with the run's files, weights or settings and does not stop it.
    public internal(set) var remarks: [String] = []
    /// What was decided for a run that begins, with the arithmetic.
    public internal(set) var decisions: [String] = []
    /// Which factors the terms of the second phase have.
    var balance: GradientBalance
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
        balance = GradientBalance(settings.loss.balance)
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

    /// The settings with everything that they leave open: model and rate by the weights or the size of the data, the normalisation
    /// ImageNet's, measured, or as given.
    public static func resolve(
        _ settings: PretrainingSettings, with weights: EncoderWeights? = nil, store: SliceStore, jobs: Int
    ) throws -> PretrainingSettings {
        var settings = try settings.resolved(with: weights, slices: store.count)
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
        let asked = try settings.loss.reconstruction(epoch: position.epoch, range: range)
        let parts = settings.optimiser.accumulation
        let images = settings.optimiser.batchSize
        return try batch.values.withUnsafeBufferPointer { values in
            func pass(_ part: Int) -> MaskedAutoencoderPass<Float> {
                network.forward(
                    values.baseAddress! + part * images * network.configuration.imageLength,
                    mask: mask("mask", epoch: position.step, item: part, images: images))
            }
            if balance.lacksTerms(of: asked) { balance.begin(with: try pass(0).measured(asked)) }
            let loss = balance.applied(to: asked)
            var sum = MeanTerms()
            for part in 0..<parts {
                let pass = pass(part)
                let guess =
                    loss.terms.contains { $0.kind == .mse }
                    ? try pass.meanGuess(PixelLoss(target: settings.loss.pixels)) : nil
                let errors = settings.loss.pixels == .values ? pass.firstChannelErrors() : nil
                let evaluated = try pass.evaluated(by: loss, share: 1 / Double(parts))
                if let term = evaluated.loss.nonFiniteTerm { throw NonFiniteLoss(term: term) }
                sum.add(evaluated.loss, meanGuess: guess, errors: errors, share: 1 / Double(parts))
                evaluated.backward(part == 0 ? .overwritten : .added)
            }
            balance.follow(sum.terms.map { ($0.name, $0.slope) })
            return sum
        }
    }

    package func record(_ sum: MeanTerms, _ measured: StepMeasurement) -> StepRecord {
        func value(_ kind: ReconstructionLoss.Kind) -> Double? {
            sum.terms.contains { $0.kind == kind } ? sum.value(kind) : nil
        }
        var record = StepRecord(
            epoch: measured.epoch, step: measured.step, phase: settings.loss.phase(ofEpoch: measured.epoch),
            loss: sum.total, mse: value(.mse), glcm: value(.glcm), ssim: value(.ssim), haralick: value(.haralick),
            learningRate: measured.learningRate, gradientNorm: measured.gradientNorm,
            imagesPerSecond: measured.imagesPerSecond)
        record.meanGuess = sum.meanGuess
        (record.greyMSE, record.greyMeanGuess) = sum.greys(deviation: settings.data.deviation[0])
        guard sum.terms.count > 1 else { return record }
        record.shares = sum.shares
        if balance.kind != .none {
            record.weights = Dictionary(uniqueKeysWithValues: sum.terms.map { ($0.name, $0.weight) })
        }
        return record
    }

    /// Patches that the encoder sees, by chance that belongs to this step or image alone.
    func mask(_ purpose: String, epoch: Int, item: Int, images: Int) -> PatchMask {
        var generator = SeededGenerator(seed: BatchOrder.seed(for: purpose, settings.run.seed, epoch, item))
        let configuration = network.configuration
        return PatchMask(
            images: images, patchCount: configuration.patchCount, keeping: configuration.visibleCount, from: &generator)
    }
}

/// The mean of the terms of several batches, which have the same terms.
package struct MeanTerms {
    struct Term {
        var name: String
        var kind: ReconstructionLoss.Kind
        var weight: Double
        var value = 0.0
        /// Σ of the squared lengths of the batches' gradients, each times its share.
        var squaredSlope = 0.0

        /// Length of the gradient of the mean by the predictions of all batches.
        var slope: Double { squaredSlope.squareRoot() }
    }

    private(set) var terms: [Term] = []
    private(set) var total = 0.0
    /// Of the pixels' term; nil where that takes no part.
    private(set) var meanGuess: Double?

    /// Mean squared errors of the first channel, of the network and of the mean of what it sees.
    private var errors: (network: Double, meanGuess: Double)?

    /// In grey values 0 to 1; nil where the errors are not known.
    ///
    /// - Parameter deviation: what grey values were divided by.
    func greys(deviation: Double) -> (network: Double?, meanGuess: Double?) {
        let square = deviation * deviation
        return (errors.map { $0.network * square }, errors.map { $0.meanGuess * square })
    }

    /// - Parameter share: of all images, that this batch has.
    mutating func add(
        _ value: ReconstructionLoss.Value, meanGuess guess: Double?,
        errors own: (network: Double, meanGuess: Double)?, share: Double
    ) {
        if terms.isEmpty { terms = value.terms.map { Term(name: $0.name, kind: $0.kind, weight: $0.weight) } }
        for (index, term) in value.terms.enumerated() {
            terms[index].value += term.value * share
            let slope = (term.slope ?? 0) * share
            terms[index].squaredSlope += slope * slope
        }
        total += value.total * share
        if let guess { meanGuess = (meanGuess ?? 0) + guess * share }
        if let own {
            let sum = errors ?? (0, 0)
            errors = (sum.network + own.network * share, sum.meanGuess + own.meanGuess * share)
        }
    }

    /// Before its weight.
    func value(_ kind: ReconstructionLoss.Kind) -> Double {
        terms.reduce(0) { $0 + ($1.kind == kind ? $1.value : 0) }
    }

    /// Of the sum of the lengths of the weighted gradients, by name; empty where there is none.
    var shares: [String: Double] {
        let lengths = terms.map { $0.weight * $0.slope }
        let sum = lengths.reduce(0, +)
        guard sum > 0, sum.isFinite else { return [:] }
        return Dictionary(uniqueKeysWithValues: zip(terms, lengths).map { ($0.name, $1 / sum) })
    }
}
