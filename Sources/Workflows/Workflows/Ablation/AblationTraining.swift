import Files
import Finetuning
import Preparation
import Pretraining
import Reports
import Training

/// Brings the runs of an ablation to their end, in this process, one after the other.
struct AblationTraining {
    enum Outcome { case finished, interrupted }

    var settings: AblationSettings
    var jobs: Int

    /// Goes on from the run's checkpoint when it has one, else begins anew. What the run says goes to the end of its log.
    /// - Throws: the errors of the stages.
    func carryOut(_ run: AblationRun, _ observer: WorkObserver) throws -> Outcome {
        try makeFolder(at: run.folder)
        let log = try LineLog(appendingTo: run.log)
        try log.append("$ weft \(run.command.joined(separator: " "))")
        var own = observer
        own.note = Self.writer(to: log, observer)
        own.failure = own.note
        own.willStart = {}
        do {
            let outcome =
                switch run.kind {
                case .pretraining(let archive): try pretrain(run, archive, own)
                case .finetuning(let dataset, _): try finetune(run, dataset, own)
                }
            try log.append(outcome == .finished ? "done" : "interrupted")
            return outcome
        } catch PreparationError.cancelled {
            try log.append("interrupted")
            return .interrupted
        } catch {
            own.failure("\(error)")
            throw error
        }
    }

    private static func writer(to log: LineLog, _ observer: WorkObserver) -> @Sendable (String) -> Void {
        { line in
            do { try log.append(line) } catch { observer.failure("\(error)") }
        }
    }

    private func pretrain(_ run: AblationRun, _ archive: [String], _ observer: WorkObserver) throws -> Outcome {
        let trainer =
            try Self.resumed(run, { try PretrainingRequest.resume(run.folder, jobs: jobs, observer) })
            ?? {
                var request = PretrainingRequest(
                    of: archive, settings: try settings.pretraining(run.arguments), in: run.folder)
                (request.existing, request.jobs) = (.replace, jobs)
                return try request.begin(observer)
            }()
        for remark in trainer.remarks { observer.note(remark) }
        let steps = observer.begin(WorkStep(run.title, unit: "steps", total: trainer.totalSteps))
        defer { steps.finish() }
        var events = PretrainingEvents()
        events.step = { step, _ in steps.advance(to: step.step) }
        events.isInterrupted = observer.isCancelled
        if !trainer.lacksOnlyReport, try trainer.train(events) != .finished { return .interrupted }
        for doubt in try trainer.doubts() { observer.note(doubt) }
        try trainer.writeReport(
            version: Release.version, command: "weft \(run.command.joined(separator: " "))")
        return .finished
    }

    private func finetune(_ run: AblationRun, _ dataset: String, _ observer: WorkObserver) throws -> Outcome {
        let training =
            try Self.resumed(run, { try FinetuningRequest.resume(run.folder, jobs: jobs, observer) })
            ?? {
                var request = FinetuningRequest(
                    of: dataset, settings: try settings.finetuning(run.arguments), in: run.folder)
                (request.existing, request.jobs) = (.replace, jobs)
                return try request.begin(observer)
            }()
        for remark in training.dataset.remarks(on: training.parts) { observer.note(remark) }
        var events = FinetuningEvents()
        (events.note, events.remark) = (observer.note, observer.note)
        events.isInterrupted = observer.isCancelled
        switch try training.train(events) {
        case .finished:
            try training.writeReport(version: Release.version, jobs: jobs)
            return .finished
        case .interrupted: return .interrupted
        }
    }

    /// Nil for a run that has nothing to go on from.
    private static func resumed<Training>(_ run: AblationRun, _ resume: () throws -> Training) throws -> Training? {
        do { return try resume() } catch RunError.nothingToResume { return nil }
    }
}
