import MaskedAutoencoder
import NeuralNetwork
import Parallel
import TestSupport
import Testing

/// PyTorch's files go into a network by name and shape.
@Suite(.enabled(if: FixtureSet.exists, Comment(rawValue: FixtureSet.absence)))
struct WeightsFixtureTests {
    static let names = (try? FixtureSet.names(ofKind: "checkpoint")) ?? []

    @Test(arguments: names) func bothLayoutsOfCheckpointsLoad(_ name: String) throws {
        let expected = try #require(try FixtureSet.files(ofKind: "checkpoint_expected").first)
        let model = try #require(expected.description["model"] as? [String: Any])
        func size(_ key: String) throws -> Int { try #require(model[key] as? Int) }
        let configuration = try MaskedAutoencoderConfiguration(
            imageHeight: size("img_h"), imageWidth: size("img_w"), patchSide: size("patch"), channels: size("channels"),
            encoder: .init(width: size("dim"), depth: size("depth"), heads: size("heads")),
            decoder: .init(width: size("dec_dim"), depth: size("dec_depth"), heads: size("dec_heads")))
        let network = MaskedAutoencoderNetwork<Float>(configuration, batchCapacity: 1, workers: Workers(1))
        let report = try WeightsFile.load(FixtureSet.root + "/" + name, into: network)
        #expect(report.missing.isEmpty && report.unexpected.isEmpty)
        for entry in network.weights.layout.entries {
            let reference = try expected.tensors.tensor("w." + entry.name)
            #expect(network.weights[entry].map { Double($0) } == reference.values, "\(entry.name)")
        }
    }
}
