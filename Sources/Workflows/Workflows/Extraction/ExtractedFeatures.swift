import Radiomics
import Tables
import TextureCore

/// A table of features in memory: one row per region, or per case that could not be computed.
public struct ExtractedFeatures: Sendable {
    public let columns: [FeatureColumn]
    public let summary: ExtractionSummary
    private let rows: [FeatureRow]
    private let index: [String: Int]

    init(columns: [FeatureColumn], rows: [FeatureRow], summary: ExtractionSummary) {
        (self.columns, self.rows, self.summary) = (columns, rows, summary)
        index = Dictionary(
            zip(columns.map(\.name), columns.indices), uniquingKeysWith: { first, _ in first })
    }
}

extension ExtractedFeatures: RandomAccessCollection {
    /// One region with its values.
    public struct Row: Sendable {
        fileprivate let row: FeatureRow
        fileprivate let index: [String: Int]

        public var identity: RowIdentity { row.identity }
        public var status: RowStatus { row.status }
        /// Why it failed, or what somebody should look at; empty when it is well.
        public var reason: String { row.reason }
        /// What was decided and found on the way, by `diagnostics_*` column.
        public var diagnostics: [Diagnostic: String] { row.diagnostics }

        /// The value under the name of a column, e.g. `cm_contrast_3D_comb`; nil where it is undefined, when the row failed,
        /// and under a name that the settings do not ask for.
        public subscript(column: String) -> Double? { measure(column)?.value }

        /// The value or the reason why it is undefined; nil when the row has no such column.
        public func measure(_ column: String) -> Measure? {
            guard let index = index[column], case .features(let values) = row.values else { return nil }
            return values.measures[index]
        }
    }

    public var startIndex: Int { rows.startIndex }
    public var endIndex: Int { rows.endIndex }
    public subscript(position: Int) -> Row { Row(row: rows[position], index: index) }

    /// The first row of the region with this name.
    public subscript(roi name: String) -> Row? { first { $0.identity.roi == name } }
}
