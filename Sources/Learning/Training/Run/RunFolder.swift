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
    /// The settings of a run whose slices are still prepared; gone when it has begun and ``config`` is there.
    package var beginning: String { path + "/.beginning.yaml" }

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
        _ = try claim(existing: existing, others: others)
    }

    /// ``prepare(existing:others:)``, and keeps the folder locked from then on.
    package func claim(existing: Existing, others: [String] = []) throws -> FolderLock {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
            guard isFolder.boolValue else { throw RunError.notAFolder(path: path) }
            let entries = try entries(others)
            guard entries.isEmpty || existing == .replace else {
                throw RunError.exists(path: path, entries: entries.count)
            }
        }
        try makeFolder(at: path)
        guard access(path, W_OK | X_OK) == 0 else {
            throw FileWritingError(path: path, reason: String(cString: strerror(errno)))
        }
        // Not under a process that trains here, and not if one has begun to meanwhile.
        let lock = try lock()
        let entries = try entries(others)
        guard entries.isEmpty || existing == .replace else {
            throw RunError.exists(path: path, entries: entries.count)
        }
        if !entries.isEmpty { try removeRun(others) }
        removeLeftovers(others: others)
        return lock
    }

    /// What in the folder is a reason not to begin a run in it. What a run leaves that ended before its first step is none: its
    /// slices can be used.
    private func entries(_ others: [String]) throws -> [String] {
        let files = FileManager.default
        let hasBegun = files.fileExists(atPath: config) || !files.fileExists(atPath: beginning)
        let own = ownFiles(others)
        return try files.contentsOfDirectory(atPath: path).filter { name in
            let file = path + "/" + name
            let isLeftover = Leftovers.target(of: name).map { own.contains(path + "/" + $0) } ?? false
            let isOfABeginning = file == beginning || (!hasBegun && own.contains(file))
            return name != ".lock" && file != cache && !isLeftover && !isOfABeginning && !isEmptyFolder(file)
        }
    }

    private func ownFiles(_ others: [String]) -> [String] {
        [config, log, validation, cache, last, model, report, beginning] + others
    }

    private func removeRun(_ others: [String]) throws {
        let files = FileManager.default
        for file in ownFiles(others) where file != cache && files.fileExists(atPath: file) {
            try files.removeItem(atPath: file)
        }
        guard files.fileExists(atPath: checkpoints) else { return }
        for name in try files.contentsOfDirectory(atPath: checkpoints) where name.hasSuffix(".safetensors") {
            try files.removeItem(atPath: checkpoints + "/" + name)
        }
    }

    /// Removes the temporary files of the run's own that a killed process has left; only for who has locked the folder.
    package func removeLeftovers(others: [String] = []) {
        let own = Dictionary(grouping: ownFiles(others).map(FileName.init), by: \.folder)
        for (folder, files) in own {
            let names = Set(files.map(\.name))
            Leftovers.remove(from: String(folder.dropLast())) { names.contains($0[...]) }
        }
        Leftovers.remove(from: checkpoints) { $0.hasPrefix("epoch-") && $0.hasSuffix(".safetensors") }
    }

    /// The settings of a run that ended before it had begun; nil where there is none, or where it has begun.
    package var unfinishedBeginning: String? {
        guard !FileManager.default.fileExists(atPath: config),
            let data = FileManager.default.contents(atPath: beginning)
        else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    /// The run has its ``config``.
    package func hasBegun() { unlink(beginning) }

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

    /// The checkpoint on disk that has taken most steps, the last one or one that was kept; nil where there is none.
    package var newestCheckpoint: String? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: checkpoints)) ?? []
        let kept = names.filter { $0.hasPrefix("epoch-") && $0.hasSuffix(".safetensors") }.sorted()
        let all = ([last] + kept.map { checkpoints + "/" + $0 }).filter { FileManager.default.fileExists(atPath: $0) }
        let steps = all.map { TrainingState.step(of: $0) ?? -1 }
        // One that cannot be read is taken where there is no other, and said then; of equal ones the first.
        return all.indices.max { steps[$0] < steps[$1] || steps[$0] == steps[$1] && $0 > $1 }.map { all[$0] }
    }

    /// The last checkpoint on disk of a run that has done so many epochs; nil where there is none.
    package func latestCheckpoint(afterEpochs epochs: Int) -> String? {
        let kept = stride(from: epochs, to: 0, by: -1).lazy.map(checkpoint)
        let isThere = { FileManager.default.fileExists(atPath: $0) }
        return isThere(last) ? last : kept.first(where: isThere)
    }
}
