// The classifier that features of any origin are compared with: convex, so that it has one answer.

import Glibc

/// Multinomial logistic regression with an L2 penalty: minimises Σ −log p(label) + n/2 Σ λ w² over standardised columns, λ one
/// number or one of each column; intercepts are free. Two classes have one weight per column (that of class 1), more have one per class.
public struct LogisticRegression: Sendable {
    public let classes: Int
    private let inputs: Standardiser
    /// One row of weights and, last, the intercept for each class that has any.
    public let weights: Matrix
    /// Norm of the objective's gradient over the number of observations where the search ended.
    public let gradientNorm: Double

    /// - Parameters:
    ///   - x: observations × columns, finite.
    ///   - labels: classes from 0, one per observation.
    ///   - penalty: λ > 0, per observation.
    ///   - start: weights of an earlier fit to begin with, as along a path of penalties.
    ///   - tolerance: norm of the gradient, over the number of observations, at which the search ends.
    public init(
        _ x: Matrix, labels: [Int], classes: Int, penalty: Double, start: LogisticRegression? = nil,
        tolerance: Double = 1e-9
    ) {
        self.init(
            x, labels: labels, classes: classes, penalties: [Double](repeating: penalty, count: x.columns),
            start: start,
            tolerance: tolerance)
    }

    /// - Parameter penalties: λ > 0 of each column.
    public init(
        _ x: Matrix, labels: [Int], classes: Int, penalties: [Double], start: LogisticRegression? = nil,
        tolerance: Double = 1e-9
    ) {
        precondition(x.rows == labels.count && classes >= 2, "\(x.rows) rows, \(labels.count) labels of \(classes)")
        precondition(
            penalties.count == x.columns && penalties.allSatisfy { $0 > 0 }, "\(penalties) for \(x.columns) columns")
        precondition(x.isFinite, "values that are infinite or not a number")
        self.classes = classes
        inputs = Standardiser(x)
        let objective = LogisticObjective(x: inputs(x), labels: labels, classes: classes, penalties: penalties)
        let rows = objective.rows
        let (found, norm) = minimise(
            from: start?.weights.values ?? [Double](repeating: 0, count: rows * (x.columns + 1)), tolerance: tolerance
        ) {
            objective.valueAndGradient($0, &$1)
        }
        weights = Matrix(rows: rows, columns: x.columns + 1, values: found)
        gradientNorm = norm
    }

    /// Observations × classes; rows sum to 1.
    public func probabilities(_ x: Matrix) -> Matrix {
        let scores = Self.scores(inputs(x), weights.values, rows: weights.rows)
        var result = Matrix(rows: x.rows, columns: classes)
        for row in 0..<x.rows {
            for (k, value) in softmax(scores.row(row), classes).enumerated() { result[row, k] = value }
        }
        return result
    }

    /// Observations × rows of weights: X Wᵀ + the intercepts.
    fileprivate static func scores(_ x: Matrix, _ weights: [Double], rows: Int) -> Matrix {
        let width = x.columns + 1
        let slopes = Matrix(
            rows: rows, columns: x.columns,
            values: (0..<rows).flatMap { weights[$0 * width..<($0 + 1) * width - 1] })
        var scores = x.timesTransposed(slopes)
        for row in 0..<x.rows {
            for k in 0..<rows { scores[row, k] += weights[(k + 1) * width - 1] }
        }
        return scores
    }
}

/// Of two classes the first has the score 0.
private func softmax(_ scores: ArraySlice<Double>, _ classes: Int) -> [Double] {
    let scores = classes == 2 ? [0] + scores : Array(scores)
    let top = scores.max() ?? 0
    let powers = scores.map { exp($0 - top) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
}

private struct LogisticObjective {
    /// Standardised.
    let x: Matrix
    let labels: [Int]
    let classes: Int
    /// Of each column.
    let penalties: [Double]

    var rows: Int { classes == 2 ? 1 : classes }

    /// The mean over the observations, so that its size does not depend on their number.
    func valueAndGradient(_ weights: [Double], _ gradient: inout [Double]) -> Double {
        let width = x.columns + 1
        let share = 1 / Double(max(1, x.rows))
        var value = 0.0
        // Scores at first, then the slopes of the value by them.
        var slopes = LogisticRegression.scores(x, weights, rows: rows)
        var intercepts = [Double](repeating: 0, count: rows)
        for row in labels.indices {
            let p = softmax(slopes.row(row), classes)
            value -= share * log(max(p[labels[row]], 1e-300))
            for k in 0..<rows {
                let label = classes == 2 ? k + 1 : k
                let slope = share * (p[label] - (labels[row] == label ? 1 : 0))
                slopes[row, k] = slope
                intercepts[k] += slope
            }
        }
        let products = slopes.transposedTimes(x)
        for k in 0..<rows {
            for j in 0..<width - 1 {
                let weight = weights[k * width + j]
                value += penalties[j] / 2 * weight * weight
                gradient[k * width + j] = products[k, j] + penalties[j] * weight
            }
            gradient[(k + 1) * width - 1] = intercepts[k]
        }
        return value
    }
}
