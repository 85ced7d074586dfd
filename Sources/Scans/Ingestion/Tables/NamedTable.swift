import Foundation

/// A table that a person made, in UTF-8 with commas, semicolons or tabs; its column names count in lower case, so that `Image`
/// and `image` are one.
struct NamedTable {
    /// As written.
    let header: [String]
    let rows: [[String]]
    private let indices: [String: Int]

    init(_ path: String, what: String) throws(IngestionError) {
        var table = try TableText(path: path, what: what).cells
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
