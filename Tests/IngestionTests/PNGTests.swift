import CPNG
import Foundation
import Imaging
import Ingestion
import TestSupport
import Testing

/// PNGs made byte by byte (stored deflate blocks), so that the expected values are known.
@Suite struct PNGTests {
    struct Kind: CustomTestStringConvertible, Sendable {
        var colour: UInt8
        var depth: Int
        var channels: Int
        var testDescription: String { "colour type \(colour), \(depth) bits" }
    }

    /// The fifteen combinations of the PNG specification, table 11.1.
    static let kinds: [Kind] =
        [1, 2, 4, 8, 16].map { Kind(colour: 0, depth: $0, channels: 1) }
        + [8, 16].map { Kind(colour: 2, depth: $0, channels: 3) }
        + [1, 2, 4, 8].map { Kind(colour: 3, depth: $0, channels: 1) }
        + [8, 16].map { Kind(colour: 4, depth: $0, channels: 2) }
        + [8, 16].map { Kind(colour: 6, depth: $0, channels: 4) }

    static let width = 9
    static let height = 7

    static func sample(_ kind: Kind, _ x: Int, _ y: Int, _ channel: Int) -> Int {
        (x &* 7919 &+ y &* 104_729 &+ channel &* 1299 &+ x &* y &* 31) & ((1 << kind.depth) - 1)
    }

    static func colour(_ index: Int) -> [Int] { [(index * 5) & 255, (index * 3 + 1) & 255, 255 - index] }

    @Test(
        "Stored values are exact in every kind, interlaced or not, whatever gAMA says",
        arguments: kinds,
        [false, true]
    )
    func exact(_ kind: Kind, _ interlaced: Bool) throws {
        for gamma in [nil, 45_455, 100_000] as [UInt32?] {
            try withFile(encode(kind, interlaced: interlaced, gamma: gamma)) { path in
                var layout = CPngLayout()
                var error = CPngError()
                try #require(cpng_read_layout(path, &layout, &error))
                #expect(layout.isInterlaced == interlaced && layout.isPalette == (kind.colour == 3))
                let indices = kind.colour == 3
                let count = Self.width * Self.height * kind.channels
                var bytes = [UInt8](repeating: 0, count: count * (kind.depth == 16 ? 2 : 1))
                try #require(cpng_read(path, indices, &bytes, bytes.count, &error))
                for pixel in 0..<Self.width * Self.height {
                    for channel in 0..<kind.channels {
                        let at = pixel * kind.channels + channel
                        let found =
                            kind.depth == 16 ? Int(bytes[2 * at]) | Int(bytes[2 * at + 1]) << 8 : Int(bytes[at])
                        let expected = Self.sample(kind, pixel % Self.width, pixel / Self.width, channel)
                        try #require(found == expected, "pixel \(pixel), channel \(channel), gamma \(gamma ?? 0)")
                    }
                }
            }
        }
    }

    @Test("A volume holds grey values, or the luminance of colours", arguments: kinds)
    func volume(_ kind: Kind) throws {
        try withFile(encode(kind, interlaced: false, gamma: 100_000)) { path in
            let archive = try Archive.scan([path], jobs: 1)
            let volume = try #require(archive.images.first, "\(archive.skipped)").load()
            var worst = 0.0
            for y in 0..<Self.height {
                for x in 0..<Self.width {
                    let stored = (0..<kind.channels).map { Self.sample(kind, x, y, $0) }
                    let rgb = kind.colour == 3 ? Self.colour(stored[0]) : stored
                    let expected =
                        kind.colour == 0 || kind.colour == 4
                        ? Double(stored[0]) : 0.299 * Double(rgb[0]) + 0.587 * Double(rgb[1]) + 0.114 * Double(rgb[2])
                    worst = max(worst, abs(volume.values[y * Self.width + x] - expected))
                }
            }
            #expect(worst < 1e-9)
            #expect(volume.values.precision == (kind.colour == 0 || kind.colour == 4 ? .integer : .float64))
        }
    }

    @Test("A PNG cut anywhere is refused with a reason")
    func truncated() throws {
        let whole = encode(Self.kinds[3], interlaced: false, gamma: nil)
        for count in 0..<whole.count {
            try withFile(Array(whole.prefix(count))) { path in
                let archive = try Archive.scan([path], jobs: 1)
                guard let image = archive.images.first else {
                    #expect(archive.skipped.first?.reason.isEmpty == false)
                    return
                }
                #expect(throws: IngestionError.self, "cut at \(count) of \(whole.count)") { try image.load() }
            }
        }
    }

    @Test("A PNG that claims more pixels than its bytes can hold is refused before memory is taken")
    func claims() throws {
        var bytes = encode(Self.kinds[3], interlaced: false, gamma: nil)
        let header: [UInt8] =
            Array("IHDR".utf8) + PNGChunks.bigEndian(900_000) + PNGChunks.bigEndian(900_000) + [8, 0, 0, 0, 0]
        bytes.replaceSubrange(12..<33, with: header + PNGChunks.bigEndian(crc32(header)))
        try withFile(bytes) { path in
            let archive = try Archive.scan([path], jobs: 1)
            #expect(archive.images.isEmpty)
            #expect(archive.skipped.first?.reason.contains("900000 x 900000") == true, "\(archive.skipped)")
        }
    }

    @Test("What is written is read", arguments: [(1, 8), (3, 8), (1, 16), (3, 16)])
    func roundTrip(_ samples: Int, _ depth: Int) throws {
        try withFile([]) { path in
            let pixels = (0..<5 * 4 * samples * depth / 8).map { UInt8(truncatingIfNeeded: $0 &* 77) }
            var error = CPngError()
            try #require(cpng_write(path, pixels, 5, 4, UInt32(samples), UInt32(depth), &error))
            var read = [UInt8](repeating: 0, count: pixels.count)
            try #require(cpng_read(path, false, &read, read.count, &error))
            #expect(read == pixels)
        }
    }

    @Test("name_mask.png is a mask, name.png an image")
    func masks() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weft-png-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let bytes = Data(encode(Self.kinds[3], interlaced: false, gamma: nil))
        for name in ["b.png", "b_mask.png", "a.PNG"] { try bytes.write(to: folder.appendingPathComponent(name)) }
        let archive = try Archive.scan([folder.path], jobs: 2)
        #expect(archive.images.map(\.identity.seriesDescription) == ["a", "b"])
        #expect(archive.masks.map(\.path) == [folder.path + "/b_mask.png"])
    }

    // MARK: A PNG writer for tests

    @Test("An index beyond the palette is damage", arguments: [true, false], [1, 2, 4, 8])
    func beyondPalette(_ asIndices: Bool, _ depth: Int) throws {
        let kind = Kind(colour: 3, depth: depth, channels: 1)
        let indices = (0..<Self.width * Self.height).map { Self.sample(kind, $0 % Self.width, $0 / Self.width, 0) }
        let largest = indices.max() ?? 0
        for (entries, isGood) in [(largest + 1, true), (largest, false)] {
            try withFile(encode(kind, interlaced: false, gamma: nil, entries: entries)) { path in
                var error = CPngError()
                var bytes = [UInt8](repeating: 0, count: Self.width * Self.height * (asIndices ? 1 : 3))
                #expect(cpng_read(path, asIndices, &bytes, bytes.count, &error) == isGood, "\(entries) entries")
            }
        }
    }

    private func encode(_ kind: Kind, interlaced: Bool, gamma: UInt32?, entries: Int? = nil) -> [UInt8] {
        // Adam7: first pixel and step of each pass.
        let passes =
            interlaced
            ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
            : [(0, 0, 1, 1)]
        var raw: [UInt8] = []
        for (x0, y0, dx, dy) in passes where x0 < Self.width && y0 < Self.height {
            for y in stride(from: y0, to: Self.height, by: dy) {
                raw.append(0)
                var bits = 0
                var filled = 0
                for x in stride(from: x0, to: Self.width, by: dx) {
                    for channel in 0..<kind.channels {
                        bits = bits << kind.depth | Self.sample(kind, x, y, channel)
                        filled += kind.depth
                        while filled >= 8 {
                            raw.append(UInt8(truncatingIfNeeded: bits >> (filled - 8)))
                            filled -= 8
                            bits &= (1 << filled) - 1
                        }
                    }
                }
                if filled > 0 { raw.append(UInt8(truncatingIfNeeded: bits << (8 - filled))) }
            }
        }
        var low = 1
        var high = 0
        for byte in raw {
            low = (low + Int(byte)) % 65_521
            high = (high + low) % 65_521
        }
        let length = UInt16(raw.count)
        let zlib: [UInt8] =
            [0x78, 0x01, 1, UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8)] + raw
            + PNGChunks.bigEndian(UInt32(high << 16 | low))
        var png = PNGChunks.signature
        png += PNGChunks.chunk(
            "IHDR",
            PNGChunks.bigEndian(UInt32(Self.width)) + PNGChunks.bigEndian(UInt32(Self.height))
                + [UInt8(kind.depth), kind.colour, 0, 0, interlaced ? 1 : 0]
        )
        if let gamma { png += PNGChunks.chunk("gAMA", PNGChunks.bigEndian(gamma)) }
        if kind.colour == 3 {
            png += PNGChunks.chunk(
                "PLTE", (0..<(entries ?? 1 << kind.depth)).flatMap { Self.colour($0).map(UInt8.init) })
        }
        return png + PNGChunks.chunk("IDAT", zlib) + PNGChunks.chunk("IEND", [])
    }

    private func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("weft-\(UUID().uuidString).png")
        try Data(bytes).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        try body(url.path)
    }
}
