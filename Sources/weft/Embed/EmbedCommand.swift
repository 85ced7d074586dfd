import ArgumentParser
import Finetuning
import Foundation
import Ingestion
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import Preparation
import Tables
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
        try Training.withFailures { try embed() }
    }

    private func embed() throws {
        if let output, output != "-", !force, FileManager.default.fileExists(atPath: output) {
            throw CommandFailure(.outputUnwritable, "\(output) exists; add --force to replace it")
        }
        let file = try EncoderWeights(path: weights)
        guard let normalisation = file.normalisation else {
            throw CommandFailure(
                .inputUnreadable,
                "\(weights): one channel, and no word of how its images were normalised (metadata mean and deviation); "
                    + "give the model.safetensors of a run")
        }
        let embedder = try Embedder(
            file, configuration: try file.configuration(imageSize: imageSize ?? file.imageSize),
            workers: Workers(running.jobs))
        if let (from, to) = embedder.report.interpolated {
            Console.note("positions interpolated from \(from) × \(from) to \(to) × \(to) patches", running.verbosity)
        }
        let table = FeatureTable(plain: (0..<embedder.width).map { "emb_\($0)" })
        let sink = try TableSink(.named(output ?? "-", existing: force ? .replace : .refuse), table: table)
        let plan: CasePlan
        do {
            plan = try CasePlan(
                input, regions: regions.choice, identity: running.identity, jobs: running.jobs,
                observer: running.observer)
        } catch {
            try sink.abandon()
            throw error
        }
        let worker = EmbeddingWorker(
            embedder: embedder, normalisation: normalisation, intensity: try file.intensity() ?? .standard, pool: pool,
            rows: slices ? .slices : .image, disclosure: running.identity, jobs: running.jobs)
        try fill(sink, plan, worker)
    }

    private func fill(_ sink: TableSink, _ plan: CasePlan, _ worker: EmbeddingWorker) throws {
        if !plan.imagesWithoutMask.isEmpty {
            Console.note(
                "\(plan.imagesWithoutMask.count) image(s) without a mask are left out (--whole-image takes them)",
                running.verbosity)
        }
        Interruption.watch()
        let progress = Progress("embedding", unit: "cases", total: plan.cases.count, verbosity: running.verbosity)
        var failed = 0
        for (number, item) in plan.cases.enumerated() {
            guard !Interruption.isRequested else {
                progress.finish()
                _ = try sink.interrupt()
                throw CommandFailure(
                    .interrupted, "interrupted after \(number) of \(plan.cases.count) cases; start again with --force")
            }
            let rows = worker.rows(of: item)
            for row in rows where row.status == .failed {
                failed += 1
                if failed <= 5 { Console.error("\(row.identity.caseID) \(row.identity.roi): \(row.reason)") }
            }
            try sink.append(rows, caseNumber: number)
            sink.finishCase(number)
            progress.advance()
        }
        progress.finish()
        try sink.finish()
        guard failed == 0 else {
            throw CommandFailure(
                .someCasesFailed, "\(failed) region(s) or case(s) failed; their rows say why (column 'reason')")
        }
    }
}
