// Values out of YAML nodes, with errors that name the key, and nodes as text on one line.

import Yams

extension Node {
    /// The root of a text; nil when there is nothing in it.
    package static func root(of yaml: String) throws(SettingsError) -> Node? {
        do {
            return try Yams.compose(yaml: yaml)
        } catch { throw .notYAML(reason: "\(error)") }
    }

    /// The pairs of a mapping in its order, whatever the keys are.
    ///
    /// - Parameter key: for the message, as are the parameters `key` below.
    package func pairs(_ key: String, expected: String = "keys with values") throws(SettingsError) -> [(String, Node)] {
        guard let mapping else { throw .value(key: key, found: shown, expected: expected) }
        return mapping.map { ($0.key.string ?? "?", $0.value) }
    }

    /// The pairs of a mapping in its order; every key must be one of `known`.
    ///
    /// - Parameter place: in words, for the message.
    package func pairs(_ key: String, of known: [String], place: String) throws(SettingsError) -> [(String, Node)] {
        let pairs = try pairs(key, expected: "keys of \(known.joined(separator: ", "))")
        for (name, _) in pairs where !known.contains(name) {
            let nearest = nearestWord(to: name, among: known)
            throw .unknownKey(name, place: place, nearest: nearest, known: nearest == nil ? known : [])
        }
        return pairs
    }

    /// Not NaN; may be infinite.
    package func number(_ key: String) throws(SettingsError) -> Double {
        guard let value = Double.construct(from: scalar ?? Node.Scalar("")), !value.isNaN else {
            throw .value(key: key, found: shown, expected: "a number")
        }
        return value
    }

    package func numbers(_ key: String) throws(SettingsError) -> [Double] {
        var values: [Double] = []
        for item in items { values.append(try item.number(key)) }
        return values
    }

    package func integer(_ key: String) throws(SettingsError) -> Int {
        guard let value = int else { throw .value(key: key, found: shown, expected: "a whole number") }
        return value
    }

    package func integers(_ key: String) throws(SettingsError) -> [Int] {
        var values: [Int] = []
        for item in items { values.append(try item.integer(key)) }
        return values
    }

    package func flag(_ key: String) throws(SettingsError) -> Bool {
        guard let value = bool else { throw .value(key: key, found: shown, expected: "true or false") }
        return value
    }

    package func text(_ key: String) throws(SettingsError) -> String {
        guard let value = string else { throw .value(key: key, found: shown, expected: "a text") }
        return value
    }

    package func texts(_ key: String) throws(SettingsError) -> [String] {
        var values: [String] = []
        for item in items { values.append(try item.text(key)) }
        return values
    }

    package func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, _ type: Choice.Type = Choice.self
    ) throws(SettingsError) -> Choice {
        guard let choice = string.flatMap(Choice.init(rawValue:)) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw .value(key: key, found: shown, expected: "one of \(known)")
        }
        return choice
    }

    /// No value: nothing, `~` or `null`.
    package var isNull: Bool { null != nil }

    /// Of a list; a single value stands for a list of one.
    package var items: [Node] { sequence.map(Array.init) ?? [self] }

    /// For messages.
    package var shown: String { string.map { "'\($0)'" } ?? "a list or a group of keys" }

    // MARK: Writing

    /// Read back as the same double.
    package init(number: Double) {
        self.init(number == .infinity ? ".inf" : number == -.infinity ? "-.inf" : "\(number)")
    }

    package init(numbers: [Double]) { self.init(numbers.map(Node.init(number:))) }

    /// Quoted, so that `no` and `1` stay texts.
    package init(text: String) { self.init(text, Tag(.str), .doubleQuoted) }

    /// As YAML's flow style, on one line.
    package var flow: String {
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
