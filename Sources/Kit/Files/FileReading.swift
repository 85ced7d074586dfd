import Foundation

/// Why a file that is read as a whole is not.
package enum FileReadingError: Error, Hashable, CustomStringConvertible {
    case absent(path: String)
    /// A folder, a pipe or a device.
    case notAFile(path: String, found: String)
    case refused(path: String, SystemError)

    /// The sentence without the path.
    package var reason: String {
        switch self {
        case .absent: "found nothing at this path; check the spelling"
        case .notAFile(_, let found): "found \(found), expected a file"
        case .refused(_, let error): "cannot be read: \(error)"
        }
    }

    package var path: String {
        switch self {
        case .absent(let path), .notAFile(let path, _), .refused(let path, _): path
        }
    }

    package var description: String { "\(path): \(reason)" }
}

/// The bytes of a large file, read as they are used.
package func mapWholeFile(at path: String) throws(FileReadingError) -> Data {
    _ = try OpenFile(reading: path)
    do { return try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe) } catch {
        throw .refused(path: path, SystemError(foundation: error) ?? SystemError(code: EIO))
    }
}

/// The bytes of a file. A pipe or a device is refused: neither has an end that anybody could know.
package func readWholeFile(at path: String) throws(FileReadingError) -> Data {
    let file = try OpenFile(reading: path)
    do throws(SystemError) { return Data(try file.readAll()) } catch { throw .refused(path: path, error) }
}

extension OpenFile {
    /// A file that is there; nothing else that has a name.
    package convenience init(reading path: String) throws(FileReadingError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw [ENOENT, ENOTDIR].contains(errno) ? .absent(path: path) : .refused(path: path, .current)
        }
        self.init(descriptor: descriptor)
        let kind: mode_t
        do throws(SystemError) { kind = try status().st_mode & S_IFMT } catch { throw .refused(path: path, error) }
        guard kind == S_IFREG else { throw .notAFile(path: path, found: name(of: kind)) }
    }
}

private func name(of kind: mode_t) -> String {
    switch kind {
    case S_IFDIR: "a folder"
    case S_IFIFO: "a pipe"
    case S_IFSOCK: "a socket"
    default: "a device"
    }
}
