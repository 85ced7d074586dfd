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

    @Test("TERM, HUP and USR1 keep the finished rows as Ctrl-C does", arguments: [SIGTERM, SIGHUP, SIGUSR1])
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

    /// A limit on the size of files stands for a full disk: the same error to who writes, EFBIG in place of ENOSPC. The slices fit
    /// below it, and so do weights and moments of the tiny network at its first checkpoint; logs are what grows.
    @Test(
        "a disk that fills while a network trains is 73, and the run goes on from its last checkpoint to the same bytes",
        arguments: ["pretrain", "finetune"])
    func fullDisk(command: String) throws {
        let scratch = try Scratch(sample: "samples")
        try scratch.write(
            "tiny.yaml",
            """
            data: {minimumSize: 16, resize: 36, holdout: 0}
            model: {name: vit-ti16, imageSize: 32, decoderWidth: 32, decoderDepth: 1, decoderHeads: 2}
            loss: {pixelEpochs: 3, textureEpochs: 0}
            optimiser: {batchSize: 4, rate: 1.0e-3, warmup: 1}
            run: {checkpointMinutes: 0}
            """)
        let line =
            command == "pretrain"
            ? "weft pretrain samples --settings tiny.yaml --modality CT -q"
            : "weft finetune samples/lesion-slices.csv --model vit-ti16 --image-size 32 --epochs 3 --batch-size 6"
                + " --set run.checkpointMinutes=0 --shared-patients allow -q"
        #expect(try scratch.shell("\(line) -o whole").status == 0)
        let checkpoint = try scratch.read("whole/last.safetensors").count
        // The model of a pre-training and the best weights are smaller than a checkpoint.
        let blocks = checkpoint / 512 - 1
        let full = try scratch.shell("ulimit -f \(blocks); \(line) -o part")
        #expect(full.status == 73, "\(full.error)")
        #expect(full.error.contains("last.safetensors") && full.error.contains("File too large"), "\(full.error)")
        #expect(!full.error.contains("internal error") && !full.error.contains("NSCocoa"), "\(full.error)")
        #expect(!scratch.exists("part/last.safetensors"), "a checkpoint that does not fit is not there in part")
        // One step is done and on disk when the next one finds no room.
        try scratch.shell(
            "\(line) -o part2 & pid=$!; while [ ! -e part2/last.safetensors ] && kill -0 $pid; do sleep 0.01; done; kill -KILL $pid; wait"
        )
        let kept = try scratch.read("part2/last.safetensors")
        let again = try scratch.shell("ulimit -f \(blocks); weft \(command) --resume part2 -q")
        // On a fast machine it was done before it was killed.
        if !scratch.exists("part2/model.safetensors") {
            #expect(again.status == 73, "\(again.error)")
            #expect(try scratch.read("part2/last.safetensors") == kept, "the last checkpoint stays as it was")
            #expect(try scratch.shell("weft \(command) --resume part2 -q").status == 0)
        }
        #expect(try scratch.shell("weft \(command) --resume part -q").status == 0)
        for run in ["part", "part2"] {
            #expect(try scratch.read("\(run)/model.safetensors") == scratch.read("whole/model.safetensors"))
        }
    }

    /// 400 MB of zeros that are not on the disk, where 300 MB of memory may be taken.
    @Test("memory that runs out is said as such: the file is not called damaged, nor its permissions wrong")
    func outOfMemory() throws {
        let scratch = try Scratch()
        func element(_ group: UInt16, _ element: UInt16, _ vr: String, _ content: [UInt8]) -> [UInt8] {
            let padded = content.count % 2 == 0 ? content : content + [vr == "UI" ? 0 : 32]
            let head = [UInt8(group & 255), UInt8(group >> 8), UInt8(element & 255), UInt8(element >> 8)]
            return head + Array(vr.utf8) + [UInt8(padded.count & 255), UInt8(padded.count >> 8)] + padded
        }
        func word(_ value: UInt16) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8)] }
        let (rows, frames) = (UInt16(1000), 200)
        var bytes = [UInt8](repeating: 0, count: 128) + Array("DICM".utf8)
        bytes += element(2, 0x10, "UI", Array("1.2.840.10008.1.2.1".utf8))
        bytes += element(8, 0x16, "UI", Array("1.2.840.10008.5.1.4.1.1.7.3".utf8))
        bytes += element(8, 0x18, "UI", Array("1.2.3".utf8)) + element(8, 0x60, "CS", Array("OT".utf8))
        bytes += element(0x28, 2, "US", word(1)) + element(0x28, 4, "CS", Array("MONOCHROME2".utf8))
        bytes += element(0x28, 8, "IS", Array("\(frames)".utf8))
        bytes += element(0x28, 0x10, "US", word(rows)) + element(0x28, 0x11, "US", word(rows))
        for (tag, value) in [(0x100, 16), (0x101, 16), (0x102, 15), (0x103, 0)] as [(UInt16, UInt16)] {
            bytes += element(0x28, tag, "US", word(value))
        }
        let length = UInt32(rows) * UInt32(rows) * 2 * UInt32(frames)
        bytes += [0xe0, 0x7f, 0x10, 0] + Array("OW".utf8) + [0, 0]
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
        try Data(bytes).write(to: scratch.folder.appendingPathComponent("large.dcm"))
        #expect(truncate(scratch.path("large.dcm"), off_t(bytes.count) + off_t(length)) == 0)
        let result = try scratch.shell(
            "ulimit -v 300000; exec weft extract large.dcm --whole-image --families stat --jobs 1 -q -o -")
        let said = result.text + result.error
        #expect(result.status == 2 || result.status == 65 || result.status == 70, "\(result.status): \(said)")
        #expect(said.lowercased().contains("memory"), "\(said)")
        #expect(!said.contains("damaged") && !said.contains("permissions") && !said.contains("bad_alloc"), "\(said)")
    }
}
