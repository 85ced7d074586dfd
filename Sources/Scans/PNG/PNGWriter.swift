import CPNG
import Files

/// Writes grey PNG files: stored values exactly, no ancillary chunks, so the same pixels give the same bytes.
public enum PNGWriter {
    /// `pixels` row by row from the top, `width` × `height` of them; 8 bits per pixel.
    /// - Throws: ``FileWritingError``; the file appears whole or not at all.
    public static func write(grey pixels: [UInt8], width: Int, height: Int, to path: String) throws {
        try write(pixels, width: width, height: height, samples: 1, bitDepth: 8, to: path)
    }

    /// The same with 16 bits per pixel.
    public static func write(grey pixels: [UInt16], width: Int, height: Int, to path: String) throws {
        try write(pixels, width: width, height: height, samples: 1, bitDepth: 16, to: path)
    }

    /// Red, green and blue of each pixel together; `3 × width × height` bytes.
    public static func write(rgb samples: [UInt8], width: Int, height: Int, to path: String) throws {
        try write(samples, width: width, height: height, samples: 3, bitDepth: 8, to: path)
    }

    /// The bytes of the same files, for a picture inside a page.
    /// - Throws: ``PNGEncodingError``
    public static func encoded(grey pixels: [UInt8], width: Int, height: Int) throws(PNGEncodingError) -> [UInt8] {
        try encoded(pixels, width: width, height: height, samples: 1)
    }

    public static func encoded(rgb samples: [UInt8], width: Int, height: Int) throws(PNGEncodingError) -> [UInt8] {
        try encoded(samples, width: width, height: height, samples: 3)
    }

    private static func encoded(
        _ pixels: [UInt8], width: Int, height: Int, samples: Int
    ) throws(PNGEncodingError) -> [UInt8] {
        check(pixels.count, width: width, height: height, samples: samples)
        var problem = CPngError()
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        let isEncoded = pixels.withUnsafeBytes {
            cpng_write_memory(
                $0.baseAddress, UInt32(width), UInt32(height), UInt32(samples), 8, &bytes, &count, &problem)
        }
        defer { cpng_free(bytes) }
        guard isEncoded else { throw PNGEncodingError(reason: problem.sentence) }
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    private static func check(_ count: Int, width: Int, height: Int, samples: Int) {
        precondition(
            width > 0 && height > 0 && width <= Int(Int32.max) && height <= Int(Int32.max)
                && count == width * height * samples,
            "\(count) samples for \(width) × \(height) pixels of \(samples)")
    }

    private static func write<Sample: FixedWidthInteger>(
        _ pixels: [Sample], width: Int, height: Int, samples: Int, bitDepth: UInt32, to path: String
    ) throws {
        check(pixels.count, width: width, height: height, samples: samples)
        try writeWholeFile(at: path) { temporary in
            var problem = CPngError()
            let isWritten = pixels.withUnsafeBytes {
                cpng_write(
                    temporary, $0.baseAddress, UInt32(width), UInt32(height), UInt32(samples), bitDepth, &problem)
            }
            guard isWritten else { throw FileWritingError(path: path, reason: problem.sentence) }
        }
    }
}

/// A picture that libpng does not encode: it is too large, or memory is short.
public struct PNGEncodingError: Error, Hashable, Sendable, CustomStringConvertible {
    public var reason: String

    public var description: String { "the picture cannot be encoded as PNG: \(reason)" }
}
