// What a list of settings is made of: keys, which know how their value is read, checked and written and which option of
// the command line sets it, in sections, which are keys, too.

import Yams

/// One key of a settings file.
package struct SettingsKey<Settings>: Sendable {
    package typealias Place<Value> = WritableKeyPath<Settings, Value> & Sendable
    /// A value out of a node into the settings; the text is the key's path, for messages.
    package typealias Reading = @Sendable (Node, String, inout Settings) throws(SettingsError) -> Void
    package typealias Check = @Sendable (Settings, String) throws(SettingsError) -> Void

    package let name: String
    /// What a value is, with its unit: "1 to 8192 pixels".
    package let expected: String
    /// Of the value, "whole number"; empty where `expected` says it.
    private var type = ""
    package let option: SettingsOption
    package private(set) var isRequired = false
    /// What the key does, beside what the help of its option says; whole sentences, for the manual.
    private var about = ""
    /// Of a section: the keys in it, with the values that they have in these settings.
    private let children: @Sendable (Settings) -> [SettingsEntry]
    package private(set) var read: Reading
    /// Nil: the key is not written.
    private(set) var written: @Sendable (Settings) -> Node?
    /// As written, also where it is left out; nil where it has no value.
    private let value: @Sendable (Settings) -> Node?
    let check: Check

    /// A key that is read and written in its own way.
    ///
    /// - Parameter items: the keys of each item, where the value is a list of mappings.
    package init(
        _ name: String, _ option: SettingsOption, _ expected: String, items: [SettingsEntry] = [],
        read: @escaping Reading, written: @escaping @Sendable (Settings) -> Node?
    ) {
        self.init(name, option, expected, children: { _ in items }, read: read, written: written, check: { _, _ in })
    }

    private init(
        _ name: String, _ option: SettingsOption, _ expected: String,
        children: @escaping @Sendable (Settings) -> [SettingsEntry],
        read: @escaping Reading, written: @escaping @Sendable (Settings) -> Node?, check: @escaping Check
    ) {
        (self.name, self.expected, self.option, self.children) = (name, expected, option, children)
        (self.read, self.written, value, self.check) = (read, written, written, check)
    }

    /// A key of one kind of value, which has one place in the settings.
    package init<Value>(
        _ name: String, _ place: Place<Value>, _ kind: SettingsValue<Value>, _ option: SettingsOption,
        _ expected: String? = nil, where accepts: @escaping @Sendable (Value) -> Bool = { _ in true }
    ) {
        let expected = expected ?? kind.expected
        let check: @Sendable (Value, String) throws(SettingsError) -> Void = { value, path throws(SettingsError) in
            guard kind.accepts(value), accepts(value) else {
                throw .value(key: path, found: kind.written(value).flow, expected: expected)
            }
        }
        self.init(
            name, option, expected, children: { _ in [] },
            read: { node, path, settings throws(SettingsError) in
                let value = try kind.read(node, path)
                try check(value, path)
                settings[keyPath: place] = value
            },
            written: { kind.written($0[keyPath: place]) },
            check: { settings, path throws(SettingsError) in try check(settings[keyPath: place], path) })
        type = kind.type
    }

    /// A file without this key is refused.
    package var required: SettingsKey {
        var key = self
        key.isRequired = true
        return key
    }

    /// Written only for some settings.
    package func written(when applies: @escaping @Sendable (Settings) -> Bool) -> SettingsKey {
        var key = self
        key.written = { [written] in applies($0) ? written($0) : nil }
        return key
    }

    /// Says what the key does, for the manual: whole sentences, beside the help of its option.
    package func about(_ text: String) -> SettingsKey {
        var key = self
        key.about = text
        return key
    }

    /// Refused in a file that also has a key before it.
    package func refused(
        _ reason: String, when isExcluded: @escaping @Sendable (Settings) -> Bool
    ) -> SettingsKey {
        var key = self
        key.read = { [read] node, path, settings throws(SettingsError) in
            guard !isExcluded(settings) else { throw .conflict("\(path): \(reason)") }
            try read(node, path, &settings)
        }
        return key
    }

    /// The same key of settings that hold these; it is not written.
    package func within<Whole>(
        _ place: WritableKeyPath<Whole, Settings> & Sendable
    ) -> SettingsKey<Whole> {
        var key = SettingsKey<Whole>(
            name, option, expected, children: { [children] in children($0[keyPath: place]) },
            read: { [read] node, path, whole throws(SettingsError) in try read(node, path, &whole[keyPath: place]) },
            written: { _ in nil },
            check: { [check] whole, path throws(SettingsError) in try check(whole[keyPath: place], path) })
        (key.type, key.isRequired, key.about) = (type, isRequired, about)
        return key
    }

    /// This key and, of a section, those in it.
    ///
    /// - Parameter settings: whose values are the usual ones.
    func entries(under section: String, of settings: Settings) -> [SettingsEntry] {
        let path = section.isEmpty ? name : "\(section).\(name)"
        let children = children(settings)
        let value = value(settings)
        // What a section with keys has is said of each of them.
        let isKeys = !children.isEmpty && value?.mapping != nil
        let own = SettingsEntry(
            path: path, type: type, expected: expected, option: option, isSection: !children.isEmpty,
            isRequired: isRequired,
            about: about, usual: isKeys || value?.isNull == true ? nil : value?.flow)
        return [own] + children.map { $0.under(path) }
    }
}

/// Which option of the command line sets a key.
package enum SettingsOption: Hashable, Sendable {
    /// `--name`, and what the command line's help says of it.
    case named(String, help: String)
    /// There is none, because of this.
    case absent(String)

    package var help: String? { if case .named(_, let help) = self { help } else { nil } }
}

/// What a list of keys says of one of them.
package struct SettingsEntry: Hashable, Sendable {
    /// `section.name`.
    package var path: String
    /// Of its value, "whole number"; empty where `expected` says it.
    package var type: String
    package var expected: String
    package var option: SettingsOption
    package var isSection: Bool
    package var isRequired: Bool
    /// Beside the help of its option; see ``meaning``.
    package var about: String
    /// The value of settings that nobody changed, as YAML; nil where there is none.
    package var usual: String?

    /// Of the path.
    package var name: String { path.split(separator: ".").last.map(String.init) ?? path }

    /// What the key does, in whole sentences; empty where the list does not say.
    package var meaning: String { [option.help ?? "", about].filter { !$0.isEmpty }.joined(separator: " ") }

    func under(_ section: String) -> SettingsEntry {
        var entry = self
        entry.path = "\(section).\(path)"
        return entry
    }
}

// MARK: Sections

/// A word that stands for a whole section: `resample: none`.
package struct SettingsWord<Settings>: Sendable {
    let word: String
    let choose: @Sendable (inout Settings) -> Void
    /// Whether the settings are what the word says.
    let isChosen: @Sendable (Settings) -> Bool

    package init(
        _ word: String, choose: @escaping @Sendable (inout Settings) -> Void,
        isChosen: @escaping @Sendable (Settings) -> Bool
    ) {
        (self.word, self.choose, self.isChosen) = (word, choose, isChosen)
    }
}

/// What a key without a value (`bins:`, `bins: ~`) is.
package enum NullReading: Sendable { case refused, skipped }

extension SettingsKey {
    /// Keys of the same settings under a common name.
    package static func section(
        _ name: String, _ keys: [SettingsKey], option: SettingsOption = .absent("its keys have options"),
        words: [SettingsWord<Settings>] = []
    ) -> SettingsKey {
        let listed = "keys of \(keys.map(\.name).joined(separator: ", "))"
        let expected = words.isEmpty ? listed : words.map(\.word).joined(separator: ", ") + ", or \(listed)"
        return SettingsKey(
            name, option, expected, children: { keys.entries(of: $0) },
            read: { node, path, settings throws(SettingsError) in
                if let word = words.first(where: { $0.word == node.string }) { return word.choose(&settings) }
                guard node.mapping != nil else {
                    throw .value(key: path, found: node.shown, expected: expected)
                }
                try keys.read(node, into: &settings, under: path)
            },
            written: { settings in
                if let word = words.first(where: { $0.isChosen(settings) }) { return Node(word.word) }
                return keys.node(of: settings)
            },
            check: { settings, path throws(SettingsError) in try keys.check(settings, under: path) })
    }

    /// Keys of which several make one setting: they are read into a draft, and the settings are made of that. A key without
    /// a value leaves what the draft begins with.
    ///
    /// - Parameters:
    ///   - draft: what reading starts with.
    ///   - finish: the settings from the draft, after the last key.
    ///   - drafted: the draft that gives these settings; nil: the section is neither written nor checked.
    package static func section<Draft>(
        _ name: String, drafting keys: [SettingsKey<Draft>], from draft: @escaping @Sendable () -> Draft,
        finish: @escaping @Sendable (Draft, inout Settings) throws(SettingsError) -> Void,
        drafted: @escaping @Sendable (Settings) -> Draft?
    ) -> SettingsKey {
        SettingsKey(
            name, .absent("its keys have options"), "keys of \(keys.map(\.name).joined(separator: ", "))",
            children: { keys.entries(of: drafted($0) ?? draft()) },
            read: { node, path, settings throws(SettingsError) in
                var draft = draft()
                try keys.read(node, into: &draft, under: path, nulls: .skipped)
                try finish(draft, &settings)
            },
            written: { drafted($0).flatMap { keys.node(of: $0) } },
            check: { settings, path throws(SettingsError) in
                if let draft = drafted(settings) { try keys.check(draft, under: path) }
            })
    }
}

// MARK: Lists of keys

extension Array {
    /// Reads the keys of a mapping in the order of the list, so that a key may build on one before it.
    ///
    /// - Parameters:
    ///   - path: of the section; empty at the top level.
    ///   - place: the section in words, for messages.
    package func read<Settings>(
        _ node: Node, into settings: inout Settings, under path: String, place: String? = nil,
        nulls: NullReading = .refused
    ) throws(SettingsError) where Element == SettingsKey<Settings> {
        let place = place ?? (path.isEmpty ? "at the top level" : "under \(path)")
        let pairs = try node.pairs(path.isEmpty ? place : path, of: map(\.name), place: place)
        for key in self {
            let path = path.isEmpty ? key.name : "\(path).\(key.name)"
            guard let (_, value) = pairs.first(where: { $0.0 == key.name }) else {
                guard !key.isRequired else { throw .value(key: path, found: "nothing", expected: key.expected) }
                continue
            }
            if nulls == .skipped, value.isNull { continue }
            try key.read(value, path, &settings)
        }
    }

    /// Every key with the sections, in the order of the list, with the values of these settings as the usual ones.
    package func entries<Settings>(of settings: Settings) -> [SettingsEntry] where Element == SettingsKey<Settings> {
        flatMap { $0.entries(under: "", of: settings) }
    }

    /// Nil when none of the keys is written.
    package func node<Settings>(of settings: Settings) -> Node? where Element == SettingsKey<Settings> {
        let pairs = compactMap { key in key.written(settings).map { (Node(key.name), $0) } }
        return pairs.isEmpty ? nil : Node(pairs)
    }

    func check<Settings>(
        _ settings: Settings, under path: String
    ) throws(SettingsError) where Element == SettingsKey<Settings> {
        for key in self { try key.check(settings, path.isEmpty ? key.name : "\(path).\(key.name)") }
    }
}
