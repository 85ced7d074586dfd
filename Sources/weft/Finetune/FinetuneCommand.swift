import ArgumentParser
import Finetuning
import Foundation
import Pretraining
import Reports
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

            The run folder gets config.yaml, dataset.json, log.jsonl, validation.jsonl, model.safetensors \
            (of the epoch that --choose chose, by images that are neither trained on nor held out), report.html, \
            last.safetensors and predictions.csv (of the held-out images), which weft evaluate reads; with folds, a folder for \
            each. Ctrl-C ends the step, writes a checkpoint and says how to go on.
            """)

    @Argument(help: "A folder of classes, or a CSV of labelled images.", completion: .file())
    var dataset: String?

    @Option(name: .shortAndLong, help: "Folder of the run, made when absent.", completion: .directory)
    var output: String?

    @Option(
        help: """
            Continue the run in this folder where its last checkpoint stands, with the settings that it has; --epochs beside \
            it goes on longer.
            """,
        completion: .directory)
    var resume: String?

    @Flag(
        help: """
            With --resume: go on although the run's config.yaml no longer says what the checkpoint was trained with; the log \
            records it.
            """)
    var acceptChanges = false

    @OptionGroup(title: "Settings (the file's keys; an option beats the file)") var options: FinetuneOptions

    @Flag(help: "Print the settings that the file and the options come to, as a settings file, and stop.")
    var printSettings = false

    @Option(help: "File of the prepared slices, to share it between runs. Default: prepared.slices in the run folder.")
    var cache: String?

    @OptionGroup var secret: PseudonymKeyOptions

    @Flag(help: "Replace the run that is in the folder.")
    var force = false

    @Option(
        name: [.customShort("j"), .customLong("jobs")],
        help: "Threads, a number from 1 to 1024. The results do not depend on them.")
    var jobCount = JobCount.allCores

    @Flag(name: .shortAndLong, help: "No progress and no notes on standard error.")
    var quiet = false

    private var verbosity: Verbosity { quiet ? .quiet : .normal }

    func validate() throws {
        if printSettings {
            guard resume == nil else {
                throw ValidationError("--print-settings shows those of a new run; a run's own are in its config.yaml")
            }
        } else if resume != nil {
            guard dataset == nil, output == nil, !force, cache == nil, options.areEpochsAtMost else {
                throw ValidationError(
                    "--resume takes everything from the run's config.yaml; leave out the dataset, --output and all settings "
                        + "but --epochs"
                )
            }
        } else {
            guard dataset != nil else { throw ValidationError("give a dataset to train on, or --resume RUN") }
            guard !acceptChanges else { throw ValidationError("--accept-changes goes with --resume") }
            guard output != nil else { throw ValidationError("give the folder of the run with --output") }
        }
    }

    func run() throws {
        guard !printSettings else {
            return try LearningFailures.described { Console.print(try options.settings().yaml) }
        }
        Interruption.watch()
        try LearningFailures.described { try train() }
    }

    private func train() throws {
        let run: FinetuningRun
        if let resume {
            run = try FinetuningRequest.resume(
                resume, jobs: jobCount.count, epochs: options.epochs, changed: acceptChanges ? .record : .refuse,
                pseudonymKey: secret.key, .console(verbosity))
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
        events.remark = { Console.error($0) }
        events.isInterrupted = { Interruption.isRequested }
        guard !run.lacksOnlyReport else { return try run.writeReport(version: Release.version, jobs: jobCount.count) }
        switch try run.train(events) {
        case .finished(let predictions):
            try run.writeReport(version: Release.version, jobs: jobCount.count)
            let accuracy = String(format: "%.3f", Prediction.accuracy(predictions))
            Console.note(
                "\(run.folder.path): accuracy \(accuracy) on \(predictions.count) held-out slices. See "
                    + "report.html, and predictions.csv for weft evaluate", verbosity)
            let unusable = run.dataset.unusable.count
            guard unusable == 0 else {
                throw CommandFailure(
                    .someCasesFailed,
                    "\(unusable) file(s) or row(s) could not be used and took no part; dataset.json lists them")
            }
        case .interrupted:
            throw CommandFailure(.interrupted, "interrupted; go on with: weft finetune --resume \(run.folder.path)")
        }
    }

    private func begin() throws -> FinetuningRun {
        if let recipe = options.recipe {
            Console.note(
                "--recipe \(recipe.rawValue) sets: \(FinetuningSettings.lines(of: recipe).joined(separator: ", "))",
                verbosity)
        }
        var request = FinetuningRequest(of: dataset ?? "", settings: try options.settings(), in: output ?? "")
        (request.existing, request.cache, request.jobs) = (force ? .replace : .refuse, cache, jobCount.count)
        request.pseudonymKey = try secret.key
        return try request.begin(.console(verbosity))
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
