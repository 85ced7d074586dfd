import Foundation
import Parallel
import Radiomics
import Tables

/// The features of every region of interest in files, folders or whole archives.
///
/// ```swift
/// let table = try FeatureExtraction(of: ["scans"]).run()
/// ```
public struct FeatureExtraction: Sendable {
    /// DICOM files and folders of them, PNGs, or CSV manifests with the columns Image and Mask (and ROI, Label, Case).
    public var inputs: [String]
    public var regions: RegionChoice
    public var settings: ExtractionSettings
    /// How the patient appears in the rows.
    public var identity: IdentityDisclosure
    /// Threads; each works on one image with all of its regions, so memory grows with their number.
    public var jobs: Int

    public init(
        of inputs: [String], regions: RegionChoice = .all, settings: ExtractionSettings = ExtractionSettings(),
        identity: IdentityDisclosure = .pseudonym, jobs: Int = ProcessInfo.processInfo.activeProcessorCount
    ) {
        (self.inputs, self.regions, self.settings) = (inputs, regions, settings)
        (self.identity, self.jobs) = (identity, jobs)
    }

    /// The features in memory.
    /// - Throws: ``WorkflowError`` when an input cannot be read or holds nothing to extract. A region or a case that fails
    ///   throws nothing: its row says why.
    public func run(_ observer: WorkObserver = .silent) throws(WorkflowError) -> ExtractedFeatures {
        let (summary, rows) = try perform(ExtractionOutput(table: .memory), observer)
        return ExtractedFeatures(columns: settings.columns, rows: rows, summary: summary)
    }

    /// The features as a table, in rows that are safe as soon as they are done.
    /// - Throws: ``WorkflowError``, also when the output cannot be written, which is known before the work starts.
    public func write(
        to output: ExtractionOutput, _ observer: WorkObserver = .silent
    ) throws(WorkflowError) -> ExtractionSummary {
        try perform(output, observer).0
    }

    private func perform(
        _ output: ExtractionOutput, _ observer: WorkObserver
    ) throws(WorkflowError) -> (ExtractionSummary, [FeatureRow]) {
        let extractor = Extractor(settings)
        let rows = try RowCollector(
            output, table: FeatureTable(layout: output.layout, features: extractor.columns),
            TableProvenance(version: Release.version, settings: settings.yaml))
        let leftOut = LeftOutRegions()
        let worker = CaseWorker(
            extractor: extractor, rowSettings: RowSettings(of: settings), disclosure: identity,
            matrices: output.matrices, leftOut: leftOut)
        let plan: CasePlan
        do {
            plan = try CasePlan(inputs, regions: regions, identity: identity, jobs: jobs, observer: observer)
            try rows.expect(plan, settings: settings, worker, observer)
        } catch {
            try rows.abandon()
            throw error
        }
        plan.say(to: observer)
        observer.willStart()
        let progress = observer.begin(WorkStep("extracting", unit: "cases", total: plan.cases.count))
        let cases = plan.cases
        Workers(jobs).forEach(cases.count) { number, _ in
            guard !observer.isCancelled(), !rows.hasFailed else { return }
            worker.work(on: cases[number], number: number, into: rows)
            rows.finishCase(number)
            progress.advance()
        }
        progress.finish()
        leftOut.say(to: observer)
        return try rows.conclude(observer.isCancelled() ? .interrupted : .complete)
    }
}

/// What an extraction writes, and where.
public struct ExtractionOutput: Sendable {
    public var table: TableDestination
    public var layout: TableLayout
    /// Every co-occurrence matrix as CSV.
    public var matrices: OutputFolder?
    /// The values of every DICOM series as a DICOM Structured Report.
    public var reports: OutputFolder?

    public init(
        table: TableDestination, layout: TableLayout = .wide, matrices: OutputFolder? = nil,
        reports: OutputFolder? = nil
    ) {
        (self.table, self.layout, self.matrices, self.reports) = (table, layout, matrices, reports)
    }
}
