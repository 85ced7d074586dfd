import Encoding
import Files
import Foundation

/// The cells of a table in UTF-8 with commas, semicolons or tabs, header first, as text: where every table that is read begins.
struct TableText {
    let cells: [[String]]
    let delimiter: CSV.Delimiter

    /// - Parameter what: for messages, e.g. "the table of labels".
    /// - Throws: ``IngestionError`` when the file is absent or no such table.
    init(path: String, what: String) throws(IngestionError) {
        do {
            guard FileManager.default.fileExists(atPath: path) else { throw IngestionError.notFound(path: path) }
            let bytes = try readWholeFile(at: path)
            // A zip, as Excel's files are.
            guard !bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) else {
                throw IngestionError.unreadable(
                    path: path,
                    reason: "found an Excel file or another zip, expected a table as CSV or TSV; write it with"
                        + " --output NAME.csv, or save it in Excel as CSV UTF-8")
            }
            let isUTF16 = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
            guard !isUTF16, let text = String(bytes: bytes, encoding: .utf8) else {
                throw IngestionError.badAttribute(
                    path: path, name: "the encoding of \(what)", found: isUTF16 ? "UTF-16" : "not UTF-8",
                    expected: "CSV in UTF-8")
            }
            delimiter = CSV.Delimiter(guessedFrom: text)
            cells = try CSV.rows(of: text, delimiter: delimiter, leadingSpaces: .ignored)
        } catch let error as IngestionError {
            throw error
        } catch let error as FileReadingError {
            throw .unreadable(path: path, reason: error.reason)
        } catch { throw .unreadable(path: path, reason: "no CSV in UTF-8: \(error)") }
    }
}
