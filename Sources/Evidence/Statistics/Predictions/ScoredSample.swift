/// Observations of two classes, each with a score that is higher the more it looks positive. Sorted once, so that the area
/// under the curve of a reweighted sample takes one pass.
public struct ScoredSample: Sendable {
    public let isPositive: [Bool]
    public let scores: [Double]
    /// Indices by ascending score.
    private let order: [Int]

    /// Equally many of both; scores are finite.
    public init(isPositive: [Bool], scores: [Double]) {
        precondition(isPositive.count == scores.count, "\(isPositive.count) labels, \(scores.count) scores")
        (self.isPositive, self.scores) = (isPositive, scores)
        order = scores.indices.sorted { scores[$0] < scores[$1] }
    }

    public var positives: Int { isPositive.count { $0 } }
    public var negatives: Int { isPositive.count - positives }

    /// Area under the receiver operating characteristic: P(score of a positive > that of a negative) + ½ P(equal) (Bamber, J.
    /// Math. Psychol. 12, 1975). An observation counts `weights` times.
    public func auroc(weights: [Double]? = nil) -> Statistic {
        var (below, wins) = (0.0, 0.0)
        var (allPositives, start) = (0.0, 0)
        while start < order.count {
            let score = scores[order[start]]
            var (tiedPositives, tiedNegatives) = (0.0, 0.0)
            var end = start
            while end < order.count, scores[order[end]] == score {
                let weight = weights?[order[end]] ?? 1
                if isPositive[order[end]] { tiedPositives += weight } else { tiedNegatives += weight }
                end += 1
            }
            wins += tiedPositives * (below + tiedNegatives / 2)
            below += tiedNegatives
            allPositives += tiedPositives
            start = end
        }
        if allPositives + below == 0 { return .undefined(.noObservations) }
        if allPositives == 0 { return .undefined(.noPositives) }
        if below == 0 { return .undefined(.noNegatives) }
        return .value(wins / (allPositives * below))
    }

    /// Area under the curve of precision and recall as a sum of steps, Σ (Rₙ − Rₙ₋₁) Pₙ over the distinct scores from the highest
    /// on: scikit-learn's average precision, without the interpolation that flatters (Davis, Goadrich, ICML 2006). Of guesses it
    /// is the share of positives, not ½. An observation counts `weights` times.
    public func averagePrecision(weights: [Double]? = nil) -> Statistic {
        var (hits, called, area) = (0.0, 0.0, 0.0)
        var end = order.count
        while end > 0 {
            let score = scores[order[end - 1]]
            var (start, found) = (end, 0.0)
            while start > 0, scores[order[start - 1]] == score {
                start -= 1
                let weight = weights?[order[start]] ?? 1
                called += weight
                if isPositive[order[start]] { found += weight }
            }
            hits += found
            if found > 0 { area += found * hits / called }
            end = start
        }
        if called == 0 { return .undefined(.noObservations) }
        return .ratio(area, hits, else: .noPositives)
    }

    /// A point of the curve: what is called positive at scores from `threshold` on.
    public struct CurvePoint: Hashable, Sendable {
        public var threshold: Double
        public var falsePositiveRate: Double
        public var truePositiveRate: Double
    }

    /// The curve from (0, 0) to (1, 1), one point a distinct score; empty when one of the classes is.
    public var curve: [CurvePoint] {
        let (allPositives, allNegatives) = (Double(positives), Double(negatives))
        guard allPositives > 0, allNegatives > 0 else { return [] }
        var points = [CurvePoint(threshold: .infinity, falsePositiveRate: 0, truePositiveRate: 0)]
        var (hits, alarms) = (0.0, 0.0)
        for place in order.indices.reversed() {
            if isPositive[order[place]] { hits += 1 } else { alarms += 1 }
            let score = scores[order[place]]
            if place > 0, scores[order[place - 1]] == score { continue }
            points.append(
                CurvePoint(
                    threshold: score, falsePositiveRate: alarms / allNegatives, truePositiveRate: hits / allPositives))
        }
        return points
    }

    /// For each observation the share of the other class that it is on the right side of, ties counting half: DeLong's
    /// structural components V₁₀ of the positives and V₀₁ of the negatives, by midranks in n log n (Sun, Xu: Fast
    /// implementation of DeLong's algorithm, IEEE Signal Process. Lett. 21, 2014). Nil when one of the classes is empty.
    func components() -> [Double]? {
        let (m, n) = (Double(positives), Double(negatives))
        guard m > 0, n > 0 else { return nil }
        var components = [Double](repeating: 0, count: scores.count)
        var (positivesBelow, negativesBelow, start) = (0.0, 0.0, 0)
        while start < order.count {
            let score = scores[order[start]]
            var end = start
            while end < order.count, scores[order[end]] == score { end += 1 }
            let tied = order[start..<end]
            let tiedPositives = Double(tied.count { isPositive[$0] })
            let tiedNegatives = Double(tied.count) - tiedPositives
            for index in tied {
                components[index] =
                    isPositive[index]
                    ? (negativesBelow + tiedNegatives / 2) / n
                    : (m - positivesBelow - tiedPositives + tiedPositives / 2) / m
            }
            positivesBelow += tiedPositives
            negativesBelow += tiedNegatives
            start = end
        }
        return components
    }
}
