// Measured pairs in, signed differences feature by feature out, with what so many cases can prove.

import NumericalMethods
import Statistics

/// How the texture of one region, or of whole images, differs from side to side, feature by feature: always the second less the
/// first.
public struct RegionComparison: Sendable {
    /// With its modality where there are several; empty of whole images of one.
    public let region: String
    /// With the pairs of this region alone.
    public let compared: ComparedImages
    public let resamples: Int
    /// In the order of ``TextureMeasurement/features``.
    public let rows: [Row]
    public let unit: Unit
    /// Observations: patients, or pairs of images where the files do not say whose they are.
    public let unitCount: Int

    /// What counts as one observation.
    public enum Unit: String, Sendable { case patients, pairs }

    /// One feature. All figures are over units, each the mean of its images.
    public struct Row: Sendable {
        /// Median of the first side; nil where the feature is undefined in every pair.
        public var first: Double?
        public var second: Double?
        /// Median of second less first.
        public var difference: Double?
        /// Of the median difference: 95 % by resampling, or of the differences from smallest to largest.
        public var spread: Spread?
        /// Second less first over the mean of both sizes, for each unit: -2 to 2.
        public var relative: [Double]
        public var higher: Int
        public var lower: Int
        public var equal: Int
        /// Wilcoxon's signed ranks, two-sided; nil with fewer than ``TextureComparison/fewestUnits`` units.
        public var probability: Double?
        /// After Holm's correction over all rows that have one.
        public var corrected: Double?

        public var units: Int { higher + lower + equal }

        /// The median difference in shares of the first side's median; nil where that is 0, or the sides
        /// differ in sign.
        public var change: Double? {
            guard let first, let second, let difference, first * second > 0 else { return nil }
            return difference / abs(first)
        }
    }

    public enum Spread: Hashable, Sendable {
        case resampled(Interval)
        case ends(Interval)

        public var interval: Interval {
            switch self {
            case .resampled(let ends), .ends(let ends): ends
            }
        }
    }

    /// - Parameter resamples: of the units, for the intervals.
    /// - Precondition: at least one pair.
    init(_ compared: ComparedImages, region: String, resamples: Int, seed: UInt64) {
        precondition(!compared.pairs.isEmpty, "nothing to compare")
        (self.compared, self.region, self.resamples) = (compared, region, resamples)
        unit = compared.pairs.allSatisfy { !$0.patient.isEmpty } ? .patients : .pairs
        let numbers = patientNumbers(compared.pairs.map { [unit] in unit == .patients ? $0.patient : $0.name })
        unitCount = (numbers.max() ?? -1) + 1
        let bootstrap = PatientBootstrap(patients: Array(0..<unitCount), replicates: resamples, seed: seed)
        let count = unitCount
        rows = Self.corrected(
            TextureMeasurement.features.indices.map { feature in
                var sums = [(first: Double, second: Double, pairs: Double)](repeating: (0, 0, 0), count: count)
                for (pair, number) in zip(compared.pairs, numbers) {
                    guard let a = pair.first.features[feature], let b = pair.second.features[feature] else { continue }
                    sums[number].first += a
                    sums[number].second += b
                    sums[number].pairs += 1
                }
                let units = sums.filter { $0.pairs > 0 }.map { ($0.first / $0.pairs, $0.second / $0.pairs) }
                return Row(units, bootstrap: units.count == count ? bootstrap : nil, resamples, seed)
            })
    }

    private static func corrected(_ rows: [Row]) -> [Row] {
        var rows = rows
        let tested = rows.indices.filter { rows[$0].probability != nil }
        for (place, value) in zip(tested, holm(tested.compactMap { rows[$0].probability })) {
            rows[place].corrected = value
        }
        return rows
    }

    /// Rows that were tested.
    public var testedRows: Int { rows.count { $0.probability != nil } }

    /// The smallest two-sided p that so many units can give, all differing the same way: 2 / 2ⁿ.
    public var smallestProbability: Double? { TextureComparison.smallestProbability(units: unitCount) }
}

extension RegionComparison.Row {
    fileprivate init(
        _ units: [(first: Double, second: Double)], bootstrap: PatientBootstrap?, _ resamples: Int, _ seed: UInt64
    ) {
        let differences = units.map { $0.second - $0.first }
        relative = units.map { first, second in
            let size = (abs(first) + abs(second)) / 2
            return size > 0 ? (second - first) / size : 0
        }
        (higher, lower) = (differences.count { $0 > 0 }, differences.count { $0 < 0 })
        equal = differences.count - higher - lower
        guard !units.isEmpty else { return }
        first = quantile(units.map(\.first).sorted(), 0.5)
        second = quantile(units.map(\.second).sorted(), 0.5)
        let sorted = differences.sorted()
        difference = quantile(sorted, 0.5)
        guard units.count > 1 else { return }
        guard units.count >= TextureComparison.fewestUnits else {
            spread = .ends(Interval(low: sorted[0], high: sorted[sorted.count - 1]))
            return
        }
        let bootstrap =
            bootstrap ?? PatientBootstrap(patients: Array(0..<units.count), replicates: resamples, seed: seed)
        let order = differences.indices.sorted { differences[$0] < differences[$1] }
        let found = bootstrap.intervals(count: 1) { weights in
            let drawn = order.flatMap { [Double](repeating: differences[$0], count: Int(weights[$0])) }
            return [.value(quantile(drawn, 0.5))]
        }
        spread = found[0].interval.map { .resampled($0) }
        probability = SignedRankTest(differences, [Double](repeating: 0, count: differences.count)).probability
    }
}
