import Foundation

/// A CSV list of labelled images: columns `image` and `label`, and optionally `patient`, `split` (train, val, test) and
/// `fold`; other columns are left alone. Relative paths count from the table's folder.
public struct LabelTable: Sendable {
    public enum Split: String, Hashable, Sendable, Codable, CaseIterable {
        case train, val, test

        /// Also by the words that other tools use.
        public init?(word: String) {
            switch word.lowercased() {
            case "train", "training": self = .train
            case "val", "valid", "validation": self = .val
            case "test", "testing": self = .test
            default: return nil
            }
        }
    }

    public struct Row: Hashable, Sendable {
        /// From 1, the header not counted.
        public var number: Int
        /// Absolute; a file, or the folder of a series.
        public var image: String
        public var imageAsWritten: String
        public var label: String
        public var patient: String?
        public var split: Split?
        public var fold: String?
    }

    /// A row that cannot be used.
    public struct Problem: Hashable, Sendable {
        public var row: Int
        public var reason: String
    }

    public private(set) var rows: [Row] = []
    public private(set) var problems: [Problem] = []
    /// Those of the optional columns that the table has.
    public let columns: Set<String>

    public init(path: String) throws(IngestionError) {
        let table = try NamedTable(path, what: "the table of labels")
        for column in ["image", "label"] where !table.has(column) {
            throw .badAttribute(
                path: path, name: "the header of the table of labels",
                found: "'\(table.header.joined(separator: ","))'",
                expected: "columns image and label (and patient, split, fold)")
        }
        columns = Set(["patient", "split", "fold"].filter(table.has))
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        for (index, cells) in table.rows.enumerated() {
            func cell(_ column: String) -> String? { table.cell(column, of: cells) }
            if cells.allSatisfy(\.isEmpty) { continue }
            func problem(_ reason: String) { problems.append(Problem(row: index + 1, reason: reason)) }
            guard let image = cell("image") else {
                problem("image is empty")
                continue
            }
            guard let label = cell("label") else {
                problem("\(image): label is empty")
                continue
            }
            let split = cell("split")
            if let split, Split(word: split) == nil {
                problem("\(image): split is '\(split)', expected train, val or test")
                continue
            }
            let url = image.hasPrefix("/") ? URL(fileURLWithPath: image) : folder.appendingPathComponent(image)
            rows.append(
                Row(
                    number: index + 1, image: url.standardizedFileURL.path, imageAsWritten: image, label: label,
                    patient: cell("patient"), split: split.flatMap(Split.init(word:)), fold: cell("fold")))
        }
    }
}
