import ArgumentParser
import Evaluation
import Ingestion
import Reports
import Statistics
import Workflows

/// `weft evaluate PREDICTIONS.csv…`
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Metrics of predictions with intervals; tests between two models.",
        discussion: """
            Give CSVs with the columns image, label and p_CLASS for each class, as weft finetune writes them; patient, case, \
            fold and prediction are used where they are there. Each figure has a 95 % interval from resamples of whole \
            patients. Further files are compared with the first on the same images: McNemar, DeLong, paired t over folds. \
            Those of weft compare --predictions and of weft finetune belong together.

              weft evaluate run/predictions.csv
              weft evaluate run/predictions.csv --per case --case-score mean
              weft evaluate glcm/predictions.csv mse/predictions.csv -o metrics.json --report report.html
            """)

    @Argument(help: "CSVs of predictions; the second and later ones are compared with the first.", completion: .file())
    var predictions: [String]

    @Option(help: "What counts as one observation: slice (each row) or case (rows of one case together).")
    var per = EvaluationUnit.slice

    @Option(
        help: """
            With --per case: share, of its slices that are predicted positive (default); mean, the mean of its slices' \
            probabilities.
            """)
    var caseScore = CaseScore.share

    @Option(
        help: ArgumentHelp(
            "Of --case-score share: share of a case's slices predicted positive from which the case is called positive.",
            valueName: "share"))
    var caseThreshold = 0.25

    @Option(
        help: ArgumentHelp(
            """
            The class that sensitivity, ROC and calibration are about; all others together are negative. Default: of two \
            classes the one that is called with, malignant, positive, yes, true, 1 or the like, else the rarer one; none of more.
            """, valueName: "class"))
    var positive: String?

    @Flag(help: "Compare on the images that both files have; without it a difference is an error.")
    var common = false

    @Option(help: "Resamples of the patients for the intervals.")
    var resamples = 2000

    @Option(help: "Seed of the resamples.")
    var seed: UInt64 = 0

    @Option(
        name: .shortAndLong,
        help: "Also write the figures, with all digits: NAME.json or NAME.csv; - is JSON on standard output.",
        completion: .file(extensions: ["json", "csv"]))
    var output: String?

    @Option(
        help: "Also write a page with ROC curve and calibration: NAME.html.", completion: .file(extensions: ["html"]))
    var report: String?

    @Flag(help: "Replace existing outputs.")
    var force = false

    @Option(
        name: [.customShort("j"), .customLong("jobs")],
        help: "Threads, a number from 1 to 1024. The results do not depend on them.")
    var jobCount = JobCount.allCores

    @Flag(name: .shortAndLong, help: "No table on standard output.")
    var quiet = false

    func validate() throws {
        guard !predictions.isEmpty else { throw ValidationError("give a CSV of predictions") }
        guard Set(predictions).count == predictions.count else {
            throw ValidationError("a file is given twice; give different predictions to compare")
        }
        guard caseThreshold > 0, caseThreshold <= 1 else {
            throw ValidationError("--case-threshold is \(caseThreshold), expected a share above 0 and up to 1")
        }
        guard (100...1_000_000).contains(resamples) else {
            throw ValidationError("--resamples is \(resamples), expected 100 to 1000000")
        }
        if let output, output != "-", !output.hasSuffix(".json"), !output.hasSuffix(".csv") {
            throw ValidationError("--output is \(output), expected NAME.json, NAME.csv or -")
        }
    }

    func run() throws {
        let outputFile = try output.map { try OutputFile($0, replacing: force) }
        let reportFile = try report.map { try OutputFile($0, replacing: force) }
        let result = try evaluated()
        let command = CommandLineText.recorded(.pseudonym)
        var files: [(OutputFile, String)] = []
        if let outputFile {
            let document = EvaluationDocument(result, version: Release.version)
            files.append((outputFile, try outputFile.suffix == "csv" ? document.csv : document.json()))
        }
        if let reportFile { files.append((reportFile, result.html(command: command, version: Release.version))) }
        try OutputFile.write(files)
        if !quiet, output != "-" { Console.print(result.text) }
    }

    private func evaluated() throws -> EvaluationResult {
        var settings = EvaluationSettings()
        (settings.unit, settings.positive) = (per, positive)
        settings.rule = caseScore == .mean ? .mean : CaseRule(score: .share(threshold: caseThreshold))
        settings.unshared = common ? .leaveOut : .refuse
        (settings.resamples, settings.seed) = (resamples, seed)
        do {
            return try PredictionEvaluation(of: predictions, settings: settings, jobs: jobCount.count).evaluate()
        } catch let error as IngestionError {
            throw CommandFailure(error)
        } catch let error as EvaluationError { throw CommandFailure(error) }
    }
}

extension CommandFailure {
    init(_ error: EvaluationError) {
        let status: ExitStatus =
            switch error {
            case .noSuchClass, .positiveNeeded: .usage
            case .fewerClasses, .cases, .ambiguous, .mismatch: .inputUnreadable
            }
        self.init(status, error.description)
    }
}

extension EvaluationUnit: ExpressibleByArgument {}

/// The value of `--case-score`.
enum CaseScore: String, CaseIterable, ExpressibleByArgument {
    case share, mean
}
