import Encoding
import Files
import Glibc

/// A table on its way to disk.
///
/// Rows go to the journal `NAME.partial` as soon as they are done, in whatever order that is; ``finish()`` puts them in
/// the order of the cases and gives the file its name. So a run that dies loses no finished row, and the table is whole
/// or not there. A resumed table is the one that a single run over the present input would have made, or is refused: rows of an
/// earlier run are taken over when settings and content are the same, and none of them is lost. The class is used by one thread
/// at a time.
public final class TableFile {
    /// What to do with a table, or the journal of one, that is there already.
    public enum Existing: Sendable { case refuse, replace, resume }

    /// What became of the file.
    public enum Outcome: Sendable {
        case written
        /// It had all rows already, and is left as it is.
        case unchanged
    }

    private let path: String
    private let journalPath: String
    private let encoding: TableEncoding
    private let table: FeatureTable
    private let existing: Existing
    private let provenance: TableProvenance
    private let journal: TableJournal
    /// How much of the journal was there before this run; nil when the journal is of its own making.
    private let kept: Int?
    /// The table that stood under the name when the run began.
    private let finished: FinishedTable?
    /// Where in the journal the rows of a case are.
    private var rowsOfCase: [Int: [(order: RegionOrder, lines: [Range<Int>])]] = [:]
    private var lineCount = 0
    private var earlier: EarlierRows
    /// Whether the journal has nothing that is not in the finished table as well.
    private var isCopy: Bool
    /// What rows of this run are about, by case.
    private var known: [CaseParts: [RowKey]] = [:]
    /// Why rows of this run failed, by case.
    private var failures: [CaseParts: String] = [:]
    private var expected: [CaseParts] = []
    private var casesLeft: [CaseParts: Int] = [:]
    /// Of the rows of a finished table that is continued, as it has them.
    private var earlierMarks: [RowMark?] = []

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

    /// Whether a finished table of this very shard stands at the path, with rows and none of them failed: there is nothing to do.
    /// - Throws: ``TableError``, also when it is the table of another shard.
    public static func isDone(_ path: String, _ table: FeatureTable, csv form: CSVForm = CSVForm()) throws(TableError)
        -> Bool
    {
        guard let marks = table.marks, let encoding = TableEncoding(path: path, csv: form), encoding != .xlsx,
            try FinishedTable(path) != nil, try TableJournal.find(path + ".partial", for: path) == nil
        else { return false }
        let rows = try FinishedTable.marked(path, encoding, table)
        for (line, mark) in rows {
            let cells: [String]
            do throws(TableEncoding.LineProblem) { cells = try encoding.cells(of: line.text, table.lineColumns) } catch
            {
                throw .damagedLine(path: path, line: line.number, found: TableLine.shown(line.text.utf8))
            }
            guard mark?.run == marks.run, cells[8] != RowStatus.failed.rawValue else { return false }
        }
        return !rows.isEmpty
    }

    /// Opens the journal, so that a path that cannot be written is known before the work starts.
    public init(
        path: String, table: FeatureTable, existing: Existing, csv form: CSVForm = CSVForm(),
        provenance: TableProvenance = TableProvenance()
    ) throws(TableError) {
        guard let encoding = TableEncoding(path: path, csv: form) else { throw .unknownFormat(path: path) }
        (self.path, self.encoding, self.table, self.existing) = (path, encoding, table, existing)
        self.provenance = provenance
        let columns = table.journalColumns
        if encoding == .xlsx, table.marks != nil { throw .shardOfWorkbook(path: path) }
        if encoding == .xlsx, table.columns.count > TableWorkbook.mostColumns {
            throw .tooManyColumns(path: path, found: table.columns.count)
        }
        let journalPath = path + ".partial"
        self.journalPath = journalPath
        let finished = try FinishedTable(path)
        self.finished = finished
        if existing == .refuse, finished != nil { throw .exists(path: path) }
        let found = try TableJournal.find(journalPath, for: path)
        if existing == .refuse, found?.holdsRows == true { throw .interruptedTableExists(path: journalPath) }
        if existing == .resume, let found, found.kind == .sealed {
            let form = try found.form(encoding, columns)
            let lines = try found.lines(form)
            earlier = try EarlierRows(lines, of: table, encoding, path: journalPath, mayBeCutShort: true)
            if finished != nil, !form.isReplacing {
                // It is this run's own when it died between naming the table and taking the journal away.
                try Self.check(path, encoding, table, hasNoMoreThan: lines, of: journalPath)
            }
            let end = earlier.end ?? form.head.utf8.count + 1
            journal = try TableJournal(continuing: found, form, end: end)
            (isCopy, kept) = (false, earlier.isEmpty ? nil : end)
        } else {
            // A new journal, which begins with the rows of an old one or of the finished table.
            let old: (lines: [TableLine], path: String, mayBeCutShort: Bool)
            if existing == .resume, let found, found.kind == .plain {
                old = (try found.plainLines(encoding, columns), journalPath, true)
                isCopy = false
            } else if existing == .resume, finished != nil {
                let there = try FinishedTable.marked(path, encoding, table)
                // A plain table does not say what its rows were made of.
                guard table.isJournalled || there.isEmpty else { throw .untold(path: path) }
                old = (there.map(\.line), path, false)
                earlierMarks = there.map(\.mark)
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
                try Self.check(path, encoding, table, hasNoMoreThan: whole, of: journalPath)
            }
            journal = try TableJournal(journalPath, form, lines: whole.map(\.text), over: found, for: path)
            kept = old.mayBeCutShort && !earlier.isEmpty ? end : nil
        }
        // What killed runs left: the table is in this one's hands now; a journal may be at its beginning in another's.
        let name = FileName(path)
        Leftovers.remove(from: name.folder.isEmpty ? "." : String(name.folder)) { $0 == name.name }
        Leftovers.removeAbandoned(of: journalPath)
    }

    /// Replacing a table by what a journal leads to must lose none of its rows.
    private static func check(
        _ path: String, _ encoding: TableEncoding, _ table: FeatureTable, hasNoMoreThan lines: [TableLine],
        of journalPath: String
    ) throws(TableError) {
        let finished = FinishedLines(table, encoding)
        let known = Set(lines.lazy.map { finished.withoutKeys($0.text) })
        guard try FinishedTable.lines(path, encoding, table).allSatisfy({ known.contains($0.text) }) else {
            throw .otherRows(path: path, journal: journalPath)
        }
    }

    // MARK: What will come

    /// One case of a run, as its rows will name it.
    public struct ExpectedCase: Sendable {
        fileprivate var parts: CaseParts
        fileprivate var patient: String
        fileprivate var settings: RowSettings

        public init(_ identity: RowIdentity, _ settings: RowSettings) {
            parts = CaseParts(caseID: identity.caseID.singleLine, image: identity.image.singleLine)
            (patient, self.settings) = (identity.patient.singleLine, settings)
        }
    }

    /// Says which cases the run is about, in the order of their numbers.
    /// - Throws: ``TableError/casesGone(path:cases:)`` or ``TableError/otherSettings(path:differences:)`` when the table is to be
    ///   continued and is of another input, or of other settings.
    public func expect(_ cases: [ExpectedCase]) throws(TableError) {
        expected = cases.map(\.parts)
        for part in expected { casesLeft[part, default: 0] += 1 }
        let byParts = Dictionary(cases.map { ($0.parts, $0) }, uniquingKeysWith: { first, _ in first })
        var gone: [CaseParts] = []
        for row in earlier.computedRows where byParts[row.key.caseParts] == nil && gone.last != row.key.caseParts {
            gone.append(row.key.caseParts)
        }
        guard gone.isEmpty else { throw .casesGone(path: path, cases: gone.map { named($0, among: cases) }) }
        for row in earlier.computedRows {
            guard let now = byParts[row.key.caseParts] else { continue }
            var differences = row.settings.differences(from: now.settings)
            if row.key.patient != now.patient {
                differences.append("patients are shown in another way (--identity, --pseudonym-key)")
            }
            guard differences.isEmpty else { throw .otherSettings(path: path, differences: differences) }
        }
    }

    private func named(_ gone: CaseParts, among cases: [ExpectedCase]) -> String {
        let moved = cases.first { $0.parts.caseID == gone.caseID }
        let place = gone.image == gone.caseID ? "" : " (\(gone.image))"
        return gone.caseID + (moved.map { " (\(gone.image), which this input has as \($0.parts.image))" } ?? place)
    }

    // MARK: Rows

    /// How the region of a row that was taken over ended.
    public struct EarlierEnd: Sendable {
        public var status: RowStatus
        /// Reason and notes of the row.
        public var remarks: String
    }

    /// Takes over the row of an earlier run that has the same content and settings, and says how that one ended; nil when there is
    /// none.
    public func reuse(_ key: RowKey, caseNumber: Int) -> EarlierEnd? {
        guard let row = earlier.take(key) else { return nil }
        rowsOfCase[caseNumber, default: []].append((RegionOrder(key), row.lines.map(\.range)))
        lineCount += row.lines.count
        known[key.caseParts, default: []].append(key)
        return EarlierEnd(status: row.status, remarks: row.remarks)
    }

    /// Adds rows of a case.
    /// - Throws: ``TableError``, also when a workbook gets longer than Excel's are.
    public func append(_ rows: [FeatureRow], caseNumber: Int) throws(TableError) {
        let columns = table.journalColumns
        for row in rows {
            let key = RowKey(row.identity, row.diagnostics)
            known[key.caseParts, default: []].append(key)
            if row.status == .failed { failures[key.caseParts] = row.reason }
            let lines = table.journalRecords(of: row).map { encoding.line($0, columns: columns) }
            rowsOfCase[caseNumber, default: []].append((RegionOrder(row), try journal.append(lines)))
            lineCount += lines.count
            isCopy = false
            try checkLength()
        }
    }

    private func checkLength() throws(TableError) {
        guard encoding == .xlsx, lineCount >= TableWorkbook.mostRows else { return }
        throw .tooManyRows(path: path, journal: journalPath)
    }

    /// Says that a case has no more rows.
    /// - Throws: ``TableError/otherContent(path:case:found:)`` when a row of an earlier run is about a region that the case no longer
    ///   has, or has with other voxels.
    public func finishCase(_ number: Int) throws(TableError) {
        guard expected.indices.contains(number) else { return }
        let parts = expected[number]
        casesLeft[parts, default: 0] -= 1
        guard casesLeft[parts] == 0, existing == .resume else { return }
        try check(earlier.computedRows(of: parts))
    }

    /// No row of an earlier run may be without one in this run.
    private func check(_ rows: [EarlierRows.Row]) throws(TableError) {
        for row in rows {
            let keys = known[row.key.caseParts] ?? []
            guard !keys.contains(row.key) else { continue }
            let region = [row.key.name, row.key.label, row.key.maskFile].filter { !$0.isEmpty }.joined(separator: " ")
            let name = row.key.caseParts.caseID + (region.isEmpty ? "" : ", \(region)")
            let sameRegion = keys.first { $0.regionParts == row.key.regionParts }
            let found: String =
                if let reason = failures[row.key.caseParts] {
                    "it has a row in the table, and fails now: \(reason)"
                } else if let change = sameRegion.flatMap({ row.key.changeOfContent(to: $0) }) {
                    change
                } else {
                    "the table has a row of this region, which the input has not"
                }
            throw .otherContent(path: path, case: name, found: found)
        }
    }

    // MARK: The end

    /// Writes the table in the order of the cases and gives it its name; the journal goes.
    /// - Throws: ``TableError/madeMeanwhile(path:journal:)`` when somebody else made, or changed, a table under the name.
    @discardableResult
    public func finish() throws(TableError) -> Outcome {
        if existing == .resume { try check(earlier.computedRows) }
        let lines = rowsOfCase.sorted { $0.key < $1.key }.flatMap { number, rows in
            rows.sorted(stablyBy: \.order).flatMap(\.lines).map { Line(range: $0, caseNumber: number) }
        }
        let marks = lines.map { line in table.marks.map { $0.mark(ofCase: line.caseNumber) } }
        if isCopy, lines.map(\.range) == earlier.lines, marks == earlierMarks {
            try journal.remove()
            return .unchanged
        }
        try checkLength()
        do {
            let pending = try PendingFile(path) { temporary in
                if encoding == .xlsx {
                    try writeWorkbook(lines, to: temporary)
                } else {
                    try write(lines, to: try OpenFile(creating: temporary))
                }
            }
            try pending.commit(try mayReplace ? .replace : .refuse)
        } catch let error as TableError {
            throw error
        } catch let error as FileWritingError {
            if error.code == EEXIST { throw .madeMeanwhile(path: path, journal: journalPath) }
            throw .cannotWrite(path: path, reason: error.reason)
        } catch { throw .cannotWrite(path: path, reason: "\(error)") }
        try journal.remove()
        return .written
    }

    /// A line of the finished table.
    private struct Line {
        /// In the journal.
        var range: Range<Int>
        var caseNumber: Int
    }

    /// Only a table that was there when the run began, and that is still the same, is one that the user knows of.
    private var mayReplace: Bool {
        get throws(TableError) {
            guard existing != .replace else { return true }
            guard let finished, let now = try FinishedTable(path) else { return false }
            return now.isSame(as: finished)
        }
    }

    private func write(_ lines: [Line], to output: OpenFile) throws {
        let finished = FinishedLines(table, encoding)
        var bytes = encoding.orderMark
        func write(_ more: some Sequence<UInt8>) throws {
            bytes += more
            guard bytes.count > 1 << 20 else { return }
            try output.append(bytes[...])
            bytes.removeAll(keepingCapacity: true)
        }
        if let header = encoding.header(table.finishedColumns) { try write((header + "\n").utf8) }
        if encoding == .json { try write("[\n".utf8) }
        for (number, line) in lines.enumerated() {
            try write(finished.line(try journal.line(at: line.range), ofCase: line.caseNumber))
            try write((encoding == .json && number + 1 < lines.count ? ",\n" : "\n").utf8)
        }
        if encoding == .json { try write("]\n".utf8) }
        try output.append(bytes[...])
    }

    private func writeWorkbook(_ lines: [Line], to path: String) throws {
        let workbook = try TableWorkbook(path, of: table, provenance)
        let columns = table.journalLineColumns
        let shown = table.columns.count
        for line in lines {
            let text = String(decoding: try journal.line(at: line.range), as: UTF8.self)
            try workbook.append(Array(try encoding.cells(of: text, columns).prefix(shown)))
        }
        try workbook.finish()
    }

    /// Ends an interrupted run: what was finished stays in the journal, whose path is returned.
    public func interrupt() throws(TableError) -> String {
        try journal.flush()
        return journalPath
    }

    /// Ends a run that is not to be: what it wrote is taken back, and a journal that it began goes.
    public func abandon() throws(TableError) {
        if let kept { try journal.cut(to: kept) } else { try journal.remove() }
    }
}

/// How a line of the journal stands in the finished table.
private struct FinishedLines {
    private let table: FeatureTable
    private let encoding: TableEncoding
    private let (written, columns): ([TableColumn], [String])

    init(_ table: FeatureTable, _ encoding: TableEncoding) {
        (self.table, self.encoding) = (table, encoding)
        (written, columns) = (table.journalLineColumns, table.columns)
    }

    func line(_ bytes: ArraySlice<UInt8>, ofCase number: Int) -> ArraySlice<UInt8> {
        guard !table.isJournalled || table.marks != nil else { return bytes }
        let line = withoutKeys(String(decoding: bytes, as: UTF8.self))
        return Array((table.marks.map { encoding.marked(line, $0.mark(ofCase: number)) } ?? line).utf8)[...]
    }

    /// Without the cells that only a journal has.
    func withoutKeys(_ line: String) -> String {
        guard !table.isJournalled else { return line }
        do throws(TableEncoding.LineProblem) {
            let cells = try encoding.cells(of: line, written)
            let shown = zip(cells, written).prefix(columns.count)
            return encoding.line(
                shown.map { $1.isNumber ? Cell(number: $0) : Cell(text: $0) }, columns: columns)
        } catch { preconditionFailure("a line of the journal was read before: \(error)") }
    }
}
