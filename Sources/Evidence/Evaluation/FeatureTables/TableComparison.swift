import NumericalMethods
import Statistics

/// How two tables are compared.
public struct TableComparisonSettings: Hashable, Sendable {
    /// With labels: the class that AUROC is about; nil: by ``PositiveClass``.
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
/// classifier does on features, embedding and both, joined in the ways of ``JoinedClassifiers``.
public struct TableComparison: Sendable {
    public struct Decoded: Sendable {
        public var feature: String
        public var determination: Statistic
        public var interval: BootstrapInterval
        public var rows: Int
    }

    public let features: String
    public let embeddings: [String]
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
    /// With labels and more than one patient.
    public let classification: JoinedClassifiers?
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
        let embedding = joined.views.dropFirst().reduce(joined.views[0].filled) { $0.joined(with: $1.filled) }
        (featureCount, embeddingCount) = (joined.features.names.count, embedding.columns)
        folds = joined.folds.map { Set($0).count } ?? settings.folds
        (resamples, seed) = (settings.resamples, settings.seed)
        var notes = joined.notes
        let missing = joined.views.reduce(0) { $0 + $1.missing }
        if missing > 0 { notes.append("\(missing) empty cells of the embeddings take the mean of their column") }
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
        if joined.labels != nil {
            classification = try JoinedClassifiers(joined, settings: settings, jobs: jobs, note: note)
            if classification == nil { notes.append("only one patient: no classifier can be judged") }
        } else {
            classification = nil
        }
        self.notes = notes
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
