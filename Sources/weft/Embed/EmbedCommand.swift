import ArgumentParser
import Foundation
import MaskedAutoencoder
import Preparation
import SettingsFile
import Workflows

struct Embed: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Embed regions or images with a pre-trained encoder, as a table that joins with extract's.",
        discussion: """
            An embedding is read off the encoder's patch tokens: their mean and standard deviation (--pool moments), because \
            texture is in their spread. The tokens of a region are those that cover it, each weighted by how many of the \
            region's voxels lie in its patch, over all of its slices; those of an image (--whole-image) are all of them. The \
            encoder sees overlapping tiles of the image at its own scale (--tiles), each whole slice made as large as its view \
            (--whole), or --both. Cases, regions and labels are named as weft extract names them.

              weft embed series/ --weights run/model.safetensors -o embeddings.csv
              weft embed images/ --whole-image --tiles --weights mae.pth --layer 6,12 -o embeddings.csv
              weft embed images/ --whole-image --untrained vit-ti16 --image-size 96 --seed 1 -o baseline.csv
            """)

    @Argument(help: "DICOM files or folders, PNGs, or a CSV manifest.", completion: .file())
    var input: [String]

    @Option(
        help:
            "The encoder: the folder of a run, or any .safetensors or .pth with the MAE repository's key names.",
        completion: .file(extensions: ["safetensors", "pth"]))
    var weights: String?

    @Option(
        help: """
            Instead of --weights: an encoder that has learned nothing, vit-ti16, vit-s16, vit-b16 …: what any pre-training has \
            to beat.
            """)
    var untrained: String?

    @Option(help: "Seed of the weights of --untrained (default: 0).")
    var seed: UInt64?

    @Option(
        help: """
            moments (default): mean and standard deviation of the patch tokens. mean: their mean. cls: the class token, with \
            --whole-image.
            """)
    var pool = TokenPool.moments

    @Option(
        name: [.customLong("layer")],
        help: "Behind which blocks tokens are read, from 1, e.g. 6,9,12; columns of each (default: the last one).",
        transform: BlockList.init(argument:))
    var blocks = BlockList()

    @Flag(
        help: """
            --tiles: pieces of each slice at its own scale, as many as cover it or the region. --whole: each slice made as \
            large as the network's view. --both: columns of each. Default: tiles where the weights were trained at a scale of \
            their own, else whole.
            """)
    var views: ImageViews?

    @Option(
        help: """
            Of the tiles: pixels, or mm of a pixel in the plane, e.g. 1,1 (a PNG keeps its pixels). Default: as the weights \
            were trained, or 1,1.
            """,
        transform: ImageScale.init(argument:))
    var scale: ImageScale?

    @Option(help: "The most pixels from a tile to the next one (default: a tile's side, which is --image-size).")
    var stride: Int?

    @Flag(help: "With --whole-image: a row for each slice, its number (from 0) in the column label.")
    var slices = false

    @Option(help: "Rows and columns that the network sees, pixels (default: as the weights were trained).")
    var imageSize: Int?

    @OptionGroup(title: "Regions") var regions: RegionOptions
    @OptionGroup(title: "Regions") var labelNames: LabelNameOptions
    @OptionGroup(title: "Regions") var images: ModalityOptions

    @Option(
        name: .shortAndLong,
        help:
            "Where the table goes: NAME.csv, .tsv, .json, .jsonl or .xlsx, or - for standard output. Default: standard output.",
        completion: .file())
    var output: String?

    @OptionGroup var csv: CSVOptions

    @Flag(help: "Continue a table of the same weights, settings and input: rows that are done are taken over.")
    var resume = false

    @Flag(help: "Replace an existing table.")
    var force = false

    @OptionGroup(title: "Many machines") var batch: BatchOptions

    @OptionGroup(title: "Running") var running: RunningOptions

    func validate() throws {
        guard (weights == nil) != (untrained == nil) else {
            throw ValidationError(
                "found \(weights == nil ? "neither" : "both"), expected one of --weights FILE and --untrained MODEL")
        }
        if seed != nil, untrained == nil { throw ValidationError("--seed goes with --untrained") }
        if pool == .classToken, !regions.wholeImage {
            throw ValidationError(
                "--pool cls describes whole views, not regions; add --whole-image, or take moments or mean")
        }
        if resume, force {
            throw ValidationError("--resume continues a table and --force replaces it; give one of them")
        }
        if resume, output == nil || output == "-" {
            throw ValidationError("--resume needs the table to continue: give it with --output")
        }
        try csv.check(output)
        if slices, !regions.wholeImage { throw ValidationError("--slices goes with --whole-image") }
        if let stride, stride < 1 { throw ValidationError("--stride is \(stride), expected 1 pixel or more") }
        if scale == .resize, views != nil || stride != nil {
            throw ValidationError("--scale resize is --whole; say one of them")
        }
        if views == .whole, scale != nil || stride != nil {
            throw ValidationError("--whole has no tiles, whose \(scale == nil ? "--stride" : "--scale") this is")
        }
    }

    private var encoder: EncoderChoice {
        weights.map { .weights(path: $0) } ?? .untrained(model: untrained ?? "", seed: seed ?? 0)
    }

    func run() throws {
        if let output, output != "-", !force, !resume, FileManager.default.fileExists(atPath: output) {
            throw CommandFailure(.outputUnwritable, "\(output) exists; add --force to replace it")
        }
        // Who names a scale wants pieces at that scale.
        let views = views ?? (scale == .resize ? .whole : scale != nil || stride != nil ? .tiles : nil)
        var embedding = ImageEmbedding(
            of: input, regions: labelNames.name(regions.choice), encoder: encoder,
            readout: Readout(pool: pool, blocks: blocks.numbers),
            scope: EmbeddingScope(views: views, scale: scale, stride: stride), rows: slices ? .slices : .image,
            imageSize: imageSize, identity: try running.identity, jobs: running.jobs)
        do throws(SettingsError) { _ = try regions.register() } catch { throw CommandFailure(error) }
        embedding.modalities = try images.codes
        embedding.shard = batch.shard
        let destination = TableDestination.named(
            output ?? "-", existing: force ? .replace : resume ? .resume : .refuse, csv.form)
        let watch = try batch.watch(running.observer)
        let summary = try embedding.write(to: destination, watch.observer)
        guard summary.ending == .complete else {
            let kept = summary.journal.map { "; finished rows are in \($0), --resume continues" } ?? ""
            throw CommandFailure(
                .interrupted, "interrupted after \(summary.casesDone) of \(summary.cases) cases\(kept)")
        }
        if summary.table == .unchanged {
            Console.note("nothing to do: \(output ?? "-") has all rows", running.verbosity)
        }
        guard summary.failed == 0 else {
            return try watch.end(
                CommandFailure(
                    .someCasesFailed,
                    "\(summary.failed) region(s) or case(s) failed; their rows say why (column 'reason')"))
        }
    }
}

/// Numbers of blocks as one option.
struct BlockList {
    var numbers: [Int] = []

    init() {}

    init(argument: String) throws {
        numbers = try argument.split(separator: ",", omittingEmptySubsequences: false).map { text in
            guard let number = Int(text.trimmingCharacters(in: .whitespaces)), number > 0 else {
                throw ValidationError("--layer has '\(text)', expected numbers of blocks from 1, e.g. 6,9,12")
            }
            return number
        }
    }
}

extension TokenPool: ExpressibleByArgument {}

extension ImageViews: EnumerableFlag {}
