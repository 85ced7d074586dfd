import Glibc

/// Which file or folder a path leads to, however the path is written and whatever links it goes through.
package struct FileIdentity: Hashable, Sendable {
    private let device: UInt
    private let node: UInt

    package init(_ status: stat) { (device, node) = (UInt(status.st_dev), UInt(status.st_ino)) }

    /// Nil when nothing is there, or nothing that may be looked at.
    package init?(at path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}
