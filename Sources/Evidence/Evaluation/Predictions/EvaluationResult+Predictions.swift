import Ingestion
import NumericalMethods
import Statistics

/// How predictions are evaluated.
public struct EvaluationSettings: Hashable, Sendable {
    public var unit = EvaluationUnit.slice
    /// How slices make a case, for ``EvaluationUnit/case``.
    public var rule = CaseRule.authors
    /// The class that sensitivity, ROC and calibration are about, all others together being negative; nil: by
    /// ``PositiveClass``, from the labels of the first file.
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
        let positive = try Self.positive(files[0], settings)
        let number = positive?.number
        var notes = Self.notes(files, settings)
        var sets: [PredictionSet] = []
        for file in files {
            let set = Self.withClasses(of: files[0].set, file.set)
            sets.append(try Self.observations(PredictionFile(file, set), settings, number))
        }
        // By the authors' rule cases have two classes, the positive one second.
        var isShare = false
        if settings.unit == .case, case .share = settings.rule.score { isShare = true }
        let counted = isShare ? 1 : number
        let models = zip(files, sets).map { file, set in
            Model(
                name: file.path, set: set,
                metrics: ClassifierMetrics(
                    set, positive: counted, scores: isShare ? .shares : .probabilities,
                    replicates: settings.resamples, seed: settings.seed, threads: jobs))
        }
        notes += Self.smallNumbers(models)
        var comparisons: [Comparison] = []
        for other in models.indices.dropFirst() {
            let (a, b): (PredictionSet, PredictionSet)
            let named = try Self.withNames(of: sets[0], sets[other], files[0].path, files[other].path)
            do throws(ModelComparison.Mismatch) {
                (a, b) = try ModelComparison.joined(sets[0], named, unshared: settings.unshared)
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
            unit: settings.unit, positive: number.map { files[0].set.classes[$0] }, positiveReason: positive?.reason,
            positiveNumber: counted,
            rule: settings.rule, resamples: settings.resamples, seed: settings.seed, models: models,
            comparisons: comparisons, notes: notes)
    }

    private static func positive(
        _ file: PredictionFile, _ settings: EvaluationSettings
    ) throws(EvaluationError) -> PositiveClass? {
        let classes = file.set.classes
        if let positive = settings.positive {
            guard let number = classes.firstIndex(of: positive) else {
                throw .noSuchClass(found: positive, expected: classes)
            }
            return PositiveClass(number: number, reason: .asked)
        }
        return PositiveClass(of: classes, labels: file.set.labels)
    }

    /// The same probabilities in the order that the classes have in another set; as it is where it has other classes.
    private static func withClasses(of first: PredictionSet, _ set: PredictionSet) -> PredictionSet {
        guard set.classes != first.classes, Set(set.classes) == Set(first.classes) else { return set }
        let places = first.classes.map { name in set.classes.firstIndex(of: name) ?? 0 }
        let numbers = set.classes.map { name in first.classes.firstIndex(of: name) ?? 0 }
        var ordered = set
        ordered.classes = first.classes
        ordered.labels = set.labels.map { numbers[$0] }
        ordered.predictions = set.predictions.map { numbers[$0] }
        ordered.probabilities = set.probabilities.selecting(columns: places)
        return ordered
    }

    /// The set with the first one's names for the images that both have, by ``ImageNames``: `x`, `x.png` and `images/x.png` are one.
    private static func withNames(
        of first: PredictionSet, _ set: PredictionSet, _ firstPath: String, _ path: String
    ) throws(EvaluationError) -> PredictionSet {
        let known = Set(first.images)
        let names = ImageNames(first.images)
        var taken: [String: String] = [:]
        var named = set
        for (row, image) in set.images.enumerated() {
            var name = image
            if !known.contains(image) {
                let (places, match) = names.matching(image)
                if !places.isEmpty, match != .folder {
                    guard places.count == 1 else {
                        throw .ambiguous(
                            path: path, name: image, found: places.map { first.images[$0] }, other: firstPath)
                    }
                    name = first.images[places[0]]
                }
            }
            if let other = taken.updateValue(image, forKey: name) {
                throw .ambiguous(path: firstPath, name: name, found: [other, image], other: path)
            }
            named.images[row] = name
        }
        return named
    }

    private static func smallNumbers(_ models: [Model]) -> [String] {
        let fewest = models.map { Set($0.set.patients).count }.min() ?? 0
        guard fewest < ModelComparison.fewestPatients else { return [] }
        return [
            "\(fewest == 1 ? "1 patient" : "\(fewest) patients"): fewer than \(ModelComparison.fewestPatients), so no test is made "
                + "and no p is given; intervals from so few promise too much"
        ]
    }

    private static func notes(_ files: [PredictionFile], _ settings: EvaluationSettings) -> [String] {
        files.flatMap { file -> [String] in
            let set = file.set
            var notes: [String] = []
            let cases = set.cases.map { Set($0).count } ?? set.images.count
            if settings.unit == .case {
                notes.append(
                    "\(file.path): \(set.images.count) images are pooled to \(cases) cases, \(settings.rule.explanation)"
                )
            }
            guard file.namesPatients else {
                let what = set.cases == nil ? "image" : "case"
                return notes + [
                    "\(file.path) names no patients: each \(what) counts as its own, which makes intervals too narrow where a "
                        + "patient has several"
                ]
            }
            let patients = Set(set.patients).count
            guard settings.unit == .slice, patients < set.images.count else { return notes }
            return notes + [
                "\(file.path): \(set.images.count) images are of \(patients) patients and not independent: McNemar's and "
                    + "DeLong's plain tests promise too much; intervals and delong_by_patient take it into account"
                    + (cases < set.images.count ? "; --per case pools them to \(cases) cases" : "")
            ]
        }
    }

    private static func observations(
        _ file: PredictionFile, _ settings: EvaluationSettings, _ number: Int?
    ) throws(EvaluationError) -> PredictionSet {
        guard settings.unit == .case else { return file.set }
        // Files of other classes are named when they are joined; here the class has to be there at all.
        guard (number ?? 0) < file.set.classes.count else {
            throw .fewerClasses(path: file.path, count: file.set.classes.count)
        }
        do throws(CaseRule.Failure) {
            return try settings.rule(file.set, positive: number)
        } catch {
            if case .noPositive = error { throw .positiveNeeded(classes: file.set.classes) }
            throw .cases(error, path: file.path)
        }
    }
}

extension CaseRule {
    /// In words.
    package var explanation: String {
        switch score {
        case .share(let threshold): "positive from a share of \(shown(threshold)) of the slices called positive"
        case .mean: "by the mean of their probabilities"
        }
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
    /// An image that could be several of the other file's.
    case ambiguous(path: String, name: String, found: [String], other: String)
    case mismatch(ModelComparison.Mismatch, first: String, second: String, EvaluationUnit)

    public var description: String {
        switch self {
        case .noSuchClass(let found, let expected):
            "--positive is '\(found)', expected one of \(expected.joined(separator: ", "))"
        case .positiveNeeded(let classes):
            "by its share a case is positive or not: say with --positive which of \(classes.joined(separator: ", ")) is, or "
                + "--case-score mean"
        case .fewerClasses(let path, let count): "\(path): has \(count) classes, fewer than the first file"
        case .cases(.noCases, let path): "\(path): --per case needs a column case with a cell in each row"
        case .cases(.patientsOfCase(let name, let first, let second), let path):
            "\(path): case '\(name)' has slices of \(first) and of \(second); expected one"
        case .cases(.labelsOfCase(let name, let first, let second), let path):
            "\(path): case '\(name)' has slices of \(first) and of \(second); expected one class, or two with a positive one"
        case .cases(.noPositive, let path): "\(path): cases by their share need a positive class"
        case .ambiguous(let path, let name, let found, let other):
            "\(path): the image '\(name)' could be \(found.prefix(3).map { "'\($0)'" }.joined(separator: " or ")) of \(other); "
                + "expected names of which one fits"
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
