import Evaluation
import Foundation
import Tables

/// How much of each handcrafted feature an embedding holds, and how well the same classifier does on either.
public struct FeatureComparison: Sendable {
    /// Table of handcrafted features, as ``FeatureExtraction`` writes it (CSV).
    public var features: String
    /// Table of embeddings, as ``ImageEmbedding`` writes it (CSV).
    public var embeddings: String
    /// Classes: a CSV with `image` or `case`, `label`, and `patient` where the tables do not have it.
    public var labels: String?
    /// Identity columns that rows of both tables share; nil: those of case, study, series, image, roi, label that are filled
    /// in both.
    public var join: [String]?
    public var settings = TableComparisonSettings()
    public var jobs = ProcessInfo.processInfo.activeProcessorCount

    public init(features: String, embeddings: String, labels: String? = nil) {
        (self.features, self.embeddings, self.labels) = (features, embeddings, labels)
    }

    /// - Throws: `TableComparisonError`.
    public func compare(_ observer: WorkObserver = .silent) throws(TableComparisonError) -> TableComparison {
        var source = ComparedTables(
            features: features, embeddings: embeddings,
            layout: FeatureTableLayout(
                identityColumns: FeatureTable.identityColumns, failedStatus: RowStatus.failed.rawValue))
        (source.labels, source.join) = (labels, join)
        return try TableComparison(JoinedTables(source), settings: settings, jobs: jobs, note: observer.note)
    }
}
