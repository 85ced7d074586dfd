// Settings as YAML: one table says which keys there are, how each is read and how it is written, so that what a run writes
// into config.yaml is read back as the same settings.

import Preparation
import TextureCore
import Yams

/// One key of the file, `section.name`.
package struct SettingsKey<Settings> {
    package var section: String
    package var name: String
    package var read: (Node, inout Settings) throws(SettingsFault) -> Void
    package var written: (Settings) -> Node

    package init(
        section: String, name: String, read: @escaping (Node, inout Settings) throws(SettingsFault) -> Void,
        written: @escaping (Settings) -> Node
    ) {
        (self.section, self.name, self.read, self.written) = (section, name, read, written)
    }

    package var path: String { "\(section).\(name)" }
}

/// Settings of a kind of run, with a table of their keys.
package protocol RunSettingsTable {
    init()
    static var sections: [String] { get }
    static var table: [SettingsKey<Self>] { get }
    func validate() throws(SettingsFault)
}

extension RunSettingsTable {
    /// Settings from YAML; what it does not mention keeps its default.
    package init(yaml: String) throws(SettingsFault) {
        self.init()
        try read(yaml: yaml)
        try validate()
    }

    /// Reads what the YAML mentions over what there is; ``validate()`` afterwards.
    package mutating func read(yaml: String) throws(SettingsFault) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch { throw .notYAML(reason: "\(error)") }
        guard let root else { return }
        for (section, node) in try root.pairs("at the top level") {
            let keys = Self.table.filter { $0.section == section }
            guard !keys.isEmpty else {
                throw .unknownKey(
                    section, place: "at the top level", nearest: nearestWord(to: section, among: Self.sections))
            }
            for (name, value) in try node.pairs("under \(section)") {
                guard let key = keys.first(where: { $0.name == name }) else {
                    throw .unknownKey(
                        name, place: "under \(section)", nearest: nearestWord(to: name, among: keys.map(\.name)))
                }
                try key.read(value, &self)
            }
        }
    }

    /// Sets one key by its path and YAML text: `loss.bins`, `64`. What `--set` does.
    package mutating func set(_ path: String, to text: String) throws(SettingsFault) {
        guard let key = Self.table.first(where: { $0.path == path }) else {
            throw .unknownKey(
                path, place: "in --set", nearest: nearestWord(to: path, among: Self.table.map(\.path)))
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch { throw .notYAML(reason: "\(path): \(error)") }
        guard let node else { throw .value(key: path, found: "nothing", expected: "a value") }
        try key.read(node, &self)
    }

    /// Every setting, in the order in which they apply. Inverse of ``init(yaml:)``.
    package var yaml: String {
        Self.sections.map { section in
            let lines = Self.table.filter { $0.section == section }.map {
                "  \($0.name): \($0.written(self).flow)"
            }
            return "\(section):\n\(lines.joined(separator: "\n"))\n"
        }.joined()
    }

    /// `section.name` of every key, for `--help` and the manual.
    package static var keys: [String] { Self.table.map(\.path) }
}

extension SettingsKey {
    // MARK: Kinds of keys

    package typealias Place<Value> = WritableKeyPath<Settings, Value>

    package static func number(_ section: String, _ name: String, _ place: Place<Double>) -> SettingsKey {
        SettingsKey(
            section: section, name: name,
            read: { node, settings throws(SettingsFault) in
                settings[keyPath: place] = try node.number("\(section).\(name)")
            },
            written: { Node("\($0[keyPath: place])") })
    }

    package static func integer(_ section: String, _ name: String, _ place: Place<Int>) -> SettingsKey {
        SettingsKey(
            section: section, name: name,
            read: { node, settings throws(SettingsFault) in
                guard let value = node.int else {
                    throw .value(key: "\(section).\(name)", found: node.shown, expected: "a whole number")
                }
                settings[keyPath: place] = value
            },
            written: { Node(String($0[keyPath: place])) })
    }

    package static func string(_ section: String, _ name: String, _ place: Place<String>) -> SettingsKey {
        SettingsKey(
            section: section, name: name,
            read: { node, settings throws(SettingsFault) in
                guard let value = node.string else {
                    throw .value(key: "\(section).\(name)", found: node.shown, expected: "a text")
                }
                settings[keyPath: place] = value
            },
            written: { .text($0[keyPath: place]) })
    }

    package static func strings(_ section: String, _ name: String, _ place: Place<[String]>) -> SettingsKey {
        SettingsKey(
            section: section, name: name,
            read: { node, settings throws(SettingsFault) in
                var values: [String] = []
                for item in node.items {
                    guard let value = item.string else {
                        throw .value(key: "\(section).\(name)", found: item.shown, expected: "a list of texts")
                    }
                    values.append(value)
                }
                settings[keyPath: place] = values
            },
            written: { Node($0[keyPath: place].map(Node.text)) })
    }

    package static func list(_ section: String, _ name: String, _ place: Place<[Double]>) -> SettingsKey {
        SettingsKey(
            section: section, name: name,
            read: { node, settings throws(SettingsFault) in
                settings[keyPath: place] = try node.numbers("\(section).\(name)")
            },
            written: { .numbers($0[keyPath: place]) })
    }

    package static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ section: String, _ name: String, _ place: Place<Choice>
    ) -> SettingsKey {
        SettingsKey(
            section: section, name: name,
            read: { node, settings throws(SettingsFault) in
                guard let value = node.string.flatMap(Choice.init(rawValue:)) else {
                    let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
                    throw .value(key: "\(section).\(name)", found: node.shown, expected: "one of \(known)")
                }
                settings[keyPath: place] = value
            },
            written: { Node($0[keyPath: place].rawValue) })
    }

    package static func seed(_ section: String, _ name: String, _ place: Place<UInt64>) -> SettingsKey {
        SettingsKey(
            section: section, name: name,
            read: { node, settings throws(SettingsFault) in
                guard let seed = node.string.flatMap({ UInt64($0) }) else {
                    throw .value(
                        key: "\(section).\(name)", found: node.shown, expected: "a whole number from 0 to 2^64 - 1")
                }
                settings[keyPath: place] = seed
            },
            written: { Node(String($0[keyPath: place])) })
    }

    /// Ranges of values by modality.
    package static func intensity(_ section: String, _ name: String, _ place: Place<IntensityMapping>) -> SettingsKey {
        SettingsKey(
            section: section, name: name,
            read: { node, settings throws(SettingsFault) in
                settings[keyPath: place] = try IntensityMapping(node)
            },
            written: { $0[keyPath: place].node })
    }

    /// Two ends.
    package static func range(_ section: String, _ name: String, _ place: Place<ClosedRange<Double>>) -> SettingsKey {
        SettingsKey(
            section: section, name: name,
            read: { node, settings throws(SettingsFault) in
                settings[keyPath: place] = try node.range("\(section).\(name)")
            },
            written: { .numbers([$0[keyPath: place].lowerBound, $0[keyPath: place].upperBound]) })
    }
}

// MARK: Intensity ranges

extension IntensityMapping {
    /// `{CT: {window: [-160, 240]}, PNG: stored, other: {percentiles: [0.5, 99.5]}}`; what is not named stays standard.
    init(_ node: Node) throws(SettingsFault) {
        self = .standard
        for (modality, value) in try node.pairs("under data.intensity") {
            let range = try IntensityRange(value, key: "data.intensity.\(modality)")
            if modality == "other" { other = range } else { byModality[modality] = range }
        }
    }

    /// On one line; undone by ``init(yaml:)``.
    package var yaml: String { node.flow }

    /// What the metadata of a model says of the images that it was trained on.
    package init(yaml: String) throws(SettingsFault) {
        let node: Node?
        do {
            node = try Yams.compose(yaml: yaml)
        } catch { throw .notYAML(reason: "data.intensity: \(error)") }
        guard let node else { throw .value(key: "data.intensity", found: "nothing", expected: "ranges by modality") }
        try self.init(node)
    }

    fileprivate var node: Node {
        let pairs =
            byModality.sorted { $0.key < $1.key }.map { (Node($0.key), $0.value.node) } + [(Node("other"), other.node)]
        return Node(pairs)
    }
}

extension IntensityRange {
    fileprivate init(_ node: Node, key: String) throws(SettingsFault) {
        let expected = "stored, {window: [lower, upper]} or {percentiles: [lower, upper]}"
        if node.string == "stored" {
            self = .stored
            return
        }
        guard let (kind, ends) = node.mapping.flatMap({ $0.count == 1 ? $0.first : nil }) else {
            throw .value(key: key, found: node.shown, expected: expected)
        }
        let range = try ends.range(key)
        switch kind.string {
        case "window": self = .window(lower: range.lowerBound, upper: range.upperBound)
        case "percentiles":
            guard range.lowerBound >= 0, range.upperBound <= 100 else {
                throw .value(key: key, found: "\(range)", expected: "percentiles from 0 to 100")
            }
            self = .percentiles(lower: range.lowerBound, upper: range.upperBound)
        default: throw .value(key: key, found: kind.shown, expected: expected)
        }
    }

    fileprivate var node: Node {
        switch self {
        case .stored: Node("stored")
        case .window(let lower, let upper): Node([(Node("window"), .numbers([lower, upper]))])
        case .percentiles(let lower, let upper): Node([(Node("percentiles"), .numbers([lower, upper]))])
        }
    }
}

// MARK: Nodes

extension Node {
    fileprivate static func numbers(_ values: [Double]) -> Node { Node(values.map { Node("\($0)") }) }

    /// Quoted, so that `no` and `1` stay texts.
    fileprivate static func text(_ value: String) -> Node { Node(value, Tag(.str), .doubleQuoted) }

    fileprivate func pairs(_ place: String) throws(SettingsFault) -> [(String, Node)] {
        guard let mapping else { throw .value(key: place, found: shown, expected: "keys with values") }
        return mapping.map { ($0.key.string ?? "?", $0.value) }
    }

    fileprivate func number(_ key: String) throws(SettingsFault) -> Double {
        guard let value = Double.construct(from: scalar ?? Node.Scalar("")), value.isFinite else {
            throw .value(key: key, found: shown, expected: "a number")
        }
        return value
    }

    fileprivate func numbers(_ key: String) throws(SettingsFault) -> [Double] {
        var values: [Double] = []
        for item in items { values.append(try item.number(key)) }
        return values
    }

    fileprivate func range(_ key: String) throws(SettingsFault) -> ClosedRange<Double> {
        let ends = try numbers(key)
        guard ends.count == 2, ends[0] < ends[1] else {
            throw .value(key: key, found: "\(ends)", expected: "a lower and an upper end")
        }
        return ends[0]...ends[1]
    }

    func offsets(_ key: String) throws(SettingsFault) -> [Offset] {
        var offsets: [Offset] = []
        for item in items {
            let steps = try item.numbers(key)
            guard steps.count == 2, let x = Int(exactly: steps[0]), let y = Int(exactly: steps[1]) else {
                throw .value(key: key, found: "\(steps)", expected: "pairs of columns and rows, e.g. [[1, 0], [0, 1]]")
            }
            offsets.append(Offset(x, y))
        }
        return offsets
    }

    /// A single value stands for a list of one.
    fileprivate var items: [Node] { sequence.map(Array.init) ?? [self] }

    fileprivate var shown: String { string.map { "'\($0)'" } ?? "a list or a group of keys" }

    /// YAML's flow style, on one line.
    fileprivate var flow: String {
        switch self {
        case .mapping(let mapping):
            "{" + mapping.map { "\($0.key.flow): \($0.value.flow)" }.joined(separator: ", ") + "}"
        case .sequence(let sequence): "[" + sequence.map(\.flow).joined(separator: ", ") + "]"
        case .scalar(let scalar) where scalar.style == .doubleQuoted: Self.quoted(scalar.string)
        case .scalar(let scalar): scalar.string
        case .alias: ""
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\x" + String(repeating: "0", count: 2 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

/// The known word at the smallest edit distance (Levenshtein), if that is small enough to be a slip.
func nearestWord(to word: String, among known: [String]) -> String? {
    func distance(_ other: String) -> Int {
        let (a, b) = (Array(word.lowercased()), Array(other.lowercased()))
        var row = Array(0...b.count)
        for (i, letter) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in b.indices {
                let replaced = diagonal + (letter == b[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
            }
        }
        return row[b.count]
    }
    let best = known.min { distance($0) < distance($1) }
    return best.flatMap { distance($0) <= max(2, word.count / 3) ? $0 : nil }
}
