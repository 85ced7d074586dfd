// The kinds of values that keys have.

import Yams

/// How one kind of value is read and written.
package struct SettingsValue<Value>: Sendable {
    /// For messages, where a key does not say it better.
    package let expected: String
    /// For the manual, "whole number"; empty where `expected` says it.
    package let type: String
    package let read: @Sendable (Node, _ key: String) throws(SettingsError) -> Value
    package let written: @Sendable (Value) -> Node
    /// Whether a value that did not come from a file is one of this kind.
    package let accepts: @Sendable (Value) -> Bool

    package init(
        _ expected: String, type: String = "",
        read: @escaping @Sendable (Node, _ key: String) throws(SettingsError) -> Value,
        written: @escaping @Sendable (Value) -> Node, accepts: @escaping @Sendable (Value) -> Bool = { _ in true }
    ) {
        (self.expected, self.type) = (expected, type)
        (self.read, self.written, self.accepts) = (read, written, accepts)
    }
}

extension SettingsValue<Double> {
    /// Finite.
    package static var number: Self {
        Self(
            "a number", type: "number", read: { node, key throws(SettingsError) in try node.number(key) },
            written: Node.init(number:),
            accepts: \.isFinite)
    }
}

extension SettingsValue<[Double]> {
    package static var numbers: Self {
        Self(
            "a number or a list of numbers", type: "numbers",
            read: { node, key throws(SettingsError) in try node.numbers(key) },
            written: Node.init(numbers:), accepts: { $0.allSatisfy(\.isFinite) })
    }
}

extension SettingsValue<Int> {
    package static var integer: Self {
        Self(
            "a whole number", type: "whole number", read: { node, key throws(SettingsError) in try node.integer(key) },
            written: { Node(String($0)) })
    }
}

extension SettingsValue<[Int]> {
    package static var integers: Self {
        Self(
            "whole numbers", type: "whole numbers", read: { node, key throws(SettingsError) in try node.integers(key) },
            written: { Node($0.map { Node(String($0)) }) })
    }
}

extension SettingsValue<UInt64> {
    package static var seed: Self {
        let expected = "a whole number from 0 to 2^64 - 1"
        return Self(
            expected, type: "whole number",
            read: { node, key throws(SettingsError) in
                guard let seed = node.string.flatMap({ UInt64($0) }) else {
                    throw .value(key: key, found: node.shown, expected: expected)
                }
                return seed
            }, written: { Node(String($0)) })
    }
}

extension SettingsValue<Bool> {
    package static var flag: Self {
        Self(
            "true or false", type: "true or false", read: { node, key throws(SettingsError) in try node.flag(key) },
            written: { Node($0 ? "true" : "false") })
    }
}

extension SettingsValue<String> {
    /// Any text; written in quotes.
    package static var text: Self {
        Self(
            "a text", type: "text", read: { node, key throws(SettingsError) in try node.text(key) },
            written: Node.init(text:))
    }
}

extension SettingsValue<[String]> {
    package static var texts: Self {
        Self(
            "a text or a list of texts", type: "texts",
            read: { node, key throws(SettingsError) in try node.texts(key) },
            written: { Node($0.map(Node.init(text:))) })
    }
}

extension SettingsValue<ClosedRange<Double>> {
    /// A lower and an upper end, both finite.
    package static var range: Self {
        Self(
            "a lower and an upper end", type: "two numbers",
            read: { node, key throws(SettingsError) in
                let ends = try node.numbers(key)
                guard ends.count == 2, ends[0] < ends[1] else {
                    throw .value(key: key, found: "\(ends)", expected: "a lower and an upper end")
                }
                return ends[0]...ends[1]
            },
            written: { Node(numbers: [$0.lowerBound, $0.upperBound]) },
            accepts: { $0.lowerBound.isFinite && $0.upperBound.isFinite })
    }
}

extension SettingsValue where Value: RawRepresentable<String> & CaseIterable & Sendable {
    /// One of a few words.
    package static var choice: Self {
        Self(
            "one of " + Value.allCases.map(\.rawValue).joined(separator: ", "), type: "word",
            read: { node, key throws(SettingsError) in try node.choice(key, Value.self) },
            written: { Node($0.rawValue) })
    }
}

extension SettingsValue {
    /// A value of this kind, or a word for none.
    package func optional(none word: String) -> SettingsValue<Value?> {
        SettingsValue<Value?>(
            "\(word), or \(expected)", type: type,
            read: { node, key throws(SettingsError) in node.string == word ? nil : try read(node, key) },
            written: { $0.map(written) ?? Node(word) }, accepts: { $0.map(accepts) ?? true })
    }

    /// A list of values of this kind; a single value stands for a list of one.
    package var list: SettingsValue<[Value]> {
        SettingsValue<[Value]>(
            expected, type: type.isEmpty ? "" : "list of \(type)s",
            read: { node, key throws(SettingsError) in
                var values: [Value] = []
                for item in node.items { values.append(try read(item, key)) }
                return values
            },
            written: { Node($0.map(written)) }, accepts: { $0.allSatisfy(accepts) })
    }

    /// A value of this kind or none, which is written `null`.
    package var orNull: SettingsValue<Value?> {
        SettingsValue<Value?>(
            expected, type: type,
            read: { node, key throws(SettingsError) in node.isNull ? nil : try read(node, key) },
            written: { $0.map(written) ?? Node("null") }, accepts: { $0.map(accepts) ?? true })
    }
}
