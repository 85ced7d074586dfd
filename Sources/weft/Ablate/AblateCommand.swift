import ArgumentParser
import Evaluation
import Files
import Foundation
import Ingestion
import Pretraining
import SettingsFile
import Statistics

/// `weft ablate plan.yaml -o DIR`: each row pre-trains, fine-tunes and is evaluated, by this program's own commands.
struct Ablate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Variants of a recipe side by side: pre-train, fine-tune, evaluate, one table.",
        discussion: """
            The plan names an archive to pre-train on, a dataset to fine-tune on, options of weft pretrain and weft finetune \
            that all rows share, rows that each change some of them, and seeds. Rows that are done are skipped, one that was \
            interrupted goes on from its checkpoint: give the same command again.

              weft ablate plan.yaml -o ablation
              weft ablate plan.yaml --dry-run
            """)

    @Argument(help: "The plan, YAML.", completion: .file(extensions: ["yaml", "yml"]))
    var plan: String

    @Option(name: .shortAndLong, help: "Folder of the ablation, made when absent.", completion: .directory)
    var output: String?

    @Flag(help: "Print the commands that would be run, and stop.")
    var dryRun = false

    @Flag(help: "Go on in a folder that another plan began; rows that are called the same keep their runs.")
    var force = false

    @Option(help: "Resamples of the patients for the intervals of a single seed.")
    var resamples = 2000

    @Option(name: [.customShort("j"), .customLong("jobs")], help: "Threads. The results do not depend on them.")
    var jobCount = JobCount.allCores

    @Flag(name: .shortAndLong, help: "No notes on standard error; failures are still named.")
    var quiet = false

    private var verbosity: Verbosity { quiet ? .quiet : .normal }

    func validate() throws {
        guard dryRun || output != nil else { throw ValidationError("give the folder of the ablation with --output") }
        guard (100...1_000_000).contains(resamples) else {
            throw ValidationError("--resamples is \(resamples), expected 100 to 1000000")
        }
    }

    func run() throws {
        guard let data = FileManager.default.contents(atPath: plan) else {
            throw CommandFailure(.inputNotFound, "\(plan): cannot be read, expected a plan; check the path")
        }
        let text = String(decoding: data, as: UTF8.self)
        let folder = plan.contains("/") ? String(plan[..<(plan.lastIndex(of: "/") ?? plan.startIndex)]) : ""
        let parsed: AblationPlan
        do throws(SettingsError) {
            parsed = try AblationPlan(yaml: text, folder: folder)
        } catch { throw CommandFailure(.usage, "\(plan): \(error)") }
        let ablation = AblationFolder(path: output ?? "ablation")
        let tasks = tasks(parsed, ablation)
        try checkOptions(tasks)
        guard !dryRun else {
            for task in tasks {
                for command in task.commands { Console.print("weft \(command.joined(separator: " "))\n") }
            }
            return
        }
        Interruption.watch()
        try ablation.prepare(planText: text, replacing: force)
        try perform(parsed, tasks, ablation)
    }

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
    private func tasks(_ plan: AblationPlan, _ ablation: AblationFolder) -> [Task] {
        var shared: [[String]: String] = [:]
        return plan.seeds.flatMap { seed in
            plan.rows.enumerated().map { index, row in
                let folder = ablation.runs(row, seed: seed)
                let common = ["--seed=\(seed)", "--jobs=\(jobCount.count)", "--quiet"]
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

    /// All command lines are read before the first is run: a misspelt option costs nobody a night.
    private func checkOptions(_ tasks: [Task]) throws {
        var known: Set<[String]> = []
        for command in tasks.flatMap(\.commands) where known.insert(command).inserted {
            do {
                let parsed = try Weft.parseAsRoot(command)
                if let pretrain = parsed as? Pretrain { _ = try pretrain.options.settings() }
            } catch let fault as SettingsError {
                throw CommandFailure(.usage, "\(plan): weft \(command.joined(separator: " ")): \(fault)")
            } catch let failure as CommandFailure {
                throw failure
            } catch {
                throw CommandFailure(
                    .usage,
                    "\(plan): these options cannot be used: weft \(command.joined(separator: " "))\n"
                        + Weft.message(for: error))
            }
        }
    }

    private func perform(_ plan: AblationPlan, _ tasks: [Task], _ ablation: AblationFolder) throws {
        var runs = [[UInt64: PredictionSet]](repeating: [:], count: plan.rows.count)
        var failures = [String?](repeating: nil, count: plan.rows.count)
        for (number, task) in tasks.enumerated() {
            let name = "[\(number + 1)/\(tasks.count)] \(plan.rows[task.row].name), seed \(task.seed)"
            do {
                runs[task.row][task.seed] = try predictions(task, name)
            } catch let failure as CommandFailure where failure.status == .someCasesFailed {
                Console.error("\(name): \(failure.message)")
                failures[task.row] = failure.message
            }
            // After each run: who looks in the morning finds what is done.
            try write(table(plan, runs, failures), ablation)
        }
        let table = try table(plan, runs, failures)
        Console.print(table.shown.text + table.explanation + "\n")
        Console.note("\(ablation.markdown) and \(ablation.csv) have this table", verbosity)
        if failures.contains(where: { $0 != nil }) { throw ExitStatus.someCasesFailed.code }
    }

    private func predictions(_ task: Task, _ name: String) throws -> PredictionSet {
        do {
            if let pretraining = task.pretraining {
                try finish(
                    "pretrain", pretraining.folder, pretraining.arguments, product: "model.safetensors",
                    name: "\(name): pre-training")
            }
            try finish(
                "finetune", task.finetuning.folder, task.finetuning.arguments, product: "predictions.csv",
                name: "\(name): fine-tuning")
        } catch let error as FileWritingError { throw CommandFailure(.outputUnwritable, error.description) }
        do throws(IngestionError) {
            return try PredictionFile(path: task.finetuning.folder + "/predictions.csv").set
        } catch { throw CommandFailure(.someCasesFailed, error.description) }
    }

    /// Brings a run to its end: not at all when its product is there, from its checkpoint when it has one, else anew.
    private func finish(
        _ command: String, _ folder: String, _ arguments: [String], product: String, name: String
    ) throws {
        let files = FileManager.default
        guard !files.fileExists(atPath: folder + "/" + product) else {
            return Console.note("\(name): done earlier", verbosity)
        }
        try makeFolder(at: folder)
        let log = folder + ".log"
        let canResume = files.fileExists(atPath: folder + "/config.yaml")
        Console.note("\(name)\(canResume ? ", going on" : ""): \(log)", verbosity)
        var status = ExitStatus.inputNotFound.rawValue
        if canResume {
            status = try ChildProcess.run(
                [command, "--resume=\(folder)", "--jobs=\(jobCount.count)", "--quiet"], log: log)
        }
        // A run that ended before its first checkpoint says that there is nothing to resume.
        if status == ExitStatus.inputNotFound.rawValue, !Interruption.isRequested {
            status = try ChildProcess.run(arguments + ["--force"], log: log)
        }
        if Interruption.isRequested || status == ExitStatus.interrupted.rawValue {
            throw CommandFailure(.interrupted, "interrupted; go on with the same command: what is done is kept")
        }
        guard status == 0 else {
            throw CommandFailure(.someCasesFailed, "\(command) ended with status \(status); see \(log)")
        }
        guard files.fileExists(atPath: folder + "/" + product) else {
            throw CommandFailure(.someCasesFailed, "\(command) left no \(product); see \(log)")
        }
    }

    private func table(
        _ plan: AblationPlan, _ runs: [[UInt64: PredictionSet]], _ failures: [String?]
    ) throws -> AblationTable {
        let classes = runs.lazy.flatMap(\.values).first?.classes ?? []
        var positive: Int? = classes.count == 2 ? 1 : nil
        if let name = plan.positive, !classes.isEmpty {
            guard let number = classes.firstIndex(of: name) else {
                throw CommandFailure(
                    .usage, "\(self.plan): positive is '\(name)', expected one of \(classes.joined(separator: ", "))")
            }
            positive = number
        }
        let rows = plan.rows.indices.map {
            AblationTable.Row(name: plan.rows[$0].name, runs: runs[$0], failure: failures[$0])
        }
        return AblationTable(rows: rows, positive: positive, resamples: resamples, threads: jobCount.count)
    }

    private func write(_ table: AblationTable, _ ablation: AblationFolder) throws {
        try OutputFile(ablation.csv, replacing: true).write(table.csv)
        try OutputFile(ablation.markdown, replacing: true).write(
            table.shown.markdown + "\n" + table.explanation + "\n")
    }
}
