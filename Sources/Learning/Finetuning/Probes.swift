// Cheaper looks at an encoder than fine-tuning it: what a linear classifier or the nearest neighbours make of its features.

import Foundation
import NeuralNetwork
import Parallel

/// Multinomial logistic regression on standardised features: mean cross entropy + |W|² / (2 N), the bias not shrunk (what
/// scikit-learn calls C = 1), minimised by L-BFGS (Liu, Nocedal 1989), so that nothing depends on chance.
public struct LinearProbe: Sendable {
    private let classes: Int
    private let width: Int
    private let mean: [Double]
    private let deviation: [Double]
    /// [D + 1, C], the bias last.
    private let weights: [Double]

    /// - Parameters:
    ///   - features: N of D values.
    ///   - labels: N classes.
    public init(_ features: [[Float]], labels: [Int], classes: Int) {
        precondition(features.count == labels.count && !features.isEmpty, "\(features.count) features")
        (self.classes, width) = (classes, features[0].count)
        let (count, width) = (features.count, width)
        var mean = [Double](repeating: 0, count: width)
        for row in features { for k in 0..<width { mean[k] += Double(row[k]) / Double(count) } }
        var variance = [Double](repeating: 0, count: width)
        for row in features {
            for k in 0..<width {
                variance[k] += (Double(row[k]) - mean[k]) * (Double(row[k]) - mean[k]) / Double(count)
            }
        }
        self.mean = mean
        // A value that never changes tells nothing.
        deviation = variance.map { $0 > 1e-24 ? $0.squareRoot() : .infinity }
        let x = Self.standardised(features, mean, deviation)
        let size = width + 1
        let criterion = CrossEntropy()
        weights = minimised(from: [Double](repeating: 0, count: size * classes)) { weights in
            var (scores, slopes) = (
                [Double](repeating: 0, count: count * classes), [Double](repeating: 0, count: count * classes)
            )
            var gradient = [Double](repeating: 0, count: size * classes)
            let workers = Workers(1)
            MatrixProduct.multiply(
                MatrixView(x, count, size), MatrixView(weights, size, classes), into: &scores, previous: .overwritten,
                workers: workers)
            var value = criterion.evaluate(scores, labels: labels, classes: classes, gradient: &slopes)
            MatrixProduct.multiply(
                MatrixView(x, count, size).transposed, MatrixView(slopes, count, classes), into: &gradient,
                previous: .overwritten, workers: workers)
            for k in 0..<width * classes {
                value += weights[k] * weights[k] / Double(2 * count)
                gradient[k] += weights[k] / Double(count)
            }
            return (value, gradient)
        }
    }

    public func probabilities(_ features: [[Float]]) -> [[Double]] {
        guard !features.isEmpty else { return [] }
        let x = Self.standardised(features, mean, deviation)
        var scores = [Double](repeating: 0, count: features.count * classes)
        MatrixProduct.multiply(
            MatrixView(x, features.count, width + 1), MatrixView(weights, width + 1, classes), into: &scores,
            previous: .overwritten, workers: Workers(1))
        return scores.withUnsafeBufferPointer { scores in
            features.indices.map {
                CrossEntropy.probabilities(scores.baseAddress! + $0 * classes, classes: classes)
            }
        }
    }

    /// [N, D + 1] with a last column of ones.
    private static func standardised(_ features: [[Float]], _ mean: [Double], _ deviation: [Double]) -> [Double] {
        features.flatMap { row in zip(row, zip(mean, deviation)).map { (Double($0) - $1.0) / $1.1 } + [1] }
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

/// L-BFGS with ten pairs and a line search that halves the step until the value falls (Armijo).
private func minimised(
    from start: [Double], _ evaluate: ([Double]) -> (value: Double, gradient: [Double])
) -> [Double] {
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    var x = start
    var (value, gradient) = evaluate(x)
    var pairs: [(s: [Double], y: [Double], rho: Double)] = []
    for _ in 0..<500 {
        guard dot(gradient, gradient).squareRoot() > 1e-8 else { break }
        var direction = gradient
        var factors: [Double] = []
        for pair in pairs.reversed() {
            let factor = pair.rho * dot(pair.s, direction)
            for k in direction.indices { direction[k] -= factor * pair.y[k] }
            factors.append(factor)
        }
        if let last = pairs.last {
            let scale = dot(last.s, last.y) / dot(last.y, last.y)
            for k in direction.indices { direction[k] *= scale }
        }
        for (pair, factor) in zip(pairs, factors.reversed()) {
            let other = pair.rho * dot(pair.y, direction)
            for k in direction.indices { direction[k] += (factor - other) * pair.s[k] }
        }
        let slope = -dot(gradient, direction)
        guard slope < 0 else { break }
        var length = pairs.isEmpty ? min(1, 1 / dot(gradient, gradient).squareRoot()) : 1
        var next = (x: x, value: value, gradient: gradient)
        var isBetter = false
        for _ in 0..<40 {
            next.x = zip(x, direction).map { $0 - length * $1 }
            (next.value, next.gradient) = evaluate(next.x)
            isBetter = next.value <= value + 1e-4 * length * slope
            if isBetter { break }
            length /= 2
        }
        guard isBetter else { break }
        let s = zip(next.x, x).map { $0 - $1 }
        let y = zip(next.gradient, gradient).map { $0 - $1 }
        let curvature = dot(s, y)
        if curvature > 1e-14 {
            pairs.append((s, y, 1 / curvature))
            if pairs.count > 10 { pairs.removeFirst() }
        }
        (x, value, gradient) = (next.x, next.value, next.gradient)
    }
    return x
}
