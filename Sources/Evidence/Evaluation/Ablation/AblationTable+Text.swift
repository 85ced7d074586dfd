// An ablation's table for a terminal, for Markdown, for LaTeX and, with all digits, for programs.

import Encoding
import Foundation
import Statistics

extension AblationTable {
    private func shown(_ value: Double) -> String { String(format: "%.3f", value) }

    /// For people: `0.949 (0.930 to 0.966)`.
    package var shown: PlainTable {
        var table = PlainTable(["", "seeds"] + metrics.map(\.rawValue) + ["p"])
        for (row, cells) in zip(rows.indices, entries) {
            let values = cells.map { cell in
                guard let value = cell.value else { return "-" }
                return shown(value) + (cell.interval.map { " (\(shown($0.low)) to \(shown($0.high)))" } ?? "")
            }
            table.rows.append(
                [rows[row].name, String(rows[row].runs.count)] + values
                    + [probabilities[row].map(shownProbability) ?? (rows[row].failure ?? "")])
        }
        return table
    }

    /// The last metric of every seed, a column a seed; nil where each row has one.
    package var shownSeeds: PlainTable? {
        guard spread == .seeds, let metric = metrics.last else { return nil }
        let all = Set(seeds.joined().map(\.seed)).sorted()
        var table = PlainTable([metric.rawValue] + all.map { "seed \($0)" })
        table.rows = zip(rows, seeds).map { row, seeds in
            [row.name]
                + all.map { seed in
                    seeds.first { $0.seed == seed }?.entries.last?.value.map { shown($0) } ?? "-"
                }
        }
        return table
    }

    /// All of it for a terminal.
    package var text: String { shown.text + (shownSeeds.map { "\n" + $0.text } ?? "") + explanation }

    package var markdown: String {
        shown.markdown + (shownSeeds.map { "\n" + $0.markdown } ?? "") + "\n" + explanation + "\n"
    }

    /// `row,seeds,metric,value,low,high,p,failure` with all digits.
    package var csv: String {
        var table = PlainTable(["row", "seeds", "metric", "value", "low", "high", "p", "failure"])
        for (row, cells) in zip(rows.indices, entries) {
            for (name, cell) in zip(metrics, cells) {
                table.rows.append(
                    [rows[row].name, String(rows[row].runs.count), name.rawValue] + digits(cell)
                        + [name == metrics.last ? digits(probabilities[row]) : "", rows[row].failure ?? ""])
            }
        }
        return table.csv
    }

    /// `row,seed,metric,value,low,high` with all digits, the intervals by patient: what each run gave.
    package var seedCSV: String {
        var table = PlainTable(["row", "seed", "metric", "value", "low", "high"])
        for (row, seeds) in zip(rows, seeds) {
            for seed in seeds {
                for (name, entry) in zip(metrics, seed.entries) {
                    table.rows.append([row.name, String(seed.seed), name.rawValue] + digits(entry))
                }
            }
        }
        return table.csv
    }

    private func digits(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }

    private func digits(_ entry: Entry) -> [String] {
        [digits(entry.value), digits(entry.interval?.low), digits(entry.interval?.high)]
    }

    /// A `tabular` with the rules of the package booktabs, explained in a comment.
    package var latex: String {
        func line(_ cells: [String]) -> String { cells.joined(separator: " & ") + " \\\\\n" }
        var text = explanation.split(separator: "\n").map { "% \($0)\n" }.joined()
        text +=
            "% \\usepackage{booktabs}\n\\begin{tabular}{l\(String(repeating: "r", count: metrics.count + 2))}\n\\toprule\n"
        text += line(
            ["", "seeds"] + metrics.map { Self.latex($0.rawValue.replacingOccurrences(of: "_", with: " ")) } + ["$p$"])
        text += "\\midrule\n"
        for (row, cells) in zip(rows.indices, entries) {
            let values = cells.map { cell in
                guard let value = cell.value else { return "--" }
                return shown(value) + (cell.interval.map { " (\(shown($0.low))--\(shown($0.high)))" } ?? "")
            }
            let p = probabilities[row].map { $0 < 1e-4 ? "$<0.0001$" : shownProbability($0) } ?? "--"
            text += line([Self.latex(rows[row].name), String(rows[row].runs.count)] + values + [p])
        }
        return text + "\\bottomrule\n\\end{tabular}\n"
    }

    /// Text in which no character is a command.
    private static func latex(_ text: String) -> String {
        text.map { character -> String in
            switch character {
            case "\\": "\\textbackslash{}"
            case "~": "\\textasciitilde{}"
            case "^": "\\textasciicircum{}"
            case "&", "%", "$", "#", "_", "{", "}": "\\\(character)"
            default: character.isNewline ? " " : String(character)
            }
        }.joined()
    }

    package var explanation: String {
        var lines: [String] = []
        switch spread {
        case .seeds:
            lines.append(
                "Means over seeds with 95 % intervals of the mean (Student, cut to 0 to 1); p: paired t over seeds of the last "
                    + "column against the first row.")
            if seeds.contains(where: { $0.count == 1 }) {
                lines.append(
                    "A row with one seed has neither interval nor p: how much seeds differ cannot be told from one.")
            }
        case .patients:
            lines.append(
                "One seed; 95 % intervals by patient (bootstrap); p: DeLong by patient of the last column against the first row."
            )
        }
        let patients = rows.flatMap { $0.runs.values.map { Set($0.patients).count } }.min()
        if let patients, patients < ModelComparison.fewestPatients {
            lines.append(
                "\(patients == 1 ? "1 patient" : "\(patients) patients"): fewer than \(ModelComparison.fewestPatients), so no p is "
                    + "given.")
        }
        if let positive, let name = rows.lazy.compactMap({ $0.runs.values.first?.classes[positive.number] }).first {
            lines.append("Positive is \(name), \(positive.reason.explanation).")
        }
        return lines.joined(separator: "\n")
    }
}
