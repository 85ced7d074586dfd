import Foundation
import Imaging
import Ingestion
import PNG
import TestSupport
import Testing

/// PNG masks as they come: smoothed, with a palette, several of one image.
@Suite struct MaskPictureTests {
    private func source(_ samples: [UInt8], width: Int = 8) throws -> MaskSource {
        let folder = try TemporaryFolder()
        try PNGWriter.write(grey: samples, width: width, height: samples.count / width, to: folder["a_mask.png"])
        return try MaskSource(labelImage: folder["a_mask.png"])
    }

    /// 40 pixels of 255, the given ones, and 0 up to 160.
    private func mask(_ others: [UInt8]) -> [UInt8] {
        let some = [UInt8](repeating: 255, count: 40) + others
        return some + [UInt8](repeating: 0, count: 160 - some.count)
    }

    @Test("Values near 0 and white alone are one region, with a warning")
    func smoothed() throws {
        for others in [[1, 2, 3, 250, 254], [254], [2, 4, 7], [29, 226]] as [[UInt8]] {
            let source = try source(mask(others))
            #expect(source.entries == [.init(name: "", label: 255)], "\(others)")
            #expect(source.findings.map(\.severity) == [.warning], "\(others)")
        }
        let folder = try TemporaryFolder()
        try PNGWriter.write(grey: mask([3, 240]), width: 8, height: 20, to: folder["a_mask.png"])
        try PNGWriter.write(grey: mask([]), width: 8, height: 20, to: folder["a.png"])
        let archive = try Archive.scan([folder.path], jobs: 1)
        let image = try #require(archive.images.first)
        #expect(try archive.masks.first?.regions(on: image).first?.region?.voxelCount == 41)
    }

    @Test("Labels stay labels: a few small ones, evenly spread ones, dark ones beside white that are no specks")
    func labels() throws {
        #expect(try source([0, 1, 2, 3, 3, 2, 1, 0]).entries.map(\.label) == [1, 2, 3])
        #expect(try source([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0]).entries.count == 11)
        #expect(try source([0, 1, 255, 255, 0, 0, 0, 0]).entries.map(\.label) == [1, 255])
        #expect(try source(mask([85, 170])).entries.map(\.label) == [85, 170, 255])
        let void = try source(mask([UInt8](repeating: 1, count: 60) + [UInt8](repeating: 15, count: 20)))
        #expect(void.entries.map(\.label) == [1, 15, 255] && void.findings.isEmpty)
        let edges = try source(mask([20, 60, 90, 110, 130, 150, 180, 200, 230]))
        #expect(edges.findings.first?.text.contains("looks like smoothed edges") == true)
    }

    @Test("A palette is read by its indices, or by its colours when its first one is not black")
    func palettes() throws {
        let folder = try TemporaryFolder()
        func labels(_ palette: [[UInt8]], _ indices: [UInt8]) throws -> [Int] {
            try Data(PalettePicture.bytes(palette, indices, width: 4)).write(
                to: URL(fileURLWithPath: folder["p_mask.png"]))
            return try MaskSource(labelImage: folder["p_mask.png"]).entries.map(\.label)
        }
        let (black, white, red): ([UInt8], [UInt8], [UInt8]) = ([0, 0, 0], [255, 255, 255], [255, 0, 0])
        #expect(try labels([black, red, white], [0, 1, 1, 2]) == [1, 2])
        #expect(try labels([white, black], [0, 1, 1, 1]) == [255])
        #expect(try labels([[128, 128, 128], black, white], [0, 1, 2, 1]) == [128, 255])
        #expect(try labels([white, red], [1, 1, 1, 1]) == [1], "index 0 is not used")
        let error = #expect(throws: IngestionError.self) { try labels([white, red], [0, 1, 1, 0]) }
        #expect(
            error?.reason == "the palette's first colour is R 255, G 255, B 255 and others are no greys, expected a "
                + "background that is black or palette index 0; save the mask again")
    }

    @Test(
        "name_mask_1.png is a further mask of name.png",
        arguments: [
            ("a_mask.png", "a", nil), ("a_mask_1.png", "a", 1), ("x/b (3)_MASK_12.PNG", "x/b (3)", 12),
            ("x_mask_1_mask.png", "x_mask_1", nil), ("a-mask.png", "a", nil), ("a_seg.png", nil, nil),
            ("a_mask_x.png", nil, nil), ("a_1.png", nil, nil),
            ("a_mask1.png", nil, nil), ("a_mask_.png", nil, nil), ("a.png", nil, nil), ("mask_1.png", nil, nil),
            ("amask.png", nil, nil), ("a_mask.jpg", nil, nil),
        ] as [(String, String?, Int?)])
    func names(_ path: String, _ stem: String?, _ number: Int?) {
        #expect(MaskFileName(path)?.imageStem == stem && MaskFileName(path)?.number == number)
    }

    @Test("Both masks of an image are its masks, and the second is told from the first")
    func secondMask() throws {
        let folder = try TemporaryFolder()
        for name in ["x.png", "x_mask.png", "x_mask_1.png", "y.png"] {
            try PNGWriter.write(grey: mask([]), width: 8, height: 20, to: folder[name])
        }
        let archive = try Archive.scan([folder.path], jobs: 1)
        #expect(archive.images.count == 2)
        let found = archive.images.map { masks(for: $0, among: archive.masks).flatMap(\.entries) }
        #expect(found == [[.init(name: "mask", label: 255), .init(name: "mask_1", label: 255)], []])
    }
}

/// A PNG with a palette, in stored deflate blocks.
private enum PalettePicture {
    static func bytes(_ palette: [[UInt8]], _ indices: [UInt8], width: Int) -> [UInt8] {
        let height = indices.count / width
        var raw: [UInt8] = []
        for row in 0..<height { raw += [0] + indices[row * width..<(row + 1) * width] }
        let count = UInt16(raw.count)
        let (low, high) = (UInt8(count & 255), UInt8(count >> 8))
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in raw {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        let deflated = [0x78, 0x01, 0x01, low, high, ~low, ~high] + raw + PNGChunks.bigEndian(b << 16 | a)
        return PNGChunks.signature
            + PNGChunks.header(width: UInt32(width), height: UInt32(height), depth: 8, colours: 3)
            + PNGChunks.chunk("PLTE", palette.flatMap { $0 }) + PNGChunks.chunk("IDAT", deflated)
            + PNGChunks.chunk("IEND", [])
    }
}
