import Files
import Glibc

/// A table on its way to disk.
///
/// Rows go to the journal `NAME.partial` as soon as they are done, in whatever order that is; ``finish()`` puts them in
/// the order of the cases and gives the file its name. So a run that dies loses no finished row, and the table is whole
/// or not there. Rows of an earlier run about cases that are not in this one's input
/// stay, after the others. The class is used by one thread at a time.
public final class TableFile {
    /// What to do with a table, or the journal of one, that is there already.
    public enum Existing: Sendable { case refuse, replace, resume }

    private let path: String
    private let journalPath: String
    private let encoding: TableEncoding
    private let table: FeatureTable
    private let existing: Existing
    private let journal: TableJournal
    /// The table that stood under the name when the run began.
    private let finished: FinishedTable?
    /// Where in the journal the lines of a case are.
    private var linesOfCase: [Int: [Range<Int>]] = [:]
    private let earlier: EarlierRows
    /// Whether the journal has nothing that is not in the finished table as well.
    private var isCopy: Bool
    /// What rows of this run are about.
    private var cases: Set<[String]> = []
    private var regions: Set<[String]> = []

    /// What keeps a table from being begun, as far as that is known without its columns: a name that is none of a table, a
    /// table that is there already, a folder that cannot be written.
    public static func check(_ path: String, _ existing: Existing) throws(TableError) {
        guard TableEncoding(path: path) != nil else { throw .unknownFormat(path: path) }
        let finished = try FinishedTable(path)
        let found = try TableJournal.find(path + ".partial", for: path)
        let folder = FileName(path).folder
        guard access(folder.isEmpty ? "." : String(folder), W_OK | X_OK) == 0 else {
            throw .cannotWrite(path: path, reason: SystemError.last)
        }
        guard existing == .refuse else { return }
        if finished != nil { throw .exists(path: path) }
        if found?.holdsRows == true { throw .interruptedTableExists(path: path + ".partial") }
    }

    /// Opens the journal, so that a path that cannot be written is known before the work starts.
    public init(path: String, table: FeatureTable, existing: Existing) throws(TableError) {
        guard let encoding = TableEncoding(path: path) else { throw .unknownFormat(path: path) }
        (self.path, self.encoding, self.table, self.existing) = (path, encoding, table, existing)
        let journalPath = path + ".partial"
        self.journalPath = journalPath
        let finished = try FinishedTable(path)
        self.finished = finished
        if existing == .refuse, finished != nil { throw .exists(path: path) }
        let found = try TableJournal.find(journalPath, for: path)
        if existing == .refuse, found?.holdsRows == true { throw .interruptedTableExists(path: journalPath) }
        let columns = table.columns
        if existing == .resume, let found, found.kind == .sealed {
            let form = try found.form(encoding, columns)
            let lines = try found.lines(form)
            earlier = try EarlierRows(lines, of: table, encoding, path: journalPath, mayBeCutShort: true)
            if finished != nil, !form.isReplacing {
                // It is this run's own when it died between naming the table and taking the journal away.
                try Self.check(path, encoding, columns, hasNoMoreThan: lines, of: journalPath)
            }
            journal = try TableJournal(continuing: found, form, end: earlier.end ?? form.head.utf8.count + 1)
            isCopy = false
        } else {
            // A new journal, which begins with the rows of an old one or of the finished table.
            let old: (lines: [TableLine], path: String, mayBeCutShort: Bool)
            if existing == .resume, let found, found.kind == .plain {
                old = (try found.plainLines(encoding, columns), journalPath, true)
                isCopy = false
            } else if existing == .resume, finished != nil {
                old = (try FinishedTable.lines(path, encoding, columns), path, false)
                isCopy = true
            } else {
                old = ([], path, false)
                isCopy = false
            }
            let form = JournalForm(encoding, columns, isReplacing: finished != nil)
            let lines = form.places(of: old.lines)
            earlier = try EarlierRows(
                lines, of: table, encoding, path: old.path, mayBeCutShort: old.mayBeCutShort)
            let end = earlier.end ?? 0
            let whole = lines.filter { $0.range.upperBound <= end }
            if finished != nil, old.mayBeCutShort {
                try Self.check(path, encoding, columns, hasNoMoreThan: whole, of: journalPath)
            }
            journal = try TableJournal(journalPath, form, lines: whole.map(\.text), over: found, for: path)
        }
        // What killed runs left: the table is in this one's hands now; a journal may be at its beginning in another's.
        let name = FileName(path)
        Leftovers.remove(from: name.folder.isEmpty ? "." : String(name.folder)) { $0 == name.name }
        Leftovers.removeAbandoned(of: journalPath)
    }

    /// Replacing a table by what a journal leads to must lose none of its rows.
    private static func check(
        _ path: String, _ encoding: TableEncoding, _ columns: [String], hasNoMoreThan lines: [TableLine],
        of journalPath: String
    ) throws(TableError) {
        let known = Set(lines.lazy.map(\.text))
        guard try FinishedTable.lines(path, encoding, columns).allSatisfy({ known.contains($0.text) }) else {
            throw .otherRows(path: path, journal: journalPath)
        }
    }

    /// Takes over the row of an earlier run that has the same content and settings; false when there is none.
    public func reuse(_ key: RowKey, caseNumber: Int) -> Bool {
        guard let lines = earlier.lines(of: key) else { return false }
        linesOfCase[caseNumber, default: []] += lines
        note(key)
        return true
    }

    /// Adds the rows of a case; those of one case keep their order.
    public func append(_ rows: [FeatureRow], caseNumber: Int) throws(TableError) {
        for row in rows {
            note(RowKey(row.identity, row.diagnostics))
            let lines = table.records(of: row).map { encoding.line($0, columns: table.columns) }
            linesOfCase[caseNumber, default: []] += try journal.append(lines)
            isCopy = false
        }
    }

    private func note(_ key: RowKey) {
        cases.insert(key.caseParts)
        regions.insert(key.regionParts)
    }

    /// Writes the table in the order of the cases and gives it its name; the journal goes.
    /// - Throws: ``TableError/madeMeanwhile(path:journal:)`` when somebody else made, or changed, a table under the name.
    public func finish() throws(TableError) {
        let lines = linesOfCase.sorted { $0.key < $1.key }.flatMap(\.value) + earlier.linesUnknown(to: cases, regions)
        do {
            let pending = try PendingFile(path) { temporary in
                try write(lines, to: try OpenFile(creating: temporary))
            }
            try pending.commit(try mayReplace ? .replace : .refuse)
        } catch let error as TableError {
            throw error
        } catch let error as FileWritingError {
            if error.code == EEXIST { throw .madeMeanwhile(path: path, journal: journalPath) }
            throw .cannotWrite(path: path, reason: error.reason)
        } catch { throw .cannotWrite(path: path, reason: "\(error)") }
        try journal.remove()
    }

    /// Only a table that was there when the run began, and that is still the same, is one that the user knows of.
    private var mayReplace: Bool {
        get throws(TableError) {
            guard existing != .replace else { return true }
            guard let finished, let now = try FinishedTable(path) else { return false }
            return now.isSame(as: finished)
        }
    }

    private func write(_ lines: [Range<Int>], to output: OpenFile) throws {
        var bytes: [UInt8] = []
        func write(_ more: some Sequence<UInt8>) throws {
            bytes += more
            guard bytes.count > 1 << 20 else { return }
            try output.append(bytes[...])
            bytes.removeAll(keepingCapacity: true)
        }
        if let header = encoding.header(table.columns) { try write((header + "\n").utf8) }
        if encoding == .json { try write("[\n".utf8) }
        for (number, range) in lines.enumerated() {
            try write(try journal.line(at: range))
            try write((encoding == .json && number + 1 < lines.count ? ",\n" : "\n").utf8)
        }
        if encoding == .json { try write("]\n".utf8) }
        try output.append(bytes[...])
    }

    /// Ends an interrupted run: what was finished stays in the journal, whose path is returned.
    public func interrupt() throws(TableError) -> String {
        try journal.flush()
        return journalPath
    }

    /// Ends a run that had nothing to do: removes a journal that holds no rows, or only those of the finished table.
    public func abandon() throws(TableError) {
        guard isCopy || earlier.isEmpty, linesOfCase.isEmpty else { return }
        try journal.remove()
    }
}
