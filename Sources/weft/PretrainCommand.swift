import ArgumentParser
import Foundation
import Ingestion
import MaskedAutoencoder
import Preparation
import Pretraining
import Synchronization

struct Pretrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pre-train a masked autoencoder with texture losses (GLCM-MAE) on an archive.",
        discussion: """
            Give DICOM folders or archives, PNG folders or ImageFolder trees. Slices are decoded once, into a file of the \
            run that is checked and mapped into memory. Training has two phases: pixels (mean squared error), then pixels, \
            texture (co-occurrence) and structure (SSIM) together. Whole patients are held out to measure.

              weft pretrain archive/ -o run --modality CT
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
        help: "Continue the run in this folder where its last checkpoint stands, with the settings that it has.",
        completion: .directory)
    var resume: String?

    @OptionGroup(title: "Settings (the file's keys; an option beats the file)") var options: PretrainOptions

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
            guard archive.isEmpty, output == nil, !force, cache == nil, options.isEmpty else {
                throw ValidationError(
                    "--resume takes everything from the run's config.yaml; leave out the archive, --output and all settings"
                )
            }
        } else {
            guard !archive.isEmpty else { throw ValidationError("give an archive to train on, or --resume RUN") }
            guard output != nil else { throw ValidationError("give the folder of the run with --output") }
        }
    }

    func run() throws {
        Interruption.watch()
        do {
            try train()
        } catch let error as IngestionError {
            throw CommandFailure(error)
        } catch let error as SettingsFault {
            throw CommandFailure(.usage, error.description)
        } catch let error as FileWritingError {
            throw CommandFailure(.outputUnwritable, error.description)
        } catch let error as CacheError {
            throw CommandFailure(.inputUnreadable, error.description)
        } catch let error as PreparationError {
            if case .cancelled = error { throw CommandFailure(.interrupted, error.description) }
            throw CommandFailure(.inputUnreadable, error.description)
        } catch let error as WeightsFileError {
            throw CommandFailure(.inputUnreadable, error.description)
        } catch let error as RunError {
            throw CommandFailure(error)
        }
    }

    private func train() throws {
        let trainer: Trainer
        if let resume {
            trainer = try Trainer.resume(RunFolder(resume), jobs: jobCount.count)
            Console.note("\(resume): going on after step \(trainer.step) of \(trainer.totalSteps)", verbosity)
        } else {
            trainer = try begin()
        }
        let slices = trainer.runSlices
        Console.note(
            "training on \(slices.training) slices of \(slices.trainingPatients) patients, \(slices.validation) of "
                + "\(slices.validationPatients) held out; \(trainer.settings.loss.epochs) epochs of "
                + "\(trainer.stepsPerEpoch) steps", verbosity)
        let outcome = try trainer.train(events(trainer))
        switch outcome {
        case .finished: Console.note("\(trainer.folder.path): done; see report.html and model.safetensors", verbosity)
        case .interrupted(let step, let total):
            throw CommandFailure(
                .interrupted,
                "interrupted after step \(step) of \(total); go on with: weft pretrain --resume \(trainer.folder.path)")
        }
    }

    private func begin() throws -> Trainer {
        var settings = try options.settings()
        settings.data.archive = archive
        // A run's own file may be given as settings.
        (settings.data.slices, settings.data.fingerprint) = ("", "")
        let folder = RunFolder(output ?? "")
        try folder.prepare(existing: force ? .replace : .refuse)
        let scan = Progress("scanning", unit: "files", total: nil, verbosity: verbosity)
        let prepared = try PreparedArchive(
            scanning: archive, settings: settings.data.preparation, jobs: jobCount.count
        ) { scan.advance(to: $0) }
        scan.finish()
        for (reason, count) in prepared.refusals {
            Console.note("\(count) image(s) left out: \(reason)", verbosity)
        }
        let progress = Progress("preparing", unit: "images", total: prepared.images.count, verbosity: verbosity)
        let (store, wasMade) = try prepared.cache(
            at: cache ?? folder.cache, jobs: jobCount.count, isCancelled: { Interruption.isRequested },
            progress: { done, _ in progress.advance(to: done) })
        progress.finish()
        for image in store.contents.skipped { Console.note("\(image.path): left out: \(image.reason)", verbosity) }
        Console.note(
            "\(store.path): \(store.count) slices of \(store.contents.series.count) images"
                + (wasMade ? "" : ", prepared earlier"), verbosity)
        return try Trainer.start(settings, in: folder, store: store, jobs: jobCount.count)
    }

    private func events(_ trainer: Trainer) -> TrainingEvents {
        var events = TrainingEvents()
        let display = TrainingDisplay(done: trainer.step, verbosity: verbosity)
        events.step = { display.show($0, total: $1) }
        events.validation = { display.show($0) }
        events.isInterrupted = { Interruption.isRequested }
        return events
    }
}

extension CommandFailure {
    init(_ error: RunError) {
        let status: ExitStatus =
            switch error {
            case .exists, .notAFolder: .outputUnwritable
            case .nothingToResume: .inputNotFound
            case .config, .tooFewImages, .alreadyDone: .usage
            case .otherSlices, .checkpoint: .inputUnreadable
            case .nonFinite: .internalError
            }
        self.init(status, error.description)
    }
}

/// The settings of a run from a file and from options; an option beats the file.
struct PretrainOptions: ParsableArguments {
    @Option(
        name: .customLong("settings"),
        help: "Settings file (YAML), e.g. samples/pretrain-paper.yaml or a run's config.yaml.",
        completion: .file(extensions: ["yaml", "yml"]))
    var file: String?

    @Option(help: "Only images of this modality: CT, MR, PT, US, PNG … May be repeated. Default: all.")
    var modality: [String] = []

    @Option(help: "Only images whose Body Part Examined matches, e.g. 'CHEST*'. May be repeated.")
    var bodyPart: [String] = []

    @Option(help: "Only images whose series description matches, e.g. '*axial*'. May be repeated.")
    var description: [String] = []

    @Option(help: "Model: vit-ti16, vit-s16, vit-b16 (default), vit-l16, vit-h14; the number is the side of a patch.")
    var model: String?

    @Option(
        help: "Rows and columns that the network sees, pixels (default: 224). Slices are resized to 8/7 of it first.")
    var imageSize: Int?

    @Option(help: "Start from these weights: .safetensors, or PyTorch's .pth of the MAE repository.")
    var weights: String?

    @Option(help: "1 (default): grey. 3: grey repeated, with ImageNet's statistics, for public weights.")
    var channels: Int?

    @Option(help: "Terms of the second phase: any of mse,glcm,ssim,haralick (default: mse,glcm,ssim).")
    var loss: String?

    @Option(help: "Epochs of the two phases (default: 200,200).")
    var epochs: String?

    @Option(help: "Images that go through the network at once (default: 8).")
    var batchSize: Int?

    @Option(help: "Learning rate for 256 images a step (default: 1.5e-4).")
    var rate: Double?

    @Option(help: "Epochs in which the learning rate rises (default: 40).")
    var warmup: Double?

    @Option(help: "Share of the patients that are held out to measure (default: 0.1).")
    var holdout: Double?

    @Option(help: "Seed of everything that is random (default: 0).")
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "Any other key of the settings file, e.g. loss.bins=64. May be repeated.", valueName: "key=value"))
    var set: [String] = []

    var isEmpty: Bool {
        file == nil && modality.isEmpty && bodyPart.isEmpty && description.isEmpty && model == nil && imageSize == nil
            && weights == nil && channels == nil && loss == nil && epochs == nil && batchSize == nil && rate == nil
            && warmup == nil && holdout == nil && seed == nil && set.isEmpty
    }

    func settings() throws -> PretrainingSettings {
        var settings = PretrainingSettings()
        if let file {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw CommandFailure(
                    .inputNotFound, "\(file): cannot be read, expected a settings file; check the path")
            }
            do throws(SettingsFault) {
                try settings.read(yaml: String(decoding: data, as: UTF8.self))
            } catch { throw CommandFailure(.usage, "\(file): \(error)") }
        }
        if !modality.isEmpty { settings.data.preparation.selection.modalities = modality }
        if !bodyPart.isEmpty { settings.data.preparation.selection.bodyParts = bodyPart }
        if !description.isEmpty { settings.data.preparation.selection.descriptions = description }
        if let model { settings.model.name = model }
        if let imageSize {
            settings.model.imageSize = imageSize
            // 256 for 224.
            settings.data.preparation.side = Int((Double(imageSize) * 8 / 7).rounded())
        }
        if let weights { settings.model.weights = weights }
        if let channels { settings.data.channels = channels }
        if let loss { try settings.loss.choose(loss.split(separator: ",").map(String.init)) }
        if let epochs {
            let numbers = epochs.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
            guard numbers.count == 2, let first = numbers[0], let second = numbers[1] else {
                throw SettingsFault.value(key: "--epochs", found: epochs, expected: "two numbers, e.g. 200,200")
            }
            (settings.loss.pixelEpochs, settings.loss.textureEpochs) = (first, second)
        }
        if let batchSize { settings.optimiser.batchSize = batchSize }
        if let rate { settings.optimiser.rate = rate }
        if let warmup { settings.optimiser.warmup = warmup }
        if let holdout { settings.data.holdout = holdout }
        if let seed { settings.run.seed = seed }
        for pair in set {
            guard let equals = pair.firstIndex(of: "=") else {
                throw SettingsFault.value(key: "--set", found: pair, expected: "key=value, e.g. loss.bins=64")
            }
            try settings.set(String(pair[..<equals]), to: String(pair[pair.index(after: equals)...]))
        }
        try settings.validate()
        return settings
    }
}

/// Images a second, loss terms and remaining time: one line that changes on a terminal, a line now and then elsewhere.
private final class TrainingDisplay: Sendable {
    private struct State {
        var lastShown: ContinuousClock.Instant
        var terms = ""
    }

    private let first: Int
    private let verbosity: Verbosity
    private let start = ContinuousClock.now
    private let state: Mutex<State>

    init(done: Int, verbosity: Verbosity) {
        (first, self.verbosity) = (done, verbosity)
        state = Mutex(State(lastShown: start - .seconds(60)))
    }

    func show(_ record: StepRecord, total: Int) {
        guard verbosity == .normal else { return }
        state.withLock { state in
            let now = ContinuousClock.now
            let pause: Duration = Console.errorIsTerminal ? .milliseconds(200) : .seconds(10)
            guard now - state.lastShown >= pause || record.step == total else { return }
            state.lastShown = now
            let seconds = (now - start) / .seconds(1)
            let left = seconds / Double(max(1, record.step - first)) * Double(total - record.step)
            let line =
                "epoch \(record.epoch + 1), step \(record.step)/\(total), \(short(record.imagesPerSecond)) images/s, "
                + "loss \(short(record.loss))" + terms(record) + ", \(clock(Int(left.rounded(.up)))) left"
            Console.write(Console.errorIsTerminal ? "\r\u{1B}[K\(line)" : line + "\n")
            if record.step == total, Console.errorIsTerminal { Console.write("\n") }
        }
    }

    func show(_ record: ValidationRecord) {
        let line =
            "held out after epoch \(record.epoch + 1): loss \(short(record.loss)) (mse \(short(record.mse)), glcm "
            + "\(short(record.glcm)), ssim \(short(record.ssim)))"
        let isTerminal = Console.errorIsTerminal
        Console.note((isTerminal ? "\r\u{1B}[K" : "") + line, verbosity)
    }

    private func terms(_ record: StepRecord) -> String {
        guard record.phase == .texture else { return "" }
        let parts = [("mse", record.mse), ("glcm", record.glcm), ("ssim", record.ssim), ("haralick", record.haralick)]
            .compactMap { name, value in value.map { "\(name) \(short($0))" } }
        return " (\(parts.joined(separator: ", ")))"
    }

    private func short(_ value: Double) -> String { String(format: "%.4g", value) }

    private func clock(_ seconds: Int) -> String {
        seconds < 60
            ? "\(seconds) s" : seconds < 3600 ? "\(seconds / 60) min" : "\(seconds / 3600) h \(seconds % 3600 / 60) min"
    }
}
