import Foundation
import Testing

@Suite("--resume of a finished table")
struct ResumeTests {
    private static let options = ["--families", "stat"]

    /// Two pictures with masks, `a` and `b`, and the table of them.
    private func started(_ table: String) throws -> Scratch {
        let scratch = try Scratch()
        try makeFolder(scratch, "in")
        for name in ["a", "b"] { try add(name, to: "in", scratch) }
        try scratch.weft(expecting: 0, ["extract", "in", "-o", table] + Self.options)
        return scratch
    }

    private func makeFolder(_ scratch: Scratch, _ name: String) throws {
        try FileManager.default.createDirectory(atPath: scratch.path(name), withIntermediateDirectories: true)
    }

    private func add(_ name: String, to folder: String, factor: Int = 3, labels: Int = 2, _ scratch: Scratch) throws {
        try scratch.picture("\(folder)/\(name)", width: 8, (0..<64).map { UInt8(truncatingIfNeeded: $0 &* factor) })
        try scratch.picture(
            "\(folder)/\(name)_mask", width: 8, (0..<64).map { $0 < 56 ? UInt8(1 + $0 / (56 / labels)) : 0 })
    }

    static let formats = ["t.csv", "t.tsv", "t.json", "t.jsonl", "t.xlsx"]

    @Test("the same settings and input: nothing to do, and the file is not touched", arguments: formats)
    func same(table: String) throws {
        let scratch = try started(table)
        let (before, date) = (try scratch.read(table), try modified(scratch, table))
        let result = try scratch.weft(expecting: 0, ["extract", "in", "-o", table, "--resume"] + Self.options)
        #expect(result.error.contains("nothing to do: \(table) has 4 region(s)"), "\(result.error)")
        #expect(try scratch.read(table) == before && modified(scratch, table) == date)
        #expect(try scratch.names(in: ".") == ["in", table])
    }

    private func modified(_ scratch: Scratch, _ name: String) throws -> Date? {
        try FileManager.default.attributesOfItem(atPath: scratch.path(name))[.modificationDate] as? Date
    }

    @Test("a folder that has grown gives the table of one run, in its order", arguments: formats)
    func grown(table: String) throws {
        let scratch = try started(table)
        for name in ["B2", "b10", "0"] { try add(name, to: "in", factor: 5, scratch) }
        for jobs in ["1", "2"] {
            let again = "again-\(jobs)-\(table)"
            try FileManager.default.copyItem(atPath: scratch.path(table), toPath: scratch.path(again))
            let result = try scratch.weft(
                expecting: 0, ["extract", "in", "-o", again, "--resume", "--jobs", jobs] + Self.options)
            #expect(result.error.contains("\(again): 10 region(s) of 5 image(s), 0 failed, 0 with a warning"))
            try scratch.weft(expecting: 0, ["extract", "in", "-o", "whole-\(table)", "--force", "-q"] + Self.options)
            #expect(try scratch.read(again) == scratch.read("whole-\(table)"))
        }
    }

    @Test("other settings, another folder, another content: refused with the difference, nothing changed, nothing left")
    func refused() throws {
        let scratch = try started("t.csv")
        let before = try scratch.read("t.csv")
        for folder in ["other", "same-names", "moved", "fewer"] { try makeFolder(scratch, folder) }
        try add("c", to: "other", scratch)
        for name in ["a", "b"] { try add(name, to: "same-names", factor: 7, scratch) }
        try add("a", to: "fewer", scratch)
        let cases: [(arguments: [String], said: [String])] = [
            (["in", "--bin-width", "10"], ["discretise is automatic there and {binWidth: 10.0} now", "--force"]),
            (["in", "--resample", "2"], ["resample is none there and {spacing: [2.0, 2.0, 2.0]"]),
            (["in", "--families", "cm"], ["only the table has stat_mean", "only this run has cm_"]),
            (["in", "--layout", "long"], ["only this run has feature, value"]),
            (["other"], ["2 case(s) that the input has not: a (a.png), b (b.png)", "give all folders"]),
            (["fewer"], ["1 case(s) that the input has not: b (b.png)"]),
            (["same-names"], ["its image has other voxels than when its row was made"]),
            (["in", "--label", "1"], [", 2 ", "the table has a row of this region, which the input has not"]),
        ]
        for (arguments, said) in cases {
            let families = arguments.contains("--families") ? [] : Self.options
            let result = try scratch.weft(
                expecting: 73, ["extract"] + arguments + ["-o", "t.csv", "--resume"] + families)
            for words in said { #expect(result.error.contains(words), "\(arguments): \(result.error)") }
            #expect(try scratch.read("t.csv") == before, "\(arguments)")
            #expect(!scratch.exists("t.csv.partial"), "\(arguments)")
        }
        try scratch.weft(expecting: 0, ["extract", "other", "-o", "t.csv", "--force", "-q"] + Self.options)
        #expect(try scratch.read("t.csv") != before)
    }

    @Test("a mask that was drawn anew is said; a region that came to a case is added")
    func masks() throws {
        let scratch = try started("t.csv")
        try add("a", to: "in", labels: 4, scratch)
        let result = try scratch.weft(expecting: 73, ["extract", "in", "-o", "t.csv", "--resume"] + Self.options)
        #expect(result.error.contains("a, 1 a_mask.png: its mask has other voxels"), "\(result.error)")
        try add("a", to: "in", scratch)
        try scratch.picture("in/a_mask", width: 8, (0..<64).map { UInt8(1 + $0 / 28) })
        try scratch.weft(expecting: 0, ["extract", "in", "-o", "t.csv", "--resume", "-q"] + Self.options)
        let rows = Table(csv: String(decoding: try scratch.read("t.csv"), as: UTF8.self)).rows
        #expect(rows.map { "\($0["case"] ?? "")\($0["label"] ?? "")" } == ["a1", "a2", "a3", "b1", "b2"])
    }

    @Test("a case that failed, and that is no longer there, does not stand in the way")
    func failed() throws {
        let scratch = try started("u.csv")
        try scratch.write("in/c_mask.png", "no picture")
        try scratch.weft(expecting: 2, ["extract", "in", "-o", "t.csv", "-q"] + Self.options)
        try FileManager.default.removeItem(atPath: scratch.path("in/c_mask.png"))
        try scratch.weft(expecting: 0, ["extract", "in", "-o", "t.csv", "--resume", "-q"] + Self.options)
        #expect(try scratch.read("t.csv") == scratch.read("u.csv"))
    }

    @Test("an interrupted workbook keeps what is done, and is the workbook of one run when it goes on")
    func workbook() throws {
        let scratch = try started("t.xlsx")
        let whole = try scratch.read("t.xlsx")
        for number in 0..<60 { try add("c\(number)", to: "in", scratch) }
        let running = try scratch.start(["extract", "in", "-o", "u.xlsx", "--jobs", "1", "--families", "stat"])
        while running.process.isRunning {
            let journal = FileManager.default.contents(atPath: scratch.path("u.xlsx.partial")) ?? Data()
            if journal.count(where: { $0 == UInt8(ascii: "\n") }) >= 3 { break }
            usleep(200)
        }
        kill(running.process.processIdentifier, SIGINT)
        let result = try running.wait()
        try #require(result.status == 130, "\(result.error)")
        #expect(!scratch.exists("u.xlsx") && scratch.exists("u.xlsx.partial"))
        try scratch.weft(expecting: 0, ["extract", "in", "-o", "u.xlsx", "--resume", "-q"] + Self.options)
        try scratch.weft(expecting: 0, ["extract", "in", "-o", "t.xlsx", "--force", "-q"] + Self.options)
        #expect(try scratch.read("u.xlsx") == scratch.read("t.xlsx") && scratch.read("u.xlsx") != whole)
    }
}
