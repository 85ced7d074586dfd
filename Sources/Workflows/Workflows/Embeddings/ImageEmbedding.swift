import Files
import Finetuning
import Foundation
import Imaging
import Ingestion
import MaskedAutoencoder
import Parallel
import Preparation
import Tables
import Training

/// Embeddings of regions or whole images by a frozen encoder, as rows that join with those of ``FeatureExtraction``.
///
/// A region's embedding is read off the patch tokens that cover it, each weighted by how many of the region's voxels lie in
/// the patch (in a patch of several overlapping tiles: in each of them), over all of its slices; an image's off all tokens of
/// all slices.
public struct ImageEmbedding: Sendable {
    /// DICOM files and folders of them, PNGs, or CSV manifests, as of ``FeatureExtraction``.
    public var inputs: [String]
    public var regions: RegionChoice
    /// Of which the images are taken, by DICOM's code; nil: of any.
    public var modalities: Set<String>?
    public var encoder: EncoderChoice
    public var readout: Readout
    public var scope: EmbeddingScope
    public var rows: EmbeddingRows
    /// Rows and columns that the network sees, pixels; nil: as the weights were trained.
    public var imageSize: Int?
    /// How the patient appears in the rows.
    public var identity: IdentityDisclosure
    public var jobs: Int
    /// Which of the cases are worked on; nil: all.
    public var shard: Shard?

    public init(
        of inputs: [String], regions: RegionChoice = .all, encoder: EncoderChoice, readout: Readout = Readout(),
        scope: EmbeddingScope = EmbeddingScope(), rows: EmbeddingRows = .image, imageSize: Int? = nil,
        identity: IdentityDisclosure = .pseudonym, jobs: Int = ProcessInfo.processInfo.activeProcessorCount
    ) {
        (self.inputs, self.regions, self.encoder, self.readout) = (inputs, regions, encoder, readout)
        (self.scope, self.rows, self.imageSize) = (scope, rows, imageSize)
        (self.identity, self.jobs) = (identity, jobs)
    }

    /// A table with the columns `emb_…`, one row per region, image or slice.
    /// - Throws: ``WorkflowError`` when weights or input cannot be read, or the output cannot be written. A region or a case
    ///   that fails throws nothing: its row says why, and the observer hears of the first five.
    public func write(
        to destination: TableDestination, _ observer: WorkObserver = .silent
    ) throws(WorkflowError) -> EmbeddingSummary {
        let worker = try worker(observer)
        try destination.check()
        let plan = try CasePlan(
            inputs, regions: regions, modalities: modalities, identity: identity, jobs: jobs, observer: observer)
        let made = try RowSettings(
            version: Release.version, hash: settingsHash, yaml: provenance.settings, except: [])
        let share = CaseShare(plan, shard, settings: made.hash + made.text, identity)
        var table = FeatureTable(plain: worker.columns)
        table.marks = share.marks
        var summary = EmbeddingSummary(cases: share.cases.count)
        if try destination.isDone(table) {
            (summary.casesDone, summary.table) = (summary.cases, .unchanged)
            return summary
        }
        let sink = try TableSink(destination, table: table, provenance)
        do throws(WorkflowError) {
            try sink.expect(
                share.cases.map {
                    TableFile.ExpectedCase(
                        RowIdentity($0, $0.identity, nil, identity),
                        RowSettings(version: "", hash: made.hash, text: ""))
                })
        } catch {
            try sink.abandon()
            throw error
        }
        plan.say(to: observer)
        plan.sayUnknownModalities(worker.intensity, to: observer)
        observer.willStart()
        let progress = observer.begin(WorkStep("embedding", unit: "cases", total: share.cases.count))
        let clock = CaseClock()
        for (number, item) in share.cases.enumerated() {
            guard !observer.isCancelled() else {
                progress.finish()
                summary.journal = try sink.interrupt()
                summary.ending = .interrupted
                return summary
            }
            let start = clock.begin()
            var record = CaseRecord(item.name)
            let rows = worker.rows(of: item, settingsHash: made.hash) { key in
                guard let earlier = sink.takeOver(key, caseNumber: number) else { return false }
                record.add(earlier.status)
                return true
            }
            for row in rows { record.add(row.status) }
            for row in rows where row.status == .failed {
                summary.failed += 1
                guard summary.failed <= 5 else { continue }
                observer.failure("\(row.identity.caseID) \(row.identity.roi): \(row.reason)")
            }
            try sink.append(rows, caseNumber: number)
            try sink.finishCase(number)
            summary.casesDone += 1
            clock.end(start, record, observer)
            progress.advance()
        }
        progress.finish()
        worker.leftOut.say(to: observer)
        plan.sayWhoIsWithout(to: observer)
        try sink.finish()
        return summary
    }

    private var provenance: TableProvenance {
        let source =
            switch encoder {
            case .weights(let path): "weights: \(FileName(path).name)"
            case .untrained(let model, let seed): "untrained: {model: \(model), seed: \(seed)}"
            }
        let stride = scope.stride.map(String.init) ?? "automatic"
        let lines = [
            source, "pool: \(readout.pool.rawValue)",
            "blocks: \(readout.blocks.isEmpty ? "last" : "\(readout.blocks)")",
            "views: \(scope.views?.rawValue ?? "automatic")",
            "scale: \(scope.scale.map { "\($0)" } ?? "automatic")", "stride: \(stride)",
            "rows: \(rows == .image ? "image" : "slices")", "imageSize: \(imageSize.map(String.init) ?? "as trained")",
        ]
        return TableProvenance(version: Release.version, settings: lines.joined(separator: "\n"))
    }

    /// Of what the numbers hang on, the content of the weights among it.
    private var settingsHash: String {
        get throws(WorkflowError) {
            var text = Release.version + "\n" + provenance.settings
            if case .weights(let path) = encoder {
                // The folder of a run stands for the weights in it.
                let model = RunFolder(path).model
                let path = FileManager.default.fileExists(atPath: model) ? model : path
                do throws(FileReadingError) {
                    text += try "\n" + mapWholeFile(at: path).withUnsafeBytes { Fingerprint(of: $0) }.description
                } catch { throw .badMetadata(error.description) }
            }
            return Fingerprint(of: text).description
        }
    }

    private func worker(_ observer: WorkObserver) throws(WorkflowError) -> EmbeddingWorker {
        do {
            let source = try EncoderSource(encoder, imageSize: imageSize, workers: Workers(jobs))
            try readout.check(source.encoder)
            if let (from, to) = source.encoder.report.interpolated {
                observer.note("positions interpolated from \(from) × \(from) to \(to) × \(to) patches")
            }
            let scale = scope.scale ?? source.scale ?? .resize
            let views = scope.views ?? (scale == .resize ? .whole : .tiles)
            return EmbeddingWorker(
                encoder: source.encoder, readout: readout, normalisation: source.normalisation,
                intensity: source.intensity, views: views, scale: scale == .resize ? .own : scale,
                stride: scope.stride ?? source.encoder.configuration.imageHeight, rows: rows, disclosure: identity,
                jobs: jobs, guess: source.guess)
        } catch let error as WorkflowError {
            throw error
        } catch let error as WeightsFileError {
            throw .weights(error)
        } catch let error as ConfigurationError {
            throw .configuration(error)
        } catch {
            throw .badMetadata("\(error)")
        }
    }
}

/// Where an encoder comes from.
public enum EncoderChoice: Hashable, Sendable {
    /// `.safetensors` or `.pth` with the MAE repository's key names.
    case weights(path: String)
    /// One that has learned nothing: a name as `vit-ti16`, and the seed of its weights.
    case untrained(model: String, seed: UInt64)
}

/// An encoder with what it was trained on.
private struct EncoderSource {
    let encoder: FrozenEncoder
    let normalisation: ChannelNormalisation
    var intensity = IntensityMapping.standard
    var scale: ImageScale?
    var guess: Finding?

    init(_ choice: EncoderChoice, imageSize: Int?, workers: Workers) throws {
        switch choice {
        case .weights(let path):
            let file = try EncoderWeights(path: path)
            guard let known = file.normalisation else { throw WorkflowError.noNormalisation(weights: path) }
            normalisation = known
            encoder = try FrozenEncoder(
                file, configuration: try file.configuration(imageSize: imageSize ?? file.imageSize), workers: workers)
            intensity = try file.intensity() ?? .standard
            scale = try file.scale()
            guess = file.guesses.first { $0.part == .encoder }.map { Finding(.warning, "\($0)") }
        case .untrained(let model, let seed):
            // As good as any where nothing was measured: black and white become -2 and 2.
            normalisation = ChannelNormalisation(mean: [0.5], deviation: [0.25])
            encoder = try FrozenEncoder(
                untrained: try MaskedAutoencoderConfiguration(model: model, imageSize: imageSize ?? 224), seed: seed,
                workers: workers)
        }
    }
}

/// Of a whole image: one row, or one row per slice with its number, from 0, as label.
public enum EmbeddingRows: Sendable { case image, slices }

/// How an embedding went.
public struct EmbeddingSummary: Sendable {
    public internal(set) var cases: Int
    public internal(set) var casesDone = 0
    /// Rows, of regions or whole cases.
    public internal(set) var failed = 0
    /// Whether the table was there already as it is to be.
    public internal(set) var table = TableFile.Outcome.written
    public internal(set) var ending = WorkEnding.complete
    /// The file that keeps the finished rows of an interrupted table on disk.
    public internal(set) var journal: String?
}
