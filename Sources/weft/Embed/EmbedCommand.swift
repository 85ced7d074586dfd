import ArgumentParser
import Foundation
import SettingsFile
import Workflows

struct Embed: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Embed regions or images with a pre-trained encoder, as a table that joins with extract's.",
        discussion: """
            A region's embedding is the mean of the patch tokens that cover it, each weighted by how many of the region's \
            voxels lie in the patch, over all of its slices; the encoder sees whole slices. An image's (--whole-image) is \
            the mean over its slices of the mean patch token, or of the class token with --pool cls. Cases, regions and \
            labels are named as weft extract names them.

              weft embed series/ --weights run/model.safetensors -o embeddings.csv
              weft embed images/ --whole-image --weights mae.pth --pool cls -o embeddings.csv
            """)

    enum Pool: String, CaseIterable, ExpressibleByArgument { case mean, cls }

    @Argument(help: "DICOM files or folders, PNGs, or a CSV manifest.", completion: .file())
    var input: [String]

    @Option(
        help:
            "The encoder: model.safetensors of a run, or any .safetensors or .pth with the MAE repository's key names.",
        completion: .file(extensions: ["safetensors", "pth"]))
    var weights: String

    @Option(help: "mean (default): of the patch tokens. cls: the class token, with --whole-image.")
    var pool = Pool.mean

    @Flag(help: "With --whole-image: a row for each slice, its number (from 0) in the column label.")
    var slices = false

    @Option(help: "Rows and columns that the network sees, pixels (default: as the weights were trained).")
    var imageSize: Int?

    @OptionGroup(title: "Regions") var regions: RegionOptions

    @Option(
        name: .shortAndLong,
        help: "Where the table goes: NAME.csv, .json or .jsonl, or - for standard output. Default: standard output.",
        completion: .file())
    var output: String?

    @Flag(help: "Replace an existing table.")
    var force = false

    @OptionGroup(title: "Running") var running: RunningOptions

    func validate() throws {
        if pool == .cls, !regions.wholeImage {
            throw ValidationError("--pool cls describes whole slices, not regions; add --whole-image, or take mean")
        }
        if slices, !regions.wholeImage { throw ValidationError("--slices goes with --whole-image") }
    }

    func run() throws {
        if let output, output != "-", !force, FileManager.default.fileExists(atPath: output) {
            throw CommandFailure(.outputUnwritable, "\(output) exists; add --force to replace it")
        }
        var embedding = ImageEmbedding(
            of: input, regions: regions.choice, weights: weights, pool: pool == .cls ? .classToken : .mean,
            rows: slices ? .slices : .image, imageSize: imageSize, identity: try running.identity, jobs: running.jobs)
        do throws(SettingsError) { _ = try regions.register() } catch { throw CommandFailure(error) }
        embedding.modalities = try regions.modalities
        let destination = TableDestination.named(output ?? "-", existing: force ? .replace : .refuse)
        let summary = try embedding.write(to: destination, running.observer)
        guard summary.ending == .complete else {
            throw CommandFailure(
                .interrupted,
                "interrupted after \(summary.casesDone) of \(summary.cases) cases; start again with --force")
        }
        guard summary.failed == 0 else {
            throw CommandFailure(
                .someCasesFailed, "\(summary.failed) region(s) or case(s) failed; their rows say why (column 'reason')")
        }
    }
}
