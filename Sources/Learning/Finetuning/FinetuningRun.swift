// A run of `weft finetune`: one classifier, or one per fold, or a probe of a frozen encoder.

import Encoding
import Files
import Foundation
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import Preparation
import SettingsFile
import Training

public enum FinetuningOutcome: Sendable {
    /// The predictions of all parts.
    case finished([Prediction])
    case interrupted
}

/// A run in its folder.
public final class FinetuningRun {
    /// Resolved, but for mean and deviation where those are measured for each part.
    public let settings: FinetuningSettings
    public let folder: RunFolder
    public let dataset: LabelledDataset
    public let parts: [DatasetPart]
    private let store: SliceStore
    private let jobs: Int
    /// Read when it is needed: a run that goes on may do without.
    private let weights: EncoderWeights?
    /// Held from the beginning until the run has trained.
    private var lock: FolderLock?
    /// Of a run that goes on.
    private var accepted = AcceptedChanges()
    /// Whether a run trains on beyond what its file has planned.
    private var isLonger = false

    private init(
        _ settings: FinetuningSettings, _ folder: RunFolder, _ dataset: LabelledDataset, _ store: SliceStore,
        weights: EncoderWeights?, jobs: Int, lock: FolderLock?
    ) throws {
        self.lock = lock
        (self.settings, self.folder, self.dataset, self.store, self.jobs) = (settings, folder, dataset, store, jobs)
        self.weights = weights
        guard dataset.slices.count == store.count else {
            throw RunError.checkpoint(
                path: folder.dataset, reason: "has \(dataset.slices.count) slices, the store has \(store.count)")
        }
        parts = try dataset.parts(
            folds: settings.data.folds, seed: settings.run.seed, shared: settings.data.sharedPatients,
            validation: settings.validationShare, path: settings.data.dataset)
    }

    /// Files that a run of this kind has beside those of pre-training, its folds' included; `prepare` of the folder takes
    /// them away.
    public static func files(of folder: RunFolder) -> [String] {
        func own(_ folder: RunFolder) -> [String] { [folder.best, folder.predictions, folder.dataset] }
        var files = own(folder)
        for number in 1... {
            let fold = folder.fold(number)
            guard FileManager.default.fileExists(atPath: fold.path) else { break }
            files += own(fold) + [fold.config, fold.log, fold.validation, fold.last, fold.model]
        }
        return files
    }

    /// Starts a run: checks the dataset and writes `config.yaml` and `dataset.json`.
    public static func begin(
        _ resolved: FinetuningSettings, in folder: RunFolder, dataset: LabelledDataset, store: SliceStore,
        weights: EncoderWeights?, jobs: Int
    ) throws -> FinetuningRun {
        try begin(
            resolved, in: folder, dataset: dataset, store: store, weights: weights, jobs: jobs, lock: folder.lock())
    }

    /// In a folder that is locked already.
    package static func begin(
        _ resolved: FinetuningSettings, in folder: RunFolder, dataset: LabelledDataset, store: SliceStore,
        weights: EncoderWeights?, jobs: Int, lock: FolderLock
    ) throws -> FinetuningRun {
        var settings = resolved
        settings.data.slices = store.path == folder.cache ? "" : URL(fileURLWithPath: store.path).path
        settings.data.fingerprint = store.fingerprint.description
        // A fold that begins after an interruption finds its weights wherever the program is started.
        if !settings.model.weights.isEmpty {
            settings.model.weights = URL(fileURLWithPath: settings.model.weights).path
        }
        let run = try FinetuningRun(
            settings, folder, dataset, store, weights: weights, jobs: jobs, lock: lock)
        let text = String(decoding: try JSON.document(dataset, layout: []), as: UTF8.self)
        try RunFolder.write(text, to: folder.dataset)
        try write(settings, part: nil, of: run, to: folder)
        folder.hasBegun()
        return run
    }

    /// Goes on where a run stands.
    ///
    /// - Parameters:
    ///   - epochs: to go on longer than was planned; nil: as the run's file has them.
    ///   - changed: what to do where a run's file no longer says what a checkpoint was trained with.
    public static func resume(
        _ folder: RunFolder, jobs: Int, epochs: Int? = nil, changed: ChangedSettings = .refuse
    ) throws -> FinetuningRun {
        guard let data = FileManager.default.contents(atPath: folder.config) else {
            throw RunError.nothingToResume(path: folder.path, missing: "config.yaml")
        }
        guard let table = FileManager.default.contents(atPath: folder.dataset) else {
            throw RunError.nothingToResume(
                path: folder.path, missing: "dataset.json (of a fold, resume the run above it)")
        }
        var settings: FinetuningSettings
        let planned: Int
        do throws(SettingsError) {
            settings = try FinetuningSettings(yaml: String(decoding: data, as: UTF8.self))
            planned = settings.optimiser.epochs
            if let epochs { settings.optimiser.epochs = epochs }
            try settings.validate()
            guard settings.optimiser.epochs >= planned else {
                throw SettingsError.value(
                    key: "--epochs", found: "\(settings.optimiser.epochs)",
                    expected: "\(planned) or more, as the run has")
            }
        } catch { throw RunError.config(path: folder.config, error) }
        let dataset: LabelledDataset
        do {
            dataset = try JSONDecoder().decode(LabelledDataset.self, from: table)
        } catch {
            throw RunError.checkpoint(path: folder.dataset, reason: "cannot be read (\(SystemError.text(of: error)))")
        }
        let labels = dataset.slices.compactMap { $0?.label }
        guard labels.allSatisfy({ dataset.classes.indices.contains($0) }) else {
            throw RunError.checkpoint(path: folder.dataset, reason: "has labels beyond its classes")
        }
        let store = try SliceStore(path: settings.data.slices.isEmpty ? folder.cache : settings.data.slices, jobs: jobs)
        guard store.fingerprint.description == settings.data.fingerprint else {
            throw RunError.otherSlices(
                path: store.path, found: store.fingerprint.description, expected: settings.data.fingerprint)
        }
        // Nothing in the folder is changed before the run trains.
        let run = try FinetuningRun(settings, folder, dataset, store, weights: nil, jobs: jobs, lock: nil)
        run.accepted = AcceptedChanges(changed, wanted: epochs == nil ? [] : ["optimiser.epochs"])
        run.isLonger = settings.optimiser.epochs > planned
        return run
    }

    private static func write(
        _ settings: FinetuningSettings, part: DatasetPart?, of run: FinetuningRun, to folder: RunFolder
    ) throws {
        let lines = (part.map { [$0] } ?? run.parts).map { part in
            "# \(part.fold.map { "Fold \($0): " } ?? "")\(part.training.count) slices to train on, "
                + (part.validation.isEmpty ? "" : "\(part.validation.count) that choose the epoch, ")
                + "\(part.test.count) held out.\n"
        }
        let head = """
            # A run of `weft finetune`: every setting as it was used. `weft finetune --resume` with the run's folder goes on;
            # `weft finetune DATASET --settings` with this file starts another run like it.

            """
        try RunFolder.write(head + lines.joined() + settings.yaml, to: folder.config)
    }

    /// Trains what is left to train.
    public func train(_ events: FinetuningEvents = FinetuningEvents()) throws -> FinetuningOutcome {
        guard !isDone else {
            throw RunError.alreadyDone(path: folder.path, epochs: settings.optimiser.epochs)
        }
        try checkChanges()
        if lock == nil { lock = try folder.lock() }
        defer { lock = nil }
        folder.removeLeftovers(others: Self.files(of: folder))
        if isLonger {
            // Killed from here on, the run is not done, whatever it had predicted.
            for file in [folder.predictions, folder.report] { unlink(file) }
            try Self.write(settings, part: nil, of: self, to: folder)
        }
        var all: [Prediction] = []
        for remark in settings.remarks { events.remark(remark) }
        for part in parts {
            for remark in part.remarks(settings) { events.remark(remark) }
            if events.isInterrupted() { return .interrupted }
            let place = part.fold.map(folder.fold) ?? folder
            if part.fold != nil { try makeFolder(at: place.path) }
            let own = try resolved(for: part)
            try Self.write(own, part: part, of: self, to: place)
            let predictions =
                own.model.probe == .none
                ? try classifier(own, part, in: place, events) : try probe(own, part, in: place, events)
            guard let predictions else { return .interrupted }
            all += predictions
        }
        if parts.contains(where: { $0.fold != nil }) {
            try PredictionTable.write(all, classes: dataset.classes, to: folder.predictions)
        }
        for doubt in Prediction.doubts(all, classes: dataset.classes) { events.remark(doubt) }
        return .finished(all)
    }

    /// Refuses settings that the checkpoints were not trained with, before anything is written.
    private func checkChanges() throws {
        for part in parts {
            let place = part.fold.map(folder.fold) ?? folder
            guard settings.model.probe == .none, let text = TrainingState.settings(of: place.last) else { continue }
            let changes = try resolved(for: part).changes(since: text, free: ClassifierTrainer.freeKeys)
            try accepted.check(changes, of: folder)
        }
    }

    /// Whether there is nothing to train: the predictions are there, and the models, which a probe has none of.
    package var isDone: Bool {
        guard !isLonger else { return false }
        let models = settings.model.probe == .none ? parts.map { ($0.fold.map(folder.fold) ?? folder).model } : []
        return ([folder.predictions] + models).allSatisfy(FileManager.default.fileExists)
    }

    /// With mean and deviation of the training slices of the part where nothing else says them.
    private func resolved(for part: DatasetPart) throws -> FinetuningSettings {
        var own = settings
        guard own.data.mean.isEmpty else { return own }
        let measured = try ChannelNormalisation.measured(store, slices: part.training, jobs: jobs)
        (own.data.mean, own.data.deviation) = (measured.mean, measured.deviation)
        return own
    }

    private func encoderWeights() throws -> EncoderWeights? {
        if let weights { return weights }
        return settings.model.weights.isEmpty ? nil : try EncoderWeights(path: settings.model.weights)
    }

    private func classifier(
        _ own: FinetuningSettings, _ part: DatasetPart, in place: RunFolder, _ events: FinetuningEvents
    ) throws -> [Prediction]? {
        let trainer = try ClassifierTrainer(
            own, folder: place, part: part, dataset: dataset, store: store, workers: Workers(jobs))
        if FileManager.default.fileExists(atPath: place.last) {
            for remark in try trainer.resume(accepted) { events.remark(remark) }
        } else if FileManager.default.fileExists(atPath: place.predictions) {
            throw RunError.checkpoint(path: place.last, reason: "is not there, and neither is the model of the run")
        } else if let report = try trainer.start(try encoderWeights()) {
            if let (from, to) = report.interpolated {
                events.note("positions interpolated from \(from) × \(from) to \(to) × \(to) patches")
            }
            if !report.missing.isEmpty {
                events.note("not in the weights, begun anew: \(report.missing.joined(separator: ", "))")
            }
            if !report.unexpected.isEmpty {
                events.note("of the weights, not used: \(report.unexpected.joined(separator: ", "))")
            }
        }
        let predictions = try trainer.train(events.events(ofFold: part.fold))
        if predictions != nil, let doubt = trainer.doubt {
            events.remark((part.fold.map { "fold \($0): " } ?? "") + doubt)
        }
        return predictions
    }

    private func probe(
        _ own: FinetuningSettings, _ part: DatasetPart, in place: RunFolder, _ events: FinetuningEvents
    ) throws -> [Prediction]? {
        guard let weights = try encoderWeights() else { return nil }
        let workers = Workers(jobs)
        let features = try ProbeFeatures(
            own, of: weights, store: store, workers: workers, isInterrupted: events.isInterrupted)
        let probabilities: [[Double]]
        do {
            probabilities = try own.probe(
                part, features, labels: { dataset.slices[$0]?.label }, classes: dataset.classes.count,
                workers: workers)
        } catch is CancellationError { return nil }
        let predictions = Prediction.ordered(
            zip(part.test, probabilities).compactMap { slice, probabilities in
                dataset.slices[slice].map { Prediction(slice: $0, fold: part.fold, probabilities: probabilities) }
            })
        try PredictionTable.write(predictions, classes: dataset.classes, to: place.predictions)
        return predictions
    }
}
