import Figures
import Foundation
import Statistics

extension TableComparison {
    /// For a person: the best and the worst decoded features, alignment, classifiers.
    var text: String {
        var table = PlainTable(["feature", "R²", "95 % by patient"])
        table.rows = decoded.map { [$0.feature, shown($0.determination), shown($0.interval.interval)] }
        var text = summary + "\n" + table.text + "\n" + alignmentTable.text + "\n"
        if !classifiers.isEmpty { text += classifierTable.text + "\n" + pairTable.text + "\n" }
        return text
    }

    var summary: String {
        "\(rows) rows of \(patients) patients: \(featureCount) features of \(features), \(embeddingCount) columns of "
            + "\(embeddings); \(folds) folds by patient"
    }

    private var alignmentTable: PlainTable {
        var table = PlainTable(["centred kernel alignment", "value"])
        table.rows = [["linear", shown(alignment.linear)], ["debiased", shown(alignment.debiased)]]
        return table
    }

    private var classifierTable: PlainTable {
        var table = PlainTable(["classifier", "columns", "accuracy", "95 %", area.rawValue, "95 %"])
        table.rows = classifiers.map { classifier in
            let (accuracy, area) = (classifier.metrics[.accuracy], classifier.metrics[area])
            return [
                classifier.name, String(classifier.columns), accuracy.map { shown($0.statistic) } ?? "",
                shown(accuracy?.interval.interval), area.map { shown($0.statistic) } ?? "",
                shown(area?.interval.interval),
            ]
        }
        return table
    }

    /// One against the others where a class is positive, else the mean over the classes.
    private var area: ClassifierMetrics.Name { positive == nil ? .macroAUROC : .auroc }

    private var pairTable: PlainTable {
        var table = PlainTable(["A against B", "AUROC A - B", "95 %", "p (DeLong)", "p (by patient)", "p (McNemar)"])
        table.rows = pairs.map { pair in
            [
                "\(pair.a) against \(pair.b)", pair.found.areaDifference.map { shown($0.statistic) } ?? "-",
                shown(pair.found.areaDifference?.interval.interval),
                pair.found.delong.map { shownProbability($0.probability) } ?? "-",
                pair.found.delongByPatient.map { shownProbability($0.probability) } ?? "-",
                shownProbability(pair.found.mcNemar.exact),
            ]
        }
        return table
    }

    /// `part,name,against,figure,value,low,high,p,rows,undefined`: a row a figure, all digits.
    var csv: String {
        var table = PlainTable([
            "part", "name", "against", "figure", "value", "low", "high", "p", "rows", "undefined",
        ])
        func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        func add(
            _ part: String, _ name: String, _ figure: String, _ value: Statistic, _ interval: Interval?,
            against: String = "", p: Double? = nil, rows: Int
        ) {
            var reason = ""
            if case .undefined(let why) = value { reason = why.rawValue }
            table.rows.append([
                part, name, against, figure, text(value.value), text(interval?.low), text(interval?.high), text(p),
                String(rows), reason,
            ])
        }
        for item in decoded {
            add("decodability", item.feature, "r2", item.determination, item.interval.interval, rows: item.rows)
        }
        add("alignment", "cka", "linear", alignment.linear, nil, rows: rows)
        add("alignment", "cka", "debiased", alignment.debiased, nil, rows: rows)
        for classifier in classifiers {
            for metric in classifier.metrics.metrics {
                add(
                    "classifier", classifier.name, metric.name.rawValue, metric.statistic, metric.interval.interval,
                    rows: rows)
            }
        }
        for pair in pairs {
            if let area = pair.found.areaDifference {
                add(
                    "difference", pair.a, "auroc", area.statistic, area.interval.interval, against: pair.b,
                    p: pair.found.delongByPatient?.probability, rows: rows)
            }
            add(
                "difference", pair.a, "accuracy", pair.found.accuracyDifference.statistic,
                pair.found.accuracyDifference.interval.interval, against: pair.b, p: pair.found.mcNemar.exact,
                rows: rows)
        }
        return table.csv
    }

    /// The held-out predictions of a classifier, in the columns that `weft evaluate` reads.
    static func predictions(_ set: PredictionSet) -> String {
        var table = PlainTable(
            ["image", "patient", "case", "fold", "label", "prediction"] + set.classes.map { "p_" + $0 })
        table.rows = set.images.indices.map { row in
            [
                set.images[row], set.patients[row], set.cases?[row] ?? "", set.folds?[row] ?? "",
                set.classes[set.labels[row]], set.classes[set.predictions[row]],
            ] + set.probabilities.row(row).map { "\($0)" }
        }
        return table.csv
    }

    var html: String {
        var body = "<h1>Handcrafted and learned texture</h1>\n<p>\(HTML.escaped(summary)).</p>\n"
        for note in notes { body += "<p><strong>Note:</strong> \(HTML.escaped(note))</p>\n" }
        body += """
            <h2>What the embedding knows of each feature</h2>
            <p>R² of a ridge regression from the embedding, judged on patients that it has not seen: 1 is all, 0 no more than \
            the mean, below 0 worse. Intervals hold 95 % of \(resamples) resamples of patients.</p>
            \(bars)
            <h2>How alike the two tables are</h2>
            <p>Linear centred kernel alignment of standardised columns: 1 for a rotation, 0 for nothing shared. The debiased value
            is the one to read when there are more columns than rows.</p>
            \(HTML.table(header: alignmentTable.header, rows: alignmentTable.rows))

            """
        if !classifiers.isEmpty {
            body += """
                <h2>The same classifier on each</h2>
                <p>Logistic regression, L2 penalty chosen inside each training part, whole patients held out\
                \(positive.map { "; positive: " + HTML.escaped($0) } ?? "").</p>
                \(HTML.table(header: classifierTable.header, rows: classifierTable.rows))
                \(HTML.table(header: pairTable.header, rows: pairTable.rows))
                \(curves?.svg ?? "")

                """
        }
        return HTML.page(title: "features and embeddings: weft compare", body: body)
    }

    /// A bar a feature with its interval as a line.
    private var bars: String {
        let (left, right, step) = (230.0, 60.0, 18.0)
        let span = 640 - left - right
        func x(_ value: Double) -> String { String(format: "%.1f", left + span * min(1, max(0, value))) }
        var body = ""
        for tick in [0, 0.25, 0.5, 0.75, 1] {
            body +=
                "<line class=\"grid\" x1=\"\(x(tick))\" x2=\"\(x(tick))\" y1=\"16\" y2=\"\(20 + step * Double(decoded.count))\"/>"
            body += "<text text-anchor=\"middle\" x=\"\(x(tick))\" y=\"12\">\(tick)</text>"
        }
        for (place, item) in decoded.enumerated() {
            let y = 20 + step * Double(place)
            body += "<text text-anchor=\"end\" x=\"\(left - 8)\" y=\"\(y + 12)\">\(HTML.escaped(item.feature))</text>"
            let value = item.determination.value ?? 0
            let width = String(format: "%.1f", span * min(1, max(0, value)))
            body +=
                "<rect class=\"d1\" opacity=\"0.55\" x=\"\(left)\" y=\"\(y + 2)\" width=\"\(width)\" height=\"\(step - 5)\"/>"
            if let interval = item.interval.interval, interval.high > 0 {
                let middle = String(format: "%.1f", y + step / 2)
                body +=
                    "<line stroke=\"var(--ink)\" x1=\"\(x(interval.low))\" x2=\"\(x(interval.high))\" y1=\"\(middle)\" y2=\"\(middle)\"/>"
            }
            body +=
                "<text x=\"\(640 - right + 8)\" y=\"\(y + 12)\">\(item.determination.value.map { String(format: "%.2f", $0) } ?? "-")</text>"
        }
        let height = 26 + step * Double(decoded.count)
        return "<svg viewBox=\"0 0 640 \(height)\" role=\"img\" aria-label=\"R² of each feature\">\(body)</svg>"
    }

    private var curves: CurvePlot? {
        guard let positive, let set = classifiers.first?.set, let number = set.classes.firstIndex(of: positive) else {
            return nil
        }
        var curves = classifiers.enumerated().map { index, classifier in
            Curve(
                name: "\(classifier.name) \(classifier.metrics[.auroc].map { shown($0.statistic) } ?? "")",
                colour: index + 1,
                points: classifier.set.scored(number).curve.map { ($0.falsePositiveRate, $0.truePositiveRate) })
        }
        curves.append(Curve(name: "chance", colour: 5, points: [(0, 0), (1, 1)], style: .dashes))
        return CurvePlot(
            title: "ROC: share of positives found (up)", curves: curves, axis: "share of negatives called positive",
            frame: .unitSquare)
    }
}
