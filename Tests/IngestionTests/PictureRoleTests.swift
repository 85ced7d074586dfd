import Foundation
import Ingestion
import PNG
import TestSupport
import Testing

/// Which PNGs of a scan are masks, and of which image: a file that serves as a mask is never an image.
@Suite("pictures and their masks")
struct PictureRoleTests {
    private enum Content { case picture, labels, colours }

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ name: String, _ content: Content = .picture) throws {
        let url = URL(fileURLWithPath: folder[name])
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        let side = 16
        let pixels = (0..<side * side).map { pixel -> UInt8 in
            let isInside = (4..<9).contains(pixel % side) && (4..<9).contains(pixel / side)
            return content == .picture ? UInt8(truncatingIfNeeded: pixel &* 7 &+ name.utf8.count) : isInside ? 255 : 0
        }
        if content == .colours {
            try PNGWriter.write(rgb: pixels.flatMap { [$0, 0, 0] }, width: side, height: side, to: url.path)
        } else {
            try PNGWriter.write(grey: pixels, width: side, height: side, to: url.path)
        }
    }

    private func scan(_ paths: [String] = [""]) throws -> Archive {
        try Archive.scan(paths.map { $0.isEmpty ? folder.path : folder[$0] }, jobs: 2)
    }

    private func relative(_ path: String) -> String {
        String(URL(fileURLWithPath: path).standardizedFileURL.path.dropFirst(folder.path.count + 1))
    }

    /// The masks' paths of each image, by its path.
    private func pairs(_ archive: Archive) -> [String: [String]] {
        let index = MaskIndex(archive.masks, of: archive.images)
        return Dictionary(
            uniqueKeysWithValues: archive.images.map { image in
                (relative(image.path), index.masks(for: image).map { relative($0.path) })
            })
    }

    @Test(
        "equal names in a folder of masks beside the images, with equal folders below",
        arguments: [
            ("images", "masks"), ("imagesTr", "labelsTr"), ("train_images", "train_masks"), ("photos", "ground_truth"),
            ("Images", "Segmentation"),
        ])
    func folders(_ images: String, _ masks: String) throws {
        for name in ["a", "p1/b", "p2/b"] {
            try write("\(images)/\(name).png")
            try write("\(masks)/\(name).png", .labels)
        }
        try write("\(images)/c.png")
        try write("\(masks)/c_mask.png", .labels)
        try write("\(images)/alone.png")
        try write("\(masks)/orphan.png", .labels)
        let archive = try scan()
        #expect(
            pairs(archive) == [
                "\(images)/a.png": ["\(masks)/a.png"], "\(images)/p1/b.png": ["\(masks)/p1/b.png"],
                "\(images)/p2/b.png": ["\(masks)/p2/b.png"], "\(images)/c.png": ["\(masks)/c_mask.png"],
                "\(images)/alone.png": [],
            ])
        #expect(archive.masks.contains { relative($0.path) == "\(masks)/orphan.png" })
        // In two inputs, in two spellings.
        #expect(try pairs(scan([images, "./\(masks)/."])) == pairs(archive))
    }

    @Test("folders of masks in each part of a data set")
    func parts() throws {
        for part in ["train", "test"] {
            try write("\(part)/images/a.png")
            try write("\(part)/masks/a.png", .labels)
        }
        #expect(
            try pairs(scan()) == [
                "train/images/a.png": ["train/masks/a.png"], "test/images/a.png": ["test/masks/a.png"],
            ])
    }

    @Test(
        "names beside the image",
        arguments: [
            "x_mask", "x-mask", "x_MASK", "x_seg", "x-seg", "x_label", "x_segmentation", "x_roi", "x_mask_1", "x_mask1",
            "x_seg_2",
            "x.mask",
        ])
    func names(_ mask: String) throws {
        try write("x.png")
        try write("\(mask).png", .labels)
        #expect(try pairs(scan()) == ["x.png": ["\(mask).png"]])
    }

    @Test("a picture that is called so stays one: without its image, and when its values are no labels")
    func pictures() throws {
        try write("x_roi.png", .labels)
        try write("y.png")
        try write("y_roi.png")
        try write("with_mask/1.png")
        try write("without_mask/1.png")
        try write("images/1.png")
        try write("labels/1.png")
        let archive = try scan()
        #expect(archive.masks.isEmpty && archive.images.count == 7, "\(archive.masks.map(\.path))")
    }

    @Test("a mask of colours is answered, not measured")
    func colours() throws {
        try write("images/a.png")
        try write("masks/a.png", .colours)
        let archive = try scan()
        #expect(archive.images.map { relative($0.path) } == ["images/a.png"])
        #expect(archive.skipped.first?.reason.contains("the mask has colours") == true, "\(archive.skipped)")
    }

    @Test("the image may be of a kind that is not read: its mask is a mask all the same")
    func foreignImage() throws {
        try write("ISIC_1_segmentation.png", .labels)
        try Data([0xff, 0xd8, 0xff, 0xe0]).write(to: URL(fileURLWithPath: folder["ISIC_1.jpg"]))
        // A list is no image.
        try write("z_seg.png", .labels)
        try Data("{}".utf8).write(to: URL(fileURLWithPath: folder["z.json"]))
        let archive = try scan()
        #expect(archive.masks.map { relative($0.path) } == ["ISIC_1_segmentation.png"])
        #expect(archive.images.map { relative($0.path) } == ["z_seg.png"])
    }

    @Test("the masks of one image are told apart, whatever tells their files apart")
    func distinctNames() throws {
        for name in ["x", "y"] { try write("\(name).png") }
        for name in ["x_mask", "x_mask_1", "x_seg", "masks/x", "y_mask"] { try write("\(name).png", .labels) }
        let archive = try scan()
        let index = MaskIndex(archive.masks, of: archive.images)
        let found = archive.images.map { image in index.masks(for: image).flatMap(\.entries).map(\.name) }
        #expect(found.map { $0.sorted() } == [["mask", "mask_1", "masks", "seg"], [""]])
    }

    @Test(
        "more behind the word than a number: a further mask of an image that is there, if its values are labels",
        arguments: ["a_mask_left.png", "a_mask_1_2.png", "a_mask (1).png", "a-mask-copy.png", "a_masks_b.PNG"])
    func furtherWords(_ name: String) throws {
        try write("a.png")
        try write("a_mask.png", .labels)
        try write(name, .labels)
        let archive = try scan()
        #expect(archive.images.count == 1)
        #expect(pairs(archive)["a.png"].map { Set($0) } == ["a_mask.png", name])
        // Neither without the image, nor with the values of a picture.
        try write("b/" + name, .labels)
        try write("c/a.png")
        try write("c/" + name)
        let others = try Archive.scan([folder["b"], folder["c"]], jobs: 1)
        #expect(others.images.count == 3 && others.masks.isEmpty)
    }

    @Test("an object of the class Segmentation is a mask, whatever modality somebody gave it")
    func segmentationByClass() throws {
        var object = DICOMBytes()
        object.text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.66.4")
        object.text(0x0008_0018, "UI", "1.2.3.4")
        object.text(0x0008_0060, "CS", "OT")
        object.describePixels("MONOCHROME2", columns: 2, rows: 1)
        object.words(0x7FE0_0010, "OW", [1, 2])
        try Data(object.file(sopClass: "1.2.840.10008.5.1.4.1.1.66.4")).write(
            to: URL(fileURLWithPath: folder["seg.dcm"]))
        let archive = try scan()
        #expect(archive.images.isEmpty && archive.masks.count + archive.skipped.count == 1)
    }
}
