import CXlsxWriter
import Encoding
import Files

/// What a table says of itself beside its rows, where its format has a place for it.
public struct TableProvenance: Sendable {
    /// Of weft.
    public var version: String
    /// As a settings file.
    public var settings: String

    public init(version: String = "", settings: String = "") { (self.version, self.settings) = (version, settings) }
}

/// A table as an Excel workbook: a sheet with the rows, one that explains their columns, one with settings and warnings.
///
/// The same rows give the same bytes. Text is text whatever it looks like, numbers have all their digits, an undefined value is an
/// empty cell.
final class TableWorkbook {
    // What Excel's sheets have at most.
    static let mostColumns = 16_384
    static let mostRows = 1_048_576
    static let mostCharacters = 32_767

    private let table: FeatureTable
    private let columns: [TableColumn]
    private let provenance: TableProvenance
    private let path: String
    private var book: OpaquePointer?
    private var rowCount = 0
    /// In digits, by column.
    private var widths: [Int]
    private var cutCells = 0
    private var counts: [RowStatus: Int] = [:]
    /// Rows that somebody should look at: the cells of ``troubleColumns``.
    private var troubles: [[String]] = []
    private var lastRow: [String] = []
    /// Of the columns of a sheet with cells of several lines.
    private var sheetWidths: [Int] = []
    private let troubleIndices: [Int]
    /// Of the columns that tell regions apart.
    private let regionIndices: [Int]

    private static let troubleColumns = ["status", "reason", "case", "patient", "modality", "image", "roi", "label"]

    /// Begins a workbook at a path where nothing is yet; its temporary files, which have no names, stand in the same folder.
    init(_ path: String, of table: FeatureTable, _ provenance: TableProvenance) throws(FileWritingError) {
        (self.path, self.table, self.provenance) = (path, table, provenance)
        columns = table.lineColumns
        widths = columns.map { $0.name.count + 3 }
        let names = table.columns
        troubleIndices = Self.troubleColumns.compactMap { names.firstIndex(of: $0) }
        regionIndices =
            (FeatureTable.identityColumns + Diagnostic.keys.map(\.column)).compactMap { names.firstIndex(of: $0) }
        let folder = FileName(path).folder
        var error = CXlsxError()
        book = cxlsx_create(path, folder.isEmpty ? "." : String(folder), "weft: feature table", &error)
        guard book != nil else { throw Self.failure(path, error) }
        try begin("table", CXlsxLayout(frozen_rows: 1, frozen_columns: 1, fits_page: false))
        try write(columns.map { .text($0.name, CXLSX_HEADER) })
    }

    deinit { cxlsx_discard(book) }

    /// Adds a row: the text of its cells, empty where there is nothing.
    func append(_ cells: [String]) throws(FileWritingError) {
        var written: [WorkbookCell] = []
        written.reserveCapacity(cells.count)
        for (index, column) in columns.enumerated() {
            let text = cells[index]
            if text.isEmpty {
                written.append(.empty)
            } else if column.isNumber {
                written.append(.number(text, CXLSX_PLAIN))
            } else {
                let style = column.name == "status" ? Self.style(of: text) : CXLSX_PLAIN
                written.append(.text(text, style))
                widths[index] = max(widths[index], min(Self.mostWidth(of: column.name), Self.width(text)))
            }
        }
        try write(written)
        rowCount += 1
        note(cells)
    }

    /// Of the long layout the first line of a region counts.
    private func note(_ cells: [String]) {
        let (trouble, region) = (troubleIndices.map { cells[$0] }, regionIndices.map { cells[$0] })
        guard table.layout == .wide || region != lastRow || trouble[0] == RowStatus.failed.rawValue else { return }
        lastRow = region
        guard let status = RowStatus(rawValue: trouble[0]) else { return }
        counts[status, default: 0] += 1
        if status != .ok { troubles.append(trouble) }
    }

    /// Writes the other sheets and closes the workbook, which is whole then.
    func finish() throws(FileWritingError) {
        for (index, width) in widths.enumerated() { cxlsx_set_width(book, UInt16(index), Double(width)) }
        cxlsx_set_filter(book, 0, UInt32(rowCount), UInt16(columns.count - 1))
        try writeGuide()
        try writeProvenance()
        var error = CXlsxError()
        let finished = cxlsx_finish(book, &error)
        book = nil
        guard finished else { throw Self.failure(path, error) }
    }

    // MARK: The other sheets

    private func writeGuide() throws(FileWritingError) {
        try begin("columns", CXlsxLayout(frozen_rows: 1, frozen_columns: 1, fits_page: true))
        let names = ["column", "title", "unit", "IBSI code", "aggregation", "what it means"]
        try write(names.map { .text($0, CXLSX_HEADER) })
        let entries = table.guide
        let longest = entries.map(\.column.count).max() ?? 0
        setWidths([max(20, min(44, longest + 2)), 46, 18, 11, 14, 110])
        for entry in entries {
            try write(
                [entry.column, entry.title, entry.unit, entry.ibsiCode, entry.aggregation].map {
                    .text($0, CXLSX_TOP)
                }
                    + [.text(entry.meaning, CXLSX_WRAPPED)])
        }
        cxlsx_set_filter(book, 0, UInt32(entries.count), UInt16(names.count - 1))
    }

    private func writeProvenance() throws(FileWritingError) {
        try begin("settings and warnings", CXlsxLayout(frozen_rows: 0, frozen_columns: 0, fits_page: true))
        setWidths([20, 80, 20, 18, 10, 30, 20, 8])
        func pair(_ name: String, _ value: WorkbookCell) throws(FileWritingError) {
            try write([.text(name, CXLSX_TOP), value])
        }
        try write([.text("Table", CXLSX_TITLE)])
        try pair("made by", .text("weft \(provenance.version)", CXLSX_TOP))
        for status in [RowStatus.ok, .warning, .failed] {
            try pair("regions: \(status.rawValue)", .number(String(counts[status] ?? 0), CXLSX_WRAPPED))
        }
        if cutCells > 0 {
            try pair(
                "cut cells",
                .text("\(cutCells), at the \(Self.mostCharacters) characters that Excel has for a cell", CXLSX_WARNING))
        }
        try write([])
        try write([.text("Settings", CXLSX_TITLE)])
        for line in provenance.settings.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if line.hasPrefix(" ") || parts.count < 2 {
                try write([.empty, .text(String(line), CXLSX_WRAPPED)])
            } else {
                try write([
                    .text(String(parts[0]), CXLSX_TOP), .text(String(parts[1].drop { $0 == " " }), CXLSX_WRAPPED),
                ])
            }
        }
        try write([])
        try write([.text("Warnings and failures", CXLSX_TITLE)])
        guard !troubles.isEmpty else { return try write([.text("none", CXLSX_TOP)]) }
        try write(Self.troubleColumns.map { .text($0, CXLSX_HEADER) })
        for cells in troubles {
            try write(
                cells.enumerated().map { index, text in
                    switch index {
                    case 0: .text(text, Self.style(of: text))
                    case 1: .text(text, CXLSX_WRAPPED)
                    default: text.isEmpty ? .empty : .text(text, CXLSX_TOP)
                    }
                })
        }
    }

    // MARK: Cells

    private enum WorkbookCell {
        case empty
        case text(String, CXlsxStyle)
        /// Its digits.
        case number(String, CXlsxStyle)
    }

    private func begin(_ sheet: String, _ layout: CXlsxLayout) throws(FileWritingError) {
        var error = CXlsxError()
        guard cxlsx_add_sheet(book, sheet, layout, &error) else { throw Self.failure(path, error) }
    }

    private func setWidths(_ widths: [Int]) {
        sheetWidths = widths
        for (index, width) in widths.enumerated() { cxlsx_set_width(book, UInt16(index), Double(width)) }
    }

    private func write(_ cells: [WorkbookCell]) throws(FileWritingError) {
        var error = CXlsxError()
        var lines = 1
        for (index, cell) in cells.enumerated() {
            if case .text(let text, CXLSX_WRAPPED) = cell {
                // Letters are narrower than digits.
                lines = max(lines, (Self.width(text) * 7 / 8 + sheetWidths[index] - 1) / sheetWidths[index])
            }
            let works: Bool
            switch cell {
            case .empty, .text("", _):
                cxlsx_skip(book)
                works = true
            case .text(let text, let style): works = cxlsx_text(book, fitting(text), style, &error)
            case .number(let digits, let style): works = cxlsx_number(book, digits, style, &error)
            }
            guard works else { throw Self.failure(path, error) }
        }
        guard cxlsx_end_row(book, UInt32(lines), &error) else { throw Self.failure(path, error) }
    }

    /// Cut where Excel has no room for it, and saying so. Excel counts in units of UTF-16.
    private func fitting(_ text: String) -> String {
        guard text.utf8.count > Self.mostCharacters, text.utf16.count > Self.mostCharacters else { return text }
        cutCells += 1
        let mark = " … (cut: \(text.utf16.count) characters, Excel has \(Self.mostCharacters) for a cell)"
        var (kept, room) = ("", Self.mostCharacters - mark.utf16.count)
        for character in text {
            room -= character.utf16.count
            guard room >= 0 else { break }
            kept.append(character)
        }
        return kept + mark
    }

    private static func style(of status: String) -> CXlsxStyle {
        switch RowStatus(rawValue: status) {
        case .warning: CXLSX_WARNING
        case .failed: CXLSX_FAILURE
        default: CXLSX_PLAIN
        }
    }

    /// Digits that a text takes; letters of East Asia take two.
    private static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(1) { $0 + ($1.value >= 0x1100 ? 2 : 1) }
    }

    /// Hashes and UIDs are for programs, sentences have a sheet of their own.
    private static func mostWidth(of column: String) -> Int {
        switch column {
        case "study", "series": 20
        case _ where column.hasSuffix("_hash"): 18
        default: 40
        }
    }

    private static func failure(_ path: String, _ error: CXlsxError) -> FileWritingError {
        let system = error.code == 0 ? "" : ": \(SystemError(code: error.code))"
        let text = withUnsafeBytes(of: error.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return FileWritingError(path: path, reason: text + system)
    }
}
