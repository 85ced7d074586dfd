import Encoding
import Files
import Foundation

/// What keeps a table from being written.
public enum TableError: Error, Equatable, CustomStringConvertible {
    case exists(path: String)
    case interruptedTableExists(path: String)
    case unknownFormat(path: String)
    case cannotWrite(path: String, reason: String)
    case otherColumns(path: String)
    case damagedRow(path: String, found: String)
    case inUse(path: String)

    public var description: String {
        switch self {
        case .exists(let path): "\(path) exists; add --force to replace it or --resume to complete it"
        case .interruptedTableExists(let path):
            "\(path) holds the rows of an interrupted run; add --resume to continue it or --force to start anew"
        case .unknownFormat(let path): "\(path): a table's name ends in .csv, .json or .jsonl"
        case .cannotWrite(let path, let reason): "\(path) cannot be written: \(reason)"
        case .damagedRow(let path, let found):
            "\(path) holds a row that begins '\(found)', expected a row of this table; give --force to start anew"
        case .inUse(let path): "\(path) is being written by another run of weft; wait for it or choose another --output"
        case .otherColumns(let path):
            "\(path) was made with other settings or another version: its columns differ from the ones asked for;"
                + " repeat those settings, or give --force to start anew"
        }
    }
}

/// A table on its way to disk.
///
/// Rows go to the journal `NAME.partial` as soon as they are done, in whatever order that is; ``finish()`` puts them in
/// the order of the cases and gives the file its name. So a run that dies loses no finished row, and the table is whole
/// or not there. Rows of an earlier run about cases that are not in this one's input stay, after the others. The class is used by one thread at a time.
public final class TableFile {
    /// What to do with a table, or the journal of one, that is there already.
    public enum Existing: Sendable { case refuse, replace, resume }

    private let path: String
    private let journalPath: String
    private let encoding: TableEncoding
    private let table: FeatureTable
    private let journal: FileHandle
    private var journalEnd: UInt64
    /// Where in the journal the lines of a case are.
    private var linesOfCase: [Int: [Range<UInt64>]] = [:]
    private var earlier: [RowKey: [Range<UInt64>]] = [:]
    /// All rows of the earlier run in their order, also those of failed cases.
    private var earlierRows: [EarlierRow] = []
    /// What rows of this run are about.
    private var cases: Set<[String]> = []
    private var regions: Set<[String]> = []

    private struct EarlierRow {
        var key: RowKey
        var hasFailed: Bool
        var lines: [Range<UInt64>]
    }

    /// Opens the journal, so that a path that cannot be written is known before the work starts.
    public init(path: String, table: FeatureTable, existing: Existing) throws(TableError) {
        guard let encoding = TableEncoding(path: path) else { throw .unknownFormat(path: path) }
        (self.path, self.encoding, self.table) = (path, encoding, table)
        let journalPath = path + ".partial"
        self.journalPath = journalPath
        let files = FileManager.default
        var isFolder: ObjCBool = false
        let hasTable = files.fileExists(atPath: path, isDirectory: &isFolder)
        if hasTable, isFolder.boolValue { throw .cannotWrite(path: path, reason: String(cString: strerror(EISDIR))) }
        let hasJournal = files.fileExists(atPath: journalPath)
        if existing == .refuse {
            if hasTable { throw .exists(path: path) }
            if hasJournal, try Self.holdsRows(journalPath, header: encoding.header(table.columns) != nil) {
                throw .interruptedTableExists(path: journalPath)
            }
        }
        // A finished table is completed by way of a journal that starts with its rows.
        let descriptor = open(journalPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .cannotWrite(path: path, reason: String(cString: strerror(errno))) }
        journal = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        journalEnd = 0
        // Two runs that write one journal would destroy each other's rows; the lock goes with the process.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .inUse(path: path) }
        if existing != .resume { try Self.attempt(journalPath) { try journal.truncate(atOffset: 0) } }
        if existing == .resume, hasTable, !hasJournal { try copyTable() }
        if existing == .resume { try readJournal() }
        if journalEnd == 0, let header = encoding.header(table.columns) { _ = try append(line: header) }
    }

    /// Whether a journal is worth keeping: one of a run that ended before its first row is not.
    private static func holdsRows(_ journal: String, header: Bool) throws(TableError) -> Bool {
        let handle = try attempt(journal) { try FileHandle(forReadingFrom: URL(fileURLWithPath: journal)) }
        var linesToFind = header ? 2 : 1
        while linesToFind > 0 {
            guard let part = try attempt(journal, { try handle.read(upToCount: 1 << 16) }), !part.isEmpty else {
                return false
            }
            linesToFind -= part.count { $0 == UInt8(ascii: "\n") }
        }
        return true
    }

    /// A record a line, as in the journal: JSON has brackets and commas around them.
    private func copyTable() throws(TableError) {
        try Self.attempt(path) {
            var content = try Data(contentsOf: URL(fileURLWithPath: path))
            if encoding == .json {
                let lines = String(decoding: content, as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix("{") }
                content = Data(lines.map { ($0.hasSuffix(",") ? $0.dropLast() : $0) + "\n" }.joined().utf8)
            }
            try journal.write(contentsOf: content)
            try journal.seek(toOffset: 0)
        }
    }

    /// Indexes the whole lines of an earlier run; a line that was cut off is dropped.
    private func readJournal() throws(TableError) {
        let content = try Self.attempt(journalPath) { try journal.readToEnd() ?? Data() }
        let header = encoding.header(table.columns)
        var start = content.startIndex
        while let end = content[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: content[start..<end], as: UTF8.self)
            if start == 0, let header {
                guard line == header else { throw .otherColumns(path: journalPath) }
            } else {
                let cells: [String: String]
                do throws(TableEncoding.LineProblem) {
                    cells = try encoding.cells(of: line, columns: table.columns)
                } catch {
                    switch error {
                    case .otherColumns: throw .otherColumns(path: journalPath)
                    case .damaged: throw .damagedRow(path: journalPath, found: String(line.prefix(40)))
                    }
                }
                let row = EarlierRow(
                    key: RowKey(cells), hasFailed: cells["status"] == RowStatus.failed.rawValue,
                    lines: [UInt64(start)..<UInt64(end + 1)])
                if !row.hasFailed, let last = earlierRows.last, !last.hasFailed, last.key == row.key,
                    last.lines.count < table.linesPerRow
                {
                    earlierRows[earlierRows.count - 1].lines += row.lines
                } else {
                    earlierRows.append(row)
                }
            }
            start = end + 1
        }
        // A row whose lines were cut short is computed again, and failed cases are tried again.
        earlierRows.removeAll { !$0.hasFailed && $0.lines.count != table.linesPerRow }
        for row in earlierRows where !row.hasFailed { earlier[row.key] = row.lines }
        journalEnd = UInt64(start)
        try Self.attempt(journalPath) {
            try journal.truncate(atOffset: journalEnd)
            try journal.seek(toOffset: journalEnd)
        }
    }

    /// Takes over the row of an earlier run that has the same content and settings; false when there is none.
    public func reuse(_ key: RowKey, caseNumber: Int) -> Bool {
        guard let lines = earlier[key] else { return false }
        linesOfCase[caseNumber, default: []] += lines
        note(key)
        return true
    }

    /// Adds the rows of a case; those of one case keep their order.
    public func append(_ rows: [FeatureRow], caseNumber: Int) throws(TableError) {
        for row in rows {
            note(RowKey(row.identity, row.diagnostics))
            for record in table.records(of: row) {
                let lines = try append(line: encoding.line(record, columns: table.columns))
                linesOfCase[caseNumber, default: []].append(lines)
            }
        }
    }

    private func note(_ key: RowKey) {
        cases.insert(key.caseParts)
        regions.insert(key.regionParts)
    }

    /// Rows of regions that this run knows nothing of; a failed one only when its case is not in this run at all.
    private var keptLines: [Range<UInt64>] {
        var known = regions
        return earlierRows.reversed().filter { row in
            row.hasFailed ? !cases.contains(row.key.caseParts) : known.insert(row.key.regionParts).inserted
        }.reversed().flatMap(\.lines)
    }

    private func append(line: String) throws(TableError) -> Range<UInt64> {
        let bytes = Data((line + "\n").utf8)
        try Self.attempt(journalPath) { try journal.write(contentsOf: bytes) }
        let start = journalEnd
        journalEnd += UInt64(bytes.count)
        return start..<journalEnd
    }

    /// Writes the table in the order of the cases and gives it its name; the journal goes.
    public func finish() throws(TableError) {
        // A name that nobody else has: a file of the user's, or another run's, is never overwritten.
        let temporary = "\(path).\(String(UInt32.random(in: 0...UInt32.max), radix: 36)).new"
        try Self.attempt(path) {
            let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw SystemError(code: errno) }
            var isNamed = false
            defer { if !isNamed { unlink(temporary) } }
            let output = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            if let header = encoding.header(table.columns) { try output.write(contentsOf: Data((header + "\n").utf8)) }
            let lines = linesOfCase.sorted { $0.key < $1.key }.flatMap(\.value) + keptLines
            if encoding == .json { try output.write(contentsOf: Data("[\n".utf8)) }
            for (k, range) in lines.enumerated() {
                try journal.seek(toOffset: range.lowerBound)
                var line = try journal.read(upToCount: range.count) ?? Data()
                if encoding == .json, k + 1 < lines.count {
                    line.removeLast()
                    line.append(contentsOf: ",\n".utf8)
                }
                try output.write(contentsOf: line)
            }
            if encoding == .json { try output.write(contentsOf: Data("]\n".utf8)) }
            try output.synchronize()
            try output.close()
            guard rename(temporary, path) == 0 else { throw SystemError(code: errno) }
            isNamed = true
            try FileManager.default.removeItem(atPath: journalPath)
        }
    }

    /// Ends an interrupted run: what was finished stays in the journal, whose path is returned.
    public func interrupt() throws(TableError) -> String {
        try Self.attempt(journalPath) { try journal.synchronize() }
        return journalPath
    }

    /// Removes a journal that holds no rows.
    public func abandon() throws(TableError) {
        guard earlier.isEmpty, linesOfCase.isEmpty else { return }
        try Self.attempt(journalPath) { try FileManager.default.removeItem(atPath: journalPath) }
    }

    private static func attempt<Result>(_ path: String, _ body: () throws -> Result) throws(TableError) -> Result {
        do {
            return try body()
        } catch { throw .cannotWrite(path: path, reason: SystemError.text(of: error)) }
    }
}

/// Tells whether a row is about the same region with the same content under the same settings. All identity columns
/// take part: a row that shows the patient in another way, or stands for another mask with equal voxels, is another row.
public struct RowKey: Hashable, Sendable {
    private let parts: [String]

    public init(_ identity: RowIdentity, _ diagnostics: [Diagnostic: String]) {
        // As the table has them.
        parts = (identity.cells + Diagnostic.keys.map { diagnostics[$0] ?? "" }).map(\.printable)
    }

    init(_ cells: [String: String]) {
        let columns = FeatureTable.identityColumns.dropLast(2) + Diagnostic.keys.map(\.column)
        parts = columns.map { cells[$0] ?? "" }
    }

    /// Case and image.
    var caseParts: [String] { [parts[0], parts[5]] }
    /// All that says which region it is, whatever its content and settings and however the patient is shown: identity
    /// without the patient, and mask file.
    var regionParts: [String] { parts.prefix(1) + parts[2..<8] + parts.suffix(1) }
}
