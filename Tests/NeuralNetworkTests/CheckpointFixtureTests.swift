import Foundation
import NeuralNetwork
import SeededRandom
import TestSupport
import Testing

/// Both layouts of `.pth` files against the tensors that PyTorch says they hold.
@Suite(.enabled(if: FixtureSet.exists, Comment(rawValue: FixtureSet.absence)))
struct CheckpointFixtureTests {
    static let names = (try? FixtureSet.names(ofKind: "checkpoint")) ?? []

    @Test(arguments: names) func tensorsAreThoseOfPyTorch(_ name: String) throws {
        let expected = try #require(try FixtureSet.files(ofKind: "checkpoint_expected").first).tensors
        let checkpoint = try PyTorchCheckpoint(contentsOf: FixtureSet.root + "/" + name)
        #expect(Set(checkpoint.tensors.keys.map { "w." + $0 }) == Set(expected.names))
        for (key, tensor) in checkpoint.tensors {
            let reference = try expected.tensor("w." + key)
            #expect(tensor.shape == reference.shape && tensor.values(as: Double.self) == reference.values, "\(key)")
        }
    }

    /// Cut off or with bytes changed, a file is refused or read, never a crash.
    @Test(arguments: names) func damageIsAnError(_ name: String) throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: FixtureSet.root + "/" + name))
        for length in stride(from: 0, to: whole.count, by: whole.count / 97) {
            #expect(throws: PyTorchCheckpointError.self) { try PyTorchCheckpoint(parsing: whole.prefix(length)) }
        }
        var generator = SeededGenerator(seed: 5)
        var refused = 0
        // The pickle lies at the front, the directory at the end.
        for trial in 0..<2000 {
            var data = whole
            for _ in 0..<3 {
                let place =
                    trial % 2 == 0
                    ? 60 + generator.integer(below: 3300) : whole.count - 1 - generator.integer(below: 3000)
                data[place] = UInt8(generator.integer(below: 256))
            }
            do {
                for tensor in try PyTorchCheckpoint(parsing: data).tensors.values { _ = tensor.values(as: Float.self) }
            } catch is PyTorchCheckpointError { refused += 1 }
        }
        #expect(refused > 500)
    }
}
