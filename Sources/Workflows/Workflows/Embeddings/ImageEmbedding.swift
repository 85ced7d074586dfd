import Finetuning
import Foundation
import Ingestion
import MaskedAutoencoder
import Parallel
import Preparation
import Tables

/// Embeddings of regions or whole images by a pre-trained encoder, as rows that join with those of
/// ``FeatureExtraction``.
///
/// A region's embedding is the mean of the patch tokens that cover it, each weighted by how many of the region's voxels lie
/// in the patch, over all of its slices; an image's is the mean over its slices.
public struct ImageEmbedding: Sendable {
    /// DICOM files and folders of them, PNGs, or CSV manifests, as of ``FeatureExtraction``.
    public var inputs: [String]
    public var regions: RegionChoice
    /// Of which the images are taken, by DICOM's code; nil: of any.
    public var modalities: Set<String>?
    /// `.safetensors` or `.pth` with the MAE repository's key names.
    public var weights: String
    public var pool: EmbeddingPool
    public var rows: EmbeddingRows
    /// Rows and columns that the network sees, pixels; nil: as the weights were trained.
    public var imageSize: Int?
    /// How the patient appears in the rows.
    public var identity: IdentityDisclosure
    public var jobs: Int

    public init(
        of inputs: [String], regions: RegionChoice = .all, weights: String, pool: EmbeddingPool = .mean,
        rows: EmbeddingRows = .image, imageSize: Int? = nil, identity: IdentityDisclosure = .pseudonym,
        jobs: Int = ProcessInfo.processInfo.activeProcessorCount
    ) {
        (self.inputs, self.regions, self.weights, self.pool) = (inputs, regions, weights, pool)
        (self.rows, self.imageSize, self.identity, self.jobs) = (rows, imageSize, identity, jobs)
    }

    /// A table with the columns `emb_0` to `emb_D-1`, one row per region, image or slice.
    /// - Throws: ``WorkflowError`` when weights or input cannot be read, or the output cannot be written. A region or a case
    ///   that fails throws nothing: its row says why, and the observer hears of the first five.
    public func write(
        to destination: TableDestination, _ observer: WorkObserver = .silent
    ) throws(WorkflowError) -> EmbeddingSummary {
        let worker = try worker(observer)
        let table = FeatureTable(plain: (0..<worker.embedder.width).map { "emb_\($0)" })
        let sink = try TableSink(destination, table: table)
        let plan: CasePlan
        do throws(WorkflowError) {
            plan = try CasePlan(
                inputs, regions: regions, modalities: modalities, identity: identity, jobs: jobs, observer: observer)
        } catch {
            try sink.abandon()
            throw error
        }
        plan.say(to: observer)
        observer.willStart()
        let progress = observer.begin(WorkStep("embedding", unit: "cases", total: plan.cases.count))
        var summary = EmbeddingSummary(cases: plan.cases.count)
        for (number, item) in plan.cases.enumerated() {
            guard !observer.isCancelled() else {
                progress.finish()
                _ = try sink.interrupt()
                summary.ending = .interrupted
                return summary
            }
            let rows = worker.rows(of: item)
            for row in rows where row.status == .failed {
                summary.failed += 1
                guard summary.failed <= 5 else { continue }
                observer.failure("\(row.identity.caseID) \(row.identity.roi): \(row.reason)")
            }
            try sink.append(rows, caseNumber: number)
            sink.finishCase(number)
            summary.casesDone += 1
            progress.advance()
        }
        progress.finish()
        worker.leftOut.say(to: observer)
        plan.sayWhoIsWithout(to: observer)
        try sink.finish()
        return summary
    }

    private func worker(_ observer: WorkObserver) throws(WorkflowError) -> EmbeddingWorker {
        do {
            let file = try EncoderWeights(path: weights)
            guard let normalisation = file.normalisation else { throw WorkflowError.noNormalisation(weights: weights) }
            let embedder = try Embedder(
                file, configuration: try file.configuration(imageSize: imageSize ?? file.imageSize),
                workers: Workers(jobs))
            if let (from, to) = embedder.report.interpolated {
                observer.note("positions interpolated from \(from) × \(from) to \(to) × \(to) patches")
            }
            let guess = file.guesses.first { $0.part == .encoder }.map { Finding(.warning, "\($0)") }
            return EmbeddingWorker(
                embedder: embedder, normalisation: normalisation, intensity: try file.intensity() ?? .standard,
                pool: pool, rows: rows, disclosure: identity, jobs: jobs, guess: guess)
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

/// What stands for a slice: the mean of its patch tokens, or its class token, which describes whole slices only.
public enum EmbeddingPool: Sendable { case mean, classToken }

/// Of a whole image: one row of the mean over its slices, or one row per slice with its number, from 0, as label.
public enum EmbeddingRows: Sendable { case image, slices }

/// How an embedding went.
public struct EmbeddingSummary: Sendable {
    public internal(set) var cases: Int
    public internal(set) var casesDone = 0
    /// Rows, of regions or whole cases.
    public internal(set) var failed = 0
    public internal(set) var ending = WorkEnding.complete
}
