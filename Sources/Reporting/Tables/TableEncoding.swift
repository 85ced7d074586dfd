import Encoding
import Foundation

/// The file formats of a table, by suffix. A record is one line in each of them, so that an interrupted table can be
/// continued line by line; the lines of a workbook are those of JSON until it is finished.
public enum TableEncoding: Hashable, Sendable {
    case separated(CellMarks)
    case json, jsonl, xlsx

    public static let csv = Self.separated(CellMarks(delimiter: .comma))

    /// By the suffix of a path; nil for one that is no table.
    public init?(path: String, csv form: CSVForm = CSVForm()) {
        guard let suffix = path.split(separator: ".").last?.lowercased(), path.contains(".") else { return nil }
        switch suffix {
        case "csv": self = .separated(CellMarks(form))
        case "tsv": self = .separated(CellMarks(delimiter: .tab, hasOrderMark: form.hasOrderMark))
        case "json": self = .json
        case "jsonl": self = .jsonl
        case "xlsx": self = .xlsx
        default: return nil
        }
    }

    var marks: CellMarks? { if case .separated(let marks) = self { marks } else { nil } }

    /// What a finished table begins with.
    var orderMark: [UInt8] { marks?.hasOrderMark == true ? CSV.orderMark : [] }

    /// What stands before the first record: cells between marks need the names of their columns.
    func header(_ columns: [String]) -> String? {
        marks.map { CSV.line(columns, delimiter: $0.delimiter) }
    }

    func line(_ record: [Cell], columns: [String]) -> String {
        if let marks {
            return record.map { cell in
                switch cell {
                case .empty: ""
                case .text(let text): CSV.textCell(text, delimiter: marks.delimiter)
                case .number(let value): marks.written(value.shortestText)
                }
            }.joined(separator: marks.delimiter.text)
        }
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

/// What a spreadsheet expects of a CSV.
public struct CSVForm: Hashable, Sendable {
    public enum Separator: String, CaseIterable, Sendable {
        case comma
        /// With a decimal comma: what Excel opens by a double click where numbers are written so.
        case semicolon
    }

    public var separator: Separator
    /// Whether the file begins with U+FEFF, by which Excel knows UTF-8.
    public var hasOrderMark: Bool

    public init(separator: Separator = .comma, hasOrderMark: Bool = false) {
        (self.separator, self.hasOrderMark) = (separator, hasOrderMark)
    }
}

/// How cells are set apart, and numbers written, in a table of text.
public struct CellMarks: Hashable, Sendable {
    let delimiter: CSV.Delimiter
    let hasOrderMark: Bool

    init(delimiter: CSV.Delimiter, hasOrderMark: Bool = false) {
        (self.delimiter, self.hasOrderMark) = (delimiter, hasOrderMark)
    }

    package init(_ form: CSVForm) {
        self.init(delimiter: form.separator == .comma ? .comma : .semicolon, hasOrderMark: form.hasOrderMark)
    }

    private var hasDecimalComma: Bool { delimiter == .semicolon }

    /// The text of a number as a cell has it.
    func written(_ number: String) -> String {
        hasDecimalComma ? number.escapingScalars { $0 == "." ? "," : nil } : number
    }

    /// Inverse of ``written(_:)``.
    func number(_ cell: String) -> String {
        hasDecimalComma ? cell.escapingScalars { $0 == "," ? "." : nil } : cell
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
    enum LineProblem: Error {
        /// An object with these members.
        case otherColumns([String])
        case damaged
    }

    /// The cells of a line, as text, empty for an undefined value: inverse of ``line(_:columns:)``.
    func cells(of line: String, _ columns: [TableColumn]) throws(LineProblem) -> [String] {
        if let marks {
            let rows: [[String]]
            do throws(CSVError) { rows = try CSV.rows(of: line, delimiter: marks.delimiter) } catch { throw .damaged }
            guard rows.count == 1, rows[0].count == columns.count else { throw .damaged }
            let cells = zip(rows[0], columns).map { $1.isNumber ? marks.number($0) : $0.withoutFormulaGuard }
            let again = zip(cells, columns).map {
                $1.isNumber ? marks.written($0) : CSV.textCell($0, delimiter: marks.delimiter)
            }.joined(separator: marks.delimiter.text)
            guard again.utf8.elementsEqual(line.utf8), numbersAreNumbers(cells, columns) else { throw .damaged }
            return cells
        }
        var reader = CompactObjectReader(line)
        if let cells = reader.values(of: columns), numbersAreNumbers(cells, columns) { return cells }
        let names = Self.members(of: line)
        throw names.map { Set($0) != Set(columns.map(\.name)) } ?? false ? .otherColumns(names ?? []) : .damaged
    }

    private func numbersAreNumbers(_ cells: [String], _ columns: [TableColumn]) -> Bool {
        zip(cells, columns).allSatisfy { cell, column in
            !column.isNumber || cell.isEmpty || Double(cell).map { $0.shortestText == cell } ?? false
        }
    }

    /// Of a whole object; nil for anything else.
    private static func members(of line: String) -> [String]? {
        do {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return object?.keys.sorted()
        } catch { return nil }
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
        values.reserveCapacity(columns.count)
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
        var hasEscapes = false
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            let isEscape = bytes[position] == UInt8(ascii: "\\")
            hasEscapes = hasEscapes || isEscape
            position += isEscape ? 2 : 1
        }
        guard position < bytes.count else { return nil }
        position += 1
        let written = bytes[start..<position]
        do {
            let text =
                hasEscapes
                ? try JSONDecoder().decode(String.self, from: Data(written))
                : String(decoding: written.dropFirst().dropLast(), as: UTF8.self)
            return JSON.string(text.singleLine).utf8.elementsEqual(written) ? text : nil
        } catch { return nil }
    }
}
