import Foundation
import Radiomics
import Tables

/// A table of two features whose run ended after some of its rows, and what is to come out of going on.
struct FuzzedTable: Sendable {
    /// The rows that were done, as the interrupted run left them.
    let journal: String
    private let whole: Data
    private static let cases = 4

    enum Difference: Error { case rowsDiffer(found: String, expected: String) }

    init(in folder: String) throws {
        let path = folder + "/table.csv"
        let finished = folder + "/finished.csv"
        let file = try TableFile(path: finished, table: Self.table, existing: .replace)
        for number in 0..<Self.cases { try file.append([try Self.row(number)], caseNumber: number) }
        try file.finish()
        whole = try Data(contentsOf: URL(fileURLWithPath: finished))
        let begun = try TableFile(path: path, table: Self.table, existing: .replace)
        for number in 0..<(Self.cases - 1) { try begun.append([try Self.row(number)], caseNumber: number) }
        journal = try begun.interrupt()
    }

    /// Goes on from a damaged journal as `weft extract --resume` does: rows that it vouches for are taken over, the others
    /// are made anew. Returns why it was refused, or nil when the table came out as it should.
    /// - Throws: ``Difference`` when another table came out, which is the worst that can happen.
    func resume(journal: String) throws -> String? {
        let path = String(journal.dropLast(".partial".count))
        try? FileManager.default.removeItem(atPath: path)
        do throws(TableError) {
            let file = try TableFile(path: path, table: try Self.table, existing: .resume)
            for number in 0..<Self.cases {
                let row = try Self.row(number)
                if file.reuse(RowKey(row.identity, row.diagnostics), caseNumber: number) == nil {
                    try file.append([row], caseNumber: number)
                }
            }
            try file.finish()
        } catch { return error.description }
        let found = try Data(contentsOf: URL(fileURLWithPath: path))
        guard found == whole else {
            throw Difference.rowsDiffer(
                found: String(decoding: found, as: UTF8.self), expected: String(decoding: whole, as: UTF8.self))
        }
        return nil
    }

    private static let columns: [FeatureColumn] = {
        var settings = ExtractionSettings()
        settings.families = [.stat]
        return settings.columns
    }()

    private static var table: FeatureTable { FeatureTable(layout: .wide, features: columns) }

    private static func row(_ number: Int) -> FeatureRow {
        let identity = RowIdentity(
            caseID: "case \(number)", patient: "P-\(number)", study: "1.2", image: "image", roi: "a \"b\", c",
            label: "1")
        let values = FeatureValues(
            columns.enumerated().map { index, column in
                FeatureValue(column: column, measure: .value(Double(index + 1) / Double(number + 3)))
            })
        return FeatureRow(
            identity: identity, status: .ok,
            diagnostics: [.settingsHash: "s", .imageHash: "i", .maskHash: "m", .maskFile: "mask.dcm"],
            values: .features(values))
    }
}
