import Statistics

/// One figure or test of two models, as a table shows it.
package struct ComparisonRow {
    package var name: String
    package var about: String
    package var value: Statistic
    package var interval: Interval?
    package var statistic: String
    package var probability: Double?
}

extension EvaluationResult.Comparison {
    /// With fewer than ``ModelComparison/fewestPatients`` the differences and counts alone: no statistic that a p-value could be
    /// read from.
    package var rows: [ComparisonRow] {
        guard !found.isTested else { return testedRows }
        return testedRows.filter { ["accuracy_difference", "auroc_difference", "mcnemar_exact"].contains($0.name) }
            .map { row in
                var row = row
                row.probability = nil
                return row
            }
    }

    private var testedRows: [ComparisonRow] {
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
                        name: name, about: about, value: .value(test.meanDifference),
                        interval: test.interval.clipped(to: -1...1),
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
