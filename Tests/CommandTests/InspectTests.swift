import Foundation
import TestSupport
import Testing

private struct Inventory: Decodable {
    struct Image: Decodable {
        var `case`, patient, modality, path, transferSyntax: String
        var size: [Int]
        var spacing: [Double]
        var masks: [String]
        var findings: [Finding]
    }
    struct Mask: Decodable {
        struct Region: Decodable {
            var name: String
            var label: Int
        }
        var path, format: String
        var regions: [Region]
    }
    struct Finding: Decodable { var severity, text: String }
    struct Skipped: Decodable { var path, reason: String }

    var images: [Image]
    var masks: [Mask]
    var skipped: [Skipped]
}

@Suite("weft inspect")
struct InspectTests {
    private func inventory(_ scratch: Scratch, _ path: String) throws -> Inventory {
        let result = try scratch.weft(expecting: 0, ["inspect", path, "--json", "-q"])
        return try JSONDecoder().decode(Inventory.self, from: result.output)
    }

    @Test("Slices that cross a region are labelled, a row each; a region that is nowhere is an error")
    func sliceLabels() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        let found = try scratch.weft(expecting: 0, ["inspect", "ct-lesion", "--slice-labels", "Lesion", "-q"])
        let rows = found.text.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
        #expect(rows.first == ["image", "label", "patient"])
        #expect(rows.count == 1 + 24)
        #expect(Set(rows.dropFirst().map { $0[0] }).count == 24, "each slice is a file of its own")
        let crossing = rows.dropFirst().map { $0[1] == "with" }
        let (first, last) = (try #require(crossing.firstIndex(of: true)), try #require(crossing.lastIndex(of: true)))
        #expect(crossing[first...last].allSatisfy { $0 } && crossing.contains(false), "one stretch: \(crossing)")
        #expect(rows.dropFirst().allSatisfy { scratch.exists($0[0]) && $0[2].hasPrefix("P-") })

        #expect(
            rows.dropFirst().allSatisfy { $0[0].hasPrefix("ct-lesion/") }, "where the folder lies is nobody's business")

        let absent = try scratch.weft(expecting: 65, ["inspect", "ct-lesion", "--slice-labels", "GTV*", "-q"])
        #expect(absent.error.contains("found no image with a region 'GTV*'"))
    }

    @Test("JSON has names as the files have them, controls as escapes; a terminal gets none of them")
    func controls() throws {
        let scratch = try Scratch()
        let plan = try PlanFiles()
        try plan.writeImage()
        let names = [
            "\u{202E}VTG", "a\u{2066}b\u{2069}", "tab\there", "bell\u{7}", "c1\u{9B}31m", "line\u{2028}end", "GTV",
        ]
        try plan.writeStructureSet(
            names.enumerated().map { .init($0.offset + 1, $0.element, contours: [PlanFiles.square(z: 2)]) },
            characterSet: "ISO_IR 192")
        let result = try scratch.weft(expecting: 0, ["inspect", plan.path, "--json", "-q"])
        let found = try JSONDecoder().decode(Inventory.self, from: result.output)
        #expect(found.masks.first?.regions.map(\.name) == names)
        #expect(result.text.contains("\\u202eVTG") && result.text.contains("c1\\u009b31m"))
        let acting = Set(names.joined().unicodeScalars.filter { !$0.isASCII || $0.value < 32 })
        #expect(!result.text.unicodeScalars.contains { acting.contains($0) && $0 != "\n" })
        let shown = try scratch.weft(expecting: 0, ["inspect", plan.path, "-q"]).text
        #expect(!shown.unicodeScalars.contains { acting.contains($0) && $0 != "\n" })
        #expect(shown.contains("GTV"))
    }

    @Test("JSON lists images with geometry and masks, regions, and what is skipped and why")
    func json() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        let cut = try scratch.read("ct-lesion/seg.dcm").prefix(2000)
        try cut.write(to: scratch.folder.appendingPathComponent("ct-lesion/cut.dcm"))
        let found = try inventory(scratch, "ct-lesion")
        try #require(found.images.count == 1)
        let image = found.images[0]
        #expect(image.modality == "CT" && image.size == [96, 96, 24] && image.spacing == [1.5, 1.5, 3])
        #expect(
            image.path == "ct-lesion/ct" && image.masks.sorted() == ["ct-lesion/rtstruct.dcm", "ct-lesion/seg.dcm"])
        #expect(image.case.hasPrefix("CT-") && image.patient.hasPrefix("P-"))
        let names = Dictionary(uniqueKeysWithValues: found.masks.map { ($0.format, $0.regions.map(\.name)) })
        #expect(names == ["RTSTRUCT": ["Lesion", "Lesion rim", "Körper"], "SEG": ["Lesion", "Necrotic core"]])
        let reasons = Dictionary(uniqueKeysWithValues: found.skipped.map { ($0.path, $0.reason) })
        #expect(reasons.count == 1, "truth.json lies beside the images and is no fault")
        #expect(reasons["ct-lesion/cut.dcm"]?.contains("truncated") == true)
        // The damaged mask has a failed row of its own.
        let rows = try scratch.table(expecting: 2, "ct-lesion", "--families", "stat").rows
        let cases = rows.filter { $0["status"] != "failed" }.map { $0["case"] }
        #expect(cases == [String](repeating: image.case, count: 5))
        #expect(rows.count { $0["status"] == "failed" } == 1)
    }

    @Test("a missing slice is a warning, and fails what looks across it")
    func missingSlice() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        try FileManager.default.removeItem(atPath: scratch.path("ct-lesion/ct/\(try middleSlice(scratch))"))
        let image = try #require(inventory(scratch, "ct-lesion").images.first)
        #expect(image.size == [96, 96, 23])
        #expect(image.findings.contains { $0.severity == "warning" && $0.text.contains("1 missing slices") })
        let table = try scratch.table(expecting: 2, "ct-lesion", "--roi", "Lesion rim")
        #expect(table.rows[0]["reason"]?.contains("a slice is missing inside the region") == true)
        for options in [["--families", "morph"], ["--families", "stat", "--resample", "2,2,2"]] {
            let failed = try scratch.weft(
                expecting: 2, ["extract", "ct-lesion", "--roi", "Lesion rim", "-q"] + options)
            #expect(failed.error.contains("a slice is missing inside the region"), "\(options)")
        }
        let flat = try scratch.table(
            "ct-lesion", "--roi", "Lesion rim", "--aggregations", "2D_comb", "--families", "stat,cm")
        #expect(flat.rows[0]["status"] == "warning" && flat.rows[0]["cm_contrast_2D_comb"] != "")
    }

    /// The lesion spans slices 5 to 18 in the order of their positions, which the file names do not follow.
    private func middleSlice(_ scratch: Scratch) throws -> String {
        let names = try scratch.names(in: "ct-lesion/ct")
        let ordered = try names.map { name -> (Double, String) in
            let bytes = try scratch.read("ct-lesion/ct/\(name)")
            // Image Position (0020,0032), VR DS, explicit little endian.
            let tag = try #require(bytes.range(of: Data([0x20, 0x00, 0x32, 0x00]) + Data("DS".utf8)))
            let length = Int(bytes[tag.upperBound]) + Int(bytes[tag.upperBound + 1]) << 8
            let start = tag.upperBound + 2
            let text = String(decoding: bytes[start..<start + length], as: UTF8.self)
            let z = try #require(
                text.split(separator: "\\").last.flatMap { Double($0.trimmingCharacters(in: .whitespaces)) })
            return (z, name)
        }.sorted { $0.0 < $1.0 }
        return ordered[11].1
    }

    @Test("the listing for a person names the same things")
    func text() throws {
        let scratch = try Scratch(sample: "samples")
        let text = try scratch.weft(expecting: 0, ["inspect", "samples"]).text
        for words in [
            "patient P-", "96 x 96 x 24 voxels of 1.5 x 1.5 x 3 mm",
            "RTSTRUCT samples/ct-lesion/rtstruct.dcm: 'Lesion' (label 1)",
            "'Körper' (label 3)", "4 image(s), 5 mask(s) with 9 region(s), ",
        ] { #expect(text.contains(words), "'\(words)' is not in:\n\(text)") }
    }

    @Test("--modality names what files do not say, and puts away what is of another")
    func modality() throws {
        let scratch = try Scratch()
        try Data(VolumeBytes.nifti([Int16](1...24), size: [4, 3, 2]))
            .write(to: scratch.folder.appendingPathComponent("x.nii"))
        try Data(VolumeBytes.nifti([Int16](1...24), size: [4, 3, 2]))
            .write(to: scratch.folder.appendingPathComponent("sub-1_T1w.nii"))
        let named = try scratch.weft(expecting: 0, ["inspect", "x.nii", "--modality", "ct"]).text
        #expect(named.contains("x  CT 'x'"), "\(named)")
        let other = try scratch.weft(expecting: 65, ["inspect", "sub-1_T1w.nii", "--modality", "CT"]).text
        #expect(other.contains("of modality MR, asked for CT"), "\(other)")
        let table = ["extract", "x.nii", "--whole-image", "--modality", "CT", "--families", "stat", "-o", "t.csv"]
        let result = try scratch.weft(expecting: 0, table)
        #expect(result.error.contains("1 image(s) do not say their modality and are taken for CT"), "\(result.error)")
        let rows = String(decoding: try scratch.read("t.csv"), as: UTF8.self)
        #expect(rows.contains(",CT,"), "\(rows)")
        let wrong = try scratch.weft(
            expecting: 65, ["extract", "sub-1_T1w.nii", "--whole-image", "--modality", "CT", "-o", "u.csv"])
        #expect(wrong.error.contains("MR") && wrong.error.contains("CT"), "\(wrong.error)")
    }
}
