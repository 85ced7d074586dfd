// How well cases can be told apart when each is measured several times: intraclass correlation by analysis of variance (Shrout &
// Fleiss, Psychological Bulletin 86, 1979; the intervals as McGraw & Wong, Psychological Methods 1, 1996, write them out).

import Foundation

public struct IntraclassCorrelation: Hashable, Sendable {
    /// Which differences between measurements count as error.
    public enum Form: String, Hashable, Sendable, CaseIterable {
        /// Each case measured by others, taken at random: (1,1).
        case oneWay = "1"
        /// The same measurements of all cases, a sample of all there are; their levels count (agreement): (2,1).
        case agreement = "2"
        /// The same measurements of all cases, and no others; their levels do not count (consistency): (3,1).
        case consistency = "3"
    }

    public struct Estimate: Hashable, Sendable {
        public let value: Double
        /// 95 %, by F.
        public let interval: ClosedRange<Double>
    }

    public let cases: Int
    public let measurements: Int
    /// Mean squares between cases, between measurements, within cases, and what is left.
    public let betweenCases: Double
    public let betweenMeasurements: Double
    public let withinCases: Double
    public let residual: Double

    /// - Parameter table: cases × measurements, finite, at least 2 × 2. Nil where nothing varies at all (0/0).
    public init?(_ table: [[Double]]) {
        let (n, k) = (table.count, table.first?.count ?? 0)
        precondition(n > 1 && k > 1 && table.allSatisfy { $0.count == k }, "\(n) cases × \(k) measurements")
        // Deviations from one value first: squares of values around 1e8 would lose what they differ by.
        let origin = table[0][0]
        let rows = table.map { $0.map { $0 - origin } }
        let grand = rows.joined().reduce(0, +) / Double(n * k)
        let caseMeans = rows.map { $0.reduce(0, +) / Double(k) }
        let columnMeans = (0..<k).map { column in rows.reduce(0) { $0 + $1[column] } / Double(n) }
        func squares(_ values: some Sequence<Double>) -> Double { values.reduce(0) { $0 + $1 * $1 } }
        let ofCases = Double(k) * squares(caseMeans.map { $0 - grand })
        let ofColumns = Double(n) * squares(columnMeans.map { $0 - grand })
        var (within, rest) = (0.0, 0.0)
        for i in 0..<n {
            for j in 0..<k {
                within += (rows[i][j] - caseMeans[i]) * (rows[i][j] - caseMeans[i])
                let error = rows[i][j] - caseMeans[i] - columnMeans[j] + grand
                rest += error * error
            }
        }
        guard ofCases + within > 0 else { return nil }
        (cases, measurements) = (n, k)
        betweenCases = ofCases / Double(n - 1)
        betweenMeasurements = ofColumns / Double(k - 1)
        withinCases = within / Double(n * (k - 1))
        residual = rest / Double((n - 1) * (k - 1))
    }

    /// Of a single measurement. Nil for 0/0.
    public func single(_ form: Form) -> Estimate? {
        let (n, k) = (Double(cases), Double(measurements))
        let value: Double
        switch form {
        case .oneWay: value = (betweenCases - withinCases) / (betweenCases + (k - 1) * withinCases)
        case .agreement:
            value =
                (betweenCases - residual)
                / (betweenCases + (k - 1) * residual + k * (betweenMeasurements - residual) / n)
        case .consistency: value = (betweenCases - residual) / (betweenCases + (k - 1) * residual)
        }
        guard value.isFinite else { return nil }
        return Estimate(value: value, interval: interval(form, value))
    }

    /// Of the mean of all measurements: (1,k), (2,k), (3,k).
    public func mean(_ form: Form) -> Estimate? {
        let n = Double(cases)
        let k = Double(measurements)
        let value: Double
        switch form {
        case .oneWay: value = (betweenCases - withinCases) / betweenCases
        case .agreement: value = (betweenCases - residual) / (betweenCases + (betweenMeasurements - residual) / n)
        case .consistency: value = (betweenCases - residual) / betweenCases
        }
        guard value.isFinite, let single = single(form) else { return nil }
        // Spearman and Brown's step from one measurement to k.
        func stepped(_ r: Double) -> Double { k * r / (1 + (k - 1) * r) }
        let (low, high) = (stepped(single.interval.lowerBound), stepped(single.interval.upperBound))
        return Estimate(value: value, interval: min(low, high)...max(low, high))
    }

    private func interval(_ form: Form, _ value: Double) -> ClosedRange<Double> {
        let (n, k) = (Double(cases), Double(measurements))
        func bounds(_ ratio: Double, _ above: Double, _ below: Double) -> ClosedRange<Double> {
            guard ratio.isFinite else { return 1...1 }
            let low = ratio / FDistribution(above, below).quantile(0.975)
            let high = ratio * FDistribution(below, above).quantile(0.975)
            return (low - 1) / (low + k - 1)...(high - 1) / (high + k - 1)
        }
        switch form {
        case .oneWay: return bounds(betweenCases / withinCases, n - 1, n * (k - 1))
        case .consistency: return bounds(betweenCases / residual, n - 1, (n - 1) * (k - 1))
        case .agreement:
            guard value < 1 else { return 1...1 }
            // Satterthwaite's degrees of freedom of the error.
            let a = k * value / (n * (1 - value))
            let b = 1 + k * value * (n - 1) / (n * (1 - value))
            let (x, y) = (a * betweenMeasurements, b * residual)
            let degrees = (x + y) * (x + y) / (x * x / (k - 1) + y * y / ((n - 1) * (k - 1)))
            let f = FDistribution(n - 1, degrees).quantile(0.975)
            let g = FDistribution(degrees, n - 1).quantile(0.975)
            let error = k * betweenMeasurements + (k * n - k - n) * residual
            let low = n * (betweenCases - f * residual) / (f * error + n * betweenCases)
            let high = n * (g * betweenCases - residual) / (error + n * g * betweenCases)
            return min(low, high)...max(low, high)
        }
    }
}
