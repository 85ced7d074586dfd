import Glibc

/// Keeps two processes from working in one folder. The system lets go of it when the process ends, however it ends.
package final class FolderLock: Sendable {
    /// The file of the lock, which stays in the folder.
    package static let name = ".lock"

    private let descriptor: Int32

    /// Takes the lock, by a file ``name``.
    package init(_ folder: String) throws(FolderLockError) {
        let path = "\(folder)/\(Self.name)"
        // No link: it could lead to a file of somebody else's.
        descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .unwritable(FileWritingError(path: path, .current)) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .inUse(folder: folder)
        }
    }

    /// Lets go of the folder.
    deinit { close(descriptor) }
}

/// Why a folder cannot be locked.
package enum FolderLockError: Error, Hashable, CustomStringConvertible {
    /// Another process (or another lock of this one) has it.
    case inUse(folder: String)
    case unwritable(FileWritingError)

    package var description: String {
        switch self {
        case .inUse(let folder): "\(folder): another process works in this folder; wait for it, or end it"
        case .unwritable(let error): error.description
        }
    }
}
