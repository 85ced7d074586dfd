/// Comma-separated values (RFC 4180) in UTF-8, one line per row.
package enum CSV {
    /// A row as a line, without its line end. Control characters become spaces, so that a row is one line.
    package static func line(_ cells: some Sequence<String>, delimiter: Delimiter = .comma) -> String {
        cells.lazy.map { cell($0, delimiter: delimiter) }.joined(separator: delimiter.text)
    }

    /// A cell of words, which a spreadsheet shall not run as a formula; see `String.guardedFromFormulas`.
    package static func textCell(_ text: String, delimiter: Delimiter = .comma) -> String {
        cell(text.singleLine.guardedFromFormulas, delimiter: delimiter)
    }

    /// A cell that holds the delimiter or a quote stands between quotes, which are doubled inside it.
    package static func cell(_ text: String, delimiter: Delimiter = .comma) -> String {
        let text = text.singleLine
        guard text.utf8.contains(where: { $0 == delimiter.rawValue || $0 == Byte.quote }) else { return text }
        return "\"" + text.escapingScalars { $0 == "\"" ? "\"\"" : nil } + "\""
    }

    /// What a reader does with the spaces before a cell.
    package enum LeadingSpaces { case kept, ignored }

    /// What stands between cells, in tables that others made.
    package enum Delimiter: UInt8, CaseIterable, Sendable {
        case comma = 0x2C
        case semicolon = 0x3B
        case tab = 0x09

        package var text: String { String(UnicodeScalar(rawValue)) }

        /// The first of them that the first line holds outside quotes; a comma where it holds none.
        package init(guessedFrom text: String) {
            var isQuoted = false
            for byte in text.utf8 {
                if byte == Byte.quote { isQuoted.toggle() }
                if byte == Byte.lineFeed || byte == Byte.carriageReturn { break }
                if !isQuoted, let found = Self(rawValue: byte) {
                    self = found
                    return
                }
            }
            self = .comma
        }
    }

    /// The cells of a text, row by row; the inverse of ``line(_:)`` when leading spaces are kept. Lines end with LF, CR LF or
    /// CR; an empty line is a row of one empty cell; a byte order mark is left out.
    /// - Throws: ``CSVError`` where quotes do not pair up.
    package static func rows(
        of text: String, delimiter: Delimiter = .comma, leadingSpaces: LeadingSpaces = .kept
    ) throws(CSVError) -> [[String]] {
        var reader = Reader(bytes: Array(text.utf8), delimiter: delimiter.rawValue, leadingSpaces: leadingSpaces)
        return try reader.rows()
    }

    /// U+FEFF in UTF-8, by which spreadsheets know that a text is UTF-8.
    package static let orderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private enum Byte {
        static let (tab, lineFeed, carriageReturn) = (UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"))
        static let (space, quote) = (UInt8(ascii: " "), UInt8(ascii: "\""))
    }

    private struct Reader {
        let bytes: [UInt8]
        let delimiter: UInt8
        let leadingSpaces: LeadingSpaces
        var position = 0
        var line = 1

        mutating func rows() throws(CSVError) -> [[String]] {
            if bytes.starts(with: orderMark) { position = orderMark.count }
            var rows: [[String]] = []
            var row: [String] = []
            while position < bytes.count {
                row.append(try cell())
                if position < bytes.count, bytes[position] == delimiter {
                    position += 1
                    if position < bytes.count { continue }
                    // A delimiter at the end of the text: the last cell is empty.
                    row.append("")
                } else {
                    skipLineEnd()
                }
                rows.append(row)
                row.removeAll(keepingCapacity: true)
            }
            return rows
        }

        /// Ends at a delimiter, a line end or the end of the text.
        private mutating func cell() throws(CSVError) -> String {
            let start = position
            skipSpaces()
            if position < bytes.count, bytes[position] == Byte.quote { return try quotedCell() }
            let first = leadingSpaces == .ignored ? position : start
            while position < bytes.count, !isEnd(bytes[position]) {
                if bytes[position] == Byte.quote { throw .quoteInsideCell(line: line) }
                position += 1
            }
            return String(decoding: bytes[first..<position], as: UTF8.self)
        }

        private mutating func quotedCell() throws(CSVError) -> String {
            let firstLine = line
            var content: [UInt8] = []
            position += 1
            while true {
                guard position < bytes.count else { throw .unclosedQuote(line: firstLine) }
                let byte = bytes[position]
                position += 1
                if byte == Byte.quote {
                    guard position < bytes.count, bytes[position] == Byte.quote else { break }
                    position += 1
                } else if byte == Byte.lineFeed {
                    line += 1
                }
                content.append(byte)
            }
            skipSpaces()
            guard position == bytes.count || isEnd(bytes[position]) else { throw .textAfterQuote(line: line) }
            return String(decoding: content, as: UTF8.self)
        }

        private mutating func skipSpaces() {
            while position < bytes.count, bytes[position] != delimiter,
                bytes[position] == Byte.space || bytes[position] == Byte.tab
            { position += 1 }
        }

        private mutating func skipLineEnd() {
            guard position < bytes.count else { return }
            line += 1
            let isPair =
                bytes[position] == Byte.carriageReturn && position + 1 < bytes.count
                && bytes[position + 1] == Byte.lineFeed
            position += isPair ? 2 : 1
        }

        private func isEnd(_ byte: UInt8) -> Bool {
            byte == delimiter || byte == Byte.lineFeed || byte == Byte.carriageReturn
        }
    }
}

/// Quotes of a CSV that do not pair up; lines count from 1.
package enum CSVError: Error, Hashable, CustomStringConvertible {
    case quoteInsideCell(line: Int)
    case unclosedQuote(line: Int)
    case textAfterQuote(line: Int)

    package var description: String {
        switch self {
        case .quoteInsideCell(let line):
            "line \(line): found a quote inside a cell without quotes, expected the whole cell between quotes"
        case .unclosedQuote(let line): "line \(line): found a quote that is not closed, expected its end"
        case .textAfterQuote(let line): "line \(line): found text after a closing quote, expected the next cell"
        }
    }
}
