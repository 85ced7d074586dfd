import Foundation

/// A DICOM file in explicit little endian, put together element by element, so that a test's input is in the test.
package struct DICOMBytes {
    package private(set) var bytes: [UInt8] = []

    package init(_ fill: (inout DICOMBytes) -> Void = { _ in }) { fill(&self) }

    /// How an element says what it is (PS3.5 7.1).
    package enum Coding { case explicitVR, implicitVR }

    /// Elements must come in the order of their tags.
    package mutating func add(_ tag: UInt32, _ vr: String, _ content: [UInt8], as coding: Coding = .explicitVR) {
        let isZeroPadded = ["UI", "UN"].contains(vr) || vr.hasPrefix("O")
        let padded = content.count % 2 == 0 ? content : content + [isZeroPadded ? 0 : 32]
        append16(UInt16(tag >> 16))
        append16(UInt16(tag & 0xffff))
        if coding == .implicitVR {
            append32(UInt32(padded.count))
            bytes += padded
            return
        }
        bytes += Array(vr.utf8)
        if ["OB", "OW", "OF", "OD", "SQ", "UN"].contains(vr) {
            append16(0)
            append32(UInt32(padded.count))
        } else {
            append16(UInt16(padded.count))
        }
        bytes += padded
    }

    package mutating func text(_ tag: UInt32, _ vr: String, _ text: String) { add(tag, vr, Array(text.utf8)) }
    package mutating func words(_ tag: UInt32, _ vr: String, _ words: [UInt16]) {
        add(tag, vr, words.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
    }

    /// `vr` is SQ, or UN as some writers have it.
    package mutating func sequence(
        _ tag: UInt32, _ items: [DICOMBytes], vr: String = "SQ", as coding: Coding = .explicitVR
    ) {
        var content = DICOMBytes()
        for item in items {
            content.append16(0xfffe)
            content.append16(0xe000)
            content.append32(UInt32(item.bytes.count))
            content.bytes += item.bytes
        }
        add(tag, vr, content.bytes, as: coding)
    }

    private mutating func append16(_ value: UInt16) { bytes += [UInt8(value & 255), UInt8(value >> 8)] }
    private mutating func append32(_ value: UInt32) {
        append16(UInt16(value & 0xffff))
        append16(UInt16(value >> 16))
    }

    /// Preamble, meta information and this data set.
    package func file(
        transferSyntax: String = "1.2.840.10008.1.2.1", sopClass: String = "1.2.840.10008.5.1.4.1.1.7"
    ) -> [UInt8] {
        var meta = DICOMBytes()
        meta.add(0x0002_0001, "OB", [0, 1])
        meta.text(0x0002_0002, "UI", sopClass)
        meta.text(0x0002_0003, "UI", "1.2.3.4")
        meta.text(0x0002_0010, "UI", transferSyntax)
        meta.text(0x0002_0012, "UI", "1.2.3")
        var head = DICOMBytes()
        let length = UInt32(meta.bytes.count)
        head.words(0x0002_0000, "UL", [UInt16(length & 0xffff), UInt16(length >> 16)])
        return [UInt8](repeating: 0, count: 128) + Array("DICM".utf8) + head.bytes + meta.bytes + bytes
    }

    /// The same with Pixel Data of undefined length: an empty table of offsets, then an item for each frame (PS3.5 A.4).
    package func file(
        frames: [[UInt8]], transferSyntax: String, sopClass: String = "1.2.840.10008.5.1.4.1.1.7"
    ) -> [UInt8] {
        var content = DICOMBytes()
        for frame in [[]] + frames {
            content.append16(0xfffe)
            content.append16(0xe000)
            content.append32(UInt32((frame.count + 1) & ~1))
            content.bytes += frame + (frame.count % 2 == 0 ? [] : [0])
        }
        return file(transferSyntax: transferSyntax, sopClass: sopClass)
            + [0xe0, 0x7f, 0x10, 0] + Array("OB".utf8) + [0, 0, 255, 255, 255, 255] + content.bytes
            + [0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]
    }

    /// Bytes from their digits.
    package static func bytes(hexadecimal text: String) -> [UInt8] {
        let digits = Array(text.filter { $0 != " " })
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }

    /// The start of an object: identity, and what comes before the pixel description.
    package static func object(modality: String, between: (inout DICOMBytes) -> Void = { _ in }) -> DICOMBytes {
        var object = DICOMBytes()
        object.text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.7")
        object.text(0x0008_0018, "UI", "1.2.3.4")
        object.text(0x0008_0060, "CS", modality)
        between(&object)
        return object
    }

    /// Rows, columns and bits, and perhaps Pixel Spacing.
    package mutating func describePixels(
        _ photometric: String,
        columns: Int,
        rows: Int,
        frames: Int = 1,
        samples: Int = 1,
        allocated: Int = 16,
        stored: Int = 16,
        highBit: Int? = nil,
        isSigned: Bool = false,
        spacing: String? = nil
    ) {
        words(0x0028_0002, "US", [UInt16(samples)])
        text(0x0028_0004, "CS", photometric)
        if samples > 1 { words(0x0028_0006, "US", [0]) }
        text(0x0028_0008, "IS", "\(frames)")
        words(0x0028_0010, "US", [UInt16(rows)])
        words(0x0028_0011, "US", [UInt16(columns)])
        if let spacing { text(0x0028_0030, "DS", spacing) }
        words(0x0028_0100, "US", [UInt16(allocated)])
        words(0x0028_0101, "US", [UInt16(stored)])
        words(0x0028_0102, "US", [UInt16(highBit ?? stored - 1)])
        words(0x0028_0103, "US", [isSigned ? 1 : 0])
    }
}

package func withTemporaryFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("weft-\(UUID().uuidString).dcm")
    try Data(bytes).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url.path)
}
