import Ingestion
import Statistics

/// Why a table is not harmonised.
public enum HarmonisationError: Error, CustomStringConvertible {
    case ingestion(IngestionError)
    case noColumn(String, path: String, found: [String])
    /// A row of the table beside has no partner, or several.
    case noPartner(path: String, key: String, value: String, rows: Int)
    case emptyCell(path: String, column: String, row: Int)
    case noRows(path: String, leftOut: Int)
    case noFeatures(path: String)
    case combat(path: String, ComBatError)
    case notAModel(path: String, reason: String)
    case missingFeatures(path: String, [String])
    case unknownLevel(path: String, covariate: String, found: String, known: [String])

    public var description: String {
        switch self {
        case .ingestion(let error): error.description
        case .noColumn(let name, let path, let found):
            "\(path): found the columns \(found.prefix(12).joined(separator: ", "))\(found.count > 12 ? ", …" : ""), expected one named "
                + "\(name); a column of another table comes in with --with"
        case .noPartner(let path, let key, let value, let rows):
            "\(path): found \(rows) rows with \(key) '\(value)', expected one; the table beside has a row for each \(key)"
        case .emptyCell(let path, let column, let row):
            "\(path): row \(row): found nothing in the column \(column), expected a value; fill it in or take the row out"
        case .noRows(let path, let leftOut):
            "\(path): found no row to fit to (\(leftOut) failed, or of a test set), expected rows of at least two batches"
        case .noFeatures(let path):
            "\(path): found no column of numbers beside who and what a row is, expected features"
        case .combat(let path, let error): "\(path): \(error)"
        case .notAModel(let path, let reason):
            "\(path): found no model (\(reason)), expected the file that weft harmonise fit wrote"
        case .missingFeatures(let path, let names):
            "\(path): found no column \(names.prefix(3).joined(separator: ", "))\(names.count > 3 ? " and \(names.count - 3) more" : ""), "
                + "expected all features that the model was fitted to; extract with the same settings"
        case .unknownLevel(let path, let covariate, let found, let known):
            "\(path): found '\(found)' in the covariate \(covariate), expected one of \(known.joined(separator: ", "))"
        }
    }
}
