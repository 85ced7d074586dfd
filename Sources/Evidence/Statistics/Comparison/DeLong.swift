// Variance of areas under ROC curves and of their difference, without resampling.

/// Areas under the curves of two scores of the same observations, with their covariance.
///
/// DeLong, DeLong, Clarke-Pearson: Comparing the areas under two or more correlated ROC curves (Biometrics 44, 1988):
/// covariances of the structural components with n − 1, divided by the number of positives and of negatives. With
/// `patients`, observations of one patient may depend on each other: the components are summed by patient first (Obuchowski:
/// Nonparametric analysis of clustered ROC curve data, Biometrics 53, 1997); it is DeLong's when each patient has one.
public struct DeLongTest: Hashable, Sendable {
    public let areaA: Double
    public let areaB: Double
    public let varianceA: Double
    public let varianceB: Double
    public let covariance: Double

    /// - Parameter patients: a number for each observation, equal for the same patient; nil: all independent.
    /// - Returns: nil when a class has fewer than two observations (or patients).
    public init?(isPositive: [Bool], scoresA: [Double], scoresB: [Double], patients: [Int]? = nil) {
        let (a, b) = (
            ScoredSample(isPositive: isPositive, scores: scoresA), ScoredSample(isPositive: isPositive, scores: scoresB)
        )
        guard let componentsA = a.components(), let componentsB = b.components() else { return nil }
        let patients = patients ?? Array(isPositive.indices)
        let clusters = Clusters(isPositive: isPositive, patients: patients)
        guard clusters.withPositives > 1, clusters.withNegatives > 1 else { return nil }
        let (m, n) = (Double(a.positives), Double(a.negatives))
        func area(_ components: [Double]) -> Double {
            components.indices.reduce(0) { $0 + (isPositive[$1] ? components[$1] : 0) } / m
        }
        areaA = area(componentsA)
        areaB = area(componentsB)
        let (deviationsA, deviationsB) = (
            clusters.deviations(componentsA, area: areaA), clusters.deviations(componentsB, area: areaB)
        )
        let (p, q, all) = (Double(clusters.withPositives), Double(clusters.withNegatives), Double(clusters.count))
        func covariance(_ a: [Clusters.Deviation], _ b: [Clusters.Deviation]) -> Double {
            var (positive, negative, mixed) = (0.0, 0.0, 0.0)
            for (x, y) in zip(a, b) {
                positive += x.positives * y.positives
                negative += x.negatives * y.negatives
                mixed += x.positives * y.negatives + x.negatives * y.positives
            }
            return p / (p - 1) * positive / (m * m) + q / (q - 1) * negative / (n * n)
                + all / (all - 1) * mixed / (m * n)
        }
        varianceA = covariance(deviationsA, deviationsA)
        varianceB = covariance(deviationsB, deviationsB)
        self.covariance = covariance(deviationsA, deviationsB)
    }

    /// Of the area of A, normal approximation, cut to 0…1.
    public var intervalA: Interval { Self.interval(areaA, varianceA) }

    /// (area A − area B) / √(var A + var B − 2 cov). 0 where nothing varies: then there is nothing to judge a difference by.
    public var z: Double {
        let variance = varianceA + varianceB - 2 * covariance
        // Rounding may leave 1e-17 where it is 0.
        guard variance > 1e-14 * (varianceA + varianceB) else { return 0 }
        return (areaA - areaB) / variance.squareRoot()
    }

    /// Two-sided, of areas that are equal.
    public var probability: Double { Normal.twoSided(z) }

    private static func interval(_ area: Double, _ variance: Double) -> Interval {
        let half = Normal.quantile975 * max(0, variance).squareRoot()
        return Interval(low: max(0, area - half), high: min(1, area + half))
    }
}

/// Observations by patient.
private struct Clusters {
    struct Deviation {
        var positives = 0.0
        var negatives = 0.0
    }

    let isPositive: [Bool]
    /// Dense numbers of the patients, from 0.
    let patients: [Int]
    let count: Int
    let withPositives: Int
    let withNegatives: Int

    init(isPositive: [Bool], patients: [Int]) {
        self.isPositive = isPositive
        self.patients = patientNumbers(patients)
        count = (self.patients.max() ?? -1) + 1
        withPositives = Set(zip(self.patients, isPositive).filter(\.1).map(\.0)).count
        withNegatives = Set(zip(self.patients, isPositive).filter { !$0.1 }.map(\.0)).count
    }

    /// Σ (component − area) over the positives and over the negatives of each patient.
    func deviations(_ components: [Double], area: Double) -> [Deviation] {
        var deviations = [Deviation](repeating: Deviation(), count: count)
        for (index, patient) in patients.enumerated() {
            if isPositive[index] {
                deviations[patient].positives += components[index] - area
            } else {
                deviations[patient].negatives += components[index] - area
            }
        }
        return deviations
    }
}
