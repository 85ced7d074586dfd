// What a run needs to go on: weights, both moments of AdamW, the number of the step, and from what the run's chance follows.

import Foundation
import Imaging
import Ingestion
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import Preparation
import SeededRandom

extension Trainer {
    /// Starts a run: makes the folder's files and the network's weights.
    public static func start(
        _ settings: PretrainingSettings, in folder: RunFolder, store: SliceStore, jobs: Int
    ) throws -> Trainer {
        var settings = resolve(settings, store: store, jobs: jobs)
        // The slices in the run folder move with it; others are found wherever the program is started.
        settings.data.slices = store.path == folder.cache ? "" : URL(fileURLWithPath: store.path).path
        settings.data.fingerprint = store.fingerprint.description
        let trainer = try Trainer(settings: settings, folder: folder, store: store, workers: Workers(jobs))
        var generator = SeededGenerator(seed: BatchOrder.seed(for: "weights", settings.run.seed, 0, 0))
        trainer.network.initialise(from: &generator)
        if !settings.model.weights.isEmpty { try trainer.readWeights(settings.model.weights) }
        try folder.writeConfig(settings, slices: trainer.runSlices)
        return trainer
    }

    /// Goes on from `last.safetensors`: the logs are cut back to its step. A run that was killed before its first
    /// checkpoint begins again.
    public static func resume(_ folder: RunFolder, jobs: Int) throws -> Trainer {
        let settings = try folder.readConfig()
        let store = try SliceStore(
            path: settings.data.slices.isEmpty ? folder.cache : settings.data.slices, jobs: jobs)
        guard store.fingerprint.description == settings.data.fingerprint else {
            throw RunError.otherSlices(
                path: store.path, found: store.fingerprint.description, expected: settings.data.fingerprint)
        }
        guard FileManager.default.fileExists(atPath: folder.last) else {
            try LineLog.truncate(folder.log) { _ in false }
            try LineLog.truncate(folder.validation) { _ in false }
            return try start(settings, in: folder, store: store, jobs: jobs)
        }
        let trainer = try Trainer(settings: settings, folder: folder, store: store, workers: Workers(jobs))
        try trainer.readCheckpoint(folder.last)
        let step = trainer.step
        try LineLog.truncate(folder.log) { line in StepRecord(json: line).map { $0.step <= step } ?? false }
        try LineLog.truncate(folder.validation) { line in ValidationRecord(json: line).map { $0.step <= step } ?? false
        }
        return trainer
    }

    public var runSlices: RunSlices {
        RunSlices(
            training: holdout.training.count, trainingPatients: holdout.trainingPatients,
            validation: holdout.validation.count,
            validationPatients: holdout.validationPatients)
    }

    /// Weights, moments and step.
    func saveCheckpoint(to path: String) throws {
        try TrainingState(weights: network.weights, optimiser: optimiser).write(
            to: path, step: step,
            metadata: [
                "epoch": "\(step / stepsPerEpoch)",
                // All chance follows from the seed and the step.
                "random_seed": "\(settings.run.seed)", "slices": store.fingerprint.description,
            ])
    }

    /// Weights alone, with the fixed position tables, by the names of the public MAE checkpoints.
    func saveModel(to path: String) throws {
        let configuration = network.configuration
        let tokens = 1 + configuration.patchCount
        try network.encoderPositions.withUnsafeBufferPointer { encoder in
            try network.decoderPositions.withUnsafeBufferPointer { decoder in
                let positions = [
                    TensorFile.Tensor(
                        name: "pos_embed", shape: [1, tokens, configuration.encoder.width], values: encoder),
                    TensorFile.Tensor(
                        name: "decoder_pos_embed", shape: [1, tokens, configuration.decoder.width], values: decoder),
                ]
                let tensors = network.weights.tensors() + positions
                try TensorFile(
                    tensors: tensors,
                    metadata: [
                        "format": "pt", "weft": "model", "model": settings.model.name,
                        "image_size": "\(settings.model.imageSize)", "channels": "\(settings.data.channels)",
                        "mean": settings.data.mean.map { "\($0)" }.joined(separator: ","),
                        "deviation": settings.data.deviation.map { "\($0)" }.joined(separator: ","),
                        "heads": "\(configuration.encoder.heads)",
                        "decoder_heads": "\(settings.model.decoderHeads)", "epochs": "\(settings.loss.epochs)",
                        "intensity": settings.data.preparation.intensity.yaml,
                    ]
                ).write(to: path)
            }
        }
    }

    /// Inverse of ``saveCheckpoint(to:)``.
    func readCheckpoint(_ path: String) throws {
        let state = TrainingState(weights: network.weights, optimiser: optimiser)
        step = try state.read(path, slices: store.fingerprint.description, totalSteps: totalSteps).step
    }

    /// Starts from the weights of a file: all of the encoder's, and the decoder's where the file has a decoder; one that it
    /// has not starts at random.
    private func readWeights(_ path: String) throws {
        let report = try WeightsFile.load(path, into: network)
        let needed = report.missing.filter { !$0.hasPrefix("decoder_") && $0 != "mask_token" && $0 != "pos_embed" }
        guard needed.isEmpty else {
            throw RunError.checkpoint(
                path: path,
                reason:
                    "has no \(needed.prefix(3).joined(separator: ", ")), expected the weights of a \(settings.model.name)"
            )
        }
    }
}
