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
    case otherColumns(path: String)
    /// Lines count from 1.
    case damagedLine(path: String, line: Int, found: String)
    /// What stands under the name of a journal is none.
    case notAJournal(path: String, found: String)
    case inUse(path: String)

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
        case .unknownFormat(let path): "\(path): a table's name ends in .csv, .json or .jsonl"
        case .cannotWrite(let path, let reason): "\(path) cannot be written: \(reason)"
        case .damagedLine(let path, let line, let found):
            "\(path), line \(line): found '\(found)', expected a whole row of this table; take the line away, so that its row is"
                + " computed again, or give --force to start anew"
        case .notAJournal(let path, let found):
            "\(path): found \(found), expected the journal of a table or nothing; move it away, or choose another --output"
        case .inUse(let path): "\(path) is being written by another run of weft; wait for it or choose another --output"
        case .otherColumns(let path):
            "\(path) was made with other settings or another version: its columns differ from the ones asked for;"
                + " repeat those settings, or give --force to start anew"
        }
    }
}
