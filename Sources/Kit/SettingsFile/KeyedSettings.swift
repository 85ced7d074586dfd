// Settings as YAML: one list says which keys there are, how each is read and how it is written, so that what is written is
// read back as the same settings.

import Synchronization
import Yams

/// Settings with a list of their keys, in the order in which they apply.
package protocol KeyedSettings {
    init()
    static var keys: [SettingsKey<Self>] { get }
    /// Settings that contradict each other or cannot be carried out; ``checkValues()`` says what is wrong with a single one.
    func validate() throws(SettingsError)
}

/// A key with another value than before, both as YAML.
package struct SettingsDifference: Hashable, Sendable, CustomStringConvertible {
    /// `section.name`.
    package var path: String
    package var was: String
    package var now: String

    package init(path: String, was: String, now: String) { (self.path, self.was, self.now) = (path, was, now) }

    package var description: String { "\(path) was \(was) and is \(now)" }
}

/// How sections are written.
package enum SettingsLayout: Sendable {
    /// One line per key of the top level: `section: {name: value, …}`.
    case lines
    /// One line per key, those of a section indented below its name; a list of mappings has a line per item.
    case sections
}

extension KeyedSettings {
    /// Settings from YAML; what it does not mention keeps its default.
    package init(yaml: String) throws(SettingsError) {
        self.init()
        try read(yaml: yaml)
        try validate()
    }

    /// Reads what the YAML mentions over what there is; ``validate()`` afterwards.
    package mutating func read(yaml: String) throws(SettingsError) {
        if let root = try Node.root(of: yaml) { try read(root) }
    }

    package mutating func read(_ root: Node) throws(SettingsError) {
        do throws(SettingsError) {
            try Self.keys.read(root, into: &self, under: "")
        } catch { throw error.placed(among: Self.entries) }
    }

    /// Sets one key by its path and YAML text: `loss.bins`, `64`. What `--set` does.
    package mutating func set(_ path: String, to text: String) throws(SettingsError) {
        let known = Self.entries.filter { !$0.isSection }.map(\.path)
        guard known.contains(path) else {
            let error = SettingsError.unknownKey(
                path, place: "in --set", nearest: nearestWord(to: path, among: known))
            throw error.placed(among: Self.entries.filter { !$0.isSection })
        }
        let value: Node?
        do {
            value = try Node.root(of: text)
        } catch { throw .notYAML(reason: "\(path): \(error)") }
        guard let value else { throw .value(key: path, found: "nothing", expected: "a value") }
        try read(path.split(separator: ".").reversed().reduce(value) { Node([(Node(String($1)), $0)]) })
    }

    /// Whether each value is one that its key takes, however it came into the settings.
    package func checkValues() throws(SettingsError) { try Self.keys.check(self, under: "") }

    /// Every setting, in the order in which they apply. Inverse of ``init(yaml:)``.
    package func written(as layout: SettingsLayout) -> String {
        Self.keys.compactMap { key -> String? in
            guard let node = key.written(self) else { return nil }
            switch (layout, node) {
            case (.sections, .mapping(let section)):
                return "\(key.name):\n" + section.map { "  \($0.key.flow): \($0.value.flow)\n" }.joined()
            case (.sections, .sequence(let items)) where items.contains { $0.mapping != nil }:
                return "\(key.name):\n" + items.map { "  - \($0.flow)\n" }.joined()
            default: return "\(key.name): \(node.flow)\n"
            }
        }.joined()
    }

    /// Every key with the sections, in the order of the list, for `--help` and the manual.
    package static var entries: [SettingsEntry] {
        let type = ObjectIdentifier(Self.self)
        if let known = knownEntries.withLock({ $0[type] }) { return known }
        let entries = keys.entries(of: Self())
        knownEntries.withLock { $0[type] = entries }
        return entries
    }

    /// The keys that have other values than in these settings, in the order of the list.
    package func differences(from earlier: Self) -> [SettingsDifference] {
        func values(_ settings: Self) -> [(path: String, value: String)] {
            Self.keys.entries(of: settings).filter { !$0.isSection }.map { ($0.path, $0.usual ?? "none") }
        }
        let was = Dictionary(values(earlier), uniquingKeysWith: { first, _ in first })
        return values(self).compactMap { path, now in
            let before = was[path] ?? "none"
            return before == now ? nil : SettingsDifference(path: path, was: before, now: now)
        }
    }

    /// What the command line's help says of the option that sets a key.
    package static func help(_ path: String) -> String {
        guard let help = entries.first(where: { $0.path == path })?.option.help else {
            preconditionFailure("the list of keys has no option for \(path)")
        }
        return help
    }
}

/// ``KeyedSettings/entries`` by type: every option of every command asks for one of them before anything else is done.
private let knownEntries = Mutex<[ObjectIdentifier: [SettingsEntry]]>([:])
