import Ingestion
import NumericalMethods

/// Why two tables cannot be compared.
public enum TableComparisonError: Error, CustomStringConvertible {
    case ingestion(IngestionError)
    case library(OpenBLASError)
    /// Of the columns that rows are to be joined on.
    case noJoinColumn(String, path: String)
    case noJoinColumns
    case noCommonIdentity(paths: [String], expected: [String])
    /// Rows from 1.
    case repeatedRow(path: String, rows: [Int], key: [String], columns: [String])
    /// With the key of the first row of each.
    case nothingShared(first: String, second: String, columns: [String], firstKey: [String], secondKey: [String])
    /// Each shares rows with the features, and none is in all.
    case nothingSharedByAll(paths: [String], columns: [String])
    case noNumbers(path: String)
    case noLabels(path: String, key: String, features: String, example: String)
    case oneClass(path: String, found: String)
    /// The positive class that was asked for.
    case noSuchClass(found: String, expected: [String])

    public var description: String {
        switch self {
        case .ingestion(let error): error.description
        case .library(let error): error.description
        case .noJoinColumn(let name, let path): "--join names '\(name)', which \(path) does not have"
        case .noJoinColumns: "--join is empty, expected columns, e.g. case,roi"
        case .noCommonIdentity(let paths, let expected):
            "\(paths.joined(separator: " and ")) have no identity column in common (\(Self.list(expected))); name one with --join"
        case .repeatedRow(let path, let rows, let key, let columns):
            "\(path): rows \(rows.map(String.init).joined(separator: " and ")) both are \(Self.list(key)); expected each "
                + "\(Self.list(columns)) once; name more columns with --join"
        case .nothingShared(let first, let second, let columns, let firstKey, let secondKey):
            "\(first) and \(second) share no \(Self.list(columns)): the first has '\(Self.list(firstKey))', the second "
                + "'\(Self.list(secondKey))'; name the columns to join on with --join"
        case .nothingSharedByAll(let paths, let columns):
            "\(paths.joined(separator: " and ")) share no \(Self.list(columns)) that is in all of them; name the columns to join "
                + "on with --join"
        case .noNumbers(let path): "\(path) has no column of numbers beside identity and diagnostics"
        case .noLabels(let path, let key, let features, let example):
            "\(path): none of its \(key) is in \(features), which has e.g. '\(example)'"
        case .oneClass(let path, let found): "\(path): only the class '\(found)', expected two or more"
        case .noSuchClass(let found, let expected): "--positive is '\(found)', expected one of \(Self.list(expected))"
        }
    }

    private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }
}
