import ArgumentParser
import Encoding
import Evaluation
import SettingsFile
import Workflows

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
        var ablation: RecipeAblation
        do throws(AblationError) {
            ablation = try RecipeAblation(planAt: plan, folder: output ?? "ablation")
        } catch { throw CommandFailure(error) }
        (ablation.existing, ablation.resamples, ablation.jobs) = (force ? .goOn : .refuse, resamples, jobCount.count)
        try checkOptions(ablation.commands)
        guard !dryRun else {
            for command in ablation.commands { Console.print("weft \(command.joined(separator: " "))\n") }
            return
        }
        let summary: AblationSummary
        do {
            summary = try ablation.run(.console(verbosity)) { try ChildProcess.run($0, log: $1) }
        } catch let error as AblationError { throw CommandFailure(error) }
        Console.print(summary.table.shown.text + summary.table.explanation + "\n")
        Console.note("\(summary.markdown) and \(summary.csv) have this table", verbosity)
        if summary.failedRows > 0 { throw ExitStatus.someCasesFailed.code }
    }

    /// All command lines are read before the first is run, so that a misspelt option is found at once.
    private func checkOptions(_ commands: [[String]]) throws {
        var known: Set<[String]> = []
        for command in commands where known.insert(command).inserted {
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
}

extension CommandFailure {
    init(_ error: AblationError) {
        let status: ExitStatus =
            switch error {
            case .planNotFound: .inputNotFound
            case .plan, .noSuchClass: .usage
            case .fileInsteadOfFolder, .otherPlan, .noAblation, .unwritable: .outputUnwritable
            case .interrupted: .interrupted
            }
        self.init(status, error.description)
    }
}
