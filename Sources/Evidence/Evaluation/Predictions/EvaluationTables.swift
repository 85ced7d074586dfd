import Encoding
import Statistics

extension EvaluationResult {
    /// For a person: the answer, the figures of each model, then the comparisons.
    package var text: String {
        var text = answer.joined(separator: "\n") + "\n\n"
        for model in models {
            text += summary(model) + "\n"
            text += figures(model).text
            text += confusion(model).text
            text += ofClasses(model).text
            if let folds = ofFolds(model) { text += folds.text }
            text += "\n"
        }
        for comparison in comparisons {
            text += "A: \(models[comparison.a].name)\nB: \(models[comparison.b].name)\n"
            text += tests(comparison).text + "\n"
        }
        for note in notes { text += "note: \(note)\n" }
        return text
    }

    /// What somebody wants to know first: which class the figures are about, the area, and which model is better. A sentence a line.
    package var answer: [String] {
        let first = models[0]
        var lines: [String] = []
        if let positive, let positiveNumber, let positiveReason {
            let count = first.set.labels.count { $0 == positiveNumber }
            let why = positiveReason.explanation
            let chosen = positiveReason == .asked ? "" : "; --positive names another"
            lines.append(
                "Positive is \(positive) (\(why)\(chosen)): \(count) of \(unit.counted(first.set.images.count)). "
                    + area(first, in: models.count > 1 ? "A" : nil))
        } else {
            lines.append(
                "No class is positive (\(first.set.classes.joined(separator: ", ")); --positive names one). "
                    + area(first, in: models.count > 1 ? "A" : nil))
        }
        for comparison in comparisons { lines.append(verdict(comparison)) }
        return lines
    }

    private var areaName: ClassifierMetrics.Name { positiveNumber == nil ? .macroAUROC : .auroc }

    private func area(_ model: Model, in letter: String?) -> String {
        let (name, metrics) = (areaName, model.metrics)
        guard let area = metrics[name] else { return "" }
        var text = letter.map { "\($0), \(model.name): " } ?? ""
        text += "\(name.rawValue) \(shown(area.statistic))"
        if let interval = area.interval.interval { text += ", 95 % \(shown(interval)) by patient" }
        if let folds = metrics[positiveNumber == nil ? .macroAUROCByFold : .aurocByFold]?.statistic.value {
            text += "; mean of \(metrics.folds.count) folds \(shown(folds))"
        }
        return text + "."
    }

    private func verdict(_ comparison: Comparison) -> String {
        let found = comparison.found
        let (a, b) = (models[comparison.a], models[comparison.b])
        let difference = found.areaDifference ?? found.accuracyDifference
        let name = found.areaDifference == nil ? ClassifierMetrics.Name.accuracy : .auroc
        let letter = String(UnicodeScalar(UInt8(65 + min(comparison.b, 25))))
        let value = b.metrics[name].map { " \(shown($0.statistic))" } ?? ""
        var text = "\(letter), \(b.name): \(name.rawValue)\(value); "
        guard let gain = difference.statistic.value else { return text + "the difference is undefined." }
        let better = gain > 0 ? "A is better by" : gain < 0 ? "\(letter) is better by" : "no difference:"
        text += "\(better) \(shown(abs(gain)))"
        if let interval = difference.interval.interval {
            let turned = gain < 0 ? Interval(low: -interval.high, high: -interval.low) : interval
            text += ", 95 % \(shown(turned)) by patient"
            if turned.low <= 0, turned.high >= 0 { text += ", which holds 0" }
        }
        if name == .auroc, let p = found.told(found.delongByPatient?.probability) {
            text += "; p \(p < 1e-4 ? "" : "= ")\(shownProbability(p)) (DeLong by patient)"
        }
        if comparison.shared < a.set.images.count { text += "; on \(unit.counted(comparison.shared))" }
        return text + "."
    }

    package func summary(_ model: Model) -> String {
        let patients = Set(model.set.patients).count
        return "\(model.name): \(unit.counted(model.set.images.count)) of "
            + (patients == 1 ? "1 patient" : "\(patients) patients") + (positive.map { ", positive: \($0)" } ?? "")
    }

    /// Recall, precision and F1 of each class against the others.
    package func ofClasses(_ model: Model) -> PlainTable {
        var table = PlainTable(["class", unit.plural, "recall", "precision", "f1", "95 % by patient"])
        table.rows = model.metrics.classes.map { item in
            [
                item.name, String(item.count), shown(item.recall), shown(item.precision), shown(item.f1),
                shown(item.f1Interval.interval),
            ]
        }
        return table
    }

    /// Nil where there are no folds.
    package func ofFolds(_ model: Model) -> PlainTable? {
        let folds = model.metrics.folds
        guard !folds.isEmpty else { return nil }
        var table = PlainTable(["fold", unit.plural, "positive", "accuracy", areaName.rawValue, "average precision"])
        table.rows = folds.map { fold in
            [
                fold.name, String(fold.count), fold.positives.map(String.init) ?? "-", shown(fold.accuracy),
                shown(fold.auroc), shown(fold.averagePrecision),
            ]
        }
        return table
    }

    package func figures(_ model: Model) -> PlainTable {
        var table = PlainTable(["", "value", "95 % by patient"])
        for metric in model.metrics.metrics {
            table.rows.append([metric.name.rawValue, shown(metric.statistic), shown(metric.interval.interval)])
        }
        if let delong = model.metrics.delong, let area = model.metrics[.auroc] {
            table.rows.append(["auroc (DeLong)", shown(area.statistic), shown(delong)])
        }
        return table
    }

    package func confusion(_ model: Model) -> PlainTable {
        var table = PlainTable(["true \\ predicted"] + model.set.classes)
        for (label, row) in model.metrics.confusion.counts.enumerated() {
            table.rows.append([model.set.classes[label]] + row.map { String(Int($0)) })
        }
        return table
    }

    package func tests(_ comparison: Comparison) -> PlainTable {
        var table = PlainTable(["", "A - B", "95 %", "statistic", "p"])
        for row in comparison.rows {
            table.rows.append([
                row.name, row.name.hasPrefix("mcnemar") ? "" : shown(row.value),
                row.interval.map { shown($0) } ?? "", row.statistic, row.probability.map(shownProbability) ?? "",
            ])
        }
        return table
    }
}
