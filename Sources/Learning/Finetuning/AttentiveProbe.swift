// A probe that learns where to look.

import Foundation
import NumericalMethods
import Parallel

/// The tokens of one image, behind one block.
public struct ImageTokens: Sendable {
    /// [T, D]
    public var values: [Float]
    /// D
    public var width: Int

    public init(_ values: [Float], width: Int) {
        precondition(width > 0 && values.count % width == 0 && !values.isEmpty, "\(values.count) values of \(width)")
        (self.values, self.width) = (values, width)
    }

    public var count: Int { values.count / width }

    /// The mean of the tokens [D].
    var mean: [Double] {
        var sums = [Double](repeating: 0, count: width)
        for token in 0..<count {
            for k in 0..<width { sums[k] += Double(values[token * width + k]) }
        }
        return sums.map { $0 / Double(count) }
    }
}

/// Logistic regression of features that are pooled by attention: each of M queries looks at all tokens of an image and pools one
/// M-th of their values, z = Σ softmax(q · x / √D) x, after Bardes et al. 2024 (arXiv:2404.08471) and Psomas et al. 2025
/// (arXiv:2506.10178). It begins as the linear probe of the mean (queries of 0 look everywhere alike) and goes downhill from
/// there, all images at once, so that nothing depends on chance or on the number of threads.
public struct AttentiveProbe: Sendable {
    private let objective: AttentiveObjective
    private let point: [Double]

    /// - Parameters:
    ///   - images: all of one width, which `queries` divides.
    ///   - labels: a class of each.
    ///   - penalty: of the squared weights and queries, as of ``LinearProbe``.
    public init(
        _ images: [ImageTokens], labels: [Int], classes: Int, queries: Int, penalty: Double = 1, workers: Workers
    ) {
        precondition(images.count == labels.count && !images.isEmpty, "\(images.count) images")
        let means = Matrix(rows: images.count, columns: images[0].width, values: images.flatMap(\.mean))
        let inputs = Standardiser(means)
        let linear = LogisticRegression(
            means, labels: labels, classes: classes, penalty: penalty / Double(images.count))
        objective = AttentiveObjective(
            width: images[0].width, queries: queries, classes: classes, penalty: penalty / Double(images.count),
            inputs: inputs, workers: workers)
        let start = [Double](repeating: 0, count: objective.queryCount) + linear.weights.values
        point =
            minimise(from: start, iterations: 200, tolerance: 1e-5) { [objective] point, gradient in
                objective.valueAndGradient(point, images, labels, &gradient)
            }.point
    }

    /// Classes of every image; each row sums to 1.
    public func probabilities(_ images: [ImageTokens]) -> [[Double]] {
        images.map { objective.probabilities(point, $0) }
    }
}

/// What is minimised, over queries [M, D], then weights [rows, D + 1] with the intercept last.
package struct AttentiveObjective: Sendable {
    /// D
    let width: Int
    /// M
    let queries: Int
    let classes: Int
    /// λ, per observation.
    let penalty: Double
    /// Of pooled values.
    let inputs: Standardiser
    let workers: Workers

    package init(width: Int, queries: Int, classes: Int, penalty: Double, inputs: Standardiser, workers: Workers) {
        precondition(queries > 0 && width % queries == 0, "\(queries) queries for tokens of \(width)")
        (self.width, self.queries, self.classes) = (width, queries, classes)
        (self.penalty, self.inputs, self.workers) = (penalty, inputs, workers)
    }

    var queryCount: Int { queries * width }
    /// Of two classes the first has the score 0.
    private var rows: Int { classes == 2 ? 1 : classes }
    package var count: Int { queryCount + rows * (width + 1) }

    func probabilities(_ point: [Double], _ image: ImageTokens) -> [Double] {
        softmax(scores(point, pooled(point, standardised(image)).values))
    }

    /// Mean cross entropy + λ / 2 (|queries|² + |weights|²), intercepts free.
    package func valueAndGradient(
        _ point: [Double], _ images: [ImageTokens], _ labels: [Int], _ gradient: inout [Double]
    ) -> Double {
        // Blocks of the same images for any number of threads, added up in their order.
        let block = 16
        let parts = workers.map((images.count + block - 1) / block) { number in
            var (value, slopes) = (0.0, [Double](repeating: 0, count: count))
            for index in number * block..<min(images.count, (number + 1) * block) {
                value += add(images[index], labels[index], point, to: &slopes)
            }
            return (value: value, slopes: slopes)
        }
        let share = 1 / Double(images.count)
        var value = 0.0
        for index in gradient.indices { gradient[index] = 0 }
        for part in parts {
            value += share * part.value
            for index in gradient.indices { gradient[index] += share * part.slopes[index] }
        }
        for index in point.indices where !isIntercept(index) {
            value += penalty / 2 * point[index] * point[index]
            gradient[index] += penalty * point[index]
        }
        return value
    }

    private func isIntercept(_ index: Int) -> Bool {
        index >= queryCount && (index - queryCount) % (width + 1) == width
    }

    // MARK: One image

    /// Tokens [T, D], so that the mean over an image has mean 0 and deviation 1 over the training images.
    private func standardised(_ image: ImageTokens) -> [Double] {
        image.values.enumerated().map { place, value in
            let k = place % width
            return (Double(value) - inputs.means[k]) * inputs.scales[k]
        }
    }

    /// Attention [M, T] and the pooled values [D].
    private func pooled(_ point: [Double], _ tokens: [Double]) -> (attention: [Double], values: [Double]) {
        let (count, part) = (tokens.count / width, width / queries)
        let scale = 1 / Double(width).squareRoot()
        var attention = [Double](repeating: 0, count: queries * count)
        var values = [Double](repeating: 0, count: width)
        for query in 0..<queries {
            var largest = -Double.infinity
            for token in 0..<count {
                var score = 0.0
                for k in 0..<width { score += point[query * width + k] * tokens[token * width + k] }
                attention[query * count + token] = scale * score
                largest = max(largest, scale * score)
            }
            var sum = 0.0
            for token in 0..<count {
                let power = exp(attention[query * count + token] - largest)
                attention[query * count + token] = power
                sum += power
            }
            for token in 0..<count {
                attention[query * count + token] /= sum
                let weight = attention[query * count + token]
                for k in query * part..<(query + 1) * part { values[k] += weight * tokens[token * width + k] }
            }
        }
        return (attention, values)
    }

    private func scores(_ point: [Double], _ values: [Double]) -> [Double] {
        (0..<rows).map { row in
            let start = queryCount + row * (width + 1)
            return (0..<width).reduce(point[start + width]) { $0 + point[start + $1] * values[$1] }
        }
    }

    private func softmax(_ scores: [Double]) -> [Double] {
        let scores = classes == 2 ? [0] + scores : scores
        let largest = scores.max() ?? 0
        let powers = scores.map { exp($0 - largest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }

    /// The cross entropy of an image; its slopes are added.
    private func add(_ image: ImageTokens, _ label: Int, _ point: [Double], to slopes: inout [Double]) -> Double {
        let tokens = standardised(image)
        let (count, part) = (image.count, width / queries)
        let (attention, values) = pooled(point, tokens)
        let p = softmax(scores(point, values))
        // By the scores, then by the pooled values.
        var byValue = [Double](repeating: 0, count: width)
        for row in 0..<rows {
            let name = classes == 2 ? 1 : row
            let slope = p[name] - (label == name ? 1 : 0)
            let start = queryCount + row * (width + 1)
            for k in 0..<width {
                slopes[start + k] += slope * values[k]
                byValue[k] += slope * point[start + k]
            }
            slopes[start + width] += slope
        }
        // By the attention, behind its softmax, by the queries.
        let scale = 1 / Double(width).squareRoot()
        for query in 0..<queries {
            var byAttention = [Double](repeating: 0, count: count)
            var mean = 0.0
            for token in 0..<count {
                for k in query * part..<(query + 1) * part {
                    byAttention[token] += byValue[k] * tokens[token * width + k]
                }
                mean += attention[query * count + token] * byAttention[token]
            }
            for token in 0..<count {
                let slope = scale * attention[query * count + token] * (byAttention[token] - mean)
                for k in 0..<width { slopes[query * width + k] += slope * tokens[token * width + k] }
            }
        }
        return -log(max(p[label], 1e-300))
    }
}
