// A run from its first step or from a checkpoint to its end: batches in, a line of log per step, the held-out images after
// each epoch, checkpoints now and then. Every draw of chance follows from the seed and the number of the step, never from what
// was drawn before, so a run that goes on from a checkpoint computes what it would have computed without a break.

import Files
import Foundation
import NeuralNetwork
import Parallel
import Preparation
import Synchronization

/// The loop that all trainers share.
package final class TrainingLoop {
    package let folder: RunFolder
    package let store: SliceStore
    /// The training images, as the network sees them.
    package let loader: BatchLoader
    package let order: BatchOrder
    package let schedule: Schedule
    private let network: Network
    /// Steps taken.
    package private(set) var step = 0

    /// How long, how fast, and how much work a power cut may cost.
    package struct Schedule: Sendable {
        package var epochs: Int
        package var rate: LearningRate
        /// 0 writes `last.safetensors` after every step.
        package var checkpointMinutes: Double

        package init(epochs: Int, rate: LearningRate, checkpointMinutes: Double) {
            (self.epochs, self.rate, self.checkpointMinutes) = (epochs, rate, checkpointMinutes)
        }
    }

    /// What the optimiser moves.
    package struct Network {
        package let weights: ParameterBuffer<Float>
        package let gradients: ParameterBuffer<Float>
        package let optimiser: AdamW<Float>
        /// Of the weights over the steps, where it is wanted.
        package let average: WeightAverage?
        package let workers: Workers

        package init(
            weights: ParameterBuffer<Float>, gradients: ParameterBuffer<Float>, optimiser: AdamW<Float>,
            average: WeightAverage? = nil, workers: Workers
        ) {
            (self.weights, self.gradients, self.average) = (weights, gradients, average)
            (self.optimiser, self.workers) = (optimiser, workers)
        }

        var state: TrainingState { TrainingState(weights: weights, optimiser: optimiser, average: average) }
    }

    package init(
        _ network: Network, folder: RunFolder, loader: BatchLoader, order: BatchOrder, schedule: Schedule
    ) {
        (self.network, self.folder, self.store) = (network, folder, loader.store)
        (self.loader, self.order, self.schedule) = (loader, order, schedule)
    }

    package var stepsPerEpoch: Int { order.batchesPerEpoch }
    package var totalSteps: Int { schedule.epochs * stepsPerEpoch }

    // MARK: Begin and go on

    /// Empties the logs: the run begins.
    package func clearLogs() throws {
        for log in [folder.log, folder.validation] { try RunFolder.write("", to: log) }
    }

    /// Goes on from a checkpoint: weights and moments are its own, and the logs are cut back to its step.
    ///
    /// - Parameter heldOut: how many images are measured after each epoch.
    /// - Returns: what else the checkpoint says, and the lines that the logs lack.
    package func resume<Task: Trainable>(
        _: Task.Type, from checkpoint: String, heldOut: Int
    ) throws -> (metadata: [String: String], gaps: [LogGap]) {
        let metadata: [String: String]
        (step, metadata) = try network.state.read(
            checkpoint, slices: store.fingerprint.description, totalSteps: totalSteps)
        let steps = try LineLog.cut(
            folder.log, toStep: step, stepsPerEpoch: stepsPerEpoch, of: Task.Step.self,
            expecting: stride(from: 1, through: step, by: 1))
        let epochs = try LineLog.cut(
            folder.validation, toStep: step, stepsPerEpoch: stepsPerEpoch, of: Task.Validation.self,
            expecting: stride(from: stepsPerEpoch, through: heldOut > 0 ? step : 0, by: stepsPerEpoch))
        return (metadata, [steps, epochs].compactMap { $0 })
    }

    // MARK: Steps

    /// Trains to the end of the last epoch, or until it is interrupted.
    package func run<Task: Trainable>(
        _ task: Task, _ events: TrainingEvents<Task.Step, Task.Validation>
    ) throws -> TrainingOutcome {
        let log = try LineLog(appendingTo: folder.log)
        let validationLog = try LineLog(appendingTo: folder.validation)
        let batches = readAhead()
        defer { batches.stop() }
        var saved = ContinuousClock.now
        while step < totalSteps {
            let start = ContinuousClock.now
            guard let batch = try batches.next() else { break }
            let position = StepPosition(step: step, stepsPerEpoch: stepsPerEpoch)
            let record = try take(task, batch, at: position, since: start)
            try log.append(record.json)
            events.step(record, totalSteps)
            let isEpochDone = step % stepsPerEpoch == 0
            let epochsDone = step / stepsPerEpoch
            if isEpochDone, let held = try task.validate(epoch: position.epoch, step: step) {
                try validationLog.append(held.json)
                events.validation(held)
            }
            if isEpochDone, task.keepsCheckpoint(afterEpochs: epochsDone) {
                try makeFolder(at: folder.checkpoints)
                try saveCheckpoint(task, to: folder.checkpoint(afterEpochs: epochsDone), after: [log, validationLog])
            }
            let isInterrupted = events.isInterrupted()
            let isDue = (ContinuousClock.now - saved) >= .seconds(schedule.checkpointMinutes * 60)
            if isInterrupted || isDue || step == totalSteps {
                try saveCheckpoint(task, to: folder.last, after: [log, validationLog])
                saved = .now
            }
            if isInterrupted, step < totalSteps { return .interrupted(step: step, of: totalSteps) }
        }
        return .finished
    }

    private func take<Task: Trainable>(
        _ task: Task, _ batch: ImageBatch, at position: StepPosition, since start: ContinuousClock.Instant
    ) throws -> Task.Step {
        let loss: Task.Loss
        do {
            loss = try task.gradients(of: batch, at: position)
        } catch let error as NonFiniteLoss { throw nonFinite(error.term, batch, at: position) }
        let learningRate = schedule.rate(position.time)
        let norm = network.optimiser.step(
            network.weights, gradients: network.gradients, learningRate: learningRate, workers: network.workers)
        // The weights may be spoilt by now; the checkpoints on disk are not.
        guard norm.isFinite else { throw nonFinite("the gradient", batch, at: position) }
        step += 1
        network.average?.add(network.weights, step: step, workers: network.workers)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return task.record(
            loss,
            StepMeasurement(
                epoch: position.epoch, step: step, learningRate: learningRate, gradientNorm: norm,
                imagesPerSecond: Double(batch.slices.count) / max(seconds, 1e-9)))
    }

    private func nonFinite(_ term: String, _ batch: ImageBatch, at position: StepPosition) -> RunError {
        .nonFinite(
            step: position.step + 1, epoch: position.epoch, term: term, files: batch.slices.map(store.source),
            checkpoint: folder.latestCheckpoint(afterEpochs: position.epoch) ?? "none: there was none yet")
    }

    /// Weights, moments and step; the logs up to it are on disk before it is.
    private func saveCheckpoint(_ task: some Trainable, to path: String, after logs: [LineLog]) throws {
        for log in logs { try log.flush() }
        let own = [
            "epoch": "\(step / stepsPerEpoch)",
            // All chance follows from the seed and the step.
            "random_seed": "\(order.seed)", "slices": store.fingerprint.description,
            TrainingState.settingsKey: task.settingsText,
        ]
        let state = network.state
        try task.withFixedTensors {
            try state.write(to: path, step: step, metadata: task.checkpointMetadata.merging(own) { $1 }, with: $0)
        }
    }

    /// The batches from the next step on, made by another thread.
    private func readAhead() -> ReadAhead<ImageBatch> {
        let (loader, order, first, total) = (loader, order, step, totalSteps)
        let plan = EpochPlan(order)
        return ReadAhead { number in
            let step = first + number
            guard step < total else { return nil }
            let (epoch, batch) = step.quotientAndRemainder(dividingBy: order.batchesPerEpoch)
            return try loader.batch(plan.images(epoch: epoch, batch: batch), epoch: epoch)
        }
    }
}

/// The order of the epoch that is being read, so that it is not shuffled anew for every batch.
private final class EpochPlan: Sendable {
    private let order: BatchOrder
    private let current = Mutex<(epoch: Int, permutation: [Int])>((-1, []))

    init(_ order: BatchOrder) { self.order = order }

    func images(epoch: Int, batch: Int) -> [Int] {
        current.withLock { current in
            if current.epoch != epoch { current = (epoch, order.permutation(epoch: epoch)) }
            return Array(current.permutation[batch * order.batchSize..<(batch + 1) * order.batchSize])
        }
    }
}
