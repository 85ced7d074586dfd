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
    package let option: SettingsOption
    package private(set) var isRequired = false
    /// Of a section.
    package let children: [SettingsEntry]
    package let read: Reading
    /// Nil: the key is not written.
    private(set) var written: @Sendable (Settings) -> Node?
    let check: Check

    /// A key that is read and written in its own way.
    package init(
        _ name: String, _ option: SettingsOption, _ expected: String, read: @escaping Reading,
        written: @escaping @Sendable (Settings) -> Node?
    ) {
        self.init(name, option, expected, children: [], read: read, written: written, check: { _, _ in })
    }

    private init(
        _ name: String, _ option: SettingsOption, _ expected: String, isRequired: Bool = false,
        children: [SettingsEntry],
        read: @escaping Reading, written: @escaping @Sendable (Settings) -> Node?, check: @escaping Check
    ) {
        (self.name, self.expected, self.option) = (name, expected, option)
        (self.isRequired, self.children) = (isRequired, children)
        (self.read, self.written, self.check) = (read, written, check)
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
            name, option, expected, children: [],
            read: { node, path, settings throws(SettingsError) in
                let value = try kind.read(node, path)
                try check(value, path)
                settings[keyPath: place] = value
            },
            written: { kind.written($0[keyPath: place]) },
            check: { settings, path throws(SettingsError) in try check(settings[keyPath: place], path) })
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

    /// Refused in a file that also has a key before it.
    package func refused(
        _ reason: String, when isExcluded: @escaping @Sendable (Settings) -> Bool
    ) -> SettingsKey {
        SettingsKey(
            name, option, expected, isRequired: isRequired, children: children,
            read: { [read] node, path, settings throws(SettingsError) in
                guard !isExcluded(settings) else { throw .conflict("\(path): \(reason)") }
                try read(node, path, &settings)
            }, written: written, check: check)
    }

    /// The same key of settings that hold these; it is not written.
    package func within<Whole>(
        _ place: WritableKeyPath<Whole, Settings> & Sendable
    ) -> SettingsKey<Whole> {
        SettingsKey<Whole>(
            name, option, expected, isRequired: isRequired, children: children,
            read: { [read] node, path, whole throws(SettingsError) in try read(node, path, &whole[keyPath: place]) },
            written: { _ in nil },
            check: { [check] whole, path throws(SettingsError) in try check(whole[keyPath: place], path) })
    }

    /// This key and, of a section, those in it.
    func entries(under section: String) -> [SettingsEntry] {
        let path = section.isEmpty ? name : "\(section).\(name)"
        let own = SettingsEntry(path: path, expected: expected, option: option, isSection: !children.isEmpty)
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
    package var expected: String
    package var option: SettingsOption
    package var isSection: Bool

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
            name, option, expected, children: keys.flatMap { $0.entries(under: "") },
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
            children: keys.flatMap { $0.entries(under: "") },
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

    /// Nil when none of the keys is written.
    func node<Settings>(of settings: Settings) -> Node? where Element == SettingsKey<Settings> {
        let pairs = compactMap { key in key.written(settings).map { (Node(key.name), $0) } }
        return pairs.isEmpty ? nil : Node(pairs)
    }

    func check<Settings>(
        _ settings: Settings, under path: String
    ) throws(SettingsError) where Element == SettingsKey<Settings> {
        for key in self { try key.check(settings, path.isEmpty ? key.name : "\(path).\(key.name)") }
    }
}
