import Encoding
import Statistics

extension PictureComparison {
    /// For a person: distances, then the median relative error of each feature.
    package var text: String {
        var text = summary + "\n\n" + table(distances, Self.distanceNames.map(\.title), median: false).text + "\n"
        text += "Relative error of features, \(Self.words(mainView)): median over pictures\n"
        text += table(rows(mainView), Self.features.map(\.tag), median: true).text
        text += verdict(mainView).map { "\n" + $0 + "\n" } ?? ""
        return text
    }

    /// "of 25 features, mse is closer in 3, glcm in 22 (20 of them with p < 0.05 after Holm's correction)".
    package func verdict(_ view: TextureView) -> String? {
        guard texture.modelCount > 1 else { return nil }
        return (1..<texture.modelCount).map { model in
            let differences = rows(view).compactMap { row -> (Double, Double)? in
                let difference = row.differences[model - 1]
                return difference.mean.value.map { ($0, difference.corrected) }
            }
            func part(_ name: String, _ chosen: [(Double, Double)]) -> String {
                "\(name) is closer in \(chosen.count) (\(chosen.count { $0.1 < 0.05 }) of them with p < 0.05)"
            }
            return "Of \(differences.count) features, "
                + part(compared.models[0], differences.filter { $0.0 > 0 }) + ", "
                + part(compared.models[model], differences.filter { $0.0 < 0 })
                + "; by mean error, p after Holm's correction."
        }.joined(separator: " ")
    }

    /// One row per name: each model's median (or mean), then the differences of means from the first model.
    package func table(_ rows: [TextureComparison.Row], _ names: [String], median: Bool) -> PlainTable {
        var header = [""]
        for name in compared.models { header += median ? [name, "quartiles"] : [name, "95 %"] }
        for model in compared.models.dropFirst() {
            header += ["\(model) − \(compared.models[0])", "95 %", "p", "p (Holm)"]
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
                cells += [
                    shown(difference.mean), shown(difference.interval.interval),
                    shownProbability(difference.probability), shownProbability(difference.corrected),
                ]
            }
            return cells
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
