import Encoding

/// The rows of an earlier run, in their order, also those of failed cases.
struct EarlierRows {
    private var rows: [Row] = []
    private var lines: [RowKey: [Range<Int>]] = [:]
    /// Where the last whole row ends; nil when there is none.
    private(set) var end: Int?

    private struct Row {
        var key: RowKey
        var hasFailed: Bool
        var lines: [TableLine]
    }

    /// Puts lines together to rows. Every line is looked at: one that this table would not have written is an error.
    /// A row at the end of a journal may be cut short and is left out then.
    init(
        _ tableLines: [TableLine], of table: FeatureTable, _ encoding: TableEncoding, path: String, mayBeCutShort: Bool
    ) throws(TableError) {
        let columns = table.lineColumns
        for line in tableLines {
            let damaged = TableError.damagedLine(
                path: path, line: line.number, found: TableLine.shown(line.text.utf8))
            let cells: [String: String]
            do throws(TableEncoding.LineProblem) {
                let values = try encoding.cells(of: line.text, columns)
                cells = Dictionary(zip(columns.map(\.name), values), uniquingKeysWith: { first, _ in first })
            } catch {
                // Later lines of a table are of the same run as the first.
                throw error == .otherColumns && rows.isEmpty ? .otherColumns(path: path) : damaged
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
                rows.append(Row(key: key, hasFailed: status == .failed, lines: [line]))
            }
        }
        if let last = rows.last, !isWhole(last, in: table) {
            let next = tableLines.count > 0 ? tableLines[tableLines.count - 1].number + 1 : 1
            guard mayBeCutShort else { throw .damagedLine(path: path, line: next, found: "the end of the file") }
            rows.removeLast()
        }
        end = rows.last?.lines.last?.range.upperBound
        // Failed cases are tried again.
        for row in rows where !row.hasFailed { lines[row.key] = row.lines.map(\.range) }
    }

    private func isWhole(_ row: Row, in table: FeatureTable) -> Bool {
        row.lines.count == (row.hasFailed ? 1 : table.linesPerRow)
    }

    var isEmpty: Bool { rows.isEmpty }

    /// Where the row of the same content and settings is; nil when there is none.
    func lines(of key: RowKey) -> [Range<Int>]? { lines[key] }

    /// Rows of regions that this run knows nothing of; a failed one only when its case is not in this run at all.
    func linesUnknown(to cases: Set<[String]>, _ regions: Set<[String]>) -> [Range<Int>] {
        var known = regions
        return rows.reversed().filter { row in
            row.hasFailed ? !cases.contains(row.key.caseParts) : known.insert(row.key.regionParts).inserted
        }.reversed().flatMap { $0.lines.map(\.range) }
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

    /// Case and image.
    var caseParts: [String] { [parts[0], parts[5]] }
    /// All that says which region it is, whatever its content and settings and however the patient is shown: identity
    /// without the patient, and mask file.
    var regionParts: [String] { parts.prefix(1) + parts[2..<8] + parts.suffix(1) }
}
