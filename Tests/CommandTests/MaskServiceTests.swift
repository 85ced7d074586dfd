import Foundation
import TestSupport
import Testing

/// Which file is a mask of what, in every command; and which of several masks is taken.
@Suite("masks and images")
struct MaskServiceTests {
    private static let side = 40

    private func square(_ from: Int, _ to: Int) -> [UInt8] {
        (0..<Self.side * Self.side).map { pixel in
            let inside = (from..<to).contains(pixel % Self.side) && (from..<to).contains(pixel / Self.side)
            return inside ? 255 : 0
        }
    }

    private func noise(_ seed: Int) -> [UInt8] {
        (0..<Self.side * Self.side).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761 &+ seed &* 97) >> 7) }
    }

    private func makeFolders(_ scratch: Scratch, _ names: String...) throws {
        for name in names {
            try FileManager.default.createDirectory(atPath: scratch.path(name), withIntermediateDirectories: true)
        }
    }

    /// `ds/images/a, b, c` with masks of the first two in `ds/masks`, and one without an image.
    private func dataset() throws -> Scratch {
        let scratch = try Scratch()
        try makeFolders(scratch, "ds/images", "ds/masks")
        for (number, name) in ["a", "b", "c"].enumerated() {
            try scratch.picture("ds/images/\(name)", width: Self.side, noise(number))
        }
        for name in ["a", "b", "z"] { try scratch.picture("ds/masks/\(name)", width: Self.side, square(3, 10)) }
        return scratch
    }

    private func rows(_ table: Table) -> [String] {
        table.rows.map { "\($0["case"] ?? "") \($0["status"] ?? "") \($0["diagnostics_mask_file"] ?? "")" }
    }

    @Test("images/ and masks/: no mask is measured, with --mask and without, in whatever spelling")
    func folders() throws {
        let scratch = try dataset()
        try FileManager.default.createSymbolicLink(atPath: scratch.path("link"), withDestinationPath: "ds/masks")
        for options in [[], ["--mask", "ds/masks"], ["--mask", "./ds//masks/."], ["--mask", "link"]] {
            let result = try scratch.weft(
                expecting: 2, ["extract", "ds", "--families", "stat", "-o", "-"] + options)
            let table = Table(csv: result.text)
            let orphan = options.isEmpty ? "masks/z.png failed " : "z.png failed "
            #expect(rows(table) == ["images/a ok a.png", "images/b ok b.png", orphan], "\(options): \(rows(table))")
            #expect(result.error.contains("1 image(s) without a mask are left out: ds/images/c.png"), "\(result.error)")
            #expect(table.rows.last?["reason"]?.contains("does not hold its image") == true)
        }
        // Files named one by one.
        let files = ["a", "b", "z"].flatMap { ["--mask", "ds/masks/\($0).png"] }
        let named = try scratch.weft(expecting: 2, ["extract", "ds", "--families", "stat", "-o", "-", "-q"] + files)
        #expect(rows(Table(csv: named.text)) == ["images/a ok a.png", "images/b ok b.png", "z.png failed "])
    }

    @Test("a single image finds its mask in the folder of many; the others are said, and no failures")
    func singleImage() throws {
        let scratch = try dataset()
        let found = try scratch.weft(
            expecting: 0,
            ["extract", "ds/images/a.png", "--mask", "ds/masks", "--families", "stat", "-o", "-"])
        #expect(rows(Table(csv: found.text)) == ["a ok a.png"])
        #expect(found.error.contains("2 mask(s) belong to none of the images"), "\(found.error)")
        // Those masks are sorted by name: none is taken for the image that has none.
        let none = try scratch.table(expecting: 2, "ds/images/c.png", "--mask", "ds/masks")
        #expect(none.rows.map { $0["reason"]?.hasPrefix("no mask for this image") } == [true])
    }

    @Test("a file given as its own mask is no image")
    func itself() throws {
        let scratch = try dataset()
        let table = try scratch.table(expecting: 2, "ds/images/a.png", "--mask", "./ds/images/../images/a.png")
        #expect(table.rows.count == 1)
        #expect(table.rows[0]["reason"]?.contains("serves as a mask, so it is no image") == true)
        try scratch.write("cases.csv", "Image,Mask\nds/images/a.png,ds/images/a.png\nds/images/b.png,ds/masks/b.png\n")
        let manifest = try scratch.table(expecting: 2, "cases.csv", "--families", "stat")
        #expect(manifest.rows.map { $0["status"] }.sorted { ($0 ?? "") < ($1 ?? "") } == ["failed", "ok"])
        #expect(manifest.rows.contains { $0["reason"]?.contains("never an image") == true })
    }

    @Test("equal names in several folders: each image has the mask of its folder; one for several images is a warning")
    func equalNames() throws {
        let scratch = try Scratch()
        try makeFolders(scratch, "images/p1", "images/p2", "masks/p1", "masks/p2", "flat")
        for (k, patient) in ["p1", "p2"].enumerated() {
            try scratch.picture("images/\(patient)/a", width: Self.side, noise(k))
            try scratch.picture("masks/\(patient)/a", width: Self.side, square(2, 5 + 4 * k))
        }
        try scratch.picture("flat/a", width: Self.side, square(2, 9))
        let table = try scratch.table("images", "--mask", "masks", "--families", "stat")
        #expect(table.rows.map { $0["diagnostics_roi_voxels"] } == ["9", "49"])
        let flat = try scratch.table("images", "--mask", "flat", "--families", "stat")
        #expect(flat.rows.map { $0["status"] } == ["warning", "warning"])
        #expect(flat.rows[0]["reason"]?.contains("used on 2 images of its name (p1/a.png, p2/a.png)") == true)
        // The mask of another patient is not taken for want of the right one.
        try FileManager.default.removeItem(atPath: scratch.path("masks/p1"))
        let less = try scratch.table(expecting: 0, "images", "--mask", "masks", "--families", "stat")
        #expect(less.rows.map { $0["case"] } == ["p2/a"])
    }

    @Test("two masks are two lesions: two rows with names, by BUSI's names, by --mask twice, by two folders")
    func twoLesions() throws {
        let scratch = try Scratch()
        try makeFolders(scratch, "busi", "r1", "r2", "lesions")
        try scratch.picture("busi/benign (4)", width: Self.side, noise(1))
        try scratch.picture("busi/benign (4)_mask", width: Self.side, square(2, 6))
        try scratch.picture("busi/benign (4)_mask_1", width: Self.side, square(10, 15))
        try scratch.picture("busi/normal (1)", width: Self.side, noise(2))
        for (k, folder) in ["r1", "r2"].enumerated() {
            try scratch.picture("\(folder)/benign (4)", width: Self.side, square(2, 6 + k))
            try scratch.picture("lesions/lesion\(k + 1)", width: Self.side, square(2, 6 + k))
        }
        func named(_ arguments: String...) throws -> [String] {
            let result = try scratch.weft(expecting: 0, ["extract", "--families", "stat", "-o", "-", "-q"] + arguments)
            return Table(csv: result.text).rows.map { "\($0["roi"] ?? "") \($0["diagnostics_roi_voxels"] ?? "")" }
        }
        let image = "busi/benign (4).png"
        #expect(try named("busi") == ["mask 16", "mask_1 25"])
        #expect(try named(image) == ["mask 16", "mask_1 25"])
        #expect(try named("busi", "--roi", "mask_1") == ["mask_1 25"])
        let (first, second) = ("busi/benign (4)_mask.png", "busi/benign (4)_mask_1.png")
        #expect(try named(image, "--mask", first, "--mask", second) == ["mask 16", "mask_1 25"])
        #expect(try named(image, "--mask", first, "--mask", "lesions/lesion2.png") == ["lesion2 25", "mask 16"])
        #expect(try named(image, "--mask", "r1", "--mask", "r2") == ["r1 16", "r2 25"])
        #expect(
            try named(image, "--mask", "lesions/lesion1.png", "--mask", "lesions/lesion2.png") == [
                "lesion1 16", "lesion2 25",
            ])
        // The names of a folder's files say nothing of the image: a guess.
        let guessed = try scratch.table(image, "--mask", "lesions", "--families", "stat")
        #expect(guessed.rows.map { $0["roi"] } == ["lesion1", "lesion2"])
        #expect(guessed.rows.allSatisfy { $0["status"] == "warning" })
        let listed = try scratch.weft(expecting: 0, ["inspect", "busi"]).text
        #expect(listed.contains("'mask' (label 255)\n") && listed.contains("'mask_1' (label 255)\n"), "\(listed)")
        let busi = try scratch.weft(expecting: 0, ["extract", "busi", "--families", "stat", "-o", "-"])
        #expect(busi.error.contains("without a mask are left out: busi/normal (1).png"), "\(busi.error)")
    }

    @Test("a mask of another size fails with both sizes")
    func otherSize() throws {
        let scratch = try Scratch()
        try scratch.picture("a", width: Self.side, noise(0))
        try scratch.picture("a_seg", width: 20, [UInt8](repeating: 255, count: 400))
        let table = try scratch.table(expecting: 2, ".")
        #expect(table.rows.map { $0["status"] } == ["failed"])
        #expect(
            table.rows[0]["reason"]?.contains("the mask has 20 x 20 pixels, its image 40 x 40") == true,
            "\(table.rows[0]["reason"] ?? "")")
    }

    @Test("a mask whose image is no image says which file that is")
    func foreignImage() throws {
        let scratch = try dataset()
        try Data([0xff, 0xd8, 0xff, 0xe0]).write(to: scratch.folder.appendingPathComponent("ds/images/z.jpg"))
        let table = try scratch.table(expecting: 2, "ds", "--families", "stat")
        #expect(
            table.rows.last?["reason"]?.contains("its image z.jpg cannot be used: found a JPEG picture") == true,
            "\(table.rows.last?["reason"] ?? "")")
    }

    @Test("inspect, map and compare take no mask for an image, and whole images are those of images")
    func otherCommands() throws {
        let scratch = try dataset()
        let listed = try scratch.weft(expecting: 0, ["inspect", "ds"]).text
        #expect(listed.contains("3 image(s), 3 mask(s) with 3 region(s)"), "\(listed)")
        #expect(listed.contains("ds/images/c.png\n") && listed.contains("      no mask\n"))
        #expect(listed.contains("masks without their image\n  PNG ds/masks/z.png"))
        let whole = try scratch.weft(
            expecting: 0, ["extract", "ds", "--whole-image", "--families", "stat", "-o", "-"])
        #expect(Table(csv: whole.text).rows.map { $0["case"] } == ["images/a", "images/b", "images/c"])
        #expect(whole.error.contains("3 mask(s) are no images and are left out: ds/masks/a.png"), "\(whole.error)")
        let map = try scratch.weft(
            "map", "ds", "--mask", "ds/masks", "--feature", "stat_mean", "--2d", "-o", "maps", "-q")
        #expect(map.status == 2)
        let maps = try scratch.names(in: "maps")
        #expect(!maps.isEmpty && maps.allSatisfy { $0.hasPrefix("images-") }, "\(maps)")
        let loss = try scratch.weft("texture-loss", "ds/images/a.png", "absent_mask.png")
        #expect(loss.status == 66)
        try scratch.picture("b_mask", width: Self.side, square(3, 9))
        let mask = try scratch.weft(expecting: 65, ["texture-loss", "ds/images/a.png", "b_mask.png"])
        #expect(mask.error.contains("only the PNG mask b_mask.png"), "\(mask.error)")
    }

    @Test("nothing is trained on masks, and what is left out is said")
    func training() throws {
        let scratch = try dataset()
        let tiny = [
            "--model", "vit-ti16", "--image-size", "32", "--epochs", "1,0", "--holdout", "0", "--batch-size", "1",
            "--set",
            "model.decoderWidth=32", "--set", "model.decoderDepth=1", "--set", "model.decoderHeads=2",
        ]
        let run = try scratch.weft(expecting: 0, ["pretrain", "ds", "-o", "run"] + tiny)
        #expect(run.error.contains("3 slices of 3 images"), "\(run.error)")
        #expect(
            run.error.contains("3 mask(s) left out, for they are no pictures to train on, e.g. ds/masks/a.png"),
            "\(run.error)")
        try scratch.write(
            "labels.csv",
            "image,label\nds/images/a.png,x\nds/images/b.png,y\nds/images/c.png,x\nds/masks/a.png,y\nds/masks/z.png,x\n"
        )
        let tuned = try scratch.weft(
            "finetune", "labels.csv", "--weights", "run/model.safetensors", "--folds", "2", "--epochs", "1", "-o",
            "tuned")
        for mask in ["a", "z"] {
            #expect(
                tuned.error.contains("ds/masks/\(mask).png: left out: is a mask by its name, expected a picture"),
                "\(tuned.error)")
        }
    }

    @Test("a region in an RTSTRUCT and a SEG: a note in each row names the other, and --mask-kind takes one")
    func maskKinds() throws {
        let scratch = try Scratch(sample: "samples")
        let all = try scratch.weft(
            expecting: 0, ["extract", "samples/ct-lesion", "--families", "stat", "-o", "-"])
        #expect(
            all.error.contains("1 region(s) stand in several masks, with a row for each: 'Lesion' of CT-"),
            "\(all.error)")
        for row in Table(csv: all.text).rows {
            let other = row["diagnostics_mask_file"] == "seg.dcm" ? "rtstruct.dcm (RTSTRUCT)" : "seg.dcm (SEG)"
            let isSaid = row["diagnostics_notes"]?.contains("a region of this name stands in \(other) as well") == true
            #expect(isSaid == (row["roi"] == "Lesion"), "\(row["roi"] ?? ""): \(row["diagnostics_notes"] ?? "")")
        }
        func regions(_ kind: String, _ more: String...) throws -> [String] {
            let result = try scratch.weft(
                expecting: 0, ["extract", "samples", "--mask-kind", kind, "--families", "stat", "-o", "-", "-q"] + more)
            return Table(csv: result.text).rows.map { "\($0["diagnostics_mask_format"] ?? "") \($0["roi"] ?? "")" }
        }
        #expect(try regions("seg") == ["SEG Lesion", "SEG Necrotic core"])
        #expect(try regions("rtstruct") == ["RTSTRUCT Körper", "RTSTRUCT Lesion", "RTSTRUCT Lesion rim"])
        #expect(try regions("SEG,png").count == 2 + 4)
        #expect(try regions("png", "--mask", "samples/us-speckle/speckle_mask.png") == ["PNG ", "PNG "])
        let note = try scratch.table("samples/ct-lesion", "--mask-kind", "seg", "--families", "stat")
        #expect(note.rows.allSatisfy { $0["diagnostics_notes"]?.contains("as well") != true })
        let none = try scratch.weft(expecting: 65, ["extract", "samples/us-speckle", "--mask-kind", "rtstruct,seg"])
        #expect(none.error.contains("no RTSTRUCT or SEG mask for any"), "\(none.error)")
        try scratch.weft(expecting: 64, ["extract", "samples", "--mask-kind", "dicom"])
        try scratch.weft(expecting: 64, ["extract", "samples", "--mask-kind", "seg", "--whole-image"])
    }
}
