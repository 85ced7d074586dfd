import Figures
import Foundation
import PNG
import Testing

@Suite struct InlinePictureTests {
    @Test func aPictureInAPageHasTheBytesOfItsFile() throws {
        let path = NSTemporaryDirectory() + "weft-inline-\(UUID().uuidString).png"
        defer { unlink(path) }
        let rgb = (0..<3 * 60 * 50).map { UInt8($0 * 7 % 256) }
        try PNGWriter.write(rgb: rgb, width: 60, height: 50, to: path)
        let file = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(
            try InlinePicture.source(rgb: rgb, width: 60, height: 50)
                == "data:image/png;base64," + file.base64EncodedString())
        let grey = Array(rgb.prefix(3000))
        try PNGWriter.write(grey: grey, width: 60, height: 50, to: path)
        #expect(
            try PNGWriter.encoded(grey: grey, width: 60, height: 50)
                == Array(try Data(contentsOf: URL(fileURLWithPath: path))))
    }
}
