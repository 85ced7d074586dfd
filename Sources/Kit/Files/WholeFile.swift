import Glibc

/// A file that could not be put in its place.
public struct FileWritingError: Error, Hashable, CustomStringConvertible {
    public var path: String
    public var reason: String
    /// The system's number (errno), where the reason is the system's.
    package var code: Int32?

    public init(path: String, reason: String) {
        (self.path, self.reason) = (path, reason)
    }

    /// What the system refused, and what to do about it.
    package init(path: String, _ error: SystemError) {
        (self.path, reason, code) = (path, error.description, error.code)
    }

    public var description: String { "\(path): cannot be written: \(reason)" }
}

/// What becomes of a file that stands where a new one is to be.
public enum ExistingFile: Sendable { case replace, refuse }

/// Makes a file that appears whole or not at all: `write` fills a temporary name in the same folder, which is flushed
/// to disk and then named `path`; the folder is flushed as well, so that the file is there after a power cut. After a
/// failure nothing is left behind; what a killed process leaves is ``Leftovers``.
///
/// `existing`: whether an older file is replaced; `refuse` ends in a ``FileWritingError`` of the system's EEXIST, also when
/// somebody made the file while this one was being written.
/// - Throws: ``FileWritingError``, also in place of what Foundation throws; other errors of `write` as they are.
public func writeWholeFile(
    at path: String, existing: ExistingFile = .replace, _ write: (_ temporaryPath: String) throws -> Void
) throws {
    try PendingFile(path, write).commit(existing)
}

/// Makes a file of these bytes, whole or not at all.
package func writeWholeFile(
    at path: String, existing: ExistingFile = .replace, _ bytes: some Sequence<UInt8>
) throws(FileWritingError) {
    try PendingFile(path, bytes).commit(existing)
}

/// Makes a folder, and those above it, where there is none yet.
/// - Throws: ``FileWritingError`` with the system's reason.
public func makeFolder(at path: String) throws(FileWritingError) {
    guard mkdir(path, 0o777) != 0 else { return }
    let isParentAbsent = errno == ENOENT
    var error = SystemError.current
    if isParentAbsent, let slash = path.dropLast().lastIndex(of: "/"), slash != path.startIndex {
        try makeFolder(at: String(path[..<slash]))
        if mkdir(path, 0o777) == 0 { return }
        error = SystemError.current
    }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        throw FileWritingError(path: path, error)
    }
}
