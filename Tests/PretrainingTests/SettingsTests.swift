import Foundation
import Preparation
import Pretraining
import SettingsFile
import TestSupport
import Testing
import TextureCore
import Training

@Suite("Settings of a run")
struct SettingsTests {
    /// Something else than the default in every key.
    private static let everyKey = """
        data:
          archive: ["a \\"b\\"", "no", "ä\\\\c"]
          slices: "/data/all.slices"
          fingerprint: "0123456789abcdef"
          modalities: [CT, MR]
          bodyParts: ["CHEST*"]
          descriptions: ["*axial*"]
          minimumSize: 50
          pngPatient: folder
          patients: "/data/patients.csv"
          intensity: {CT: {window: [-1000, 400]}, MR: {percentiles: [1, 99]}, PNG: stored, other: {percentiles: [0, 99.9]}}
          scale: {spacing: [0.5, 2.0]}
          resize: 128
          crop: random
          cropArea: [0.3, 0.9]
          flip: none
          channels: 3
          mean: [0.1, 0.2, 0.3]
          deviation: [0.4, 0.5, 0.6]
          holdout: 0.25
        model:
          name: "vit-s8"
          imageSize: 96
          maskRatio: 0.7
          decoderWidth: 64
          decoderDepth: 2
          decoderHeads: 4
          weights: "start.safetensors"
        loss:
          pixelEpochs: 3
          textureEpochs: 4
          balance: gradient
          mse: 0.2
          glcm: 2.0
          ssim: 0.5
          haralick: 1.5
          pixels: normalised
          bins: 64
          sharpness: [1.0, 5.0]
          offsets: [[1.0, 1.0], [2.0, -1.0]]
          scales: [{bins: 16, sharpness: [1.0, 2.0], offsets: [[4.0, 0.0]], weight: 2.0, from: 1, until: 3}, {bins: 64}]
          normalisation: pairs
          weighting: plain
          glcmScope: pasted
          window: 2
          ssimScope: image
        optimiser:
          batchSize: 3
          accumulation: 2
          rate: 0.001
          minimumRate: 1e-06
          warmup: 1.5
          weightDecay: 0.01
          beta1: 0.8
          beta2: 0.9
          epsilon: 1e-07
          clip: 1.0
        run:
          seed: 18446744073709551615
          checkpointEpochs: 2
          checkpointMinutes: 0.5
          validationImages: 12
        """

    @Test("Every key is read, and what is written is read back as the same settings")
    func roundTrip() throws {
        let settings = try PretrainingSettings(yaml: Self.everyKey)
        let standard = PretrainingSettings()
        for (found, usual) in zip(
            settings.yaml.split(separator: "\n"), standard.yaml.split(separator: "\n")) where found.hasPrefix("  ")
        {
            #expect(found != usual, "the example leaves a key at its default")
        }
        #expect(try PretrainingSettings(yaml: settings.yaml) == settings)
        #expect(try PretrainingSettings(yaml: standard.yaml) == standard)
        #expect(settings.loss.scales.count == 2 && settings.loss.scales[0].sharpness == [1, 2])
        #expect(settings.loss.scales[0].from == 1 && settings.loss.scales[0].until == 3)
        #expect(settings.loss.usedScales == settings.loss.scales && standard.loss.usedScales.map(\.bins) == [32])
        #expect(settings.run.seed == .max)
        #expect(settings.data.archive == ["a \"b\"", "no", "ä\\c"])
        #expect(settings.loss.offsets == [Offset(1, 1), Offset(2, -1)])
        #expect(settings.data.preparation.intensity["CT"] == .window(lower: -1000, upper: 400))
        #expect(settings.data.preparation.intensity["US"] == .percentiles(lower: 0, upper: 99.9))
    }

    @Test("An unknown key is an error that names the nearest known one")
    func unknown() {
        #expect(throws: SettingsError.unknownKey("binz", place: "under loss", nearest: "bins")) {
            _ = try PretrainingSettings(yaml: "loss: {binz: 3}")
        }
        #expect(throws: SettingsError.unknownKey("losses", place: "at the top level", nearest: "loss")) {
            _ = try PretrainingSettings(yaml: "losses: {bins: 3}")
        }
        var settings = PretrainingSettings()
        #expect(throws: SettingsError.unknownKey("loss.bin", place: "in --set", nearest: "loss.bins")) {
            try settings.set("loss.bin", to: "3")
        }
    }

    @Test(
        "Values that cannot be are refused with the key named",
        arguments: [
            "data: {channels: 2}", "data: {holdout: 1}", "data: {scale: resize, resize: 100}\nmodel: {imageSize: 224}",
            "data: {scale: {spacing: [1]}}", "data: {scale: small}", "data: {cropArea: [0.9, 0.1]}",
            "model: {imageSize: 100}", "model: {name: vit-x16}", "model: {maskRatio: 1}", "model: {decoderHeads: 7}",
            "loss: {bins: 0}", "loss: {pixelEpochs: 0, textureEpochs: 0}", "loss: {mse: 0, glcm: 0, ssim: 0}",
            "loss: {sharpness: []}", "loss: {offsets: [[0, 0]]}", "loss: {pixels: none}", "optimiser: {batchSize: -1}",
            "optimiser: {rate: .nan}", "optimiser: {beta2: 1}", "run: {seed: -1}", "run: {validationImages: 0}",
            "data: {intensity: {CT: {window: [5]}}}", "data: {mean: [1, 2]}", "loss: 5", "[1, 2]",
            "loss: {scales: [{bin: 3}]}", "loss: {scales: [{bins: 1}]}",
            "loss: {scales: [{from: 5, until: 5}]}", "loss: {mse: 0, ssim: 0, scales: [{until: 3}]}",
            "loss: {window: 0}",
            "model: {imageSize: 32}\nloss: {window: 3}", "loss: {balance: all}", "loss: {scales: [{weight: 0}]}",
            "loss: {bins: 2.5}",
        ])
    func refused(_ yaml: String) {
        #expect(throws: SettingsError.self) { _ = try PretrainingSettings(yaml: yaml) }
    }

    @Test(
        "The ablation's five runs by --loss",
        arguments: [
            ("mse", [1, 0, 0, 0]), ("glcm", [0, 1, 0, 0]), ("glcm,mse", [0.1, 1, 0, 0]), ("glcm,ssim", [0, 1, 1, 0]),
            ("mse,glcm,ssim", [0.1, 1, 1, 0]), ("haralick", [0, 0, 0, 1.0]),
        ])
    func terms(_ names: String, _ weights: [Double]) throws {
        var loss = LossSettings()
        try loss.choose(names.split(separator: ",").map(String.init))
        #expect([loss.mse, loss.glcm, loss.ssim, loss.haralick] == weights)
        #expect(throws: SettingsError.self) { try loss.choose(["mae"]) }
        #expect(throws: SettingsError.self) { try loss.choose([]) }
    }
}

@Suite("Log of a run")
struct LogTests {
    @Test("A line is read back as the same record, to the last bit")
    func roundTrip() {
        let step = StepRecord(
            epoch: 3, step: 41, phase: .texture, loss: 0.1 + 0.2, mse: 1.0 / 3, glcm: 5e-324, ssim: nil, haralick: nil,
            learningRate: 1.5e-4 / 7, gradientNorm: 123.456, imagesPerSecond: 12.5)
        #expect(StepRecord(json: step.json) == step)
        #expect(!step.json.contains("loss_ssim"))
        let held = ValidationRecord(
            epoch: 3, step: 41, phase: .pixels, loss: 2.0 / 3, mse: 0.1, glcm: 1e-9, ssim: 0.7, images: 17,
            residentMB: 99.5)
        #expect(ValidationRecord(json: held.json) == held)
        #expect(StepRecord(json: step.json.dropLast(5)) == nil)
        #expect(StepRecord(json: "") == nil)
    }

    @Test("A log is cut back to a step; half a line at its end does not matter")
    func truncate() throws {
        let folder = try TemporaryFolder()
        let path = folder["log.jsonl"]
        let log = try LineLog(appendingTo: path)
        for step in 1...5 {
            try log.append(
                StepRecord(
                    epoch: 0, step: step, phase: .pixels, loss: 1, mse: 1, glcm: nil, ssim: nil, haralick: nil,
                    learningRate: 0, gradientNorm: 0, imagesPerSecond: 1
                ).json)
        }
        try log.append("{\"epoch\": 0, \"st")
        let gap = try LineLog.cut(path, toStep: 3, stepsPerEpoch: 5, of: StepRecord.self, expecting: 1...3)
        #expect(gap == nil)
        var steps: [Int] = []
        try LineLog.forEachLine(of: path) { line in StepRecord(json: line).map { steps.append($0.step) } }
        #expect(steps == [1, 2, 3])
    }

    @Test(
        "Numbers that no run could have are refused by their key",
        arguments: [
            ("model.imageSize", "9223372036854775807"), ("model.imageSize", "-9223372036854775808"),
            ("loss.pixelEpochs", "4611686018427387904"), ("loss.textureEpochs", "1000001"),
            ("optimiser.batchSize", "9223372036854775807"), ("optimiser.accumulation", "4611686018427387904"),
            ("run.checkpointMinutes", "1e300"), ("loss.offsets", "[[-9223372036854775808, 0]]"),
            ("loss.bins", "1000000000"),
            ("model.decoderWidth", "9223372036854775804"), ("model.decoderDepth", "-1"), ("run.checkpointEpochs", "-1"),
        ])
    func bounds(_ key: String, _ value: String) throws {
        #expect(throws: SettingsError.self) {
            var settings = PretrainingSettings()
            try settings.set(key, to: value)
            try settings.validate()
        }
    }

    @Test("A damaged number in a log is a line that cannot be read")
    func damagedNumbers() throws {
        let record = StepRecord(
            epoch: 1, step: 2, phase: .pixels, loss: 0.5, mse: 0.5, glcm: nil, ssim: nil, haralick: nil,
            learningRate: 1,
            gradientNorm: 2, imagesPerSecond: 3)
        #expect(StepRecord(json: record.json) == record)
        for (from, to) in [
            ("\"epoch\": 1", "\"epoch\": 1e300"), ("\"step\": 2", "\"step\": 2.5"), ("\"phase\": 1", "\"phase\": 1e99"),
        ] {
            let line = record.json.replacingOccurrences(of: from, with: to)
            #expect(line != record.json && StepRecord(json: line) == nil, "\(line)")
        }
    }
}
