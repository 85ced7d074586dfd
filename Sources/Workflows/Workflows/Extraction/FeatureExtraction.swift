import Foundation
import Parallel
import Radiomics
import SettingsFile
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
    /// Of which the images are taken, by DICOM's code; nil: of any.
    public var modalities: Set<String>?
    /// What becomes of a range or a width in the settings that images of several units would share.
    public var sharedNumbers = SharedNumbers.refused
    /// How the patient appears in the rows.
    public var identity: IdentityDisclosure
    /// Threads. Each works on one image with all of its regions, so memory grows with their number; where there are fewer images
    /// than threads, several work on the regions of one.
    public var jobs: Int
    /// Which of the cases are worked on; nil: all.
    public var shard: Shard?

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
        let (summary, rows, columns) = try perform(ExtractionOutput(table: .memory), observer)
        return ExtractedFeatures(columns: columns, rows: rows, summary: summary)
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
    ) throws(WorkflowError) -> (ExtractionSummary, [FeatureRow], [FeatureColumn]) {
        do throws(SettingsError) { try settings.validate() } catch { throw .settings(error) }
        try output.check()
        var regions = regions
        regions.add(settings.register)
        let plan = try CasePlan(
            inputs, regions: regions, modalities: modalities, identity: identity, jobs: jobs, observer: observer)
        try plan.check(settings, sharedNumbers)
        // The columns follow from the images as well: single slices have others than volumes.
        let extractors = try CaseExtractors(settings, for: plan.cases, jobs: jobs)
        let share = CaseShare(plan, shard, settings: settings.yaml, identity)
        var table = FeatureTable(layout: output.layout, features: extractors.columns)
        table.marks = share.marks
        let rows = try RowCollector(
            output, table: table,
            TableProvenance(version: Release.version, settings: settings.yaml))
        let leftOut = LeftOutRegions()
        let worker = CaseWorker(
            extractors: extractors, disclosure: identity, matrices: output.matrices, steps: output.steps,
            leftOut: leftOut,
            jobsInCase: max(1, jobs / max(1, min(jobs, share.cases.count))))
        do {
            try rows.expect(share, of: plan, worker, observer)
        } catch {
            try rows.abandon()
            throw error
        }
        plan.say(to: observer)
        observer.willStart()
        let progress = observer.begin(WorkStep("extracting", unit: "cases", total: share.cases.count))
        let cases = share.cases
        let clock = CaseClock()
        Workers(jobs).forEach(cases.count) { number, _ in
            guard !observer.isCancelled(), !rows.hasFailed else { return }
            let start = clock.begin()
            worker.work(on: cases[number], number: number, into: rows)
            clock.end(start, rows.finishCase(number, named: cases[number].name), observer)
            progress.advance()
        }
        progress.finish()
        leftOut.say(to: observer)
        plan.sayWhoIsWithout(to: observer)
        let (summary, kept) = try rows.conclude(observer.isCancelled() ? .interrupted : .complete)
        return (summary, kept, extractors.columns)
    }
}

/// What an extraction writes, and where.
public struct ExtractionOutput: Sendable {
    public var table: TableDestination
    public var layout: TableLayout
    /// Every co-occurrence matrix as CSV.
    public var matrices: OutputFolder?
    /// What the features of each region were computed of, as volumes.
    public var steps: StepOutput?
    /// The values of every DICOM series as a DICOM Structured Report.
    public var reports: OutputFolder?

    public init(
        table: TableDestination, layout: TableLayout = .wide, matrices: OutputFolder? = nil, steps: StepOutput? = nil,
        reports: OutputFolder? = nil
    ) {
        (self.table, self.layout, self.matrices) = (table, layout, matrices)
        (self.steps, self.reports) = (steps, reports)
    }

    /// What keeps the output from being written, as far as it is known before the images are.
    func check() throws(WorkflowError) {
        try table.check()
    }
}
