import TextureCore

/// Why slices cannot be reconstructed, or reconstructions not be compared.
public enum ReconstructionError: Error, CustomStringConvertible {
    /// The observer said so.
    case interrupted
    case noSlice
    case patchesNotFound(path: String)
    case patchNumber(path: String, found: String)
    case noVisiblePatch(path: String)
    /// A visible patch that a picture does not have.
    case beyondPicture(patch: Int, picture: String, count: Int)
    case noRecord(path: String, reason: String)
    /// Pixels of a recorded square and of its patches.
    case recordedSize(path: String, side: Int, patch: Int)
    case recordedPatch(path: String, picture: String, count: Int)
    /// A record names a file that does not lie beside it.
    case notBeside(record: String, file: String)
    /// Two networks or folders that did not see the same.
    case differs(path: String, found: String, first: String, expected: String)
    case otherPatches(folder: String, picture: String, slice: Int, first: String)
    case otherOriginal(folder: String, picture: String, slice: Int, first: String)
    case nothingToCompare(inputs: [String])
    case names(found: Int, models: Int)
    /// One input that is neither a folder of reconstructions nor stands beside others.
    case noReconstructions(path: String)
    /// Pictures of one input that go by one name, so that nobody knows which is meant.
    case severalOfOneName(path: String, name: String, count: Int)
    /// With the number of pictures of each input.
    case noPartners(inputs: [String], counts: [Int])
    /// Weights without the settings of the run that made them.
    case noRun(weights: String)
    case noHeldOutPatient(weights: [String])
    /// Grey levels or sharpness that cannot be measured with.
    case softLevels(SoftLevelsError)

    public var description: String {
        switch self {
        case .interrupted: "interrupted"
        case .noSlice: "no slice was chosen; look at --modality, --slice and --held-out"
        case .patchesNotFound(let path): "\(path): cannot be read, expected numbers of patches; check the path"
        case .patchNumber(let path, let found): "\(path): found '\(found)', expected numbers of patches from 0"
        case .noVisiblePatch(let path): "\(path): no patch is visible, expected one at least"
        case .beyondPicture(let patch, let picture, let count):
            "--visible-patches names patch \(patch), \(picture) has \(count)"
        case .noRecord(let path, let reason): "\(path): no record of weft reconstruct: \(reason)"
        case .recordedSize(let path, let side, let patch):
            "\(path): squares of \(side) pixels in patches of \(patch), expected 1 to 16384"
        case .recordedPatch(let path, let picture, let count):
            "\(path): \(picture) shows a patch beyond the \(count) there are"
        case .notBeside(let record, let file): "\(record): '\(file)' is no file beside it"
        case .differs(let path, let found, let first, let expected):
            "\(path): \(found), \(first) has \(expected); only networks that see the same can be compared"
        case .otherPatches(let folder, let picture, let slice, let first):
            "\(folder): \(picture) slice \(slice) shows other patches than in \(first); reconstruct with the same "
                + "--mask-ratio and --seed, or the same --visible-patches"
        case .otherOriginal(let folder, let picture, let slice, let first):
            "\(folder): the original of \(picture) slice \(slice) is another picture than in \(first); reconstruct from the "
                + "same images with the same --view"
        case .nothingToCompare(let inputs): "\(inputs.joined(separator: ", ")): no picture to compare"
        case .names(let found, let models): "--names has \(found) names for \(models) models, expected one each"
        case .noReconstructions(let path):
            "\(path) is no folder of weft reconstruct (it has no \(ReconstructionRecord.fileName)); give reconstructions "
                + "beside the originals, or networks with --weights"
        case .severalOfOneName(let path, let name, let count):
            "\(path): \(count) images go by the name '\(name)', expected one; give each series its own folder"
        case .noPartners(let inputs, let counts):
            "no picture of \(inputs[0]) (\(counts[0])) has partners of the same name in "
                + "\(inputs.dropFirst().joined(separator: ", ")) (\(counts.dropFirst().map(String.init).joined(separator: ", ")))"
        case .noRun(let weights):
            "--held-out: \(weights) has no config.yaml beside it, so it is not known whom it was trained on"
        case .noHeldOutPatient(let weights):
            "--held-out: no patient was held out by \(weights.joined(separator: " and by "))"
        case .softLevels(let error): error.description
        }
    }
}
