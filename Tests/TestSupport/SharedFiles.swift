import Foundation

/// The evidence beside the checkout: `WEFT_SHARED`, by default `../shared`.
package enum SharedFiles {
    package static let root: URL = {
        let path = ProcessInfo.processInfo.environment["WEFT_SHARED"] ?? "../shared"
        return URL(fileURLWithPath: path, relativeTo: packageRoot).absoluteURL
    }()

    package static let packageRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    package static var exist: Bool { FileManager.default.fileExists(atPath: root.path) }

    /// For `.enabled(if:_:)` so that a user's clone says what it left out.
    package static let absence: String = "the folder of evidence is absent (set WEFT_SHARED)"

    package static func path(_ relative: String) -> String { root.appendingPathComponent(relative).path }
}
