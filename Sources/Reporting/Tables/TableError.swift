/// What keeps a table from being written.
public enum TableError: Error, Equatable, CustomStringConvertible {
    case exists(path: String)
    case interruptedTableExists(path: String)
    /// A table that was not there when the run began.
    case madeMeanwhile(path: String, journal: String)
    /// A table whose rows are not in the journal that is to be continued.
    case otherRows(path: String, journal: String)
    case unknownFormat(path: String)
    case cannotWrite(path: String, reason: String)
    /// Columns that only the table has, and those that only this run has.
    case otherColumns(path: String, there: [String], here: [String])
    /// The same columns, between other marks.
    case otherMarks(path: String)
    /// Sentences of what differs between the settings of a row and those of this run.
    case otherSettings(path: String, differences: [String])
    /// Cases of a table that the input has not.
    case casesGone(path: String, cases: [String])
    /// What a case of this run has become since its rows were made.
    case otherContent(path: String, case: String, found: String)
    /// Lines count from 1.
    case damagedLine(path: String, line: Int, found: String)
    /// What stands under the name of a journal is none.
    case notAJournal(path: String, found: String)
    case inUse(path: String)
    /// The table of another part of the same run, or of another run.
    case otherShard(path: String, found: Shard, expected: Shard)
    /// A finished table that does not say what its rows were made of.
    case untold(path: String)
    /// A workbook of a part of a run.
    case shardOfWorkbook(path: String)
    case foreignWorkbook(path: String)
    /// More than an Excel sheet has.
    case tooManyColumns(path: String, found: Int)
    case tooManyRows(path: String, journal: String)

    /// Whether the run is not the one that the table is of, so that nothing of it is to be kept.
    public var isRefusal: Bool {
        switch self {
        case .otherSettings, .casesGone, .otherContent, .otherShard: true
        default: false
        }
    }

    public var description: String {
        switch self {
        case .exists(let path): "\(path) exists; add --force to replace it or --resume to complete it"
        case .interruptedTableExists(let path):
            "\(path) holds the rows of an interrupted run; add --resume to continue it or --force to start anew"
        case .madeMeanwhile(let path, let journal):
            "\(path) was made or changed by somebody else while this run worked, and is left as it is; the rows of this run are"
                + " in \(journal): move \(path) away and add --resume, or give --force to start anew"
        case .otherRows(let path, let journal):
            "\(path) holds rows that \(journal) has not, so it is not of the run that was interrupted; move one of them away,"
                + " or give --force to start anew"
        case .unknownFormat(let path): "\(path): a table's name ends in .csv, .tsv, .json, .jsonl or .xlsx"
        case .cannotWrite(let path, let reason): "\(path) cannot be written: \(reason)"
        case .damagedLine(let path, let line, let found):
            "\(path), line \(line): found '\(found)', expected a whole row of this table; take the line away, so that its row is"
                + " computed again, or give --force to start anew"
        case .notAJournal(let path, let found):
            "\(path): found \(found), expected the journal of a table or nothing; move it away, or choose another --output"
        case .inUse(let path): "\(path) is being written by another run of weft; wait for it or choose another --output"
        case .otherShard(let path, let found, let expected):
            "\(path) is the table of shard \(found), and this run is of shard \(expected); give each shard an --output of its own, or"
                + " --force to start anew"
        case .untold(let path):
            "\(path) is finished, and does not say what its rows were made of, or of something else than this run's; move it away,"
                + " give --force to start anew, or choose another --output"
        case .shardOfWorkbook(let path):
            "\(path): shards are put together from text; write a .csv, .tsv, .json or .jsonl for each"
        case .otherColumns(let path, let there, let here):
            "\(path) was made with other settings or another version, its columns differ from the ones asked for: "
                + [("only the table has", there), ("only this run has", here)].filter { !$0.1.isEmpty }
                .map { "\($0) \(Self.some($1))" }.joined(separator: "; ")
                + (there.isEmpty && here.isEmpty ? "they stand in another order" : "") + "; " + Self.wayOut
        case .otherMarks(let path):
            "\(path) has the columns of this run between other marks; repeat the --csv and --bom that it was made with, or give"
                + " --force to start anew"
        case .otherSettings(let path, let differences):
            "\(path) was made with other settings: \(differences.joined(separator: "; ")); " + Self.wayOut
        case .casesGone(let path, let cases):
            "\(path) holds \(cases.count) case(s) that the input has not: \(Self.some(cases)); give all folders that the table is"
                + " of, --force to start anew, or another --output"
        case .otherContent(let path, let name, let found):
            "\(path): \(name): \(found); give the input that the table is of, --force to start anew, or another --output"
        case .foreignWorkbook(let path):
            "\(path) is no Excel file as weft writes it (another program may have saved it), and weft reads no other; give --force"
                + " to start anew, or choose another --output"
        case .tooManyColumns(let path, let found):
            "\(path): found \(found) columns, and an Excel sheet has \(TableWorkbook.mostColumns); write a .csv, take --layout long,"
                + " or fewer features"
        case .tooManyRows(let path, let journal):
            "\(path): an Excel sheet has \(TableWorkbook.mostRows) rows, and the table is longer; what is done is in \(journal): rename"
                + " that to NAME.jsonl.partial and continue with --output NAME.jsonl --resume"
        }
    }

    private static let wayOut = "repeat those settings, give --force to start anew, or choose another --output"

    /// The first five.
    private static func some(_ names: [String]) -> String {
        names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
    }
}
