import ArgumentParser
import Foundation
import Ingestion
import Statistics

/// `weft evaluate PREDICTIONS.csv…`
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Metrics of predictions with intervals; tests between two models.",
        discussion: """
            Give CSVs with the columns image, label and p_CLASS for each class, as weft finetune writes them; patient, case, \
            fold and prediction are used where they are there. Each figure has a 95 % interval from resamples of whole \
            patients. Further files are compared with the first on the same images: McNemar, DeLong, paired t over folds.

              weft evaluate run/predictions.csv
              weft evaluate run/predictions.csv --per case --positive malignant
              weft evaluate glcm/predictions.csv mse/predictions.csv -o metrics.json --report report.html
            """)

    @Argument(help: "CSVs of predictions; the second and later ones are compared with the first.", completion: .file())
    var predictions: [String]

    @Option(help: "What counts as one observation: slice (each row) or case (rows of one case together).")
    var per = EvaluationUnit.slice

    @Option(
        help: ArgumentHelp(
            "Share of a case's slices predicted positive from which the case is called positive.", valueName: "share"))
    var caseThreshold = CaseRule.authors.threshold

    @Option(
        help: ArgumentHelp(
            """
            The class that sensitivity, ROC and calibration are about; all others together are negative. Default: the \
            second of two classes, none of more.
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

    @Option(name: [.customShort("j"), .customLong("jobs")], help: "Threads. The results do not depend on them.")
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
        if let outputFile {
            let document = EvaluationDocument(result)
            try outputFile.write(outputFile.suffix == "csv" ? document.csv : document.json())
        }
        try reportFile?.write(result.html)
        if !quiet, output != "-" { Console.print(result.text) }
    }

    private func evaluated() throws -> EvaluationResult {
        var files: [PredictionFile] = []
        for path in predictions {
            do throws(IngestionError) {
                files.append(try PredictionFile(path: path))
            } catch { throw CommandFailure(error) }
        }
        let number = try positiveNumber(files[0])
        var notes = notes(files)
        let rule = CaseRule(threshold: caseThreshold)
        let sets = try files.map { try observations($0, rule, number) }
        // Cases have two classes, the positive one second.
        let counted = per == .case ? 1 : number
        let models = zip(files, sets).map { file, set in
            EvaluationResult.Model(
                name: file.path, set: set,
                metrics: ClassifierMetrics(
                    set, positive: counted, scores: per == .case ? .shares : .probabilities, replicates: resamples,
                    seed: seed, threads: jobCount.count))
        }
        let comparisons = try models.indices.dropFirst().map { other in
            let (a, b) = try joined(sets[0], sets[other], predictions[other])
            if a.images.count < max(sets[0].images.count, sets[other].images.count) {
                notes.append(
                    "\(predictions[0]) and \(predictions[other]) are compared on the \(a.images.count) \(per.plural) that "
                        + "both have, of \(sets[0].images.count) and \(sets[other].images.count)")
            }
            let found = ModelComparison(
                a, b, positive: counted, replicates: resamples, seed: seed, threads: jobCount.count)
            if found.folds == nil {
                notes.append("no paired t over folds: the files do not both have the same column fold with two folds")
            }
            return EvaluationResult.Comparison(a: 0, b: other, shared: a.images.count, found: found)
        }
        return EvaluationResult(
            unit: per, positive: number.map { files[0].set.classes[$0] }, positiveNumber: counted, rule: rule,
            resamples: resamples, seed: seed, models: models, comparisons: comparisons, notes: notes)
    }

    private func positiveNumber(_ file: PredictionFile) throws -> Int? {
        let classes = file.set.classes
        if let positive {
            guard let number = classes.firstIndex(of: positive) else {
                throw CommandFailure(
                    .usage, "--positive is '\(positive)', expected one of \(classes.joined(separator: ", "))")
            }
            return number
        }
        if classes.count == 2 { return 1 }
        guard per == .slice else {
            throw CommandFailure(
                .usage, "a case is positive or not: say with --positive which of \(classes.joined(separator: ", ")) is")
        }
        return nil
    }

    private func notes(_ files: [PredictionFile]) -> [String] {
        files.compactMap { file in
            guard file.namesPatients else {
                let what = file.set.cases == nil ? "image" : "case"
                return
                    "\(file.path) names no patients: each \(what) counts as its own, which makes intervals too narrow where a "
                    + "patient has several"
            }
            let patients = Set(file.set.patients).count
            guard per == .slice, patients < file.set.images.count else { return nil }
            return
                "\(file.path): \(file.set.images.count) images are of \(patients) patients and not independent: McNemar's and "
                + "DeLong's plain tests promise too much; intervals and delong_by_patient take it into account"
        }
    }

    private func observations(_ file: PredictionFile, _ rule: CaseRule, _ number: Int?) throws -> PredictionSet {
        guard per == .case, let number else { return file.set }
        // Files of other classes are named when they are joined; here the class has to be there at all.
        guard number < file.set.classes.count else {
            throw CommandFailure(
                .inputUnreadable, "\(file.path): has \(file.set.classes.count) classes, fewer than the first file")
        }
        return try cases(file, rule, number)
    }

    private func cases(_ file: PredictionFile, _ rule: CaseRule, _ number: Int) throws -> PredictionSet {
        do throws(CaseRule.Failure) {
            return try rule(file.set, positive: number)
        } catch {
            switch error {
            case .noCases:
                throw CommandFailure(
                    .inputUnreadable, "\(file.path): --per case needs a column case with a cell in each row")
            case .patientsOfCase(let name, let first, let second):
                throw CommandFailure(
                    .inputUnreadable,
                    "\(file.path): case '\(name)' has slices of \(first) and of \(second); expected one")
            }
        }
    }

    private func joined(
        _ a: PredictionSet, _ b: PredictionSet, _ path: String
    ) throws -> (PredictionSet, PredictionSet) {
        func some(_ names: [String]) -> String {
            names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", … (\(names.count))" : "")
        }
        do throws(ModelComparison.Mismatch) {
            return try ModelComparison.joined(a, b, unshared: common ? .leaveOut : .refuse)
        } catch {
            let files = "\(predictions[0]) and \(path)"
            let message =
                switch error {
                case .classes(let a, let b):
                    "\(files) have the classes \(a.joined(separator: ", ")) and \(b.joined(separator: ", ")); expected the same"
                case .images(let onlyA, let onlyB):
                    "\(files) are about different \(per.plural): only in the first: \(onlyA.isEmpty ? "none" : some(onlyA)); only "
                        + "in the second: \(onlyB.isEmpty ? "none" : some(onlyB)); --common compares on those that both have"
                case .labels(let images): "\(files) disagree about the label of \(some(images))"
                case .nothingShared: "\(files) share no \(per.plural); their column image must have the same names"
                }
            throw CommandFailure(.inputUnreadable, message)
        }
    }
}

extension EvaluationUnit: ExpressibleByArgument {}
