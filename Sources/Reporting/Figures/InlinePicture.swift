import Foundation
import PNG

/// A picture inside a page, as `data:image/png;base64,…`.
public enum InlinePicture {
    /// - Parameter samples: red, green and blue of each pixel together, `3 × width × height` of them.
    public static func source(rgb samples: [UInt8], width: Int, height: Int) throws(PNGEncodingError) -> String {
        source(png: try PNGWriter.encoded(rgb: samples, width: width, height: height))
    }

    /// - Parameter pixels: row by row from the top, `width × height` of them.
    public static func source(grey pixels: [UInt8], width: Int, height: Int) throws(PNGEncodingError) -> String {
        source(png: try PNGWriter.encoded(grey: pixels, width: width, height: height))
    }

    private static func source(png: [UInt8]) -> String { "data:image/png;base64," + Data(png).base64EncodedString() }
}
