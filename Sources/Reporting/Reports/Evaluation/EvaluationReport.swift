import Encoding
import Evaluation
import Figures
import Statistics

extension EvaluationResult {
    /// `report.html`: figures, curves and tests on one page that needs nothing else.
    /// - Parameters:
    ///   - command: that asked for it.
    ///   - version: of weft.
    package func html(command: String, version: String) -> String {
        let title = models.map(\.name).joined(separator: ", ")
        var body = "<h1>\(HTML.escaped(title))</h1>\n"
        body += answer.map { "<p><strong>\(HTML.escaped($0))</strong></p>\n" }.joined()
        body += "<p>\(HTML.escaped(preface))</p>\n"
        for note in notes { body += "<p><strong>Note:</strong> \(HTML.escaped(note))</p>\n" }
        body += curves
        for model in models { body += "<h2>\(HTML.escaped(summary(model)))</h2>\n" + tables(model) }
        for comparison in comparisons {
            let names = "A: \(models[comparison.a].name), B: \(models[comparison.b].name)"
            body += "<h2>\(HTML.escaped(names))</h2>\n"
            let rows = comparison.rows.map { row in
                [
                    row.about, row.name.hasPrefix("mcnemar") ? "" : shown(row.value),
                    row.interval.map { shown($0) } ?? "", row.statistic, row.probability.map(shownProbability) ?? "",
                ]
            }
            body += HTML.table(header: ["", "A − B", "95 %", "statistic", "p"], rows: rows) + "\n"
        }
        body += """
            <h2>How it was made</h2>
            <pre>\(HTML.escaped(command))</pre>
            <p>\(HTML.escaped(settingsText)). weft \(version).</p>

            """
        return HTML.page(title: "\(title): weft evaluate", body: body)
    }

    /// ROC and calibration; empty without a positive class.
    var curves: String {
        guard positiveNumber != nil else { return "" }
        return "<h2>Curves</h2>\n" + [rocPlot, calibrationPlot].compactMap { $0?.svg }.joined(separator: "\n")
    }

    /// Figures, confusion, classes and folds.
    func tables(_ model: Model) -> String {
        let (confusion, classes, folds) = (confusion(model), ofClasses(model), ofFolds(model))
        return Self.html(figures(model), model.metrics.metrics) + "\n"
            + ([confusion, classes] + (folds.map { [$0] } ?? [])).map {
                HTML.table(header: $0.header, rows: $0.rows) + "\n"
            }.joined()
    }

    private var settingsText: String {
        var words = ["one observation is \(unit == .slice ? "an image" : "a case, \(rule.explanation)")"]
        if let positive, let positiveReason {
            words.append("positive is \(positive), \(positiveReason.explanation)")
        }
        return (words + ["\(resamples) resamples of patients", "seed \(seed)"]).joined(separator: "; ")
    }

    private var preface: String {
        let what =
            unit == .slice
            ? "Each image counts once."
            : "Each case counts once, \(rule.explanation)."
        return what
            + " Intervals hold 95 % of \(resamples) resamples of patients (seed \(seed)); undefined figures have a "
            + "reason in the JSON."
    }

    private static func html(_ table: PlainTable, _ metrics: [ClassifierMetrics.Metric]) -> String {
        let about = Dictionary(metrics.map { ($0.name.rawValue, $0.name.about) }) { first, _ in first }
        return HTML.table(
            header: table.header + [""], rows: table.rows.map { $0 + [about[$0[0]] ?? "area, no resampling"] })
    }

    private var rocPlot: CurvePlot? {
        guard let positiveNumber else { return nil }
        var curves = models.prefix(4).enumerated().map { index, model in
            let area = model.metrics[.auroc].map { shown($0.statistic) } ?? ""
            return Curve(
                name: "\(label(index)) \(area)", colour: index + 1,
                points: model.set.scored(positiveNumber).curve.map { ($0.falsePositiveRate, $0.truePositiveRate) })
        }
        curves.append(Curve(name: "chance", colour: 5, points: [(0, 0), (1, 1)], style: .dashes))
        return CurvePlot(
            title: "ROC: share of positives found (up)", curves: curves, axis: "share of negatives called positive",
            frame: .unitSquare)
    }

    private var calibrationPlot: CurvePlot? {
        guard let positiveNumber, unit == .slice else { return nil }
        var curves = models.prefix(4).enumerated().flatMap { index, model in
            let sample = model.set.scored(positiveNumber)
            let points = Calibration(isPositive: sample.isPositive, probabilities: sample.scores).bins.map {
                ($0.meanProbability, $0.positiveShare)
            }
            return [
                Curve(name: label(index), colour: index + 1, points: points),
                Curve(name: "", colour: index + 1, points: points, style: .dots),
            ]
        }
        curves.append(Curve(name: "perfect", colour: 5, points: [(0, 0), (1, 1)], style: .dashes))
        return CurvePlot(
            title: "Calibration: share that is positive (up)", curves: curves, axis: "predicted probability",
            frame: .unitSquare)
    }

    /// A letter where the names would not fit.
    private func label(_ index: Int) -> String {
        models.count == 1 ? "model" : String(UnicodeScalar(UInt8(65 + index)))
    }
}
