import Ingestion
import Tables

/// A table of features with what is known of its rows elsewhere: the scanner, age, the split.
struct HarmonisedTable {
    let table: CellTable
    private let beside: CellTable?
    /// Of each row of the table, its row in the one beside.
    private let partners: [Int]

    /// - Parameter path: of the table beside, which has a row for each case, or for each patient.
    init(path: String, beside other: String?) throws(HarmonisationError) {
        do throws(IngestionError) {
            table = try CellTable(path: path)
            beside = try other.map { path throws(IngestionError) in try CellTable(path: path) }
        } catch { throw .ingestion(error) }
        guard let beside else {
            partners = []
            return
        }
        let key = beside.has("case") ? "case" : "patient"
        guard let here = table.column(key) else { throw .noColumn(key, path: table.path, found: table.columns) }
        guard let there = beside.column(key) else {
            throw .noColumn("case or patient", path: beside.path, found: beside.columns)
        }
        let rows = Dictionary(grouping: there.indices) { there[$0] }
        var partners: [Int] = []
        for value in here {
            let found = rows[value] ?? []
            guard found.count == 1 else {
                throw .noPartner(path: beside.path, key: key, value: value, rows: found.count)
            }
            partners.append(found[0])
        }
        self.partners = partners
    }

    /// Of the table, else of the one beside.
    func column(_ name: String) throws(HarmonisationError) -> [String] {
        if let cells = table.column(name) { return cells }
        if let beside, let cells = beside.column(name) { return partners.map { cells[$0] } }
        throw .noColumn(name, path: beside?.path ?? table.path, found: beside?.columns ?? table.columns)
    }

    func has(_ name: String) -> Bool { table.has(name) || beside?.has(name) == true }

    /// Rows without values.
    var failed: Set<Int> {
        guard let status = table.column("status") else { return [] }
        return Set(status.indices.filter { status[$0] == "failed" })
    }

    /// Columns of numbers that do not say who or what a row is, in the table's order.
    func features(besides other: Set<String>) -> [String] {
        let identity = Set(FeatureTable.identityColumns).union(other)
        return table.columns.filter { name in
            guard !identity.contains(name), !name.hasPrefix("diagnostics_"), let cells = table.column(name) else {
                return false
            }
            let filled = cells.filter { !$0.isEmpty }
            return !filled.isEmpty && filled.allSatisfy { Double($0) != nil }
        }
    }

    /// NaN for an empty cell.
    func numbers(_ name: String) -> [Double]? {
        table.column(name)?.map { Double($0) ?? .nan }
    }
}
