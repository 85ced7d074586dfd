import CXlsxWriter
import Encoding

/// Reads the rows of a workbook back that ``TableWorkbook`` wrote, to continue it. It knows nothing of what other programs write.
enum WorkbookRows {
    /// The lines that the rows of the first sheet would be in a journal.
    static func lines(_ path: String, _ table: FeatureTable) throws(TableError) -> [TableLine] {
        var bytes: UnsafeMutablePointer<UInt8>?
        var (count, error) = (0, CXlsxError())
        guard cxlsx_read_rows(path, 1, &bytes, &count, &error) else { throw .foreignWorkbook(path: path) }
        defer { cxlsx_free(bytes) }
        var reader = Reader(bytes: UnsafeBufferPointer(start: bytes, count: count))
        let (columns, names) = (table.lineColumns, table.columns)
        var lines: [TableLine] = []
        var number = 0
        while !reader.isAtEnd {
            number += 1
            guard let cells = reader.row(number) else { throw .foreignWorkbook(path: path) }
            if number == 1 {
                let found = cells.map { if case .text(let text) = $0 { text } else { "" } }
                guard found == names else { throw .otherColumns(path: path, found: found, expected: names) }
                continue
            }
            guard cells.count <= columns.count else { throw .foreignWorkbook(path: path) }
            let record = cells + [Cell](repeating: .empty, count: columns.count - cells.count)
            lines.append(
                TableLine(number: number, text: TableEncoding.xlsx.line(record, columns: names), range: 0..<0))
        }
        return lines
    }

    private struct Reader {
        let bytes: UnsafeBufferPointer<UInt8>
        private var position = 0

        init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

        var isAtEnd: Bool { position == bytes.count }

        /// The cells of the row, which has this number; nil for anything else.
        mutating func row(_ number: Int) -> [Cell]? {
            guard take("<row r=\"\(number)\">") else { return nil }
            var cells: [Cell] = []
            while !take("</row>") {
                guard take("<c r=\""), let column = column(), take("\(number)\""), column >= cells.count else {
                    return nil
                }
                cells += [Cell](repeating: .empty, count: column - cells.count)
                if take(" s=\"") { guard text(before: "\"") != nil, take("\"") else { return nil } }
                if take("><v>") {
                    guard let digits = text(before: "<"), let value = Double(digits), take("</v></c>") else {
                        return nil
                    }
                    cells.append(.number(value))
                } else {
                    guard take(" t=\"inlineStr\"><is><t>") || take(" t=\"inlineStr\"><is><t xml:space=\"preserve\">"),
                        let written = text(before: "<"), take("</t></is></c>")
                    else { return nil }
                    cells.append(.text(Self.unescaped(written)))
                }
            }
            return cells
        }

        /// From 0, of letters.
        private mutating func column() -> Int? {
            var number = 0
            while position < bytes.count, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(bytes[position]) {
                number = number * 26 + Int(bytes[position] - UInt8(ascii: "A")) + 1
                guard number <= TableWorkbook.mostColumns else { return nil }
                position += 1
            }
            return number > 0 ? number - 1 : nil
        }

        private mutating func take(_ text: String) -> Bool {
            guard bytes[position...].starts(with: text.utf8) else { return false }
            position += text.utf8.count
            return true
        }

        private mutating func text(before end: Unicode.Scalar) -> String? {
            guard let found = bytes[position...].firstIndex(of: UInt8(ascii: end)) else { return nil }
            defer { position = found }
            return String(decoding: bytes[position..<found], as: UTF8.self)
        }

        /// What the door has escaped.
        private static func unescaped(_ text: String) -> String {
            guard text.utf8.contains(UInt8(ascii: "&")) || text.contains("_x005F_") else { return text }
            return text.replacing("_x005F_", with: "_").replacing("&lt;", with: "<").replacing("&gt;", with: ">")
                .replacing("&amp;", with: "&")
        }
    }
}
