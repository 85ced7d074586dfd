import NeuralNetwork
import TestSupport
import Testing

@Suite(.enabled(if: FixtureSet.exists, Comment(rawValue: FixtureSet.absence)))
struct ScheduleFixtureTests {
    @Test func learningRates() throws {
        let files = try FixtureSet.files(ofKind: "tables")
        #expect(!files.isEmpty)
        for file in files {
            let table = try file.tensors.tensor("lr")
            for row in 0..<table.shape[0] {
                let r = table[row]
                let rate = LearningRate(base: r[0], floor: r[1], warmup: r[2], epochs: r[3])
                #expect(
                    abs(rate(r[4]) - r[5]) <= 1e-14 * max(1, abs(r[5])), "t = \(r[4]): \(rate(r[4])), expected \(r[5])")
            }
        }
    }
}
