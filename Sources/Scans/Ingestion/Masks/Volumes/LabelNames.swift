import Files
import Foundation

/// A table that says what the labels of a mask are called: columns `index` (or `label`, `value`, `id`) and `name`, as BIDS has them
/// in `_dseg.tsv`, between tabs or commas.
public struct LabelNames: Hashable, Sendable {
    public private(set) var names: [Int: String] = [:]

    private static let numberColumns = ["index", "label", "value", "id", "key"]
    private static let nameColumns = ["name", "roi", "region", "structure"]

    /// - Throws: ``IngestionError`` when there is no such table, or it has not both columns.
    public init(path: String) throws(IngestionError) {
        let table = try NamedTable(path, what: "the table of names")
        guard let number = Self.numberColumns.first(where: table.has),
            let name = Self.nameColumns.first(where: table.has)
        else {
            throw .badAttribute(
                path: path, name: "the header of the table of names", found: "'\(table.header.joined(separator: ","))'",
                expected: "columns index (or label) and name")
        }
        for (place, row) in table.rows.enumerated() {
            guard let text = table.cell(number, of: row) else { continue }
            guard let value = Double(text).flatMap({ Int(exactly: $0) }) else {
                throw .badAttribute(
                    path: path, name: "\(number) in row \(place + 1)", found: "'\(text)'", expected: "a whole number")
            }
            // BIDS writes what is not known as n/a.
            guard let word = table.cell(name, of: row), word != "n/a" else { continue }
            names[value] = word
        }
    }

    /// The table of the same name beside a mask `…_dseg`, or that of all masks in the folder or, by BIDS' inheritance, in one of the
    /// folders of its subject above.
    static func beside(_ path: String) -> String? {
        let name = FileName(path)
        guard name.imageStem.lowercased().hasSuffix("dseg") else { return nil }
        var tables = ["\(name.pathWithoutImageSuffix).tsv", "\(name.folder)dseg.tsv"]
        var parts = FileName(path).absolute(in: FileManager.default.currentDirectoryPath).split(separator: "/")
            .dropLast()
        // Of a data type, a session and a subject.
        while tables.count < 5, let folder = parts.popLast() {
            let isOfSubject = folder.hasPrefix("sub-") || folder.hasPrefix("ses-")
            guard isOfSubject || parts.contains(where: { $0.hasPrefix("sub-") }) else { break }
            tables.append("/\(parts.joined(separator: "/"))/dseg.tsv")
        }
        return tables.first { FileManager.default.fileExists(atPath: $0) }
    }
}

extension MaskSource {
    /// The mask with names for its labels, where the table has one; those of its own stay otherwise. Files that name regions
    /// themselves, RTSTRUCT and SEG, are left alone.
    public func named(by table: LabelNames) -> MaskSource {
        guard format.isLabelImage else { return self }
        var mask = self
        for k in mask.entries.indices {
            if let name = table.names[mask.entries[k].label] { mask.entries[k].name = name }
        }
        return mask
    }
}
