import Foundation
import Testing

@Suite("what stands in a table, and what a table does to others")
struct OutputSafetyTests {
    private func pictures(_ names: String..., in scratch: Scratch) throws {
        for name in names {
            let folder = scratch.folder.appendingPathComponent(name).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try scratch.picture(name, width: 8, (0..<64).map { UInt8($0 * 3) })
            try scratch.picture(name + "_mask", width: 8, (0..<64).map { $0 % 9 == 0 ? 0 : 1 })
        }
    }

    @Test("a damaged mask in a folder is a failed row")
    func damagedMask() throws {
        let scratch = try Scratch()
        try pictures("in/a", "in/b", in: scratch)
        try scratch.write("in/b_mask.png", "no picture")
        let row = try scratch.table(expecting: 2, "in", "--families", "stat").row(("case", "b_mask.png"))
        #expect(row["status"] == "failed" && row["reason"]?.contains("PNG mask cannot be used") == true)
    }

    @Test("--resume of another folder mixes nothing", arguments: ["t.csv", "t.jsonl", "t.json"])
    func resumeElsewhere(name: String) throws {
        let scratch = try Scratch()
        try pictures("in/a", "more/b", in: scratch)
        try scratch.weft(expecting: 0, ["extract", "in", "-o", name, "--families", "stat", "-q"])
        let before = try scratch.read(name)
        let options = ["-o", name, "--families", "stat", "-q", "--resume"]
        let refused = try scratch.weft(expecting: 73, ["extract", "more"] + options)
        #expect(refused.error.contains("a (a.png)"), "\(refused.error)")
        #expect(try scratch.read(name) == before && !scratch.exists(name + ".partial"))
        try scratch.weft(expecting: 0, ["extract", "in", "more"] + options)
        let lines = String(decoding: try scratch.read(name), as: UTF8.self).split(separator: "\n").filter {
            $0.contains("PNG")
        }
        #expect(lines.count == 2 && lines[0].contains("a.png") && lines[1].contains("b.png"))
    }

    @Test("cases of two inputs with one name are told apart")
    func caseNames() throws {
        let scratch = try Scratch()
        try pictures("north/a", "south/a", in: scratch)
        let table = try scratch.table("north", "south", "--families", "stat")
        #expect(table.rows.compactMap { $0["case"] } == ["north/a", "south/a"])
    }

    @Test("a manifest's bad label fails its row, 255.0 is a label, a repeated case is refused")
    func manifest() throws {
        let scratch = try Scratch()
        try pictures("a", "b", in: scratch)
        try scratch.write("m.csv", "Image,Mask,Label,Case\na.png,a_mask.png,1.0,A\nb.png,b_mask.png,one,B\n")
        let table = try scratch.table(expecting: 2, "m.csv", "--families", "stat")
        #expect(try table.row(("case", "A"))["status"] == "ok")
        #expect(try table.row(("case", "B"))["reason"]?.contains("Label is 'one'") == true)
        try scratch.write("m.csv", "Image,Mask,Case\na.png,a_mask.png,A\nb.png,b_mask.png,A\n")
        let refused = try scratch.weft(expecting: 65, ["extract", "m.csv", "-o", "t.csv"])
        #expect(refused.error.contains("in rows 1, 2"), "\(refused.error)")
        let bytes = try #require("Image\na.png\n".data(using: .utf16))
        try bytes.write(to: scratch.folder.appendingPathComponent("m.csv"))
        #expect(try scratch.weft(expecting: 65, ["extract", "m.csv", "-o", "t.csv"]).error.contains("UTF-16"))
    }

    @Test("no absolute path stands in a table of pseudonyms")
    func noAbsolutePath() throws {
        let scratch = try Scratch()
        try pictures("a", in: scratch)
        try scratch.write(
            "m.csv",
            "Image,Mask\n\(scratch.path("a.png")),\(scratch.path("a_mask.png"))\n\(scratch.path("gone.png")),\n")
        let result = try scratch.weft(expecting: 2, ["extract", "m.csv", "-o", "-", "-q", "--families", "stat"])
        #expect(!result.text.contains(scratch.folder.lastPathComponent), "\(result.text)")
    }

    @Test("a table that another run writes, a folder and a full device are refused with 73")
    func unwritable() throws {
        let scratch = try Scratch()
        try pictures("a", in: scratch)
        try FileManager.default.createDirectory(
            at: scratch.folder.appendingPathComponent("d.csv"), withIntermediateDirectories: false)
        #expect(try scratch.weft(expecting: 73, ["extract", "a.png", "-o", "d.csv"]).error.contains("Is a directory"))
        let locked = try scratch.shell("flock t.csv.partial weft extract a.png -o t.csv --force")
        #expect(locked.status == 73 && locked.error.contains("another run"), "\(locked.error)")
        let full = try scratch.shell("weft extract a.png -o - > /dev/full")
        #expect(full.status == 73 && full.error.contains("No space left on device"), "\(full.error)")
    }

    @Test(
        "settings that cannot be carried out are refused",
        arguments: [
            ["--lower-bound", "nan", "--bin-width", "5"], ["--lower-bound", "inf", "--bin-width", "5"],
            ["--resample", "1e300"], ["--resample", "1e-9"], ["--families", "cm,glcm"],
        ])
    func settings(options: [String]) throws {
        let scratch = try Scratch()
        try pictures("a", in: scratch)
        try scratch.weft(expecting: 64, ["extract", "a.png", "-o", "t.csv", "-j1"] + options)
    }
}
