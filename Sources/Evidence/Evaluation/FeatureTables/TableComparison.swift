import NumericalMethods
import Statistics

/// How two tables are compared.
public struct TableComparisonSettings: Hashable, Sendable {
    /// With labels: the class that AUROC is about; nil: the second of two, by name, none of more.
    public var positive: String?
    /// Of patients that are held out in turn.
    public var folds = 5
    /// Of the patients, for the intervals.
    public var resamples = 2000
    /// Of folds and resamples.
    public var seed: UInt64 = 0

    public init() {}
}

/// How much of each feature can be told linearly from an embedding, how alike the two tables are, and how well the same
/// classifier does on features, embedding and both: on the columns side by side (`joined`), and with the mean of the two tables'
/// probabilities (`mean`).
public struct TableComparison: Sendable {
    public struct Decoded: Sendable {
        public var feature: String
        public var determination: Statistic
        public var interval: BootstrapInterval
        public var rows: Int
    }

    public struct Classifier: Sendable {
        public var name: String
        public var columns: Int
        public var set: PredictionSet
        public var metrics: ClassifierMetrics
    }

    public struct Pair: Sendable {
        public var a: String
        public var b: String
        public var found: ModelComparison
    }

    public let features: String
    public let embeddings: String
    public let rows: Int
    public let patients: Int
    public let featureCount: Int
    public let embeddingCount: Int
    public let folds: Int
    public let resamples: Int
    public let seed: UInt64
    /// Best first.
    public let decoded: [Decoded]
    public let alignment: KernelAlignment
    public let positive: String?
    public let classifiers: [Classifier]
    public let pairs: [Pair]
    public let notes: [String]

    /// - Parameters:
    ///   - jobs: threads; the result does not depend on them.
    ///   - note: gets what is worth knowing while the comparison goes on.
    /// - Throws: ``TableComparisonError`` when the labels have one class only, or not the one that is asked for, and without the
    ///   library that multiplies matrices.
    public init(
        _ joined: JoinedTables, settings: TableComparisonSettings, jobs: Int, note: (String) -> Void = { _ in }
    ) throws(TableComparisonError) {
        do { try OpenBLAS.load() } catch { throw .library(error) }
        for text in joined.notes { note(text) }
        (features, embeddings) = (joined.source.features, joined.source.embeddings)
        (rows, patients) = (joined.patients.count, Set(joined.patients).count)
        (featureCount, embeddingCount) = (joined.features.names.count, joined.embeddings.names.count)
        folds = joined.folds.map { Set($0).count } ?? settings.folds
        (resamples, seed) = (settings.resamples, settings.seed)
        var notes = joined.notes
        let embedding = joined.embeddings.filled
        if joined.embeddings.missing > 0 {
            notes.append("\(joined.embeddings.missing) empty cells of the embeddings take the mean of their column")
        }
        note("\(rows) rows of \(patients) patients: decoding \(featureCount) features")
        decoded = Self.decode(joined, embedding, settings, jobs).sorted {
            ($0.determination.value ?? -.infinity, $1.feature) > ($1.determination.value ?? -.infinity, $0.feature)
        }
        let handcrafted = joined.features.filled
        alignment = KernelAlignment(
            Standardiser(handcrafted)(handcrafted), Standardiser(embedding)(embedding))
        if joined.features.missing > 0 {
            notes.append(
                "\(joined.features.missing) empty cells of the features: their rows are left out of R², and take the mean of "
                    + "the column in CKA and in the classifier")
        }
        var (classifiers, pairs): ([Classifier], [Pair]) = ([], [])
        var positiveName: String?
        if let labels = joined.labels {
            let classes = Set(labels).sorted()
            guard classes.count > 1 else {
                throw .oneClass(path: joined.source.labels ?? "", found: classes[0])
            }
            let number = try Self.positiveNumber(classes, settings.positive)
            positiveName = number.map { classes[$0] }
            note("classifying: \(classes.joined(separator: ", "))")
            let numbers = labels.map { label in classes.firstIndex(of: label) ?? 0 }
            func judge(_ name: String, _ columns: Int, _ probabilities: Matrix, _ folds: [Int]) {
                let set = PredictionSet(
                    classes: classes, images: joined.names, patients: joined.patients, cases: joined.cases,
                    folds: folds.map(String.init), labels: numbers,
                    predictions: numbers.indices.map { classOfLargest(Array(probabilities.row($0))) },
                    probabilities: probabilities)
                classifiers.append(
                    Classifier(
                        name: name, columns: columns, set: set,
                        metrics: ClassifierMetrics(
                            set, positive: number, replicates: settings.resamples, seed: settings.seed, threads: jobs))
                )
            }
            var alone: [CrossValidatedClassifier] = []
            for (name, matrix) in [
                ("handcrafted", handcrafted), ("learned", embedding), ("joined", handcrafted.joined(with: embedding)),
            ] {
                guard
                    let classifier = CrossValidatedClassifier(
                        matrix, labels: numbers, classes: classes.count, patients: joined.patients,
                        folds: settings.folds, given: joined.folds, seed: settings.seed,
                        threads: jobs)
                else {
                    notes.append("only one patient: no classifier can be judged")
                    break
                }
                alone.append(classifier)
                judge(name, matrix.columns, classifier.probabilities, classifier.folds)
            }
            if alone.count == 3 {
                // Joined late: neither table's columns crowd out the other's, and there is nothing to fit.
                let values = zip(alone[0].probabilities.values, alone[1].probabilities.values).map { ($0 + $1) / 2 }
                judge(
                    "mean", handcrafted.columns + embedding.columns,
                    Matrix(rows: rows, columns: classes.count, values: values), alone[0].folds)
                for (a, b) in [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)] {
                    pairs.append(
                        Pair(
                            a: classifiers[a].name, b: classifiers[b].name,
                            found: ModelComparison(
                                classifiers[a].set, classifiers[b].set, positive: number,
                                replicates: settings.resamples, seed: settings.seed, threads: jobs)))
                }
            }
        }
        (positive, self.classifiers, self.pairs, self.notes) = (positiveName, classifiers, pairs, notes)
    }

    private static func positiveNumber(_ classes: [String], _ asked: String?) throws(TableComparisonError) -> Int? {
        guard let asked else { return classes.count == 2 ? 1 : nil }
        guard let number = classes.firstIndex(of: asked) else {
            throw .noSuchClass(found: asked, expected: classes)
        }
        return number
    }

    /// Features that are missing in the same rows are decoded together, without those rows.
    private static func decode(
        _ joined: JoinedTables, _ embedding: Matrix, _ settings: TableComparisonSettings, _ threads: Int
    ) -> [Decoded] {
        let columns = joined.features.columns
        let classes = joined.labels.map { Set($0).sorted() } ?? []
        let labels = joined.labels.map { labels in labels.map { classes.firstIndex(of: $0) ?? 0 } }
        let groups = Dictionary(grouping: columns.indices) { column in columns[column].map { $0 != nil } }
        return groups.sorted { ($0.value.first ?? 0) < ($1.value.first ?? 0) }.flatMap { known, members in
            let rows = known.indices.filter { known[$0] }
            let y = Matrix(
                rows: rows.count, columns: members.count,
                values: rows.flatMap { row in members.map { columns[$0][row] ?? 0 } })
            let found = Decodability(
                of: y, from: embedding.selecting(rows: rows), patients: rows.map { joined.patients[$0] },
                labels: labels.map { labels in rows.map { labels[$0] } }, folds: settings.folds,
                replicates: settings.resamples, seed: settings.seed, threads: threads)
            return members.enumerated().map { place, column in
                Decoded(
                    feature: joined.features.names[column], determination: found.determination[place],
                    interval: found.intervals[place], rows: rows.count)
            }
        }
    }
}
