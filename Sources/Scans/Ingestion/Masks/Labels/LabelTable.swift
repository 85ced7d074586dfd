import Foundation

/// A CSV list of labelled images: columns `image` (or `case`, as `weft extract` names it) and `label`, and optionally `patient`,
/// `split` (train, val, test) and `fold`; other columns are left alone. Relative paths count from the table's folder. Every
/// command that takes labels reads them here, and finds the row of an image by ``ImageNames``.
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
        /// Absolute; a file, or the folder of a series. With `.png` where the table leaves it out and there is such a file.
        public var image: String
        public var imageAsWritten: String
        /// Nil where the table has no column `case`, or the cell is empty.
        public var caseName: String?
        public var label: String
        public var patient: String?
        public var split: Split?
        public var fold: String?

        /// What it says of its image.
        fileprivate var content: [String?] { [label, patient, split?.rawValue, fold] }
    }

    /// A row that cannot be used.
    public struct Problem: Hashable, Sendable {
        public var row: Int
        public var reason: String
    }

    /// What rows are about.
    public enum Key: String, Sendable {
        case image
        case caseName = "case"
    }

    public let path: String
    /// `case` only where there is no column `image`.
    public let key: Key
    public private(set) var rows: [Row] = []
    public private(set) var problems: [Problem] = []
    /// Those of the optional columns that the table has.
    public let columns: Set<String>
    private let names: ImageNames
    private let caseNames: ImageNames

    public init(path: String) throws(IngestionError) {
        let table = try NamedTable(path, what: "the table of labels")
        guard table.has("image") || table.has("case"), table.has("label") else {
            throw .badAttribute(
                path: path, name: "the header of the table of labels",
                found: "'\(table.header.joined(separator: ","))'",
                expected: "columns image and label (or case in place of image; and patient, split, fold)")
        }
        self.path = path
        key = table.has("image") ? .image : .caseName
        columns = Set(["patient", "split", "fold"].filter(table.has))
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        var (rows, problems): ([Row], [Problem]) = ([], [])
        for (index, cells) in table.rows.enumerated() {
            func cell(_ column: String) -> String? { table.cell(column, of: cells) }
            if cells.allSatisfy(\.isEmpty) { continue }
            func problem(_ reason: String) { problems.append(Problem(row: index + 1, reason: reason)) }
            guard let image = cell(key.rawValue) else {
                problem("\(key.rawValue) is empty")
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
            rows.append(
                Row(
                    number: index + 1, image: Self.file(image, in: folder), imageAsWritten: image,
                    caseName: cell("case"), label: label, patient: cell("patient"),
                    split: split.flatMap(Split.init(word:)), fold: cell("fold")))
        }
        (self.rows, self.problems) = (rows, problems)
        names = ImageNames(rows.map(\.imageAsWritten))
        caseNames = ImageNames(rows.map { $0.caseName ?? "" })
    }

    private static func file(_ name: String, in folder: URL) -> String {
        let url = name.hasPrefix("/") ? URL(fileURLWithPath: name) : folder.appendingPathComponent(name)
        let path = url.standardizedFileURL.path
        let files = FileManager.default
        return !files.fileExists(atPath: path) && files.fileExists(atPath: path + ".png") ? path + ".png" : path
    }

    /// The row of an image, by ``ImageNames``: by its case where the table names cases, else by its path, then by its path without
    /// the suffix as a case has it.
    /// - Parameters:
    ///   - name: of the case; empty where there is none.
    ///   - image: path as a table has it; empty where there is none.
    /// - Returns: nil where no row is meant; and how the row was found.
    /// - Throws: ``IngestionError/badAttribute(path:name:found:expected:)`` where several rows could be meant and differ.
    public func row(
        case name: String, image: String
    ) throws(IngestionError) -> (row: Row, match: ImageNames.Match)? {
        for (names, name) in [(caseNames, name), (names, image), (names, name)] {
            let (places, match) = names.matching(name)
            guard let first = places.first else { continue }
            guard Set(places.map { rows[$0].content }).count == 1 else {
                let found = places.prefix(3).map {
                    "'\(rows[$0].imageAsWritten)' (row \(rows[$0].number)" + ", \(rows[$0].label))"
                }
                throw .badAttribute(
                    path: path, name: "the row of '\(name)'", found: found.joined(separator: " and "),
                    expected: "one row, or rows that say the same; write the path as the tables have it")
            }
            return (rows[first], match)
        }
        return nil
    }

    /// Classes in the order that every table has them in: numbers by size, else names by their letters.
    public static func ordered(classes: some Sequence<String>) -> [String] {
        let names = Set(classes)
        guard names.allSatisfy({ Double($0) != nil }) else { return names.sorted() }
        return names.sorted { (Double($0) ?? 0, $0) < (Double($1) ?? 0, $1) }
    }
}
