import Encoding

/// A line of an earlier run.
struct TableLine {
    /// In its file, from 1.
    var number: Int
    /// As in the table, without what the file has around it.
    var text: String
    /// Where it is in the journal, with its line end.
    var range: Range<Int>

    /// The beginning of a line, for a message.
    static func shown(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: Array(bytes.prefix(40)), as: UTF8.self)
    }

    /// The lines of a file behind its header.
    ///
    /// - Parameters:
    ///   - header: the first line; nil where a file has none.
    ///   - mayBeCutShort: whether a last line without its end is left out; else it is an error, for it may have been cut off in
    ///     the middle of a number.
    ///   - content: a line as the table has it; nil for a damaged one.
    static func all(
        of bytes: [UInt8], behind header: String?, path: String, mayBeCutShort: Bool,
        _ content: (ArraySlice<UInt8>) -> ArraySlice<UInt8>? = { $0 }
    ) throws(TableError) -> [TableLine] {
        let newline = UInt8(ascii: "\n")
        var lines: [TableLine] = []
        var (start, number) = (0, 1)
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: newline)
            let found = bytes[start..<(end ?? bytes.count)]
            if end == nil, mayBeCutShort { break }
            let isHeader = number == 1 && header != nil
            guard let end, let line = isHeader ? found : content(found),
                let text = String(validating: line, as: UTF8.self)
            else { throw .damagedLine(path: path, line: number, found: shown(found)) }
            lines.append(TableLine(number: number, text: text, range: start..<end + 1))
            (start, number) = (end + 1, number + 1)
        }
        guard let header else { return lines }
        guard lines.first?.text == header else { throw other(lines.first?.text ?? "", than: header, path) }
        return Array(lines.dropFirst())
    }

    /// Why a first line is not the one that was expected.
    static func other(_ found: String, than expected: String, _ path: String) -> TableError {
        let columns = [found, expected].map { JournalForm.columns(of: $0) ?? [] }
        return columns[0] == columns[1] && !columns[0].isEmpty
            ? .otherMarks(path: path) : .otherColumns(path: path, found: columns[0], expected: columns[1])
    }
}
