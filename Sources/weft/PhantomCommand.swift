import ArgumentParser
import Files
import Foundation
import Phantoms
import Workflows

/// `weft phantom KIND -o DIR`
struct Phantom: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "phantom",
        abstract: "Make a synthetic scan whose texture is known.",
        discussion: """
            Writes real DICOM or PNG files, masks, and truth.json with the voxel count, mean, variance and co-occurrence \
            of every region, so that any texture program can be checked against them. The same options give the same \
            bytes on every machine.

            KIND is one of
              ct-lesion     CT series with a lesion, contours (RTSTRUCT) and SEG
              pet-ct        CT and PET of known uptake, contours drawn on the CT
              us-speckle    ultrasound-like PNG with a mask of two labels
              texture-pair  stripes and checkerboard, PNG: same histogram, other
                            co-occurrence
              organs        CT and label image with names, NIfTI: a body cut up by a
                            network; --size 512 --slices 400 --labels 104 is a
                            large one
              texture-task  folders of classes, PNG, that only texture tells apart:
                            same histogram, same gradients
            """
    )

    @Argument(help: ArgumentHelp("What to make.", valueName: "kind"))
    var kind: PhantomChoice

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Folder to write into, made when absent. One that has files in it is refused without --force.",
            valueName: "dir"
        )
    )
    var output: String

    @Option(
        help: """
            Seed of the random numbers. Give another one for another sample of the same texture; texture-pair has \
            nothing random.
            """
    )
    var seed: UInt64 = PhantomRequest.defaultSeed

    @Option(
        help: ArgumentHelp(
            """
            Rows and columns, from 32 to 512. Want fewer for a quick test, more for steadier statistics. (default: 96 \
            for ct-lesion, pet-ct and organs, 256 for us-speckle, 64 for texture-pair and texture-task)
            """,
            valueName: "pixels"
        )
    )
    var size: Int?

    @Option(
        help: ArgumentHelp(
            "Slices of a ct-lesion or pet-ct, from 8 to 128 (default: 24), or of organs, from 8 to 512 (default: 72).",
            valueName: "count"))
    var slices: Int?

    @Option(help: ArgumentHelp("Labels of organs, from 1 to 104.", valueName: "count"))
    var labels = PhantomRequest.defaultLabels

    @Option(help: ArgumentHelp("Classes of a texture-task, 2 or 3.", valueName: "count"))
    var classes = 2

    @Option(
        help: ArgumentHelp("Patients in each class of a texture-task; a quarter is for validation.", valueName: "count")
    )
    var patients = 40

    @Option(help: ArgumentHelp("Images of each patient of a texture-task.", valueName: "count"))
    var imagesPerPatient = 4

    @Flag(
        help: """
            Write into a folder that has files in it. Files of the phantom's names are replaced, others are left alone.
            """
    )
    var force = false

    func validate() throws {
        do {
            switch kind {
            case .phantom(let kind): _ = try request(kind)
            case .textureTask: _ = try task()
            }
        } catch let error as PhantomError {
            throw ValidationError("Found \(error).")
        }
    }

    func run() throws {
        do {
            switch kind {
            case .phantom(let kind):
                let request = try request(kind)
                try prepareFolder()
                try request.write(to: output)
            case .textureTask:
                let task = try task()
                try prepareFolder()
                try task.write(to: output)
            }
        } catch let error as WorkflowError {
            throw CommandFailure(error)
        } catch { throw CommandFailure(.outputUnwritable, SystemError.text(of: error)) }
    }

    private func request(_ kind: PhantomKind) throws -> PhantomRequest {
        try PhantomRequest(kind, seed: seed, size: size, slices: slices, labels: labels)
    }

    private func task() throws -> TextureTask {
        try TextureTask(
            classes: classes, patients: patients, imagesPerPatient: imagesPerPatient, size: size ?? 64, seed: seed)
    }

    /// Makes the output folder and those above it, or checks that it may be written into.
    private func prepareFolder() throws {
        if !FileManager.default.fileExists(atPath: output) { try makeFolder(at: output) }
        try OutputFolder(output, existing: force ? .replace : .refuse).prepare(option: "--output")
    }
}

/// A scan with its truth, or a set of images to learn from.
enum PhantomChoice: ExpressibleByArgument {
    case phantom(PhantomKind)
    case textureTask

    init?(argument: String) {
        if argument == "texture-task" {
            self = .textureTask
        } else {
            guard let kind = PhantomKind(rawValue: argument) else { return nil }
            self = .phantom(kind)
        }
    }

    static var allValueStrings: [String] { PhantomKind.allCases.map(\.rawValue) + ["texture-task"] }
}
