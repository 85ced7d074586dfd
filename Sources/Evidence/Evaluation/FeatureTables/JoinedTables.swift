import Foundation
import Ingestion
import NumericalMethods
import Statistics

/// What the columns of a feature table mean that are not features.
public struct FeatureTableLayout: Sendable {
    /// Names of columns that say whose a row is.
    public var identityColumns: Set<String>
    /// In the column `status`: the row has no values.
    public var failedStatus: String

    public init(identityColumns: some Sequence<String>, failedStatus: String) {
        (self.identityColumns, self.failedStatus) = (Set(identityColumns), failedStatus)
    }
}

/// The CSVs that a comparison of tables reads.
public struct ComparedTables: Sendable {
    /// Path of the handcrafted features, as `weft extract` writes them.
    public var features: String
    /// Path of the embeddings, as `weft embed` writes them.
    public var embeddings: String
    /// Path of the classes: `image` or `case`, `label`, `patient` where the tables do not have it, and `fold`.
    public var labels: String?
    /// Identity columns that rows of both tables share; nil: those of case, study, series, image, roi, label that are
    /// filled in both.
    public var join: [String]?
    public var layout: FeatureTableLayout

    public init(features: String, embeddings: String, layout: FeatureTableLayout) {
        (self.features, self.embeddings, self.layout) = (features, embeddings, layout)
    }
}

/// A table of features and a table of embeddings, row by row about the same region or image.
public struct JoinedTables: Sendable {
    /// Numbers of one block of columns; nil where a cell is empty.
    public struct Block: Sendable {
        public var names: [String]
        /// One array per column.
        public var columns: [[Double?]]
    }

    public let source: ComparedTables
    public private(set) var features: Block
    public private(set) var embeddings: Block
    /// One entry per row from here on: case, region and number, different for each row.
    public private(set) var names: [String]
    public private(set) var cases: [String]
    public private(set) var patients: [String]
    public private(set) var labels: [String]?
    /// That the labels name, where they name that of each row.
    public private(set) var folds: [String]?
    public private(set) var keyColumns: [String]
    public private(set) var notes: [String]

    private static let keys = ["case", "study", "series", "image", "roi", "label"]

    /// - Throws: ``TableComparisonError``.
    public init(_ source: ComparedTables) throws(TableComparisonError) {
        self.source = source
        let layout = source.layout
        let features = try Self.table(source.features)
        let embeddings = try Self.table(source.embeddings)
        var notes: [String] = []
        let keyColumns = try Self.keyColumns(features, embeddings, source.join)
        var (rows, places) = (Self.usable(features, layout, &notes), [[String]: Int]())
        let embeddingKeys = Self.cells(embeddings, keyColumns)
        for row in Self.usable(embeddings, layout, &notes) {
            if let first = places.updateValue(row, forKey: embeddingKeys[row]) {
                throw .repeatedRow(
                    path: embeddings.path, rows: [first + 1, row + 1], key: embeddingKeys[row], columns: keyColumns)
            }
        }
        let featureKeys = Self.cells(features, keyColumns)
        let unmatched = rows.filter { places[featureKeys[$0]] == nil }
        rows = rows.filter { places[featureKeys[$0]] != nil }
        guard !rows.isEmpty else {
            throw .nothingShared(
                first: features.path, second: embeddings.path, columns: keyColumns,
                firstKey: featureKeys.first ?? [], secondKey: embeddingKeys.first ?? [])
        }
        if !unmatched.isEmpty {
            notes.append(
                "\(unmatched.count) of \(unmatched.count + rows.count) rows of \(features.path) have no embedding, e.g. "
                    + featureKeys[unmatched[0]].joined(separator: ", "))
        }
        let partners = rows.compactMap { places[featureKeys[$0]] }
        var patients: [String]?
        var labels: [String]?
        if let path = source.labels {
            let file: LabelTable
            do { file = try LabelTable(path: path) } catch { throw .ingestion(error) }
            var found: [LabelTable.Entry?] = []
            for row in rows {
                do {
                    found.append(try file.entry(case: features.cell(row, "case"), image: features.cell(row, "image")))
                } catch { throw .ingestion(error) }
            }
            let kept = found.indices.filter { found[$0] != nil }
            guard !kept.isEmpty else {
                throw .noLabels(
                    path: path, key: file.key, features: features.path, example: features.cell(rows[0], file.key))
            }
            if kept.count < rows.count {
                notes.append("\(rows.count - kept.count) rows have no label and are left out")
            }
            labels = kept.compactMap { found[$0]?.label }
            rows = kept.map { rows[$0] }
            let partners = kept.map { partners[$0] }
            // Only of the rows that stay: one without a label leaves the others their patients.
            patients =
                Self.patients(features, rows) ?? Self.patients(embeddings, partners)
                ?? Self.complete(kept.map { found[$0]?.patient })
            folds = try Self.folds(kept.map { found[$0]?.fold }, of: patients, path, &notes)
            self.embeddings = try Self.block(embeddings, partners, layout, &notes)
        } else {
            patients = Self.patients(features, rows) ?? Self.patients(embeddings, partners)
            self.embeddings = try Self.block(embeddings, partners, layout, &notes)
        }
        self.features = try Self.block(features, rows, layout, &notes)
        cases = rows.map { features.cell($0, "case") }
        names = Self.distinct(
            rows.map { row in
                ["case", "roi", "label"].map { features.cell(row, $0) }.filter { !$0.isEmpty }.joined(separator: " ")
            })
        if patients == nil { notes.append("no patients are named: each case counts as its own") }
        self.patients = patients ?? rows.map { features.cell($0, "case") + features.cell($0, "image") }
        (self.labels, self.keyColumns, self.notes) = (labels, keyColumns, notes)
    }

    private static func table(_ path: String) throws(TableComparisonError) -> CellTable {
        do { return try CellTable(path: path) } catch { throw .ingestion(error) }
    }

    private static func keyColumns(
        _ a: CellTable, _ b: CellTable, _ asked: [String]?
    ) throws(TableComparisonError) -> [String] {
        if let names = asked {
            for name in names {
                for table in [a, b] where !table.has(name) { throw .noJoinColumn(name, path: table.path) }
            }
            guard !names.isEmpty else { throw .noJoinColumns }
            return names
        }
        let filled = keys.filter { name in
            [a, b].allSatisfy { $0.column(name)?.contains { !$0.isEmpty } ?? false }
        }
        guard !filled.isEmpty else { throw .noCommonIdentity(first: a.path, second: b.path, expected: keys) }
        return filled
    }

    private static func cells(_ table: CellTable, _ columns: [String]) -> [[String]] {
        let parts = columns.map { table.column($0) ?? [] }
        return table.rows.indices.map { row in parts.map { $0[row] } }
    }

    /// Rows that did not fail.
    private static func usable(_ table: CellTable, _ layout: FeatureTableLayout, _ notes: inout [String]) -> [Int] {
        guard let status = table.column("status") else { return Array(table.rows.indices) }
        let rows = status.indices.filter { status[$0] != layout.failedStatus }
        if rows.count < status.count {
            notes.append("\(status.count - rows.count) failed rows of \(table.path) are left out")
        }
        return rows
    }

    private static func patients(_ table: CellTable, _ rows: [Int]) -> [String]? {
        table.column("patient").flatMap { cells in complete(rows.map { cells[$0] }) }
    }

    /// The folds of all rows; nil where none is named, or not all are. No patient may lie in two.
    private static func folds(
        _ names: [String?], of patients: [String]?, _ path: String, _ notes: inout [String]
    ) throws(TableComparisonError) -> [String]? {
        guard names.contains(where: { $0 != nil }) else { return nil }
        guard let folds = complete(names), Set(folds).count > 1 else {
            notes.append("\(path): the column fold does not give each row one of several folds, and is not used")
            return nil
        }
        var foldOfPatient: [String: String] = [:]
        for (patient, fold) in zip(patients ?? [], folds) {
            if let earlier = foldOfPatient.updateValue(fold, forKey: patient), earlier != fold {
                throw .ingestion(
                    .badAttribute(
                        path: path, name: "the fold of patient '\(patient)'", found: "\(earlier) and \(fold)",
                        expected: "one: a patient is held out whole"))
            }
        }
        return folds
    }

    /// Repeated names get a number.
    private static func distinct(_ names: [String]) -> [String] {
        var counts: [String: Int] = [:]
        return names.map { name in
            counts[name, default: 0] += 1
            return counts[name] == 1 ? name : "\(name) #\(counts[name] ?? 0)"
        }
    }

    private static func complete(_ names: [String?]) -> [String]? {
        let filled = names.compactMap { $0 }.filter { !$0.isEmpty }
        return filled.count == names.count ? filled : nil
    }

    /// All columns of numbers that are neither identity nor diagnostics.
    private static func block(
        _ table: CellTable, _ rows: [Int], _ layout: FeatureTableLayout, _ notes: inout [String]
    ) throws(TableComparisonError) -> Block {
        var block = Block(names: [], columns: [])
        var texts: [String] = []
        for (place, name) in table.columns.enumerated() {
            if layout.identityColumns.contains(name) || name.hasPrefix("diagnostics_") || name.isEmpty { continue }
            let cells = rows.map { table.rows[$0][place] }
            let numbers = cells.map { Double($0) }
            guard zip(cells, numbers).allSatisfy({ $0.isEmpty || $1 != nil }) else {
                texts.append(name)
                continue
            }
            // What is infinite or not a number is as good as missing.
            let finite = numbers.map { $0.flatMap { $0.isFinite ? $0 : nil } }
            guard finite.contains(where: { $0 != nil }) else { continue }
            block.names.append(name)
            block.columns.append(finite)
        }
        if !texts.isEmpty {
            notes.append("\(table.path): columns of text are left out: \(texts.joined(separator: ", "))")
        }
        guard !block.names.isEmpty else { throw .noNumbers(path: table.path) }
        return block
    }
}

extension JoinedTables.Block {
    /// Rows × columns; what is missing takes the mean of its column.
    var filled: Matrix {
        let rows = columns.first?.count ?? 0
        var matrix = Matrix(rows: rows, columns: columns.count)
        for (place, column) in columns.enumerated() {
            let known = column.compactMap { $0 }
            let mean = known.reduce(0, +) / Double(max(1, known.count))
            for row in 0..<rows { matrix[row, place] = column[row] ?? mean }
        }
        return matrix
    }

    var missing: Int { columns.reduce(0) { $0 + $1.count { $0 == nil } } }
}

extension CellTable {
    /// Empty where the column is absent.
    fileprivate func cell(_ row: Int, _ column: String) -> String {
        columns.firstIndex(of: column).map { rows[row][$0] } ?? ""
    }
}
