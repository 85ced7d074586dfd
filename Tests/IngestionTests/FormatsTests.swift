import DICOM
import Foundation
import Imaging
import Ingestion
import TestSupport
import Testing

/// Every file of `data/formats` against what pydicom 3.0.2 gives (pylibjpeg for the compressed ones).
@Suite(.enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct FormatsTests {
    struct Stored: CustomTestStringConvertible, Sendable {
        var file: String
        var shape: [Int]
        var low: Int
        var high: Int
        var sum: Int
        /// Of all stored values as 32-bit little-endian integers; nil for lossy JPEG.
        var crc: UInt32?
        var testDescription: String { file }
    }

    static let stored: [Stored] = [
        Stored(file: "98892001/CT2N/6293", shape: [16, 16, 1], low: 1242, high: 1316, sum: 330_365, crc: 0xe077_97c0),
        Stored(file: "98892001/CT2N/6924", shape: [16, 16, 1], low: 1089, high: 1267, sum: 293_030, crc: 0x3e02_c74a),
        Stored(file: "98892001/CT5N/2062", shape: [16, 16, 1], low: 136, high: 1068, sum: 171_447, crc: 0xef16_5bca),
        Stored(file: "98892001/CT5N/2392", shape: [16, 16, 1], low: 165, high: 1109, sum: 213_780, crc: 0x338d_c1e5),
        Stored(file: "98892001/CT5N/2693", shape: [16, 16, 1], low: 358, high: 1099, sum: 251_180, crc: 0xd067_b92c),
        Stored(file: "98892001/CT5N/3023", shape: [16, 16, 1], low: 873, high: 1074, sum: 252_443, crc: 0x5c19_0bfe),
        Stored(file: "98892001/CT5N/3353", shape: [16, 16, 1], low: 868, high: 1068, sum: 244_550, crc: 0xc256_8214),
        Stored(file: "CT_small.dcm", shape: [128, 128, 1], low: 128, high: 2191, sum: 14_826_310, crc: 0xcdba_394e),
        Stored(file: "JPEG2000.dcm", shape: [256, 1024, 1], low: -30, high: 245, sum: 3_527_976, crc: 0x4c4a_dc7a),
        Stored(file: "JPGExtended.dcm", shape: [256, 1024, 1], low: 0, high: 264, sum: 3_770_427, crc: nil),
        Stored(file: "MR_small.dcm", shape: [64, 64, 1], low: 127, high: 2145, sum: 2_125_338, crc: 0x8ea4_5d32),
        Stored(file: "MR_small_RLE.dcm", shape: [64, 64, 1], low: 127, high: 2145, sum: 2_125_338, crc: 0x8ea4_5d32),
        Stored(
            file: "MR_small_bigendian.dcm",
            shape: [64, 64, 1],
            low: 127,
            high: 2145,
            sum: 2_125_338,
            crc: 0x8ea4_5d32
        ),
        Stored(
            file: "MR_small_jpeg_ls_lossless.dcm",
            shape: [64, 64, 1],
            low: 127,
            high: 2145,
            sum: 2_125_338,
            crc: 0x8ea4_5d32
        ),
        Stored(
            file: "SC_rgb_rle_16bit_2frame.dcm",
            shape: [100, 100, 2],
            low: 0,
            high: 65_535,
            sum: 1_966_050_000,
            crc: 0x9399_a32b
        ),
        Stored(
            file: "examples_overlay.dcm",
            shape: [484, 300, 1],
            low: 0,
            high: 1123,
            sum: 27_833_052,
            crc: 0x9be4_46d4
        ),
        Stored(
            file: "examples_palette.dcm",
            shape: [800, 350, 1],
            low: 0,
            high: 255,
            sum: 15_024_554,
            crc: 0x7319_c271
        ),
        Stored(file: "examples_ybr_color.dcm", shape: [320, 240, 30], low: 0, high: 192, sum: 613_482_378, crc: nil),
        Stored(file: "liver_1frame.dcm", shape: [512, 512, 1], low: 0, high: 1, sum: 36_233, crc: 0xebdd_4f5a),
    ]

    @Test("Stored values are pydicom's", arguments: stored)
    func storedValues(_ expected: Stored) throws {
        let file = try DICOMFile(path: SharedFiles.path("data/formats/\(expected.file)"))
        let layout = try file.pixelLayout()
        #expect([layout.columns, layout.rows, layout.frames] == expected.shape)
        let values = try storedIntegers(file, layout)
        let sum = values.reduce(0) { $0 + Int($1) }
        if let crc = expected.crc {
            #expect(values.min().map(Int.init) == expected.low)
            #expect(values.max().map(Int.init) == expected.high)
            #expect(sum == expected.sum)
            #expect(crc32(values) == crc)
        } else {
            // Decoders of lossy JPEG may differ by one in the inverse cosine transform (T.83 compliance).
            #expect(abs(Double(sum - expected.sum)) / Double(values.count) < 0.02)
            #expect(abs(Int(values.max() ?? 0) - expected.high) <= 1)
        }
    }

    @Test(
        "What cannot be used is refused with what was found",
        arguments: [
            ("MR_truncated.dcm", "truncated", "9630 bytes"), ("badVR.dcm", "Number of Frames is 1A", "expected"),
            ("no_meta.dcm", "no DICOM", "38871 bytes"),
        ]
    )
    func refusal(_ name: String, _ found: String, _ detail: String) throws {
        let path = SharedFiles.path("data/formats/\(name)")
        let error = #expect(throws: DICOMError.self) {
            let file = try DICOMFile(path: path)
            _ = try file.pixelLayout()
        }
        let sentence = try #require(error).description
        #expect(sentence.contains(path))
        #expect(sentence.contains(found) && sentence.contains(detail), "\(sentence)")
    }

    struct Loaded: CustomTestStringConvertible, Sendable {
        var file: String
        var sum: Double
        var samples: [(offset: Int, value: Double)]
        var tolerance = 1e-6
        var testDescription: String { file }
    }

    @Test(
        "Loaded values are rescaled and colours are luminance",
        arguments: [
            Loaded(
                file: "CT_small.dcm",
                sum: -1_950_906,
                samples: [(2341, -698), (4682, 311), (7023, -806), (9364, 295), (11_705, 12), (14_046, 83)]
            ),
            Loaded(
                file: "JPEG2000.dcm",
                sum: 3_527_976,
                samples: [(37_450, -2), (74_900, 57), (112_350, 9), (149_800, 0), (187_250, 10)]
            ),
            Loaded(
                file: "JPGExtended.dcm",
                sum: 3_770_427,
                samples: [(37_450, 1), (74_900, 57), (112_350, 13), (149_800, 1), (187_250, 1)],
                tolerance: 1
            ),
            Loaded(
                file: "examples_ybr_color.dcm",
                sum: 24_242_438,
                samples: [(329_143, 26), (658_286, 0), (1_974_858, 82)],
                tolerance: 1
            ),
            Loaded(
                file: "examples_palette.dcm",
                sum: 1_395_607_633.152,
                samples: [(40_001, 14_892.288), (80_002, 0)],
                tolerance: 1e-3
            ),
            Loaded(
                file: "SC_rgb_rle_16bit_2frame.dcm",
                sum: 655_350_000,
                samples: [(2858, 38_469.045), (5716, 36_616.846), (8574, 49_344)],
                tolerance: 1e-3
            ),
        ]
    )
    func loadedValues(_ expected: Loaded) throws {
        let archive = try Archive.scan([SharedFiles.path("data/formats/\(expected.file)")], jobs: 1)
        let image = try #require(archive.images.first, "\(archive.skipped)")
        let volume = try image.load()
        let worst = expected.samples.map { abs(volume.values[$0.offset] - $0.value) }.max() ?? 0
        #expect(worst <= expected.tolerance)
        let sum = (0..<volume.values.count).reduce(0.0) { $0 + volume.values[$1] }
        let meanError = abs(sum - expected.sum) / Double(volume.values.count)
        #expect(meanError <= (expected.tolerance == 1 ? 0.02 : expected.tolerance), "sum \(sum)")
    }

    @Test("Units and findings say what the values are")
    func units() throws {
        let archive = try Archive.scan([SharedFiles.path("data/formats")], jobs: 2)
        func image(_ name: String) throws -> ImageSource {
            try #require(archive.images.first { $0.slices[0].path.hasSuffix(name) })
        }
        #expect(try image("CT_small.dcm").load().unit == .hounsfield)
        #expect(try image("CT_small.dcm").load().values.precision == .integer)
        #expect(try image("MR_small.dcm").load().unit == .arbitrary)
        #expect(try image("examples_palette.dcm").findings.contains { $0.text.contains("luminance") })
        #expect(archive.masks.map(\.format).contains(.rtstruct))
        #expect(
            archive.skipped.map { $0.path.split(separator: "/").last ?? "" } == [
                "MR_truncated.dcm", "badVR.dcm", "no_meta.dcm",
            ]
        )
    }
}

func storedIntegers(_ file: DICOMFile, _ layout: DICOMPixelLayout) throws -> [Int32] {
    let bytes = UnsafeMutableRawBufferPointer.allocate(
        byteCount: layout.bytesPerFrame * layout.frames,
        alignment: 16
    )
    defer { bytes.deallocate() }
    try file.readFrames(0..<layout.frames, into: bytes)
    return switch (layout.bytesPerSample, layout.isSigned) {
    case (1, false): bytes.bindMemory(to: UInt8.self).map(Int32.init)
    case (1, true): bytes.bindMemory(to: Int8.self).map(Int32.init)
    case (2, false): bytes.bindMemory(to: UInt16.self).map(Int32.init)
    case (2, true): bytes.bindMemory(to: Int16.self).map(Int32.init)
    default: bytes.bindMemory(to: Int32.self).map { $0 }
    }
}

/// CRC-32 over the little-endian bytes of the values.
func crc32(_ values: [Int32]) -> UInt32 {
    crc32(values.lazy.flatMap { value in withUnsafeBytes(of: value.littleEndian, Array.init) })
}
