import Files
import Foundation
import Ingestion
import SettingsFile

/// Why a run cannot begin or go on.
public enum RunError: Error, CustomStringConvertible {
    case exists(path: String, entries: Int)
    case notAFolder(path: String)
    case nothingToResume(path: String, missing: String)
    case config(path: String, SettingsError)
    case tooFewImages(found: Int, expected: Int)
    case otherSlices(path: String, found: String, expected: String)
    case checkpoint(path: String, reason: String)
    case nonFinite(step: Int, epoch: Int, term: String, files: [String], checkpoint: String)
    case alreadyDone(path: String, epochs: Int)
    case inUse(path: String)

    public var description: String {
        switch self {
        case .exists(let path, let entries):
            "\(path): found a folder with \(entries) entries in it, expected none or an empty one; continue a run with "
                + "--resume \(path), or give --force to replace it"
        case .notAFolder(let path): "\(path): found a file, expected a folder for the run"
        case .nothingToResume(let path, let missing):
            "\(path): \(missing) is not there, so this is no run that could go on; start one with -o"
        case .config(let path, let fault): "\(path): \(fault)"
        case .tooFewImages(let found, let expected):
            "\(found) slices to train on, fewer than the \(expected) of one step; lower --batch-size, hold out less, or widen "
                + "the selection"
        case .otherSlices(let path, let found, let expected):
            "\(path): the prepared slices have fingerprint \(found), expected \(expected) as when the run began; the run can "
                + "only go on with the same slices"
        case .checkpoint(let path, let reason):
            "\(path): \(reason); the run can only go on from a whole checkpoint of its own"
        case .nonFinite(let step, let epoch, let term, let files, let checkpoint):
            "step \(step) (epoch \(epoch)): \(term) is not a finite number, so training stopped. The batch: "
                + files.joined(separator: ", ") + ". The last good checkpoint is \(checkpoint). Look at these files, "
                + "lower --rate, or set optimiser.clip"
        case .inUse(let path): "\(path): another process trains in this folder; wait for it, or end it"
        case .alreadyDone(let path, let epochs):
            "\(path): all \(epochs) epochs are done; there is nothing to resume"
        }
    }
}

/// The files of a run.
public struct RunFolder: Hashable, Sendable {
    public let path: String

    public init(_ path: String) { self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path }

    public var config: String { path + "/config.yaml" }
    /// A line a step.
    public var log: String { path + "/log.jsonl" }
    /// A line an epoch: the held-out images.
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
            for file in [config, log, validation, last, model, report] + others where files.fileExists(atPath: file) {
                try files.removeItem(atPath: file)
            }
            if files.fileExists(atPath: checkpoints) {
                for name in try files.contentsOfDirectory(atPath: checkpoints) where name.hasSuffix(".safetensors") {
                    try files.removeItem(atPath: checkpoints + "/" + name)
                }
            }
        }
        try makeFolder(at: path)
        guard access(path, W_OK | X_OK) == 0 else {
            throw FileWritingError(path: path, reason: String(cString: strerror(errno)))
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

    /// Every setting as it is used, below a few words for people.
    public func writeConfig(_ settings: PretrainingSettings, slices: RunSlices) throws {
        let head = """
            # A run of `weft pretrain`: every setting as it was used. `weft pretrain --resume` with this folder goes on;
            # `weft pretrain ARCHIVE --settings` with this file starts another run like it.
            # \(slices.training) slices of \(slices.trainingPatients) patients to train on, \(slices.validation) of \
            \(slices.validationPatients) held out.

            """
        try Self.write(head + settings.yaml, to: config)
    }

    /// Inverse of ``writeConfig(_:slices:)``.
    public func readConfig() throws -> PretrainingSettings {
        guard let data = FileManager.default.contents(atPath: config) else {
            throw RunError.nothingToResume(path: path, missing: "config.yaml")
        }
        do throws(SettingsError) {
            return try PretrainingSettings(yaml: String(decoding: data, as: UTF8.self))
        } catch { throw RunError.config(path: config, error) }
    }
}

/// Keeps two processes from training in one folder. The system lets go of it when the process ends, however it ends.
package final class RunLock {
    private let descriptor: Int32

    package init(_ folder: RunFolder) throws {
        let path = folder.path + "/.lock"
        descriptor = open(path, O_RDWR | O_CREAT, 0o666)
        guard descriptor >= 0 else { throw FileWritingError(path: path, reason: String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw RunError.inUse(path: folder.path)
        }
    }

    package func release() { close(descriptor) }
}

/// What `config.yaml` says about the slices of a run.
public struct RunSlices: Hashable, Sendable {
    public var training: Int
    public var trainingPatients: Int
    public var validation: Int
    public var validationPatients: Int
}
