import Foundation
import Ingestion
import Statistics
import Tables

/// A table of features and a table of embeddings, row by row about the same region or image.
struct JoinedTables {
    /// Numbers of one block of columns; nil where a cell is empty.
    struct Block {
        var names: [String]
        /// One array a column.
        var columns: [[Double?]]
    }

    var features: Block
    var embeddings: Block
    /// One entry a row from here on: case, region and number, each row's its own.
    var names: [String]
    var cases: [String]
    var patients: [String]
    var labels: [String]?
    var keyColumns: [String]
    var notes: [String]

    private static let keys = ["case", "study", "series", "image", "roi", "label"]

    init(_ options: TableComparisonOptions) throws {
        let features = try Self.table(options.features ?? "")
        let embeddings = try Self.table(options.embeddings ?? "")
        var notes: [String] = []
        let keyColumns = try Self.keyColumns(features, embeddings, options.join)
        var (rows, places) = (Self.usable(features, &notes), [[String]: Int]())
        let embeddingKeys = Self.cells(embeddings, keyColumns)
        for row in Self.usable(embeddings, &notes) {
            if let first = places.updateValue(row, forKey: embeddingKeys[row]) {
                throw CommandFailure(
                    .inputUnreadable,
                    "\(embeddings.path): rows \(first + 1) and \(row + 1) both are \(embeddingKeys[row].joined(separator: ", ")); "
                        + "expected each \(keyColumns.joined(separator: ", ")) once; name more columns with --join")
            }
        }
        let featureKeys = Self.cells(features, keyColumns)
        let unmatched = rows.filter { places[featureKeys[$0]] == nil }
        rows = rows.filter { places[featureKeys[$0]] != nil }
        guard !rows.isEmpty else {
            throw CommandFailure(
                .inputUnreadable,
                "\(features.path) and \(embeddings.path) share no \(keyColumns.joined(separator: ", ")): the first has "
                    + "'\(featureKeys.first?.joined(separator: ", ") ?? "")', the second "
                    + "'\(embeddingKeys.first?.joined(separator: ", ") ?? "")'; name the columns to join on with --join"
            )
        }
        if !unmatched.isEmpty {
            notes.append(
                "\(unmatched.count) of \(unmatched.count + rows.count) rows of \(features.path) have no embedding, e.g. "
                    + featureKeys[unmatched[0]].joined(separator: ", "))
        }
        let partners = rows.compactMap { places[featureKeys[$0]] }
        var patients = Self.patients(features, rows) ?? Self.patients(embeddings, partners)
        var labels: [String]?
        if let path = options.labels {
            let file = try LabelFile(path)
            let found = rows.map { file.entry(case: features.cell($0, "case"), image: features.cell($0, "image")) }
            if patients == nil { patients = Self.complete(found.map { $0?.patient }) }
            let kept = found.indices.filter { found[$0] != nil }
            guard !kept.isEmpty else {
                throw CommandFailure(
                    .inputUnreadable,
                    "\(path): none of its \(file.key) is in \(features.path), which has e.g. "
                        + "'\(features.cell(rows[0], file.key))'")
            }
            if kept.count < rows.count {
                notes.append("\(rows.count - kept.count) rows have no label and are left out")
            }
            labels = kept.compactMap { found[$0]?.label }
            patients = patients.map { patients in kept.map { patients[$0] } }
            rows = kept.map { rows[$0] }
            self.embeddings = try Self.block(embeddings, kept.map { partners[$0] }, &notes)
        } else {
            self.embeddings = try Self.block(embeddings, partners, &notes)
        }
        self.features = try Self.block(features, rows, &notes)
        cases = rows.map { features.cell($0, "case") }
        names = Self.distinct(
            rows.map { row in
                ["case", "roi", "label"].map { features.cell(row, $0) }.filter { !$0.isEmpty }.joined(separator: " ")
            })
        if patients == nil { notes.append("no patients are named: each case counts as its own") }
        self.patients = patients ?? rows.map { features.cell($0, "case") + features.cell($0, "image") }
        (self.labels, self.keyColumns, self.notes) = (labels, keyColumns, notes)
    }

    private static func table(_ path: String) throws -> CellTable {
        do throws(IngestionError) { return try CellTable(path: path) } catch { throw CommandFailure(error) }
    }

    private static func keyColumns(_ a: CellTable, _ b: CellTable, _ asked: String?) throws -> [String] {
        if let asked {
            let names = asked.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            for name in names {
                for table in [a, b] where !table.has(name) {
                    throw CommandFailure(.usage, "--join names '\(name)', which \(table.path) does not have")
                }
            }
            guard !names.isEmpty else {
                throw CommandFailure(.usage, "--join is empty, expected columns, e.g. case,roi")
            }
            return names
        }
        let filled = keys.filter { name in
            [a, b].allSatisfy { $0.column(name)?.contains { !$0.isEmpty } ?? false }
        }
        guard !filled.isEmpty else {
            throw CommandFailure(
                .inputUnreadable,
                "\(a.path) and \(b.path) have no identity column in common (\(keys.joined(separator: ", "))); name one with "
                    + "--join")
        }
        return filled
    }

    private static func cells(_ table: CellTable, _ columns: [String]) -> [[String]] {
        let parts = columns.map { table.column($0) ?? [] }
        return table.rows.indices.map { row in parts.map { $0[row] } }
    }

    /// Rows that did not fail.
    private static func usable(_ table: CellTable, _ notes: inout [String]) -> [Int] {
        guard let status = table.column("status") else { return Array(table.rows.indices) }
        let rows = status.indices.filter { status[$0] != RowStatus.failed.rawValue }
        if rows.count < status.count {
            notes.append("\(status.count - rows.count) failed rows of \(table.path) are left out")
        }
        return rows
    }

    private static func patients(_ table: CellTable, _ rows: [Int]) -> [String]? {
        table.column("patient").flatMap { cells in complete(rows.map { cells[$0] }) }
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
    private static func block(_ table: CellTable, _ rows: [Int], _ notes: inout [String]) throws -> Block {
        let identity = Set(FeatureTable.identityColumns)
        var block = Block(names: [], columns: [])
        var texts: [String] = []
        for (place, name) in table.columns.enumerated() {
            if identity.contains(name) || name.hasPrefix("diagnostics_") || name.isEmpty { continue }
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
        guard !block.names.isEmpty else {
            throw CommandFailure(
                .inputUnreadable, "\(table.path) has no column of numbers beside identity and diagnostics")
        }
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

/// Classes by case or image: `case,label` or `image,label`, optionally with `patient`.
private struct LabelFile {
    struct Entry {
        var label: String
        var patient: String?
    }

    let key: String
    private var entries: [String: Entry] = [:]

    init(_ path: String) throws {
        do throws(IngestionError) {
            let table = try CellTable(path: path)
            key = table.has("case") ? "case" : "image"
            let names = try table.required(key, for: "what a label is about")
            let labels = try table.required("label", for: "its class")
            let patients = table.column("patient")
            for (row, name) in names.enumerated() {
                guard !labels[row].isEmpty else {
                    throw .badAttribute(
                        path: path, name: "label of row \(row + 1)", found: "empty", expected: "a class")
                }
                let patient = patients.flatMap { $0[row].isEmpty ? nil : $0[row] }
                let entry = Entry(label: labels[row], patient: patient)
                if let earlier = entries.updateValue(entry, forKey: Self.plain(name)), earlier.label != entry.label {
                    throw .badAttribute(
                        path: path, name: "the label of '\(name)'", found: "\(earlier.label) and \(entry.label)",
                        expected: "one")
                }
            }
        } catch { throw CommandFailure(error) }
    }

    func entry(case name: String, image: String) -> Entry? {
        key == "case" ? entries[Self.plain(name)] : entries[Self.plain(image)] ?? entries[Self.plain(name)]
    }

    /// A PNG's path and the name of its case differ by the suffix.
    private static func plain(_ name: String) -> String {
        let name = name.hasPrefix("./") ? String(name.dropFirst(2)) : name
        return name.lowercased().hasSuffix(".png") ? String(name.dropLast(4)) : name
    }
}
