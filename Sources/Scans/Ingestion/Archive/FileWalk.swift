import Files
import Glibc

/// Finds the regular files under paths: recursively, each folder once however links lead to it, hidden ones left out,
/// in an order that does not depend on the file system. What cannot be looked at below a path that the user named is
/// listed with its reason, and the walk goes on.
struct FileWalk {
    private(set) var files: [String] = []
    private(set) var skipped: [SkippedFile] = []
    private var visited: Set<Identity> = []
    private var seen: Set<Identity> = []

    init(under paths: [String]) throws(IngestionError) {
        for path in paths {
            guard let kind = Self.kind(of: path) else {
                // A path that is there and cannot be looked at is another fault than one that is not.
                throw errno == ENOENT || errno == ENOTDIR
                    ? .notFound(path: path) : .unreadable(path: path, reason: String(cString: strerror(errno)))
            }
            switch kind {
            case .file(let identity): add(path, identity)
            case .folder(let identity): try walk(path, identity)
            case .other: throw .unreadable(path: path, reason: "neither a file nor a folder")
            }
        }
    }

    /// One file may be reached by several paths; the first stays. A PNG is known by its name as well, for one mask may
    /// be linked beside many images.
    private mutating func add(_ path: String, _ identity: Identity) {
        var identity = identity
        let file = FileName(path)
        if file.ends(in: ".png") { identity.name = String(file.name) }
        if seen.insert(identity).inserted { files.append(path) }
    }

    private struct Identity: Hashable {
        var device: UInt
        var node: UInt
        var name = ""
    }

    private enum Kind {
        case file(Identity)
        case folder(Identity)
        /// A pipe, socket or device: opening it could wait for ever.
        case other
    }

    private static func kind(of path: String) -> Kind? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let identity = Identity(device: UInt(status.st_dev), node: UInt(status.st_ino))
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file(identity)
        case S_IFDIR: return .folder(identity)
        default: return .other
        }
    }

    /// Throws for `folder` itself only.
    private mutating func walk(_ folder: String, _ identity: Identity) throws(IngestionError) {
        guard visited.insert(identity).inserted else { return }
        let base = folder.hasSuffix("/") ? folder : folder + "/"
        for name in try names(in: folder, base) {
            let path = base + name
            switch Self.kind(of: path) {
            case .file(let identity): add(path, identity)
            case .folder(let identity):
                do throws(IngestionError) {
                    try walk(path, identity)
                } catch {
                    skipped.append(SkippedFile(path: path, reason: error.reason))
                }
            case .other: continue
            case nil:
                // A link to nothing is left out: there is no file.
                guard errno != ENOENT else { continue }
                let reason = IngestionError.unreadable(path: path, reason: String(cString: strerror(errno))).reason
                skipped.append(SkippedFile(path: path, reason: reason))
            }
        }
    }

    private mutating func names(in folder: String, _ base: String) throws(IngestionError) -> [String] {
        guard let stream = opendir(folder) else {
            throw .unreadable(path: folder, reason: String(cString: strerror(errno)))
        }
        defer { closedir(stream) }
        var (names, foreign): ([String], [String]) = ([], [])
        while let entry = readdir(stream) {
            let (name, isUTF8) = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) {
                    (String(cString: $0), String(validatingCString: $0) != nil)
                }
            }
            if name.hasPrefix(".") { continue }
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
