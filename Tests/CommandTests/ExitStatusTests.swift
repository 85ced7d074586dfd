import Foundation
import Testing

@Suite("exit status and message")
struct ExitStatusTests {
    struct Call: CustomTestStringConvertible {
        var arguments: String
        var status: Int32
        /// Every one of them is said on standard error.
        var said: [String]

        init(_ arguments: String, _ status: Int32, _ said: String...) {
            (self.arguments, self.status, self.said) = (arguments, status, said)
        }

        var testDescription: String { "weft \(arguments)" }
    }

    static let calls = [
        Call("extract us-speckle -o t.csv", 0),
        Call("inspect us-speckle", 0),
        Call("phantom texture-pair -o made", 0),
        Call("--help", 0),
        Call("extract", 64, "Missing expected argument"),
        Call("extract us-speckle --bin-widht 3", 64, "--bin-widht", "Did you mean '--bin-width'"),
        Call(
            "extract us-speckle --settings unknown-key.yaml", 64, "unknown-key.yaml", "'binWidht'",
            "did you mean 'binWidth'"),
        Call("extract us-speckle --bin-width 3 --bin-count 4", 64, "width", "count", "exclude each other"),
        Call("extract us-speckle --bin-width 0", 64, "binWidth", "0", "positive"),
        Call("extract us-speckle --jobs 0", 64, "--jobs", "number from 1"),
        Call("extract us-speckle --range 5,3", 64, "--range", "lower and an upper end"),
        Call("extract us-speckle --families foo", 64, "'foo'", "one of morph"),
        Call("extract us-speckle --aggregations 4D", 64, "'4D'", "2D_avg"),
        Call("extract us-speckle --whole-image --roi x", 64, "--whole-image", "--roi"),
        Call("extract us-speckle --resume", 64, "--resume", "--output"),
        Call("extract us-speckle -o t.csv --resume --force", 64, "--resume", "--force"),
        Call("extract us-speckle -o table.txt", 64, "table.txt", ".csv, .tsv, .json, .jsonl or .xlsx"),
        Call("extract us-speckle --interpolation cubic", 64, "--interpolation", "--resample"),
        Call("phantom nothing -o made", 64, "'nothing'", "ct-lesion"),
        Call("phantom ct-lesion -o made --size 8", 64, "8", "32"),
        Call("extract absent -o t.csv", 66, "absent", "found nothing at this path"),
        Call("inspect absent", 66, "absent", "found nothing at this path"),
        Call("bench scan absent", 66, "absent"),
        Call("bench extract absent", 66, "absent"),
        Call("bench glcm --input absent", 66, "absent"),
        Call("extract us-speckle --mask absent.png", 66, "absent.png"),
        Call("extract us-speckle --settings absent.yaml", 66, "absent.yaml", "no such settings file"),
        Call("extract absent.csv", 66, "absent.csv"),
        Call("extract empty", 65, "empty", "no image found"),
        Call("inspect empty", 65, "empty", "expected DICOM, NIfTI, NRRD, MetaImage or PNG"),
        Call("extract cut.dcm", 65, "cut.dcm", "truncated", "3000 bytes"),
        Call("extract no-image.csv", 65, "no-image.csv", "a column Image"),
        Call("extract us-speckle -o there.csv", 73, "there.csv exists", "--force", "--resume"),
        Call("extract us-speckle -o absent/t.csv", 73, "absent/t.csv", "No such file or directory"),
        Call("extract us-speckle -o t.csv --matrices us-speckle", 73, "us-speckle has 3 entries", "--force"),
        Call("extract us-speckle -o t.csv --matrices there.csv", 73, "found a file, expected a folder"),
        Call("extract us-speckle -o t.csv --matrices absent/m", 73, "absent/m", "No such file or directory"),
        Call("phantom us-speckle -o us-speckle", 73, "us-speckle", "--force"),
        Call(
            "extract us-speckle/speckle.png cut.dcm -o t.csv", 2, "cut.dcm: truncated", "1 region(s) or case(s) failed"),
        Call(
            "extract us-speckle/speckle_mask.png -o t.csv", 2,
            "the input does not hold its image speckle.png"),
        Call("extract us-speckle --roi Liver -o t.csv", 2, "'Liver'", "there is label 1, label 2", "--label"),
    ]

    @Test("status and words", arguments: calls)
    func call(_ call: Call) throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        try FileManager.default.createDirectory(atPath: scratch.path("empty"), withIntermediateDirectories: true)
        try scratch.write("unknown-key.yaml", "discretise: {binWidht: 3}\n")
        try scratch.write("there.csv", "Image\nus-speckle/speckle.png\n")
        try scratch.write("no-image.csv", "Picture,Mask\na.png,b.png\n")
        let slice = CommandLineTool.repository.appendingPathComponent("samples/ct-lesion/ct/IM001.dcm")
        try Data(contentsOf: slice).prefix(3000).write(to: scratch.folder.appendingPathComponent("cut.dcm"))

        let before = try scratch.names(in: ".")
        let result = try scratch.weft(expecting: call.status, call.arguments.split(separator: " ").map(String.init))
        for words in call.said {
            #expect(result.error.contains(words), "'\(words)' is not in: \(result.error)")
        }
        if ![0, 2].contains(call.status) {
            #expect(result.output.isEmpty || call.arguments.hasPrefix("inspect"), "\(result.text)")
            #expect(try scratch.names(in: ".") == before, "a command that failed early leaves files behind")
        }
    }

    @Test("an unwritable folder is found before the work")
    func unwritableFolder() throws {
        // The superuser may write anywhere but into /proc and the like.
        let scratch = try Scratch(sample: "samples/us-speckle")
        let result = try scratch.weft("extract", "us-speckle", "-o", "/proc/self/t.csv")
        #expect(result.status == 73)
        #expect(result.error.contains("/proc/self/t.csv cannot be written"), "\(result.error)")
        #expect(!result.error.contains("skipped"), "the input was scanned first: \(result.error)")
    }

    @Test("a region that is not in one image fails there and leaves the others")
    func regionMissingInOneImage() throws {
        let scratch = try Scratch(sample: "samples")
        let table = try scratch.table(expecting: 2, "samples", "--roi", "Lesion", "--families", "stat")
        #expect(table.rows.filter { $0["status"] == "ok" }.count == 2, "the lesion of RTSTRUCT and of SEG")
        let failed = table.rows.filter { $0["status"] == "failed" }
        #expect(failed.count == 3)
        for row in failed {
            #expect(row["reason"]?.contains("no region named 'Lesion'") == true)
            #expect(row["stat_mean"] == "")
        }
    }

    @Test("quiet is quiet, and failures are named all the same")
    func quiet() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        #expect(try scratch.weft("extract", "us-speckle", "-o", "t.csv", "-q").error == "")
        #expect(
            try scratch.weft("extract", "us-speckle", "--roi", "x", "-o", "u.csv", "-q").error.contains("no region"))
        #expect(try scratch.weft("inspect", "us-speckle", "-q").error == "")
    }

    @Test("interruption keeps the finished rows, and --resume completes them")
    func interruption() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        let files = FileManager.default
        for number in 10..<90 {
            for name in ["speckle", "speckle_mask"] {
                let ending = name == "speckle" ? "" : "_mask"
                try files.copyItem(
                    atPath: scratch.path("us-speckle/\(name).png"),
                    toPath: scratch.path("us-speckle/case\(number)\(ending).png"))
            }
        }
        try scratch.weft(expecting: 0, ["extract", "us-speckle", "-o", "whole.csv", "-q"])
        let running = try scratch.start(["extract", "us-speckle", "-o", "t.csv", "--jobs", "1"])
        // The signal is sent when two cases of the 81 are in the journal: the others take many times as long as this.
        while running.process.isRunning {
            let journal = files.contents(atPath: scratch.path("t.csv.partial")) ?? Data()
            if journal.count(where: { $0 == UInt8(ascii: "\n") }) >= 5 { break }
            usleep(500)
        }
        kill(running.process.processIdentifier, SIGINT)
        let result = try running.wait()
        #expect(result.status == 130, "\(result.error)")
        #expect(result.error.contains("of 81 cases") && result.error.contains("t.csv.partial"), "\(result.error)")
        #expect(!scratch.exists("t.csv"))
        let kept = Table(csv: String(decoding: try scratch.read("t.csv.partial"), as: UTF8.self))
        #expect(kept.rows.count >= 4 && kept.rows.count < 162, "\(kept.rows.count) rows")

        let refused = try scratch.weft("extract", "us-speckle", "-o", "t.csv")
        #expect(refused.status == 73 && refused.error.contains("--resume"), "\(refused.error)")
        try scratch.weft(expecting: 0, ["extract", "us-speckle", "-o", "t.csv", "--resume", "-q"])
        #expect(try scratch.read("t.csv") == scratch.read("whole.csv"))
        #expect(!scratch.exists("t.csv.partial"))
    }
}
