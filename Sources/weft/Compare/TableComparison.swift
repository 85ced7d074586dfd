import Foundation
import Statistics

/// What a table of embeddings knows of a table of features, and the other way round for labels.
struct TableComparison {
    struct Decoded {
        var feature: String
        var determination: Statistic
        var interval: BootstrapInterval
        var rows: Int
    }

    struct Classifier {
        var name: String
        var columns: Int
        var set: PredictionSet
        var metrics: ClassifierMetrics
    }

    struct Pair {
        var a: String
        var b: String
        var found: ModelComparison
    }

    let features: String
    let embeddings: String
    let rows: Int
    let patients: Int
    let featureCount: Int
    let embeddingCount: Int
    let folds: Int
    let resamples: Int
    let seed: UInt64
    /// Best first.
    let decoded: [Decoded]
    let alignment: KernelAlignment
    let positive: String?
    let classifiers: [Classifier]
    let pairs: [Pair]
    let notes: [String]

    init(_ options: TableComparisonOptions, threads: Int, verbosity: Verbosity) throws {
        let joined = try JoinedTables(options)
        for note in joined.notes { Console.note(note, verbosity) }
        (features, embeddings) = (options.features ?? "", options.embeddings ?? "")
        (rows, patients) = (joined.patients.count, Set(joined.patients).count)
        (featureCount, embeddingCount) = (joined.features.names.count, joined.embeddings.names.count)
        (folds, resamples, seed) = (options.folds, options.resamples, options.seed)
        var notes = joined.notes
        let embedding = joined.embeddings.filled
        if joined.embeddings.missing > 0 {
            notes.append("\(joined.embeddings.missing) empty cells of the embeddings take the mean of their column")
        }
        Console.note("\(rows) rows of \(patients) patients: decoding \(featureCount) features", verbosity)
        decoded = Self.decode(joined, embedding, options, threads).sorted {
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
                throw CommandFailure(
                    .inputUnreadable, "\(options.labels ?? ""): only the class '\(classes[0])', expected two or more")
            }
            let number = try Self.positiveNumber(classes, options.positive)
            positiveName = number.map { classes[$0] }
            Console.note("classifying: \(classes.joined(separator: ", "))", verbosity)
            let numbers = labels.map { label in classes.firstIndex(of: label) ?? 0 }
            for (name, matrix) in [
                ("handcrafted", handcrafted), ("learned", embedding), ("joined", handcrafted.joined(with: embedding)),
            ] {
                guard
                    let classifier = CrossValidatedClassifier(
                        matrix, labels: numbers, classes: classes.count, patients: joined.patients,
                        folds: options.folds, seed: options.seed)
                else {
                    notes.append("only one patient: no classifier can be judged")
                    break
                }
                let set = PredictionSet(
                    classes: classes, images: joined.names, patients: joined.patients, cases: joined.cases,
                    folds: classifier.folds.map(String.init), labels: numbers,
                    predictions: numbers.indices.map { classOfLargest(Array(classifier.probabilities.row($0))) },
                    probabilities: classifier.probabilities)
                classifiers.append(
                    Classifier(
                        name: name, columns: matrix.columns, set: set,
                        metrics: ClassifierMetrics(
                            set, positive: number, replicates: options.resamples, seed: options.seed, threads: threads))
                )
            }
            if classifiers.count == 3 {
                for (a, b) in [(1, 0), (2, 0), (2, 1)] {
                    pairs.append(
                        Pair(
                            a: classifiers[a].name, b: classifiers[b].name,
                            found: ModelComparison(
                                classifiers[a].set, classifiers[b].set, positive: number,
                                replicates: options.resamples, seed: options.seed, threads: threads)))
                }
            }
        }
        (positive, self.classifiers, self.pairs, self.notes) = (positiveName, classifiers, pairs, notes)
    }

    private static func positiveNumber(_ classes: [String], _ asked: String?) throws -> Int? {
        guard let asked else { return classes.count == 2 ? 1 : nil }
        guard let number = classes.firstIndex(of: asked) else {
            throw CommandFailure(.usage, "--positive is '\(asked)', expected one of \(classes.joined(separator: ", "))")
        }
        return number
    }

    /// Features that are missing in the same rows are decoded together, without those rows.
    private static func decode(
        _ joined: JoinedTables, _ embedding: Matrix, _ options: TableComparisonOptions, _ threads: Int
    ) -> [Decoded] {
        let columns = joined.features.columns
        let groups = Dictionary(grouping: columns.indices) { column in columns[column].map { $0 != nil } }
        return groups.sorted { ($0.value.first ?? 0) < ($1.value.first ?? 0) }.flatMap { known, members in
            let rows = known.indices.filter { known[$0] }
            let y = Matrix(
                rows: rows.count, columns: members.count,
                values: rows.flatMap { row in members.map { columns[$0][row] ?? 0 } })
            let found = Decodability(
                of: y, from: embedding.selecting(rows: rows), patients: rows.map { joined.patients[$0] },
                folds: options.folds, replicates: options.resamples, seed: options.seed, threads: threads)
            return members.enumerated().map { place, column in
                Decoded(
                    feature: joined.features.names[column], determination: found.determination[place],
                    interval: found.intervals[place], rows: rows.count)
            }
        }
    }
}
