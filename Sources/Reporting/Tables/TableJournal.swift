import Files
import Glibc

/// The rows of a table that is being made, in the order in which they were done, so that a run that dies loses none: `NAME.partial`
/// beside the table NAME.
///
/// It reads like a table of its own, with one column more, `journal_checksum`: 16 hexadecimal digits (XXH3) of the line without
/// it. In CSV and TSV the header comes first, as in the table. In JSON, JSON lines and for a workbook each line is an object, and the first names the
/// columns: `{"journal_checksum":null,"columns":[…]}`. The column is called `journal_checksum_replacing` when the run may replace
/// a table that stands under NAME (--force, or --resume of a finished table). Journals of version 0.1.0 had no checksums; one is
/// checked line by line, as a finished table is, and goes on as a journal of today. A journal appears with its first line, and
/// with the rows of a finished table that it continues; its process holds a lock on it.
final class TableJournal {
    private let path: String
    private let form: JournalForm
    private let file: OpenFile
    /// Where the next line goes.
    private var end: Int

    private init(_ path: String, _ form: JournalForm, _ file: OpenFile, end: Int) {
        (self.path, self.form, self.file, self.end) = (path, form, file, end)
    }

    /// A journal that stands on disk, in the hands of this process.
    struct Earlier {
        fileprivate let path: String
        fileprivate let file: OpenFile
        fileprivate let content: [UInt8]

        enum Kind { case empty, sealed, plain }
        var kind: Kind { content.isEmpty ? .empty : JournalForm.isPlain(content) ? .plain : .sealed }
        /// Of a run that got as far as its first row.
        var holdsRows: Bool { content.count { $0 == UInt8(ascii: "\n") } > 1 }
    }

    /// The journal at a path, locked; nil when there is none. No link is followed and nothing is changed.
    static func find(_ path: String, for table: String) throws(TableError) -> Earlier? {
        while true {
            let descriptor = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard descriptor >= 0 else {
                if errno == ENOENT { return nil }
                if errno == ELOOP { throw .notAJournal(path: path, found: "a link") }
                throw .cannotWrite(path: table, reason: "\(path): \(SystemError.last)")
            }
            let file = OpenFile(descriptor: descriptor)
            // Two runs that write one journal would destroy each other's rows; the lock goes with the process.
            guard file.lock() else { throw .inUse(path: table) }
            let content: [UInt8]
            do throws(SystemError) {
                let opened = try file.status()
                // A run may have finished, and taken its journal away, since the file was opened.
                var named = stat()
                guard lstat(path, &named) == 0, named.st_ino == opened.st_ino, named.st_dev == opened.st_dev else {
                    continue
                }
                content = opened.st_mode & S_IFMT == S_IFREG ? try file.readAll() : [0]
            } catch { throw .cannotWrite(path: table, reason: "\(path): \(error)") }
            guard content.isEmpty || JournalForm.isJournal(content) || JournalForm.isPlain(content) else {
                throw .notAJournal(path: path, found: "a file of another kind")
            }
            return Earlier(path: path, file: file, content: content)
        }
    }

    /// A new journal, locked, with the lines of a finished table in it. It takes the place of `earlier`.
    convenience init(
        _ path: String, _ form: JournalForm, lines: [String], over earlier: Earlier?, for table: String
    ) throws(TableError) {
        var made: OpenFile?
        var end = 0
        do {
            let pending = try PendingFile(path) { temporary in
                let file = try OpenFile(creating: temporary)
                _ = file.lock()
                var bytes = Array((form.head + "\n").utf8)
                for line in lines { bytes += (form.sealed(line) + "\n").utf8 }
                try file.append(bytes[...])
                (made, end) = (file, bytes.count)
            }
            try pending.commit(earlier == nil ? .refuse : .replace)
        } catch let error as FileWritingError {
            // Another run was quicker.
            throw error.code == EEXIST ? .inUse(path: table) : .cannotWrite(path: table, reason: error.reason)
        } catch { throw .cannotWrite(path: table, reason: "\(error)") }
        guard let made else { preconditionFailure("a pending file is written before it is committed") }
        self.init(path, form, made, end: end)
    }

    /// Goes on with a journal of the same form, of which `end` bytes are whole rows.
    convenience init(continuing earlier: Earlier, _ form: JournalForm, end: Int) throws(TableError) {
        self.init(earlier.path, form, earlier.file, end: end)
        try attempt { () throws(SystemError) in try file.truncate(to: end) }
    }

    /// The lines of one row; all of them are in the journal or none.
    func append(_ lines: [String]) throws(TableError) -> [Range<Int>] {
        var bytes: [UInt8] = []
        let start = end
        let ranges = lines.map { line in
            let first = start + bytes.count
            bytes += (form.sealed(line) + "\n").utf8
            return first..<start + bytes.count
        }
        try attempt { () throws(SystemError) in
            do throws(SystemError) {
                try file.append(bytes[...])
            } catch {
                // A full disk takes a part of the bytes.
                do throws(SystemError) { try file.truncate(to: start) } catch { throw error }
                throw error
            }
        }
        end = start + bytes.count
        return ranges
    }

    /// A line as the table has it.
    func line(at range: Range<Int>) throws(TableError) -> ArraySlice<UInt8> {
        let bytes = try attempt { () throws(SystemError) in try file.read(range.count, at: range.lowerBound) }
        guard let line = form.unsealed(bytes.dropLast()) else {
            throw .cannotWrite(path: path, reason: "it was changed while this run worked")
        }
        return line
    }

    /// Takes back what was written behind `end`.
    func cut(to end: Int) throws(TableError) {
        try attempt { () throws(SystemError) in try file.truncate(to: end) }
        self.end = end
    }

    func flush() throws(TableError) { try attempt { () throws(SystemError) in try file.flush() } }

    func remove() throws(TableError) {
        guard unlink(path) == 0 else { throw .cannotWrite(path: path, reason: SystemError.last) }
    }

    private func attempt<Result>(_ body: () throws(SystemError) -> Result) throws(TableError) -> Result {
        do throws(SystemError) { return try body() } catch { throw .cannotWrite(path: path, reason: "\(error)") }
    }
}

extension TableJournal.Earlier {
    /// Its form, when its columns are those of the table.
    func form(_ encoding: TableEncoding, _ columns: [String]) throws(TableError) -> JournalForm {
        let head = content.prefix(while: { $0 != UInt8(ascii: "\n") })
        for isReplacing in [false, true] {
            let form = JournalForm(encoding, columns, isReplacing: isReplacing)
            if form.head.utf8.elementsEqual(head) { return form }
        }
        throw TableLine.other(
            String(decoding: head, as: UTF8.self), than: JournalForm(encoding, columns, isReplacing: false).head, path)
    }

    /// The lines as the table has them, with where they are; what was cut off behind the last line end is left out.
    func lines(_ form: JournalForm) throws(TableError) -> [TableLine] {
        try TableLine.all(of: content, behind: form.head, path: path, mayBeCutShort: true, form.unsealed)
    }

    /// The lines of a journal of version 0.1.0.
    func plainLines(_ encoding: TableEncoding, _ columns: [String]) throws(TableError) -> [TableLine] {
        try TableLine.all(of: content, behind: encoding.header(columns), path: path, mayBeCutShort: true)
    }
}
