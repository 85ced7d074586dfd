// The classifier that features of any origin are compared with: convex, so that it has one answer.

import Foundation

/// Multinomial logistic regression with an L2 penalty: minimises Σ −log p(label) + n λ/2 Σ w² over standardised columns;
/// intercepts are free. Two classes have one weight a column (that of class 1), more have one a class.
public struct LogisticRegression: Sendable {
    public let classes: Int
    private let inputs: Standardiser
    /// One row of weights and, last, the intercept for each class that has any.
    public let weights: Matrix
    /// Norm of the objective's gradient over the number of observations where the search ended.
    public let gradientNorm: Double

    /// - Parameters:
    ///   - x: observations × columns, finite.
    ///   - labels: classes from 0, one an observation.
    ///   - penalty: λ > 0, per observation.
    ///   - start: weights of an earlier fit to begin with, as along a path of penalties.
    ///   - tolerance: norm of the gradient, over the number of observations, at which the search ends.
    public init(
        _ x: Matrix, labels: [Int], classes: Int, penalty: Double, start: LogisticRegression? = nil,
        tolerance: Double = 1e-9
    ) {
        precondition(x.rows == labels.count && classes >= 2, "\(x.rows) rows, \(labels.count) labels of \(classes)")
        precondition(penalty > 0, "a penalty of \(penalty)")
        self.classes = classes
        inputs = Standardiser(x)
        let objective = LogisticObjective(x: inputs(x), labels: labels, classes: classes, penalty: penalty)
        let rows = objective.rows
        let (found, norm) = minimise(
            start?.weights.values ?? [Double](repeating: 0, count: rows * (x.columns + 1)), tolerance: tolerance
        ) {
            objective.valueAndGradient($0, &$1)
        }
        weights = Matrix(rows: rows, columns: x.columns + 1, values: found)
        gradientNorm = norm
    }

    /// Observations × classes; rows sum to 1.
    public func probabilities(_ x: Matrix) -> Matrix {
        let standard = inputs(x)
        var result = Matrix(rows: x.rows, columns: classes)
        for row in 0..<x.rows {
            let scores = (0..<weights.rows).map { k in
                standard.row(row).enumerated().reduce(weights[k, x.columns]) { $0 + weights[k, $1.offset] * $1.element }
            }
            for (k, value) in softmax(classes == 2 ? [0] + scores : scores).enumerated() { result[row, k] = value }
        }
        return result
    }
}

private func softmax(_ scores: [Double]) -> [Double] {
    let top = scores.max() ?? 0
    let powers = scores.map { exp($0 - top) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
}

private struct LogisticObjective {
    let x: Matrix
    let labels: [Int]
    let classes: Int
    let penalty: Double

    var rows: Int { classes == 2 ? 1 : classes }

    /// The mean over the observations, so that its size does not depend on their number.
    func valueAndGradient(_ weights: [Double], _ gradient: inout [Double]) -> Double {
        let width = x.columns + 1
        let share = 1 / Double(max(1, x.rows))
        var value = 0.0
        gradient = [Double](repeating: 0, count: weights.count)
        var scores = [Double](repeating: 0, count: rows)
        x.values.withUnsafeBufferPointer { x in
            weights.withUnsafeBufferPointer { weights in
                gradient.withUnsafeMutableBufferPointer { gradient in
                    for row in labels.indices {
                        let line = UnsafeBufferPointer(rebasing: x[row * (width - 1)..<(row + 1) * (width - 1)])
                        for k in 0..<rows {
                            scores[k] = weights[k * width + width - 1]
                            guard let first = line.baseAddress, let start = weights.baseAddress else { continue }
                            scores[k] += dotProduct(start + k * width, first, width - 1)
                        }
                        let p = softmax(classes == 2 ? [0, scores[0]] : scores)
                        value -= share * log(max(p[labels[row]], 1e-300))
                        for k in 0..<rows {
                            let label = classes == 2 ? k + 1 : k
                            let slope = share * (p[label] - (labels[row] == label ? 1 : 0))
                            for j in 0..<width - 1 { gradient[k * width + j] += slope * line[j] }
                            gradient[k * width + width - 1] += slope
                        }
                    }
                }
            }
        }
        for k in 0..<rows {
            for j in 0..<width - 1 {
                let weight = weights[k * width + j]
                value += penalty / 2 * weight * weight
                gradient[k * width + j] += penalty * weight
            }
        }
        return value
    }
}

/// Smallest value of a smooth convex function: limited-memory BFGS with ten pairs (Nocedal, Wright: Numerical optimization,
/// algorithm 7.4) and halved steps until the value falls enough (Armijo).
/// - Returns: where it ended and the gradient's norm there.
func minimise(
    _ start: [Double], iterations: Int = 1000, tolerance: Double,
    _ function: ([Double], inout [Double]) -> Double
) -> (point: [Double], gradientNorm: Double) {
    func dot(_ a: [Double], _ b: [Double]) -> Double {
        var sum = 0.0
        for index in a.indices { sum += a[index] * b[index] }
        return sum
    }
    var point = start
    var gradient = [Double](repeating: 0, count: start.count)
    var value = function(point, &gradient)
    var pairs: [(step: [Double], change: [Double], curvature: Double)] = []
    for _ in 0..<iterations {
        if dot(gradient, gradient).squareRoot() <= tolerance { break }
        var direction = gradient.map { -$0 }
        var factors: [Double] = []
        for pair in pairs.reversed() {
            let factor = dot(pair.step, direction) / pair.curvature
            factors.append(factor)
            for index in direction.indices { direction[index] -= factor * pair.change[index] }
        }
        if let last = pairs.last {
            let scale = last.curvature / dot(last.change, last.change)
            for index in direction.indices { direction[index] *= scale }
        }
        for (pair, factor) in zip(pairs, factors.reversed()) {
            let correction = factor - dot(pair.change, direction) / pair.curvature
            for index in direction.indices { direction[index] += correction * pair.step[index] }
        }
        let slope = dot(gradient, direction)
        // Rounding has eaten the descent: nothing better can be found in doubles.
        guard slope < 0 else { break }
        var (length, next, nextGradient, nextValue) = (1.0, point, gradient, value)
        var hasFallen = false
        for _ in 0..<60 {
            for index in point.indices { next[index] = point[index] + length * direction[index] }
            nextValue = function(next, &nextGradient)
            // At the bottom the value no longer resolves the step; a smaller gradient does.
            if nextValue <= value + 1e-4 * length * slope
                || abs(nextValue - value) <= 1e-14 * abs(value)
                    && dot(nextGradient, nextGradient) < dot(gradient, gradient)
            {
                hasFallen = true
                break
            }
            length /= 2
        }
        guard hasFallen else { break }
        let step = zip(next, point).map { $0 - $1 }
        let change = zip(nextGradient, gradient).map { $0 - $1 }
        let curvature = dot(step, change)
        if curvature > 1e-300 {
            pairs.append((step, change, curvature))
            if pairs.count > 10 { pairs.removeFirst() }
        }
        (point, gradient, value) = (next, nextGradient, nextValue)
    }
    return (point, dot(gradient, gradient).squareRoot())
}
