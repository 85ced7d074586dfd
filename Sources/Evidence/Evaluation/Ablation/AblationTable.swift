import Encoding
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

    public let rows: [Row]
    public let positive: Int?
    public let resamples: Int
    public let metrics: [ClassifierMetrics.Name]
    /// By row and metric.
    public private(set) var entries: [[Entry]] = []
    /// p of the last metric against the first row; nil where there is none.
    public private(set) var probabilities: [Double?] = []

    /// - Parameters:
    ///   - positive: index of the positive class; nil for metrics over all classes.
    ///   - resamples: of the patients, for the intervals of a single seed.
    public init(rows: [Row], positive: Int?, resamples: Int, threads: Int) {
        (self.rows, self.positive, self.resamples) = (rows, positive, resamples)
        metrics =
            positive == nil
            ? [.accuracy, .balancedAccuracy, .macroF1, .macroAUROC]
            : [.accuracy, .specificity, .sensitivity, .f1, .auroc]
        var areas: [[UInt64: Double]] = []
        for row in rows {
            let found = row.runs.mapValues {
                ClassifierMetrics($0, positive: positive, replicates: resamples, seed: 0, threads: threads)
            }
            entries.append(metrics.map { Self.entry(found, $0) })
            areas.append(found.compactMapValues { [metrics] in $0[metrics[metrics.count - 1]]?.statistic.value })
        }
        probabilities = rows.indices.map { row in
            row == 0 ? nil : Self.probability(rows[row], rows[0], areas[row], areas[0], positive)
        }
    }

    /// Mean over the seeds with Student's interval; for one seed its value with the interval by patient.
    private static func entry(_ found: [UInt64: ClassifierMetrics], _ name: ClassifierMetrics.Name) -> Entry {
        let metrics = found.sorted { $0.key < $1.key }.compactMap { $0.value[name] }
        let values = metrics.compactMap(\.statistic.value)
        guard !values.isEmpty else { return Entry(value: nil, interval: nil) }
        if metrics.count == 1 { return Entry(value: values[0], interval: metrics[0].interval.interval) }
        let zeros = [Double](repeating: 0, count: values.count)
        let test = PairedTTest(values, zeros)
        return Entry(value: values.reduce(0, +) / Double(values.count), interval: test?.interval)
    }

    /// Paired t over the seeds that both have; with one seed DeLong's by patient.
    private static func probability(
        _ row: Row, _ first: Row, _ areas: [UInt64: Double], _ firstAreas: [UInt64: Double], _ positive: Int?
    ) -> Double? {
        let seeds = areas.keys.filter { firstAreas[$0] != nil }.sorted()
        if seeds.count > 1 {
            return PairedTTest(seeds.compactMap { areas[$0] }, seeds.compactMap { firstAreas[$0] })?.probability
        }
        guard let seed = seeds.first, let positive, let a = row.runs[seed], let b = first.runs[seed] else { return nil }
        let joined: (PredictionSet, PredictionSet)
        do { joined = try ModelComparison.joined(a, b) } catch {
            // Rows that were fine-tuned on other images cannot be tested against each other.
            return nil
        }
        let sample = joined.0.scored(positive)
        return DeLongTest(
            isPositive: sample.isPositive, scoresA: sample.scores, scoresB: joined.1.scored(positive).scores,
            patients: patientNumbers(joined.0.patients))?.probability
    }

    /// For people: `.949 (.930 to .966)`.
    package var shown: PlainTable {
        var table = PlainTable(["", "seeds"] + metrics.map(\.rawValue) + ["p"])
        for (row, cells) in zip(rows.indices, entries) {
            let values = cells.map { cell in
                guard let value = cell.value else { return "-" }
                let interval = cell.interval.map {
                    " (" + String(format: "%.3f", $0.low) + " to " + String(format: "%.3f", $0.high) + ")"
                }
                return String(format: "%.3f", value) + (interval ?? "")
            }
            table.rows.append(
                [rows[row].name, String(rows[row].runs.count)] + values
                    + [probabilities[row].map(shownProbability) ?? (rows[row].failure ?? "")])
        }
        return table
    }

    /// `row,seeds,metric,value,low,high,p,failure` with all digits.
    package var csv: String {
        var table = PlainTable(["row", "seeds", "metric", "value", "low", "high", "p", "failure"])
        func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        for (row, cells) in zip(rows.indices, entries) {
            for (name, cell) in zip(metrics, cells) {
                table.rows.append([
                    rows[row].name, String(rows[row].runs.count), name.rawValue, text(cell.value),
                    text(cell.interval?.low), text(cell.interval?.high),
                    name == metrics.last ? text(probabilities[row]) : "", rows[row].failure ?? "",
                ])
            }
        }
        return table.csv
    }

    package var explanation: String {
        let most = rows.map(\.runs.count).max() ?? 0
        return most > 1
            ? "Means over seeds with 95 % intervals of the mean (Student); p: paired t over seeds of the last column against the "
                + "first row."
            : "One seed; 95 % intervals by patient (bootstrap); p: DeLong by patient of the last column against the first row."
    }
}
