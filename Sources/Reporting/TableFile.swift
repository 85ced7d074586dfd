import Foundation

/// What keeps a table from being written.
public enum TableError: Error, Equatable, CustomStringConvertible {
    case exists(path: String)
    case interruptedTableExists(path: String)
    case unknownFormat(path: String)
    case cannotWrite(path: String, reason: String)
    case otherColumns(path: String)

    public var description: String {
        switch self {
        case .exists(let path): "\(path) exists; add --force to replace it or --resume to complete it"
        case .interruptedTableExists(let path):
            "\(path) holds the rows of an interrupted run; add --resume to continue it or --force to start anew"
        case .unknownFormat(let path): "\(path): a table's name ends in .csv, .json or .jsonl"
        case .cannotWrite(let path, let reason): "\(path) cannot be written: \(reason)"
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
/// or not there. The class is used by one thread at a time.
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

    /// Opens the journal, so that a path that cannot be written is known before the work starts.
    public init(path: String, table: FeatureTable, existing: Existing) throws(TableError) {
        guard let encoding = TableEncoding(path: path) else { throw .unknownFormat(path: path) }
        (self.path, self.encoding, self.table) = (path, encoding, table)
        let journalPath = path + ".partial"
        self.journalPath = journalPath
        let files = FileManager.default
        let hasTable = files.fileExists(atPath: path)
        let hasJournal = files.fileExists(atPath: journalPath)
        if existing == .refuse {
            if hasTable { throw .exists(path: path) }
            if hasJournal, try Self.holdsRows(journalPath, header: encoding.header(table.columns) != nil) {
                throw .interruptedTableExists(path: journalPath)
            }
        }
        // A finished table is completed by way of a journal that starts with its rows.
        if existing == .resume, hasTable, !hasJournal, encoding != .json {
            try Self.attempt(journalPath) { try files.copyItem(atPath: path, toPath: journalPath) }
        }
        let flags = O_RDWR | O_CREAT | (existing == .resume ? 0 : O_TRUNC)
        let descriptor = open(journalPath, flags, 0o644)
        guard descriptor >= 0 else { throw .cannotWrite(path: path, reason: String(cString: strerror(errno))) }
        journal = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        journalEnd = 0
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
                guard let cells = encoding.cells(of: line, columns: table.columns) else {
                    throw .otherColumns(path: journalPath)
                }
                // Failed cases are tried again.
                if cells["status"] != RowStatus.failed.rawValue {
                    earlier[RowKey(cells), default: []].append(UInt64(start)..<UInt64(end + 1))
                }
            }
            start = end + 1
        }
        // A row whose lines were cut short is computed again.
        earlier = earlier.filter { $0.value.count == table.linesPerRow }
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
        return true
    }

    /// Adds the rows of a case; those of one case keep their order.
    public func append(_ rows: [FeatureRow], caseNumber: Int) throws(TableError) {
        for row in rows {
            for record in table.records(of: row) {
                let lines = try append(line: encoding.line(record, columns: table.columns))
                linesOfCase[caseNumber, default: []].append(lines)
            }
        }
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
        let temporary = path + ".new"
        try Self.attempt(path) {
            guard FileManager.default.createFile(atPath: temporary, contents: nil),
                let output = FileHandle(forWritingAtPath: temporary)
            else { throw CocoaError(.fileWriteUnknown) }
            if let header = encoding.header(table.columns) { try output.write(contentsOf: Data((header + "\n").utf8)) }
            let lines = linesOfCase.sorted { $0.key < $1.key }.flatMap(\.value)
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
            guard rename(temporary, path) == 0 else { throw CocoaError(.fileWriteUnknown) }
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
        } catch { throw .cannotWrite(path: path, reason: error.localizedDescription) }
    }
}

/// Tells whether a row is about the same region with the same content under the same settings. All identity columns
/// take part: a row that shows the patient in another way, or stands for another mask with equal voxels, is another row.
public struct RowKey: Hashable, Sendable {
    private let parts: [String]

    public init(_ identity: RowIdentity, _ diagnostics: [Diagnostic: String]) {
        parts = identity.cells + Diagnostic.keys.map { diagnostics[$0] ?? "" }
    }

    init(_ cells: [String: String]) {
        let columns = FeatureTable.identityColumns.dropLast(2) + Diagnostic.keys.map(\.column)
        parts = columns.map { cells[$0] ?? "" }
    }
}
