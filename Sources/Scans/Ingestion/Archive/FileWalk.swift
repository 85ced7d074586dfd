import Files
import Glibc

/// Finds the regular files under paths: recursively, each folder once however links lead to it, hidden ones left out,
/// in an order that does not depend on the file system. What cannot be looked at below a path that the user named is
/// listed with its reason, and the walk goes on.
struct FileWalk {
    private(set) var files: [String] = []
    /// Those of the files that the user named, not a folder of theirs.
    private(set) var named: Set<String> = []
    private(set) var skipped: [SkippedFile] = []
    private var visited: Set<FileIdentity> = []
    private var seen: Set<SeenFile> = []

    init(under paths: [String]) throws(IngestionError) {
        for path in paths {
            switch Self.entry(at: path) {
            case .file(let identity):
                named.insert(path)
                add(path, identity)
            case .folder(let identity): try walk(path, identity)
            case .fault(let error): throw error
            }
        }
    }

    /// Adds files that are known to be wanted, such as those that an index lists, where they are not there already.
    ///
    /// - Returns: those that were added.
    mutating func add(_ paths: [String]) -> ArraySlice<String> {
        let before = files.count
        for path in paths {
            switch Self.entry(at: path) {
            case .file(let identity): add(path, identity)
            case .folder: skipped.append(SkippedFile(path: path, reason: "found a folder, expected a file"))
            case .fault(let error): skipped.append(SkippedFile(error, at: path))
            }
        }
        return files[before...]
    }

    /// One file may be reached by several paths; the first stays. What may be a label image is known by its name as well, for
    /// one mask may be linked beside many images.
    private mutating func add(_ path: String, _ identity: FileIdentity) {
        let file = FileName(path)
        let name = MaskFileName.isOfLabelImage(path) ? String(file.name) : ""
        if seen.insert(SeenFile(identity: identity, name: name)).inserted { files.append(path) }
    }

    private struct SeenFile: Hashable {
        var identity: FileIdentity
        var name: String
    }

    private enum Entry {
        case file(FileIdentity)
        case folder(FileIdentity)
        /// Nothing, or nothing that may be opened.
        case fault(IngestionError)
    }

    private static func entry(at path: String) -> Entry {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let error = SystemError.current
            guard [ENOENT, ENOTDIR].contains(error.code) else {
                // A link that leads to itself, a folder that may not be looked into.
                return .fault(.unreadable(path: path, reason: error.description))
            }
            return .fault(lstat(path, &status) == 0 ? .brokenLink(path: path) : .notFound(path: path))
        }
        // Opening a pipe, a socket or a device could wait for ever.
        let found: String
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file(FileIdentity(status))
        case S_IFDIR: return .folder(FileIdentity(status))
        case S_IFIFO: found = "a pipe"
        case S_IFSOCK: found = "a socket"
        default: found = "a device"
        }
        return .fault(.unreadable(path: path, reason: "found \(found), expected a file or a folder"))
    }

    /// Throws for `folder` itself only.
    private mutating func walk(_ folder: String, _ identity: FileIdentity) throws(IngestionError) {
        guard visited.insert(identity).inserted else { return }
        let base = folder.hasSuffix("/") ? folder : folder + "/"
        for name in try names(in: folder, base) {
            let path = base + name
            switch Self.entry(at: path) {
            case .file(let identity): add(path, identity)
            case .folder(let identity):
                do throws(IngestionError) {
                    try walk(path, identity)
                } catch {
                    skipped.append(SkippedFile(error, at: path))
                }
            case .fault(let error): skipped.append(SkippedFile(error, at: path))
            }
        }
    }

    private mutating func names(in folder: String, _ base: String) throws(IngestionError) -> [String] {
        guard let stream = opendir(folder) else {
            throw .unreadable(path: folder, reason: SystemError.last)
        }
        defer { closedir(stream) }
        var (names, foreign): ([String], [String]) = ([], [])
        while let entry = readdir(stream) {
            let (name, isUTF8) = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) {
                    (String(cString: $0), String(validatingCString: $0) != nil)
                }
            }
            if name.hasPrefix(".") || FileKind.isSystemName(name) { continue }
            if isUTF8 {
                names.append(name)
            } else {
                foreign.append(name)
            }
        }
        // Paths are text from here on, so such a name would not lead back to its file.
        for name in foreign.sorted() {
            let reason = "found a name that is no UTF-8 (shown with \u{FFFD}), expected UTF-8; rename it"
            skipped.append(SkippedFile(path: base + name, reason: reason))
        }
        return names.sorted()
    }
}
