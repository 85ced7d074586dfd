// Cheaper looks at an encoder than fine-tuning it: what a linear classifier or the nearest neighbours make of its features.

import Foundation
import NumericalMethods

/// Multinomial logistic regression on standardised features: Σ cross entropy + penalty · |W|² / 2, the biases not shrunk:
/// scikit-learn's `LogisticRegression(C=1/penalty)`, which has one weight vector where there are two classes and a vector a class
/// otherwise. Convex, so that nothing depends on chance.
public struct LinearProbe: Sendable {
    private let model: LogisticRegression

    /// - Parameters:
    ///   - features: N of D values.
    ///   - labels: N classes.
    public init(_ features: [[Float]], labels: [Int], classes: Int, penalty: Double = 1) {
        precondition(features.count == labels.count && !features.isEmpty, "\(features.count) features")
        model = LogisticRegression(
            Self.matrix(features), labels: labels, classes: classes, penalty: penalty / Double(features.count))
    }

    /// Classes of every feature vector; each row sums to 1.
    public func probabilities(_ features: [[Float]]) -> [[Double]] {
        guard !features.isEmpty else { return [] }
        let probabilities = model.probabilities(Self.matrix(features))
        return features.indices.map { Array(probabilities.row($0)) }
    }

    private static func matrix(_ features: [[Float]]) -> Matrix {
        Matrix(rows: features.count, columns: features[0].count, values: features.joined().map { Double($0) })
    }
}

/// The nearest of the training images by the cosine of their features, each with the weight e^(cosine / 0.07) (Wu et al. 2018;
/// DINO's protocol, Caron et al. 2021).
public struct NeighbourProbe: Sendable {
    private let features: [[Double]]
    private let labels: [Int]
    private let classes: Int
    private let neighbours: Int

    /// `neighbours` or as many as there are.
    public init(_ features: [[Float]], labels: [Int], classes: Int, neighbours: Int = 20) {
        precondition(features.count == labels.count && !features.isEmpty, "\(features.count) features")
        self.features = features.map(Self.normalised)
        (self.labels, self.classes, self.neighbours) = (labels, classes, min(neighbours, features.count))
    }

    public func probabilities(_ asked: [[Float]]) -> [[Double]] {
        asked.map { row in
            let row = Self.normalised(row)
            let cosines = features.map { zip($0, row).reduce(0) { $0 + $1.0 * $1.1 } }
            let nearest = cosines.indices.sorted { (-cosines[$0], $0) < (-cosines[$1], $1) }.prefix(neighbours)
            var votes = [Double](repeating: 0, count: classes)
            // Off the largest, so that nothing overflows.
            let largest = nearest.first.map { cosines[$0] } ?? 0
            for index in nearest { votes[labels[index]] += exp((cosines[index] - largest) / 0.07) }
            let sum = votes.reduce(0, +)
            return votes.map { $0 / sum }
        }
    }

    private static func normalised(_ row: [Float]) -> [Double] {
        let length = row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        return row.map { length > 0 ? Double($0) / length : 0 }
    }
}
