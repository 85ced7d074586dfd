/// Whether probabilities are what they say: of all observations called positive with 80 %, are 80 % positive?
public struct Calibration: Hashable, Sendable {
    /// Observations whose probability lies in an equal share of 0…1.
    public struct Bin: Hashable, Sendable {
        public var count: Int
        /// Mean of their probabilities.
        public var meanProbability: Double
        /// Share of them that is positive.
        public var positiveShare: Double
    }

    /// Those that are not empty, in ascending order.
    public let bins: [Bin]
    /// Expected calibration error: mean of |share − probability| over the bins, by their counts (Naeini, Cooper, Hauskrecht,
    /// AAAI 2015). It depends on the number of bins.
    public let expectedError: Statistic
    /// Mean of (probability − label)² (Brier, Monthly Weather Review 78, 1950).
    public let brier: Statistic

    /// - Parameter weights: how often an observation counts; `Bin.count` ignores it.
    public init(isPositive: [Bool], probabilities: [Double], bins count: Int = 10, weights: [Double]? = nil) {
        var sums = [(count: Int, weight: Double, probability: Double, positive: Double)](
            repeating: (0, 0, 0, 0), count: count)
        var (total, squares) = (0.0, 0.0)
        for (index, probability) in probabilities.enumerated() {
            let weight = weights?[index] ?? 1
            // 1 belongs to the last bin.
            let bin = Int(min(Double(count - 1), max(0, probability * Double(count))))
            let label = isPositive[index] ? 1.0 : 0
            sums[bin].count += 1
            sums[bin].weight += weight
            sums[bin].probability += weight * probability
            sums[bin].positive += weight * label
            total += weight
            squares += weight * (probability - label) * (probability - label)
        }
        let filled = sums.filter { $0.weight > 0 }
        bins = filled.map {
            Bin(count: $0.count, meanProbability: $0.probability / $0.weight, positiveShare: $0.positive / $0.weight)
        }
        brier = .ratio(squares, total, else: .noObservations)
        expectedError = .ratio(
            filled.reduce(0) { $0 + abs($1.positive - $1.probability) }, total, else: .noObservations)
    }
}
