import Foundation

/// Paths as a user gave them, compared part by part; nothing is looked up but in ``absolute(_:)``.
package enum InputPath {
    package static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }

    /// `path` as seen from the folder `root`; its last component when `root` is the path itself.
    package static func relative(_ path: String, to root: String) -> String {
        let (parts, above) = (components(path), components(root))
        guard parts.starts(with: above), parts.count > above.count else { return parts.last.map(String.init) ?? path }
        return parts[above.count...].joined(separator: "/")
    }

    /// The longest of the inputs that a path lies under.
    package static func root(of path: String, among inputs: [String]) -> String {
        let parts = components(path)
        return inputs.filter { parts.starts(with: components($0)) }.max { $0.count < $1.count } ?? path
    }

    private static func components(_ path: String) -> [Substring] {
        path.split(separator: "/").filter { $0 != "." }
    }
}
