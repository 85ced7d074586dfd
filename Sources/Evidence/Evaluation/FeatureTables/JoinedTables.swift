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
    /// Paths of the embeddings, as `weft embed` writes them; at least one, each seen as a view of its own.
    public var embeddings: [String]
    /// Path of the classes, see `LabelTable`.
    public var labels: String?
    /// Identity columns that rows of both tables share; nil: those of case, study, series, image, roi, label that are
    /// filled in both.
    public var join: [String]?
    public var layout: FeatureTableLayout

    public init(features: String, embeddings: [String], layout: FeatureTableLayout) {
        (self.features, self.embeddings, self.layout) = (features, embeddings, layout)
    }
}

/// A table of features and one or several of embeddings, row by row about the same region or image.
public struct JoinedTables: Sendable {
    /// Numbers of one block of columns; nil where a cell is empty.
    public struct Block: Sendable {
        /// What the block is called among others: `handcrafted`, `learned`, or the view that it is, e.g. `learned_tiles`.
        public var title: String
        public var names: [String]
        /// One array per column.
        public var columns: [[Double?]]
    }

    public let source: ComparedTables
    public private(set) var features: Block
    /// The views: one of each table, or of its tiles and of its whole slices where it has both.
    public private(set) var views: [Block]
    /// One entry per row from here on. What predictions call it: the image's path as the features have it; with case, region and
    /// number where several rows are of one image.
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
        var embeddings: [CellTable] = []
        for path in source.embeddings { embeddings.append(try Self.table(path)) }
        var notes: [String] = []
        let keyColumns = try Self.keyColumns(features, embeddings, source.join)
        var rows = Self.usable(features, layout, &notes)
        let featureKeys = Self.cells(features, keyColumns)
        // The rows of each table of embeddings by those of the features.
        var partners: [[Int: Int]] = []
        for table in embeddings {
            partners.append(try Self.partners(of: rows, featureKeys, features, in: table, keyColumns, layout, &notes))
        }
        rows = rows.filter { row in partners.allSatisfy { $0[row] != nil } }
        guard !rows.isEmpty else {
            throw .nothingSharedByAll(paths: [source.features] + source.embeddings, columns: keyColumns)
        }
        var found: [LabelTable.Row] = []
        if let path = source.labels { (found, rows) = try Self.labelled(rows, of: features, path, &notes) }
        /// Only of the rows that stay: one without a label leaves the others their patients.
        func named(_ table: CellTable, _ rows: [Int]) -> [String]? {
            table.column("patient").flatMap { cells in Self.complete(rows.map { cells[$0] }) }
        }
        let places = partners.map { partner in rows.compactMap { partner[$0] } }
        let patients =
            named(features, rows) ?? zip(embeddings, places).lazy.compactMap { named($0, $1) }.first
            ?? (found.isEmpty ? nil : Self.complete(found.map(\.patient)))
        if let path = source.labels {
            labels = found.map(\.label)
            folds = try Self.folds(found.map(\.fold), of: patients, path, &notes)
        }
        self.features = try Self.block(features, rows, layout, &notes)
        self.features.title = "handcrafted"
        var views: [Block] = []
        for (table, rows) in zip(embeddings, places) {
            views += Self.views(
                try Self.block(table, rows, layout, &notes), of: table.path, isAlone: embeddings.count == 1)
        }
        self.views = Self.distinctlyTitled(views)
        cases = rows.map { features.cell($0, "case") }
        let images = rows.map { features.cell($0, "image") }
        let described = rows.map { row in
            ["case", "roi", "label"].map { features.cell(row, $0) }.filter { !$0.isEmpty }.joined(separator: " ")
        }
        names = Set(images).count == images.count && !images.contains("") ? images : Self.distinct(described)
        if patients == nil { notes.append("no patients are named: each case counts as its own") }
        self.patients = patients ?? zip(cases, images).map { $0 + $1 }
        (self.keyColumns, self.notes) = (keyColumns, notes)
    }

    /// The row of a table of embeddings for each row of the features that has one.
    private static func partners(
        of rows: [Int], _ featureKeys: [[String]], _ features: CellTable, in table: CellTable, _ columns: [String],
        _ layout: FeatureTableLayout, _ notes: inout [String]
    ) throws(TableComparisonError) -> [Int: Int] {
        let keys = cells(table, columns)
        var places: [[String]: Int] = [:]
        for row in usable(table, layout, &notes) {
            if let first = places.updateValue(row, forKey: keys[row]) {
                throw .repeatedRow(path: table.path, rows: [first + 1, row + 1], key: keys[row], columns: columns)
            }
        }
        let unmatched = rows.filter { places[featureKeys[$0]] == nil }
        guard unmatched.count < rows.count else {
            throw .nothingShared(
                first: features.path, second: table.path, columns: columns, firstKey: featureKeys.first ?? [],
                secondKey: keys.first ?? [])
        }
        if let first = unmatched.first {
            notes.append(
                "\(unmatched.count) of \(rows.count) rows of \(features.path) have no embedding in \(table.path), e.g. "
                    + featureKeys[first].joined(separator: ", "))
        }
        return Dictionary(uniqueKeysWithValues: rows.compactMap { row in places[featureKeys[row]].map { (row, $0) } })
    }

    /// The rows that have a label, with it.
    private static func labelled(
        _ rows: [Int], of features: CellTable, _ path: String, _ notes: inout [String]
    ) throws(TableComparisonError) -> (found: [LabelTable.Row], rows: [Int]) {
        var (found, kept): ([LabelTable.Row], [Int]) = ([], [])
        let table = try ingested { () throws(IngestionError) in try LabelTable(path: path) }
        notes += table.problems.map { "\(path): row \($0.row): \($0.reason); it is left out" }
        // A name that is the end of a longer one means one image only.
        var imageOfRow: [Int: String] = [:]
        for row in rows {
            let (name, image) = (features.cell(row, "case"), features.cell(row, "image"))
            let match = try ingested { () throws(IngestionError) in try table.row(case: name, image: image) }
            guard let (label, match) = match else { continue }
            if match == .end(isShorter: true) {
                let plain = ImageNames.plain(image.isEmpty ? name : image)
                if let other = imageOfRow.updateValue(plain, forKey: label.number), other != plain {
                    throw .ingestion(
                        .badAttribute(
                            path: path, name: "the image of row \(label.number), '\(label.imageAsWritten)'",
                            found: "'\(other)' and '\(plain)' in \(features.path)",
                            expected: "one; write the path as the tables have it"))
                }
            }
            found.append(label)
            kept.append(row)
        }
        guard !kept.isEmpty else {
            throw .noLabels(
                path: path, key: table.key.rawValue, features: features.path,
                example: features.cell(rows[0], table.key.rawValue))
        }
        if kept.count < rows.count { notes.append("\(rows.count - kept.count) rows have no label and are left out") }
        return (found, kept)
    }

    /// The tiles and the whole slices of a table that has both (`weft embed --both`) tell of different things: each is a view.
    private static func views(_ block: Block, of path: String, isAlone: Bool) -> [Block] {
        let file = (path.split(separator: "/").last.map(String.init) ?? path).split(separator: ".").first.map(
            String.init)
        let title = isAlone ? "learned" : "learned_\(file ?? path)"
        let parts = ["tiles", "whole"].map { part in
            block.names.indices.filter { block.names[$0].hasPrefix("emb_\(part)_") }
        }
        guard parts.allSatisfy({ !$0.isEmpty }), parts.joined().count == block.names.count else {
            return [Block(title: title, names: block.names, columns: block.columns)]
        }
        return zip(["tiles", "whole"], parts).map { part, columns in
            Block(
                title: "\(title)_\(part)", names: columns.map { block.names[$0] },
                columns: columns.map { block.columns[$0] })
        }
    }

    private static func distinctlyTitled(_ views: [Block]) -> [Block] {
        zip(views, distinct(views.map(\.title))).map { view, title in
            var view = view
            view.title = title.replacing(" #", with: "_")
            return view
        }
    }

    private static func table(_ path: String) throws(TableComparisonError) -> CellTable {
        try ingested { () throws(IngestionError) in try CellTable(path: path) }
    }

    private static func ingested<Value>(
        _ read: () throws(IngestionError) -> Value
    ) throws(TableComparisonError) -> Value {
        do { return try read() } catch { throw .ingestion(error) }
    }

    private static func keyColumns(
        _ features: CellTable, _ embeddings: [CellTable], _ asked: [String]?
    ) throws(TableComparisonError) -> [String] {
        let tables = [features] + embeddings
        if let names = asked {
            for name in names {
                for table in tables where !table.has(name) { throw .noJoinColumn(name, path: table.path) }
            }
            guard !names.isEmpty else { throw .noJoinColumns }
            return names
        }
        let filled = keys.filter { name in
            tables.allSatisfy { $0.column(name)?.contains { !$0.isEmpty } ?? false }
        }
        guard !filled.isEmpty else { throw .noCommonIdentity(paths: tables.map(\.path), expected: keys) }
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
        var block = Block(title: "", names: [], columns: [])
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
