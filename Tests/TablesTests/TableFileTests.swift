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

    @Test(arguments: ["table.csv", "table.tsv", "table.json", "table.jsonl", "table.xlsx"])
    func rowsOfAnEarlierRunAreTakenOverWhenTheirContentIsTheSame(name: String) throws {
        try writeJournal(name, [try Rows.row("a", value: 1), try Rows.row("b", value: 2)])
        let file = try TableFile(path: path(name), table: table, existing: .resume)
        #expect(file.reuse(Rows.key("a"), caseNumber: 0)?.status == .ok)
        #expect(file.reuse(Rows.key("b"), caseNumber: 1)?.status == .ok)
        #expect(file.reuse(Rows.key("b"), caseNumber: 1) == nil, "a row is given away once")
        try file.append([try Rows.row("c", value: 3)], caseNumber: 2)
        #expect(try file.finish() == .written)

        let whole = try TableFile(path: path("whole-" + name), table: table, existing: .refuse)
        for (number, name) in ["a", "b", "c"].enumerated() {
            try whole.append([try Rows.row(name, value: Double(number + 1))], caseNumber: number)
        }
        try whole.finish()
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: path(name)))
                == Data(contentsOf: URL(fileURLWithPath: path("whole-" + name))))
    }

    @Test func aFinishedTableIsCompleted() throws {
        let first = try TableFile(path: path(), table: table, existing: .refuse)
        try first.append([try Rows.row("a")], caseNumber: 0)
        try first.finish()
        #expect(throws: TableError.exists(path: path())) {
            try TableFile(path: path(), table: table, existing: .refuse)
        }
        let second = try TableFile(path: path(), table: table, existing: .resume)
        #expect(second.reuse(Rows.key("a"), caseNumber: 0)?.status == .ok)
        try second.append([try Rows.row("b")], caseNumber: 1)
        try second.finish()
        #expect(try lines(path()).count == 3)
    }

    @Test func aLineThatWasCutOffIsDropped() throws {
        try writeJournal("table.csv", [try Rows.row("a"), try Rows.row("b")])
        let journal = URL(fileURLWithPath: path() + ".partial")
        try Data(contentsOf: journal).dropLast(5).write(to: journal)
        let file = try TableFile(path: path(), table: table, existing: .resume)
        #expect(file.reuse(Rows.key("a"), caseNumber: 0)?.status == .ok)
        #expect(file.reuse(Rows.key("b"), caseNumber: 1) == nil)
    }

    @Test func aJournalOfOtherColumnsIsRefused() throws {
        try writeJournal("table.csv", [try Rows.row("a")])
        let other = FeatureTable(plain: ["emb_0"])
        // What a journal of either has.
        let keys = ["settings_hash", "image_hash", "mask_hash", "mask_file"].map { "diagnostics_" + $0 }
        let found = TableError.otherColumns(
            path: path() + ".partial", there: table.columns.dropFirst(10).filter { !keys.contains($0) },
            here: ["emb_0"])
        #expect(throws: found) {
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

    @Test(
        "A byte that flipped, a line twice, a header twice and bytes that are no text are found with their line",
        arguments: ["table.csv", "table.json", "table.jsonl"])
    func everyDamageOfAJournalIsFound(name: String) throws {
        try writeJournal(name, [try Rows.row("a"), try Rows.row("b"), try Rows.row("c")])
        let journal = URL(fileURLWithPath: path(name) + ".partial")
        let whole = try Data(contentsOf: journal)
        let second = try #require(String(decoding: whole, as: UTF8.self).split(separator: "\n").dropFirst().first)
        let start = try #require(whole.firstRange(of: Data(second.utf8))).lowerBound
        for offset in stride(from: 0, to: second.utf8.count, by: 7) {
            for byte in [whole[start + offset] ^ 1, UInt8(ascii: "\""), 0xFF] where byte != whole[start + offset] {
                var damaged = whole
                damaged[start + offset] = byte
                try damaged.write(to: journal)
                #expect(throws: TableError.self, "byte \(offset) is \(byte)") {
                    try TableFile(path: path(name), table: table, existing: .resume)
                }
            }
        }
        let header = try #require(String(decoding: whole, as: UTF8.self).split(separator: "\n").first)
        try (whole + Data((header + "\n").utf8)).write(to: journal)
        #expect(
            throws: TableError.damagedLine(path: path(name) + ".partial", line: 5, found: String(header.prefix(40)))
        ) {
            try TableFile(path: path(name), table: table, existing: .resume)
        }
    }

    @Test(
        "What is no row of this table is found in a finished one as well",
        arguments: [
            ("table.csv", "0.1", "0.10"), ("table.csv", "0.1", "x"), ("table.csv", "a,P-1", "a,\"P-1"),
            ("table.csv", ",ok,", ",fine,"), ("table.csv", "Lesion", "Les\tion"), ("table.csv", "Lesion,1", "Lesion"),
            ("table.json", "0.1", "\"0.1\""), ("table.json", "\"roi\":", "\"roy\":"), ("table.json", "},\n", "}\n"),
            ("table.jsonl", "0.1", "1e-1"), ("table.jsonl", "\"ok\"", "ok"), ("table.jsonl", "}", "} "),
        ])
    func damagedTable(name: String, found: String, replacement: String) throws {
        try writeTable(name, [try Rows.row("a"), try Rows.row("b")])
        let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path(name))), as: UTF8.self)
        let place = try #require(text.range(of: found))
        let damaged = Data(text.replacingCharacters(in: place, with: replacement).utf8)
        try damaged.write(to: URL(fileURLWithPath: path(name)))
        #expect(throws: TableError.self) { try TableFile(path: path(name), table: table, existing: .resume) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path(name))) == damaged, "a refused table is left alone")
        #expect(!exists(path(name) + ".partial"))
    }

    @Test("A table without its last line end may have been cut in a number", arguments: ["table.csv", "table.json"])
    func cutTable(name: String) throws {
        try writeTable(name, [try Rows.row("a")])
        let file = URL(fileURLWithPath: path(name))
        try Data(contentsOf: file).dropLast(1).write(to: file)
        #expect(throws: TableError.self) { try TableFile(path: path(name), table: table, existing: .resume) }
    }

    @Test("No row is lost wherever a resume of a finished table is cut", arguments: ["table.csv", "table.json"])
    func resumeIsCut(name: String) throws {
        try writeTable(name, [try Rows.row("a"), try Rows.row("b")])
        let whole = try lines(path(name))
        // Cut while the copy is made: it has a name of its own, and the next run takes it away.
        let leftovers = [".\(name).partial.1-2.part", ".\(name).1-2.part"]
        for leftover in leftovers { try Data("case".utf8).write(to: URL(fileURLWithPath: path(leftover))) }
        // Cut when it is made.
        do {
            let second = try TableFile(path: path(name), table: table, existing: .resume)
            _ = try second.interrupt()
        }
        #expect(!leftovers.contains { exists(path($0)) })
        #expect(try lines(path(name)) == whole)
        let third = try TableFile(path: path(name), table: table, existing: .resume)
        #expect(third.reuse(Rows.key("a"), caseNumber: 0)?.status == .ok)
        #expect(third.reuse(Rows.key("b"), caseNumber: 1)?.status == .ok)
        try third.finish()
        #expect(try lines(path(name)) == whole)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [name])
    }

    @Test("A table that somebody else makes meanwhile stays, and so do this run's rows")
    func tableMadeMeanwhile() throws {
        let file = try TableFile(path: path(), table: table, existing: .refuse)
        try file.append([try Rows.row("a")], caseNumber: 0)
        try Data("theirs\n".utf8).write(to: URL(fileURLWithPath: path()))
        let error = TableError.madeMeanwhile(path: path(), journal: path() + ".partial")
        #expect(throws: error) { try file.finish() }
        #expect(try lines(path()) == ["theirs"])
        #expect(try lines(path() + ".partial").count == 2)
        // A resumed one that was changed is another table as well; with force it is not asked.
        try writeTable("b.csv", [try Rows.row("a")])
        let resumed = try TableFile(path: path("b.csv"), table: table, existing: .resume)
        try Data("theirs, longer\n".utf8).write(to: URL(fileURLWithPath: path("b.csv")))
        #expect(throws: TableError.madeMeanwhile(path: path("b.csv"), journal: path("b.csv.partial"))) {
            try resumed.append([try Rows.row("b")], caseNumber: 1)
            #expect(resumed.reuse(Rows.key("a"), caseNumber: 0)?.status == .ok)
            try resumed.finish()
        }
        try writeTable("c.csv", [try Rows.row("a")])
        let forced = try TableFile(path: path("c.csv"), table: table, existing: .replace)
        try Data("theirs, longer\n".utf8).write(to: URL(fileURLWithPath: path("c.csv")))
        try forced.finish()
        #expect(try lines(path("c.csv")).count == 1)
    }

    @Test(
        "A table of somebody else beside a journal is not replaced by a resume; the journal's own is, and a forced one")
    func tableBesideJournal() throws {
        try writeJournal("table.csv", [try Rows.row("a"), try Rows.row("b")])
        try writeTable("other.csv", [try Rows.row("c")])
        let other = try Data(contentsOf: URL(fileURLWithPath: path("other.csv")))
        try other.write(to: URL(fileURLWithPath: path()))
        #expect(throws: TableError.otherRows(path: path(), journal: path() + ".partial")) {
            try TableFile(path: path(), table: table, existing: .resume)
        }
        try writeTable("own.csv", [try Rows.row("a")])
        try Data(contentsOf: URL(fileURLWithPath: path("own.csv"))).write(to: URL(fileURLWithPath: path()))
        let own = try TableFile(path: path(), table: table, existing: .resume)
        #expect(own.reuse(Rows.key("a"), caseNumber: 0)?.status == .ok)
        #expect(own.reuse(Rows.key("b"), caseNumber: 1)?.status == .ok)
        try own.finish()
        #expect(try lines(path()).count == 3)
        do {
            let forced = try TableFile(path: path("other.csv"), table: table, existing: .replace)
            try forced.append([try Rows.row("d")], caseNumber: 0)
            _ = try forced.interrupt()
        }
        let resumed = try TableFile(path: path("other.csv"), table: table, existing: .resume)
        #expect(resumed.reuse(Rows.key("d"), caseNumber: 0)?.status == .ok)
        try resumed.finish()
        #expect(try lines(path("other.csv")).dropFirst().allSatisfy { $0.hasPrefix("d,") })
    }

    @Test(
        "No link is followed and no file of another kind is touched",
        arguments: [TableFile.Existing.refuse, .replace, .resume])
    func foreignJournals(existing: TableFile.Existing) throws {
        let journal = path() + ".partial"
        try Data("precious\n".utf8).write(to: URL(fileURLWithPath: path("victim")))
        try FileManager.default.createSymbolicLink(atPath: journal, withDestinationPath: path("victim"))
        #expect(throws: TableError.notAJournal(path: journal, found: "a link")) {
            try TableFile(path: path(), table: table, existing: existing)
        }
        #expect(try lines(path("victim")) == ["precious"])
        try FileManager.default.removeItem(atPath: journal)
        try FileManager.default.createSymbolicLink(atPath: journal, withDestinationPath: path("nowhere"))
        #expect(throws: TableError.notAJournal(path: journal, found: "a link")) {
            try TableFile(path: path(), table: table, existing: existing)
        }
        #expect(!exists(path("nowhere")))
        try FileManager.default.removeItem(atPath: journal)
        for content in ["my notes", "case,patient\n1,2\n"] {
            try Data(content.utf8).write(to: URL(fileURLWithPath: journal))
            #expect(throws: TableError.notAJournal(path: journal, found: "a file of another kind")) {
                try TableFile(path: path(), table: table, existing: existing)
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: journal)) == Data(content.utf8))
        }
    }

    @Test("In the long layout every line has its feature, and a row that was cut short is computed again")
    func longLayout() throws {
        let long = FeatureTable(layout: .long, features: try Rows.columns)
        do {
            let file = try TableFile(path: path(), table: long, existing: .refuse)
            try file.append([try Rows.row("a"), try Rows.row("b")], caseNumber: 0)
            _ = try file.interrupt()
        }
        let journal = URL(fileURLWithPath: path() + ".partial")
        let whole = try lines(journal.path)
        #expect(whole.count == 5)
        try Data(whole.dropLast().map { $0 + "\n" }.joined().utf8).write(to: journal)
        do {
            let file = try TableFile(path: path(), table: long, existing: .resume)
            #expect(file.reuse(Rows.key("a"), caseNumber: 0)?.status == .ok)
            #expect(file.reuse(Rows.key("b"), caseNumber: 1) == nil)
        }
        for lines in [[0, 1, 1, 3, 4], [0, 1, 3, 4], [0, 2, 1, 3, 4]] {
            try Data(lines.map { whole[$0] + "\n" }.joined().utf8).write(to: journal)
            #expect(throws: TableError.self, "lines \(lines)") {
                try TableFile(path: path(), table: long, existing: .resume)
            }
        }
    }

    @Test(
        "What a spreadsheet would run has an apostrophe in CSV, and its row is taken over",
        arguments: ["table.csv", "table.json"])
    func formulas(name: String) throws {
        let names = ["=1+1", "+a", "-GTV", "@x", "'=1", "-5", "plain", "\u{202E}rtl", "\t=2"]
        for layout in TableLayout.allCases {
            let table = FeatureTable(layout: layout, features: try Rows.columns)
            do {
                let file = try TableFile(path: path(name), table: table, existing: .replace)
                for (number, roi) in names.enumerated() {
                    try file.append([try Rows.row("a", roi: roi)], caseNumber: number)
                }
                try file.finish()
            }
            let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path(name))), as: UTF8.self)
            if name == "table.csv" {
                let column = try #require(table.columns.firstIndex(of: "roi"))
                let shown = try CSV.rows(of: text).dropFirst().map { $0[column] }
                #expect(
                    Set(shown) == ["'=1+1", "'+a", "'-GTV", "'@x", "''=1", "-5", "plain", "\u{202E}rtl", "' =2"])
            } else {
                #expect(text.contains("\"roi\":\"=1+1\"") && text.contains("\"roi\":\"'=1\""))
            }
            let file = try TableFile(path: path(name), table: table, existing: .resume)
            for (number, roi) in names.enumerated() {
                let key = RowKey(Rows.identity("a", roi: roi), Rows.diagnostics(imageHash: "i"))
                #expect(file.reuse(key, caseNumber: number)?.status == .ok, "\(roi)")
            }
            try file.finish()
            #expect(try String(decoding: Data(contentsOf: URL(fileURLWithPath: path(name))), as: UTF8.self) == text)
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

    private func writeTable(_ name: String, _ rows: [FeatureRow]) throws {
        let file = try TableFile(path: path(name), table: table, existing: .refuse)
        for (number, row) in rows.enumerated() { try file.append([row], caseNumber: number) }
        try file.finish()
    }

    /// As a run leaves it that ends before its table is finished.
    private func writeJournal(_ name: String, _ rows: [FeatureRow]) throws {
        let file = try TableFile(path: path(name), table: table, existing: .refuse)
        for (number, row) in rows.enumerated() { try file.append([row], caseNumber: number) }
        _ = try file.interrupt()
    }
}
