import Encoding

/// The rows of an earlier run, in their order, also those of failed cases.
struct EarlierRows {
    struct Row {
        var key: RowKey
        var status: RowStatus
        /// Reason and notes.
        var remarks: String
        var settings: RowSettings
        var lines: [TableLine]
    }

    private(set) var rows: [Row] = []
    /// Rows with numbers. Two may be equal: of masks with one name in different folders.
    private var computed: [RowKey: [Int]] = [:]
    private var computedOfCase: [CaseParts: [Int]] = [:]
    /// Where the last whole row ends; nil when there is none.
    private(set) var end: Int?

    /// Puts lines together to rows. Every line is looked at: one that this table would not have written is an error.
    /// A row at the end of a journal may be cut short and is left out then.
    init(
        _ tableLines: [TableLine], of table: FeatureTable, _ encoding: TableEncoding, path: String, mayBeCutShort: Bool
    ) throws(TableError) {
        let columns = table.journalLineColumns
        for line in tableLines {
            let damaged = TableError.damagedLine(
                path: path, line: line.number, found: TableLine.shown(line.text.utf8))
            let cells: [String: String]
            do throws(TableEncoding.LineProblem) {
                let values = try encoding.cells(of: line.text, columns)
                cells = Dictionary(zip(columns.map(\.name), values), uniquingKeysWith: { first, _ in first })
            } catch {
                // Later lines of a table are of the same run as the first.
                guard case .otherColumns(let found) = error, rows.isEmpty else { throw damaged }
                throw .otherColumns(path: path, found: found, expected: columns.map(\.name))
            }
            guard let status = cells["status"].flatMap(RowStatus.init) else { throw damaged }
            let key = RowKey(cells)
            let last = rows.indices.last.flatMap { isWhole(rows[$0], in: table) ? nil : $0 }
            if let last, rows[last].key != key || status == .failed { throw damaged }
            let index = last.map { rows[$0].lines.count } ?? 0
            guard table.isRecord(index, of: status, feature: cells["feature"]) else { throw damaged }
            if let last {
                rows[last].lines.append(line)
            } else {
                let remarks = [cells["reason"], cells[Diagnostic.notes.column]].compactMap(\.self).joined(
                    separator: "; ")
                rows.append(
                    Row(key: key, status: status, remarks: remarks, settings: RowSettings(cells), lines: [line]))
            }
        }
        if let last = rows.last, !isWhole(last, in: table) {
            let next = tableLines.count > 0 ? tableLines[tableLines.count - 1].number + 1 : 1
            guard mayBeCutShort else { throw .damagedLine(path: path, line: next, found: "the end of the file") }
            rows.removeLast()
        }
        end = rows.last?.lines.last?.range.upperBound
        for (index, row) in rows.enumerated() where row.status != .failed {
            computed[row.key, default: []].append(index)
            computedOfCase[row.key.caseParts, default: []].append(index)
        }
    }

    private func isWhole(_ row: Row, in table: FeatureTable) -> Bool {
        row.lines.count == (row.status == .failed ? 1 : table.linesPerRow)
    }

    var isEmpty: Bool { rows.isEmpty }

    /// Of all rows, in their order.
    var lines: [Range<Int>] { rows.flatMap { $0.lines.map(\.range) } }

    /// Those that are not tried again because they failed.
    var computedRows: [Row] { rows.filter { $0.status != .failed } }

    func computedRows(of parts: CaseParts) -> [Row] { (computedOfCase[parts] ?? []).map { rows[$0] } }

    /// Gives the row of the same content and settings away; nil when there is none (left).
    mutating func take(_ key: RowKey) -> Row? {
        guard let index = computed[key]?.first else { return nil }
        computed[key]?.removeFirst()
        return rows[index]
    }
}

/// Tells whether a row is about the same region with the same content under the same settings. All identity columns
/// take part: a row that shows the patient in another way, or stands for another mask with equal voxels, is another row.
public struct RowKey: Hashable, Sendable {
    private let parts: [String]

    public init(_ identity: RowIdentity, _ diagnostics: [Diagnostic: String]) {
        // As the table has them.
        parts = (identity.cells + Diagnostic.keys.map { diagnostics[$0] ?? "" }).map(\.singleLine)
    }

    init(_ cells: [String: String]) {
        let columns = FeatureTable.identityColumns.dropLast(2) + Diagnostic.keys.map(\.column)
        parts = columns.map { cells[$0] ?? "" }
    }

    public var patient: String { parts[1] }
    /// Case and image.
    var caseParts: CaseParts { CaseParts(caseID: parts[0], image: parts[5]) }
    /// All that says which region it is, whatever its content and settings and however the patient is shown: identity
    /// without the patient, and mask file.
    var regionParts: [String] { parts.prefix(1) + parts[2..<8] + parts.suffix(1) }
    /// Of the region.
    var name: String { parts[6] }
    var label: String { parts[7] }
    var maskFile: String { parts[11] }

    /// Of the voxels.
    private var imageHash: String { parts[9] }
    private var maskHash: String { parts[10] }

    /// What a row with this key, which an earlier run made, has not in common with one of the same region now; nil for the
    /// rest that nobody has words for.
    func changeOfContent(to now: RowKey) -> String? {
        if imageHash != now.imageHash { return "its image has other voxels than when its row was made" }
        if maskHash != now.maskHash { return "its mask has other voxels than when its row was made" }
        return nil
    }
}

/// A case as rows name it: its name and the path of its image.
struct CaseParts: Hashable, Sendable {
    var caseID: String
    var image: String
}

extension TableError {
    static func otherColumns(path: String, found: [String], expected: [String]) -> TableError {
        let (there, here) = (Set(found), Set(expected))
        return .otherColumns(
            path: path, there: found.filter { !here.contains($0) }, here: expected.filter { !there.contains($0) })
    }
}
