import Encoding
import Foundation
import Radiomics
import Tables
import Testing
import TextureCore

/// What a table is on disk: rows that are safe when they are done, and a file that is whole or not there.
@Suite struct TableFileTests {
    private let folder: String
    private let table: FeatureTable

    init() throws {
        folder = NSTemporaryDirectory() + "weft-tables-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        table = FeatureTable(layout: .wide, features: try Rows.columns)
    }

    private func path(_ name: String = "table.csv") -> String { "\(folder)/\(name)" }

    private func lines(_ path: String) throws -> [String] {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
            .split(separator: "\n").map(String.init)
    }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    @Test func theTableIsThereWhenItIsFinishedAndNotBefore() throws {
        let file = try TableFile(path: path(), table: table, existing: .refuse)
        try file.append([try Rows.row("b")], caseNumber: 1)
        try file.append([try Rows.row("a")], caseNumber: 0)
        #expect(!exists(path()))
        #expect(try lines(path() + ".partial").count == 3)
        try file.finish()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["table.csv"])
        let rows = try CSV.rows(of: String(decoding: Data(contentsOf: URL(fileURLWithPath: path())), as: UTF8.self))
        #expect(rows[0] == table.columns)
        #expect(rows.dropFirst().map { $0[0] } == ["a", "b"], "in the order of the cases")
    }

    @Test(arguments: ["table.csv", "table.json", "table.jsonl"])
    func rowsOfAnEarlierRunAreTakenOverWhenTheirContentIsTheSame(name: String) throws {
        try writeJournal(name, [try Rows.row("a", value: 1), try Rows.row("b", value: 2)])
        let file = try TableFile(path: path(name), table: table, existing: .resume)
        #expect(file.reuse(Rows.key("b"), caseNumber: 0))
        #expect(!file.reuse(Rows.key("a", imageHash: "another image"), caseNumber: 1))
        try file.append([try Rows.row("a", imageHash: "another image", value: 3)], caseNumber: 1)
        try file.finish()

        let whole = try TableFile(path: path("whole-" + name), table: table, existing: .refuse)
        try whole.append([try Rows.row("b", value: 2)], caseNumber: 0)
        try whole.append([try Rows.row("a", imageHash: "another image", value: 3)], caseNumber: 1)
        try whole.finish()
        #expect(try lines(path(name)) == lines(path("whole-" + name)))
    }

    @Test func aFinishedTableIsCompleted() throws {
        let first = try TableFile(path: path(), table: table, existing: .refuse)
        try first.append([try Rows.row("a")], caseNumber: 0)
        try first.finish()
        #expect(throws: TableError.exists(path: path())) {
            try TableFile(path: path(), table: table, existing: .refuse)
        }
        let second = try TableFile(path: path(), table: table, existing: .resume)
        #expect(second.reuse(Rows.key("a"), caseNumber: 0))
        try second.append([try Rows.row("b")], caseNumber: 1)
        try second.finish()
        #expect(try lines(path()).count == 3)
    }

    @Test func aLineThatWasCutOffIsDropped() throws {
        try writeJournal("table.csv", [try Rows.row("a"), try Rows.row("b")])
        let journal = URL(fileURLWithPath: path() + ".partial")
        try Data(contentsOf: journal).dropLast(5).write(to: journal)
        let file = try TableFile(path: path(), table: table, existing: .resume)
        #expect(file.reuse(Rows.key("a"), caseNumber: 0))
        #expect(!file.reuse(Rows.key("b"), caseNumber: 1))
    }

    @Test func aJournalOfOtherColumnsIsRefused() throws {
        try writeJournal("table.csv", [try Rows.row("a")])
        let other = FeatureTable(plain: ["emb_0"])
        #expect(throws: TableError.otherColumns(path: path() + ".partial")) {
            try TableFile(path: path(), table: other, existing: .resume)
        }
    }

    @Test(arguments: [("table.jsonl", "{\"case\": \"a\", "), ("table.csv", "a,\"b"), ("table.csv", "a,\"b\"c,d")])
    func aDamagedJournalIsRefused(name: String, line: String) throws {
        try writeJournal(name, [try Rows.row("a")])
        let journal = try FileHandle(forWritingTo: URL(fileURLWithPath: path(name) + ".partial"))
        try journal.seekToEnd()
        try journal.write(contentsOf: Data((line + "\n").utf8))
        try journal.close()
        #expect(throws: TableError.damagedLine(path: path(name) + ".partial", line: 3, found: line)) {
            try TableFile(path: path(name), table: table, existing: .resume)
        }
    }

    @Test func aRowOfAnInterruptedRunIsNotThrownAwayUnasked() throws {
        try writeJournal("table.csv", [try Rows.row("a")])
        #expect(throws: TableError.interruptedTableExists(path: path() + ".partial")) {
            try TableFile(path: path(), table: table, existing: .refuse)
        }
        // A journal without rows is no loss.
        let empty = try TableFile(path: path("empty.csv"), table: table, existing: .refuse)
        #expect(try empty.interrupt() == path("empty.csv.partial"))
    }

    @Test func aTableThatIsBeingWrittenBelongsToItsWriter() throws {
        let file = try TableFile(path: path(), table: table, existing: .refuse)
        #expect(throws: TableError.inUse(path: path())) {
            try TableFile(path: path(), table: table, existing: .replace)
        }
        try file.finish()
    }

    @Test func namesThatAreNoTableAreRefused() {
        #expect(throws: TableError.unknownFormat(path: path("table.xls"))) {
            try TableFile(path: path("table.xls"), table: table, existing: .refuse)
        }
    }

    /// As a run leaves it that ends before its table is finished.
    private func writeJournal(_ name: String, _ rows: [FeatureRow]) throws {
        let file = try TableFile(path: path(name), table: table, existing: .refuse)
        for (number, row) in rows.enumerated() { try file.append([row], caseNumber: number) }
        _ = try file.interrupt()
    }
}
