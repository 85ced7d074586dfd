import ArgumentParser
import Files
import Finetuning
import Foundation
import Ingestion
import MaskedAutoencoder
import Preparation
import Pretraining
import SettingsFile
import Training
import Workflows

struct Finetune: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a classifier from a pre-trained encoder, or probe the encoder.",
        discussion: """
            Give an ImageFolder tree (train/CLASS/… and val/CLASS/…, or CLASS/… with --folds; PNG or DICOM), or a CSV with \
            the columns image and label, and patient, split or fold where there are any. DICOM series count slice by slice. \
            Folds never part a patient.

              weft finetune dataset/ --weights pretrained/model.safetensors -o run
              weft finetune labels.csv --weights none --folds 10 -o run
              weft finetune labels.csv --weights mae.pth --probe knn -o look
              weft finetune --resume run

            The run folder gets config.yaml, dataset.json, log.jsonl, validation.jsonl, best.safetensors and \
            model.safetensors (the epoch with the highest accuracy on the held-out images), last.safetensors and \
            predictions.csv, which weft evaluate reads; with folds, a folder for each. Ctrl-C ends the step, writes a \
            checkpoint and says how to go on.
            """)

    @Argument(help: "A folder of classes, or a CSV of labelled images.", completion: .file())
    var dataset: String?

    @Option(name: .shortAndLong, help: "Folder of the run, made when absent.", completion: .directory)
    var output: String?

    @Option(
        help: "Continue the run in this folder where its last checkpoint stands, with the settings that it has.",
        completion: .directory)
    var resume: String?

    @OptionGroup(title: "Settings (the file's keys; an option beats the file)") var options: FinetuneOptions

    @Option(help: "File of the prepared slices, to share it between runs. Default: prepared.slices in the run folder.")
    var cache: String?

    @Flag(help: "Replace the run that is in the folder.")
    var force = false

    @Option(name: [.customShort("j"), .customLong("jobs")], help: "Threads. The results do not depend on them.")
    var jobCount = JobCount.allCores

    @Flag(name: .shortAndLong, help: "No progress and no notes on standard error.")
    var quiet = false

    private var verbosity: Verbosity { quiet ? .quiet : .normal }

    func validate() throws {
        if resume != nil {
            guard dataset == nil, output == nil, !force, cache == nil, options.isEmpty else {
                throw ValidationError(
                    "--resume takes everything from the run's config.yaml; leave out the dataset, --output and all settings"
                )
            }
        } else {
            guard dataset != nil else { throw ValidationError("give a dataset to train on, or --resume RUN") }
            guard output != nil else { throw ValidationError("give the folder of the run with --output") }
        }
    }

    func run() throws {
        Interruption.watch()
        try Training.withFailures { try train() }
    }

    private func train() throws {
        let run: FinetuningRun
        if let resume {
            run = try FinetuningRun.resume(RunFolder(resume), jobs: jobCount.count)
        } else {
            run = try begin()
        }
        say(run)
        var events = FinetuningEvents()
        let display = FinetuningDisplay(verbosity: verbosity)
        let folds = run.parts.count
        events.step = { display.show(fold: $0.map { ($0, folds) }, $1, total: $2) }
        events.validation = { display.show(fold: $0, $1) }
        events.note = { [verbosity] in Console.note($0, verbosity) }
        events.isInterrupted = { Interruption.isRequested }
        switch try run.train(events) {
        case .finished(let predictions):
            let accuracy = String(format: "%.3f", Prediction.accuracy(predictions))
            let how =
                run.settings.model.probe == .none
                ? "; the same images chose the epoch, so this is optimistic" : ""
            Console.note(
                "\(run.folder.path): accuracy \(accuracy) on \(predictions.count) held-out slices\(how). See "
                    + "predictions.csv, and `weft evaluate` for intervals", verbosity)
        case .interrupted:
            throw CommandFailure(.interrupted, "interrupted; go on with: weft finetune --resume \(run.folder.path)")
        }
    }

    private func begin() throws -> FinetuningRun {
        var settings = try options.settings()
        let source = try DatasetSource(path: dataset ?? "")
        let weights = settings.model.weights.isEmpty ? nil : try EncoderWeights(path: settings.model.weights)
        settings.data.dataset = source.path
        (settings.data.slices, settings.data.fingerprint) = ("", "")
        settings = try settings.resolved(with: weights)
        let folder = RunFolder(output ?? "")
        try folder.prepare(existing: force ? .replace : .refuse, others: FinetuningRun.files(of: folder))
        let scan = Progress("scanning", unit: "files", total: nil, verbosity: verbosity)
        let prepared = try PreparedArchive(
            scanning: source.inputs, relativeTo: [source.root], settings: settings.data.preparation,
            jobs: jobCount.count
        ) { scan.advance(to: $0) }
        scan.finish()
        for (reason, count) in prepared.refusals {
            Console.note("\(count) image(s) left out: \(reason)", verbosity)
        }
        let progress = Progress("preparing", unit: "images", total: prepared.images.count, verbosity: verbosity)
        let (store, _) = try prepared.cache(
            at: cache ?? folder.cache, jobs: jobCount.count, isCancelled: { Interruption.isRequested },
            progress: { done, _ in progress.advance(to: done) })
        progress.finish()
        let names = CaseNames(prepared.images)
        let labelled = try source.labels(for: store, prepared: prepared) { names.name(of: $0, under: source.root) }
        complain(labelled)
        return try FinetuningRun.begin(
            settings, in: folder, dataset: labelled, store: store, weights: weights, jobs: jobCount.count)
    }

    /// What cannot be used is said before anything is trained, whatever --quiet says of progress.
    private func complain(_ dataset: LabelledDataset) {
        let unusable = dataset.unusable
        guard !unusable.isEmpty else { return }
        for file in unusable.prefix(10) { Console.error("\(file.path): left out: \(file.reason)") }
        let rest = unusable.count > 10 ? "; the others are in dataset.json" : ""
        Console.error("\(unusable.count) file(s) or row(s) cannot be used and are left out\(rest)")
    }

    private func say(_ run: FinetuningRun) {
        for remark in run.dataset.remarks(on: run.parts) { Console.error(remark) }
        let labels = run.dataset.slices.compactMap { $0?.label }
        let classes = run.dataset.classes.enumerated().map { number, name in
            "\(labels.count { $0 == number }) '\(name)'"
        }
        let patients = Set(run.dataset.slices.compactMap { $0?.patient }).count
        Console.note(
            "\(labels.count) slices (\(classes.joined(separator: ", "))) of \(patients) patients"
                + (run.parts.count > 1 ? ", \(run.parts.count) folds" : ""), verbosity)
    }
}

/// What the commands that train have in common.
enum Training {
    /// Turns the errors of the stages into sentences and exit statuses.
    static func withFailures(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as IngestionError {
            throw CommandFailure(error)
        } catch let error as SettingsError {
            throw CommandFailure(.usage, error.description)
        } catch let error as ConfigurationError {
            throw CommandFailure(.usage, error.description)
        } catch let error as FileWritingError {
            throw CommandFailure(.outputUnwritable, error.description)
        } catch let error as CacheError {
            throw CommandFailure(.inputUnreadable, error.description)
        } catch let error as PreparationError {
            if case .cancelled = error { throw CommandFailure(.interrupted, error.description) }
            throw CommandFailure(.inputUnreadable, error.description)
        } catch let error as WeightsFileError {
            if case .unreadable(let path, _) = error, !FileManager.default.fileExists(atPath: path) {
                throw CommandFailure(.inputNotFound, error.description)
            }
            throw CommandFailure(.inputUnreadable, error.description)
        } catch let error as DatasetError {
            throw CommandFailure(.inputUnreadable, error.description)
        } catch let error as RunError {
            throw CommandFailure(error)
        }
    }
}
