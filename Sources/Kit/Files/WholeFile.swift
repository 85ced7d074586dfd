import Glibc

/// A file that could not be put in its place.
public struct FileWritingError: Error, Hashable, CustomStringConvertible {
    public var path: String
    public var reason: String

    public init(path: String, reason: String) {
        (self.path, self.reason) = (path, reason)
    }

    public var description: String { "\(path): cannot be written: \(reason)" }
}

/// Makes a file that appears whole or not at all: `write` fills a temporary name in the same folder, which is flushed
/// to disk and then renamed to `path` (an older file there is replaced). After a failure nothing is left behind.
public func writeWholeFile(at path: String, _ write: (_ temporaryPath: String) throws -> Void) throws {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { path[...$0] } ?? ""
    let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
    // The process and a random number tell concurrent writers apart.
    let temporary = "\(folder).\(name).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).part"
    do {
        try write(temporary)
        let descriptor = open(temporary, O_RDONLY)
        guard descriptor >= 0 else { throw FileWritingError(path: path, reason: SystemError.last) }
        let flushed = fsync(descriptor) == 0
        let reason = SystemError.last
        close(descriptor)
        guard flushed else { throw FileWritingError(path: path, reason: reason) }
        guard rename(temporary, path) == 0 else { throw FileWritingError(path: path, reason: SystemError.last) }
    } catch {
        unlink(temporary)
        throw error
    }
}

/// Makes a folder, and those above it, where there is none yet.
/// - Throws: ``FileWritingError`` with the system's reason.
public func makeFolder(at path: String) throws(FileWritingError) {
    guard mkdir(path, 0o777) != 0 else { return }
    let isParentAbsent = errno == ENOENT
    var reason = SystemError.last
    if isParentAbsent, let slash = path.dropLast().lastIndex(of: "/"), slash != path.startIndex {
        try makeFolder(at: String(path[..<slash]))
        if mkdir(path, 0o777) == 0 { return }
        reason = SystemError.last
    }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        throw FileWritingError(path: path, reason: reason)
    }
}
