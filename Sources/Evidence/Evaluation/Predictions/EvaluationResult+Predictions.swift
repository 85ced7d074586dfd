import Statistics

/// How predictions are evaluated.
public struct EvaluationSettings: Hashable, Sendable {
    public var unit = EvaluationUnit.slice
    /// How slices make a case, for ``EvaluationUnit/case``.
    public var rule = CaseRule.authors
    /// The class that sensitivity, ROC and calibration are about, all others together being negative; nil: the second of
    /// two classes, none of more.
    public var positive: String?
    /// What becomes of images that only one of two compared files has.
    public var unshared = ModelComparison.Unshared.refuse
    /// Resamples of the patients for the intervals.
    public var resamples = 2000
    public var seed: UInt64 = 0

    public init() {}
}

extension EvaluationResult {
    /// Metrics of each file; the second and later ones are compared with the first on the same images.
    /// - Parameters:
    ///   - files: at least one.
    ///   - jobs: threads; the result does not depend on them.
    /// - Throws: ``EvaluationError``.
    public init(of files: [PredictionFile], settings: EvaluationSettings, jobs: Int) throws(EvaluationError) {
        let number = try Self.positiveNumber(files[0], settings)
        var notes = Self.notes(files, settings.unit)
        var sets: [PredictionSet] = []
        for file in files { sets.append(try Self.observations(file, settings, number)) }
        // Cases have two classes, the positive one second.
        let counted = settings.unit == .case ? 1 : number
        let models = zip(files, sets).map { file, set in
            Model(
                name: file.path, set: set,
                metrics: ClassifierMetrics(
                    set, positive: counted, scores: settings.unit == .case ? .shares : .probabilities,
                    replicates: settings.resamples, seed: settings.seed, threads: jobs))
        }
        var comparisons: [Comparison] = []
        for other in models.indices.dropFirst() {
            let (a, b): (PredictionSet, PredictionSet)
            do throws(ModelComparison.Mismatch) {
                (a, b) = try ModelComparison.joined(sets[0], sets[other], unshared: settings.unshared)
            } catch { throw .mismatch(error, first: files[0].path, second: files[other].path, settings.unit) }
            if a.images.count < max(sets[0].images.count, sets[other].images.count) {
                notes.append(
                    "\(files[0].path) and \(files[other].path) are compared on the \(a.images.count) "
                        + "\(settings.unit.plural) that both have, of \(sets[0].images.count) and "
                        + "\(sets[other].images.count)")
            }
            let found = ModelComparison(
                a, b, positive: counted, replicates: settings.resamples, seed: settings.seed, threads: jobs)
            if found.folds == nil {
                notes.append("no paired t over folds: the files do not both have the same column fold with two folds")
            }
            comparisons.append(Comparison(a: 0, b: other, shared: a.images.count, found: found))
        }
        self.init(
            unit: settings.unit, positive: number.map { files[0].set.classes[$0] }, positiveNumber: counted,
            rule: settings.rule, resamples: settings.resamples, seed: settings.seed, models: models,
            comparisons: comparisons, notes: notes)
    }

    private static func positiveNumber(
        _ file: PredictionFile, _ settings: EvaluationSettings
    ) throws(EvaluationError) -> Int? {
        let classes = file.set.classes
        if let positive = settings.positive {
            guard let number = classes.firstIndex(of: positive) else {
                throw .noSuchClass(found: positive, expected: classes)
            }
            return number
        }
        if classes.count == 2 { return 1 }
        guard settings.unit == .slice else { throw .positiveNeeded(classes: classes) }
        return nil
    }

    private static func notes(_ files: [PredictionFile], _ unit: EvaluationUnit) -> [String] {
        files.compactMap { file in
            guard file.namesPatients else {
                let what = file.set.cases == nil ? "image" : "case"
                return
                    "\(file.path) names no patients: each \(what) counts as its own, which makes intervals too narrow where a "
                    + "patient has several"
            }
            let patients = Set(file.set.patients).count
            guard unit == .slice, patients < file.set.images.count else { return nil }
            return
                "\(file.path): \(file.set.images.count) images are of \(patients) patients and not independent: McNemar's and "
                + "DeLong's plain tests promise too much; intervals and delong_by_patient take it into account"
        }
    }

    private static func observations(
        _ file: PredictionFile, _ settings: EvaluationSettings, _ number: Int?
    ) throws(EvaluationError) -> PredictionSet {
        guard settings.unit == .case, let number else { return file.set }
        // Files of other classes are named when they are joined; here the class has to be there at all.
        guard number < file.set.classes.count else {
            throw .fewerClasses(path: file.path, count: file.set.classes.count)
        }
        do throws(CaseRule.Failure) {
            return try settings.rule(file.set, positive: number)
        } catch { throw .cases(error, path: file.path) }
    }
}

/// Why predictions cannot be evaluated or compared.
public enum EvaluationError: Error, CustomStringConvertible {
    /// The positive class that was asked for.
    case noSuchClass(found: String, expected: [String])
    /// Cases of more than two classes need a positive one.
    case positiveNeeded(classes: [String])
    case fewerClasses(path: String, count: Int)
    case cases(CaseRule.Failure, path: String)
    case mismatch(ModelComparison.Mismatch, first: String, second: String, EvaluationUnit)

    public var description: String {
        switch self {
        case .noSuchClass(let found, let expected):
            "--positive is '\(found)', expected one of \(expected.joined(separator: ", "))"
        case .positiveNeeded(let classes):
            "a case is positive or not: say with --positive which of \(classes.joined(separator: ", ")) is"
        case .fewerClasses(let path, let count): "\(path): has \(count) classes, fewer than the first file"
        case .cases(.noCases, let path): "\(path): --per case needs a column case with a cell in each row"
        case .cases(.patientsOfCase(let name, let first, let second), let path):
            "\(path): case '\(name)' has slices of \(first) and of \(second); expected one"
        case .mismatch(let mismatch, let first, let second, let unit):
            Self.text(mismatch, "\(first) and \(second)", unit)
        }
    }

    private static func text(_ mismatch: ModelComparison.Mismatch, _ files: String, _ unit: EvaluationUnit) -> String {
        func some(_ names: [String]) -> String {
            names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", … (\(names.count))" : "")
        }
        return switch mismatch {
        case .classes(let a, let b):
            "\(files) have the classes \(a.joined(separator: ", ")) and \(b.joined(separator: ", ")); expected the same"
        case .images(let onlyA, let onlyB):
            "\(files) are about different \(unit.plural): only in the first: \(onlyA.isEmpty ? "none" : some(onlyA)); only "
                + "in the second: \(onlyB.isEmpty ? "none" : some(onlyB)); --common compares on those that both have"
        case .labels(let images): "\(files) disagree about the label of \(some(images))"
        case .nothingShared: "\(files) share no \(unit.plural); their column image must have the same names"
        }
    }
}
