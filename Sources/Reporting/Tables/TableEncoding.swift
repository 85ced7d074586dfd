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
        self == .csv ? columns.map(Self.quoted).joined(separator: ",") : nil
    }

    func line(_ record: [Cell], columns: [String]) -> String {
        switch self {
        case .csv: record.map(Self.csv).joined(separator: ",")
        case .json, .jsonl:
            "{" + zip(columns, record).map { "\(Self.jsonString($0)):\(Self.json($1))" }.joined(separator: ",") + "}"
        }
    }

    /// Why a line is no row of a table.
    enum LineProblem: Error { case otherColumns, damaged }

    /// The cells of a line by column, as text: inverse of ``line(_:columns:)``.
    func cells(of line: String, columns: [String]) throws(LineProblem) -> [String: String] {
        switch self {
        case .csv:
            let cells = Self.csvCells(line)
            guard cells.count == columns.count else { throw .otherColumns }
            return Dictionary(zip(columns, cells), uniquingKeysWith: { first, _ in first })
        case .json, .jsonl:
            let parsed: Any
            do { parsed = try JSONSerialization.jsonObject(with: Data(line.utf8)) } catch { throw .damaged }
            guard let object = parsed as? [String: Any] else { throw .damaged }
            guard object.count == columns.count else { throw .otherColumns }
            return object.compactMapValues { $0 is NSNull ? "" : "\($0)" }
        }
    }

    /// Of one line; a quote inside quotes is doubled.
    static func csvCells(_ line: String) -> [String] {
        var cells: [String] = []
        var cell: [UInt8] = []
        var isQuoted = false
        var afterQuote = false
        for byte in line.utf8 {
            if byte == UInt8(ascii: "\"") {
                if isQuoted {
                    isQuoted = false
                    afterQuote = true
                } else {
                    if afterQuote { cell.append(byte) }
                    isQuoted = true
                    afterQuote = false
                }
                continue
            }
            afterQuote = false
            if byte == UInt8(ascii: ","), !isQuoted {
                cells.append(String(decoding: cell, as: UTF8.self))
                cell.removeAll(keepingCapacity: true)
            } else {
                cell.append(byte)
            }
        }
        return cells + [String(decoding: cell, as: UTF8.self)]
    }

    // MARK: cells

    private static func csv(_ cell: Cell) -> String {
        switch cell {
        case .empty: ""
        case .text(let text): quoted(text.printable)
        case .number(let value): number(value)
        }
    }

    private static func json(_ cell: Cell) -> String {
        switch cell {
        case .empty: "null"
        case .text(let text): jsonString(text.printable)
        // JSON knows no infinity.
        case .number(let value): value.isFinite ? number(value) : "null"
        }
    }

    /// The shortest text that reads back as the same double.
    static func number(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 1e15 { return value == 0 ? "0" : String(Int64(value)) }
        return value.description
    }

    /// RFC 4180.
    private static func quoted(_ text: String) -> String {
        let needsQuotes = text.utf8.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }
        return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }

    static func jsonString(_ text: String) -> String {
        var escaped = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": escaped += "\\\""
            case "\\": escaped += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped + "\""
    }
}
