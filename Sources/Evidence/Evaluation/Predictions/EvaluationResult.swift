import Statistics

/// Metrics of one or more sets of predictions with intervals, and tests of each against the first.
public struct EvaluationResult: Sendable {
    public struct Model: Sendable {
        public var name: String
        /// As evaluated: of images or of cases.
        public var set: PredictionSet
        public var metrics: ClassifierMetrics
    }

    public struct Comparison: Sendable {
        /// Indices into `models`.
        public var a: Int
        public var b: Int
        public var shared: Int
        public var found: ModelComparison
    }

    public var unit: EvaluationUnit
    public var positive: String?
    /// Nil without a positive class.
    public var positiveReason: PositiveClass.Reason?
    /// Index of the positive class in the sets.
    public var positiveNumber: Int?
    public var rule: CaseRule
    public var resamples: Int
    public var seed: UInt64
    public var models: [Model]
    public var comparisons: [Comparison]
    /// Things to know before believing the numbers.
    public var notes: [String]
}

/// What one observation is.
public enum EvaluationUnit: String, CaseIterable, Sendable {
    /// Each row.
    case slice
    /// The rows of one case together.
    case `case`

    package var plural: String { self == .slice ? "images" : "cases" }
    package func counted(_ count: Int) -> String {
        count == 1 ? "1 " + plural.dropLast() : "\(count) \(plural)"
    }
}
