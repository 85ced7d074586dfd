import Files
import Foundation

/// The files of a run.
public struct RunFolder: Hashable, Sendable {
    public let path: String

    public init(_ path: String) { self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path }

    public var config: String { path + "/config.yaml" }
    /// One line per step.
    public var log: String { path + "/log.jsonl" }
    /// One line per epoch: the held-out images.
    public var validation: String { path + "/validation.jsonl" }
    public var cache: String { path + "/prepared.slices" }
    public var checkpoints: String { path + "/checkpoints" }
    public var last: String { path + "/last.safetensors" }
    public var model: String { path + "/model.safetensors" }
    public var report: String { path + "/report.html" }

    /// `checkpoints/epoch-00200.safetensors` after 200 epochs.
    public func checkpoint(afterEpochs epochs: Int) -> String {
        let digits = String(epochs)
        return checkpoints + "/epoch-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
            + ".safetensors"
    }

    public enum Existing: Sendable { case refuse, replace }

    /// Makes the folder, or checks that it may be written into. `replace` takes away the files of an earlier run, and no
    /// others; its prepared slices stay, for they are checked before they are used. `others` are files that another kind of
    /// run has beside those of pre-training.
    public func prepare(existing: Existing, others: [String] = []) throws {
        var isFolder: ObjCBool = false
        let files = FileManager.default
        if files.fileExists(atPath: path, isDirectory: &isFolder) {
            guard isFolder.boolValue else { throw RunError.notAFolder(path: path) }
            // What a run leaves that ended before its first step is no reason to refuse: its slices can be used.
            let names = try files.contentsOfDirectory(atPath: path).filter { name in
                name != ".lock" && path + "/" + name != cache && !isEmptyFolder(path + "/" + name)
            }
            guard names.isEmpty || existing == .replace else { throw RunError.exists(path: path, entries: names.count) }
            if !names.isEmpty { try removeRun(others) }
        }
        try makeFolder(at: path)
        guard access(path, W_OK | X_OK) == 0 else {
            throw FileWritingError(path: path, reason: String(cString: strerror(errno)))
        }
    }

    private func removeRun(_ others: [String]) throws {
        // Not under a process that trains here.
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        let files = FileManager.default
        for file in [config, log, validation, last, model, report] + others where files.fileExists(atPath: file) {
            try files.removeItem(atPath: file)
        }
        guard files.fileExists(atPath: checkpoints) else { return }
        for name in try files.contentsOfDirectory(atPath: checkpoints) where name.hasSuffix(".safetensors") {
            try files.removeItem(atPath: checkpoints + "/" + name)
        }
    }

    private func isEmptyFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            return false
        }
        return FileManager.default.subpaths(atPath: path)?.isEmpty ?? false
    }

    /// Text that appears whole or not at all.
    public static func write(_ text: String, to path: String) throws {
        try writeWholeFile(at: path) { temporary in
            try Data(text.utf8).write(to: URL(fileURLWithPath: temporary))
        }
    }

    /// Keeps other processes out of the folder for as long as the lock is held.
    /// - Throws: ``RunError/inUse(path:)`` when another one trains in it, or `FileWritingError`.
    package func lock() throws -> FolderLock {
        do throws(FolderLockError) {
            return try FolderLock(path)
        } catch {
            switch error {
            case .inUse: throw RunError.inUse(path: path)
            case .unwritable(let error): throw error
            }
        }
    }

    /// The last checkpoint on disk of a run that has done so many epochs; nil where there is none.
    package func latestCheckpoint(afterEpochs epochs: Int) -> String? {
        let kept = stride(from: epochs, to: 0, by: -1).lazy.map(checkpoint)
        let isThere = { FileManager.default.fileExists(atPath: $0) }
        return isThere(last) ? last : kept.first(where: isThere)
    }
}
