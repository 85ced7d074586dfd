import Evaluation
import Files
import Foundation
import Ingestion
import SettingsFile
import Statistics

/// Variants of a recipe side by side: each row of a plan pre-trains, fine-tunes and is evaluated, once per seed.
public struct RecipeAblation: Sendable {
    /// What to do with a folder that holds the runs of another plan.
    public enum Existing: Sendable {
        case refuse
        /// Rows that are called the same keep their runs.
        case goOn
    }

    public var plan: AblationPlan
    /// As it was given, for the folder.
    public var planText: String
    /// For messages.
    public var planPath: String
    public var folder: String
    public var existing = Existing.refuse
    /// Resamples of the patients for the intervals of a single seed.
    public var resamples = 2000
    public var jobs = ProcessInfo.processInfo.activeProcessorCount

    /// - Parameter folder: holds the runs and the tables.
    /// - Throws: ``AblationError`` when the plan cannot be read or carried out.
    public init(planAt path: String, folder: String) throws(AblationError) {
        guard let data = FileManager.default.contents(atPath: path) else { throw .planNotFound(path: path) }
        planText = String(decoding: data, as: UTF8.self)
        let above = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : ""
        do { plan = try AblationPlan(yaml: planText, folder: above) } catch { throw .plan(path: path, error) }
        (planPath, self.folder) = (path, folder)
    }

    /// The runs in their order; one that several rows share comes once for each.
    public var runs: [AblationRun] { AblationTask.all(of: plan, in: AblationFolder(path: folder)).flatMap(\.runs) }

    /// Reads the options of every run, so that a misspelt one is found before the first run begins.
    /// - Throws: ``AblationError/options(plan:command:reason:)`` with what `explained` says of the error.
    public func check(
        _ settings: AblationSettings, explained: (any Error) -> String = { "\($0)" }
    ) throws(AblationError) {
        for run in runs {
            do { try settings.check(run) } catch {
                throw .options(plan: planPath, command: run.command, reason: explained(error))
            }
        }
    }

    /// Brings every run to its end and writes the table after each: runs that are done are skipped, one that was interrupted
    /// goes on from its checkpoint. The folder is locked meanwhile.
    /// - Throws: ``AblationError``. A row that fails throws nothing: the table says why.
    public func run(
        _ settings: AblationSettings, _ observer: WorkObserver = .silent
    ) throws(AblationError) -> AblationSummary {
        let files = AblationFolder(path: folder)
        let tasks = AblationTask.all(of: plan, in: files)
        observer.willStart()
        let lock = try files.prepare(planText: planText, existing: existing)
        defer { withExtendedLifetime(lock) {} }
        let training = AblationTraining(settings: settings, jobs: jobs)
        var predictions = [[UInt64: PredictionSet]](repeating: [:], count: plan.rows.count)
        var failures = [String?](repeating: nil, count: plan.rows.count)
        for (number, task) in tasks.enumerated() {
            let name = "[\(number + 1)/\(tasks.count)] \(plan.rows[task.row].name), seed \(task.seed)"
            do throws(RowFailure) {
                for run in task.runs { try finish(run, "\(name): \(run.title)", training, observer) }
                predictions[task.row][task.seed] = try Self.predictions(of: task.finetuning)
            } catch {
                switch error {
                case .row(let reason):
                    observer.failure("\(name): \(reason)")
                    failures[task.row] = reason
                case .ablation(let error): throw error
                }
            }
            // After each run, so that an interrupted ablation has a table of what is done.
            try files.write(try table(predictions, failures))
        }
        return AblationSummary(
            table: try table(predictions, failures), failedRows: failures.count { $0 != nil }, csv: files.csv,
            markdown: files.markdown, latex: files.latex, seeds: files.seeds)
    }

    private enum RowFailure: Error {
        /// Ends one row with one seed.
        case row(reason: String)
        case ablation(AblationError)
    }

    private static func predictions(of run: AblationRun) throws(RowFailure) -> PredictionSet {
        do { return try PredictionFile(path: run.product).set } catch { throw .row(reason: error.description) }
    }

    /// Nothing is done when the run is.
    private func finish(
        _ run: AblationRun, _ name: String, _ training: AblationTraining, _ observer: WorkObserver
    ) throws(RowFailure) {
        guard access(run.last, F_OK) != 0 || access(run.product, F_OK) != 0 else {
            return observer.note("\(name): done earlier")
        }
        observer.note("\(name): \(run.log)")
        do {
            if !observer.isCancelled(), try training.carryOut(run, observer) == .finished { return }
        } catch let error as FileWritingError {
            // The other rows could not be written either.
            throw .ablation(.unwritable(error.description))
        } catch { throw .row(reason: "\(run.title): \(error); see \(run.log)") }
        throw .ablation(.interrupted)
    }

    private func table(_ runs: [[UInt64: PredictionSet]], _ failures: [String?]) throws(AblationError) -> AblationTable
    {
        // Of the first seed: all have the same images and labels.
        let first = runs.lazy.compactMap { $0.min { $0.key < $1.key }?.value }.first
        var positive = first.flatMap { PositiveClass(of: $0.classes, labels: $0.labels) }
        if let name = plan.positive, let classes = first?.classes {
            guard let number = classes.firstIndex(of: name) else {
                throw .noSuchClass(plan: planPath, found: name, expected: classes)
            }
            positive = PositiveClass(number: number, reason: .asked)
        }
        let rows = plan.rows.indices.map {
            AblationTable.Row(name: plan.rows[$0].name, runs: runs[$0], failure: failures[$0])
        }
        return AblationTable(rows: rows, positive: positive, resamples: resamples, threads: jobs)
    }
}

/// How an ablation went.
public struct AblationSummary: Sendable {
    public var table: AblationTable
    /// Rows whose seeds are not all there.
    public var failedRows: Int
    /// Paths of the table's files.
    public var csv: String
    public var markdown: String
    public var latex: String
    /// Values seed by seed.
    public var seeds: String
}

/// Why an ablation cannot be carried out.
public enum AblationError: Error, CustomStringConvertible {
    case planNotFound(path: String)
    case plan(path: String, SettingsError)
    case fileInsteadOfFolder(path: String)
    case otherPlan(folder: String, plan: String)
    case noAblation(folder: String, entries: Int)
    /// A sentence with the path and the system's reason.
    case unwritable(String)
    /// Options of a row that cannot be used.
    case options(plan: String, command: [String], reason: String)
    /// Another process works in the folder.
    case inUse(folder: String)
    /// The positive class of the plan.
    case noSuchClass(plan: String, found: String, expected: [String])
    case interrupted

    public var description: String {
        switch self {
        case .planNotFound(let path): "\(path): cannot be read, expected a plan; check the path"
        case .plan(let path, let fault): "\(path): \(fault)"
        case .fileInsteadOfFolder(let path): "\(path): found a file, expected a folder"
        case .otherPlan(let folder, let plan):
            "\(folder) has runs of another plan (\(plan)); give another folder, or --force to go on with the new plan, which "
                + "keeps the runs of rows that are called the same"
        case .noAblation(let folder, let entries):
            "\(folder): found a folder with \(entries) entries in it that is no ablation"
        case .unwritable(let text): text
        case .options(let plan, let command, let reason):
            "\(plan): weft \(command.joined(separator: " ")): \(reason)"
        case .inUse(let folder): "\(folder): another ablation works in this folder; wait for it, or end it"
        case .noSuchClass(let plan, let found, let expected):
            "\(plan): positive is '\(found)', expected one of \(expected.joined(separator: ", "))"
        case .interrupted: "interrupted; go on with the same command: what is done is kept"
        }
    }
}
