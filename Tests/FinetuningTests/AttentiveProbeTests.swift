import Finetuning
import Foundation
import NumericalMethods
import Parallel
import SeededRandom
import Testing

@Suite("The attentive probe")
struct AttentiveProbeTests {
    /// Images of 4 to 6 tokens of width 6.
    private static func images(_ count: Int, seed: UInt64) -> [ImageTokens] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { number in
            ImageTokens((0..<(4 + number % 3) * 6).map { _ in Float(generator.normal()) }, width: 6)
        }
    }

    @Test("Its gradient is that of finite differences", arguments: [2, 3])
    func gradient(classes: Int) throws {
        let images = Self.images(40, seed: 3)
        let labels = images.indices.map { $0 % classes }
        let inputs = Standardiser(Matrix(rows: 2, columns: 6, values: (0..<12).map { Double($0 * $0) / 50 }))
        let objective = AttentiveObjective(
            width: 6, queries: 3, classes: classes, penalty: 0.1, inputs: inputs, workers: Workers(2))
        var generator = SeededGenerator(seed: 9)
        let point = (0..<objective.count).map { _ in 0.3 * generator.normal() }
        var (gradient, unused) = (point, point)
        _ = objective.valueAndGradient(point, images, labels, &gradient)
        for index in point.indices {
            func value(_ change: Double) -> Double {
                var moved = point
                moved[index] += change
                return objective.valueAndGradient(moved, images, labels, &unused)
            }
            let slope = (value(1e-5) - value(-1e-5)) / 2e-5
            #expect(abs(slope - gradient[index]) < 1e-8 + 1e-6 * abs(slope), "\(index): \(gradient[index]), \(slope)")
        }
    }

    /// One token in five says the class; the mean of all drowns it.
    @Test("Finds the tokens that tell, where the mean does not, with the same bits for any number of threads")
    func looks() throws {
        func set(_ count: Int, seed: UInt64) -> (images: [ImageTokens], labels: [Int]) {
            var generator = SeededGenerator(seed: seed)
            let labels = (0..<count).map { $0 % 2 }
            let images = labels.map { label in
                let telling = generator.integer(below: 5)
                return ImageTokens(
                    (0..<5).flatMap { token -> [Float] in
                        let isTelling = token == telling
                        return (0..<4).map { k in
                            let noise = generator.normal()
                            return switch k {
                            // Marks the token that tells; what the others say is louder and means nothing.
                            case 0: Float(isTelling ? 3 + 0.1 * noise : 0.1 * noise)
                            case 2: Float(isTelling ? (label == 1 ? 1 : -1) : 3 * noise)
                            default: Float(noise)
                            }
                        }
                    }, width: 4)
            }
            return (images, labels)
        }
        let (known, asked) = (set(200, seed: 1), set(200, seed: 2))
        func right(_ probabilities: [[Double]]) -> Int {
            zip(probabilities, asked.labels).count { ($0[1] > 0.5) == ($1 == 1) }
        }
        func means(_ images: [ImageTokens]) -> [[Float]] {
            images.map { image in
                (0..<4).map { k in (0..<5).reduce(0) { $0 + image.values[$1 * 4 + k] } / 5 }
            }
        }
        let probe = AttentiveProbe(
            known.images, labels: known.labels, classes: 2, queries: 2, penalty: 0.1, workers: Workers(1))
        let linear = LinearProbe(means(known.images), labels: known.labels, classes: 2, penalty: 0.1)
        let (attentive, plain) = (
            right(probe.probabilities(asked.images)), right(linear.probabilities(means(asked.images)))
        )
        #expect(attentive >= 190 && plain < 150, "attentive \(attentive), mean \(plain) of 200")
        let other = AttentiveProbe(
            known.images, labels: known.labels, classes: 2, queries: 2, penalty: 0.1, workers: Workers(2))
        #expect(other.probabilities(asked.images) == probe.probabilities(asked.images))
    }
}
