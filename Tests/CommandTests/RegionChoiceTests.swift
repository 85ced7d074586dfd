import Foundation
import TestSupport
import Testing

@Suite("which images, which regions, whose")
struct RegionChoiceTests {
    private func regions(_ table: Table) -> [String] {
        table.rows.map { "\($0["diagnostics_mask_file"] ?? ""):\($0["roi"] ?? ""):\($0["label"] ?? "")" }
    }

    @Test("RTSTRUCT and SEG are found by their references; --roi, --label and --mask choose")
    func dicomRegions() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        let only = ["--families", "stat"]
        func found(_ options: String...) throws -> [String] {
            let result = try scratch.weft(expecting: 0, ["extract", "ct-lesion", "-o", "-", "-q"] + only + options)
            return regions(Table(csv: result.text))
        }
        let all = [
            "rtstruct.dcm:Lesion:1", "rtstruct.dcm:Lesion rim:2", "rtstruct.dcm:Körper:3", "seg.dcm:Lesion:1",
            "seg.dcm:Necrotic core:2",
        ]
        #expect(try found() == [all[2], all[0], all[3], all[1], all[4]], "in the order of the names")
        #expect(try found("--roi", "Lesion*") == [all[0], all[3], all[1]])
        #expect(try found("--roi", "K?rper", "--roi", "Necrotic core") == [all[2], all[4]])
        #expect(try found("--label", "2") == [all[1], all[4]])
        #expect(try found("--roi", "Lesion*", "--label", "2") == [all[1]])
        #expect(try found("--mask", "ct-lesion/seg.dcm") == [all[3], all[4]])
        let wrongCase = try scratch.table(expecting: 2, "ct-lesion", "--roi", "lesion")
        #expect(wrongCase.rows[0]["reason"]?.contains("write --roi 'Lesion'") == true)
    }

    @Test("contours and segments of the same voxels give the same numbers")
    func sameVoxels() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        let table = try scratch.table("ct-lesion", "--roi", "Lesion")
        try #require(table.rows.count == 2)
        for column in table.columns where !column.hasPrefix("diagnostics_mask_f") && column != "diagnostics_notes" {
            #expect(table.rows[0][column] == table.rows[1][column], "\(column)")
        }
    }

    @Test("a mask elsewhere is given with --mask; without one an image of its own fails, one of a folder is left out")
    func masksElsewhere() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        let files = FileManager.default
        try files.createDirectory(atPath: scratch.path("masks"), withIntermediateDirectories: true)
        try files.moveItem(
            atPath: scratch.path("us-speckle/speckle_mask.png"), toPath: scratch.path("masks/speckle.png"))
        try files.copyItem(atPath: scratch.path("masks/speckle.png"), toPath: scratch.path("other.png"))
        for mask in ["masks", "masks/speckle.png", "other.png"] {
            let table = try scratch.table("us-speckle", "--mask", mask, "--families", "stat")
            #expect(table.rows.map { $0["label"] } == ["1", "2"], "--mask \(mask)")
        }
        let named = try scratch.table(expecting: 2, "us-speckle/speckle.png")
        #expect(named.rows[0]["reason"]?.contains("--whole-image") == true)
        let folder = try scratch.weft("extract", "us-speckle")
        #expect(folder.status == 65 && folder.error.contains("found 1 image(s) and no mask"), "\(folder.error)")
    }

    @Test("an image that is named finds the mask beside it")
    func namedImage() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        let table = try scratch.table("us-speckle/speckle.png", "--families", "stat")
        #expect(regions(table) == ["speckle_mask.png::1", "speckle_mask.png::2"])
    }

    @Test("a folder of PNGs pairs name.png with name_mask.png; a mask without its image has a row")
    func pairs() throws {
        let scratch = try Scratch()
        for name in ["a", "b"] {
            try scratch.picture(name, width: 4, (0..<16).map { UInt8($0) })
            try scratch.picture(name + "_mask", width: 4, [UInt8](repeating: 255, count: 16))
        }
        try scratch.picture("c_mask", width: 4, [UInt8](repeating: 255, count: 16))
        let table = try scratch.table(expecting: 2, ".", "--families", "stat")
        #expect(table.rows.map { $0["case"] } == ["a", "b", "c_mask.png"])
        #expect(table.rows.map { $0["status"] } == ["ok", "ok", "failed"])
        #expect(table.rows[2]["reason"]?.contains("image c.png") == true)
    }

    @Test("a mask of another size says which axis and by how much")
    func otherSize() throws {
        let scratch = try Scratch()
        try scratch.picture("a", width: 4, (0..<16).map { UInt8($0) })
        try scratch.picture("a_mask", width: 5, [UInt8](repeating: 255, count: 20))
        let row = try scratch.table(expecting: 2, "a.png").row(("case", "a"))
        let reason = row["reason"] ?? ""
        #expect(reason.contains("x") && reason.contains("5") && reason.contains("4"), "\(reason)")
    }

    @Test("--whole-image takes every voxel of every image, masks or not")
    func wholeImage() throws {
        let scratch = try Scratch(sample: "samples")
        let table = try scratch.table("samples", "--whole-image", "--families", "stat")
        #expect(table.rows.map { $0["roi"] } == Array(repeating: "whole image", count: 4))
        #expect(
            table.rows.map { $0["diagnostics_roi_voxels"] } == ["\(96 * 96 * 24)", "4096", "4096", "65536"])
    }

    @Test("a manifest: relative paths, Excel's byte order mark, and a row for what is not there")
    func manifest() throws {
        let scratch = try Scratch(sample: "samples")
        let lines = [
            "Image,Mask,ROI,Label,Case,Reader", "us-speckle/speckle.png,us-speckle/speckle_mask.png,,2,tissue,A",
            "ct-lesion/ct,ct-lesion/seg.dcm,Necrotic*,,,B", "us-speckle/absent.png,,,,gone,A",
            "texture-pair/stripes.png,,,,,",
        ]
        try scratch.write("samples/cases.csv", "\u{FEFF}" + lines.joined(separator: "\r\n") + "\r\n")
        let table = try scratch.table(expecting: 2, "samples/cases.csv", "--families", "stat")
        #expect(table.rows.count == 4)
        let tissue = try table.row(("case", "tissue"))
        #expect(tissue["label"] == "2" && tissue["status"] == "ok" && tissue["image"] == "us-speckle/speckle.png")
        #expect(try table.row(("roi", "Necrotic core"))["diagnostics_roi_voxels"] == "408")
        #expect(try table.row(("case", "texture-pair/stripes"))["diagnostics_mask_file"] == "stripes_mask.png")
        let gone = try table.row(("case", "gone"))
        #expect(gone["status"] == "failed" && gone["stat_mean"] == "")
        #expect(gone["reason"]?.contains("row 3 of the manifest") == true, "\(gone["reason"] ?? "")")
        #expect(gone["reason"]?.contains("absent.png") == true)

        try scratch.write("bad.csv", "Image,Label\nsamples/us-speckle/speckle.png,two\n")
        let bad = try scratch.weft("extract", "bad.csv")
        #expect(bad.status == 2 && bad.error.contains("row 1 of the manifest: Label is 'two'"), "\(bad.error)")
    }

    @Test(
        "every GTV_Mass of a real archive has a row, with status ok",
        .enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
    func archive() throws {
        let scratch = try Scratch()
        let table = try scratch.table(SharedFiles.path("data/archive"), "--families", "stat,cm")
        #expect(table.rows.count == 30)
        for row in table.rows {
            #expect(row["roi"]?.hasPrefix("GTV_Mass") == true)
            #expect(row["status"] == "ok", "\(row["image"] ?? ""): \(row["reason"] ?? "")")
        }
        #expect(Set(table.rows.map { $0["patient"] }).count == 10)
    }

    @Test("the Patient ID appears when it is asked for, and nowhere else")
    func identity() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        let secret = "WEFT-PHANTOM"
        for arguments in [
            ["extract", "ct-lesion", "-o", "-"], ["extract", "ct-lesion", "-o", "-", "--layout", "long"],
            ["inspect", "ct-lesion"], ["inspect", "ct-lesion", "--json"],
        ] {
            let result = try scratch.weft(expecting: 0, arguments)
            #expect(!result.text.contains(secret) && !result.error.contains(secret), "\(arguments)")
            let full = try scratch.weft(expecting: 0, arguments + ["--identity", "full"])
            #expect(full.text.contains(secret), "\(arguments)")
        }
        try scratch.weft(expecting: 0, ["extract", "ct-lesion", "-o", "t.csv", "--matrices", "m", "--families", "cm"])
        #expect(try !scratch.names(in: "m").contains { $0.contains(secret) })
        let table = try scratch.table("ct-lesion", "--families", "stat")
        let pseudonyms = Set(table.rows.compactMap { $0["patient"] })
        #expect(pseudonyms.count == 1 && pseudonyms.first?.hasPrefix("P-") == true)
    }

    @Test("a key makes pseudonyms that nobody without it can try out, the same in every command")
    func pseudonymKey() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        try scratch.write("key", "sixteen bytes at least")
        try scratch.write("other", "another key of some bytes")
        func patient(_ options: String...) throws -> String? {
            let result = try scratch.weft(
                expecting: 0,
                ["extract", "ct-lesion", "--roi", "Lesion", "--families", "stat", "-o", "-", "-q"] + options)
            return Table(csv: result.text).rows.first?["patient"]
        }
        let (plain, keyed) = (try patient(), try patient("--pseudonym-key", "key"))
        #expect(keyed?.hasPrefix("P-") == true && keyed?.count == plain?.count)
        #expect(Set([plain, keyed, try patient("--pseudonym-key", "other")]).count == 3)
        #expect(try patient("--pseudonym-key", "key") == keyed)
        let labels = try scratch.weft(
            expecting: 0, ["inspect", "ct-lesion", "--slice-labels", "Lesion", "--pseudonym-key", "key", "-q"])
        #expect(labels.text.contains(keyed ?? "?"))

        try scratch.write("short", "secret")
        let refused = try scratch.weft(expecting: 65, ["inspect", "ct-lesion", "--pseudonym-key", "short"])
        #expect(refused.error.contains("found a key of 6 bytes, expected 16"))
        try scratch.weft(expecting: 66, ["inspect", "ct-lesion", "--pseudonym-key", "absent"])
        try scratch.weft(expecting: 64, ["inspect", "ct-lesion", "--pseudonym-key", "key", "--identity", "full"])
    }
}
