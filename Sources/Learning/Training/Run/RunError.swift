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
    /// Keys with the values that the checkpoint was trained with and those of the run's file.
    case otherSettings(path: String, changes: [String])

    public var description: String {
        switch self {
        case .exists(let path, let entries):
            "\(path): found a folder with \(entries) entries in it, expected none or an empty one; continue a run with "
                + "--resume \(path), or give --force to replace it"
        case .notAFolder(let path): "\(path): found a file, expected a folder for the run"
        case .nothingToResume(let path, let missing):
            "\(path): \(missing) is not there, so this is no run that could go on; start one with -o"
        case .config(let path, let error): "\(path): \(error)"
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
        case .otherSettings(let path, let changes):
            "\(path): \(changes.joined(separator: ", ")); a run goes on with the settings of its checkpoint: change the file "
                + "back, or say --accept-changes, which records it in the log"
        case .inUse(let path): "\(path): another process trains in this folder; wait for it, or end it"
        case .alreadyDone(let path, let epochs):
            "\(path): all \(epochs) epochs are done; there is nothing to resume"
        }
    }
}
