import Encoding
import Foundation
import Imaging

/// How the lines of a journal look; ``TableJournal`` says what they are for.
struct JournalForm {
    private let encoding: TableEncoding
    /// The first line, without its end.
    let head: String
    /// What stands before and behind the digits of a checksum.
    private let (before, after): (String, String)
    /// Whether the run may replace a table that stands under its name.
    let isReplacing: Bool

    private static let column = "journal_checksum"
    private static let replacingColumn = column + "_replacing"
    private static let digits = 16

    init(_ encoding: TableEncoding, _ columns: [String], isReplacing: Bool) {
        self.encoding = encoding
        self.isReplacing = isReplacing
        let name = isReplacing ? Self.replacingColumn : Self.column
        if let header = encoding.header(columns + [name]), let marks = encoding.marks {
            head = header
            (before, after) = (marks.delimiter.text, "")
        } else {
            var object = JSONObject(.compact)
            object.add(name, json: "null")
            object.add("columns", json: "[" + columns.map(JSON.string).joined(separator: ",") + "]")
            head = object.text
            // Instead of the brace that ends the object.
            (before, after) = (",\"\(name)\":\"", "\"}")
        }
    }

    /// Whether a file begins as a journal does, whatever its columns.
    static func isJournal(_ content: [UInt8]) -> Bool {
        guard let end = content.firstIndex(of: UInt8(ascii: "\n")) else { return false }
        let head = String(decoding: content[..<end], as: UTF8.self)
        let names = [column, replacingColumn]
        return names.contains { name in
            head.hasPrefix("{\"\(name)\":null,\"columns\":[")
                || CSV.Delimiter.allCases.contains { delimiter in
                    head.hasPrefix(CSV.line(FeatureTable.identityColumns, delimiter: delimiter) + delimiter.text)
                        && head.hasSuffix(delimiter.text + name)
                }
        }
    }

    /// Whether a file begins as the journals of version 0.1.0 did, which were lines of the table and nothing else.
    static func isPlain(_ content: [UInt8]) -> Bool {
        let identity = FeatureTable.identityColumns
        return [CSV.line(identity) + ",", "{\(JSON.string(identity[0])):"].contains { content.starts(with: $0.utf8) }
            && !isJournal(content)
    }

    /// The columns that the first line of a journal names, whatever its form; nil when it names none.
    static func columns(of head: String) -> [String]? {
        if head.hasPrefix("{") {
            struct Head: Decodable { var columns: [String] }
            do { return try JSONDecoder().decode(Head.self, from: Data(head.utf8)).columns } catch { return nil }
        }
        do {
            let cells = try CSV.rows(of: head, delimiter: CSV.Delimiter(guessedFrom: head)).first
            return cells.map { $0.filter { $0 != column && $0 != replacingColumn } }
        } catch { return nil }
    }

    /// A line of the table with its checksum.
    func sealed(_ line: String) -> String {
        (encoding.marks != nil ? line[...] : line.dropLast()) + before + Self.checksum(line) + after
    }

    /// Lines, numbered as in their file, with the places that they have in a journal which begins with them.
    func places(of lines: [TableLine]) -> [TableLine] {
        var start = head.utf8.count + 1
        let more = sealed("{}").utf8.count - "{}".utf8.count + 1
        return lines.map { line in
            let end = start + line.text.utf8.count + more
            defer { start = end }
            return TableLine(number: line.number, text: line.text, range: start..<end)
        }
    }

    /// Inverse of ``sealed(_:)``, a line without its end; nil when the checksum is not that of the line.
    func unsealed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let count = before.utf8.count + Self.digits + after.utf8.count
        guard line.count > count, line.suffix(after.utf8.count).elementsEqual(after.utf8) else { return nil }
        var content = line.dropLast(count)
        let seal = line.suffix(count)
        guard seal.starts(with: before.utf8) else { return nil }
        if encoding.marks == nil { content.append(UInt8(ascii: "}")) }
        let digits = seal.dropFirst(before.utf8.count).prefix(Self.digits)
        return digits.elementsEqual(Self.checksum(content).utf8) ? content : nil
    }

    private static func checksum(_ line: String) -> String { checksum(Array(line.utf8)[...]) }

    private static func checksum(_ line: ArraySlice<UInt8>) -> String {
        String(line.withUnsafeBytes { Fingerprint(of: $0) }.description.suffix(digits))
    }
}
