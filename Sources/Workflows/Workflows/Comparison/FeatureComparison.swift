import Evaluation
import Foundation
import Tables

/// How much of each handcrafted feature an embedding holds, and how well the same classifier does on either.
public struct FeatureComparison: Sendable {
    /// Table of handcrafted features, as ``FeatureExtraction`` writes it (CSV).
    public var features: String
    /// Tables of embeddings, as ``ImageEmbedding`` writes them (CSV); at least one, each seen as a view of its own.
    public var embeddings: [String]
    /// Classes: a CSV as `LabelTable` has it.
    public var labels: String?
    /// Identity columns that rows of both tables share; nil: those of case, study, series, image, roi, label that are filled
    /// in both.
    public var join: [String]?
    public var settings = TableComparisonSettings()
    public var jobs = ProcessInfo.processInfo.activeProcessorCount

    public init(features: String, embeddings: [String], labels: String? = nil) {
        (self.features, self.embeddings, self.labels) = (features, embeddings, labels)
    }

    /// The tables joined row by row: what ``compare(_:_:)`` needs, and quickly done.
    /// - Throws: `TableComparisonError`.
    public func joined() throws(TableComparisonError) -> JoinedTables {
        var source = ComparedTables(
            features: features, embeddings: embeddings,
            layout: FeatureTableLayout(
                identityColumns: FeatureTable.identityColumns, failedStatus: RowStatus.failed.rawValue))
        (source.labels, source.join) = (labels, join)
        return try JoinedTables(source)
    }

    /// - Throws: `TableComparisonError`.
    public func compare(_ observer: WorkObserver = .silent) throws(TableComparisonError) -> TableComparison {
        try compare(joined(), observer)
    }

    /// - Throws: `TableComparisonError`.
    public func compare(
        _ joined: JoinedTables, _ observer: WorkObserver = .silent
    ) throws(TableComparisonError) -> TableComparison {
        try TableComparison(joined, settings: settings, jobs: jobs, note: observer.note)
    }
}
