import DICOM
import Imaging
import Ingestion
import TestSupport
import Testing

/// libjpeg goes on after damage and makes up the rest of a frame; that it did so is told by words in what DCMTK passes on. With
/// another DCMTK than 3.6.7 these words may be others: then frames that are made up would be taken for whole.
@Suite struct JPEGDamageTests {
    /// 32 x 32 samples of 8 bits, lossless (process 14, selection value 1), (7 x + 5 y) mod 256, by DCMTK 3.6.7.
    private static let codestream = DICOMBytes.bytes(
        hexadecimal:
            "ffd8ffe000104a46494600010100000100010000ffc3000b080020002001011100ffc40015000101000000000000000000000000"
            + "00000308ffda00080101000100009fdddddddddddddddddddddddddddddddd5ddddddddddddddddddddddddddddddd5ddddddddd"
            + "dddddddddddddddddddddd5ddddddddddddddddddddddddddddddd5ddddddddddddddddddddddddddddddd5ddddddddddddddddd"
            + "dddddddddddddd5ddddddddddddddddddddddddddddddd5ddddddddddddddddddddddddddddddd5ddddddddddddddddddddddddd"
            + "dddde0657777777777777777777777777777778195dddddddddddddddddddddddddddde067577777777777777777777777777778"
            + "19dd5dddddddddddddddddddddddddde067775777777777777777777777777777819ddd5ddddddddddddddddddddddddde067777"
            + "57777777777777777777777777819ddddd5dddddddddddddddddddddddde06777775777777777777777777777777819dddddd5dd"
            + "dddddddddddddddddddde06777777757777777777777777777777819dddddddd5ddddddddddddddddddddde06777777775777777"
            + "777777777777777819ddddddddd5ddddddddddddddddddde067777777777577777777777777777777819dddddddddd5ddddddddd"
            + "ddddddddde06777777777775777777777777777777819dddddddddddd5dddddddddddddddde06777777777777757777777777777"
            + "7777819ddddddddddddd5ddddddddddddddde06777777777777775777777777777777819ddddddddddddddd5dddddddddddddde0"
            + "6777777777777777577777777777777819dddddddddddddddfffffd9")

    private func values(_ codestream: [UInt8]) throws -> [Double] {
        var object = DICOMBytes.object(modality: "OT")
        object.describePixels("MONOCHROME2", columns: 32, rows: 32, allocated: 8, stored: 8)
        let bytes = object.file(frames: [codestream], transferSyntax: "1.2.840.10008.1.2.4.70")
        return try withTemporaryFile(bytes) { path in
            let image = try #require(Archive.scan([path], jobs: 1).images.first)
            let volume = try image.load(jobs: 1)
            return (0..<volume.values.count).map { volume.values[$0] }
        }
    }

    @Test("a whole stream gives what was coded")
    func whole() throws {
        let expected = (0..<1024).map { pixel -> Double in
            let (x, y) = (pixel % 32, pixel / 32)
            return Double((7 * x + 5 * y) % 256)
        }
        #expect(try values(Self.codestream) == expected)
    }

    @Test("a stream that ends early is damaged, as DCMTK 3.6.7 tells it", arguments: [120, 300, 560])
    func cutOff(length: Int) throws {
        let error = #expect(throws: IngestionError.self) { try values(Array(Self.codestream.prefix(length))) }
        let reason = error?.reason ?? ""
        #expect(reason.contains("is damaged: it ends before its last pixel"), "\(reason)")
    }

    @Test("a stream with other bytes in the middle is damaged, in DCMTK 3.6.7's words")
    func overwritten() throws {
        var stream = Self.codestream
        // A marker that is no restart where samples are expected.
        stream.replaceSubrange(300..<304, with: [0xff, 0xd9, 0x12, 0x34])
        let error = #expect(throws: IngestionError.self) { try values(stream) }
        #expect(error?.reason.contains("JPEG") == true, "\(error?.reason ?? "")")
        stream = Self.codestream
        for at in 200..<260 { stream[at] = 0xfe }
        let bad = #expect(throws: IngestionError.self) { try values(stream) }
        #expect(bad?.reason.contains("Corrupt JPEG data") == true, "\(bad?.reason ?? "")")
    }
}
