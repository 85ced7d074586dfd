import Foundation
import Statistics

/// The table of an ablation, in the layout of the paper: one row per variant, one column per metric.
public struct AblationTable: Sendable {
    public struct Row: Sendable {
        public var name: String
        /// The predictions of each seed that is done.
        public var runs: [UInt64: PredictionSet]
        /// Why seeds are missing.
        public var failure: String?

        public init(name: String, runs: [UInt64: PredictionSet], failure: String? = nil) {
            (self.name, self.runs, self.failure) = (name, runs, failure)
        }
    }

    public struct Entry: Sendable {
        public var value: Double?
        public var interval: Interval?
    }

    /// What intervals and p are about: one kind for the whole table, since the two say different things.
    public enum Spread: Hashable, Sendable {
        /// All rows have one seed: how much it depends on whom the test set holds. Bootstrap and DeLong by patient.
        case patients
        /// Some row has several: how much it depends on the seed. Student's t; a row with one seed has neither interval nor p.
        case seeds
    }

    public let rows: [Row]
    public let positive: PositiveClass?
    public let resamples: Int
    public let spread: Spread
    public let metrics: [ClassifierMetrics.Name]
    /// By row and metric.
    public private(set) var entries: [[Entry]] = []
    /// p of the last metric against the first row; nil where there is none.
    public private(set) var probabilities: [Double?] = []
    /// By row: the seeds that are done, ascending, each with its metrics and their intervals by patient.
    public private(set) var seeds: [[(seed: UInt64, entries: [Entry])]] = []

    /// - Parameters:
    ///   - positive: nil for metrics over all classes.
    ///   - resamples: of the patients, for the intervals of a single seed.
    public init(rows: [Row], positive: PositiveClass?, resamples: Int, threads: Int) {
        (self.rows, self.positive, self.resamples) = (rows, positive, resamples)
        spread = rows.contains { $0.runs.count > 1 } ? .seeds : .patients
        let metrics: [ClassifierMetrics.Name] =
            positive == nil
            ? [.accuracy, .balancedAccuracy, .macroF1, .macroAUROC]
            : [.accuracy, .specificity, .sensitivity, .f1, .auroc]
        self.metrics = metrics
        seeds = rows.map { row in
            row.runs.sorted { $0.key < $1.key }.map { seed, set in
                let found = ClassifierMetrics(
                    set, positive: positive?.number, replicates: resamples, seed: 0, threads: threads)
                return (
                    seed,
                    metrics.map { Entry(value: found[$0]?.statistic.value, interval: found[$0]?.interval.interval) }
                )
            }
        }
        entries = seeds.map { seeds in metrics.indices.map { place in entry(seeds.map { $0.entries[place] }) } }
        probabilities = rows.indices.map { $0 == 0 ? nil : probability($0) }
    }

    /// The mean over the seeds with Student's interval; of one seed its value, with the interval by patient where all rows have one.
    private func entry(_ seeds: [Entry]) -> Entry {
        let values = seeds.compactMap(\.value)
        guard !values.isEmpty else { return Entry(value: nil, interval: nil) }
        guard spread == .seeds else { return seeds[0] }
        let test = PairedTTest(values, [Double](repeating: 0, count: values.count))
        // Student's t knows nothing of 0 and 1, between which every metric lies.
        return Entry(
            value: values.reduce(0, +) / Double(values.count), interval: test?.interval.clipped(to: 0...1))
    }

    /// Paired t over the seeds that both have, of several; of one DeLong's by patient. Nil of fewer patients than
    /// ``ModelComparison/fewestPatients``.
    private func probability(_ row: Int) -> Double? {
        func areas(_ row: Int) -> [UInt64: Double] {
            Dictionary(
                uniqueKeysWithValues: seeds[row].compactMap { seed in
                    seed.entries.last?.value.map { (seed.seed, $0) }
                })
        }
        let (own, first) = (areas(row), areas(0))
        let shared = own.keys.filter { first[$0] != nil }.sorted()
        guard let seed = shared.first, let a = rows[row].runs[seed], let b = rows[0].runs[seed],
            Set(a.patients).count >= ModelComparison.fewestPatients
        else { return nil }
        switch spread {
        case .seeds:
            guard shared.count > 1 else { return nil }
            return PairedTTest(shared.compactMap { own[$0] }, shared.compactMap { first[$0] })?.probability
        case .patients:
            guard let positive else { return nil }
            let joined: (PredictionSet, PredictionSet)
            do { joined = try ModelComparison.joined(a, b) } catch {
                // Rows that were fine-tuned on other images cannot be tested against each other.
                return nil
            }
            let sample = joined.0.scored(positive.number)
            return DeLongTest(
                isPositive: sample.isPositive, scoresA: sample.scores,
                scoresB: joined.1.scored(positive.number).scores, patients: patientNumbers(joined.0.patients))?
                .probability
        }
    }
}
