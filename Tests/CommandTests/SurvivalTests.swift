import Foundation
import Testing

@Suite("what a command survives, and what it does not touch")
struct SurvivalTests {
    @Test(
        "descriptors that are closed at the start get no message into a table",
        arguments: ["2>&-", "0<&- 2>&-", "0<&- 1>&- 2>&-"])
    func closedDescriptors(closing: String) throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        let arguments = "extract us-speckle --families stat -o"
        try scratch.weft(expecting: 0, (arguments + " whole.csv -q").split(separator: " ").map(String.init))
        let closed = try scratch.shell("exec \(closing); exec weft \(arguments) t.csv")
        #expect(closed.status == 0)
        #expect(try scratch.read("t.csv") == scratch.read("whole.csv"))
    }

    @Test("results that nobody can read are an error, whether the output is closed or its reader gone")
    func nobodyReads() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        #expect(try scratch.shell("exec 1>&-; exec weft inspect us-speckle").status == 73)
        let piped = try scratch.shell("{ weft extract us-speckle --families stat -q; echo $? > status; } | true")
        #expect(piped.status == 0)
        #expect(String(decoding: try scratch.read("status"), as: UTF8.self) == "73\n")
    }

    @Test("TERM and HUP keep the finished rows as Ctrl-C does", arguments: [SIGTERM, SIGHUP])
    func signals(signal: Int32) throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        let files = FileManager.default
        for number in 10..<60 {
            for ending in ["", "_mask"] {
                try files.copyItem(
                    atPath: scratch.path("us-speckle/speckle\(ending).png"),
                    toPath: scratch.path("us-speckle/case\(number)\(ending).png"))
            }
        }
        let running = try scratch.start(
            ["extract", "us-speckle", "-o", "t.csv", "--jobs", "1", "--families", "stat,ih,cm"])
        while running.process.isRunning {
            let journal = files.contents(atPath: scratch.path("t.csv.partial")) ?? Data()
            if journal.count(where: { $0 == UInt8(ascii: "\n") }) >= 3 { break }
            usleep(500)
        }
        kill(running.process.processIdentifier, signal)
        let result = try running.wait()
        #expect(result.status == 128 + signal, "\(result.error)")
        #expect(!scratch.exists("t.csv") && scratch.exists("t.csv.partial"))
    }

    @Test(
        "settings that are no file are named as what they are",
        arguments: [("/dev/zero", "a device"), ("us-speckle", "a folder")])
    func settings(path: String, found: String) throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        let result = try scratch.weft(expecting: 65, ["extract", "us-speckle", "--settings", path, "-o", "t.csv"])
        #expect(result.error.contains("found \(found), expected a file"), "\(result.error)")
        let plan = try scratch.weft(expecting: 65, ["pretrain", "us-speckle", "--settings", path, "-o", "run"])
        #expect(plan.error.contains("found \(found), expected a file"), "\(plan.error)")
    }

    @Test("a number of jobs that no machine has is refused", arguments: ["0", "1025", "4611686018427387904", "-1"])
    func jobs(count: String) throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        for command in ["extract", "map", "inspect", "embed", "pretrain", "finetune", "evaluate", "reconstruct"] {
            let result = try scratch.weft(command, "us-speckle", "--jobs=\(count)")
            #expect(result.status == 64 && result.error.contains("1024"), "\(command): \(result.error)")
        }
    }

    @Test("of two files of one evaluation none is there when one cannot be written; Foundation says nothing")
    func evaluation() throws {
        let scratch = try Scratch()
        var rows = "image,patient,label,prediction,p_a,p_b\n"
        for number in 0..<20 { rows += "\(number),\(number / 2),\(number % 2 == 0 ? "a,a" : "b,b"),0.5,0.5\n" }
        try scratch.write("p.csv", rows)
        let command = "weft evaluate p.csv --resamples 100 -q -o m.json --report"
        #expect(try scratch.shell("\(command) r.html").status == 0)
        try FileManager.default.removeItem(atPath: scratch.path("m.json"))
        try FileManager.default.removeItem(atPath: scratch.path("r.html"))
        // m.json is the smaller one.
        let full = try scratch.shell("ulimit -f 8; \(command) r.html")
        #expect(full.status == 73 && full.error.contains("File too large; raise the limit"), "\(full.error)")
        #expect(try scratch.names(in: ".") == ["p.csv"])
        for strange in ["/dev/zero", "pipe"] {
            mkfifo(scratch.path("pipe"), 0o600)
            let result = try scratch.weft(expecting: 65, ["evaluate", strange])
            #expect(!result.error.contains("NSCocoa") && !result.error.contains("permissions"), "\(result.error)")
        }
    }

    @Test("a name that turns the direction of writing does so on no terminal")
    func direction() throws {
        let scratch = try Scratch()
        try scratch.picture("a", width: 8, (0..<64).map { UInt8($0 * 3) })
        let result = try scratch.weft(expecting: 66, ["extract", "\u{202E}gnp.a\u{2066}", "-o", "t.csv"])
        #expect(!result.error.contains("\u{202E}") && !result.error.contains("\u{2066}"))
    }

    @Test("extract ends where memory is limited as clusters limit it")
    func littleMemory() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        for kilobytes in [200_000, 250_000] {
            let result = try scratch.shell(
                "ulimit -v \(kilobytes); timeout -s KILL 100 weft extract us-speckle --families stat -q -o \(kilobytes).csv"
            )
            #expect(result.status == 0, "\(kilobytes): \(result.error)")
        }
    }
}
