// Tests of two classifiers on the same observations or the same folds.

import Foundation

/// McNemar's test of two classifiers that are right at different observations (Psychometrika 12, 1947).
public struct McNemarTest: Hashable, Sendable {
    /// Observations that only A, only B gets right.
    public let onlyA: Int
    public let onlyB: Int

    public init(onlyA: Int, onlyB: Int) { (self.onlyA, self.onlyB) = (onlyA, onlyB) }

    public init(isRightA: [Bool], isRightB: [Bool]) {
        precondition(isRightA.count == isRightB.count, "\(isRightA.count) against \(isRightB.count) observations")
        self.init(
            onlyA: zip(isRightA, isRightB).count { $0 && !$1 }, onlyB: zip(isRightA, isRightB).count { !$0 && $1 })
    }

    private var discordant: Double { Double(onlyA + onlyB) }
    private var coin: FairCoin { FairCoin(trials: onlyA + onlyB) }
    private var smaller: Int { min(onlyA, onlyB) }

    /// Two-sided binomial, at most 1; 1 when the classifiers never differ.
    public var exact: Double { min(1, 2 * coin.cumulative(smaller)) }

    /// The exact one less the probability of the smaller count itself: less conservative (Fagerland, Lydersen, Laake, BMC Med.
    /// Res. Methodol. 13, 2013).
    public var midP: Double { onlyA + onlyB == 0 ? 1 : exact - coin.probability(smaller) }

    /// (b − c)² / (b + c), one degree of freedom.
    public var chiSquared: Double {
        guard discordant > 0 else { return 0 }
        let difference = Double(onlyA - onlyB)
        return difference * difference / discordant
    }

    /// (|b − c| − 1)² / (b + c): with Edwards' correction for continuity (Psychometrika 13, 1948).
    public var correctedChiSquared: Double {
        guard discordant > 0 else { return 0 }
        let difference = abs(Double(onlyA - onlyB)) - 1
        return difference * difference / discordant
    }

    public var chiSquaredProbability: Double { ChiSquared(degrees: 1).upper(chiSquared) }
    public var correctedProbability: Double { ChiSquared(degrees: 1).upper(correctedChiSquared) }
}

/// Student's t of the differences between pairs, e.g. accuracies of two models in the same folds.
public struct PairedTTest: Hashable, Sendable {
    public let meanDifference: Double
    /// Of the mean.
    public let standardError: Double
    public let degrees: Int

    /// - Parameter testShare: observations in a fold over observations that its model was trained on. The models of a
    ///   cross-validation share training data, which makes the plain test see too much; with the share the variance is
    ///   s² (1/k + share) instead of s²/k (Nadeau, Bengio: Inference for the generalization error, Machine Learning 52,
    ///   2003). 0: the plain test.
    /// - Returns: nil for fewer than two pairs.
    public init?(_ a: [Double], _ b: [Double], testShare: Double = 0) {
        precondition(a.count == b.count, "\(a.count) against \(b.count) folds")
        guard a.count > 1 else { return nil }
        let differences = zip(a, b).map { $0 - $1 }
        let count = Double(differences.count)
        let mean = differences.reduce(0, +) / count
        let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
        meanDifference = mean
        standardError = (variance * (1 / count + testShare)).squareRoot()
        degrees = differences.count - 1
    }

    /// 0 where no difference is and nothing varies, infinite where all differ by the same.
    public var t: Double {
        standardError > 0
            ? meanDifference / standardError
            : meanDifference == 0 ? 0 : meanDifference > 0 ? .infinity : -.infinity
    }

    public var probability: Double { StudentT(degrees: Double(degrees)).twoSided(t) }

    /// Of the mean difference, 95 %.
    public var interval: Interval {
        let half = StudentT(degrees: Double(degrees)).criticalValue(twoSided: 0.05) * standardError
        return Interval(low: meanDifference - half, high: meanDifference + half)
    }
}

/// Wilcoxon's signed-rank test of the differences between pairs (Biometrics Bull. 1, 1945), exact: for folds or patients
/// whose differences are not normal. Zero differences are left out; ties get midranks.
public struct SignedRankTest: Hashable, Sendable {
    /// Sum of the ranks of the positive differences.
    public let positiveRanks: Double
    /// Pairs that differ.
    public let pairs: Int
    /// Two-sided, of differences that are symmetric about 0; 1 without any.
    public let probability: Double

    public init(_ a: [Double], _ b: [Double]) {
        precondition(a.count == b.count, "\(a.count) against \(b.count) pairs")
        let differences = zip(a, b).map { $0 - $1 }.filter { $0 != 0 }.sorted { abs($0) < abs($1) }
        // Twice the midranks, which are whole numbers.
        var doubled: [Int] = []
        var start = 0
        while start < differences.count {
            var end = start
            while end < differences.count, abs(differences[end]) == abs(differences[start]) { end += 1 }
            doubled += [Int](repeating: start + end + 1, count: end - start)
            start = end
        }
        let positive = zip(differences, doubled).reduce(0) { $0 + ($1.0 > 0 ? $1.1 : 0) }
        positiveRanks = Double(positive) / 2
        pairs = differences.count
        probability = Self.probability(of: positive, ranks: doubled)
    }

    /// Share of the 2ⁿ sign patterns that lie at least as far out, twice; the normal approximation beyond 200 pairs.
    private static func probability(of sum: Int, ranks: [Int]) -> Double {
        let total = ranks.reduce(0, +)
        let smaller = min(sum, total - sum)
        guard ranks.count <= 200 else {
            let variance = ranks.reduce(0.0) { $0 + Double($1) * Double($1) } / 4
            return Normal.twoSided((Double(total) / 2 - Double(smaller)) / variance.squareRoot())
        }
        var shares = [Double](repeating: 0, count: total + 1)
        shares[0] = 1
        for rank in ranks {
            for place in stride(from: total, through: 0, by: -1) {
                shares[place] = (shares[place] + (place >= rank ? shares[place - rank] : 0)) / 2
            }
        }
        return min(1, 2 * shares[0...smaller].reduce(0, +))
    }
}
