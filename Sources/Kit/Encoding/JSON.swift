import Foundation

/// Texts of JSON (RFC 8259).
package enum JSON {
    /// A string between its quotes.
    package static func string(_ text: String) -> String {
        "\""
            + text.escapingScalars { scalar in
                switch scalar {
                case "\"": return "\\\""
                case "\\": return "\\\\"
                case _ where scalar.value < 0x20: return escape(scalar)
                default: return nil
                }
            } + "\""
    }

    /// Of a scalar of four digits.
    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }

    /// A value as a document for people and programs: sorted keys, so that equal values are equal bytes, and a line end. Controls
    /// that act on a terminal, those of the direction of writing too, are escapes: a program reads the value as it is.
    package static func document(
        _ value: some Encodable, layout: JSONEncoder.OutputFormatting = .prettyPrinted,
        keys: JSONEncoder.KeyEncodingStrategy = .useDefaultKeys
    ) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, layout]
        encoder.keyEncodingStrategy = keys
        let text = String(decoding: try encoder.encode(value), as: UTF8.self)
        return Data((text.escapingScalars { $0.isHiddenControl ? escape($0) : nil } + "\n").utf8)
    }

    /// The numbers of an object, by JSONDecoder, which reads a double to the last bit (JSONSerialization does not). Null is left
    /// out; nil for a text that is not whole, or no object of numbers.
    package static func numbers(of object: some StringProtocol) -> [String: Double]? {
        do {
            return try JSONDecoder().decode([String: Double?].self, from: Data(object.utf8)).compactMapValues { $0 }
        } catch {
            // A line that a power cut left half written.
            return nil
        }
    }
}

/// An object on one line whose members keep their order.
package struct JSONObject {
    /// How it looks.
    package enum Layout {
        /// Nothing between the members but a comma, whole numbers without a point.
        case compact
        /// A space after each comma and colon, and every double with its point.
        case spaced
    }

    private let layout: Layout
    private var members: [String] = []

    package init(_ layout: Layout) { self.layout = layout }

    package var text: String { "{" + members.joined(separator: layout == .spaced ? ", " : ",") + "}" }

    /// A value that is JSON already.
    package mutating func add(_ name: String, json: String) {
        members.append(JSON.string(name) + (layout == .spaced ? ": " : ":") + json)
    }

    package mutating func add(_ name: String, _ text: String) { add(name, json: JSON.string(text)) }

    package mutating func add(_ name: String, _ value: Int) { add(name, json: String(value)) }

    /// Null when it is no finite number, for which JSON has no word.
    package mutating func add(_ name: String, _ value: Double) {
        let text = layout == .spaced ? value.description : value.shortestText
        add(name, json: value.isFinite ? text : "null")
    }

    /// Left out when nil.
    package mutating func add(_ name: String, ifPresent value: Double?) {
        if let value { add(name, value) }
    }
}
