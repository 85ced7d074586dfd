import Ingestion

/// Classes by case or image: `case,label` or `image,label`, optionally with `patient` and `fold`.
struct LabelTable {
    struct Entry: Hashable {
        var label: String
        var patient: String?
        var fold: String?
    }

    let key: String
    private let path: String
    private var entries: [String: Entry] = [:]
    /// Names by what they end with.
    private var namesByEnd: [Substring: [String]] = [:]

    init(path: String) throws(IngestionError) {
        let table = try CellTable(path: path)
        self.path = path
        key = table.has("case") ? "case" : "image"
        let names = try table.required(key, for: "what a label is about")
        let labels = try table.required("label", for: "its class")
        let (patients, folds) = (table.column("patient"), table.column("fold"))
        for (row, name) in names.enumerated() {
            guard !labels[row].isEmpty else {
                throw .badAttribute(
                    path: path, name: "label of row \(row + 1)", found: "empty", expected: "a class")
            }
            func cell(_ column: [String]?) -> String? { column.flatMap { $0[row].isEmpty ? nil : $0[row] } }
            let entry = Entry(label: labels[row], patient: cell(patients), fold: cell(folds))
            let plain = Self.plain(name)
            if let earlier = entries.updateValue(entry, forKey: plain) {
                guard earlier.label == entry.label else {
                    throw .badAttribute(
                        path: path, name: "the label of '\(name)'", found: "\(earlier.label) and \(entry.label)",
                        expected: "one")
                }
            } else {
                namesByEnd[Self.end(of: plain), default: []].append(plain)
            }
        }
    }

    /// - Throws: `IngestionError.badAttribute` where several rows could be meant and differ.
    func entry(case name: String, image: String) throws(IngestionError) -> Entry? {
        if key == "case" { return try entry(Self.plain(name)) }
        if let entry = try entry(Self.plain(image)) { return entry }
        return try entry(Self.plain(name))
    }

    /// The row of this name; else of the one that ends with it, or that it ends with, by whole folders: `images/x` and `x`.
    private func entry(_ name: String) throws(IngestionError) -> Entry? {
        if let entry = entries[name] { return entry }
        let alike = (namesByEnd[Self.end(of: name)] ?? []).filter {
            $0.hasSuffix("/" + name) || name.hasSuffix("/" + $0)
        }
        // The longest common end decides.
        let longest = alike.map { min($0.utf8.count, name.utf8.count) }.max() ?? 0
        let nearest = alike.filter { min($0.utf8.count, name.utf8.count) == longest }
        guard Set(nearest.map { entries[$0] }).count <= 1 else {
            throw .badAttribute(
                path: path, name: "the row of '\(name)'", found: nearest.sorted().prefix(3).joined(separator: " and "),
                expected: "one; write the path as the tables have it")
        }
        return nearest.first.flatMap { entries[$0] }
    }

    private static func end(of name: String) -> Substring {
        name[(name.lastIndex(of: "/").map(name.index(after:)) ?? name.startIndex)...]
    }

    /// A PNG's path and the name of its case differ by the suffix.
    private static func plain(_ name: String) -> String {
        let name = name.hasPrefix("./") ? String(name.dropFirst(2)) : name
        return name.lowercased().hasSuffix(".png") ? String(name.dropLast(4)) : name
    }
}
