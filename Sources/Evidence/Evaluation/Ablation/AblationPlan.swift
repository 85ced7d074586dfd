import Yams

/// `plan.yaml` of `weft ablate`: what all rows have in common, and what each row does differently. The options of
/// `weft pretrain` and `weft finetune` by their long names, without the dashes.
public struct AblationPlan: Sendable {
    public struct Row: Sendable {
        public var name: String
        /// Nil: no pre-training, the encoder starts from random numbers.
        public var pretrain: [Option]?
        public var finetune: [Option]
    }

    /// One option of a command: `--name value`, repeated for a list, alone for a flag.
    public struct Option: Hashable, Sendable {
        public var name: String
        public var values: [String]
        package var arguments: [String] {
            values.isEmpty ? ["--" + name] : values.flatMap { ["--\(name)=\($0)"] }
        }
    }

    public var archive: [String]
    public var dataset: String
    public var positive: String?
    public var rows: [Row]
    public var seeds: [UInt64]

    public enum Fault: Error, CustomStringConvertible {
        case notYAML(reason: String)
        case unknownKey(String, place: String, expected: [String])
        case value(key: String, found: String, expected: String)

        public var description: String {
            switch self {
            case .notYAML(let reason): "no YAML: \(reason)"
            case .unknownKey(let key, let place, let expected):
                "found the key '\(key)' \(place), expected one of \(expected.joined(separator: ", "))"
            case .value(let key, let found, let expected): "\(key) is \(found), expected \(expected)"
            }
        }
    }

    /// What the command gives itself.
    private static let own = ["output", "resume", "force", "quiet", "jobs", "seed", "cache"]

    /// - Parameter folder: where relative paths of archive, dataset and settings count from: that of the plan.
    /// - Throws: ``Fault`` that says what was found and what was expected.
    public init(yaml: String, folder: String) throws(Fault) {
        let root: Node?
        do { root = try Yams.compose(yaml: yaml) } catch { throw .notYAML(reason: "\(error)") }
        guard let root else { throw .notYAML(reason: "the file is empty") }
        func path(_ text: String) -> String { text.hasPrefix("/") || folder.isEmpty ? text : "\(folder)/\(text)" }
        let known = ["archive", "dataset", "positive", "pretrain", "finetune", "rows", "seeds"]
        var nodes: [String: Node] = [:]
        for (key, node) in try Self.pairs(root, "the plan") {
            guard known.contains(key) else { throw .unknownKey(key, place: "at the top level", expected: known) }
            nodes[key] = node
        }
        archive =
            try nodes["archive"].map { node throws(Fault) in try Self.texts(node, "archive") }.map { $0.map(path) }
            ?? []
        guard let dataset = nodes["dataset"]?.scalar?.string, !dataset.isEmpty else {
            throw .value(
                key: "dataset", found: nodes["dataset"] == nil ? "absent" : "no text", expected: "a folder or CSV")
        }
        self.dataset = path(dataset)
        positive = nodes["positive"]?.scalar?.string
        func options(_ node: Node?, _ place: String, _ own: [String]) throws(Fault) -> [Option] {
            try Self.options(node, place, refusing: own).map { option in
                option.name == "settings" ? Option(name: option.name, values: option.values.map(path)) : option
            }
        }
        let pretrain = try options(nodes["pretrain"], "pretrain", Self.own)
        let finetune = try options(nodes["finetune"], "finetune", Self.own + ["weights"])
        guard let list = nodes["rows"]?.sequence, !list.isEmpty else {
            throw .value(
                key: "rows", found: nodes["rows"] == nil ? "absent" : "no list", expected: "a list of rows with names")
        }
        var rows: [Row] = []
        for (place, node) in list.enumerated() {
            rows.append(try Self.row(node, "row \(place + 1)", pretrain, finetune, options))
        }
        let folders = rows.map { Self.folderName($0.name) }
        for (place, slug) in folders.enumerated() where folders.firstIndex(of: slug) != place {
            throw .value(
                key: "the name of row \(place + 1)", found: "'\(rows[place].name)', like another's",
                expected: "names that differ in letters or digits")
        }
        self.rows = rows
        var seeds: [UInt64] = []
        for text in try nodes["seeds"].map({ node throws(Fault) in try Self.texts(node, "seeds") }) ?? ["0"] {
            guard let seed = UInt64(text), !seeds.contains(seed) else {
                throw .value(key: "seeds", found: "'\(text)'", expected: "different whole numbers, e.g. [0, 1, 2]")
            }
            seeds.append(seed)
        }
        guard !seeds.isEmpty else { throw .value(key: "seeds", found: "empty", expected: "at least one number") }
        self.seeds = seeds
        if archive.isEmpty, rows.contains(where: { $0.pretrain != nil }) {
            throw .value(
                key: "archive", found: "absent", expected: "what to pre-train on, or 'pretrain: none' in each row")
        }
    }

    private static func row(
        _ node: Node, _ place: String, _ pretrain: [Option], _ finetune: [Option],
        _ options: (Node?, String, [String]) throws(Fault) -> [Option]
    ) throws(Fault) -> Row {
        var (name, own): (String?, [String: Node]) = (nil, [:])
        for (key, value) in try pairs(node, place) {
            switch key {
            case "name": name = value.scalar?.string
            case "pretrain", "finetune": own[key] = value
            default: throw .unknownKey(key, place: "in \(place)", expected: ["name", "pretrain", "finetune"])
            }
        }
        guard let name, !Self.folderName(name).isEmpty else {
            throw .value(
                key: "name of \(place)", found: name.map { "'\($0)'" } ?? "absent", expected: "a name with letters")
        }
        let isScratch = own["pretrain"]?.scalar?.string == "none"
        let ownPretrain =
            isScratch ? [] : try options(own["pretrain"], "pretrain of \(place)", Self.own)
        let ownFinetune = try options(own["finetune"], "finetune of \(place)", Self.own + ["weights"])
        return Row(
            name: name, pretrain: isScratch ? nil : merged(pretrain, ownPretrain),
            finetune: merged(finetune, ownFinetune))
    }

    /// Letters and digits of a row's name, in lower case, with dashes between them.
    package static func folderName(_ name: String) -> String {
        let folded = name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        return String(folded).split(separator: "-").joined(separator: "-")
    }

    /// A row's option replaces the common one.
    private static func merged(_ common: [Option], _ own: [Option]) -> [Option] {
        let names = Set(own.map(\.name))
        return (common.filter { !names.contains($0.name) } + own).sorted { $0.name < $1.name }
    }

    private static func pairs(_ node: Node, _ place: String) throws(Fault) -> [(String, Node)] {
        guard let mapping = node.mapping else {
            throw .value(key: place, found: "no mapping", expected: "keys with values")
        }
        var pairs: [(String, Node)] = []
        for (key, value) in mapping {
            guard let name = key.scalar?.string else {
                throw .value(key: "a key of \(place)", found: "no text", expected: "text")
            }
            pairs.append((name, value))
        }
        return pairs
    }

    private static func options(_ node: Node?, _ place: String, refusing own: [String]) throws(Fault) -> [Option] {
        guard let node else { return [] }
        var options: [Option] = []
        for (name, value) in try pairs(node, place) {
            guard !own.contains(name) else {
                throw .value(
                    key: "\(name) in \(place)", found: "given", expected: "absent: ablate sets it for each run")
            }
            // A flag that is off is left out.
            if let text = value.scalar?.string, text == "true" || text == "false" {
                if text == "true" { options.append(Option(name: name, values: [])) }
                continue
            }
            options.append(Option(name: name, values: try texts(value, "\(name) in \(place)")))
        }
        return options.sorted { $0.name < $1.name }
    }

    private static func texts(_ node: Node, _ key: String) throws(Fault) -> [String] {
        if let scalar = node.scalar { return [scalar.string] }
        guard let sequence = node.sequence else {
            throw .value(key: key, found: "a mapping", expected: "a value or a list of values")
        }
        var texts: [String] = []
        for item in sequence {
            guard let scalar = item.scalar else {
                throw .value(key: key, found: "a list of lists", expected: "a list of values")
            }
            texts.append(scalar.string)
        }
        return texts
    }
}
