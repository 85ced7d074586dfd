import ArgumentParser
import Evaluation
import Foundation
import Workflows

/// `weft ablate plan.yaml -o DIR`: each row pre-trains, fine-tunes and is evaluated.
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

    @Flag(help: "Print the commands that do the same by hand, and stop.")
    var dryRun = false

    @Flag(help: "Print the plan with the options of every row in full, as a plan, and stop.")
    var printSettings = false

    @Flag(help: "Go on in a folder that another plan began; rows that are called the same keep their runs.")
    var force = false

    @Option(help: "Resamples of the patients for the intervals of a single seed.")
    var resamples = 2000

    @Option(
        name: [.customShort("j"), .customLong("jobs")],
        help: "Threads, a number from 1 to 1024. The results do not depend on them.")
    var jobCount = JobCount.allCores

    @Flag(name: .shortAndLong, help: "No notes on standard error; failures are still named.")
    var quiet = false

    private var verbosity: Verbosity { quiet ? .quiet : .normal }

    func validate() throws {
        guard dryRun || printSettings || output != nil else {
            throw ValidationError("give the folder of the ablation with --output")
        }
        guard (100...1_000_000).contains(resamples) else {
            throw ValidationError("--resamples is \(resamples), expected 100 to 1000000")
        }
    }

    private var workingFolder: String { FileManager.default.currentDirectoryPath }

    func run() throws {
        var ablation: RecipeAblation
        do throws(AblationError) {
            ablation = try RecipeAblation(planAt: plan, folder: output ?? "ablation")
        } catch { throw CommandFailure(error) }
        (ablation.existing, ablation.resamples, ablation.jobs) = (force ? .goOn : .refuse, resamples, jobCount.count)
        var failedRows = 0
        do throws(AblationError) {
            try ablation.check(.options) { Weft.message(for: $0) }
            guard !printSettings else { return Console.print(ablation.plan.placed(in: workingFolder).yaml) }
            guard !dryRun else {
                for run in ablation.runs { Console.print("weft \(run.command.joined(separator: " "))\n") }
                return
            }
            let summary = try ablation.run(.options, .console(verbosity))
            Console.print(summary.table.text + "\n")
            Console.note(
                "\(summary.markdown), \(summary.latex) and \(summary.csv) have this table, \(summary.seeds) each seed",
                verbosity)
            failedRows = summary.failedRows
        } catch { throw CommandFailure(error) }
        if failedRows > 0 { throw ExitStatus.someCasesFailed.code }
    }
}

extension AblationSettings {
    /// By the options of `weft pretrain` and `weft finetune`.
    fileprivate static let options = AblationSettings(
        pretraining: { try PretrainOptions.parse($0).settings() },
        finetuning: { try FinetuneOptions.parse($0).settings() })
}

extension CommandFailure {
    init(_ error: AblationError) {
        let status: ExitStatus =
            switch error {
            case .planNotFound: .inputNotFound
            case .plan, .options, .noSuchClass: .usage
            case .fileInsteadOfFolder, .otherPlan, .noAblation, .unwritable, .inUse: .outputUnwritable
            case .interrupted: .interrupted
            }
        self.init(status, error.description)
    }
}
