import Imaging
import SettingsFile
import Yams

extension ExtractionSettings {
    /// The key `regions`.
    static let regionsKey = SettingsKey<ExtractionSettings>(
        "regions",
        .named(
            "regions",
            help: """
                What regions are called, and the spellings that masks have for them, upper and lower case alike, e.g. \
                'GTV=GTV*,gtv_mass*,Tumour'. May be repeated. Only these regions are taken, unless --roi asks for others.
                """),
        "names with their spellings, e.g. {GTV: ['GTV*', 'gtv_mass*', Tumour]}",
        read: { node, path, settings throws(SettingsError) in
            var register = RegionRegister()
            for (name, spellings) in try node.pairs(path, expected: "names with their spellings") {
                register.entries.append(RegionRegister.Entry(name, try spellings.texts("\(path).\(name)")))
            }
            try register.check(key: path)
            settings.register = register
        },
        written: { settings in
            guard !settings.register.isEmpty else { return nil }
            return Node(
                settings.register.entries.map { entry in
                    (Node(text: entry.name), Node(entry.spellings.map(Node.init(text:))))
                })
        })
}

extension RegionRegister {
    /// Names that are empty or twice there, and spellings of two names.
    ///
    /// - Parameter key: or option, for the message.
    public func check(key: String) throws(SettingsError) {
        var owners: [String: String] = [:]
        for entry in entries {
            for spelling in [entry.name] + entry.spellings {
                guard !spelling.trimmingSpaces.isEmpty else {
                    throw .value(key: "\(key).\(entry.name)", found: "an empty text", expected: "a name or a pattern")
                }
                let folded = spelling.lowercased()
                if let other = owners[folded], other != entry.name {
                    throw .conflict(
                        "\(key): '\(spelling)' is a spelling of \(other) and of \(entry.name); leave it under one of them"
                    )
                }
                owners[folded] = entry.name
            }
        }
        guard Set(names).count == names.count else {
            throw .conflict("\(key): a name stands twice; put its spellings into one list")
        }
    }
}

extension String {
    fileprivate var trimmingSpaces: Substring {
        let start = firstIndex { $0 != " " } ?? endIndex
        return self[start...]
    }
}
