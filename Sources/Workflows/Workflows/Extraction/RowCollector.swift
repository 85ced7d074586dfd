import Radiomics
import Reports
import Synchronization
import Tables

/// Takes what the threads of an extraction deliver, one at a time: rows for the table, measured regions for the reports.
final class RowCollector: Sendable {
    private struct State {
        let sink: TableSink
        let reports: ReportFolder?
        var summary: ExtractionSummary
        /// As rows show them.
        var patients: Set<String> = []
        /// The first; nothing is written after it.
        var error: WorkflowError?
        /// How the rows of a case went, while it is worked on.
        var statuses: [Int: [RowStatus]] = [:]
    }

    private let state: Mutex<State>
    /// Matrices and steps are in no row, and a row says less than a report: for them every region is computed.
    private let takesOverRows: Bool

    /// Opens the table and makes the folders.
    init(
        _ output: ExtractionOutput, table: FeatureTable, _ provenance: TableProvenance
    ) throws(WorkflowError) {
        takesOverRows = output.matrices == nil && output.steps == nil && output.reports == nil
        try output.matrices?.prepare(option: "--matrices")
        try output.steps?.folder.prepare(option: "--save-steps")
        var reports: ReportFolder?
        if let folder = output.reports { reports = try ReportFolder(folder) }
        let sink = try TableSink(output.table, table: table, provenance)
        state = Mutex(State(sink: sink, reports: reports, summary: ExtractionSummary()))
    }

    /// The cases that will come.
    func expect(
        _ share: CaseShare, of plan: CasePlan, _ worker: CaseWorker, _ observer: WorkObserver
    ) throws(WorkflowError) {
        try state.withLock { state throws(WorkflowError) in
            state.summary.cases = share.cases.count
            try state.sink.expect(share.cases.map(worker.expected))
            try state.reports?.expect(share.cases, of: plan, extractors: worker.extractors, observer)
        }
    }

    /// Nothing is to be done.
    func abandon() throws(WorkflowError) {
        try state.withLock { state throws(WorkflowError) in try state.sink.abandon() }
    }

    // MARK: While the threads work

    var hasFailed: Bool { state.withLock { $0.error != nil } }

    /// Takes over the row of an earlier run and says whether there was one.
    func takeOver(_ key: RowKey, caseNumber: Int) -> Bool {
        takesOverRows
            && state.withLock { state in
                guard let end = state.sink.takeOver(key, caseNumber: caseNumber) else { return false }
                state.summary.count(end.status)
                state.statuses[caseNumber, default: []].append(end.status)
                state.summary.count(LevelUse.Doubt.all(in: end.remarks))
                if !key.patient.isEmpty { state.patients.insert(key.patient) }
                return true
            }
    }

    /// One region of a case, or a failure of one.
    func add(_ outcome: CaseWorker.Outcome, caseNumber: Int) {
        if let measured = outcome.measured { add(measured, caseNumber: caseNumber) }
        add([outcome.row], caseNumber: caseNumber)
        count(outcome.doubts)
    }

    private func add(_ region: MeasuredRegion, caseNumber: Int) {
        state.withLock { $0.reports?.add(region, caseNumber: caseNumber) ?? () }
    }

    /// What was doubtful about the grey levels of a region.
    private func count(_ doubts: [LevelUse.Doubt]) {
        guard !doubts.isEmpty else { return }
        state.withLock { $0.summary.count(doubts) }
    }

    private func add(_ rows: [FeatureRow], caseNumber: Int) {
        state.withLock { state in
            do throws(WorkflowError) {
                try state.sink.append(rows, caseNumber: caseNumber)
                let failed = rows.filter { $0.status == .failed }
                state.reports?.addFailures(failed.count, caseNumber: caseNumber)
                state.summary.count(rows)
                state.statuses[caseNumber, default: []] += rows.map(\.status)
                state.patients.formUnion(rows.map(\.identity.patient).filter { !$0.isEmpty })
            } catch { state.error = error }
        }
    }

    /// All rows of the case are in: returns how they went.
    func finishCase(_ caseNumber: Int, named name: String) -> CaseRecord {
        state.withLock { state in
            var record = CaseRecord(name)
            for status in state.statuses.removeValue(forKey: caseNumber) ?? [] { record.add(status) }
            state.summary.casesDone += 1
            guard state.error == nil else { return record }
            do throws(WorkflowError) {
                try state.sink.finishCase(caseNumber)
                try state.reports?.finishCase(caseNumber)
            } catch { state.error = error }
            return record
        }
    }

    // MARK: At the end

    /// The rows are those of a table in memory.
    func conclude(_ ending: WorkEnding) throws(WorkflowError) -> (ExtractionSummary, [FeatureRow]) {
        try state.withLock { state throws(WorkflowError) in
            if let error = state.error {
                if case .table(let error) = error, error.isRefusal { try state.sink.abandon() }
                throw error
            }
            state.summary.patients = state.patients.count
            switch ending {
            case .complete: state.summary.table = try state.sink.finish()
            case .interrupted: state.summary.journal = try state.sink.interrupt()
            }
            state.summary.ending = ending
            state.summary.reports = state.reports.map {
                ExtractionSummary.Reports(folder: $0.path, written: $0.written, seriesWithoutValues: $0.empty)
            }
            return (state.summary, state.sink.rows)
        }
    }
}
