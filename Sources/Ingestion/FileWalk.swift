import Glibc

/// Finds the regular files under paths: recursively, each folder once however links lead to it, hidden ones left out,
/// in an order that does not depend on the file system.
enum FileWalk {
    static func files(under paths: [String]) throws(IngestionError) -> [String] {
        var visited: Set<Identity> = []
        var seen: Set<String> = []
        var files: [String] = []
        for path in paths {
            guard let kind = kind(of: path) else {
                // A path that is there and cannot be looked at is another fault than one that is not.
                throw errno == ENOENT || errno == ENOTDIR
                    ? .notFound(path: path) : .unreadable(path: path, reason: String(cString: strerror(errno)))
            }
            switch kind {
            case .file: files.append(path)
            case .folder(let identity): try walk(path, identity, &visited, &files)
            case .other: throw .unreadable(path: path, reason: "neither a file nor a folder")
            }
        }
        return files.filter { seen.insert($0).inserted }
    }

    private struct Identity: Hashable {
        var device: UInt
        var node: UInt
    }

    private enum Kind {
        case file
        case folder(Identity)
        /// A pipe, socket or device: opening it could wait for ever.
        case other
    }

    private static func kind(of path: String) -> Kind? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .folder(Identity(device: UInt(status.st_dev), node: UInt(status.st_ino)))
        default: return .other
        }
    }

    private static func walk(
        _ folder: String,
        _ identity: Identity,
        _ visited: inout Set<Identity>,
        _ files: inout [String]
    ) throws(IngestionError) {
        guard visited.insert(identity).inserted else { return }
        let base = folder.hasSuffix("/") ? folder : folder + "/"
        for name in try names(in: folder) {
            // A link to nothing is left out: there is no file.
            switch kind(of: base + name) {
            case .file: files.append(base + name)
            case .folder(let identity): try walk(base + name, identity, &visited, &files)
            case .other, nil: continue
            }
        }
    }

    private static func names(in folder: String) throws(IngestionError) -> [String] {
        guard let stream = opendir(folder) else {
            throw .unreadable(path: folder, reason: String(cString: strerror(errno)))
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }
}
