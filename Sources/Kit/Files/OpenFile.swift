import Glibc

/// An open file whose failures are the system's errors. Reading and writing say where, so that there is no position to keep.
package final class OpenFile: Sendable {
    package let descriptor: Int32

    /// Takes a descriptor over; it is closed with the file.
    package init(descriptor: Int32) { self.descriptor = descriptor }

    /// A new file, which must not be there yet; its permissions are what the umask leaves of 0666.
    package init(creating path: String) throws(SystemError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .current }
    }

    /// A file that grows at its end; made where there is none. No link is followed: what is written is for this name.
    package init(growing path: String) throws(SystemError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .current }
    }

    deinit { close(descriptor) }

    package func status() throws(SystemError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .current }
        return status
    }

    /// Writes all of the bytes where the last write ended.
    package func append(_ bytes: ArraySlice<UInt8>) throws(SystemError) {
        var rest = bytes
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw .current }
            rest = rest.dropFirst(written)
        }
    }

    /// The bytes from `offset`, fewer than `count` at the end of the file.
    package func read(_ count: Int, at offset: Int) throws(SystemError) -> [UInt8] {
        var problem: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(SystemError) {
                filled = try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
            } catch { problem = error }
        }
        if let problem { throw problem }
        return bytes
    }

    /// Fills a buffer with the bytes from `offset`.
    /// - Returns: how many there were; fewer than asked for at the end of the file.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let got = pread(descriptor, buffer.baseAddress! + filled, buffer.count - filled, offset + filled)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .current }
            guard got > 0 else { break }
            filled += got
        }
        return filled
    }

    package func readAll() throws(SystemError) -> [UInt8] { try read(Int(try status().st_size), at: 0) }

    /// The next write starts at the new end.
    package func truncate(to size: Int) throws(SystemError) {
        guard ftruncate(descriptor, size) == 0, lseek(descriptor, size, SEEK_SET) == size else { throw .current }
    }

    package func flush() throws(SystemError) {
        guard fsync(descriptor) == 0 else { throw .current }
    }

    /// Takes the lock of the file; false when somebody else has it.
    package func lock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }
}
