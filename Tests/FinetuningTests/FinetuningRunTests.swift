import Finetuning
import Foundation
import Ingestion
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import Preparation
import SeededRandom
import SettingsFile
import Synchronization
import TestSupport
import Testing
import Training

/// Whole runs of a tiny network on a few textured pictures.
@Suite("A fine-tuning run from begin to end")
struct FinetuningRunTests {
    private let pictures: LabelledPictures
    private let folder: TemporaryFolder

    init() throws {
        pictures = try LabelledPictures()
        folder = try TemporaryFolder()
    }

    private func settings(_ more: String = "") throws -> FinetuningSettings {
        try FinetuningSettings(
            yaml: """
                data: {scale: resize, resize: 36, cropArea: [0.5, 1], erasing: 0.25\(more)}
                model: {name: vit-ti16, imageSize: 32, dropPath: 0.2, pool: mean}
                optimiser: {choose: accuracy, epochs: 4, batchSize: 10, accumulation: 3, rate: 0.02, warmup: 1}
                run: {seed: 5, checkpointMinutes: 60}
                """)
    }

    private func begin(
        _ name: String, _ settings: FinetuningSettings, dataset path: String? = nil, jobs: Int = 1
    ) throws -> FinetuningRun {
        let run = RunFolder(folder[name])
        try run.prepare(existing: .refuse)
        let source = try DatasetSource(path: path ?? pictures.folder.path)
        let weights = settings.model.weights.isEmpty ? nil : try EncoderWeights(path: settings.model.weights)
        let resolved = try settings.resolved(with: weights)
        let prepared = try PreparedArchive(
            scanning: source.inputs, relativeTo: [source.root], settings: resolved.data.preparation, jobs: 1)
        let store = try prepared.cache(at: run.cache, jobs: 1).store
        let dataset = try source.labels(for: store, prepared: prepared) { "case of \($0.path.suffix(6))" }
        return try FinetuningRun.begin(resolved, in: run, dataset: dataset, store: store, weights: weights, jobs: jobs)
    }

    private func finished(_ outcome: FinetuningOutcome) -> [Prediction]? {
        if case .finished(let predictions) = outcome { predictions } else { nil }
    }

    private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    private func steps(_ run: RunFolder) throws -> [FinetuningStep] {
        var records: [FinetuningStep] = []
        try LineLog.forEachLine(of: run.log) { line in
            if var record = FinetuningStep(json: line) {
                record.imagesPerSecond = 0
                records.append(record)
            }
        }
        return records
    }

    @Test("Leaves every file of a run, a line a step, and the same bytes for any number of threads")
    func whole() throws {
        let one = try begin("one", settings())
        let predictions = try #require(finished(try one.train()))
        let run = one.folder
        for file in [
            run.config, run.dataset, run.log, run.validation, run.last, run.model, run.predictions,
        ] {
            #expect(FileManager.default.fileExists(atPath: file), "\(file)")
        }
        #expect(!FileManager.default.fileExists(atPath: run.best), "the model is there twice")
        // Of 24 images a sixth chooses the epoch; 20 in batches of 10: 2 steps an epoch.
        #expect(one.parts.map { [$0.training.count, $0.validation.count, $0.test.count] } == [[20, 4, 12]])
        #expect(try steps(run).map(\.step) == Array(1...8))
        #expect(predictions.count == 12)
        let table = String(decoding: try bytes(run.predictions), as: UTF8.self).split(separator: "\n")
        #expect(table[0] == "image,patient,case,slice,fold,label,prediction,p_columns,p_rows")
        #expect(table.count == 13)
        #expect(table[1].hasPrefix("val/columns/0.png,val/columns/0,case of /0.png,0,,columns,"), "\(table[1])")
        let two = try begin("two", settings(), jobs: 2)
        _ = try two.train()
        #expect(try steps(two.folder) == steps(run))
        #expect(try bytes(two.folder.model) == bytes(run.model))
        #expect(try bytes(two.folder.predictions) == bytes(run.predictions))
        let model = try EncoderWeights(path: run.model)
        #expect(model.headClasses == 2 && model.end == .pooled && model.metadata["classes"] == #"["columns","rows"]"#)
        #expect(throws: RunError.self) { _ = try FinetuningRun.resume(run, jobs: 1).train() }
    }

    @Test("Interrupted after any step and resumed, a run ends with the same losses and bytes", arguments: [1, 2, 5, 7])
    func interrupted(after stop: Int) throws {
        let whole = try begin("whole", settings())
        _ = try whole.train()
        var events = FinetuningEvents()
        let done = Atomic(0)
        events.step = { _, record, _ in done.store(record.step, ordering: .relaxed) }
        events.isInterrupted = { done.load(ordering: .relaxed) == stop }
        let part = try begin("part", settings())
        #expect(finished(try part.train(events)) == nil)
        #expect(try steps(part.folder).count == stop)
        _ = try FinetuningRun.resume(part.folder, jobs: 2).train()
        #expect(try steps(part.folder) == steps(whole.folder))
        #expect(try bytes(part.folder.model) == bytes(whole.folder.model))
        #expect(try bytes(part.folder.predictions) == bytes(whole.folder.predictions))
        #expect(try bytes(part.folder.validation) == bytes(whole.folder.validation))
    }

    @Test("With mixing, random operations, balanced classes and an average of the weights it is no different")
    func interruptedRecipe() throws {
        var recipe = try settings()
        recipe.data.operations = .randAugment
        recipe.data.mixing = Mixing(mixup: 0.8, cutmix: 1)
        (recipe.data.sampling, recipe.optimiser.classWeights) = (.balanced, .balanced)
        recipe.optimiser.averaging = 0.9
        let whole = try begin("whole", recipe)
        _ = try whole.train()
        var events = FinetuningEvents()
        let done = Atomic(0)
        events.step = { _, record, _ in done.store(record.step, ordering: .relaxed) }
        events.isInterrupted = { done.load(ordering: .relaxed) == 3 }
        let part = try begin("part", recipe)
        #expect(finished(try part.train(events)) == nil)
        _ = try FinetuningRun.resume(part.folder, jobs: 2).train()
        #expect(try steps(part.folder) == steps(whole.folder))
        #expect(try bytes(part.folder.model) == bytes(whole.folder.model))
        #expect(try bytes(part.folder.predictions) == bytes(whole.folder.predictions))
        // Each of them changes the weights.
        func model(_ name: String, _ change: (inout FinetuningSettings) -> Void) throws -> Data {
            var other = recipe
            change(&other)
            let run = try begin(name, other)
            _ = try run.train()
            return try bytes(run.folder.model)
        }
        let own = try bytes(whole.folder.model)
        #expect(try model("operations") { $0.data.operations = .none } != own)
        #expect(try model("mixing") { $0.data.mixing = Mixing() } != own)
        #expect(try model("average") { $0.optimiser.averaging = 0 } != own)
    }

    @Test("Rows and columns of the same grey levels are told apart, from scratch")
    func learns() throws {
        var settings = try settings()
        settings.data.crop = .centre
        settings.model.name = "vit-ti8"
        // A mirror image of columns is one of columns.
        (settings.data.erasing, settings.model.dropPath) = (0, 0.1)
        (settings.optimiser.epochs, settings.optimiser.batchSize, settings.optimiser.accumulation) = (20, 8, 1)
        let run = try begin("learn", settings)
        let predictions = try #require(finished(try run.train()))
        #expect(Prediction.accuracy(predictions) >= 11.0 / 12, "\(Prediction.accuracy(predictions))")
    }

    @Test("Folds train one classifier each, and every image is predicted once by one that has not seen it")
    func folds() throws {
        var settings = try settings()
        settings.optimiser.epochs = 1
        settings.data.folds = 3
        let run = try begin("folds", settings)
        var events = FinetuningEvents()
        let seen = Mutex<[Int?]>([])
        events.step = { fold, _, _ in seen.withLock { $0.append(fold) } }
        let predictions = try #require(finished(try run.train(events)))
        #expect(Set(seen.withLock { $0 }) == [1, 2, 3])
        #expect(predictions.count == 36 && Set(predictions.map(\.slice.image)).count == 36)
        for number in 1...3 {
            let fold = run.folder.fold(number)
            #expect(
                FileManager.default.fileExists(atPath: fold.model) && FileManager.default.fileExists(atPath: fold.log))
        }
        #expect(String(decoding: try bytes(run.folder.predictions), as: UTF8.self).split(separator: "\n").count == 37)
        // The whole run can be replaced, and nothing of it is left.
        try run.folder.prepare(existing: .replace, others: FinetuningRun.files(of: run.folder))
        #expect(!FileManager.default.fileExists(atPath: run.folder.fold(2).model))
        #expect(!FileManager.default.fileExists(atPath: run.folder.predictions))
    }

    @Test(
        "A run starts from the weights of another, and probes look at them", arguments: ["linear", "attentive", "knn"])
    func weightsAndProbes(_ kind: String) throws {
        var settings = try settings()
        settings.data.crop = .centre
        settings.model.name = "vit-ti8"
        (settings.data.erasing, settings.optimiser.epochs, settings.optimiser.batchSize) = (0, 20, 8)
        settings.optimiser.accumulation = 1
        let first = try begin("first", settings)
        _ = try first.train()
        var probe = FinetuningSettings()
        probe.model.weights = first.folder.model
        probe.model.probe = try #require(ClassifierSettings.Probe(rawValue: kind))
        let run = try begin("probe", probe)
        // Everything comes from the file.
        #expect(run.settings.model.width == 192 && run.settings.model.patchSide == 8)
        #expect(
            run.settings.data.mean
                == (try FinetuningSettings(yaml: String(decoding: try bytes(first.folder.config), as: UTF8.self))).data
                .mean)
        let predictions = try #require(finished(try run.train()))
        #expect(Prediction.accuracy(predictions) >= 11.0 / 12, "\(Prediction.accuracy(predictions))")
        #expect(FileManager.default.fileExists(atPath: run.folder.predictions))
        var other = probe
        other.model.name = "vit-s8"
        #expect(throws: SettingsError.self) { _ = try other.resolved(with: EncoderWeights(path: first.folder.model)) }
    }

    @Test("A run that learned nothing says so, and a warm-up is at most a third of it")
    func doubts() throws {
        var settings = try settings()
        (settings.optimiser.rate, settings.optimiser.minimumRate) = (1e-9, 0)
        (settings.optimiser.epochs, settings.optimiser.warmup) = (2, 5)
        let run = try begin("none", settings)
        var events = FinetuningEvents()
        let remarks = Mutex<[String]>([])
        let rates = Mutex<[Double]>([])
        events.remark = { text in remarks.withLock { $0.append(text) } }
        events.step = { _, record, _ in rates.withLock { $0.append(record.learningRate) } }
        _ = try run.train(events)
        let said = remarks.withLock { $0.joined(separator: "\n") }
        #expect(said.contains("a warm-up of 5.0 epochs is longer than a third of the run, which is of 2"), "\(said)")
        #expect(said.contains("is that of chance, ln 2 = 0.6931"), "\(said)")
        // Two epochs of two steps: the top is reached after 2/3 of an epoch.
        #expect(rates.withLock { $0[3] < $0[2] }, "\(rates.withLock { $0 })")
        let labelled = { (label: Int) in
            LabelledSlice(image: "i", patient: "p", caseName: "c", slice: 0, label: label)
        }
        func predictions(_ pairs: [(label: Int, choice: Int)]) -> [Prediction] {
            pairs.map { label, choice in
                Prediction(slice: labelled(label), fold: nil, probabilities: choice == 0 ? [0.7, 0.3] : [0.3, 0.7])
            }
        }
        #expect(Prediction.doubts(predictions([(0, 0), (1, 1), (1, 0)]), classes: ["a", "b"]).isEmpty)
        #expect(
            Prediction.doubts(predictions([(0, 0), (1, 0), (0, 0)]), classes: ["a", "b"]).map { $0.prefix(30) } == [
                "every held-out image is called"
            ])
        let below = Prediction.doubts(predictions([(0, 1), (1, 0), (0, 1)]), classes: ["a", "b"])
        #expect(below == ["accuracy 0.000 is below that of calling every image 'a', which is 0.667"])
    }

    @Test(
        "Every epoch is chosen by the images set aside, and the model is that epoch's", arguments: EpochChoice.allCases)
    func choice(_ choice: EpochChoice) throws {
        var settings = try settings()
        (settings.optimiser.choose, settings.optimiser.epochs, settings.data.validation) = (choice, 6, 0.25)
        let run = try begin("run", settings)
        _ = try run.train()
        var records: [FinetuningValidation] = []
        try LineLog.forEachLine(of: run.folder.validation) { line in
            if let record = FinetuningValidation(json: line) { records.append(record) }
        }
        let model = try EncoderWeights(path: run.folder.model)
        guard choice != .last else {
            #expect(records.isEmpty && run.parts[0].validation.isEmpty && model.metadata["epoch"] == "6")
            return
        }
        let best = try #require(
            records.min { a, b in
                switch choice {
                case .auroc where a.auroc != b.auroc: a.auroc > b.auroc
                case .accuracy where a.accuracy != b.accuracy: a.accuracy > b.accuracy
                default: a.loss < b.loss
                }
            })
        #expect(records.count == 6 && records.last { $0.isBest } == best)
        #expect(model.metadata["epoch"] == "\(best.epoch + 1)" && model.metadata["validation_loss"] == "\(best.loss)")
    }

    @Test("A run that is done goes on longer when it is asked to, and not with other settings")
    func longer() throws {
        let run = try begin("run", settings())
        _ = try run.train()
        #expect(throws: RunError.self) { try FinetuningRun.resume(run.folder, jobs: 1).train() }
        #expect(throws: RunError.self) { try FinetuningRun.resume(run.folder, jobs: 1, epochs: 3) }
        let longer = try FinetuningRun.resume(run.folder, jobs: 1, epochs: 6)
        #expect(finished(try longer.train()) != nil)
        #expect(try steps(run.folder).map(\.step) == Array(1...12))
        let text = String(decoding: try bytes(run.folder.log), as: UTF8.self)
        #expect(text.contains(#"{"changed_after_step": 8, "settings": {"optimiser.epochs": "4 -> 6"}}"#), "\(text)")
        let config = String(decoding: try bytes(run.folder.config), as: UTF8.self)
        #expect(config.contains("epochs: 6"))
        var events = FinetuningEvents()
        let done = Atomic(0)
        events.step = { _, record, _ in done.store(record.step, ordering: .relaxed) }
        events.isInterrupted = { done.load(ordering: .relaxed) == 3 }
        let part = try begin("part", settings())
        _ = try part.train(events)
        let changed = String(decoding: try bytes(part.folder.config), as: UTF8.self)
            .replacingOccurrences(of: "smoothing: 0.1", with: "smoothing: 0.2")
        try RunFolder.write(changed, to: part.folder.config)
        #expect {
            try FinetuningRun.resume(part.folder, jobs: 1).train()
        } throws: {
            "\($0)".contains("optimiser.smoothing was 0.1 and is 0.2")
        }
        // More epochs are no leave for anything else.
        #expect {
            try FinetuningRun.resume(part.folder, jobs: 1, epochs: 5).train()
        } throws: {
            "\($0)".contains("optimiser.smoothing") && !"\($0)".contains("optimiser.epochs")
        }
        #expect(try bytes(part.folder.config) == Data(changed.utf8))
        let accepted = try FinetuningRun.resume(part.folder, jobs: 1, changed: .record)
        #expect(finished(try accepted.train()) != nil)
    }

    @Test("A model that is gone is made again where its weights are, and a finished run is never begun anew")
    func modelGone() throws {
        var settings = try settings()
        settings.optimiser.choose = .last
        let run = try begin("run", settings)
        let predictions = try #require(finished(try run.train()))
        let folder = run.folder
        let (model, log) = (try bytes(folder.model), try bytes(folder.log))
        #expect(!FileManager.default.fileExists(atPath: folder.best))
        try FileManager.default.removeItem(atPath: folder.model)
        #expect(finished(try FinetuningRun.resume(folder, jobs: 1).train()) == predictions)
        #expect(try bytes(folder.model) == model && bytes(folder.log) == log)
        #expect(throws: RunError.self) { try FinetuningRun.resume(folder, jobs: 1).train() }
        try FileManager.default.removeItem(atPath: folder.model)
        try FileManager.default.removeItem(atPath: folder.last)
        #expect { try FinetuningRun.resume(folder, jobs: 1).train() } throws: {
            "\($0)".contains("last.safetensors: is not there")
        }
        #expect(try bytes(folder.log) == log)
        // The weights of a chosen epoch are in the model alone.
        let chosen = try begin("chosen", self.settings())
        _ = try chosen.train()
        try FileManager.default.removeItem(atPath: chosen.folder.model)
        #expect { try FinetuningRun.resume(chosen.folder, jobs: 1).train() } throws: {
            "\($0)".contains("model.safetensors: is not there, and the weights of the epoch")
        }
    }

    @Test("LayerScale of the weights is recorded, trained and written back, also by a run that goes on")
    func layerScale() throws {
        let scaled = VisionTransformer<Float>(
            try MaskedAutoencoderConfiguration(
                imageHeight: 32, imageWidth: 32, patchSide: 16, channels: 1,
                encoder: .init(width: 16, depth: 1, heads: 2, scaling: .perChannel)),
            end: .tokens, batchCapacity: 1, workers: Workers(1))
        var generator = SeededGenerator(seed: 3)
        scaled.initialise(from: &generator)
        scaled.weights["blocks.0.ls1.gamma"]?.update(repeating: 0.5)
        let path = folder["scaled.safetensors"]
        try SafetensorsFile.write(scaled.weights.tensors(), metadata: ["heads": "2"], to: path)
        var settings = try settings()
        (settings.model.weights, settings.model.name, settings.optimiser.epochs) = (path, "", 2)
        let whole = try begin("whole", settings)
        #expect(whole.settings.model.scaling == .perChannel)
        #expect(String(decoding: try bytes(whole.folder.config), as: UTF8.self).contains("layerScale: perChannel"))
        _ = try whole.train()
        let gamma = try #require(try EncoderWeights(path: whole.folder.model).tensors["blocks.0.ls1.gamma"])
        #expect(gamma.values(as: Float.self).allSatisfy { $0 != 0.5 && abs($0 - 0.5) < 0.1 })
        var events = FinetuningEvents()
        let done = Atomic(0)
        events.step = { _, record, _ in done.store(record.step, ordering: .relaxed) }
        events.isInterrupted = { done.load(ordering: .relaxed) == 2 }
        let part = try begin("part", settings)
        _ = try part.train(events)
        _ = try FinetuningRun.resume(part.folder, jobs: 2).train()
        #expect(try bytes(part.folder.model) == bytes(whole.folder.model))
    }

    @Test("Every key of the settings is written and read back")
    func everyKey() throws {
        var settings = FinetuningSettings()
        try settings.read(
            yaml: """
                data: {dataset: "a b", folds: 3, sharedPatients: allow, erasing: 0.25, channels: 3, flip: horizontal}
                model: {weights: "w.pth", name: "vit-s8", probe: knn, neighbours: 5, dropPath: 0.3, imageSize: 96}
                optimiser: {epochs: 7, smoothing: 0.2, layerDecay: 0.65, accumulation: 2}
                run: {seed: 9}
                """)
        #expect(try FinetuningSettings(yaml: settings.yaml) == settings)
        #expect(settings.optimiser.layerDecay == 0.65 && settings.data.folds == 3 && settings.run.seed == 9)
        #expect(throws: SettingsError.unknownKey("layerdecay", place: "under optimiser", nearest: "layerDecay")) {
            try FinetuningSettings(yaml: "optimiser: {layerdecay: 1}")
        }
        #expect(throws: SettingsError.self) { try FinetuningSettings(yaml: "data: {folds: 1}") }
        #expect(throws: SettingsError.self) { try FinetuningSettings(yaml: "model: {probe: knn}") }
        // The paper's recipe.
        let recipe = FinetuningSettings().optimiser
        #expect(recipe.epochs == 100 && recipe.batchSize == 128 && recipe.rate == 1e-3 && recipe.minimumRate == 1e-6)
        #expect(recipe.warmup == 5 && recipe.weightDecay == 0.05 && recipe.layerDecay == 0.75)
        #expect(recipe.smoothing == 0.1 && recipe.beta2 == 0.999 && FinetuningSettings().model.dropPath == 0.1)
    }
}
