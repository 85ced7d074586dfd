import Encoding
import Files
import Glibc

/// A table that stands under its name.
struct FinishedTable {
    /// Which file it is, so that another one in its place is seen.
    private let status: stat

    /// What stands at a path, links not followed; nil when nothing does.
    init?(_ path: String) throws(TableError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw .cannotWrite(path: path, reason: SystemError(code: EISDIR).description)
        }
        self.status = status
    }

    /// Whether it is the same file with the same content, as far as the system knows.
    func isSame(as other: FinishedTable) -> Bool {
        let (a, b) = (status, other.status)
        return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size
            && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec
    }

    /// Its lines, without what JSON has around them and without the marks of a shard.
    /// - Throws: ``TableError/otherShard(path:found:expected:)`` when it is the table of another shard.
    static func lines(_ path: String, _ encoding: TableEncoding, _ table: FeatureTable) throws(TableError)
        -> [TableLine]
    {
        try marked(path, encoding, table).map(\.line)
    }

    /// Its lines with the marks of the shard that `table` is of.
    static func marked(_ path: String, _ encoding: TableEncoding, _ table: FeatureTable) throws(TableError)
        -> [(line: TableLine, mark: RowMark?)]
    {
        let lines = try written(path, encoding, table)
        guard let marks = table.marks else { return lines.map { ($0, nil) } }
        return try lines.map { line throws(TableError) in
            guard let (content, mark) = encoding.unmarked(Array(line.text.utf8)[...]) else {
                throw .damagedLine(path: path, line: line.number, found: TableLine.shown(line.text.utf8))
            }
            guard mark.shard == marks.shard else {
                throw .otherShard(path: path, found: mark.shard, expected: marks.shard)
            }
            var line = line
            line.text = String(decoding: content, as: UTF8.self)
            return (line, mark)
        }
    }

    private static func written(_ path: String, _ encoding: TableEncoding, _ table: FeatureTable) throws(TableError)
        -> [TableLine]
    {
        if encoding == .xlsx { return try WorkbookRows.lines(path, table) }
        var content: [UInt8]
        do throws(FileReadingError) {
            content = Array(try readWholeFile(at: path))
        } catch { throw .cannotWrite(path: path, reason: error.reason) }
        if encoding.marks != nil {
            let hasMark = content.starts(with: CSV.orderMark)
            if hasMark { content.removeFirst(CSV.orderMark.count) }
            // That other columns stand behind it is worth more to know.
            if hasMark == encoding.orderMark.isEmpty {
                _ = try TableLine.all(
                    of: content, behind: encoding.header(table.finishedColumns), path: path, mayBeCutShort: false)
                throw .otherMarks(path: path)
            }
        }
        let lines = try TableLine.all(
            of: content, behind: encoding.header(table.finishedColumns), path: path, mayBeCutShort: false)
        return encoding == .json ? try elements(of: lines, path) : lines
    }

    /// An array with an element on each line.
    private static func elements(of lines: [TableLine], _ path: String) throws(TableError) -> [TableLine] {
        for (line, expected) in [(lines.first, "["), (lines.last, "]")] where line?.text != expected {
            throw .damagedLine(
                path: path, line: line?.number ?? 1, found: TableLine.shown((line?.text ?? "nothing").utf8))
        }
        var elements = Array(lines.dropFirst().dropLast())
        for index in elements.indices.dropLast() {
            guard elements[index].text.utf8.last == UInt8(ascii: ",") else {
                throw .damagedLine(
                    path: path, line: elements[index].number, found: TableLine.shown(elements[index].text.utf8))
            }
            elements[index].text.unicodeScalars.removeLast()
        }
        return elements
    }
}
