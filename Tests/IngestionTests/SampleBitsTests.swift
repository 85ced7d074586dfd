import Foundation
import Imaging
import Ingestion
import TestSupport
import Testing

/// Bits that header, codestream and samples tell differently.
@Suite struct SampleBitsTests {
    private static func load(
        _ bytes: [UInt8]
    ) throws -> (image: ImageSource, values: [Double], findings: [Finding]) {
        try withTemporaryFile(bytes) { path in
            let archive = try Archive.scan([path], jobs: 1)
            let image = try #require(archive.images.first, "\(archive.skipped)")
            let (volume, findings) = try image.load(as: .stored)
            return (image, (0..<volume.values.count).map { volume.values[$0] }, image.findings + findings)
        }
    }

    private static func compressed(_ object: DICOMBytes, _ hex: String, syntax: String) -> [UInt8] {
        object.file(frames: [DICOMBytes.bytes(hexadecimal: hex)], transferSyntax: syntax)
    }

    private static func warnings(_ findings: [Finding]) -> [String] {
        findings.filter { $0.severity == .warning }.map(\.text)
    }

    // MARK: JPEG-LS of few bits

    struct FewBits: Sendable, CustomTestStringConvertible {
        var bits: Int
        var near = 0
        var isSigned = false
        var hex: String
        var testDescription: String { "\(bits) bits, NEAR \(near)\(isSigned ? ", signed" : "")" }
    }

    /// Streams of 12 x 9 samples by CharLS 2.4 (pyjpegls), which states no thresholds and so relies on those of
    /// ISO/IEC 14495-1 C.2.4.1.1.
    private static let sevenBits =
        "ffd8fff7000b070009000c01011100ffda00080101000000008c0300032e22364a5e7223168208040110400183"
        + "e03400888eed16d45000114c8cf005735b8024e2805c34e55c001726465232dd300f22139ade70287531ec6b8d"
        + "10843a02f3f0ffd9"

    private static let fewBits = [
        FewBits(bits: 7, hex: sevenBits),
        FewBits(bits: 7, isSigned: true, hex: sevenBits),
        FewBits(
            bits: 7, near: 1,
            hex: "ffd8fff7000b070009000c01011100ffda0008010100010000b30c0c92c4b6e95264884261b2384890a5a4a000"
                + "016224853bd888a684ab5111245b494495124b96795ab3a5612242e57fffd9"),
        FewBits(
            bits: 6,
            hex: "ffd8fff7000b060009000c01011100ffda00080101000000008c0300032e2236e96009948082013803458149f0"
                + "4452a90ff82b2a91c030397fa00e6280c001002f000dc18040e62b00294b70201cccb29ded4e8aa23f895e44cd"
                + "029e9bff40ffd900"),
    ]

    @Test("JPEG-LS of less than 8 bits gives the values that were coded", arguments: fewBits)
    private func jpegLS(_ stream: FewBits) throws {
        var object = DICOMBytes.object(modality: "MR")
        object.describePixels(
            "MONOCHROME2", columns: 12, rows: 9, allocated: 8, stored: stream.bits, isSigned: stream.isSigned)
        let syntax = stream.near == 0 ? "1.2.840.10008.1.2.4.80" : "1.2.840.10008.1.2.4.81"
        let (_, values, findings) = try Self.load(Self.compressed(object, stream.hex, syntax: syntax))
        let size = 1 << stream.bits
        let expected = (0..<108).map { pixel -> Double in
            let (x, y) = (pixel % 12, pixel / 12)
            let coded = (x * x * 3 + y * 5 + (x * y) % 7) % size
            return Double(stream.isSigned && coded >= size / 2 ? coded - size : coded)
        }
        let worst = zip(values, expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(values.count == 108 && worst <= Double(stream.near), "\(values)")
        #expect(Self.warnings(findings) == [])
    }

    @Test("JPEG-LS of less than 6 bits fails with the number of bits")
    func jpegLSOfFiveBits() throws {
        var object = DICOMBytes.object(modality: "MR")
        object.describePixels("MONOCHROME2", columns: 12, rows: 9, allocated: 8, stored: 5)
        let hex =
            "ffd8fff7000b050009000c01011100ffda00080101000000008c03000363537890110902080403291423ff30b5"
            + "213b8265238100300c230138038f0004060c0086779c02071e4500c094fc09bb91605aa904cbec50f567ef04d9"
            + "a49627f8ffd9"
        let error = #expect(throws: IngestionError.self) {
            try Self.load(Self.compressed(object, hex, syntax: "1.2.840.10008.1.2.4.80"))
        }
        #expect(
            error?.reason.contains("JPEG-LS of 5 bits a sample, expected 6 to 16") == true, "\(error?.reason ?? "")")
    }

    // MARK: Bits Stored and the samples

    struct Bits: Sendable {
        var stored: Int
        var highBit: Int?
        var isSigned = false
        var samples: [UInt16]
        var values: [Double]
        var isCut: Bool
    }

    @Test(
        "Bits above and below Bits Stored are cut off, and a warning says so",
        arguments: [
            Bits(stored: 12, samples: [1, 0x0FFF], values: [1, 4095], isCut: false),
            Bits(stored: 12, samples: [1, 0x1001], values: [1, 1], isCut: true),
            Bits(stored: 4, samples: [13, 0x00FE], values: [13, 14], isCut: true),
            // A sign that is continued upwards, or is not, is no value.
            Bits(stored: 12, isSigned: true, samples: [0xFFFF, 0x0FFE], values: [-1, -2], isCut: false),
            // -3024 in 16 bits, which 12 do not hold.
            Bits(stored: 12, isSigned: true, samples: [0, 0xF430], values: [0, 0x430], isCut: true),
            Bits(stored: 16, samples: [0xFFFF, 0], values: [65535, 0], isCut: false),
            // High Bit above Bits Stored: the bits below are no part of a value either.
            Bits(stored: 12, highBit: 15, samples: [0x0010, 0xFFF0], values: [1, 4095], isCut: false),
            Bits(stored: 12, highBit: 15, samples: [0x0010, 0x0123], values: [1, 18], isCut: true),
            Bits(stored: 8, highBit: 11, isSigned: true, samples: [0x0FF0, 0x0011], values: [-1, 1], isCut: true),
        ])
    private func above(_ bits: Bits) throws {
        var object = DICOMBytes.object(modality: "MR")
        object.describePixels(
            "MONOCHROME2", columns: 2, rows: 1, stored: bits.stored, highBit: bits.highBit, isSigned: bits.isSigned)
        object.words(0x7FE0_0010, "OW", bits.samples)
        let (_, values, findings) = try Self.load(object.file())
        #expect(values == bits.values)
        let warnings = Self.warnings(findings)
        #expect(warnings.count == (bits.isCut ? 1 : 0), "\(warnings)")
        #expect(warnings.allSatisfy { $0.contains("beyond Bits Stored, \(bits.stored)") })
    }

    @Test("An overlay in the bits above is no damage")
    func overlay() throws {
        var object = DICOMBytes.object(modality: "MR")
        object.describePixels("MONOCHROME2", columns: 2, rows: 1, stored: 12)
        object.words(0x6000_0100, "US", [16])
        object.words(0x6000_0102, "US", [12])
        object.words(0x7FE0_0010, "OW", [5, 0x1007])
        let (_, values, findings) = try Self.load(object.file())
        #expect(values == [5, 7])
        #expect(Self.warnings(findings) == [])
    }

    /// 8 x 4 samples of 16 bits, 100 x + 1000 y, by OpenJPEG 2.5.
    private static let sixteenBits =
        "ff4fff5100290000000000080000000400000000000000000000000800000004000000000000000000010f0101"
        + "ff52000c00000001000004040001ff5c00044080ff640025000143726561746564206279204f70656e4a504547"
        + "2076657273696f6e20322e352e34ff90000a0000000000470001ff93dff891a8121dd84c60a95c9cab37826256"
        + "d5150008e25027e209994b9c035fa0dc929fb54dc28ca45b08b77129fb279a626f2026f9be700c47ffd900"

    @Test("A JPEG 2000 codestream of other bits than Bits Stored has a warning", arguments: [(16, 0), (12, 1), (4, 2)])
    func jpeg2000(_ stored: Int, _ count: Int) throws {
        var object = DICOMBytes.object(modality: "MR")
        object.describePixels("MONOCHROME2", columns: 8, rows: 4, stored: stored)
        let bytes = Self.compressed(object, Self.sixteenBits, syntax: "1.2.840.10008.1.2.4.90")
        let (image, values, findings) = try Self.load(bytes)
        let mask = (1 << stored) - 1
        #expect(values == (0..<32).map { Double((100 * ($0 % 8) + 1000 * ($0 / 8)) & mask) })
        // Also what the samples have beyond is told where they have it.
        #expect(Self.warnings(findings).count == count, "\(findings)")
        #expect(image.findings.contains { $0.text.contains("codestream has 16 bits") } == (count > 0))
    }

    // MARK: Rescale

    @Test(
        "Half a rescale is applied, and a note says what was taken for the rest",
        arguments: [
            ("-1024", nil, -1000, true), (nil, "2", 48, true), ("-1024", "2", -976, false), ("0", nil, 24, false),
            (nil, nil, 24, false),
        ] as [(String?, String?, Double, Bool)])
    func halfARescale(_ intercept: String?, _ slope: String?, _ value: Double, _ isNoted: Bool) throws {
        var object = DICOMBytes.object(modality: "CT")
        object.describePixels("MONOCHROME2", columns: 1, rows: 1)
        if let intercept { object.text(0x0028_1052, "DS", intercept) }
        if let slope { object.text(0x0028_1053, "DS", slope) }
        object.words(0x7FE0_0010, "OW", [24])
        let (_, values, findings) = try Self.load(object.file())
        #expect(values == [value])
        #expect(findings.contains { $0.severity == .note && $0.text.contains(" without Rescale ") } == isNoted)
    }

    // MARK: Pixel spacing

    @Test("A pixel spacing of zero is as if it were not there", arguments: ["0\\0", "0.000\\0.5", "0.5\\0"])
    func zeroSpacing(_ spacing: String) throws {
        for (imager, expected) in [("0.25\\0.5", SIMD3<Double>(0.5, 0.25, 1)), ("0\\0", [1, 1, 1])] {
            var object = DICOMBytes.object(modality: "CR")
            object.text(0x0018_1164, "DS", imager)
            object.describePixels("MONOCHROME2", columns: 1, rows: 1)
            object.text(0x0028_0030, "DS", spacing)
            object.words(0x7FE0_0010, "OW", [24])
            let (image, values, findings) = try Self.load(object.file())
            #expect(values == [24] && image.geometry.spacing == expected)
            #expect(
                findings.contains { $0.severity == .note && $0.text.hasPrefix("Pixel Spacing is 0") }, "\(findings)")
        }
    }
}
