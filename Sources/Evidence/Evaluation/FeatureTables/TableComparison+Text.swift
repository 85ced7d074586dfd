import Encoding
import Statistics

extension TableComparison {
    /// For a person: the best and the worst decoded features, alignment, classifiers.
    package var text: String {
        var table = PlainTable(["feature", "R²", "95 % by patient"])
        table.rows = decoded.map { [$0.feature, shown($0.determination), shown($0.interval.interval)] }
        var text = (answer.map { $0 + ".\n\n" } ?? "") + summary + "\n" + table.text + "\n" + alignmentTable.text + "\n"
        if classification != nil { text += classifierTable.text + "\n" + pairTable.text + "\n" }
        if let smallNumbers { text += smallNumbers + "\n" }
        return text
    }

    package var summary: String {
        "\(rows) rows of \(patients) patients: \(featureCount) features of \(features), \(embeddingCount) columns of "
            + "\(embeddings.joined(separator: " and ")); \(folds) folds by patient"
    }

    package var classifiers: [JoinedClassifiers.Classifier] { classification?.classifiers ?? [] }
    package var pairs: [JoinedClassifiers.Pair] { classification?.pairs ?? [] }

    /// Why no p-values stand beside so few patients; nil where there are enough.
    package var smallNumbers: String? {
        guard classification != nil, patients < ModelComparison.fewestPatients else { return nil }
        return TextureComparison.smallNumbers(
            units: patients, named: patients == 1 ? "1 patient" : "\(patients) patients", rows: pairs.count)
    }

    /// Which classifier does best, and by how much more than the handcrafted features; then which class that is about.
    package var answer: String? {
        guard let classification else { return nil }
        let areas = classifiers.compactMap { item in
            item.metrics[area]?.statistic.value.map { (name: item.name, value: $0) }
        }
        guard let best = areas.max(by: { $0.value < $1.value }), areas.count == classifiers.count else { return nil }
        var text = "\(best.name) has the largest \(area.rawValue), \(shownBriefly(best.value))"
        if best.name == "handcrafted" {
            text += ": nothing of the embedding adds to it"
        } else if let pair = pairs.first(where: { $0.a == best.name && $0.b == "handcrafted" }) {
            text += lead(pair)
        }
        if JoinedClassifiers.joinedNames.contains(best.name) {
            text +=
                "; it is the best of \(classifiers.count) by these same patients, so that its lead is somewhat too large"
        }
        if let (name, reason) = classification.positive {
            let about = reason.explanation
            text += ". Positive is \(name) (\(about); \(classification.positives ?? 0) of \(rows))"
        }
        return text
    }

    private func lead(_ pair: JoinedClassifiers.Pair) -> String {
        guard let difference = pair.found.areaDifference, let value = difference.statistic.value else { return "" }
        var text = ": \(value < 0 ? "" : "+")\(shownBriefly(value)) over \(pair.b)"
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
        var table = PlainTable([
            "classifier", "columns", area.rawValue, "95 %", "mean by fold", precision.rawValue, "accuracy", "95 %", "",
        ])
        table.rows = classifiers.map { classifier in
            let metrics = classifier.metrics
            let (accuracy, area) = (metrics[.accuracy], metrics[area])
            return [
                classifier.name, String(classifier.columns), area.map { shown($0.statistic) } ?? "",
                shown(area?.interval.interval), metrics[areaByFold].map { shown($0.statistic) } ?? "",
                metrics[precision].map { shown($0.statistic) } ?? "", accuracy.map { shown($0.statistic) } ?? "",
                shown(accuracy?.interval.interval), classifier.about,
            ]
        }
        return table
    }

    /// One against the others where a class is positive, else the mean over the classes.
    private var area: ClassifierMetrics.Name { isBinary ? .auroc : .macroAUROC }
    private var areaByFold: ClassifierMetrics.Name { isBinary ? .aurocByFold : .macroAUROCByFold }
    private var precision: ClassifierMetrics.Name { isBinary ? .averagePrecision : .macroAveragePrecision }
    private var isBinary: Bool { classification?.positive != nil }

    package var pairTable: PlainTable {
        var table = PlainTable(["A against B", "AUROC A - B", "95 %", "p (DeLong)", "p (by patient)", "p (McNemar)"])
        table.rows = pairs.map { pair in
            [
                "\(pair.a) against \(pair.b)", pair.found.areaDifference.map { shown($0.statistic) } ?? "-",
                shown(pair.found.areaDifference?.interval.interval),
                pair.found.told(pair.found.delong?.probability).map(shownProbability) ?? "-",
                pair.found.told(pair.found.delongByPatient?.probability).map(shownProbability) ?? "-",
                pair.found.told(pair.found.mcNemar.exact).map(shownProbability) ?? "-",
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
                    p: pair.found.told(pair.found.delongByPatient?.probability), rows: rows)
            }
            add(
                "difference", pair.a, "accuracy", pair.found.accuracyDifference.statistic,
                pair.found.accuracyDifference.interval.interval, against: pair.b,
                p: pair.found.told(pair.found.mcNemar.exact), rows: rows)
        }
        return table.csv
    }
}
