import Files
import Imaging
import Ingestion
import Radiomics
import Reports
import Tables

/// Where the structured reports go, `MODALITY-HASH_sr.dcm`, one per series: a report is written when the last case of its
/// series is done. Used by one thread at a time.
final class ReportFolder {
    let path: String
    private var series: [SeriesKey: Pending] = [:]
    private var seriesOfCase: [Int: SeriesKey] = [:]
    private(set) var written = 0
    /// Series that have no report because none of their regions could be computed.
    private(set) var empty = 0

    private struct SeriesKey: Hashable {
        var study: String
        var series: String

        /// Nil where a report has nothing to belong to.
        init?(_ image: ImageSource) {
            (study, series) = (image.identity.studyUID, image.identity.seriesUID)
            guard image.format == .dicom, !study.isEmpty, !series.isEmpty else { return nil }
        }
    }

    private struct Pending {
        var modality: String
        /// That apply to its images.
        var settings: ExtractionSettings
        var casesLeft = 0
        var regions: [Int: [MeasuredRegion]] = [:]
        var failed = 0
    }

    init(_ folder: OutputFolder) throws(WorkflowError) {
        path = folder.path
        try folder.prepare(option: "--sr")
    }

    static let reasonForNone = "no DICOM study and series that a report could belong to"

    /// Which series the cases belong to; those of a shard, all images of a series or none.
    /// - Throws: ``WorkflowError/noSeriesForReports(images:first:)``
    func expect(
        _ cases: [ImageCase], of plan: CasePlan, extractors: CaseExtractors, _ observer: WorkObserver
    ) throws(WorkflowError) {
        var without: [String] = []
        for (number, item) in cases.enumerated() {
            guard let image = item.image else { continue }
            guard let key = SeriesKey(image) else {
                without.append(item.name)
                continue
            }
            seriesOfCase[number] = key
            let settings = extractors[ImageKind(image)].extractor.settings
            series[key, default: Pending(modality: image.identity.modality, settings: settings)].casesLeft += 1
        }
        guard let first = without.first else { return }
        guard plan.cases.contains(where: { $0.image.flatMap(SeriesKey.init) != nil }) else {
            throw .noSeriesForReports(images: without.count, first: first)
        }
        observer.note("\(without.count) image(s), e.g. \(first), get no structured report: \(Self.reasonForNone)")
    }

    func add(_ region: MeasuredRegion, caseNumber: Int) {
        guard let key = seriesOfCase[caseNumber] else { return }
        series[key]?.regions[caseNumber, default: []].append(region)
    }

    func addFailures(_ count: Int, caseNumber: Int) {
        guard let key = seriesOfCase[caseNumber] else { return }
        series[key]?.failed += count
    }

    /// All regions of the case are in.
    /// - Throws: ``WorkflowError`` when the report cannot be written.
    func finishCase(_ caseNumber: Int) throws(WorkflowError) {
        guard let key = seriesOfCase[caseNumber], var pending = series[key] else { return }
        pending.casesLeft -= 1
        series[key] = pending
        guard pending.casesLeft == 0 else { return }
        series[key] = nil
        // As the table has them.
        let regions = pending.regions.sorted { $0.key < $1.key }.flatMap { _, regions in
            regions.sorted(stablyBy: {
                RegionOrder(
                    name: $0.name, label: String($0.label),
                    maskFile: $0.mask.map { String(FileName($0.path).name) } ?? "")
            })
        }
        guard !regions.isEmpty else {
            empty += 1
            return
        }
        let modality = pending.modality.isEmpty ? "image" : pending.modality
        let hash = Fingerprint(of: key.series).description.prefix(10)
        let file = "\(path)/\(OutputFolder.fileName(modality))-\(hash)_sr.dcm"
        do {
            let report = try MeasurementReport(
                regions, missing: pending.failed, settings: pending.settings, version: Release.version)
            try report.write(to: file)
        } catch let error as IngestionError {
            throw .ingestion(error)
        } catch let error as FileWritingError {
            throw .outputUnwritable(path: "structured report \(file)", reason: " cannot be written: \(error.reason)")
        } catch { throw .outputUnwritable(path: "structured report \(file)", reason: ": \(error)") }
        written += 1
    }
}
