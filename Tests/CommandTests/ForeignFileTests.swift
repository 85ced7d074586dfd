import Foundation
import Testing

/// Files of other kinds, given by name and lying in a folder.
@Suite("foreign files")
struct ForeignFileTests {
    private func write(_ scratch: Scratch, _ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: scratch.folder.appendingPathComponent(name))
    }

    @Test(
        "given by name: what it is and what to do, with exit status 65, in every command",
        arguments: [
            ("a.zip", Array("PK\u{03}\u{04}".utf8), "a zip archive", "unpack"),
            ("a.mgz", [0x1f, 0x8b, 8], "a FreeSurfer volume", "convert to NIfTI"),
            ("IM1.dcm", Array("<!DOCTYPE html>".utf8), "a web page", "look into it"),
            ("a.png", [0xff, 0xd8, 0xff, 0xe0], "a JPEG picture", "convert to PNG"),
            ("README.md", Array("# Words\n".utf8), "text", "leave out"),
            ("IM2", [], "an empty file", "copy or export again"),
        ] as [(String, [UInt8], String, String)])
    func named(_ name: String, _ bytes: [UInt8], _ kind: String, _ advice: String) throws {
        let scratch = try Scratch()
        try write(scratch, name, bytes)
        for command in [
            ["extract", name, "-o", "-"], ["inspect", name], ["map", name, "--feature", "cm_contrast", "-o", "maps"],
            ["texture-loss", name, name], ["compare", name, name, "-o", "r.html"], ["pretrain", name, "-o", "run"],
        ] {
            let result = try scratch.start(command).wait()
            #expect(result.status == 65, "\(command): \(result.status) \(result.error)")
            #expect(
                result.error.contains("\(name): found \(kind), expected DICOM, NIfTI, NRRD, MetaImage or PNG")
                    && result.error.contains(advice),
                "\(command): \(result.error)")
        }
        // As a mask.
        try scratch.picture("image", width: 4, (0..<16).map { UInt8($0) })
        let mask = try scratch.weft("extract", "image.png", "--mask", name, "-o", "-")
        #expect(mask.status == 65 && mask.error.contains(name), "\(mask.error)")
        // Among others it has a row.
        let row = try scratch.table(expecting: 2, "image.png", name, "--whole-image", "--families", "stat")
        #expect(row.rows.count == 2)
        #expect(row.rows.contains { $0["reason"]?.contains("found \(kind)") == true })
    }

    @Test("in a folder: together by kind with what to do; a README, a licence and lists are not mentioned")
    func inFolder() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        for name in ["a.zip", "b.zip", "IM3.dcm"] {
            try write(scratch, "us-speckle/\(name)", Array("PK\u{03}\u{04}".utf8))
        }
        try write(scratch, "us-speckle/scan.mnc", Array("CDF\u{01}".utf8))
        for name in ["README", "LICENSE", "labels.csv", "notes.txt", "Thumbs.db"] {
            try write(scratch, "us-speckle/\(name)", Array("words\n".utf8))
        }
        let listed = try scratch.weft(expecting: 0, ["inspect", "us-speckle"]).text
        #expect(
            listed.contains("  3 zip archives, e.g. us-speckle/IM3.dcm: unpack, then give the folder\n"), "\(listed)")
        #expect(
            listed.contains("us-speckle/scan.mnc: found a MINC or NetCDF file") && listed.contains("4 file(s) skipped"))
        for name in ["README", "LICENSE", "labels.csv", "notes.txt", "Thumbs.db", "truth.json"] {
            #expect(!listed.contains(name), "\(name)")
        }
        let each = try scratch.weft(expecting: 0, ["inspect", "us-speckle", "--all"]).text
        #expect(
            each.contains(
                "us-speckle/b.zip: found a zip archive, expected DICOM, NIfTI, NRRD, MetaImage or PNG; "
                    + "unpack"))
        let json = try scratch.weft(expecting: 0, ["inspect", "us-speckle", "--json", "-q"]).text
        #expect(json.contains("\"kind\" : \"zip\"") && json.contains("\"kind\" : \"minc\""))
        let table = try scratch.weft(expecting: 0, ["extract", "us-speckle", "--families", "stat", "-o", "-"])
        #expect(table.error.contains("4 file(s) skipped: 3 zip archives, e.g. us-speckle/IM3.dcm"), "\(table.error)")
    }

    @Test("a folder of nothing but words is answered as such")
    func onlyCompanions() throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: scratch.path("docs"), withIntermediateDirectories: true)
        try scratch.write("docs/README.md", "words\n")
        let inspected = try scratch.weft(expecting: 65, ["inspect", "docs"])
        #expect(inspected.error.contains("found no image among 1 file(s), e.g. README.md"), "\(inspected.error)")
        try scratch.weft(expecting: 65, ["extract", "docs"])
    }

    @Test("a named image is not kept from its mask by a pipe, a broken link or a closed file beside it")
    func strangeNeighbours() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        try #require(mkfifo(scratch.path("us-speckle/pipe.dcm"), 0o600) == 0)
        try FileManager.default.createSymbolicLink(
            atPath: scratch.path("us-speckle/gone_mask.png"), withDestinationPath: "nowhere")
        let table = try scratch.table("us-speckle/speckle.png", "--families", "stat")
        #expect(table.rows.map { $0["status"] } == ["ok", "ok"])
        // The folder names both; the mask that cannot be had has a row.
        let folder = try scratch.weft(expecting: 2, ["extract", "us-speckle", "--families", "stat", "-o", "-"])
        #expect(
            folder.error.contains("pipe.dcm") && folder.text.contains("a link to what is not there"), "\(folder.error)")
    }
}
