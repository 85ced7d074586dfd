import Foundation
import Statistics

/// All that `weft evaluate` found, ready to be shown, written or drawn.
struct EvaluationResult {
    struct Model {
        var name: String
        /// As evaluated: of images or of cases.
        var set: PredictionSet
        var metrics: ClassifierMetrics
    }

    struct Comparison {
        /// Indices into `models`.
        var a: Int
        var b: Int
        var shared: Int
        var found: ModelComparison
    }

    var unit: EvaluationUnit
    var positive: String?
    /// Index of the positive class in the sets.
    var positiveNumber: Int?
    var rule: CaseRule
    var resamples: Int
    var seed: UInt64
    var models: [Model]
    var comparisons: [Comparison]
    /// Things to know before believing the numbers.
    var notes: [String]
}

/// What one observation is.
enum EvaluationUnit: String, CaseIterable {
    case slice
    case `case`

    var plural: String { self == .slice ? "images" : "cases" }
}

/// One line about two models.
struct ComparisonRow {
    var name: String
    var about: String
    var value: Statistic
    var interval: Interval?
    var statistic: String
    var probability: Double?
}

extension EvaluationResult.Comparison {
    var rows: [ComparisonRow] {
        let accuracy = found.accuracyDifference
        var rows = [
            ComparisonRow(
                name: "accuracy_difference", about: "accuracy of A less that of B", value: accuracy.statistic,
                interval: accuracy.interval.interval, statistic: "", probability: nil)
        ]
        let test = found.mcNemar
        let counts = "\(test.onlyA) only A right, \(test.onlyB) only B"
        rows += [
            ComparisonRow(
                name: "mcnemar_exact", about: "McNemar's test, exact", value: .value(Double(test.onlyA - test.onlyB)),
                interval: nil, statistic: counts, probability: test.exact),
            ComparisonRow(
                name: "mcnemar_midp", about: "McNemar's test, mid-p", value: .value(Double(test.onlyA - test.onlyB)),
                interval: nil, statistic: counts, probability: test.midP),
            ComparisonRow(
                name: "mcnemar_chi2", about: "McNemar's test, χ² with continuity correction",
                value: .value(Double(test.onlyA - test.onlyB)), interval: nil,
                statistic: "χ² = \(shown(test.correctedChiSquared))", probability: test.correctedProbability),
        ]
        if let area = found.areaDifference {
            rows.append(
                ComparisonRow(
                    name: "auroc_difference", about: "area of A less that of B", value: area.statistic,
                    interval: area.interval.interval, statistic: "", probability: nil))
        }
        for (name, about, test) in [
            ("delong", "DeLong's test", found.delong),
            ("delong_by_patient", "the same, images of a patient dependent (Obuchowski)", found.delongByPatient),
        ] {
            guard let test else { continue }
            rows.append(
                ComparisonRow(
                    name: name, about: about, value: .value(test.areaA - test.areaB), interval: nil,
                    statistic: "z = \(shown(test.z))", probability: test.probability))
        }
        if let folds = found.folds {
            for (name, about, test) in [
                ("paired_t", "paired t over \(folds.names.count) folds", folds.plain),
                ("paired_t_corrected", "the same, shared training data corrected (Nadeau, Bengio)", folds.corrected),
            ] {
                rows.append(
                    ComparisonRow(
                        name: name, about: about, value: .value(test.meanDifference), interval: test.interval,
                        statistic: "t(\(test.degrees)) = \(shown(test.t))", probability: test.probability))
            }
            rows.append(
                ComparisonRow(
                    name: "signed_rank", about: "Wilcoxon's signed ranks over the folds",
                    value: .value(folds.plain.meanDifference), interval: nil,
                    statistic: "W = \(shown(folds.signedRank.positiveRanks))",
                    probability: folds.signedRank.probability))
        }
        return rows
    }
}

/// Four digits for a person; files have all of them.
func shown(_ value: Double) -> String {
    if value == 0 { return "0" }
    return abs(value) < 1e-3 ? String(format: "%.2g", value) : String(format: "%.4f", value)
}

func shown(_ interval: Interval?) -> String {
    interval.map { "\(shown($0.low)) to \(shown($0.high))" } ?? "-"
}

func shown(_ statistic: Statistic) -> String {
    switch statistic {
    case .value(let value): shown(value)
    case .undefined: "undefined"
    }
}

/// `p = 0.036`, `p < 0.0001`.
func shownProbability(_ p: Double) -> String { p < 1e-4 ? "< 0.0001" : String(format: "%.4f", p) }
