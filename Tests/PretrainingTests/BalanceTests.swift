import Foundation
import MaskedAutoencoder
import Preparation
import Pretraining
import Synchronization
import TestSupport
import Testing
import Training

/// Short runs of a tiny network whose terms are balanced.
@Suite("Terms on one scale")
struct BalanceTests {
    private let folder: TemporaryFolder
    private let store: SliceStore

    init() throws {
        let archive = try TestArchive(images: 12)
        folder = try TemporaryFolder()
        var preparation = PreparationSettings()
        preparation.side = 36
        store = try PreparedArchive(scanning: archive.classFolders, settings: preparation, jobs: 1)
            .cache(at: folder["slices"], jobs: 1).store
    }

    private func settings(_ loss: String) throws -> PretrainingSettings {
        try PretrainingSettings(
            yaml: """
                data: {scale: resize, resize: 36, holdout: 0.2}
                model: {name: vit-ti8, imageSize: 32, decoderWidth: 32, decoderDepth: 1, decoderHeads: 2}
                loss: {pixelEpochs: 1, textureEpochs: 3, \(loss)}
                optimiser: {batchSize: 2, accumulation: 2, rate: 0.05, warmup: 1}
                run: {seed: 5, checkpointEpochs: 0, checkpointMinutes: 60}
                """)
    }

    private func run(
        _ name: String, _ settings: PretrainingSettings, events: PretrainingEvents = PretrainingEvents()
    ) throws -> RunFolder {
        let run = RunFolder(folder[name])
        try run.prepare(existing: .refuse)
        _ = try Trainer.start(settings, in: run, store: store, jobs: 1).train(events)
        return run
    }

    private func steps(_ run: RunFolder) throws -> [StepRecord] {
        var records: [StepRecord] = []
        try LineLog.forEachLine(of: run.log) { line in
            guard var record = StepRecord(json: line) else { return }
            record.imagesPerSecond = 0
            records.append(record)
        }
        return records
    }

    @Test(
        "Shares of the gradient are what the weights say, on the first batch or all along",
        arguments: LossBalance.allCases)
    func shares(_ balance: LossBalance) throws {
        // One batch a step, so that what is measured is what is trained.
        var settings = try settings("bins: 256, sharpness: 5, mse: 1, glcm: 2, ssim: 1, balance: \(balance.rawValue)")
        (settings.optimiser.accumulation, settings.optimiser.batchSize) = (1, 4)
        let records = try steps(try run("run", settings))
        #expect(records.count == 8 && records[0].shares.isEmpty && records[0].weights.isEmpty)
        for record in records[2...] {
            #expect(abs(record.shares.values.reduce(0, +) - 1) < 1e-12)
            #expect(Set(record.shares.keys) == ["mse", "glcm", "ssim"])
        }
        let first = records[2]
        guard balance != .none else {
            #expect(first.weights.isEmpty && abs((first.shares["glcm"] ?? 0) - 0.5) > 0.05, "\(first.shares)")
            return
        }
        for (name, share) in [("mse", 0.25), ("glcm", 0.5), ("ssim", 0.25)] {
            #expect(abs((first.shares[name] ?? 0) - share) < 1e-5, "\(balance) \(name): \(first.shares)")
        }
        #expect((records[7].weights == first.weights) == (balance == .initial), "\(records[7].weights)")
        // Slowly.
        let glcm = try #require(first.weights["glcm"])
        #expect(abs((records[7].weights["glcm"] ?? 0) / glcm - 1) < 0.1)
    }

    @Test(
        "Interrupted after any step and resumed, a balanced run of several scales is the same",
        arguments: [1, 2, 3, 5, 7])
    func resumed(after stop: Int) throws {
        let settings = try settings(
            "balance: gradient, haralick: 1, scales: [{bins: 8, sharpness: 1, offsets: [[1, 0], [4, 0]], until: 2}, "
                + "{bins: 32, from: 1}], glcmScope: pasted")
        let whole = try run("whole", settings)
        var events = PretrainingEvents()
        let done = Atomic(0)
        events.step = { record, _ in done.store(record.step, ordering: .relaxed) }
        events.isInterrupted = { done.load(ordering: .relaxed) == stop }
        let part = try run("part", settings, events: events)
        #expect(try Trainer.resume(part, jobs: 2).train() == .finished)
        #expect(try steps(part) == steps(whole))
        func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
        #expect(try bytes(part.model) == bytes(whole.model))
        // What the process keeps in memory is said on every line.
        func lines(_ run: RunFolder) throws -> [String] {
            String(decoding: try bytes(run.validation), as: UTF8.self).split(separator: "\n").map { line in
                line.split(separator: ",").filter { !$0.contains("resident_mb") }.joined(separator: ",")
            }
        }
        #expect(try lines(part) == lines(whole))
    }

    @Test("Scales come and go with their epochs, each a term of its own")
    func scheduled() throws {
        let settings = try settings(
            "mse: 0, ssim: 0, scales: [{bins: 8, sharpness: 1, until: 2}, {bins: 32, from: 1}]")
        let records = try steps(try run("run", settings))
        let names = records.map { Set($0.shares.keys) }
        #expect(names[2] == [] && names[4] == ["glcm_1", "glcm_2"] && names[6] == [], "\(names)")
        #expect(records[2].glcm != records[6].glcm && records[2].mse == nil)
        for share in records[4].shares.values { #expect(abs(share - 0.5) < 0.2, "\(records[4].shares)") }
    }

    @Test("A huge rate ends with its step; a long warm-up is capped, and said")
    func rates() throws {
        var settings = try settings("bins: 16")
        settings.optimiser.warmup = 3
        let folder = RunFolder(folder["capped"])
        try folder.prepare(existing: .refuse)
        let trainer = try Trainer.start(settings, in: folder, store: store, jobs: 1)
        #expect(trainer.remarks.contains { $0.contains("a warm-up of 3.0 epochs is longer than a third of the run") })
        settings.optimiser.rate = 1e9
        do {
            _ = try run("bad", settings)
            Issue.record("training went on")
        } catch RunError.nonFinite(let step, _, let term, _, _) {
            #expect(step > 1 && step <= 8 && !term.isEmpty)
        }
    }

    @Test("A run that stays above the mean grey is doubted, and its logs have both")
    func doubts() throws {
        var settings = try settings("bins: 16")
        settings.optimiser.rate = 1e-9
        let run = RunFolder(folder["still"])
        try run.prepare(existing: .refuse)
        let trainer = try Trainer.start(settings, in: run, store: store, jobs: 1)
        _ = try trainer.train()
        let doubts = try trainer.doubts()
        #expect(doubts.contains { $0.contains("is not below that of the mean of the visible ones") }, "\(doubts)")
        for record in try steps(run) {
            let (mse, mean) = (try #require(record.mse), try #require(record.meanGuess))
            let (grey, greyMean) = (try #require(record.greyMSE), try #require(record.greyMeanGuess))
            #expect(mse > mean && abs(mse / grey - mean / greyMean) < 1e-4 * mse / grey, "\(record)")
            #expect(greyMean > 0 && greyMean < 1)
        }
        var held: [ValidationRecord] = []
        try LineLog.forEachLine(of: run.validation) { line in ValidationRecord(json: line).map { held.append($0) } }
        #expect(held.count == 4)
        for record in held {
            #expect(record.meanGuess != nil && record.greyMeanGuess != nil)
            let rank = try #require(record.effectiveRank)
            #expect(rank >= 1 && rank < 12, "\(rank)")
        }
    }
}
