import Encoding
import Files
import Foundation

/// A finished table that is read line by line, whatever it is of: so much of it as putting tables together needs to know.
struct TableLines {
    let path: String
    let encoding: TableEncoding
    /// Without the marks of a shard; nil for a table without rows whose format names no columns.
    let columns: [String]?
    let isOfShard: Bool
    private let file: OpenFile
    private let size: Int

    /// One line that is a record.
    struct Line {
        var number: Int
        /// In the file, without its end and what JSON has behind it.
        var place: Range<Int>
        /// As the table of a run without shards has it.
        var content: ArraySlice<UInt8>
        var mark: RowMark?
    }

    init(_ path: String) throws(MergeError) {
        self.path = path
        guard let named = TableEncoding(path: path) else {
            throw .noTable(path: path, found: "a name without the suffix of a table")
        }
        if named == .xlsx { throw .workbook(path: path) }
        do throws(FileReadingError) { file = try OpenFile(reading: path) } catch {
            throw .unreadable(path: path, reason: error.reason)
        }
        do throws(SystemError) { size = Int(try file.status().st_size) } catch {
            throw .unreadable(path: path, reason: "cannot be read: \(error)")
        }
        // The first record of a table without a header, or the header.
        var first: ArraySlice<UInt8>?
        try Self.forEachLine(of: file, size, path) { number, _, bytes in
            if named == .json, number == 1 { return true }
            first = bytes
            return false
        }
        var head = first ?? []
        var names: [String]?
        if named.marks != nil {
            let hasMark = head.starts(with: CSV.orderMark)
            if hasMark { head = head.dropFirst(CSV.orderMark.count) }
            let text = String(decoding: head, as: UTF8.self)
            let delimiter = CSV.Delimiter(guessedFrom: text)
            encoding = .separated(CellMarks(delimiter: delimiter, hasOrderMark: hasMark))
            do throws(CSVError) { names = try CSV.rows(of: text, delimiter: delimiter).first } catch {
                throw .noTable(path: path, found: "a first line that is none of a CSV")
            }
        } else {
            encoding = named
            if named == .json, head.last == UInt8(ascii: ",") { head = head.dropLast() }
            names = head.elementsEqual("]".utf8) || head.isEmpty ? nil : RecordReader.members(of: head)
            if names == nil, !head.isEmpty, !head.elementsEqual("]".utf8) {
                throw .noTable(path: path, found: "a first line that is no JSON object")
            }
        }
        isOfShard = names?.suffix(ShardMarks.columns.count) == ShardMarks.columns[...]
        columns = isOfShard ? names.map { Array($0.dropLast(ShardMarks.columns.count)) } : names
        if let columns, !["case", "image"].allSatisfy(columns.contains) {
            throw .noTable(path: path, found: "the columns \(columns.prefix(5).joined(separator: ", "))")
        }
        if columns == nil, named.marks != nil { throw .noTable(path: path, found: "an empty file") }
    }

    /// In their order.
    func eachLine(_ body: (Line) throws(MergeError) -> Void) throws(MergeError) {
        var problem: MergeError?
        try Self.forEachLine(of: file, size, path) { number, start, bytes in
            do throws(MergeError) {
                if let line = try line(number, start, bytes) { try body(line) }
                return true
            } catch {
                problem = error
                return false
            }
        }
        if let problem { throw problem }
    }

    /// The content of lines that stand one behind the other, each without its mark and its end.
    func contents(at place: Range<Int>) throws(MergeError) -> [ArraySlice<UInt8>] {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try file.read(place.count, at: place.lowerBound) } catch {
            throw .unreadable(path: path, reason: "cannot be read: \(error)")
        }
        return bytes.split(separator: UInt8(ascii: "\n")).map { line in
            let line = encoding == .json && line.last == UInt8(ascii: ",") ? line.dropLast() : line
            return isOfShard ? encoding.unmarked(line)?.content ?? line : line
        }
    }

    /// Nil for what stands around the records.
    private func line(_ number: Int, _ start: Int, _ bytes: ArraySlice<UInt8>) throws(MergeError) -> Line? {
        var content = bytes
        if encoding.marks != nil, number == 1 { return nil }
        if encoding == .json {
            if number == 1 || content.elementsEqual("]".utf8) { return nil }
            if content.last == UInt8(ascii: ",") { content = content.dropLast() }
        }
        let place = start..<start + content.count
        guard isOfShard else { return Line(number: number, place: place, content: content, mark: nil) }
        guard let (own, mark) = encoding.unmarked(content) else {
            throw .damagedLine(path: path, line: number, found: TableLine.shown(bytes))
        }
        return Line(number: number, place: place, content: own, mark: mark)
    }

    /// Calls `body` with number, offset and bytes of each line until it returns false. The last line must have its end: it may have
    /// been cut off within a number.
    private static func forEachLine(
        of file: OpenFile, _ size: Int, _ path: String, _ body: (Int, Int, ArraySlice<UInt8>) -> Bool
    ) throws(MergeError) {
        var (start, number) = (0, 1)
        var buffer: [UInt8] = []
        var bufferStart = 0
        while start < size {
            let from = start - bufferStart
            guard let end = buffer[from...].firstIndex(of: UInt8(ascii: "\n")) else {
                let rest = Array(buffer[from...])
                let wanted = max(1 << 20, rest.count)
                let more: [UInt8]
                do throws(SystemError) { more = try file.read(wanted, at: start + rest.count) } catch {
                    throw .unreadable(path: path, reason: "cannot be read: \(error)")
                }
                guard !more.isEmpty else {
                    throw .damagedLine(path: path, line: number, found: TableLine.shown(rest))
                }
                (buffer, bufferStart) = (rest + more, start)
                continue
            }
            guard body(number, start, buffer[from..<end]) else { return }
            (start, number) = (bufferStart + end + 1, number + 1)
        }
    }
}

/// Reads single cells of a record, which may have thousands.
struct RecordReader {
    private let encoding: TableEncoding
    private let columns: [String]
    /// What is read, by column.
    private let wanted: [Int]

    init(_ encoding: TableEncoding, _ columns: [String], _ names: [String]) {
        (self.encoding, self.columns) = (encoding, columns)
        wanted = names.map { columns.firstIndex(of: $0) ?? -1 }
    }

    /// The text of the cells that are asked for, empty where there is none; nil for a line that has not the columns of the table.
    func cells(of line: ArraySlice<UInt8>) -> [String]? {
        guard let found = encoding.marks.map({ Self.split(line, $0.delimiter.rawValue) }) ?? objectValues(of: line),
            found.count == columns.count
        else { return nil }
        return wanted.map { $0 < 0 ? "" : text(found[$0]) }
    }

    private func text(_ cell: ArraySlice<UInt8>) -> String {
        let text = String(decoding: cell, as: UTF8.self)
        guard encoding.marks == nil else {
            guard cell.first == UInt8(ascii: "\"") else { return text.withoutFormulaGuard }
            return String(text.dropFirst().dropLast()).replacing("\"\"", with: "\"").withoutFormulaGuard
        }
        if cell.elementsEqual("null".utf8) { return "" }
        guard cell.first == UInt8(ascii: "\"") else { return text }
        guard cell.contains(UInt8(ascii: "\\")) else { return String(text.dropFirst().dropLast()) }
        do { return try JSONDecoder().decode(String.self, from: Data(cell)) } catch { return text }
    }

    private static func split(_ line: ArraySlice<UInt8>, _ delimiter: UInt8) -> [ArraySlice<UInt8>] {
        var cells: [ArraySlice<UInt8>] = []
        var (start, isQuoted) = (line.startIndex, false)
        for place in line.indices {
            let byte = line[place]
            if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == delimiter, !isQuoted {
                cells.append(line[start..<place])
                start = place + 1
            }
        }
        cells.append(line[start...])
        return cells
    }

    private func objectValues(of line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        guard let parts = Self.parts(of: line), parts.map(\.name) == columns else { return nil }
        return parts.map(\.value)
    }

    /// Names of the members of an object, in its order; nil for anything else.
    static func members(of line: ArraySlice<UInt8>) -> [String]? { parts(of: line)?.map(\.name) }

    private static func parts(of line: ArraySlice<UInt8>) -> [(name: String, value: ArraySlice<UInt8>)]? {
        guard line.first == UInt8(ascii: "{"), line.last == UInt8(ascii: "}") else { return nil }
        var parts: [(name: String, value: ArraySlice<UInt8>)] = []
        for member in pieces(line.dropFirst().dropLast(), at: UInt8(ascii: ",")) {
            let halves = pieces(member, at: UInt8(ascii: ":"))
            guard halves.count == 2, halves[0].first == UInt8(ascii: "\"") else { return nil }
            parts.append((String(decoding: halves[0].dropFirst().dropLast(), as: UTF8.self), halves[1]))
        }
        return parts
    }

    /// What stands between marks outside strings.
    private static func pieces(_ bytes: ArraySlice<UInt8>, at mark: UInt8) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var (start, isString, isEscaped) = (bytes.startIndex, false, false)
        for place in bytes.indices {
            let byte = bytes[place]
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isString.toggle()
            } else if byte == mark, !isString {
                pieces.append(bytes[start..<place])
                start = place + 1
            }
        }
        pieces.append(bytes[start...])
        return pieces
    }
}
