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

    /// Options that all rows have; none once the rows have them, which is when a plan has been read.
    private var pretrain: [Option] = []
    private var finetune: [Option] = []

    package init() {}

    /// - Parameter folder: where relative paths of archive, dataset and settings count from: that of the plan.
    /// - Throws: ``SettingsError`` that says what was found and what was expected.
    public init(yaml: String, folder: String) throws(SettingsError) {
        guard let root = try Node.root(of: yaml) else { throw .notYAML(reason: "the file is empty") }
        try read(root)
        try validate()
        (pretrain, finetune) = ([], [])
        if !folder.isEmpty { self = placed(in: folder) }
    }

    /// The plan with relative paths of archive, dataset and settings as seen from where `folder` is.
    package func placed(in folder: String) -> AblationPlan {
        func path(_ text: String) -> String { text.hasPrefix("/") ? text : "\(folder)/\(text)" }
        func placed(_ option: Option) -> Option {
            option.name == "settings" ? Option(name: option.name, values: option.values.map(path)) : option
        }
        var plan = self
        plan.archive = archive.map(path)
        plan.dataset = path(dataset)
        for row in rows.indices {
            plan.rows[row].pretrain = rows[row].pretrain?.map(placed)
            plan.rows[row].finetune = rows[row].finetune.map(placed)
        }
        return plan
    }

    /// The plan with the options of every row in full, as a plan that is read back to the same.
    package var yaml: String { written(as: .sections) }

    /// A row as the file has it.
    fileprivate struct OwnRow: Sendable {
        var name = ""
        /// Nil: none.
        var pretrain: [Option]? = []
        var finetune: [Option] = []

        static let keys: [SettingsKey<OwnRow>] = [
            SettingsKey("name", \.name, .text, .plan, "a name with letters") {
                !AblationPlan.folderName($0).isEmpty
            }.required.about("What the row is called in the table; its runs are in a folder of that name."),
            SettingsKey(
                "pretrain", .plan, "options of weft pretrain, or none",
                read: { node, path, row throws(SettingsError) in
                    row.pretrain = node.string == "none" ? nil : try SettingsValue.ofPretraining.read(node, path)
                }, written: { $0.pretrain.map(SettingsValue.ofPretraining.written) ?? Node("none") }
            ).about("They replace the common ones of the same names. none: the encoder starts from random numbers."),
            SettingsKey("finetune", \.finetune, .ofFinetuning, .plan).about(
                "They replace the common ones of the same names."),
        ]

        init() {}

        init(_ row: Row) { (name, pretrain, finetune) = (row.name, row.pretrain, row.finetune) }
    }

    fileprivate static func rows(
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

extension AblationPlan: KeyedSettings {
    /// Rows come after what they have in common.
    package static let keys: [SettingsKey<AblationPlan>] = [
        .texts("archive", \.archive, .plan, "folders and files to pre-train on").about(
            "What to pre-train on; a relative path counts from the folder of the plan."),
        SettingsKey("dataset", \.dataset, .text, .plan, "a folder or CSV") { !$0.isEmpty }.required.about(
            "What to fine-tune on; a relative path counts from the folder of the plan."),
        SettingsKey("positive", \.positive, SettingsValue.text.orNull, .plan, "a class").written { $0.positive != nil }
            .about(
                """
                The class that sensitivity and AUROC are about. Default: of two classes the one that is called with, malignant, \
                positive, yes, true, 1 or the like, else the rarer one.
                """),
        SettingsKey("pretrain", \.pretrain, .ofPretraining, .plan).written { !$0.pretrain.isEmpty }.about(
            """
            Options of weft pretrain that all rows have, by their long names without the dashes; a list repeats an \
            option, true gives a flag.
            """),
        SettingsKey("finetune", \.finetune, .ofFinetuning, .plan).written { !$0.finetune.isEmpty }.about(
            "Options of weft finetune that all rows have."),
        SettingsKey(
            "rows", .plan, "a list of rows with names", items: OwnRow.keys.entries(of: OwnRow()),
            read: { node, path, plan throws(SettingsError) in
                plan.rows = try AblationPlan.rows(node, path, pretrain: plan.pretrain, finetune: plan.finetune)
            },
            written: { plan in
                plan.rows.isEmpty ? nil : Node(plan.rows.compactMap { OwnRow.keys.node(of: OwnRow($0)) })
            }
        ).required.about("One of the table each, in its order."),
        SettingsKey(
            "seeds", \.seeds, SettingsValue<UInt64>.seed.list, .plan, "different whole numbers, e.g. [0, 1, 2]"
        ) { !$0.isEmpty && Set($0).count == $0.count }.about("Every row is trained once with each."),
    ]

    package func validate() throws(SettingsError) {
        guard !archive.isEmpty || rows.allSatisfy({ $0.pretrain == nil }) else {
            throw .value(
                key: "archive", found: "nothing", expected: "what to pre-train on, or 'pretrain: none' in each row")
        }
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
    fileprivate static var ofPretraining: Self { options(refusing: AblationPlan.Option.own) }
    fileprivate static var ofFinetuning: Self { options(refusing: AblationPlan.Option.own + ["weights"]) }

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
                Node(
                    options.map { option in
                        let values = option.values.map(Node.init(text:))
                        let value = values.isEmpty ? Node("true") : values.count == 1 ? values[0] : Node(values)
                        return (Node(option.name), value)
                    })
            })
    }
}
