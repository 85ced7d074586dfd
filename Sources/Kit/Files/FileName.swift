/// The parts of a path, as text: nothing is looked up in the file system.
package struct FileName: Hashable, Sendable {
    package let path: String
    /// Where the name starts, behind the last slash.
    private let start: String.Index
    /// Where the suffix starts, its dot included; the end when there is none.
    private let dot: String.Index

    package init(_ path: String) {
        self.path = path
        start = path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex
        let dot = path[start...].lastIndex(of: ".")
        // A hidden file's dot starts no suffix.
        self.dot = dot.flatMap { [start] in $0 == start ? nil : $0 } ?? path.endIndex
    }

    /// With its slash, so that folder and name together are the path; empty for a bare name.
    package var folder: Substring { path[..<start] }

    /// Without its folder.
    package var name: Substring { path[start...] }

    /// The name without its suffix.
    package var stem: Substring { path[start..<dot] }

    /// What follows the last dot of the name, the dot included; empty when there is none, and for `.hidden`.
    package var suffix: Substring { path[dot...] }

    /// The path without the name's suffix.
    package var pathWithoutSuffix: Substring { path[..<dot] }

    /// Whether the path ends in `ending`, which is given in lower case, in letters of either case.
    package func ends(in ending: String) -> Bool { path.lowercased().hasSuffix(ending) }

    /// Absolute, without empty parts, `.` and `..`; links are left as they are.
    package func absolute(in currentFolder: String) -> String {
        var parts: [Substring] = []
        let whole = path.hasPrefix("/") ? path : currentFolder + "/" + path
        for part in whole.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// The deepest folder that holds all the files, without its slash; `.` when they have none in common.
    package static func commonFolder(of paths: some Sequence<String>) -> String {
        var common: ArraySlice<Substring>?
        for path in paths {
            let folders = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            common = common.map { $0.prefix(zip($0, folders).prefix { $0 == $1 }.count) } ?? folders
        }
        let folder = (common ?? []).joined(separator: "/")
        return folder.isEmpty ? "." : folder
    }
}
