import Foundation

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
        let table = try NamedTable(path, what: "the manifest")
        guard table.has("image") else {
            throw .badAttribute(
                path: path, name: "the header of the manifest", found: "'\(table.header.joined(separator: ","))'",
                expected: "a column Image (and Mask, ROI, Label, Case)")
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        var rows: [Row] = []
        for (index, cells) in table.rows.enumerated() {
            func cell(_ column: String) -> String? { table.cell(column, of: cells) }
            func file(_ column: String) -> String? {
                cell(column).map { $0.hasPrefix("/") ? $0 : folder.appendingPathComponent($0).relativePath }
            }
            guard let image = file("image") else {
                if cells.allSatisfy(\.isEmpty) { continue }
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
