import Foundation
import NumericalMethods
import SeededRandom
import Statistics
import Testing

/// Two blocks of two columns and their classes; made by formulas, so that scikit-learn could be given the same.
private struct Example {
    let a: Matrix
    let b: Matrix
    let labels: [Int]
    let patients: [String]

    init(_ count: Int = 24) {
        let numbers = (0..<count).map(Double.init)
        a = Matrix(rows: count, columns: 2, values: numbers.flatMap { [sin(1.7 * $0), cos(2.9 * $0)] })
        b = Matrix(rows: count, columns: 2, values: numbers.flatMap { [sin(0.9 * $0 + 1), cos(0.4 * $0 * $0)] })
        let (a, b) = (a, b)
        labels = (0..<count).map { a[$0, 0] + b[$0, 1] + sin(5.1 * Double($0)) > 0 ? 1 : 0 }
        patients = (0..<count).map { "P\($0)" }
    }

    /// Folds in turn; inside a training part each patient is a fold.
    func fitted(_ blocks: [Matrix], labels: [Int]? = nil, penalties: [Double]) throws -> CrossValidatedClassifier {
        try #require(
            CrossValidatedClassifier(
                blocks: blocks, labels: labels ?? self.labels, classes: 2, patients: patients, folds: 100,
                given: patients.indices.map { String($0 % 3) }, penalties: penalties))
    }
}

@Suite("classifiers of several tables together")
struct CombinedClassifierTests {
    /// scikit-learn 1.7's LogisticRegression of the columns standardised and divided by √(n λ), C = 1, which is the same problem.
    @Test("a penalty for each block of columns: scikit-learn's probabilities")
    func blocks() {
        let example = Example()
        let x = example.a.joined(with: example.b)
        let model = LogisticRegression(
            x, labels: example.labels, classes: 2, penalties: [0.01, 0.01, 0.5, 0.5], tolerance: 1e-10)
        let expected = [0.5626514830755142, 0.9355493340827846, 0.32696621751091093, 0.06854054220292495]
        for (row, value) in expected.enumerated() {
            #expect(abs(model.probabilities(x)[row, 1] - value) < 1e-7, "\(model.probabilities(x)[row, 1]), \(value)")
        }
    }

    /// The same written out with scikit-learn: leave-one-out log-odds of each training part (λ = 0.1), standardised, then a
    /// regression with C = 1 that is applied to the held-out part.
    @Test("stacking: scikit-learn's probabilities")
    func stacked() throws {
        let example = Example()
        let parts = try [example.a, example.b].map { try example.fitted([$0], penalties: [0.1]) }
        let found = CrossValidatedClassifier.stacked(parts, labels: example.labels, classes: 2).probabilities
        let expected = [
            0.24799341276979128, 0.7570850655916599, 0.4631341893277879, 0.18087165002390185, 0.643811481124023,
            0.7284311715095346,
        ]
        for (row, value) in expected.enumerated() {
            #expect(abs(found[row, 1] - value) < 1e-5, "\(found[row, 1]), \(value)")
        }
        let mean = CrossValidatedClassifier.mean(parts).probabilities
        for row in 0..<24 {
            #expect(abs(mean[row, 1] - (parts[0].probabilities[row, 1] + parts[1].probabilities[row, 1]) / 2) < 1e-15)
        }
    }

    /// What a fold's observations are predicted to be cannot depend on what they are: neither through the choice of a penalty, nor
    /// through the regression that stacks.
    @Test("everything that is chosen or fitted is so inside the training part")
    func nested() throws {
        let example = Example(60)
        func probabilities(_ labels: [Int]) throws -> [Matrix] {
            let penalties = [0.01, 0.1, 1]
            let parts = try [example.a, example.b].map {
                try example.fitted([$0], labels: labels, penalties: penalties)
            }
            let blocks = try example.fitted([example.a, example.b], labels: labels, penalties: penalties)
            return [
                parts[0].probabilities, blocks.probabilities,
                CrossValidatedClassifier.stacked(parts, labels: labels, classes: 2).probabilities,
            ]
        }
        let turned = example.labels.enumerated().map { $0 % 3 == 0 ? 1 - $1 : $1 }
        for (own, other) in zip(try probabilities(example.labels), try probabilities(turned)) {
            for row in stride(from: 0, to: 60, by: 3) { #expect(own[row, 1] == other[row, 1], "row \(row)") }
            #expect((0..<60).contains { own[$0, 1] != other[$0, 1] })
        }
    }

    @Test("a block of noise gets a strong penalty, and does not drown the other one")
    func noise() throws {
        var generator = SeededGenerator(seed: 3)
        let count = 240
        let labels = (0..<count).map { $0 % 2 }
        let signal = Matrix(
            rows: count, columns: 2,
            values: labels.flatMap { [Double($0) + generator.normal(), Double($0) + generator.normal()] })
        let noise = Matrix(rows: count, columns: 120, values: (0..<count * 120).map { _ in generator.normal() })
        let patients = (0..<count).map { "P\($0)" }
        func area(_ blocks: [Matrix]) throws -> (Double, CrossValidatedClassifier) {
            let found = try #require(
                CrossValidatedClassifier(blocks: blocks, labels: labels, classes: 2, patients: patients, threads: 2))
            return (try #require(CrossValidatedClassifier.areaUnderCurve(found.probabilities, labels, 2)), found)
        }
        let (joined, _) = try area([signal.joined(with: noise)])
        let (blocks, found) = try area([signal, noise])
        #expect(blocks > joined, "\(blocks) of blocks, \(joined) of columns side by side")
        #expect(found.penalties.allSatisfy { $0[1] >= $0[0] }, "\(found.penalties)")
    }
}
