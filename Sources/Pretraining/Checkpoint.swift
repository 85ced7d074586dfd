// What a run needs to go on: weights, both moments of AdamW, the number of the step, and from what the run's chance follows.

import Foundation
import Imaging
import Ingestion
import MaskedAutoencoder
import NeuralNetwork
import Preparation
import SeededRandom

extension Trainer {
    private static let firstMoment = "exp_avg."
    private static let secondMoment = "exp_avg_sq."

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
        var tensors = tensors(of: network.weights, prefix: "")
        tensors += self.tensors(of: optimiser.firstMoment, prefix: Self.firstMoment)
        tensors += self.tensors(of: optimiser.secondMoment, prefix: Self.secondMoment)
        try TensorFile(
            tensors: tensors,
            metadata: [
                "format": "pt", "weft": "checkpoint", "step": "\(step)", "adamw_step": "\(optimiser.step)",
                "epoch": "\(step / stepsPerEpoch)",
                // All chance follows from the seed and the step.
                "random_seed": "\(settings.run.seed)", "slices": store.fingerprint.description,
            ]
        ).write(to: path)
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
                let tensors = tensors(of: network.weights, prefix: "") + positions
                try TensorFile(
                    tensors: tensors,
                    metadata: [
                        "format": "pt", "weft": "model", "model": settings.model.name,
                        "image_size": "\(settings.model.imageSize)", "channels": "\(settings.data.channels)",
                        "mean": settings.data.mean.map { "\($0)" }.joined(separator: ","),
                        "deviation": settings.data.deviation.map { "\($0)" }.joined(separator: ","),
                        "decoder_heads": "\(settings.model.decoderHeads)", "epochs": "\(settings.loss.epochs)",
                    ]
                ).write(to: path)
            }
        }
    }

    /// Inverse of ``saveCheckpoint(to:)``.
    func readCheckpoint(_ path: String) throws {
        func fault(_ reason: String) -> RunError { .checkpoint(path: path, reason: reason) }
        let file: SafetensorsFile
        do {
            file = try SafetensorsFile(contentsOf: path)
        } catch let error as SafetensorsError {
            throw fault("\(error)")
        } catch { throw fault("cannot be read (\(error.localizedDescription))") }
        func number(_ key: String) throws -> Int {
            guard let number = file.metadata[key].flatMap({ Int($0) }), number >= 0 else {
                throw fault("does not say its \(key)")
            }
            return number
        }
        let slices = file.metadata["slices"] ?? "none"
        guard slices == store.fingerprint.description else {
            throw RunError.otherSlices(path: path, found: slices, expected: store.fingerprint.description)
        }
        var prints = ""
        for (buffer, prefix) in [
            (network.weights, ""), (optimiser.firstMoment, Self.firstMoment),
            (optimiser.secondMoment, Self.secondMoment),
        ] {
            for entry in buffer.layout.entries {
                guard let tensor = file.tensors[prefix + entry.name], tensor.shape == entry.shape else {
                    throw fault("has no tensor '\(prefix + entry.name)' of \(entry.shape)")
                }
                _ = buffer[entry].update(fromContentsOf: tensor.values(as: Float.self))
            }
            prints += tensors(of: buffer, prefix: prefix).map(\.fingerprint.description).joined()
        }
        let (found, expected) = (
            Fingerprint(of: prints).description, file.metadata[TensorFile.fingerprintKey] ?? "none"
        )
        guard found == expected else { throw fault("its numbers have fingerprint \(found), expected \(expected)") }
        step = try number("step")
        optimiser.step = try number("adamw_step")
        guard step <= totalSteps else { throw fault("is of step \(step), and the run has \(totalSteps)") }
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

    private func tensors(of buffer: ParameterBuffer<Float>, prefix: String) -> [TensorFile.Tensor] {
        buffer.layout.entries.map { entry in
            TensorFile.Tensor(name: prefix + entry.name, shape: entry.shape, values: UnsafeBufferPointer(buffer[entry]))
        }
    }
}
