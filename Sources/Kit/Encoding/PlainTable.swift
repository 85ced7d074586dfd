/// Rows of text in columns for a person at a terminal: the first column left, the others right.
package struct PlainTable {
    package var header: [String]
    package var rows: [[String]] = []

    package init(_ header: [String]) { self.header = header }

    package var text: String {
        let lines = ([header] + rows).map { $0.map(\.printable) }
        let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            let cells = line.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + padding : padding + cell
            }
            return cells.joined(separator: "  ").trimmingSuffix { $0 == " " } + "\n"
        }.joined()
    }

    package var markdown: String {
        func line(_ cells: [String]) -> String {
            "| " + cells.map(Markup.markdownCell).joined(separator: " | ") + " |\n"
        }
        return line(header) + line(header.indices.map { $0 == 0 ? "---" : "---:" }) + rows.map(line).joined()
    }

    /// For a spreadsheet, which shall run no cell as a formula.
    package var csv: String {
        ([header] + rows).map { $0.map { CSV.textCell($0) }.joined(separator: ",") + "\n" }.joined()
    }

    /// For a program that reads the same words back.
    package var plainCSV: String { ([header] + rows).map { CSV.line($0) + "\n" }.joined() }
}

extension String {
    fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, isTrimmed(last) { text = text.dropLast() }
        return String(text)
    }
}
