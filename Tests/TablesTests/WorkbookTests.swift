import CXlsxWriter
import Encoding
import Foundation
import Radiomics
import Tables
import TestSupport
import Testing
import TextureCore

/// A table as an Excel workbook.
@Suite struct WorkbookTests {
    private let folder: TemporaryFolder
    private let table: FeatureTable

    init() throws {
        folder = try TemporaryFolder()
        table = FeatureTable(layout: .wide, features: try Rows.columns)
    }

    private static let provenance = TableProvenance(
        version: "0.1.0", settings: "convention: ibsi\ndiscretise: {binWidth: 25}\nimages:\n  - original")

    /// Names that spreadsheets and XML have trouble with.
    private static let names = [
        "Läsion <groß> & \"rund\"", "肺がん", "=1+1", "+a", "@x", "'quoted", "_x0041_", " space ", "1.5", "2026-01-02",
        "&lt;", "👩‍⚕️",
    ]

    private func write(_ name: String, _ rows: [FeatureRow]) throws {
        let file = try TableFile(path: folder[name], table: table, existing: .refuse, provenance: Self.provenance)
        for (number, row) in rows.enumerated() { try file.append([row], caseNumber: number) }
        #expect(try file.finish() == .written)
    }

    /// What stands within `sheetData`.
    private func rows(_ name: String, sheet: Int32 = 1) throws -> String {
        var bytes: UnsafeMutablePointer<UInt8>?
        var (count, error) = (0, CXlsxError())
        try #require(cxlsx_read_rows(folder[name], sheet, &bytes, &count, &error))
        defer { cxlsx_free(bytes) }
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    @Test("Numbers are numbers with all their digits, text is text whatever it looks like, nothing is an empty cell")
    func cells() throws {
        let failed = FeatureRow(
            identity: Rows.identity("z"), status: .failed, reason: "no voxels",
            diagnostics: [.intensityMean: "34.39112003569835"])
        try write("t.xlsx", try Self.names.map { try Rows.row("a", roi: $0, value: 0.1 + 0.2) } + [failed])
        let sheet = try rows("t.xlsx")
        #expect(sheet.contains("<v>0.30000000000000004</v>"))
        #expect(sheet.contains("<v>34.39112003569835</v>"), "numbers among the diagnostics, too")
        #expect(sheet.contains("Läsion &lt;groß&gt; &amp; \"rund\"") && sheet.contains("_x005F_x0041_"))
        #expect(sheet.contains("<t xml:space=\"preserve\"> space </t>"))
        #expect(!sheet.contains("<f>"), "no formula")
        // A1 to the last column of the last row; what is undefined has no cell.
        let last = sheet.components(separatedBy: "<row ").last ?? ""
        #expect(last.contains(">failed<") && !last.contains("<v></v>") && !last.contains("<t></t>"))
        #expect(sheet.components(separatedBy: "<row ").count == Self.names.count + 3)
    }

    @Test("The same rows give the same bytes, another day and in another time zone")
    func bytes() throws {
        let rows = try Self.names.map { try Rows.row("a", roi: $0) }
        try write("a.xlsx", rows)
        sleep(2)  // what a zip tells apart
        try write("b.xlsx", rows)
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: folder["a.xlsx"]))
                == Data(contentsOf: URL(fileURLWithPath: folder["b.xlsx"])))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a.xlsx", "b.xlsx"],
            "nothing temporary stays")
    }

    @Test("The second sheet explains every column, in both layouts every feature", arguments: TableLayout.allCases)
    func guide(layout: TableLayout) throws {
        let table = FeatureTable(layout: layout, features: try Rows.columns)
        let file = try TableFile(path: folder["t.xlsx"], table: table, existing: .refuse)
        try file.append([try Rows.row("a")], caseNumber: 0)
        try file.finish()
        let rows = try rows("t.xlsx", sheet: 2).components(separatedBy: "<row ").dropFirst(2)
        let described = rows.map { row in row.components(separatedBy: "<t>").dropFirst().map { $0.prefix { $0 != "<" } }
        }
        #expect(
            described.map { $0.first.map(String.init) } == table.columns
                + (layout == .long ? ["stat_mean", "stat_var"] : []))
        for cells in described { #expect(cells.count > 2 && cells.allSatisfy { !$0.isEmpty }, "\(cells)") }
        let mean = try #require(described.first { $0.first == "stat_mean" })
        #expect(mean[2] == "intensity" && mean[3] == "Q4LE")
        #expect(!described.contains { $0.joined().contains("a number of its own") }, "each has words of its own")
    }

    @Test("The third sheet has the settings, and who failed or warned and why")
    func provenance() throws {
        var warned = try Rows.row("b")
        (warned.status, warned.reason) = (.warning, "gantry tilt")
        try write(
            "t.xlsx",
            [
                try Rows.row("a"), warned,
                FeatureRow(identity: Rows.identity("c", roi: "Ärger"), status: .failed, reason: "no voxels"),
            ])
        let sheet = try rows("t.xlsx", sheet: 3)
        for text in ["weft 0.1.0", "{binWidth: 25}", "  - original", "gantry tilt", "no voxels", "Ärger"] {
            #expect(sheet.contains(text), "\(text)")
        }
        #expect(sheet.contains(/regions: ok<\/t><\/is><\/c><c r="B3" s="\d+"><v>1<\/v>/))
        #expect(try !rows("t.xlsx").contains("binWidth"))
    }

    @Test("What Excel has no room for is refused or said")
    func limits() throws {
        let wide = FeatureTable(plain: (0..<16_375).map { "x\($0)" })
        #expect(throws: TableError.tooManyColumns(path: folder["wide.xlsx"], found: 16_385)) {
            try TableFile(path: folder["wide.xlsx"], table: wide, existing: .refuse)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)

        var row = try Rows.row("a")
        (row.status, row.reason) = (.warning, String(repeating: "é🙂", count: 20_000))
        try write("cell.xlsx", [row])
        let reason = try #require(rows("cell.xlsx").firstRange(of: /é[^<]*/).map { try rows("cell.xlsx")[$0] })
        #expect(reason.utf16.count <= 32_767 && reason.utf16.count > 32_760, "\(reason.utf16.count)")
        #expect(reason.hasSuffix("(cut: 60000 characters, Excel has 32767 for a cell)"))
        #expect(try rows("cell.xlsx", sheet: 3).contains("cut cells"))
    }

    @Test("A table that gets longer than a sheet stops early, and its rows can go on as another format")
    func length() throws {
        let long = FeatureTable(layout: .long, features: ExtractionSettings().columns)
        let columns = long.columns
        let values = FeatureValues(
            ExtractionSettings().columns.map { FeatureValue(column: $0, measure: .value(1)) })
        let error = TableError.tooManyRows(path: folder["t.xlsx"], journal: folder["t.xlsx.partial"])
        do {
            let file = try TableFile(path: folder["t.xlsx"], table: long, existing: .refuse)
            #expect(throws: error) {
                for number in 0...1_048_576 / values.count {
                    try file.append(
                        [FeatureRow(identity: Rows.identity("\(number)"), status: .ok, values: .features(values))],
                        caseNumber: number)
                }
            }
            _ = try file.interrupt()
        }
        let name = "t.jsonl"
        try FileManager.default.moveItem(atPath: folder["t.xlsx.partial"], toPath: folder[name + ".partial"])
        let size = try FileManager.default.attributesOfItem(atPath: folder[name + ".partial"])[.size] as? Int ?? 0
        #expect(columns.count == 30 && size > 1_048_576 * 100)
        // The beginning of it: all of it takes a while.
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: folder[name + ".partial"]))
        let start = try #require(try handle.read(upToCount: 4_000_000))
        try start.write(to: URL(fileURLWithPath: folder[name + ".partial"]))
        let resumed = try TableFile(path: folder[name], table: long, existing: .resume)
        #expect(resumed.reuse(RowKey(Rows.identity("0"), [:]), caseNumber: 0)?.status == .ok)
    }

    @Test("A workbook is continued, and one that another program saved is not")
    func resume() throws {
        let rows = try Self.names.map { try Rows.row("a", roi: $0, value: 0.1 + 0.2) }
        try write("t.xlsx", rows)
        let whole = try Data(contentsOf: URL(fileURLWithPath: folder["t.xlsx"]))
        let same = try TableFile(path: folder["t.xlsx"], table: table, existing: .resume, provenance: Self.provenance)
        for (number, row) in rows.enumerated() {
            let end = same.reuse(RowKey(row.identity, row.diagnostics), caseNumber: number)
            #expect(end?.status == .ok, "\(row.identity.roi)")
        }
        #expect(try same.finish() == .unchanged)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder["t.xlsx"])) == whole)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["t.xlsx"])

        for damaged in [whole.dropLast(30), Data("PK".utf8), whole + Data([0])] {
            try damaged.write(to: URL(fileURLWithPath: folder["d.xlsx"]))
            #expect(throws: TableError.foreignWorkbook(path: folder["d.xlsx"])) {
                try TableFile(path: folder["d.xlsx"], table: table, existing: .resume)
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: folder["d.xlsx"])) == damaged)
        }
        #expect(throws: TableError.self) {
            try TableFile(
                path: folder["t.xlsx"], table: FeatureTable(plain: ["emb_0"]), existing: .resume)
        }
    }
}
