import Foundation
import MaskedAutoencoder
import Preparation
import Pretraining
import SettingsFile
import Testing
import Training

@Suite("What nobody said")
struct DefaultsTests {
    private func resolved(_ yaml: String = "", slices: Int?) throws -> PretrainingSettings {
        try PretrainingSettings(yaml: yaml.isEmpty ? "run: {seed: 0}" : yaml).resolved(with: nil, slices: slices)
    }

    private func decoder(_ settings: PretrainingSettings) -> String {
        "\(settings.model.decoderWidth)/\(settings.model.decoderDepth)/\(settings.model.decoderHeads)"
    }

    @Test("Model, batch and rate follow from the number of slices and the model")
    func bySize() throws {
        let few = try resolved(slices: 702)
        #expect(few.model.name == "vit-ti16" && few.model.imageSize == 96)
        #expect(decoder(few) == "128/4/4")
        #expect(few.optimiser.batchSize == 32 && few.optimiser.rate == 4e-3, "\(few.optimiser.rate)")
        #expect(few.data.channels == 1 && few.data.preparation.side == 110)
        #expect(few.data.crop == .place && few.data.flip == .horizontal)
        let tiny = try resolved(slices: 12)
        #expect(tiny.optimiser.batchSize == 3)
        let many = try resolved(slices: 1_000_000)
        #expect(many.model.name == "vit-b16" && many.model.imageSize == 224 && many.optimiser.batchSize == 8)
        #expect(decoder(many) == "512/8/16")
        // A step of 8 has 1.25e-4 and not the 4.7e-6 of MAE's rule.
        #expect(abs(many.optimiser.rate * 8 / 256 - 1.25e-4) < 1e-7, "\(many.optimiser.rate)")
        // For MAE's own batch the rule comes within a fifth of MAE's 2.4e-3.
        let mae = try resolved("model: {name: vit-b16}\noptimiser: {batchSize: 4096}", slices: 1_000_000)
        #expect(abs(mae.optimiser.rate * 16 / 2.4e-3 - 1) < 0.2, "\(mae.optimiser.rate)")
        // What is said stays.
        let said = try resolved(
            "model: {name: vit-s8, imageSize: 64, decoderWidth: 64}\noptimiser: {batchSize: 5, rate: 0.001}", slices: 9)
        #expect(said.model.name == "vit-s8" && said.model.imageSize == 64 && said.model.decoderHeads == 2)
        #expect(said.optimiser.batchSize == 5 && said.optimiser.rate == 0.001)
        #expect(try said.resolved(with: nil, slices: 1_000_000) == said)
    }

    @Test("The recipe of the paper is that of samples/pretrain-paper.yaml; what a recipe sets can be said")
    func recipes() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../samples/pretrain-paper.yaml").standardizedFileURL
        let sample = try PretrainingSettings(yaml: String(contentsOf: file, encoding: .utf8))
        #expect(PretrainingSettings(recipe: .paper) == sample)
        for recipe in Recipe.allCases {
            let settings = PretrainingSettings(recipe: recipe)
            try settings.validate()
            let lines = PretrainingSettings.lines(of: recipe)
            var again = PretrainingSettings()
            for line in lines {
                let parts = line.split(separator: ":", maxSplits: 1)
                try again.set(String(parts[0]), to: String(parts[1].dropFirst()))
            }
            #expect(again == settings, "\(lines)")
        }
    }
}
