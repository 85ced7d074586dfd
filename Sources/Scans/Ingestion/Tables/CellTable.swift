import Foundation

/// A table with a header between commas, semicolons or tabs, every cell as text: what the commands that take tables begin with.
/// Where semicolons stand between the cells, numbers with a decimal comma are read with a point.
public struct CellTable: Sendable {
    public let path: String
    public let columns: [String]
    /// Each as long as `columns`.
    public let rows: [[String]]
    /// Where a column of that name stands in every row.
    private let indices: [String: Int]

    /// - Throws: ``IngestionError`` when the file is absent, not UTF-8, has no header, a column twice, or a row with more cells
    ///   than the header.
    public init(path: String) throws(IngestionError) {
        let text = try TableText(path: path, what: "the table")
        var table = text.cells
        if text.delimiter == .semicolon { Self.turnDecimalCommas(&table) }
        self.path = path
        columns = table.isEmpty ? [] : table.removeFirst().map { $0.trimmingCharacters(in: .whitespaces) }
        var indices: [String: Int] = [:]
        for (index, name) in columns.enumerated() {
            guard indices.updateValue(index, forKey: name) == nil else {
                throw .badAttribute(
                    path: path, name: "the header", found: "the column '\(name)' twice", expected: "each column once")
            }
        }
        self.indices = indices
        guard columns.contains(where: { !$0.isEmpty }) else {
            throw .unreadable(path: path, reason: "it has no header, expected CSV with named columns")
        }
        var rows: [[String]] = []
        rows.reserveCapacity(table.count)
        for (number, cells) in table.enumerated() {
            if cells.allSatisfy(\.isEmpty) { continue }
            guard cells.dropFirst(columns.count).allSatisfy(\.isEmpty) else {
                throw .badAttribute(
                    path: path, name: "row \(number + 1)", found: "\(cells.count) cells",
                    expected: "\(columns.count) as in the header")
            }
            let row = Array(cells.prefix(columns.count))
            rows.append(row + [String](repeating: "", count: columns.count - row.count))
        }
        self.rows = rows
    }

    /// Of columns with nothing but numbers.
    private static func turnDecimalCommas(_ table: inout [[String]]) {
        guard let width = table.first?.count else { return }
        for column in 0..<width {
            let rows = table.indices.dropFirst().filter { column < table[$0].count && !table[$0][column].isEmpty }
            let numbers = rows.map { number(table[$0][column]) }
            guard numbers.allSatisfy({ $0 != nil }) else { continue }
            for (row, number) in zip(rows, numbers) { table[row][column] = number ?? "" }
        }
    }

    /// With a point; nil for what is no number, or has both.
    private static func number(_ cell: String) -> String? {
        let text = cell.contains(".") ? cell : cell.replacingOccurrences(of: ",", with: ".")
        return Double(text) == nil ? nil : text
    }

    public func has(_ column: String) -> Bool { indices[column] != nil }

    /// The cells of a column; nil when there is none of that name.
    public func column(_ name: String) -> [String]? {
        indices[name].map { index in rows.map { $0[index] } }
    }

    /// The cells of a column that has to be there.
    public func required(_ name: String, for purpose: String) throws(IngestionError) -> [String] {
        guard let cells = column(name) else {
            throw .badAttribute(
                path: path, name: "the header",
                found: "'\(columns.prefix(12).joined(separator: ","))\(columns.count > 12 ? ",…" : "")'",
                expected: "a column \(name) (\(purpose))")
        }
        return cells
    }
}
