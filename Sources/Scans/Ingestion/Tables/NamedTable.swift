import Encoding
import Files
import Foundation

/// A table that a person made, in UTF-8 with commas, semicolons or tabs; its column names count in lower case, so that `Image`
/// and `image` are one.
struct NamedTable {
    /// As written.
    let header: [String]
    let rows: [[String]]
    private let indices: [String: Int]

    init(_ path: String, what: String) throws(IngestionError) {
        var table: [[String]]
        do {
            guard FileManager.default.fileExists(atPath: path) else { throw IngestionError.notFound(path: path) }
            let bytes = try readWholeFile(at: path)
            if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
                throw IngestionError.badAttribute(
                    path: path, name: "the encoding of \(what)", found: "UTF-16", expected: "CSV in UTF-8")
            }
            guard let text = String(bytes: bytes, encoding: .utf8) else {
                throw IngestionError.badAttribute(
                    path: path, name: "the encoding of \(what)", found: "not UTF-8", expected: "CSV in UTF-8")
            }
            table = try CSV.rows(of: text, delimiter: CSV.Delimiter(guessedFrom: text), leadingSpaces: .ignored)
        } catch let error as IngestionError {
            throw error
        } catch let error as FileReadingError {
            throw .unreadable(path: path, reason: error.reason)
        } catch { throw .unreadable(path: path, reason: "no CSV in UTF-8: \(error)") }
        header = table.isEmpty ? [] : table.removeFirst()
        rows = table
        indices = Dictionary(
            header.enumerated().map { ($1.trimmingCharacters(in: .whitespaces).lowercased(), $0) },
            uniquingKeysWith: { first, _ in first })
    }

    func has(_ column: String) -> Bool { indices[column] != nil }

    /// Nil where a row has none, or nothing but spaces in it.
    func cell(_ column: String, of row: [String]) -> String? {
        guard let index = indices[column], row.indices.contains(index) else { return nil }
        let text = row[index].trimmingCharacters(in: .whitespaces)
        return text.isEmpty ? nil : text
    }
}
