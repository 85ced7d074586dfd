import Encoding
import Statistics

extension TableComparison {
    /// For a person: the best and the worst decoded features, alignment, classifiers.
    package var text: String {
        var table = PlainTable(["feature", "R²", "95 % by patient"])
        table.rows = decoded.map { [$0.feature, shown($0.determination), shown($0.interval.interval)] }
        var text = summary + "\n" + table.text + "\n" + alignmentTable.text + "\n"
        if let answer { text += answer + "\n\n" }
        if !classifiers.isEmpty { text += classifierTable.text + "\n" + pairTable.text + "\n" }
        return text
    }

    package var summary: String {
        "\(rows) rows of \(patients) patients: \(featureCount) features of \(features), \(embeddingCount) columns of "
            + "\(embeddings); \(folds) folds by patient"
    }

    /// Which classifier does best, and by how much more than the handcrafted features.
    package var answer: String? {
        let areas = classifiers.compactMap { item in
            item.metrics[area]?.statistic.value.map { (name: item.name, value: $0) }
        }
        guard let best = areas.max(by: { $0.value < $1.value }), areas.count == classifiers.count else { return nil }
        var text = "\(best.name) has the largest \(area.rawValue), \(shownBriefly(best.value))"
        guard best.name != "handcrafted" else { return text + ": nothing of the embedding adds to it" }
        guard let pair = pairs.first(where: { $0.a == best.name && $0.b == "handcrafted" }),
            let difference = pair.found.areaDifference, let value = difference.statistic.value
        else { return text }
        text += ": \(value < 0 ? "" : "+")\(shownBriefly(value)) over handcrafted"
        if let interval = difference.interval.interval {
            text += ", 95 % \(shownBriefly(interval.low)) to \(shownBriefly(interval.high)) by patient"
            if interval.low <= 0 { text += ", which holds 0" }
        }
        return text
    }

    package var alignmentTable: PlainTable {
        var table = PlainTable(["centred kernel alignment", "value"])
        table.rows = [["linear", shown(alignment.linear)], ["debiased", shown(alignment.debiased)]]
        return table
    }

    package var classifierTable: PlainTable {
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

    package var pairTable: PlainTable {
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

    /// `part,name,against,figure,value,low,high,p,rows,undefined`: one row per value, all digits.
    package var csv: String {
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
}
