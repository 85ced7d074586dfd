// How a run begins and goes on, and the model that it leaves.

import Files
import Foundation
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import Preparation
import SeededRandom
import SettingsFile
import Training

extension Trainer {
    /// Starts a run: makes the folder's files and the network's weights. The folder is locked until the run has trained.
    /// - Throws: ``RunError``, `ConfigurationError`, `WeightsFileError` or `FileWritingError`.
    public static func start(
        _ settings: PretrainingSettings, in folder: RunFolder, store: SliceStore, jobs: Int
    ) throws -> Trainer {
        try start(settings, in: folder, store: store, jobs: jobs, lock: folder.lock())
    }

    /// In a folder that is locked already.
    ///
    /// - Parameter given: the settings before what they left open was decided; nil: these.
    package static func start(
        _ settings: PretrainingSettings, in folder: RunFolder, store: SliceStore, jobs: Int, lock: FolderLock,
        decidedFor given: PretrainingSettings? = nil
    ) throws -> Trainer {
        let weights = try settings.model.weights.isEmpty ? nil : EncoderWeights(path: settings.model.weights)
        let given = given ?? settings
        var settings = try resolve(settings, with: weights, store: store, jobs: jobs)
        // The slices in the run folder move with it; others are found wherever the program is started.
        settings.data.slices = store.path == folder.cache ? "" : URL(fileURLWithPath: store.path).path
        settings.data.fingerprint = store.fingerprint.description
        let trainer = try Trainer(settings: settings, folder: folder, store: store, workers: Workers(jobs), lock: lock)
        var generator = SeededGenerator(seed: BatchOrder.seed(for: "weights", settings.run.seed, 0, 0))
        trainer.network.initialise(from: &generator)
        trainer.decisions = settings.decisions(from: given, weights: weights, slices: store.count)
        trainer.remarks = settings.warmupRemark.map { [$0] } ?? []
        if let weights { try trainer.read(weights) }
        try folder.writeConfig(settings, slices: trainer.runSlices)
        folder.hasBegun()
        return trainer
    }

    /// Goes on from the newest checkpoint: the logs are cut back to its step. A run that was killed before its first
    /// checkpoint begins again. The folder is locked before anything in it is changed, until the run has trained.
    ///
    /// - Parameters:
    ///   - epochs: of the two phases, to go on longer than was planned; nil: as the run's file has them.
    ///   - changed: what to do where the run's file no longer says what the checkpoint was trained with.
    /// - Throws: ``RunError``, `CacheError`, `ConfigurationError` or `FileWritingError`.
    public static func resume(
        _ folder: RunFolder, jobs: Int, epochs: PhaseEpochs? = nil, changed: ChangedSettings = .refuse
    ) throws -> Trainer {
        var settings = try folder.readConfig()
        if let epochs {
            (settings.loss.pixelEpochs, settings.loss.textureEpochs) = (epochs.pixels, epochs.texture)
            do throws(SettingsError) { try settings.validate() } catch {
                throw RunError.config(path: folder.config, error)
            }
        }
        let store = try SliceStore(
            path: settings.data.slices.isEmpty ? folder.cache : settings.data.slices, jobs: jobs)
        guard store.fingerprint.description == settings.data.fingerprint else {
            throw RunError.otherSlices(
                path: store.path, found: store.fingerprint.description, expected: settings.data.fingerprint)
        }
        let lock = try folder.lock()
        folder.removeLeftovers()
        guard let checkpoint = folder.newestCheckpoint else {
            guard !FileManager.default.fileExists(atPath: folder.model) else {
                throw RunError.checkpoint(path: folder.last, reason: "is not there, and the run has left its model")
            }
            let trainer = try start(settings, in: folder, store: store, jobs: jobs, lock: lock)
            try trainer.loop.clearLogs()
            return trainer
        }
        let trainer = try Trainer(settings: settings, folder: folder, store: store, workers: Workers(jobs), lock: lock)
        let (metadata, gaps) = try trainer.loop.resume(
            Trainer.self, from: checkpoint, heldOut: trainer.holdout.validation.count)
        trainer.remarks = gaps.map(\.description)
        trainer.balance.restore(metadata[Self.balanceKey] ?? "")
        if checkpoint != folder.last, FileManager.default.fileExists(atPath: folder.last) {
            trainer.remarks.append(
                "\(folder.last) is behind \(checkpoint) or cannot be read; the run goes on from the latter")
        }
        let changes = settings.changes(since: metadata[TrainingState.settingsKey], free: Self.freeKeys)
        let wanted: Set<String> = epochs == nil ? [] : ["loss.pixelEpochs", "loss.textureEpochs"]
        if let remark = try trainer.loop.take(changes, where: AcceptedChanges(changed, wanted: wanted)) {
            try folder.writeConfig(settings, slices: trainer.runSlices)
            trainer.remarks.append(remark)
        }
        return trainer
    }

    /// Keys that decide no number of the weights.
    private static let freeKeys: Set<String> = [
        "data.archive", "data.slices", "data.patients", "run.checkpointEpochs", "run.checkpointMinutes",
        "run.validationImages",
    ]

    public var runSlices: RunSlices {
        RunSlices(
            training: holdout.training.count, trainingPatients: holdout.trainingPatients,
            validation: holdout.validation.count,
            validationPatients: holdout.validationPatients)
    }

    /// Weights alone, with the fixed position tables, by the names of the public MAE checkpoints.
    func saveModel(to path: String) throws {
        let metadata = modelMetadata.merging(["weft": "model", "epochs": "\(settings.loss.epochs)"]) { $1 }
        try WeightsFile.withTensors(of: network) {
            try SafetensorsFile.writeFingerprinted($0, metadata: metadata, to: path)
        }
    }

    /// What the weights are of, and how images came to them.
    private var modelMetadata: [String: String] {
        [
            "format": "pt", "model": settings.model.name,
            "image_size": "\(settings.model.imageSize)", "channels": "\(settings.data.channels)",
            "mean": settings.data.mean.map { "\($0)" }.joined(separator: ","),
            "deviation": settings.data.deviation.map { "\($0)" }.joined(separator: ","),
            "heads": "\(network.configuration.encoder.heads)",
            "decoder_heads": "\(settings.model.decoderHeads)",
            "intensity": settings.data.preparation.intensity.yaml, "scale": settings.data.preparation.scale.yaml,
        ]
    }

    // MARK: What a checkpoint has beside the weights, so that it serves as a model

    package var checkpointMetadata: [String: String] { modelMetadata.merging([Self.balanceKey: balance.text]) { $1 } }

    /// The key of the metadata that holds the lengths of the terms' gradients.
    private static let balanceKey = "loss_balance"

    package var settingsText: String { settings.yaml }

    package func withFixedTensors<Result>(_ body: ([NamedTensor]) throws -> Result) rethrows -> Result {
        try WeightsFile.withPositions(of: network, body)
    }

    /// Starts from the weights of a file: all of the encoder's, and all of the decoder's where the file has a decoder; one that
    /// it has not starts at random.
    private func read(_ weights: EncoderWeights) throws {
        let path = weights.path
        let report = try WeightsFile.load(path, into: network)
        let positions = [WeightsFile.encoderPositions, WeightsFile.decoderPositions]
        func isOfDecoder(_ name: String) -> Bool { name.hasPrefix("decoder_") || name == "mask_token" }
        let hasDecoder = report.loaded.contains { $0.hasPrefix("decoder_") && !positions.contains($0) }
        let needed = report.missing.filter { !positions.contains($0) && (hasDecoder || !isOfDecoder($0)) }
        guard needed.isEmpty else {
            throw RunError.checkpoint(
                path: path,
                reason:
                    "has no \(needed.prefix(3).joined(separator: ", ")), expected the weights of a \(settings.model.name)"
            )
        }
        if !hasDecoder { remarks.append("\(path): has no decoder; the decoder starts at random") }
        for (name, from, to) in report.interpolated.map({ ($0.name, $0.from, $0.to) }) {
            remarks.append("\(path): \(name) is of \(from) x \(from) patches; interpolated to \(to) x \(to)")
        }
        if !report.unexpected.isEmpty {
            remarks.append(
                "\(path): left out, for the network has no use for them: \(report.unexpected.joined(separator: ", "))")
        }
        for guess in weights.guesses where guess.part == .encoder || hasDecoder { remarks.append(guess.description) }
    }
}
