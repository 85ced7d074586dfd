import Files
import Foundation
import Imaging
import Ingestion
import PNG

/// A folder that goes away with the object.
package final class TemporaryFolder {
    package let path: String

    package init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("weft-\(UUID().uuidString)").path
        try makeFolder(at: path)
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch { print("cannot remove \(path): \(error)") }
    }

    package subscript(name: String) -> String { path + "/" + name }
}

/// PNGs of textured squares in class folders, as ImageFolder trees have them.
package struct TestArchive {
    package let folder: TemporaryFolder

    package init(images: Int, side: Int = 40, classes: [String] = ["benign", "malignant"]) throws {
        folder = try TemporaryFolder()
        for name in classes { try makeFolder(at: folder[name]) }
        for index in 0..<images {
            let pixels = (0..<side * side).map { pixel -> UInt8 in
                let (x, y) = (pixel % side, pixel / side)
                return UInt8(truncatingIfNeeded: x &* (index + 3) &+ y &* (2 * index + 5) &+ (x &* y) % (index + 2))
            }
            try PNGWriter.write(grey: pixels, width: side, height: side, to: path(of: index, classes))
        }
    }

    private func path(of index: Int, _ classes: [String]) -> String {
        folder[classes[index % classes.count] + "/image\(index).png"]
    }

    package var classFolders: [String] { ["benign", "malignant"].map { folder[$0] } }
}
