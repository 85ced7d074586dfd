import Radiomics
import Tables

/// How an extraction went.
public struct ExtractionSummary: Sendable {
    public struct Reports: Hashable, Sendable {
        public var folder: String
        public var written: Int
        /// Series that have no report because none of their regions could be computed.
        public var seriesWithoutValues: Int
    }

    /// How many were planned, and how many of them are done.
    public internal(set) var cases = 0
    public internal(set) var casesDone = 0
    /// Regions that have values, those of earlier runs that were taken over included.
    public internal(set) var regions = 0
    /// How many patients the rows name.
    public internal(set) var patients = 0
    /// Whether the table was there already as it is to be.
    public internal(set) var table = TableFile.Outcome.written
    /// Rows, of regions or whole cases, by their status; the others are well.
    public internal(set) var failed = 0
    public internal(set) var warnings = 0
    /// Regions by what is doubtful about their grey levels: one level is among the warnings, the others are notes.
    public internal(set) var doubts: [LevelUse.Doubt: Int] = [:]
    /// At most five, as they came.
    public internal(set) var firstFailures: [FeatureRow] = []
    public internal(set) var reports: Reports?
    public internal(set) var ending = WorkEnding.complete
    /// The file that keeps the finished rows of an interrupted table on disk.
    public internal(set) var journal: String?

    mutating func count(_ status: RowStatus) {
        switch status {
        case .ok: regions += 1
        case .warning: (regions, warnings) = (regions + 1, warnings + 1)
        case .failed: failed += 1
        }
    }

    mutating func count(_ doubts: [LevelUse.Doubt]) {
        for doubt in doubts { self.doubts[doubt, default: 0] += 1 }
    }

    mutating func count(_ rows: [FeatureRow]) {
        let failures = rows.filter { $0.status == .failed }
        for row in rows { count(row.status) }
        firstFailures += failures.prefix(max(0, 5 - firstFailures.count))
    }

    /// How many regions have too few or too many grey levels; nil when there are none.
    public var doubtsInWords: String? {
        let said = LevelUse.Doubt.allCases.compactMap { doubt -> String? in
            guard let count = doubts[doubt] else { return nil }
            return switch doubt {
            case .oneLevel: "\(count) region(s) with a single one"
            case .fewLevels: "\(count) region(s) with fewer than \(LevelUse.fewest)"
            case .manyLevels: "\(count) region(s) with more than a tenth of their voxels"
            }
        }
        return said.isEmpty
            ? nil : "grey levels: " + said.joined(separator: ", ") + " (see 'reason' and 'diagnostics_notes')"
    }
}
