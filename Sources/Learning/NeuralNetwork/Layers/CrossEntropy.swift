import Glibc

/// What an image is called: one class, or two by their shares where two images were mixed.
public struct SoftLabel: Hashable, Sendable {
    public var first: Int
    public var second: Int
    /// Of the first class; the second has the rest.
    public var share: Double

    public init(_ label: Int) { (first, second, share) = (label, label, 1) }

    public init(_ first: Int, _ second: Int, share: Double) {
        (self.first, self.second, self.share) = (first, second, share)
    }
}

/// Cross entropy of scores against classes: the mean over images of -Σ w[c] y[c] log p[c], where p = softmax(scores) and y is the
/// label, smoothed (Szegedy et al.: Rethinking the Inception architecture, 2016): (1 - s) · [class = label] + s / C. PyTorch's
/// `cross_entropy` with probabilities as targets.
public struct CrossEntropy: Hashable, Sendable {
    /// s
    public var smoothing: Double
    /// w, one a class; empty: all 1.
    public var weights: [Double]

    public init(smoothing: Double = 0, weights: [Double] = []) {
        (self.smoothing, self.weights) = (smoothing, weights)
    }

    /// The loss of scores [B, C], times `share`, computed in double; its gradient by the scores,
    /// share / B · (p Σ w y - w y), goes into `gradient` where there is one.
    public func evaluate<T: NetworkScalar>(
        _ scores: UnsafePointer<T>, labels: some Collection<SoftLabel>, classes: Int,
        gradient: UnsafeMutablePointer<T>?,
        share: Double = 1
    ) -> Double {
        precondition(weights.isEmpty || weights.count == classes, "\(weights.count) weights of \(classes) classes")
        var sum = 0.0
        let scale = share / Double(labels.count)
        for (image, label) in labels.enumerated() {
            precondition(
                (0..<classes).contains(label.first) && (0..<classes).contains(label.second),
                "classes \(label.first) and \(label.second) of \(classes)")
            let logarithms = Self.logarithms(of: scores + image * classes, classes: classes)
            let wanted = (0..<classes).map { index in
                let own = (index == label.first ? label.share : 0) + (index == label.second ? 1 - label.share : 0)
                return (weights.isEmpty ? 1 : weights[index]) * ((1 - smoothing) * own + smoothing / Double(classes))
            }
            // Where a probability is 0 and not wanted, its logarithm does not count.
            sum -= zip(wanted, logarithms).reduce(0) { $1.0 == 0 && !$1.1.isNaN ? $0 : $0 + $1.0 * $1.1 }
            guard let gradient else { continue }
            let total = wanted.reduce(0, +)
            for (index, logarithm) in logarithms.enumerated() {
                gradient[image * classes + index] = T(scale * (exp(logarithm) * total - wanted[index]))
            }
        }
        return sum * scale
    }

    /// Of labels that are classes.
    public func evaluate<T: NetworkScalar>(
        _ scores: UnsafePointer<T>, labels: some Collection<Int>, classes: Int, gradient: UnsafeMutablePointer<T>?,
        share: Double = 1
    ) -> Double {
        evaluate(scores, labels: labels.map { SoftLabel($0) }, classes: classes, gradient: gradient, share: share)
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
