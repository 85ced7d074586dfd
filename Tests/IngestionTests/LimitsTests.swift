import DICOM
import Foundation
import Ingestion
import PNG
import TestSupport
import Testing

/// What a few bytes claim is refused before memory is taken for it.
@Suite struct LimitsTests {
    /// Signature and header of a PNG, and no pixels.
    private func header(width: UInt32, height: UInt32, depth: UInt8, colours: UInt8) -> [UInt8] {
        PNGChunks.signature + PNGChunks.header(width: width, height: height, depth: depth, colours: colours)
            // As many bytes as the pixels could be deflated to.
            + PNGChunks.chunk("IDAT", [UInt8](repeating: 0, count: 3_000_000)) + PNGChunks.chunk("IEND", [])
    }

    @Test(
        "a PNG of more pixels than can be worked on",
        arguments: [
            (12_000, 12_000, 16, 6), (100_000, 20_000, 1, 0), (1_000_000, 1000, 8, 0), (20_000, 20_000, 8, 2),
        ] as [(UInt32, UInt32, UInt8, UInt8)])
    func largePNG(width: UInt32, height: UInt32, depth: UInt8, colours: UInt8) throws {
        try withTemporaryFile(header(width: width, height: height, depth: depth, colours: colours)) { path in
            let error = #expect(throws: PNGError.self) { try PNGFile(path: path) }
            guard case .tooLarge(_, let found) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(found.contains("claims \(width) x \(height) pixels") && found.contains("expected at most"))
        }
    }

    @Test("a large radiograph is none of them")
    func usualPNG() throws {
        try withTemporaryFile(header(width: 8000, height: 8000, depth: 16, colours: 0)) { path in
            let file = try PNGFile(path: path)
            #expect(file.layout.width == 8000)
        }
    }

    /// A deflated data set with so many zeros in a private element, by DEFLATE's fixed codes (RFC 1951, 3.2.6): a byte, then
    /// matches of 258 bytes at distance 1.
    private func deflated(zeros: Int) -> [UInt8] {
        var object = DICOMBytes.object(modality: "OT")
        object.add(0x0009_1001, "OB", [])
        var head = object.bytes
        let length = UInt32(1 + zeros / 258 * 258 + 1) & ~1
        head.replaceSubrange(
            head.count - 4..<head.count, with: (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * UInt32($0))) })
        var stream: [UInt8] = [0]
        stream.append(contentsOf: [UInt8(truncatingIfNeeded: head.count), UInt8(truncatingIfNeeded: head.count >> 8)])
        stream += [UInt8(truncatingIfNeeded: ~head.count), UInt8(truncatingIfNeeded: ~head.count >> 8)] + head
        var (bits, count): (UInt64, UInt64) = (0, 0)
        func put(_ value: UInt64, _ width: UInt64) {
            bits |= value << count
            count += width
            while count >= 8 {
                stream.append(UInt8(truncatingIfNeeded: bits))
                bits >>= 8
                count -= 8
            }
        }
        put(0b011, 3)  // the last block, fixed codes
        put(0b0000_1100, 8)  // literal 0: 00110000, its highest bit first
        for _ in 0..<zeros / 258 {
            put(0b10_100_011, 8)
            put(0, 5)
        }  // length 258: 11000101; distance 1: 00000
        put(0b0000_1100, 8)
        put(0, 7)
        put(0, 7)
        return DICOMBytes().file(transferSyntax: "1.2.840.10008.1.2.1.99") + stream
    }

    @Test("a deflated data set that inflates without end, and one that does not")
    func deflateBomb() throws {
        try withTemporaryFile(deflated(zeros: 400 << 20)) { path in
            let error = #expect(throws: DICOMError.self) { try DICOMFile(path: path) }
            #expect(error?.reason.contains("inflates to more than 268435456 bytes") == true, "\(error?.reason ?? "")")
        }
        try withTemporaryFile(deflated(zeros: 4 << 20)) { path in
            let file = try DICOMFile(path: path)
            #expect(file.string(.modality) == "OT")
        }
    }
}
