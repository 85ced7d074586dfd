import ArgumentParser
import Workflows

/// `weft reconstruct INPUT… --weights W -o DIR`
struct Reconstruct: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Hide patches of images and let a pre-trained network fill them in.",
        discussion: """
            Of every slice: the original, what the encoder sees, the reconstruction, and the reconstruction pasted between the \
            visible patches; as one labelled picture and as data, 16-bit PNG or derived DICOM images. weft compare says how \
            right the texture is.

              weft reconstruct series/ --weights run/model.safetensors -o pictures
              weft reconstruct series/ --weights run/model.safetensors --slice 40 --format dicom -o pictures
            """)

    @Argument(help: "DICOM files or folders, PNGs, or a CSV manifest.", completion: .file())
    var input: [String]

    @Option(
        help:
            "The network with its decoder: the folder of a run, or a .safetensors or .pth with the MAE repository's key names.",
        completion: .file(extensions: ["safetensors", "pth"]))
    var weights: String

    @OptionGroup(title: "What the network gets") var options: ReconstructionOptions

    @Option(help: "Seed of the hidden patches.")
    var seed: UInt64 = 0

    @Option(name: .shortAndLong, help: "Folder for pictures and data, made when absent.", completion: .directory)
    var output: String

    @Option(
        help: """
            Data: png, 16 bits, with the scale in reconstructions.json; dicom, derived images of the same patient and study in \
            new series (DICOM input only).
            """)
    var format = ReconstructionFormat.png

    @Flag(help: "Replace files in the folder.")
    var force = false

    @OptionGroup(title: "Running") var running: RunningOptions

    func run() throws {
        try LearningFailures.described {
            let request = ImageReconstruction(
                of: input, weights: weights, slices: try options.slices(), seed: seed, format: format,
                identity: try running.identity, jobs: running.jobs,
                command: CommandLineText.recorded(try running.identity))
            let folder = OutputFolder(output, existing: force ? .replace : .refuse)
            let summary = try request.write(to: folder, running.observer)
            Console.note("\(output): \(summary.text)", running.verbosity)
            guard summary.failed == 0 else {
                throw CommandFailure(.someCasesFailed, "\(summary.failed) image(s) failed, see above")
            }
        }
    }
}

extension ReconstructionFormat: ExpressibleByArgument {}

extension CommandFailure {
    init(_ error: ReconstructionError) {
        let status: ExitStatus =
            switch error {
            case .interrupted: .interrupted
            case .patchesNotFound: .inputNotFound
            case .names, .noReconstructions, .noRun, .noHeldOutPatient, .softLevels: .usage
            case .noSlice, .patchNumber, .noVisiblePatch, .beyondPicture, .noRecord, .recordedSize, .recordedPatch,
                .notBeside, .differs, .otherPatches, .otherOriginal, .nothingToCompare, .noPartners, .severalOfOneName:
                .inputUnreadable
            }
        self.init(status, error.description)
    }
}
