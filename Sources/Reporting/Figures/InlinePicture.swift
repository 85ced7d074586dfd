import Foundation
import PNG

/// A PNG inside a page.
package enum InlinePicture {
    /// `data:image/png;base64,…` of red, green and blue, `3 · width · height` bytes.
    package static func dataURI(rgb samples: [UInt8], width: Int, height: Int) throws -> String {
        // The encoder writes files; this one never has a name that anybody sees.
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("weft-\(UUID().uuidString).png").path
        try PNGWriter.write(rgb: samples, width: width, height: height, to: path)
        defer { unlink(path) }
        return "data:image/png;base64," + (try Data(contentsOf: URL(fileURLWithPath: path))).base64EncodedString()
    }
}
