import CPNG
import Foundation
import Imaging
import Ingestion
import Testing

/// PNG masks, and which masks belong to an image.
@Suite struct LabelImageTests {
    private static func image(_ path: String = "", size: SIMD3<Int> = [4, 3, 1]) -> ImageSource {
        ImageSource(format: .png, identity: ImageIdentity(), path: path, geometry: Geometry(size: size), slices: [])
    }

    /// Writes a PNG in a folder of its own and removes it afterwards.
    private func withPNG<Sample: FixedWidthInteger, Result>(
        _ samples: [Sample],
        width: Int,
        channels: Int = 1,
        _ body: (String) throws -> Result
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("a_mask.png").path
        var error = CPngError()
        let height = samples.count / width / channels
        let written = samples.withUnsafeBytes {
            cpng_write(
                path,
                $0.baseAddress,
                UInt32(width),
                UInt32(height),
                UInt32(channels),
                UInt32(Sample.bitWidth),
                &error
            )
        }
        try #require(written)
        return try body(path)
    }

    @Test(
        arguments: [
            ([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0], [1], [3]),
            ([0, 255, 255, 0, 0, 255, 0, 0, 0, 0, 0, 0], [255], [3]),
            ([0, 7, 2, 2, 7, 7, 0, 0, 0, 0, 0, 9], [2, 7, 9], [2, 3, 1]),
        ] as [([UInt8], [Int], [Int])]
    )
    func labelsAscend(samples: [UInt8], labels: [Int], counts: [Int]) throws {
        try withPNG(samples, width: 4) { path in
            let source = try MaskSource(labelImage: path)
            #expect(source.entries == labels.map { .init(name: "", label: $0) })
            let regions = try source.regions(on: Self.image()).compactMap(\.region)
            #expect(regions.map(\.label) == labels)
            #expect(regions.map(\.voxelCount) == counts)
            for region in regions {
                #expect(region.onGrid([4, 3, 1]) == samples.map { Int($0) == region.label ? 1 : 0 })
            }
            #expect(try source.regions(on: Self.image(), matching: .init(labels: [labels[0]])).count == 1)
        }
    }

    @Test func sixteenBits() throws {
        try withPNG([0, 65_535, 300, 300, 0, 0] as [UInt16], width: 3) { path in
            let regions = try MaskSource(labelImage: path).regions(on: Self.image(size: [3, 2, 1])).compactMap(\.region)
            #expect(regions.map(\.label) == [300, 65_535])
            #expect(regions.map(\.voxelCount) == [2, 1])
        }
    }

    @Test func greyInThreeChannelsIsGrey() throws {
        try withPNG([0, 0, 0, 255, 255, 255] as [UInt8], width: 2, channels: 3) { path in
            let source = try MaskSource(labelImage: path)
            #expect(source.entries == [.init(name: "", label: 255)])
        }
    }

    @Test func coloursAreRefused() throws {
        try withPNG([0, 0, 0, 255, 0, 9] as [UInt8], width: 2, channels: 3) { path in
            let error = try #require(throws: IngestionError.self) { try MaskSource(labelImage: path) }
            #expect(error.reason.contains("R 255, G 0, B 9 at column 1, row 0"), "\(error)")
        }
    }

    @Test func otherSizeNamesTheAxis() throws {
        try withPNG([UInt8](repeating: 1, count: 12), width: 4) { path in
            let source = try MaskSource(labelImage: path)
            let wide = try #require(try source.regions(on: Self.image(size: [5, 3, 1])).first?.reason)
            #expect(wide.contains("size along x (columns): 4 voxels, the image has 5"), "\(wide)")
            let deep = try #require(try source.regions(on: Self.image(size: [4, 3, 60])).first?.reason)
            #expect(deep.contains("size along z (slices): 1 voxels, the image has 60"), "\(deep)")
        }
    }

    @Test func nothingSetAndTooMuch() throws {
        try withPNG([UInt8](repeating: 0, count: 12), width: 4) { path in
            let source = try MaskSource(labelImage: path)
            #expect(source.entries.isEmpty && source.findings.map(\.text) == ["the mask holds only 0"])
        }
        try withPNG((0..<200).map { UInt8($0) }, width: 20) { path in
            let source = try MaskSource(labelImage: path)
            #expect(source.findings.first?.text.contains("199 labels") == true)
        }
    }

    /// 41 bytes: signature, an IHDR that promises 60,000 x 60,000 grey pixels, no pixels.
    @Test func headerThatPromisesTooMuch() throws {
        let bytes: [UInt8] = [
            0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A,  // signature
            0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52,  // IHDR, 13 bytes
            0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 0, 0, 0, 0,  // 60,000 x 60,000, 8 bits, grey
            0xA5, 0xB9, 0x2A, 0x9E,  // CRC
            0, 0, 0, 10, 0x49, 0x44, 0x41, 0x54,  // IDAT, 10 bytes that are not there
        ]
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".png").path
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let error = try #require(throws: IngestionError.self) { try MaskSource(labelImage: path) }
        #expect(error.reason.contains("60000 x 60000 pixels"), "\(error)")
    }

    /// 3 x 2 pixels of 2 bits, indices 0 1 2 / 2 0 1 into black, red, green: the indices are the labels.
    @Test func paletteIndices() throws {
        let base64 =
            "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACAgMAAADgGo6JAAAACVBMVEUAAAD/AAAA/wD0g79+AAAADElEQVR42mOQYGgBAADQAJ3VlvciAAAA"
            + "AElFTkSuQmCC"
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".png").path
        try #require(Data(base64Encoded: base64)).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let regions = try MaskSource(labelImage: path).regions(on: Self.image(size: [3, 2, 1])).compactMap(\.region)
        #expect(regions.map(\.label) == [1, 2])
        #expect(regions.map { $0.onGrid([3, 2, 1]) } == [[0, 1, 0, 0, 0, 1], [0, 0, 1, 1, 0, 0]])
    }

    // MARK: Matching

    private func dicom(series: String, frame: String) -> ImageSource {
        var image = Self.image()
        image.format = .dicom
        image.identity.seriesUID = series
        image.identity.frameOfReferenceUID = frame
        return image
    }

    private static let candidates = [
        MaskSource(
            format: .rtstruct,
            path: "ct.dcm",
            frameOfReferenceUIDs: ["1.1"],
            referencedSeriesUIDs: ["CT"],
            entries: []
        ),
        MaskSource(
            format: .seg,
            path: "pet.dcm",
            frameOfReferenceUIDs: ["1.1"],
            referencedSeriesUIDs: ["PET"],
            entries: []
        ),
        MaskSource(format: .rtstruct, path: "old.dcm", frameOfReferenceUIDs: ["2.2"], entries: []),
        MaskSource(format: .rtstruct, path: "bare.dcm", entries: []),
        MaskSource(format: .png, path: "/data/a_mask.png", entries: []),
        MaskSource(format: .png, path: "/data/ab_MASK.PNG", entries: []),
    ]

    @Test(
        arguments: [
            ("CT", "1.1", ["ct.dcm"]),
            ("PET", "9.9", ["pet.dcm"]),
            ("MR", "1.1", ["ct.dcm", "pet.dcm"]),
            ("MR", "2.2", ["old.dcm"]),
            ("MR", "3.3", []),
            ("", "", []),
        ] as [(String, String, [String])]
    )
    func seriesFirstThenFrameOfReference(series: String, frame: String, expected: [String]) {
        #expect(masks(for: dicom(series: series, frame: frame), among: Self.candidates).map(\.path) == expected)
    }

    @Test(arguments: [
        ("/data/a.png", ["/data/a_mask.png"]), ("/data/ab.png", ["/data/ab_MASK.PNG"]), ("/data/b.png", []),
        ("/other/a.png", []), ("/data/x/../a.png", ["/data/a_mask.png"]),
    ])
    func picturesByName(path: String, expected: [String]) {
        #expect(masks(for: Self.image(path), among: Self.candidates).map(\.path) == expected)
    }

    @Test("An index made once finds what the search through all finds")
    func index() {
        let index = MaskIndex(Self.candidates, of: [])
        for series in ["CT", "PET", "MR", ""] {
            for frame in ["1.1", "2.2", "3.3", ""] {
                let image = dicom(series: series, frame: frame)
                #expect(index.masks(for: image).map(\.path) == masks(for: image, among: Self.candidates).map(\.path))
            }
        }
        for path in ["/data/a.png", "/data/ab.png", "/data/b.png", "/data/x/../a.png", "/data/./ab.PNG"] {
            let image = Self.image(path)
            #expect(index.masks(for: image).map(\.path) == masks(for: image, among: Self.candidates).map(\.path))
        }
    }

    @Test func contoursOnAPictureAreRefused() throws {
        let source = MaskSource(format: .seg, path: "", entries: [.init(name: "a", label: 1)])
        let reason = try #require(try source.regions(on: Self.image()).first?.reason)
        #expect(reason == "SEG lies in a patient and a PNG image does not; give a PNG mask of 4 x 3 pixels")
    }
}
