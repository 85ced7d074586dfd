import Foundation
import Imaging
import Ingestion
import Parallel
import Radiomics
import Reports
import Synchronization
import Tables

/// Works through the cases on several threads, each case one image with all its regions: memory is bounded by one
/// image a thread.
struct ExtractionRun {
    let plan: ExtractionPlan
    let extractor: Extractor
    let running: RunningOptions
    let matrices: MatrixFolder?
    let reports: ReportFolder?

    func perform(into sink: TableSink) throws {
        say(plan)
        Interruption.watch()
        let progress = Progress("extracting", unit: "cases", total: plan.cases.count, verbosity: running.verbosity)
        let settingsHash = Fingerprint(of: Weft.version + extractor.settings.yaml).description
        let worker = CaseWorker(
            extractor: extractor, settingsHash: settingsHash, disclosure: running.identity, matrices: matrices)
        let cases = plan.cases
        let tally = Mutex(Tally())
        // The sink is used under the lock only.
        let shared = UncheckedSendable(sink)
        let reports = UncheckedSendable(self.reports)
        // Matrices are in no row, and a row says less than a report: whoever wants them has every region computed.
        let takesOverRows = matrices == nil && reports.value == nil
        _ = concurrentMap(count: cases.count, jobs: running.jobs) { number in
            guard !Interruption.isRequested, tally.withLock({ $0.error == nil }) else { return }
            let isKnown = { (key: RowKey) in
                takesOverRows && tally.withLock { _ in shared.value.reuse(key, caseNumber: number) }
            }
            let measured = { (region: MeasuredRegion) in
                tally.withLock { _ in reports.value?.add(region, caseNumber: number) ?? () }
            }
            worker.rows(of: cases[number], isKnown: isKnown, measured: measured) { rows in
                tally.withLock { tally in
                    do {
                        try shared.value.append(rows, caseNumber: number)
                        let failed = rows.count { $0.status == .failed }
                        tally.failed += failed
                        reports.value?.addFailures(failed, caseNumber: number)
                        tally.warnings += rows.count { $0.status == .warning }
                        tally.failures += rows.filter { $0.status == .failed }.prefix(max(0, 5 - tally.failures.count))
                    } catch { tally.error = error }
                }
            }
            tally.withLock { tally in
                tally.casesDone += 1
                shared.value.finishCase(number)
                guard tally.error == nil else { return }
                do { try reports.value?.finishCase(number) } catch { tally.error = error }
            }
            progress.advance()
        }
        progress.finish()
        try conclude(tally.withLock { $0 }, sink)
    }

    struct Tally: Sendable {
        var casesDone = 0
        var failed = 0
        var warnings = 0
        var failures: [FeatureRow] = []
        var error: (any Error)?
    }

    private func say(_ plan: ExtractionPlan) {
        if !plan.imagesWithoutMask.isEmpty {
            Console.note(
                "\(plan.imagesWithoutMask.count) image(s) without a mask are left out (--whole-image takes them)",
                running.verbosity)
        }
        if let first = plan.skipped.first {
            Console.note(
                "\(plan.skipped.count) file(s) skipped, e.g. \(first.path): \(first.reason)", running.verbosity)
        }
    }

    private func conclude(_ tally: Tally, _ sink: TableSink) throws {
        if let error = tally.error as? TableError { throw CommandFailure(error) }
        if let failure = tally.error as? CommandFailure { throw failure }
        if let error = tally.error { throw CommandFailure(.internalError, "\(error)") }
        guard !Interruption.isRequested else {
            let kept = try sink.interrupt()
            throw CommandFailure(
                .interrupted, "interrupted after \(tally.casesDone) of \(plan.cases.count) cases\(kept)")
        }
        try sink.finish()
        for row in tally.failures {
            let roi = row.identity.roi.isEmpty ? row.identity.label : row.identity.roi
            Console.error("\(row.identity.caseID)\(roi.isEmpty ? "" : " \(roi)"): \(row.reason)")
        }
        if let reports {
            let empty = reports.empty > 0 ? "; none for \(reports.empty) series without a value" : ""
            Console.note("\(reports.written) structured report(s) in \(reports.path)\(empty)", running.verbosity)
        }
        if tally.warnings > 0 {
            Console.note("\(tally.warnings) region(s) with a warning: see the column 'reason'", running.verbosity)
        }
        guard tally.failed == 0 else {
            let others = tally.failed > tally.failures.count ? ", the first \(tally.failures.count) above" : ""
            throw CommandFailure(
                .someCasesFailed,
                "\(tally.failed) region(s) or case(s) failed\(others); their rows say why (column 'reason')")
        }
    }
}
