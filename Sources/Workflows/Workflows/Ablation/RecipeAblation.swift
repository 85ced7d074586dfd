import Evaluation
import Files
import Foundation
import Ingestion
import SettingsFile
import Statistics

/// Variants of a recipe side by side: each row of a plan pre-trains, fine-tunes and is evaluated, once per seed.
///
/// A row's runs are commands of weft that whoever asks carries out, each in a process of its own, so that the memory of a
/// network goes back to the system and a failure ends one row only.
public struct RecipeAblation: Sendable {
    /// What to do with a folder that holds the runs of another plan.
    public enum Existing: Sendable {
        case refuse
        /// Rows that are called the same keep their runs.
        case goOn
    }

    /// How a command that ``Runner`` carried out ended.
    public enum Ending: Hashable, Sendable {
        case complete
        /// An input is not there, or the checkpoint that a run was to continue from.
        case inputNotFound(status: Int32)
        case interrupted
        case failed(status: Int32)
    }

    /// Carries out a command line of weft, without the program's name, and appends what it says to the file `log`.
    public typealias Runner = (_ arguments: [String], _ log: String) throws -> Ending

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

    /// The command lines of all runs, in their order; one that several rows share comes once for each.
    public var commands: [[String]] { tasks.flatMap(\.commands) }

    /// One row with one seed.
    private struct Task {
        var row: Int
        var seed: UInt64
        /// Nil where the row starts from random numbers.
        var pretraining: (folder: String, arguments: [String])?
        var finetuning: (folder: String, arguments: [String])
        var commands: [[String]] { [pretraining?.arguments, finetuning.arguments].compactMap { $0 } }
    }

    /// Seed by seed, so that a table of all rows is there early. Rows that pre-train alike share one pre-training.
    private var tasks: [Task] {
        let files = AblationFolder(path: folder)
        var shared: [[String]: String] = [:]
        return plan.seeds.flatMap { seed in
            plan.rows.enumerated().map { index, row in
                let folder = files.runs(row, seed: seed)
                let common = ["--seed=\(seed)", "--jobs=\(jobs)", "--quiet"]
                var pretraining: (folder: String, arguments: [String])?
                if let options = row.pretrain {
                    let key = plan.archive + options.flatMap(\.arguments) + ["\(seed)"]
                    let run = shared[key] ?? folder + "/pretrain"
                    shared[key] = run
                    pretraining = (
                        run, ["pretrain"] + plan.archive + options.flatMap(\.arguments) + common + ["--output=\(run)"]
                    )
                }
                let weights = pretraining.map { $0.folder + "/model.safetensors" } ?? "none"
                let run = folder + "/finetune"
                let arguments =
                    ["finetune", plan.dataset, "--weights=\(weights)"] + row.finetune.flatMap(\.arguments) + common
                    + ["--output=\(run)"]
                return Task(row: index, seed: seed, pretraining: pretraining, finetuning: (run, arguments))
            }
        }
    }

    /// Brings every run to its end and writes the table after each: runs that are done are skipped, one that was interrupted
    /// goes on from its checkpoint.
    /// - Throws: ``AblationError``, or what `runner` throws. A row that fails throws nothing: the table says why.
    public func run(_ observer: WorkObserver = .silent, _ runner: Runner) throws -> AblationSummary {
        let files = AblationFolder(path: folder)
        let tasks = tasks
        observer.willStart()
        try files.prepare(planText: planText, existing: existing)
        var runs = [[UInt64: PredictionSet]](repeating: [:], count: plan.rows.count)
        var failures = [String?](repeating: nil, count: plan.rows.count)
        for (number, task) in tasks.enumerated() {
            let name = "[\(number + 1)/\(tasks.count)] \(plan.rows[task.row].name), seed \(task.seed)"
            do {
                runs[task.row][task.seed] = try predictions(task, name, observer, runner)
            } catch let failure as RowFailure {
                observer.failure("\(name): \(failure.reason)")
                failures[task.row] = failure.reason
            }
            // After each run, so that an interrupted ablation has a table of what is done.
            try files.write(try table(runs, failures))
        }
        return AblationSummary(
            table: try table(runs, failures), failedRows: failures.count { $0 != nil }, csv: files.csv,
            markdown: files.markdown)
    }

    /// Ends one row with one seed.
    private struct RowFailure: Error { var reason: String }

    private func predictions(
        _ task: Task, _ name: String, _ observer: WorkObserver, _ runner: Runner
    ) throws -> PredictionSet {
        if let pretraining = task.pretraining {
            try finish(
                pretraining.folder, pretraining.arguments, product: "model.safetensors",
                name: "\(name): pre-training", observer, runner)
        }
        try finish(
            task.finetuning.folder, task.finetuning.arguments, product: "predictions.csv",
            name: "\(name): fine-tuning", observer, runner)
        do {
            return try PredictionFile(path: task.finetuning.folder + "/predictions.csv").set
        } catch { throw RowFailure(reason: error.description) }
    }

    /// Brings a run to its end: not at all when its product is there, from its checkpoint when it has one, else anew.
    private func finish(
        _ folder: String, _ arguments: [String], product: String, name: String, _ observer: WorkObserver,
        _ runner: Runner
    ) throws {
        let files = FileManager.default
        guard !files.fileExists(atPath: folder + "/" + product) else { return observer.note("\(name): done earlier") }
        do { try makeFolder(at: folder) } catch { throw AblationError.unwritable(error.description) }
        let (command, log) = (arguments[0], folder + ".log")
        let canResume = files.fileExists(atPath: folder + "/config.yaml")
        observer.note("\(name)\(canResume ? ", going on" : ""): \(log)")
        var ending: Ending?
        if canResume {
            ending = try runner([command, "--resume=\(folder)", "--jobs=\(jobs)", "--quiet"], log)
            // A run that ended before its first checkpoint has nothing to go on from.
            if case .inputNotFound = ending { ending = nil }
        }
        if ending == nil, !observer.isCancelled() { ending = try runner(arguments + ["--force"], log) }
        if observer.isCancelled() { ending = .interrupted }
        switch ending {
        case .complete: break
        case .interrupted, nil: throw AblationError.interrupted
        case .failed(let status), .inputNotFound(let status):
            throw RowFailure(reason: "\(command) ended with status \(status); see \(log)")
        }
        guard files.fileExists(atPath: folder + "/" + product) else {
            throw RowFailure(reason: "\(command) left no \(product); see \(log)")
        }
    }

    private func table(_ runs: [[UInt64: PredictionSet]], _ failures: [String?]) throws(AblationError) -> AblationTable
    {
        let classes = runs.lazy.flatMap(\.values).first?.classes ?? []
        var positive: Int? = classes.count == 2 ? 1 : nil
        if let name = plan.positive, !classes.isEmpty {
            guard let number = classes.firstIndex(of: name) else {
                throw .noSuchClass(plan: planPath, found: name, expected: classes)
            }
            positive = number
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
        case .noSuchClass(let plan, let found, let expected):
            "\(plan): positive is '\(found)', expected one of \(expected.joined(separator: ", "))"
        case .interrupted: "interrupted; go on with the same command: what is done is kept"
        }
    }
}
