import Evaluation
import Foundation

/// Metrics of files of predictions with intervals, and tests of each against the first.
public struct PredictionEvaluation: Sendable {
    /// CSVs with the columns `image`, `label` and `p_CLASS` for each class; at least one.
    public var files: [String]
    public var settings: EvaluationSettings
    public var jobs: Int

    public init(
        of files: [String], settings: EvaluationSettings = EvaluationSettings(),
        jobs: Int = ProcessInfo.processInfo.activeProcessorCount
    ) {
        (self.files, self.settings, self.jobs) = (files, settings, jobs)
    }

    /// - Throws: `IngestionError` when a file is no such table, `EvaluationError` when the files cannot be evaluated or
    ///   compared.
    public func evaluate() throws -> EvaluationResult {
        try EvaluationResult(of: try files.map { try PredictionFile(path: $0) }, settings: settings, jobs: jobs)
    }
}
