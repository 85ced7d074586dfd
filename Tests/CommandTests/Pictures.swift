import Foundation
import Ingestion
import PNG

extension Scratch {
    /// Writes `NAME.png`, row by row.
    func picture(_ name: String, width: Int, _ pixels: [UInt8]) throws {
        try PNGWriter.write(grey: pixels, width: width, height: pixels.count / width, to: path(name + ".png"))
    }

    /// The same with 16 bits a pixel.
    func picture(_ name: String, width: Int, words pixels: [UInt16]) throws {
        try PNGWriter.write(grey: pixels, width: width, height: pixels.count / width, to: path(name + ".png"))
    }

    /// Writes `NAME.dcm`: one slice of 32-bit floats (Parametric Map's Float Pixel Data, PS3.3 C.7.6.24) with square
    /// pixels of 1 mm.
    func floatImage(_ name: String, width: Int, _ values: [Float]) throws {
        var file = Data(count: 128) + Data("DICM".utf8)
        var meta = Data()
        meta.element(0x0002_0001, "OB", Data([0, 1]))
        meta.element(0x0002_0002, "UI", "1.2.840.10008.5.1.4.1.1.30")
        meta.element(0x0002_0003, "UI", "2.25.7001")
        meta.element(0x0002_0010, "UI", "1.2.840.10008.1.2.1")
        file.element(0x0002_0000, "UL", Data(UInt32(meta.count).bytes))
        file += meta
        file.element(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.30")
        file.element(0x0008_0018, "UI", "2.25.7001")
        file.element(0x0008_0060, "CS", "MR")
        file.element(0x0020_000D, "UI", "2.25.7002")
        file.element(0x0020_000E, "UI", "2.25.7003")
        file.element(0x0020_0032, "DS", "0\\0\\0")
        file.element(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0")
        file.element(0x0028_0002, "US", Data(UInt16(1).bytes))
        file.element(0x0028_0004, "CS", "MONOCHROME2")
        file.element(0x0028_0010, "US", Data(UInt16(values.count / width).bytes))
        file.element(0x0028_0011, "US", Data(UInt16(width).bytes))
        file.element(0x0028_0030, "DS", "1\\1")
        file.element(0x0028_0100, "US", Data(UInt16(32).bytes))
        file.element(0x7FE0_0008, "OF", values.reduce(into: Data()) { $0 += $1.bitPattern.bytes })
        try file.write(to: folder.appendingPathComponent(name + ".dcm"))
    }
}

extension FixedWidthInteger {
    fileprivate var bytes: [UInt8] { withUnsafeBytes(of: littleEndian, Array.init) }
}

extension Data {
    /// Explicit little endian.
    fileprivate mutating func element(_ tag: UInt32, _ representation: String, _ value: Data) {
        self += UInt16(tag >> 16).bytes + UInt16(tag & 0xFFFF).bytes + Array(representation.utf8)
        let isLong = ["OB", "OF", "OW"].contains(representation)
        self += isLong ? [0, 0] + UInt32(value.count).bytes : UInt16(value.count).bytes
        self += value
    }

    fileprivate mutating func element(_ tag: UInt32, _ representation: String, _ text: String) {
        let isEven = text.utf8.count % 2 == 0
        element(tag, representation, Data(text.utf8) + (isEven ? [] : [representation == "UI" ? 0 : 0x20]))
    }
}
