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
        #expect(edges.entries.map(\.label) == [255] && edges.findings.map(\.severity) == [.warning])
        let picture = try source((0..<160).map { UInt8($0 * 37 % 90) + 100 })
        #expect(picture.findings.contains { $0.text.contains("looks like smoothed edges or a picture") })
    }

    /// A disc of 13 pixels' radius on 40 x 40 pixels, in `value`, and a smaller one in it in `inner`.
    private func disc(_ value: Double, inner: Double? = nil) -> [Double] {
        (0..<1600).map { pixel in
            let (x, y) = (Double(pixel % 40) - 19.5, Double(pixel / 40) - 19.5)
            let square = x * x + y * y
            return square < 16 ? inner ?? value : square < 169 ? value : 0
        }
    }

    /// The mean of the pixels around each, `radius` of them to each side.
    private func blurred(_ values: [Double], radius: Int) -> [Double] {
        values.indices.map { pixel in
            var (sum, count) = (0.0, 0.0)
            for y in max(pixel / 40 - radius, 0)...min(pixel / 40 + radius, 39) {
                for x in max(pixel % 40 - radius, 0)...min(pixel % 40 + radius, 39) {
                    (sum, count) = (sum + values[y * 40 + x], count + 1)
                }
            }
            return sum / count
        }
    }

    @Test(
        "A region of any value that was blurred is one region, with a warning", arguments: [60.0, 100, 128, 200, 255],
        [1, 2])
    func blurredRegion(value: Double, radius: Int) throws {
        let drawn = disc(value)
        let source = try source(blurred(drawn, radius: radius).map { UInt8($0.rounded()) }, width: 40)
        #expect(source.entries.map(\.label) == [Int(value)])
        #expect(source.findings.map(\.severity) == [.warning])
        #expect(source.findings.first?.text.contains("smoothed") == true)
    }

    @Test("A region whose values shake, as JPEG leaves them, is one; two such regions are said to be doubtful")
    func shakenRegion() throws {
        /// 0, 0, 0, then up to 3 to either side, without chance.
        func shaken(_ values: [Double]) -> [UInt8] {
            values.enumerated().map { k, value in
                UInt8(max(value + [0, 0, 0, 2, -1, 0, -3, 1, 0, 3][(k * 7 + k / 40 * 3) % 10], 0))
            }
        }
        let one = try source(shaken(disc(180)), width: 40)
        #expect(one.entries.map(\.label) == [180] && one.findings.map(\.severity) == [.warning])
        let two = try source(shaken(disc(100, inner: 200)), width: 40)
        #expect(two.entries.count > 2 && two.findings.map(\.severity) == [.warning], "\(two.entries.count)")
        // A pixel wide: an edge, or a label of its own; both are kept, and said.
        let (drawn, around) = (disc(255), blurred(disc(255), radius: 1))
        let rimmed = drawn.indices.map { pixel -> UInt8 in drawn[pixel] > 0 ? 255 : around[pixel] > 0 ? 128 : 0 }
        let rim = try source(rimmed, width: 40)
        #expect(rim.entries.map(\.label) == [128, 255] && rim.findings.map(\.severity) == [.warning])
    }

    @Test("Labels are no edges: within each other, side by side, counted through")
    func labelsAreNoEdges() throws {
        let nested = try source(disc(127, inner: 255).map { UInt8($0) }, width: 40)
        #expect(nested.entries.map(\.label) == [127, 255] && nested.findings.isEmpty)
        let beside = (0..<1600).map { UInt8([0, 50, 100, 200][$0 % 40 / 10]) }
        #expect(try source(beside, width: 40).findings.isEmpty)
        let cells = (0..<1600).map { pixel -> UInt8 in
            let (x, y) = (pixel % 40, pixel / 40)
            return x % 8 < 6 && y % 8 < 6 ? UInt8(x / 8 + 5 * (y / 8) + 1) : 0
        }
        #expect(try source(cells, width: 40).entries.count == 25)
        // An atlas, of which a picture shows some: numbers with gaps, a large region and small ones, one that is thin.
        let atlas = (0..<1600).map { pixel -> UInt8 in
            let (x, y) = (pixel % 40, pixel / 40)
            if y < 20 { return x == 30 ? 17 : x < 30 ? 3 : 41 }
            return x % 4 < 3 && y % 4 < 3 && y < 28 ? [4, 5, 10, 11, 12, 13, 26, 28, 43, 60][x / 4] : 0
        }
        #expect(try source(atlas, width: 40).entries.count == 13)
        #expect(try source(atlas, width: 40).findings.isEmpty)
        let numbers = (0..<1600).map { UInt8([0, 100, 101, 101, 101, 102, 102, 103][$0 % 40 / 5]) }
        #expect(try source(numbers, width: 40).entries.count == 4)
        #expect(try source(numbers, width: 40).findings.isEmpty)
        #expect(try source(cells, width: 40).findings.isEmpty)
    }

    @Test("A mask without a pixel of 0 says so, unless all of it is one region")
    func noBackground() throws {
        let full = (0..<160).map { UInt8($0 < 100 ? 1 : 2) }
        #expect(try source(full).findings.map(\.severity) == [.warning])
        #expect(try source([UInt8](repeating: 255, count: 160)).findings.isEmpty)
    }

    @Test("What is transparent is background, and a mask of one colour has its shape in its alpha")
    func alpha() throws {
        let folder = try TemporaryFolder()
        func labels(_ pixels: [[UInt8]], colours: UInt8) throws -> MaskSource {
            var raw: [UInt8] = []
            for row in stride(from: 0, to: pixels.count, by: 8) {
                raw.append(0)
                for pixel in pixels[row..<row + 8] { raw += pixel }
            }
            let bytes =
                PNGChunks.signature
                + PNGChunks.header(width: 8, height: UInt32(pixels.count / 8), depth: 8, colours: colours)
                + PNGChunks.chunk("IDAT", PalettePicture.deflated(raw)) + PNGChunks.chunk("IEND", [])
            try Data(bytes).write(to: URL(fileURLWithPath: folder["p_mask.png"]))
            return try MaskSource(labelImage: folder["p_mask.png"])
        }
        let inside = (0..<64).map { (16..<40).contains($0) }
        for (colour, kind) in [([255], 4), ([0], 4), ([255, 255, 255], 6), ([0, 0, 0], 6), ([255, 0, 0], 6)]
            as [([UInt8], UInt8)]
        {
            let found = try labels(inside.map { colour + [$0 ? 255 : 0] }, colours: kind)
            #expect(found.entries.map(\.label) == [255] && found.findings.map(\.severity) == [.warning], "\(colour)")
        }
        let hidden = try labels(inside.map { $0 ? [7, 255] : [9, 0] }, colours: 4)
        #expect(hidden.entries.map(\.label) == [7])
        #expect(hidden.findings.map(\.text) == ["40 pixels of the mask are transparent and are taken as background"])
        let opaque = try labels(inside.map { $0 ? [7, 255] : [0, 255] }, colours: 4)
        #expect(opaque.entries.map(\.label) == [7] && opaque.findings.isEmpty)
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
        #expect(try labels([red, black, white], [1, 2, 2, 1]) == [255], "black is index 1")
        #expect(try labels([black, white, white, black], [3, 1, 3, 3]) == [255], "black is index 3")
        #expect(try labels([white, red, black], [1, 2, 2, 1]) == [1], "black beside red")
        #expect(try labels([[1, 1, 1], white], [0, 1, 0, 0]) == [1, 255], "no black at all, which has a warning")
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
        return PNGChunks.signature
            + PNGChunks.header(width: UInt32(width), height: UInt32(height), depth: 8, colours: 3)
            + PNGChunks.chunk("PLTE", palette.flatMap { $0 }) + PNGChunks.chunk("IDAT", deflated(raw))
            + PNGChunks.chunk("IEND", [])
    }

    /// Rows, each behind its filter byte, in one stored block.
    static func deflated(_ raw: [UInt8]) -> [UInt8] {
        let count = UInt16(raw.count)
        let (low, high) = (UInt8(count & 255), UInt8(count >> 8))
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in raw {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        return [0x78, 0x01, 0x01, low, high, ~low, ~high] + raw + PNGChunks.bigEndian(b << 16 | a)
    }
}
