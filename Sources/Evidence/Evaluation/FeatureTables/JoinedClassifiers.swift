// Which table tells classes apart, and whether both together do it better: a fair race, in which every choice is made inside
// the training part of each fold.

import Ingestion
import NumericalMethods
import Statistics

/// The same logistic regression on handcrafted features, on each view of the embeddings, and on all of them joined in four ways.
/// All are judged on the same held-out folds.
public struct JoinedClassifiers: Sendable {
    public struct Classifier: Sendable {
        public var name: String
        /// In words, how it came about.
        public var about: String
        public var columns: Int
        public var set: PredictionSet
        public var metrics: ClassifierMetrics
    }

    public struct Pair: Sendable {
        public var a: String
        public var b: String
        public var found: ModelComparison
    }

    /// `handcrafted`, each view of several, `learned`, then those that have all columns: ``joinedNames``.
    public let classifiers: [Classifier]
    /// Joined against the two alone, and against their mean.
    public let pairs: [Pair]
    public let positive: (name: String, reason: PositiveClass.Reason)?
    /// Observations of the positive class.
    public let positives: Int?

    /// In the order of the tables: columns side by side, the mean of probabilities, a regression of log-odds, a penalty for each
    /// block of columns.
    public static let joinedNames = ["joined", "mean", "stacked", "blocks"]

    /// The names of ``classifiers``, known before any is fitted.
    package static func names(of joined: JoinedTables) -> [String] {
        ["handcrafted"] + (joined.views.count > 1 ? joined.views.map(\.title) : []) + ["learned"] + joinedNames
    }

    /// - Returns: nil when there is only one patient.
    /// - Throws: ``TableComparisonError`` when the labels have one class only, or not the one that is asked for.
    init?(
        _ joined: JoinedTables, settings: TableComparisonSettings, jobs: Int, note: (String) -> Void
    ) throws(TableComparisonError) {
        let names = joined.labels ?? []
        let classes = LabelTable.ordered(classes: names)
        guard classes.count > 1 else { throw .oneClass(path: joined.source.labels ?? "", found: classes.first ?? "") }
        let numbers = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
        let labels = names.map { numbers[$0] ?? 0 }
        let positive = try Self.positive(classes, labels, settings.positive)
        note("classifying: \(classes.joined(separator: ", "))")
        let judge = Judge(joined, classes: classes, labels: labels, settings: settings, jobs: jobs)
        let handcrafted = joined.features.filled
        let views = joined.views.map(\.filled)
        let learned = views.dropFirst().reduce(views[0]) { $0.joined(with: $1) }
        let all = handcrafted.columns + learned.columns
        guard let alone = judge.fitted([handcrafted]) else { return nil }
        let ofViews = views.compactMap { judge.fitted([$0]) }
        let parts = [alone] + ofViews
        note("classifying by the columns of both, side by side and in blocks")
        guard let sideBySide = judge.fitted([handcrafted.joined(with: learned)]),
            let blocks = judge.fitted([handcrafted, learned])
        else { return nil }
        var entered: [(name: String, about: String, columns: Int, found: CrossValidatedClassifier)] = [
            ("handcrafted", "the features", handcrafted.columns, alone)
        ]
        if views.count > 1 {
            for (view, found) in zip(joined.views, ofViews) {
                entered.append((view.title, "one view of the embeddings", view.names.count, found))
            }
        }
        let several = views.count > 1 ? "the mean of the views' probabilities" : "the embeddings"
        entered += [
            ("learned", several, learned.columns, .mean(ofViews)),
            ("joined", "columns side by side, one penalty", all, sideBySide),
            ("mean", "the mean of the \(parts.count) probabilities", all, .mean(parts)),
            (
                "stacked", "a regression of the \(parts.count) log-odds, fitted on inner folds", all,
                .stacked(parts, labels: labels, classes: classes.count)
            ),
            ("blocks", "columns side by side, a penalty for each table", all, blocks),
        ]
        let classifiers = entered.map { entry in
            let set = judge.predictions(entry.found)
            return Classifier(
                name: entry.name, about: entry.about, columns: entry.columns, set: set,
                metrics: ClassifierMetrics(
                    set, positive: positive?.number, replicates: settings.resamples, seed: settings.seed, threads: jobs)
            )
        }
        let byName = Dictionary(uniqueKeysWithValues: classifiers.map { ($0.name, $0) })
        let against =
            [("learned", "handcrafted")] + Self.joinedNames.flatMap { [($0, "handcrafted"), ($0, "learned")] }
            + Self.joinedNames.filter { $0 != "mean" }.map { ($0, "mean") }
        pairs = against.compactMap { a, b in
            guard let first = byName[a], let second = byName[b] else { return nil }
            return Pair(
                a: a, b: b,
                found: ModelComparison(
                    first.set, second.set, positive: positive?.number, replicates: settings.resamples,
                    seed: settings.seed, threads: jobs))
        }
        self.classifiers = classifiers
        self.positive = positive.map { (classes[$0.number], $0.reason) }
        positives = positive.map { positive in labels.count { $0 == positive.number } }
    }

    private static func positive(
        _ classes: [String], _ labels: [Int], _ asked: String?
    ) throws(TableComparisonError) -> PositiveClass? {
        guard let asked else { return PositiveClass(of: classes, labels: labels) }
        guard let number = classes.firstIndex(of: asked) else {
            throw .noSuchClass(found: asked, expected: classes)
        }
        return PositiveClass(number: number, reason: .asked)
    }

    /// What all classifiers have in common.
    private struct Judge {
        let joined: JoinedTables
        let classes: [String]
        let labels: [Int]
        let settings: TableComparisonSettings
        let jobs: Int

        init(
            _ joined: JoinedTables, classes: [String], labels: [Int], settings: TableComparisonSettings, jobs: Int
        ) {
            (self.joined, self.classes, self.labels) = (joined, classes, labels)
            (self.settings, self.jobs) = (settings, jobs)
        }

        func fitted(_ blocks: [Matrix]) -> CrossValidatedClassifier? {
            CrossValidatedClassifier(
                blocks: blocks, labels: labels, classes: classes.count, patients: joined.patients,
                folds: settings.folds, given: joined.folds, seed: settings.seed, threads: jobs)
        }

        /// Folds from 1, as `weft finetune` numbers them.
        func predictions(_ found: CrossValidatedClassifier) -> PredictionSet {
            PredictionSet(
                classes: classes, images: joined.names, patients: joined.patients, cases: joined.cases,
                folds: found.folds.map { String($0 + 1) }, labels: labels,
                predictions: labels.indices.map { classOfLargest(Array(found.probabilities.row($0))) },
                probabilities: found.probabilities)
        }
    }
}
