import Foundation
import Testing

@Suite("--shard and weft merge: many runs, one table")
struct ShardTests {
    private static let options = ["--families", "stat", "-q"]

    /// Twelve pictures with masks of two regions; the pictures' names sort otherwise than their bytes do.
    private func pictures(_ count: Int = 12) throws -> Scratch {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: scratch.path("in"), withIntermediateDirectories: true)
        for number in 0..<count { try add(number, scratch) }
        return scratch
    }

    private func add(_ number: Int, _ scratch: Scratch) throws {
        try scratch.picture("in/p\(number)", width: 8, (0..<64).map { UInt8(truncatingIfNeeded: $0 &* (number + 3)) })
        try scratch.picture("in/p\(number)_mask", width: 8, (0..<64).map { $0 < 56 ? UInt8(1 + $0 / 28) : 0 })
    }

    private func extract(_ scratch: Scratch, _ shard: String?, _ output: String, _ more: [String] = []) throws {
        let part = shard.map { ["--shard", $0] } ?? []
        try scratch.weft(expecting: 0, ["extract", "in", "-o", output] + Self.options + part + more)
    }

    @Test(
        "merged, the tables of shards have the bytes of one run",
        arguments: ["t.csv", "t.tsv", "t.json", "t.jsonl"], ["wide", "long"])
    func merged(table: String, layout: String) throws {
        let scratch = try pictures()
        let more = ["--layout", layout]
        try extract(scratch, nil, table, more)
        // More shards than hold a case: some have no row.
        let count = 16
        let parts = (1...count).map { "part-\($0)-\(table)" }
        for (number, part) in parts.enumerated() { try extract(scratch, "\(number + 1)/\(count)", part, more) }
        try scratch.weft(expecting: 0, ["merge"] + parts.reversed() + ["-o", "all-\(table)", "-q"])
        #expect(try scratch.read("all-\(table)") == scratch.read(table))
        #expect(try scratch.weft(expecting: 0, ["merge", "-q"] + parts).output == scratch.read(table))
    }

    @Test("a case stays in its shard when others are added, and --resume brings shards up to the new whole")
    func grown() throws {
        let scratch = try pictures(6)
        let parts = ["1", "2", "3"].map { "part-\($0).csv" }
        func shards(_ more: [String] = []) throws -> [Set<String>] {
            try parts.enumerated().map { number, part in
                try extract(scratch, "\(number + 1)/3", part, more)
                let table = Table(csv: String(decoding: try scratch.read(part), as: UTF8.self))
                return Set(table.rows.compactMap { $0["case"] })
            }
        }
        let before = try shards()
        for number in 6..<12 { try add(number, scratch) }
        let after = try shards(["--resume"])
        for (old, new) in zip(before, after) { #expect(old.isSubset(of: new), "\(old) became \(new)") }
        #expect(after.reduce(0) { $0 + $1.count } == 12)
        try extract(scratch, nil, "one.csv")
        try scratch.weft(expecting: 0, ["merge"] + parts + ["-o", "all.csv"])
        #expect(try scratch.read("all.csv") == scratch.read("one.csv"))
    }

    @Test("tables that do not belong together: which differ, and in what")
    func refused() throws {
        let scratch = try pictures()
        try extract(scratch, "1/2", "a.csv")
        try extract(scratch, "2/2", "b.csv")
        try extract(scratch, "2/2", "range.csv", ["--range", "0,255"])
        try scratch.weft(
            expecting: 0, ["extract", "in", "-o", "families.csv", "--shard", "2/2", "-q", "--families", "stat,ih"])
        try scratch.weft(
            expecting: 0,
            ["extract", "in", "-o", "pyradiomics.csv", "--shard", "2/2", "-q", "--convention", "pyradiomics"]
                + ["--families", "firstorder"])
        try extract(scratch, "2/3", "three.csv")
        try extract(scratch, nil, "whole.csv")
        try scratch.write("list.csv", "name,value\nx,1\n")
        for (tables, words) in [
            (["a.csv"], "1 of 2 shards are missing: 2"),
            (["a.csv", "range.csv"], "other settings than a.csv: resegment is none there and {range: [0"),
            (["a.csv", "families.csv"], "only families.csv has ih_"),
            (
                ["a.csv", "pyradiomics.csv"],
                "the convention of a.csv is ibsi, and that of pyradiomics.csv is pyradiomics"
            ),
            (["a.csv", "three.csv"], "a.csv is of shard 1 of 2, and three.csv of 2 of 3"),
            (["a.csv", "whole.csv"], "a.csv is the table of a shard, and whole.csv is not"),
            (["a.csv", "list.csv"], "expected a table of weft"),
            (["a.csv", "none.csv"], "none.csv: found nothing at this path"),
        ] {
            let result = try scratch.weft(expecting: 65, ["merge"] + tables + ["-o", "x.csv"])
            #expect(result.error.contains(words), "\(result.error)")
            #expect(!scratch.exists("x.csv"))
        }
        try add(20, scratch)
        try extract(scratch, "2/2", "later.csv")
        let later = try scratch.weft(expecting: 65, ["merge", "a.csv", "later.csv", "-o", "x.csv"])
        #expect(later.error.contains("run the shards again with --resume"), "\(later.error)")
        let other = try scratch.weft(
            expecting: 73, ["extract", "in", "--shard", "1/2", "-o", "b.csv", "--resume"] + Self.options)
        #expect(other.error.contains("b.csv is the table of shard 2 of 2, and this run is of shard 1 of 2"))
    }

    @Test("a case in several tables is taken once; rows that contradict each other are an error")
    func repeated() throws {
        let scratch = try pictures()
        try extract(scratch, "1/2", "a.csv")
        try extract(scratch, "2/2", "b.csv")
        try extract(scratch, nil, "one.csv")
        try scratch.weft(expecting: 0, ["merge", "a.csv", "b.csv", "a.csv", "-o", "all.csv"])
        #expect(try scratch.read("all.csv") == scratch.read("one.csv"))
        let text = String(decoding: try scratch.read("a.csv"), as: UTF8.self)
        try scratch.write("c.csv", text.replacingOccurrences(of: ",ok,", with: ",warning,"))
        let result = try scratch.weft(expecting: 65, ["merge", "a.csv", "b.csv", "c.csv", "-o", "x.csv"])
        #expect(result.error.contains("a.csv and c.csv have different rows of case p"), "\(result.error)")
        try scratch.write("cut.csv", String(text.dropLast(20)))
        #expect(try scratch.weft(expecting: 65, ["merge", "cut.csv", "b.csv"]).error.contains("expected a whole row"))
    }

    @Test("tables of whole runs are put in order by what their rows say")
    func wholes() throws {
        let scratch = try pictures(4)
        try extract(scratch, nil, "one.csv")
        for (name, numbers) in [("left", [3, 1]), ("right", [0, 2])] {
            let files = numbers.map { "in/p\($0).png" }
            try scratch.weft(expecting: 0, ["extract"] + files + ["-o", "\(name).csv"] + Self.options)
        }
        try scratch.weft(expecting: 0, ["merge", "left.csv", "right.csv", "-o", "all.csv"])
        #expect(
            Table(csv: String(decoding: try scratch.read("all.csv"), as: UTF8.self)).rows.map { $0["case"] }
                == ["p0", "p0", "p1", "p1", "p2", "p2", "p3", "p3"])
    }

    @Test("embeddings in shards, of which one is finished")
    func embeddings() throws {
        let scratch = try pictures(5)
        let network = ["--untrained", "vit-ti16", "--image-size", "32", "-q"]
        func embed(_ more: [String], expecting status: Int32 = 0) throws -> String {
            try scratch.weft(expecting: status, ["embed", "in"] + network + more).error
        }
        _ = try embed(["-o", "one.csv"])
        for number in 1...2 { _ = try embed(["--shard", "\(number)/2", "-o", "e\(number).csv"]) }
        try scratch.weft(expecting: 0, ["merge", "e2.csv", "e1.csv", "-o", "all.csv"])
        #expect(try scratch.read("all.csv") == scratch.read("one.csv"))
        let before = try scratch.read("e1.csv")
        _ = try embed(["--shard", "1/2", "-o", "e1.csv", "--resume"])
        #expect(try scratch.read("e1.csv") == before)
        let other = try embed(["--shard", "1/2", "-o", "e1.csv", "--resume", "--seed", "5"], expecting: 73)
        #expect(other.contains("does not say what its rows were made of"), "\(other)")
    }

    @Test("maps of shards in one folder are those of one run, and --resume keeps them")
    func maps() throws {
        let scratch = try pictures(4)
        let options = ["--feature", "stat_mean", "--2d", "--kernel-radius", "1"]
        try scratch.weft(expecting: 0, ["map", "in", "-o", "one", "-q"] + options)
        for number in 1...2 {
            try scratch.weft(expecting: 0, ["map", "in", "-o", "many", "--shard", "\(number)/2", "-q"] + options)
        }
        let names = try scratch.names(in: "one")
        #expect(try names == scratch.names(in: "many") && names.count == 24)
        for name in names { #expect(try scratch.read("one/\(name)") == scratch.read("many/\(name)"), "\(name)") }
        let again = try scratch.weft(expecting: 0, ["map", "in", "-o", "many", "--resume"] + options)
        #expect(again.error.contains("8 map(s) of 8 region(s) in many, 8 of them as they were"), "\(again.error)")
        let other = try scratch.weft(
            expecting: 0, ["map", "in", "-o", "many", "--resume", "--range", "0,255"] + options)
        #expect(other.error.contains("8 map(s) of 8 region(s) in many\n"), "\(other.error)")
    }

    @Test("the task of a Slurm array is a shard, however its tasks are numbered")
    func slurm() throws {
        let scratch = try pictures(6)
        try extract(scratch, "2/3", "wanted.csv")
        func run(
            _ id: String, _ count: String, _ min: String, _ max: String, _ shard: String
        ) throws -> CommandLineTool.Result {
            let names = ["ID": id, "COUNT": count, "MIN": min, "MAX": max].filter { !$0.value.isEmpty }
            let words = names.map { "SLURM_ARRAY_TASK_\($0)=\($1)" }.sorted().joined(separator: " ")
            return try scratch.shell("\(words) weft extract in --families stat -q --shard \(shard) --force -o s.csv")
        }
        for (id, count, min, max, shard) in [
            ("2", "3", "1", "3", "slurm"), ("1", "3", "0", "2", "slurm"), ("2", "3", "1", "", "slurm"),
            ("2", "1", "2", "2", "slurm/3"),
        ] {
            #expect(try run(id, count, min, max, shard).status == 0)
            #expect(try scratch.read("s.csv") == scratch.read("wanted.csv"))
        }
        for (id, count, min, max, shard, words) in [
            ("", "", "", "", "slurm", "found no SLURM_ARRAY_TASK_ID"),
            ("3", "2", "3", "7", "slurm", "are some run again?"),
            ("4", "3", "1", "3", "slurm/3", "number the array from 1"),
            ("1", "1", "1", "1", "0/3", "expected i/n"), ("1", "1", "1", "1", "x", "expected i/n"),
        ] {
            let result = try run(id, count, min, max, shard)
            #expect(result.status == 64 && result.error.contains(words), "\(result.error)")
        }
    }

    @Test("--allow-failures and --log")
    func failures() throws {
        let scratch = try pictures(3)
        try scratch.write("in/p9.dcm", "no DICOM")
        try FileManager.default.removeItem(atPath: scratch.path("in/p2_mask.png"))
        let inputs = ["in/p0.png", "in/p1.png", "in/p2.png"]
        func extract(_ more: [String], expecting status: Int32) throws {
            try scratch.weft(
                expecting: status,
                ["extract"] + more + inputs + ["-o", "t.csv", "--force", "--log", "log.jsonl"] + Self.options)
        }
        try extract([], expecting: 2)
        try extract(["--allow-failures"], expecting: 0)
        try extract(["--allow-failures", "1"], expecting: 0)
        try extract(["--allow-failures", "0"], expecting: 2)
        try extract(["--allow-failures", "x"], expecting: 66)
        let lines = String(decoding: try scratch.read("log.jsonl"), as: UTF8.self).split(separator: "\n")
        try #require(lines.count == 12)
        struct Line: Decodable {
            var `case`: String
            var status: String
            var rows: Int
            var failed: Int
            var seconds: Double
            var peakMemoryMb: Double
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let first = try lines.prefix(3).map { try decoder.decode(Line.self, from: Data($0.utf8)) }
            .sorted { $0.case < $1.case }
        #expect(first.map(\.status) == ["ok", "ok", "failed"] && first.map(\.rows) == [2, 2, 1])
        #expect(first.map(\.failed) == [0, 0, 1])
        #expect(first.allSatisfy { $0.seconds >= 0 && $0.peakMemoryMb > 1 })
    }
}
