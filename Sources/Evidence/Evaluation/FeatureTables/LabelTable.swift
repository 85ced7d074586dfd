import Ingestion

/// Classes by case or image: `case,label` or `image,label`, optionally with `patient`.
struct LabelTable {
    struct Entry {
        var label: String
        var patient: String?
    }

    let key: String
    private var entries: [String: Entry] = [:]

    init(path: String) throws(IngestionError) {
        let table = try CellTable(path: path)
        key = table.has("case") ? "case" : "image"
        let names = try table.required(key, for: "what a label is about")
        let labels = try table.required("label", for: "its class")
        let patients = table.column("patient")
        for (row, name) in names.enumerated() {
            guard !labels[row].isEmpty else {
                throw .badAttribute(
                    path: path, name: "label of row \(row + 1)", found: "empty", expected: "a class")
            }
            let patient = patients.flatMap { $0[row].isEmpty ? nil : $0[row] }
            let entry = Entry(label: labels[row], patient: patient)
            if let earlier = entries.updateValue(entry, forKey: Self.plain(name)), earlier.label != entry.label {
                throw .badAttribute(
                    path: path, name: "the label of '\(name)'", found: "\(earlier.label) and \(entry.label)",
                    expected: "one")
            }
        }
    }

    func entry(case name: String, image: String) -> Entry? {
        key == "case" ? entries[Self.plain(name)] : entries[Self.plain(image)] ?? entries[Self.plain(name)]
    }

    /// A PNG's path and the name of its case differ by the suffix.
    private static func plain(_ name: String) -> String {
        let name = name.hasPrefix("./") ? String(name.dropFirst(2)) : name
        return name.lowercased().hasSuffix(".png") ? String(name.dropLast(4)) : name
    }
}
