import Glibc

/// A file that is complete and flushed under a temporary name, `.NAME.PID-N.part` in the folder of `path`, and gets its name by
/// ``commit(_:)``. So several files can be made ready before the first of them appears. One that is not committed goes with
/// its owner.
package final class PendingFile {
    private let path: String
    private let temporary: String
    private let folder: WatchedFolder?
    private var isNamed = false

    /// - Throws: ``FileWritingError``, also in place of what Foundation throws; other errors of `write` as they are.
    package init(_ path: String, _ write: (_ temporaryPath: String) throws -> Void) throws {
        self.path = path
        let name = FileName(path)
        // The process and a random number tell concurrent writers apart.
        temporary = "\(name.folder).\(name.name).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).part"
        folder = WatchedFolder(of: name)
        folder?.share()
        do {
            try write(temporary)
            try flush()
        } catch {
            unlink(temporary)
            switch error {
            case let error as FileWritingError where error.path == temporary:
                var shown = error
                shown.path = path
                throw shown
            case let error as SystemError: throw FileWritingError(path: path, error)
            default:
                if let cause = SystemError(foundation: error) { throw FileWritingError(path: path, cause) }
                throw error
            }
        }
    }

    package convenience init(_ path: String, _ bytes: some Sequence<UInt8>) throws(FileWritingError) {
        do {
            try self.init(path) { temporary in
                let file = try OpenFile(creating: temporary)
                try file.append(Array(bytes)[...])
            }
        } catch let error as FileWritingError {
            throw error
        } catch { throw FileWritingError(path: path, reason: "\(error)") }
    }

    deinit {
        if !isNamed { unlink(temporary) }
    }

    private func flush() throws(SystemError) {
        let descriptor = open(temporary, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .current }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .current }
    }

    /// Gives the file its name.
    package func commit(_ existing: ExistingFile = .replace) throws(FileWritingError) {
        switch existing {
        case .replace: try rename()
        case .refuse:
            if link(temporary, path) == 0 {
                unlink(temporary)
            } else if errno == EEXIST {
                throw FileWritingError(path: path, .current)
            } else {
                // A file system without hard links: look, then rename.
                var status = stat()
                guard lstat(path, &status) != 0 else { throw FileWritingError(path: path, SystemError(code: EEXIST)) }
                try rename()
            }
        }
        isNamed = true
        folder?.flush()
    }

    private func rename() throws(FileWritingError) {
        guard Glibc.rename(temporary, path) == 0 else { throw FileWritingError(path: path, .current) }
    }
}

/// A folder whose temporary files are being watched: who writes one there shares its lock, who takes away abandoned ones has it
/// alone. The system lets go of the lock when a process ends, however it ends.
final class WatchedFolder {
    private let descriptor: Int32

    /// Nil for a folder that may be written into but not read: there is nothing to hold on to then.
    init?(_ path: String) {
        descriptor = open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
    }

    convenience init?(of file: FileName) { self.init(String(file.folder)) }

    deinit { close(descriptor) }

    /// Waits for a moment where somebody tidies up. A file system without locks has nobody who tidies up either.
    func share() { while flock(descriptor, LOCK_SH) != 0, errno == EINTR {} }

    /// False while somebody writes here.
    func haveAlone() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    /// So that a new name is there after a power cut. Some network file systems cannot, and need not.
    func flush() { _ = fsync(descriptor) }
}
