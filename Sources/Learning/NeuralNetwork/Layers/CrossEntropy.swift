import Glibc

/// Cross entropy of scores against classes, with label smoothing (Szegedy et al.: Rethinking the Inception architecture, 2016):
/// the mean over images of (1 - s) (-log p[label]) + s · mean over classes of -log p, where p = softmax(scores).
public struct CrossEntropy: Hashable, Sendable {
    /// s
    public var smoothing: Double

    public init(smoothing: Double = 0) { self.smoothing = smoothing }

    /// The loss of scores [B, C], times `share`, computed in double; its gradient by the scores,
    /// share / B · (p - (1 - s) · [class = label] - s / C), goes into `gradient` where there is one.
    public func evaluate<T: NetworkScalar>(
        _ scores: UnsafePointer<T>, labels: some Collection<Int>, classes: Int, gradient: UnsafeMutablePointer<T>?,
        share: Double = 1
    ) -> Double {
        var sum = 0.0
        let weight = share / Double(labels.count)
        for (image, label) in labels.enumerated() {
            precondition((0..<classes).contains(label), "class \(label) of \(classes)")
            let row = scores + image * classes
            let logarithms = Self.logarithms(of: row, classes: classes)
            let mean = logarithms.reduce(0, +) / Double(classes)
            sum -= (1 - smoothing) * logarithms[label] + smoothing * mean
            guard let gradient else { continue }
            for (index, logarithm) in logarithms.enumerated() {
                let wanted = (index == label ? 1 - smoothing : 0) + smoothing / Double(classes)
                gradient[image * classes + index] = T(weight * (exp(logarithm) - wanted))
            }
        }
        return sum * weight
    }

    /// softmax of one image's scores.
    public static func probabilities<T: NetworkScalar>(_ scores: UnsafePointer<T>, classes: Int) -> [Double] {
        logarithms(of: scores, classes: classes).map { exp($0) }
    }

    /// log softmax; the maximum is taken off for range only.
    private static func logarithms<T: NetworkScalar>(of scores: UnsafePointer<T>, classes: Int) -> [Double] {
        let values = (0..<classes).map { Double(scores[$0]) }
        // Not a number in, not a number out: max() alone might hide one.
        let largest = values.reduce(-Double.infinity) { $1.isNaN ? .nan : max($0, $1) }
        let sum = values.reduce(0) { $0 + exp($1 - largest) }
        return values.map { $0 - largest - log(sum) }
    }
}
