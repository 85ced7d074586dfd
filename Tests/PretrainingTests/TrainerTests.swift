import Foundation
import Ingestion
import MaskedAutoencoder
import Preparation
import Pretraining
import Synchronization
import TestSupport
import Testing
import Training

/// Whole runs of a tiny network on a few textured pictures.
@Suite("A run from begin to end")
struct TrainerTests {
    private let archive: TestArchive
    private let folder: TemporaryFolder
    private let store: SliceStore

    init() throws {
        archive = try TestArchive(images: 12)
        folder = try TemporaryFolder()
        var preparation = PreparationSettings()
        preparation.side = 36
        store = try PreparedArchive(scanning: archive.classFolders, settings: preparation, jobs: 1)
            .cache(at: folder["slices"], jobs: 1).store
    }

    private func settings() throws -> PretrainingSettings {
        var settings = try PretrainingSettings(
            yaml: """
                data: {resize: 36, crop: random, flip: horizontal, holdout: 0.2}
                model: {name: vit-ti8, imageSize: 32, decoderWidth: 32, decoderDepth: 1, decoderHeads: 2}
                loss: {pixelEpochs: 2, textureEpochs: 2, bins: 32}
                optimiser: {batchSize: 2, accumulation: 2, rate: 0.05, warmup: 1}
                run: {seed: 5, checkpointEpochs: 2, checkpointMinutes: 60}
                """)
        settings.data.archive = archive.classFolders
        return settings
    }

    private func run(
        _ name: String, _ settings: PretrainingSettings, jobs: Int = 1, events: PretrainingEvents = PretrainingEvents()
    ) throws -> (RunFolder, TrainingOutcome) {
        let run = RunFolder(folder[name])
        try run.prepare(existing: .refuse)
        let outcome = try Trainer.start(settings, in: run, store: store, jobs: jobs).train(events)
        return (run, outcome)
    }

    private func steps(_ run: RunFolder) throws -> [StepRecord] {
        var records: [StepRecord] = []
        try LineLog.forEachLine(of: run.log) { line in StepRecord(json: line).map { records.append($0) } }
        return records
    }

    private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    /// What must not change between runs: everything but the speed.
    private func losses(_ run: RunFolder) throws -> [StepRecord] {
        try steps(run).map {
            var record = $0
            record.imagesPerSecond = 0
            return record
        }
    }

    @Test("Leaves every file of a run, a line a step, both phases, and the same bytes for any number of threads")
    func whole() throws {
        let (one, outcome) = try run("one", settings(), jobs: 1)
        #expect(outcome == .finished)
        for file in [
            one.config, one.log, one.validation, one.last, one.model, one.checkpoint(afterEpochs: 2),
        ] {
            #expect(FileManager.default.fileExists(atPath: file), "\(file)")
        }
        let records = try steps(one)
        // 12 files, 2 held out, 4 images a step.
        #expect(records.map(\.step) == Array(1...8))
        #expect(records.map(\.phase) == [.pixels, .pixels, .pixels, .pixels, .texture, .texture, .texture, .texture])
        #expect(records[0].learningRate == 0 && records[3].learningRate > 0)
        #expect(records[0].glcm == nil && records[7].glcm != nil && records[7].ssim != nil)
        let (two, _) = try run("two", settings(), jobs: 2)
        #expect(try losses(two) == losses(one))
        #expect(try bytes(two.model) == bytes(one.model))
        let resumed = try two.readConfig()
        #expect(resumed.data.mean.count == 1 && resumed.data.deviation.count == 1)
        let model = try Safetensors(contentsOf: one.model)
        #expect(try model.tensor("patch_embed.proj.weight").shape == [192, 1, 8, 8])
        #expect(try model.tensor("pos_embed").shape == [1, 17, 192])
        #expect(try model.tensor("decoder_pred.weight").shape == [64, 32])
    }

    @Test("Interrupted after any step and resumed, a run ends with the same losses and bytes", arguments: [1, 3, 4, 7])
    func interrupted(after stop: Int) throws {
        let (whole, _) = try run("whole", settings())
        var events = PretrainingEvents()
        let done = Atomic(0)
        events.step = { record, _ in done.store(record.step, ordering: .relaxed) }
        events.isInterrupted = { done.load(ordering: .relaxed) == stop }
        let (part, outcome) = try run("part", settings(), events: events)
        #expect(outcome == .interrupted(step: stop, of: 8))
        #expect(try steps(part).count == stop)
        #expect(try Trainer.resume(part, jobs: 2).train() == .finished)
        #expect(try losses(part) == losses(whole))
        #expect(try bytes(part.model) == bytes(whole.model))
        #expect(throws: RunError.self) { _ = try Trainer.resume(part, jobs: 1).train() }
        // Cut off between the last checkpoint and the model.
        try FileManager.default.removeItem(atPath: part.model)
        #expect(try Trainer.resume(part, jobs: 1).train() == .finished)
        #expect(try bytes(part.model) == bytes(whole.model))
    }

    /// A copy of the folder in the middle of a step is what a power cut leaves: a checkpoint, and a log that is ahead of it.
    @Test("Cut off at any moment, a run goes on from its last checkpoint", arguments: [1, 2, 5, 6])
    func cutOff(at step: Int) throws {
        var settings = try settings()
        let (whole, _) = try run("whole", settings)
        settings.run.checkpointMinutes = 0
        var events = PretrainingEvents()
        let (source, target) = (folder["live"], folder["copy"])
        events.step = { record, _ in
            guard record.step == step else { return }
            do {
                try FileManager.default.copyItem(atPath: source, toPath: target)
            } catch { Issue.record("\(error)") }
        }
        let (live, _) = try run("live", settings, events: events)
        let copy = RunFolder(target)
        #expect(try steps(copy).count == step)
        #expect(FileManager.default.fileExists(atPath: copy.last) == (step > 1))
        _ = try Trainer.resume(copy, jobs: 1).train()
        #expect(try losses(copy) == losses(whole))
        #expect(try bytes(copy.model) == bytes(live.model))
    }

    @Test("A loss that is no number stops with step, term and files, and the last checkpoint stays")
    func nonFinite() throws {
        var settings = try settings()
        settings.optimiser.rate = 1e30
        settings.run.checkpointMinutes = 0
        var checkpoint = Data()
        let path = folder["bad/last.safetensors"]
        do {
            _ = try run("bad", settings)
            Issue.record("training went on")
        } catch RunError.nonFinite(let step, _, let term, let files, let kept) {
            #expect(step > 1)
            #expect(!term.isEmpty)
            #expect(files.count == 4 && files.allSatisfy { $0.hasSuffix(".png") })
            #expect(kept == path)
            checkpoint = try bytes(path)
        }
        // Whole: it can be read.
        #expect(try Trainer.resume(RunFolder(folder["bad"]), jobs: 1).step > 0)
        #expect(!checkpoint.isEmpty)
    }

    @Test("A run can start from the weights of another one, and not from those of another network")
    func weights() throws {
        let (first, _) = try run("first", settings())
        var settings = try settings()
        settings.model.weights = first.model
        let (second, _) = try run("second", settings)
        let (a, b) = (try losses(first), try losses(second))
        // The first step has rate 0: it measures what the weights can do.
        #expect(b[0].loss < 0.8 * a[0].loss, "\(b[0].loss) and \(a[0].loss)")
        settings.model.decoderWidth = 64
        #expect(throws: (any Error).self) { _ = try run("third", settings) }
    }

    @Test(
        "A log that is shorter than the checkpoint is told when the run goes on, and one that died before its report makes it"
    )
    func gapsAndReport() throws {
        var events = PretrainingEvents()
        let done = Atomic(0)
        events.step = { record, _ in done.store(record.step, ordering: .relaxed) }
        events.isInterrupted = { done.load(ordering: .relaxed) == 5 }
        let (part, _) = try run("part", settings(), events: events)
        let lines = String(decoding: try bytes(part.log), as: UTF8.self).split(separator: "\n")
        try RunFolder.write(
            (lines[..<2] + [lines[2].dropLast(9)] + lines[3...4]).map { $0 + "\n" }.joined(), to: part.log)
        try RunFolder.write("", to: part.validation)
        try RunFolder.write("x", to: part.path + "/.last.safetensors.1-2.part")
        let trainer = try Trainer.resume(part, jobs: 1)
        #expect(!FileManager.default.fileExists(atPath: part.path + "/.last.safetensors.1-2.part"))
        #expect(trainer.remarks.count == 2 && !trainer.lacksOnlyReport)
        #expect(
            trainer.remarks[0].contains("1 line(s)") && trainer.remarks[0].contains("(step 3)"), "\(trainer.remarks)")
        #expect(trainer.remarks[1].contains("validation.jsonl") && trainer.remarks[1].contains("(step 2, 4)"))
        #expect(try trainer.train() == .finished)
        #expect(try steps(part).map(\.step) == [1, 2, 4, 5, 6, 7, 8])
        #expect(try Trainer.resume(part, jobs: 1).lacksOnlyReport)
        try RunFolder.write("", to: part.report)
        #expect(try !Trainer.resume(part, jobs: 1).lacksOnlyReport)
        // Without its checkpoints a finished run is not trained over.
        try FileManager.default.removeItem(atPath: part.last)
        try FileManager.default.removeItem(atPath: part.checkpoints)
        #expect { try Trainer.resume(part, jobs: 1) } throws: { "\($0)".contains("last.safetensors: is not there") }
    }

    @Test("The newest checkpoint is taken, also one that was kept after an epoch")
    func newestCheckpoint() throws {
        var settings = try settings()
        settings.run.checkpointEpochs = 1
        let (whole, _) = try run("whole", settings)
        // As a power cut leaves it that kept last.safetensors from being written since: epochs 1 to 4 are of 2 steps each.
        for (name, lost) in [("none", true), ("old", false)] {
            let copy = RunFolder(folder[name])
            try FileManager.default.copyItem(atPath: whole.path, toPath: copy.path)
            try FileManager.default.removeItem(atPath: copy.model)
            try FileManager.default.removeItem(atPath: copy.checkpoint(afterEpochs: 4))
            try FileManager.default.removeItem(atPath: copy.last)
            if !lost {
                try FileManager.default.copyItem(atPath: copy.checkpoint(afterEpochs: 1), toPath: copy.last)
            }
            let trainer = try Trainer.resume(copy, jobs: 1)
            #expect(trainer.step == 6 && trainer.remarks.contains { $0.contains("is behind") } == !lost)
            #expect(try trainer.train() == .finished)
            #expect(try bytes(copy.model) == bytes(whole.model))
            #expect(try losses(copy) == losses(whole))
        }
    }

    @Test("Changed settings are refused with what changed, or recorded; epochs may be added")
    func changedSettings() throws {
        var events = PretrainingEvents()
        let done = Atomic(0)
        events.step = { record, _ in done.store(record.step, ordering: .relaxed) }
        events.isInterrupted = { done.load(ordering: .relaxed) == 5 }
        let (part, _) = try run("part", settings(), events: events)
        var text = String(decoding: try bytes(part.config), as: UTF8.self)
        #expect(text.contains("  weightDecay: 0.05\n") && text.contains("  checkpointEpochs: "))
        text.replace("  weightDecay: 0.05\n", with: "  weightDecay: 0.1\n")
        try RunFolder.write(text, to: part.config)
        #expect {
            _ = try Trainer.resume(part, jobs: 1)
        } throws: {
            "\($0)".contains("optimiser.weightDecay was 0.05 and is 0.1") && "\($0)".contains("--accept-changes")
        }
        // More epochs are no leave for anything else.
        #expect(throws: RunError.self) {
            try Trainer.resume(part, jobs: 1, epochs: PhaseEpochs(pixels: 2, texture: 3))
        }
        #expect(try steps(part).count == 5)
        let trainer = try Trainer.resume(part, jobs: 1, epochs: PhaseEpochs(pixels: 2, texture: 3), changed: .record)
        #expect(trainer.step == 5 && trainer.totalSteps == 10)
        #expect(try trainer.train() == .finished)
        let log = String(decoding: try bytes(part.log), as: UTF8.self).split(separator: "\n")
        #expect(log.count == 11)
        #expect(
            log[5] == #"{"changed_after_step": 5, "settings": {"loss.textureEpochs": "2 -> 3", "#
                + #""optimiser.weightDecay": "0.05 -> 0.1"}}"#, "\(log[5])")
        // The line stays when the run goes on once more, and what changed is no change any more.
        try FileManager.default.removeItem(atPath: part.model)
        #expect(try Trainer.resume(part, jobs: 1).remarks.isEmpty)
        #expect(String(decoding: try bytes(part.log), as: UTF8.self).split(separator: "\n") == log)
    }

    @Test("A checkpoint serves as weights: of an encoder with its images, and of another run")
    func checkpointAsWeights() throws {
        var settings = try settings()
        settings.run.checkpointEpochs = 4
        let (whole, _) = try run("whole", settings)
        let (kept, model) = (
            try EncoderWeights(path: whole.checkpoint(afterEpochs: 4)), try EncoderWeights(path: whole.model)
        )
        #expect(kept.imageSize == model.imageSize)
        #expect(kept.normalisation == model.normalisation)
        #expect(try kept.scale() == model.scale())
        #expect(kept.encoder == model.encoder && kept.decoder == model.decoder)
        for (name, tensor) in model.tensors {
            #expect(kept.tensors[name]?.values(as: Float.self) == tensor.values(as: Float.self), "\(name)")
        }
        // The folder of a run stands for its model, with and without a slash at its end.
        for path in [whole.path, whole.path + "/"] {
            #expect(try EncoderWeights(path: path).path == whole.model)
        }
        settings.model.weights = whole.checkpoint(afterEpochs: 4)
        let (second, _) = try run("second", settings)
        settings.model.weights = whole.model
        let (third, _) = try run("third", settings)
        #expect(try bytes(second.model) == bytes(third.model))
    }

    @Test("A damaged checkpoint is an error that names it")
    func damaged() throws {
        var events = PretrainingEvents()
        events.isInterrupted = { true }
        let (part, _) = try run("part", settings(), events: events)
        var damaged = try bytes(part.last)
        damaged[damaged.count - 5] ^= 1
        try damaged.write(to: URL(fileURLWithPath: part.last))
        #expect { _ = try Trainer.resume(part, jobs: 1) } throws: { "\($0)".contains("last.safetensors: its numbers") }
        try damaged.prefix(damaged.count / 2).write(to: URL(fileURLWithPath: part.last))
        #expect(throws: RunError.self) { _ = try Trainer.resume(part, jobs: 1) }
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: part.last))
        #expect(throws: RunError.self) { _ = try Trainer.resume(part, jobs: 1) }
    }

    @Test("A run that is there is not overwritten, and too few images are an error")
    func refusals() throws {
        let run = RunFolder(folder["run"])
        try run.prepare(existing: .refuse)
        // A run that ended before its first step is none yet.
        try run.prepare(existing: .refuse)
        try RunFolder.write("", to: run.config)
        #expect(throws: RunError.self) { try run.prepare(existing: .refuse) }
        try run.prepare(existing: .replace)
        var settings = try settings()
        settings.optimiser.batchSize = 50
        #expect { _ = try Trainer.start(settings, in: run, store: store, jobs: 1) } throws: {
            "\($0)".contains("fewer than the 100 of one step")
        }
    }

    @Test("While a run is trained or about to be, another process may not go on with it or replace it")
    func lock() throws {
        let run = RunFolder(folder["run"])
        try run.prepare(existing: .refuse)
        let trainer = try Trainer.start(settings(), in: run, store: store, jobs: 1)
        try Data("7".utf8).write(to: URL(fileURLWithPath: run.log))
        #expect { _ = try Trainer.resume(run, jobs: 1) } throws: { "\($0)".contains("another process trains") }
        #expect { try run.prepare(existing: .replace) } throws: { "\($0)".contains("another process trains") }
        // Refused before anything was changed.
        #expect(try bytes(run.log) == Data("7".utf8))
        #expect(FileManager.default.fileExists(atPath: run.config))
        #expect(trainer.step == 0)
    }
}
