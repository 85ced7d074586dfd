import SettingsFile
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

    public var archive: [String] = []
    public var dataset = ""
    public var positive: String?
    public var rows: [Row] = []
    public var seeds: [UInt64] = [0]

    /// Options that all rows have.
    private var pretrain: [Option] = []
    private var finetune: [Option] = []

    /// - Parameter folder: where relative paths of archive, dataset and settings count from: that of the plan.
    /// - Throws: ``SettingsError`` that says what was found and what was expected.
    public init(yaml: String, folder: String) throws(SettingsError) {
        guard let root = try Node.root(of: yaml) else { throw .notYAML(reason: "the file is empty") }
        try Self.keys.read(root, into: &self, under: "")
        if archive.isEmpty, rows.contains(where: { $0.pretrain != nil }) {
            throw .value(
                key: "archive", found: "nothing", expected: "what to pre-train on, or 'pretrain: none' in each row")
        }
        func path(_ text: String) -> String { text.hasPrefix("/") || folder.isEmpty ? text : "\(folder)/\(text)" }
        func placed(_ option: Option) -> Option {
            option.name == "settings" ? Option(name: option.name, values: option.values.map(path)) : option
        }
        archive = archive.map(path)
        dataset = path(dataset)
        for row in rows.indices {
            rows[row].pretrain = rows[row].pretrain?.map(placed)
            rows[row].finetune = rows[row].finetune.map(placed)
        }
    }

    // MARK: Keys

    /// Rows come after what they have in common.
    private static let keys: [SettingsKey<AblationPlan>] = [
        .texts("archive", \.archive, .plan, "folders and files to pre-train on"),
        SettingsKey("dataset", \.dataset, .text, .plan, "a folder or CSV") { !$0.isEmpty }.required,
        SettingsKey("positive", \.positive, SettingsValue.text.orNull, .plan, "a class"),
        SettingsKey("pretrain", \.pretrain, .options(refusing: Option.own), .plan),
        SettingsKey("finetune", \.finetune, .options(refusing: Option.own + ["weights"]), .plan),
        SettingsKey(
            "rows", .plan, "a list of rows with names",
            read: { node, path, plan throws(SettingsError) in
                plan.rows = try AblationPlan.rows(node, path, pretrain: plan.pretrain, finetune: plan.finetune)
            },
            written: { _ in nil }
        ).required,
        SettingsKey(
            "seeds", \.seeds, SettingsValue<UInt64>.seed.list, .plan, "different whole numbers, e.g. [0, 1, 2]"
        ) { !$0.isEmpty && Set($0).count == $0.count },
    ]

    /// A row as the file has it.
    private struct OwnRow: Sendable {
        var name = ""
        /// Nil: none.
        var pretrain: [Option]? = []
        var finetune: [Option] = []

        static let keys: [SettingsKey<OwnRow>] = [
            SettingsKey("name", \.name, .text, .plan, "a name with letters") {
                !AblationPlan.folderName($0).isEmpty
            }.required,
            SettingsKey(
                "pretrain", .plan, "options of weft pretrain, or none",
                read: { node, path, row throws(SettingsError) in
                    let options = SettingsValue<[Option]>.options(refusing: Option.own)
                    row.pretrain = node.string == "none" ? nil : try options.read(node, path)
                }, written: { _ in nil }),
            SettingsKey("finetune", \.finetune, .options(refusing: Option.own + ["weights"]), .plan),
        ]
    }

    private static func rows(
        _ node: Node, _ path: String, pretrain: [Option], finetune: [Option]
    ) throws(SettingsError) -> [Row] {
        guard let list = node.sequence, !list.isEmpty else {
            throw .value(key: path, found: node.shown, expected: "a list of rows with names")
        }
        var rows: [Row] = []
        for (number, node) in zip(1..., list) {
            var own = OwnRow()
            try OwnRow.keys.read(node, into: &own, under: "\(path)[\(number)]", place: "in row \(number)")
            guard !rows.contains(where: { folderName($0.name) == folderName(own.name) }) else {
                throw .value(
                    key: "\(path)[\(number)].name", found: "'\(own.name)', like another's",
                    expected: "names that differ in letters or digits")
            }
            rows.append(
                Row(
                    name: own.name, pretrain: own.pretrain.map { merged(pretrain, $0) },
                    finetune: merged(finetune, own.finetune)))
        }
        return rows
    }

    /// A row's option replaces the common one.
    private static func merged(_ common: [Option], _ own: [Option]) -> [Option] {
        let names = Set(own.map(\.name))
        return (common.filter { !names.contains($0.name) } + own).sorted { $0.name < $1.name }
    }

    /// Letters and digits of a row's name, in lower case, with dashes between them.
    package static func folderName(_ name: String) -> String {
        let folded = name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        return String(folded).split(separator: "-").joined(separator: "-")
    }
}

extension AblationPlan.Option {
    /// What the command gives itself.
    fileprivate static let own = ["output", "resume", "force", "quiet", "jobs", "seed", "cache"]
}

extension SettingsOption {
    fileprivate static let plan = absent("a plan is given as a file")
}

extension SettingsValue<[AblationPlan.Option]> {
    /// Options of a command by their long names, in the order of the names.
    fileprivate static func options(refusing own: [String]) -> Self {
        Self(
            "options with their values",
            read: { node, key throws(SettingsError) in
                var options: [AblationPlan.Option] = []
                for (name, value) in try node.pairs(key) {
                    let path = "\(key).\(name)"
                    guard !own.contains(name) else {
                        throw .value(key: path, found: "given", expected: "absent: ablate sets it for each run")
                    }
                    // A flag is `true`; one that is off is left out.
                    switch value.string {
                    case "true": options.append(AblationPlan.Option(name: name, values: []))
                    case "false": break
                    default: options.append(AblationPlan.Option(name: name, values: try value.texts(path)))
                    }
                }
                return options.sorted { $0.name < $1.name }
            },
            written: { options in
                Node(options.map { option in (Node(option.name), Node(option.values.map { Node($0) })) })
            })
    }
}
