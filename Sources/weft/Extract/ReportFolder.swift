import Imaging
import Ingestion
import Radiomics
import Reports

/// Where the structured reports go, `CASE_sr.dcm`, one a series: a report is written when the last case of its series is
/// done. Used by one thread at a time.
final class ReportFolder {
    let path: String
    private var settings = ExtractionSettings()
    private var series: [SeriesKey: Pending] = [:]
    private var seriesOfCase: [Int: SeriesKey] = [:]
    private(set) var written = 0
    /// Series that have no report because none of their regions could be computed.
    private(set) var empty = 0

    private struct SeriesKey: Hashable {
        var study: String
        var series: String
    }

    private struct Pending {
        var modality: String
        var casesLeft = 0
        var regions: [Int: [MeasuredRegion]] = [:]
        var failed = 0
    }

    init(_ path: String, existing: OutputFolder.Existing) throws {
        self.path = path
        try OutputFolder.prepare(path, existing: existing, option: "--sr")
    }

    /// Which series the cases belong to.
    /// - Throws: ``CommandFailure`` when no case is of a DICOM series that a report could join.
    func expect(_ cases: [ExtractionCase], settings: ExtractionSettings, _ verbosity: Verbosity) throws {
        self.settings = settings
        var without: [String] = []
        for (number, item) in cases.enumerated() {
            guard let image = item.image else { continue }
            let key = SeriesKey(study: image.identity.studyUID, series: image.identity.seriesUID)
            guard image.format == .dicom, !key.study.isEmpty, !key.series.isEmpty else {
                without.append(item.name)
                continue
            }
            seriesOfCase[number] = key
            series[key, default: Pending(modality: image.identity.modality)].casesLeft += 1
        }
        guard let first = without.first else { return }
        let reason = "no DICOM study and series that a report could belong to"
        guard !series.isEmpty else {
            throw CommandFailure(
                .inputUnreadable,
                "--sr needs DICOM images; found \(without.count) image(s), e.g. \(first), with \(reason)")
        }
        Console.note("\(without.count) image(s), e.g. \(first), get no structured report: \(reason)", verbosity)
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
    /// - Throws: ``CommandFailure`` when the report cannot be written.
    func finishCase(_ caseNumber: Int) throws {
        guard let key = seriesOfCase[caseNumber], var pending = series[key] else { return }
        pending.casesLeft -= 1
        series[key] = pending
        guard pending.casesLeft == 0 else { return }
        series[key] = nil
        let regions = pending.regions.sorted { $0.key < $1.key }.flatMap(\.value)
        guard !regions.isEmpty else {
            empty += 1
            return
        }
        let modality = pending.modality.isEmpty ? "image" : pending.modality
        let hash = Fingerprint(of: key.series).description.prefix(10)
        let file = "\(path)/\(OutputFolder.fileName(modality))-\(hash)_sr.dcm"
        do {
            let report = try MeasurementReport(
                regions, missing: pending.failed, settings: settings, version: Weft.version)
            try report.write(to: file)
        } catch let error as IngestionError {
            throw CommandFailure(error)
        } catch { throw CommandFailure(.outputUnwritable, "structured report \(file): \(error)") }
        written += 1
    }
}

extension ExtractionCase {
    /// Nil when it is known to fail before an image is loaded.
    fileprivate var image: ImageSource? {
        switch work {
        case .regions(let image, _, _), .wholeImage(let image): image
        case .failed: nil
        }
    }
}
