import ArgumentParser
import Pretraining
import Reports
import Training
import Workflows

struct Pretrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pre-train a masked autoencoder with texture losses (GLCM-MAE) on an archive.",
        discussion: """
            Give DICOM folders or archives, PNG folders or ImageFolder trees. Slices are decoded once, into a file of the \
            run that is checked and mapped into memory. Training has two phases: pixels (mean squared error), then pixels, \
            texture (co-occurrence) and structure (SSIM) together. Whole patients are held out to measure.

              weft pretrain archive/ -o run --modality CT
              weft pretrain ultrasound/ -o run --recipe small
              weft pretrain archive/ -o run --settings samples/pretrain-paper.yaml
              weft pretrain --resume run

            The run folder gets config.yaml, log.jsonl, validation.jsonl, checkpoints/, last.safetensors, model.safetensors \
            and report.html. Ctrl-C ends the step, writes a checkpoint and says how to go on.
            """)

    @Argument(help: "DICOM or PNG files, folders or archives.", completion: .directory)
    var archive: [String] = []

    @Option(name: .shortAndLong, help: "Folder of the run, made when absent.", completion: .directory)
    var output: String?

    @Option(
        help: """
            Continue the run in this folder where its newest checkpoint stands, with the settings that it has; --epochs beside \
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

    @OptionGroup(title: "Settings (the file's keys; an option beats the file)") var options: PretrainOptions

    @Flag(help: "Print the settings that the file and the options come to, as a settings file, and stop.")
    var printSettings = false

    @Option(help: "File of the prepared slices, to share it between runs. Default: prepared.slices in the run folder.")
    var cache: String?

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
            guard archive.isEmpty, output == nil, !force, cache == nil, options.areEpochsAtMost else {
                throw ValidationError(
                    "--resume takes everything from the run's config.yaml; leave out the archive, --output and all settings "
                        + "but --epochs"
                )
            }
        } else {
            guard !archive.isEmpty else { throw ValidationError("give an archive to train on, or --resume RUN") }
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
        let trainer: Trainer
        if let resume {
            trainer = try PretrainingRequest.resume(
                resume, jobs: jobCount.count, epochs: try options.phaseEpochs,
                changed: acceptChanges ? .record : .refuse, .console(verbosity))
            Console.note("\(resume): going on after step \(trainer.step) of \(trainer.totalSteps)", verbosity)
        } else {
            trainer = try begin()
        }
        for remark in trainer.remarks { Console.error(remark) }
        let slices = trainer.runSlices
        Console.note(
            "training on \(slices.training) slices of \(slices.trainingPatients) patients, \(slices.validation) of "
                + "\(slices.validationPatients) held out; \(trainer.settings.loss.epochs) epochs of "
                + "\(trainer.stepsPerEpoch) steps", verbosity)
        if let words = trainer.patientsInWords { Console.note("patients: \(words)", verbosity) }
        let outcome = trainer.lacksOnlyReport ? .finished : try trainer.train(events(trainer))
        for doubt in try trainer.doubts() { Console.error(doubt) }
        try trainer.writeReport(version: Release.version, command: CommandLineText.recorded(.pseudonym))
        switch outcome {
        case .finished: Console.note("\(trainer.folder.path): done; see report.html and model.safetensors", verbosity)
        case .interrupted(let step, let total):
            throw CommandFailure(
                .interrupted,
                "interrupted after step \(step) of \(total); go on with: weft pretrain --resume \(trainer.folder.path)")
        }
    }

    private func begin() throws -> Trainer {
        if let recipe = options.recipe {
            Console.note(
                "--recipe \(recipe.rawValue) sets: \(PretrainingSettings.lines(of: recipe).joined(separator: ", "))",
                verbosity)
        }
        var request = PretrainingRequest(of: archive, settings: try options.settings(), in: output ?? "")
        (request.existing, request.cache, request.jobs) = (force ? .replace : .refuse, cache, jobCount.count)
        return try request.begin(.console(verbosity))
    }

    private func events(_ trainer: Trainer) -> PretrainingEvents {
        var events = PretrainingEvents()
        let display = TrainingDisplay(done: trainer.step, verbosity: verbosity)
        events.step = { display.show($0, total: $1) }
        events.validation = { display.show($0) }
        events.isInterrupted = { Interruption.isRequested }
        return events
    }
}
