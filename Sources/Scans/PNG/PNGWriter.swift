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

    private static func write<Sample: FixedWidthInteger>(
        _ pixels: [Sample], width: Int, height: Int, samples: Int, bitDepth: UInt32, to path: String
    ) throws {
        precondition(
            width > 0 && height > 0 && width <= Int(Int32.max) && height <= Int(Int32.max)
                && pixels.count == width * height * samples,
            "\(pixels.count) samples for \(width) × \(height) pixels of \(samples)"
        )
        try writeWholeFile(at: path) { temporary in
            var problem = CPngError()
            let written = pixels.withUnsafeBytes {
                cpng_write(
                    temporary,
                    $0.baseAddress,
                    UInt32(width),
                    UInt32(height),
                    UInt32(samples),
                    bitDepth,
                    &problem
                )
            }
            guard written else {
                throw FileWritingError(path: path, reason: problem.sentence)
            }
        }
    }
}
