/// Why tables are not put together.
public enum MergeError: Error, Equatable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    /// Neither a table of features or embeddings nor one of predictions.
    case noTable(path: String, found: String)
    /// Lines count from 1.
    case damagedLine(path: String, line: Int, found: String)
    case workbook(path: String)
    /// Tables in other formats, or with other marks between the cells.
    case otherFormat(a: String, b: String)
    case otherColumns(a: String, b: String, onlyA: [String], onlyB: [String])
    case otherConvention(a: String, String, b: String, String)
    /// Sentences of what differs.
    case otherSettings(a: String, b: String, differences: [String])
    /// One is the table of a shard, the other is not.
    case shardAndWhole(shard: String, whole: String)
    case otherCount(a: String, Shard, b: String, Shard)
    /// Shards of runs over other cases, with other settings or other weights: the runs as their tables have them.
    case otherRun(a: String, String, b: String, String)
    case missingShards([Int], of: Int)
    /// Two tables say different things of one case.
    case otherRows(case: String, a: String, b: String)
    case cannotWrite(path: String, reason: String)
    case exists(path: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): \(reason)"
        case .noTable(let path, let found):
            "\(path): found \(found), expected a table of weft extract, embed or predict: the columns case, …, or image, patient, case"
        case .damagedLine(let path, let line, let found):
            "\(path), line \(line): found '\(found)', expected a whole row of the table; make the table again with --resume"
        case .workbook(let path):
            "\(path): tables are put together as text, .csv, .tsv, .json or .jsonl; write those instead of .xlsx"
        case .otherFormat(let a, let b):
            "\(a) and \(b) are in different formats (suffix, --csv or --bom); give tables of one format, and --output of the same"
        case .otherColumns(let a, let b, let onlyA, let onlyB):
            "\(a) and \(b) have different columns: "
                + [(a, onlyA), (b, onlyB)].filter { !$0.1.isEmpty }.map { "only \($0) has \(Self.some($1))" }
                .joined(separator: "; ") + (onlyA.isEmpty && onlyB.isEmpty ? "they stand in another order" : "")
                + "; " + Self.oneRun
        case .otherConvention(let a, let first, let b, let second):
            "the convention of \(a) is \(first), and that of \(b) is \(second); \(Self.oneRun)"
        case .otherSettings(let a, let b, let differences):
            "\(b) was made with other settings than \(a): \(differences.joined(separator: "; ")) ('there' is \(a)); \(Self.oneRun)"
        case .shardAndWhole(let shard, let whole):
            "\(shard) is the table of a shard, and \(whole) is not; give shards alone, or none"
        case .otherCount(let a, let first, let b, let second):
            "\(a) is of shard \(first), and \(b) of \(second); \(Self.oneRun)"
        case .otherRun(let a, let first, let b, let second):
            "\(a) and \(b) are of runs over different cases, settings or weights (\(first), \(second)): the input may have changed in "
                + "between; run the shards again with --resume, which takes over what is the same"
        case .missingShards(let missing, let count):
            "\(missing.count) of \(count) shards are missing: \(Self.some(missing.map(String.init))); finish them (--resume), or give "
                + "--allow-missing for a table of the others"
        case .otherRows(let name, let a, let b):
            "\(a) and \(b) have different rows of case \(name); take one of the tables away"
        case .cannotWrite(let path, let reason): "\(path) cannot be written: \(reason)"
        case .exists(let path): "\(path) exists; add --force to replace it"
        }
    }

    private static let oneRun = "tables that are put together are of one run with the same settings"

    /// The first ten.
    private static func some(_ names: [String]) -> String {
        names.prefix(10).joined(separator: ", ") + (names.count > 10 ? " and \(names.count - 10) more" : "")
    }
}
