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
                case .text(let text): CSV.cell(text)
                case .number(let value): value.shortestText
                }
            }.joined(separator: ",")
        case .json, .jsonl:
            var object = JSONObject(.compact)
            for (column, cell) in zip(columns, record) {
                switch cell {
                case .empty: object.add(column, json: "null")
                case .text(let text): object.add(column, text.printable)
                case .number(let value): object.add(column, value)
                }
            }
            return object.text
        }
    }

    /// Why a line is no row of a table.
    enum LineProblem: Error { case otherColumns, damaged }

    /// The cells of a line by column, as text: inverse of ``line(_:columns:)``.
    func cells(of line: String, columns: [String]) throws(LineProblem) -> [String: String] {
        switch self {
        case .csv:
            let cells: [String]
            do throws(CSVError) { cells = try CSV.rows(of: line).first ?? [] } catch { throw .damaged }
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
}
