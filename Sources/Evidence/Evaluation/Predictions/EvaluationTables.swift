import Encoding
import Statistics

extension EvaluationResult {
    /// For a person: the figures of each model, then the comparisons.
    package var text: String {
        var text = ""
        for model in models {
            text += summary(model) + "\n"
            text += figures(model).text
            text += confusion(model).text + "\n"
        }
        for comparison in comparisons {
            text += "A: \(models[comparison.a].name)\nB: \(models[comparison.b].name)\n"
            text += tests(comparison).text + "\n"
        }
        for note in notes { text += "note: \(note)\n" }
        return text
    }

    package func summary(_ model: Model) -> String {
        let patients = Set(model.set.patients).count
        return "\(model.name): \(model.set.images.count) \(unit.plural) of \(patients) patients"
            + (positive.map { ", positive: \($0)" } ?? "")
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
