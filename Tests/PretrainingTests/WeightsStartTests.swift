import Foundation
import Ingestion
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import Preparation
import Pretraining
import SeededRandom
import TestSupport
import Testing
import Training

@Suite("A run that begins with weights")
struct WeightsStartTests {
    private let folder: TemporaryFolder
    private let store: SliceStore

    init() throws {
        let archive = try TestArchive(images: 12)
        folder = try TemporaryFolder()
        var preparation = PreparationSettings()
        preparation.side = 55
        store = try PreparedArchive(scanning: archive.classFolders, settings: preparation, jobs: 1)
            .cache(at: folder["slices"], jobs: 1).store
    }

    /// Of a vit-ti8 at 32 pixels with a decoder of 64/2/2.
    private func network() throws -> MaskedAutoencoderNetwork<Float> {
        let network = MaskedAutoencoderNetwork<Float>(
            try MaskedAutoencoderConfiguration(
                model: "vit-ti8", imageSize: 32, channels: 1, decoder: .init(width: 64, depth: 2, heads: 2)),
            batchCapacity: 1, workers: Workers(1))
        var generator = SeededGenerator(seed: 3)
        network.initialise(from: &generator)
        return network
    }

    private func start(_ keys: [String: String] = [:], weights: String) throws -> Trainer {
        var settings = try PretrainingSettings(
            yaml: "data: {scale: resize, resize: 55}\nloss: {pixelEpochs: 1, textureEpochs: 0}\noptimiser: {warmup: 0}")
        for (key, value) in keys { try settings.set(key, to: value) }
        settings.model.weights = weights
        let run = RunFolder(folder["run"])
        try run.prepare(existing: .refuse)
        return try Trainer.start(settings, in: run, store: store, jobs: 1)
    }

    @Test("Model, decoder, channels and normalisation are those of the file")
    func fromTheFile() throws {
        let path = folder["w.safetensors"]
        try WeightsFile.save(
            try network(), to: path,
            metadata: [
                "model": "vit-ti8", "image_size": "32", "mean": "0.4", "deviation": "0.3", "decoder_heads": "2",
            ])
        let trainer = try start(weights: path)
        #expect(trainer.settings.model.name == "vit-ti8" && trainer.settings.model.imageSize == 32)
        #expect(trainer.settings.model.decoderWidth == 64 && trainer.settings.model.decoderDepth == 2)
        #expect(trainer.settings.model.decoderHeads == 2 && trainer.settings.data.channels == 1)
        #expect(trainer.settings.data.mean == [0.4] && trainer.settings.data.deviation == [0.3])
        #expect(trainer.remarks.isEmpty, "\(trainer.remarks)")
        #expect(trainer.settings.optimiser.rate == 1.5e-4)
        #expect(trainer.decisions.contains { $0.contains("vit-ti8 at 32 pixels, decoder 64/2/2: as ") })
    }

    @Test("Given mean and deviation stay; another model is refused; another size is interpolated, and said")
    func otherwise() throws {
        let path = folder["w.safetensors"]
        try WeightsFile.save(
            try network(), to: path, metadata: ["mean": "0.4", "deviation": "0.3", "decoder_heads": "2"])
        #expect { _ = try start(["model.name": "vit-s8"], weights: path) } throws: {
            "\($0)".contains("--model vit-s8: the weights are of a vit-ti8")
        }
        let trainer = try start(
            ["data.mean": "[0.5]", "data.deviation": "[0.25]", "model.imageSize": "48"], weights: path)
        #expect(trainer.settings.data.mean == [0.5] && trainer.settings.data.deviation == [0.25])
        #expect(
            trainer.remarks == [
                "\(path): decoder_pos_embed is of 4 x 4 patches; interpolated to 6 x 6",
                "\(path): pos_embed is of 4 x 4 patches; interpolated to 6 x 6",
            ], "\(trainer.remarks)")
    }

    @Test("A decoder that is not there starts at random; keys without a use are named")
    func encoderAlone() throws {
        let path = folder["w.safetensors"]
        let network = try network()
        try WeightsFile.withTensors(of: network) { tensors in
            let encoder = tensors.filter { !$0.name.hasPrefix("decoder_") && $0.name != "mask_token" }
            let zeros = [Float](repeating: 0, count: 2 * 192)
            try zeros.withUnsafeBufferPointer { zeros in
                let head = [
                    NamedTensor(name: "head.weight", shape: [2, 192], values: zeros),
                    NamedTensor(
                        name: "head.bias", shape: [2], values: UnsafeBufferPointer(rebasing: zeros[..<2])),
                ]
                try SafetensorsFile.write(encoder + head, metadata: [:], to: path)
            }
        }
        let trainer = try start(["model.imageSize": "32"], weights: path)
        #expect(
            trainer.remarks == [
                "\(path): has no decoder; the decoder starts at random",
                "\(path): left out, for the network has no use for them: head.bias, head.weight",
            ], "\(trainer.remarks)")
        #expect(trainer.settings.model.decoderWidth == 128)
    }

    @Test("A table of patients decides who is held out, beside what a PNG's name says")
    func patients() throws {
        let archive = try TestArchive(images: 12)
        let prepared = try PreparedArchive(scanning: archive.classFolders, settings: PreparationSettings(), jobs: 1)
        let files = prepared.images.map(\.path)
        // Three patients of four images each, and a row of no image.
        let rows = files.enumerated().map { "\($1),p\($0 % 3)\n" }.joined()
        let path = folder["labels.csv"]
        try Data(("image,label,patient\nnone.png,x,p9\n" + rows.replacing(",p", with: ",x,p")).utf8)
            .write(to: URL(fileURLWithPath: path))
        let table = try PatientTable(path: path)
        let named = try PreparedArchive(
            scanning: archive.classFolders, settings: PreparationSettings(), patients: table, jobs: 1)
        #expect(named.namedByTable == 12)
        let store = try named.cache(at: folder["named.slices"], jobs: 1).store
        #expect(Set(store.contents.series.map(\.patient)).count == 3)
        let holdout = Holdout(store, share: 0.3, seed: 1)
        #expect(holdout.validation.count == 4 && holdout.validationPatients == 1 && holdout.trainingPatients == 2)
        // The same file without the table is another cache.
        #expect(try prepared.cache(at: folder["named.slices"], jobs: 1).wasMade)
        #expect(throws: (any Error).self) { _ = try PatientTable(path: folder["absent.csv"]) }
    }
}
