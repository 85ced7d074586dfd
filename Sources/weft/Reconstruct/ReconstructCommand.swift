import ArgumentParser
import DICOM
import Foundation
import Ingestion
import NeuralNetwork
import Parallel
import Reconstruction
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

    enum DataFormat: String, CaseIterable, ExpressibleByArgument { case png, dicom }

    @Argument(help: "DICOM files or folders, PNGs, or a CSV manifest.", completion: .file())
    var input: [String]

    @Option(
        help:
            "The network with its decoder: model.safetensors of a run, or a .safetensors or .pth with the MAE repository's key names.",
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
    var format = DataFormat.png

    @Flag(help: "Replace files in the folder.")
    var force = false

    @OptionGroup(title: "Running") var running: RunningOptions

    func run() throws {
        Interruption.watch()
        try Training.withFailures {
            do { try reconstruct() } catch let error as ReconstructorError {
                throw CommandFailure(.inputUnreadable, error.description)
            } catch let error as DICOMWritingError { throw CommandFailure(.inputUnreadable, error.description) }
        }
    }

    private func reconstruct() throws {
        let reconstructor = try Reconstructor.load(weights, options, seed: seed, jobs: running.jobs)
        try OutputFolder(output, existing: force ? .replace : .refuse).prepare(option: "--output")
        let source = try SlicePictures(input, options, running)
        let trained = try TrainedTexture(weights: weights)
        var record = ReconstructionRecord(
            command: GivenCommand.text(running.identity), format: format.rawValue, view: options.view,
            network: .init(
                weights: running.identity.shown(weights), fingerprint: reconstructor.fingerprint.description,
                imageSize: reconstructor.imageSize, patchSide: reconstructor.grid.side, bins: trained?.bins,
                sharpness: trained?.sharpness),
            masking: options.visiblePatches == nil
                ? .init(hidden: options.maskRatio, seed: seed) : .init(hidden: nil, seed: nil))
        var files = ReconstructionFiles(
            folder: output, format: format, view: options.view, grid: reconstructor.grid,
            weights: reconstructor.fingerprint)
        let failed = try source.forEachImage(side: reconstructor.imageSize, intensity: reconstructor.intensity) {
            pictures in
            let results = try reconstructor.reconstruct(pictures.map(\.pixels), names: pictures.map(\.name))
            for (picture, result) in zip(pictures, results) {
                record.pictures.append(try files.write(picture, result))
            }
        }
        // Last: where it is, all the others are.
        try record.write(to: output)
        Console.note("\(record.pictures.count) slice(s) in \(output)", running.verbosity)
        guard failed == 0 else {
            throw CommandFailure(.someCasesFailed, "\(failed) image(s) failed, see above")
        }
    }
}

extension Reconstructor {
    /// With the masks of the command line; a mask that is a PNG is read once the network's grid is known.
    static func load(
        _ weights: String, _ options: ReconstructionOptions, seed: UInt64, jobs: Int
    ) throws -> Reconstructor {
        let masks = try options.masks(seed: seed, grid: nil)
        let first = try Reconstructor(weights: weights, masks: masks, workers: Workers(jobs))
        let final = try options.masks(seed: seed, grid: first.grid)
        return final == masks ? first : try Reconstructor(weights: weights, masks: final, workers: Workers(jobs))
    }
}
