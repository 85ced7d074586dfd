import Ingestion
import MaskedAutoencoder
import SettingsFile
import Tables

/// Why a workflow ends without a result. The description is a sentence for the user: what was found, what was expected,
/// what to do.
public enum WorkflowError: Error, CustomStringConvertible, Sendable {
    case ingestion(IngestionError)
    case table(TableError)
    /// Images and no mask for any of them, where regions were asked for.
    /// - wanted: what kind of mask was looked for.
    case noMasks(inputs: [String], images: Int, wanted: String)
    /// Masks without the images that they were drawn on.
    case noImages(inputs: [String], masks: Int)
    case nothingReadable(inputs: [String], skipped: [SkippedFile])
    case settings(SettingsError)
    /// A number that images of several units would share; `section` is the modality whose section has it.
    case sharedNumber(String, images: [String], section: String?)
    /// No image of a modality that is asked for; how many there are of which.
    case otherModalities(wanted: [String], found: [String])
    /// No region of any image has one of the spellings.
    case noSpelling(of: [String], found: [String])
    /// A manifest gives one case to several images.
    case repeatedCase(name: String, rows: [Int])
    /// None of the images belongs to a DICOM series that a report could join.
    case noSeriesForReports(images: Int, first: String)
    /// `option` is the one that names the folder.
    case fileInsteadOfFolder(path: String, option: String)
    case folderNotEmpty(path: String, entries: Int, option: String)
    /// `reason` says what the system refused, and why.
    case outputUnwritable(path: String, reason: String)
    case weights(WeightsFileError)
    case configuration(ConfigurationError)
    /// The file says nothing about how the images were normalised that its network was trained on.
    case noNormalisation(weights: String)
    /// What a file says about its network contradicts itself.
    case badMetadata(String)
    /// Images of one comparison whose sizes differ; paths and voxels.
    case otherSize(a: String, SIMD3<Int>, b: String, SIMD3<Int>)
    case notOneImage(path: String, images: Int)
    /// All values are equal, so that there is no range to compare by.
    case noRange
    /// What is asked for cannot be computed; the reason says what was found and what was expected.
    case impossible(String)
    /// A fault of weft's own.
    case unexpected(any Error)

    public var description: String {
        switch self {
        case .ingestion(let error): error.description
        case .table(let error): error.description
        case .noMasks(let inputs, let images, let wanted):
            "\(Self.list(inputs)): found \(images) image(s) and no \(wanted) for any; \(CasePlan.howToGiveAMask)"
        case .noImages(let inputs, let masks):
            "\(Self.list(inputs)): found \(masks) mask(s) and no image; add the images that they belong to"
        case .nothingReadable(let inputs, let skipped): Self.nothingReadable(inputs, skipped)
        case .settings(let error): error.description
        case .sharedNumber(let number, let images, let section):
            "\(number) is a number in one unit, and the images have several: \(images.joined(separator: ", ")); "
                + (section == nil
                    ? "put it into the section of its modality (modality: {CT: {…}} in --settings), or choose the images with --modality"
                    : "bring them into one unit (imageUnit: suvbw for PET), or extract them apart")
        case .otherModalities(let wanted, let found):
            "no image of the modality \(wanted.joined(separator: " or ")); found \(found.joined(separator: ", ")); choose one of"
                + " these with --modality"
        case .noSpelling(let names, let found):
            "no region with a spelling of \(names.joined(separator: " or ")); found "
                + found.prefix(20).map { "'\($0)'" }.joined(separator: ", ")
                + (found.count > 20 ? " and \(found.count - 20) more" : "")
                + "; add the spelling under regions (--regions), or name regions with --roi"
        case .repeatedCase(let name, let rows):
            "the manifest gives the case '\(name)' to different images, in rows "
                + "\(rows.map { "\($0)" }.joined(separator: ", ")); give each image its own"
        case .noSeriesForReports(let images, let first):
            "--sr needs DICOM images; found \(images) image(s), e.g. \(first), with \(ReportFolder.reasonForNone)"
        case .fileInsteadOfFolder(let path, let option): "\(path): found a file, expected a folder for \(option)"
        case .folderNotEmpty(let path, let entries, let option):
            "\(path) has \(entries) entries in it; give \(option) an empty folder, or --force to replace files"
        case .outputUnwritable(let path, let reason): "\(path)\(reason)"
        case .weights(let error): error.description
        case .configuration(let error): error.description
        case .noNormalisation(let weights):
            "\(weights): one channel, and no word of how its images were normalised (metadata mean and deviation); "
                + "give the model.safetensors of a run"
        case .badMetadata(let text), .impossible(let text): text
        case .otherSize(let a, let sizeA, let b, let sizeB):
            "\(a) has \(sizeA.shown) voxels and \(b) \(sizeB.shown); expected equal sizes"
        case .notOneImage(let path, let images): "\(path): expected one image, found \(images)"
        case .noRange: "all values are equal, so there is no range; give --range LOW,HIGH"
        case .unexpected(let error): "\(error)"
        }
    }

    /// Files that were named are each answered; what folders hold is counted.
    private static func nothingReadable(_ inputs: [String], _ skipped: [SkippedFile]) -> String {
        guard !skipped.isEmpty else { return "\(list(inputs)): no image found, expected DICOM or PNG files" }
        guard !skipped.allSatisfy({ inputs.contains($0.path) }) else {
            let more = skipped.count > 5 ? "; and \(skipped.count - 5) more" : ""
            return skipped.prefix(5).map { "\($0.path): \($0.reason)" }.joined(separator: "; ") + more
        }
        return "\(list(inputs)): no image found, \(skipped.count) file(s) skipped: "
            + SkippedGroups(skipped).lines.prefix(3).joined(separator: "; ") + ". `weft inspect` lists them all"
    }

    private static func list(_ inputs: [String]) -> String { inputs.joined(separator: ", ") }
}
