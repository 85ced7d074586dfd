import Encoding
import Statistics

extension PictureComparison {
    /// For a person: distances, then the median relative error of each feature.
    package var text: String {
        var text = answer.map { $0 + "\n" } ?? ""
        text += summary + "\n\n" + distanceTable.text + "\n"
        text += "Relative error of features, \(Self.words(mainView)): median over pictures\n"
        text += table(rows(mainView), Self.features.map(\.tag), median: true).text
        text += smallNumbers.map { "\n" + $0 + "\n" } ?? ""
        return text
    }

    /// Which model is closer; of one model, which features it keeps and which it loses. Nil where no feature is defined.
    package var answer: String? {
        if let verdict = verdict(mainView) { return verdict }
        let medians = zip(Self.features, rows(mainView)).compactMap { feature, row in
            row.models[0].quantile(0.5).map { (feature.title, $0) }
        }
        guard let least = medians.min(by: { $0.1 < $1.1 }), let most = medians.max(by: { $0.1 < $1.1 }) else {
            return nil
        }
        guard most.1 > 0 else { return "\(compared.models[0]) has the texture of the originals: no feature differs." }
        return
            "\(compared.models[0]) comes closest to the originals in \(least.0) (relative error \(shown(least.1)), median "
            + "over pictures) and stays farthest off in \(most.0) (\(shown(most.1))); \(Self.words(mainView))."
    }

    /// What so few patients or cases can prove of two models; nil where there are enough, or one model.
    package var smallNumbers: String? {
        guard texture.modelCount > 1 else { return nil }
        return TextureComparison.smallNumbers(
            units: Set(texture.patients).count, named: countOfUnits, rows: Self.features.count)
    }

    /// `6 patients`; where the files do not say whose the pictures are, `3 cases`.
    package var countOfUnits: String {
        let count = Set(texture.patients).count
        return "\(count) \(count == 1 ? String(texture.unit.rawValue.dropLast()) : texture.unit.rawValue)"
    }

    /// "of 25 features, mse is closer in 3, glcm in 22 (20 of them with p < 0.05 after Holm's correction)".
    package func verdict(_ view: TextureView) -> String? {
        guard texture.modelCount > 1 else { return nil }
        return (1..<texture.modelCount).map { model in
            let differences = rows(view).compactMap { row -> (Double, Double?)? in
                let difference = row.differences[model - 1]
                return difference.mean.value.map { ($0, difference.corrected) }
            }
            let isTested = differences.contains { $0.1 != nil }
            func part(_ name: String, _ chosen: [(Double, Double?)]) -> String {
                let proven = chosen.count { ($0.1 ?? 1) < 0.05 }
                return "\(name) is closer in \(chosen.count)" + (isTested ? " (\(proven) of them with p < 0.05)" : "")
            }
            return "Of \(differences.count) features, "
                + part(compared.models[0], differences.filter { $0.0 > 0 }) + ", "
                + part(compared.models[model], differences.filter { $0.0 < 0 })
                + "; by mean error" + (isTested ? ", p after Holm's correction." : ".")
        }.joined(separator: " ")
    }

    /// One row per name: each model's median (or mean), then the differences of means from the first model.
    package func table(_ rows: [TextureComparison.Row], _ names: [String], median: Bool) -> PlainTable {
        var header = [""]
        for name in compared.models { header += median ? [name, "quartiles"] : [name, "95 %"] }
        let isTested = rows.contains { $0.differences.contains { $0.probability != nil } }
        for model in compared.models.dropFirst() {
            header += ["\(model) − \(compared.models[0])", "95 %"] + (isTested ? ["p", "p (Holm)"] : [])
        }
        var table = PlainTable(header)
        table.rows = zip(names, rows).map { name, row in
            var cells = [name]
            for model in row.models {
                if median {
                    cells.append(model.quantile(0.5).map { shown($0) } ?? "-")
                    cells.append(
                        model.quantile(0.25).flatMap { low in
                            model.quantile(0.75).map { "\(shown(low)) to \(shown($0))" }
                        } ?? "-")
                } else {
                    cells += [shown(model.mean), shown(model.interval.interval)]
                }
            }
            for difference in row.differences {
                cells += [shown(difference.mean), shown(difference.interval.interval)]
                guard isTested else { continue }
                cells += [difference.probability, difference.corrected].map { $0.map(shownProbability) ?? "-" }
            }
            return cells
        }
        return table
    }

    /// Distances of each model, and beside them what no network would reach: the mean grey.
    package var distanceTable: PlainTable {
        var table = table(distances, Self.distanceNames.map(\.title), median: false)
        table.header += ["mean grey", "95 %"]
        for (row, grey) in meanGrey.enumerated() {
            table.rows[row] += [shown(grey.models[0].mean), shown(grey.models[0].interval.interval)]
        }
        return table
    }

    package static func words(_ view: TextureView) -> String {
        let scope =
            switch view.scope {
            case .masked: "masked patches"
            case .visible: "visible patches"
            case .whole: "whole picture"
            }
        let level = view.level == .image ? "one matrix a picture" : "mean over patches"
        return "\(scope), \(level), \(view.path == .exact ? "exact counts" : "differentiable counts")"
    }
}
