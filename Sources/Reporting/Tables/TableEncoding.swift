import Encoding
import Foundation

/// The file formats of a table, by suffix. A record is one line in each of them, so that an interrupted table can be
/// continued line by line.
public enum TableEncoding: String, CaseIterable, Sendable {
    case csv, json, jsonl

    /// By the suffix of a path; nil for one that is no table.
    public init?(path: String) {
        guard let suffix = path.split(separator: ".").last?.lowercased(), path.contains(".") else { return nil }
        self.init(rawValue: String(suffix))
    }

    /// What stands before the first record: CSV names its columns.
    func header(_ columns: [String]) -> String? {
        self == .csv ? CSV.line(columns) : nil
    }

    func line(_ record: [Cell], columns: [String]) -> String {
        switch self {
        case .csv:
            return record.map { cell in
                switch cell {
                case .empty: ""
                case .text(let text): CSV.textCell(text)
                case .number(let value): value.shortestText
                }
            }.joined(separator: ",")
        case .json, .jsonl:
            var object = JSONObject(.compact)
            for (column, cell) in zip(columns, record) {
                switch cell {
                case .empty: object.add(column, json: "null")
                case .text(let text): object.add(column, text.singleLine)
                case .number(let value): object.add(column, value)
                }
            }
            return object.text
        }
    }
}

/// A column as the lines of a table have it.
struct TableColumn: Sendable {
    var name: String
    var isNumber: Bool
}

// What is read here was written here: a line counts only if writing its cells again gives the same bytes.
extension TableEncoding {
    /// Why a line is no row of a table.
    enum LineProblem: Error { case otherColumns, damaged }

    /// The cells of a line, as text, empty for an undefined value: inverse of ``line(_:columns:)``.
    func cells(of line: String, _ columns: [TableColumn]) throws(LineProblem) -> [String] {
        switch self {
        case .csv:
            let rows: [[String]]
            do throws(CSVError) { rows = try CSV.rows(of: line) } catch { throw .damaged }
            guard rows.count == 1, rows[0].count == columns.count else { throw .damaged }
            let cells = zip(rows[0], columns).map { $1.isNumber ? $0 : $0.withoutFormulaGuard }
            let again = zip(cells, columns).map { $1.isNumber ? $0 : CSV.textCell($0) }.joined(separator: ",")
            guard again.utf8.elementsEqual(line.utf8), numbersAreNumbers(cells, columns) else { throw .damaged }
            return cells
        case .json, .jsonl:
            var reader = CompactObjectReader(line)
            guard let cells = reader.values(of: columns), numbersAreNumbers(cells, columns) else {
                throw isObjectOfOthers(line, columns) ? .otherColumns : .damaged
            }
            return cells
        }
    }

    private func numbersAreNumbers(_ cells: [String], _ columns: [TableColumn]) -> Bool {
        zip(cells, columns).allSatisfy { cell, column in
            !column.isNumber || cell.isEmpty || Double(cell).map { $0.shortestText == cell } ?? false
        }
    }

    /// A whole object that has other members.
    private func isObjectOfOthers(_ line: String, _ columns: [TableColumn]) -> Bool {
        do {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return object.map { Set($0.keys) != Set(columns.map(\.name)) } ?? false
        } catch { return false }
    }
}

/// Reads back what ``JSONObject`` wrote in its compact layout, byte for byte.
private struct CompactObjectReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ line: String) { bytes = Array(line.utf8) }

    /// In the order of the columns, empty for null; nil for any other text.
    mutating func values(of columns: [TableColumn]) -> [String]? {
        guard take("{") else { return nil }
        var values: [String] = []
        for (index, column) in columns.enumerated() {
            guard take((index > 0 ? "," : "") + JSON.string(column.name) + ":") else { return nil }
            if take("null") {
                values.append("")
            } else if let value = column.isNumber ? number() : string() {
                values.append(value)
            } else {
                return nil
            }
        }
        return take("}") && position == bytes.count ? values : nil
    }

    private mutating func take(_ text: String) -> Bool {
        guard bytes[position...].starts(with: text.utf8) else { return false }
        position += text.utf8.count
        return true
    }

    private mutating func number() -> String? {
        let digits = bytes[position...].prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "}") }
        position = digits.endIndex
        return digits.isEmpty ? nil : String(decoding: digits, as: UTF8.self)
    }

    private mutating func string() -> String? {
        let start = position
        guard take("\"") else { return nil }
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard position < bytes.count else { return nil }
        position += 1
        let written = bytes[start..<position]
        do {
            let text = try JSONDecoder().decode(String.self, from: Data(written))
            return JSON.string(text.singleLine).utf8.elementsEqual(written) ? text : nil
        } catch { return nil }
    }
}
