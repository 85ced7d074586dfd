import Foundation
import SwiftCSV

/// A CSV list of cases, as PyRadiomics' batch mode reads it: a column `Image`, and optionally `Mask`, `ROI`, `Label` and
/// `Case` (or `ID`); other columns are left alone. Relative paths count from the manifest's folder.
public struct Manifest: Sendable {
    public struct Row: Hashable, Sendable {
        /// From 1, the header not counted.
        public var number: Int
        public var image: String
        /// As the cell has it.
        public var imageAsWritten: String
        public var mask: String?
        public var roi: String?
        public var label: Int?
        public var caseName: String?
        /// What keeps the row from being used.
        public var problem: String?
    }

    public var rows: [Row]

    public init(path: String) throws(IngestionError) {
        let (table, names) = try namedTable(path, what: "the manifest")
        guard names["image"] != nil else {
            throw .badAttribute(
                path: path, name: "the header of the manifest", found: "'\(table.header.joined(separator: ","))'",
                expected: "a column Image (and Mask, ROI, Label, Case)")
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        var rows: [Row] = []
        for (index, cells) in table.rows.enumerated() {
            func cell(_ column: String) -> String? {
                let text = names[column].flatMap { cells[$0] }?.trimmingCharacters(in: .whitespaces) ?? ""
                return text.isEmpty ? nil : text
            }
            func file(_ column: String) -> String? {
                cell(column).map { $0.hasPrefix("/") ? $0 : folder.appendingPathComponent($0).relativePath }
            }
            guard let image = file("image") else {
                if cells.values.allSatisfy(\.isEmpty) { continue }
                throw .badAttribute(
                    path: path, name: "Image of row \(index + 1)", found: "empty", expected: "a file or a folder")
            }
            var label: Int?
            var problem: String?
            if let text = cell("label") {
                // Spreadsheets write whole numbers as 255.0.
                label = Int(text) ?? Double(text).flatMap { Int(exactly: $0) }
                if label == nil { problem = "Label is '\(text)', expected a whole number" }
            }
            rows.append(
                Row(
                    number: index + 1, image: image, imageAsWritten: cell("image") ?? image, mask: file("mask"),
                    roi: cell("roi"), label: label,
                    caseName: cell("case") ?? cell("id"), problem: problem))
        }
        self.rows = rows
    }
}

/// A CSV in UTF-8 with its column names in lower case, so that `Image` and `image` are one.
func namedTable(_ path: String, what: String) throws(IngestionError) -> (table: CSV<Named>, names: [String: String]) {
    let table: CSV<Named>
    do {
        let url = URL(fileURLWithPath: path)
        guard FileManager.default.fileExists(atPath: path) else { throw IngestionError.notFound(path: path) }
        let bytes = try Data(contentsOf: url)
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw IngestionError.badAttribute(
                path: path, name: "the encoding of \(what)", found: "UTF-16", expected: "CSV in UTF-8")
        }
        guard let text = String(bytes: bytes, encoding: .utf8) else {
            throw IngestionError.badAttribute(
                path: path, name: "the encoding of \(what)", found: "not UTF-8", expected: "CSV in UTF-8")
        }
        // A byte order mark, as Excel writes it, would become part of the first column's name.
        table = try CSV<Named>(string: text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text)
    } catch let error as IngestionError {
        throw error
    } catch { throw .unreadable(path: path, reason: "no CSV in UTF-8: \(error)") }

    let names = Dictionary(
        table.header.map { ($0.trimmingCharacters(in: .whitespaces).lowercased(), $0) },
        uniquingKeysWith: { a, _ in a })
    return (table, names)
}
