import Encoding
import Foundation

/// The names of labels in a NIfTI extension: the XML of Caret (`<CaretExtension>… <Label Key="5">liver</Label>`), as TotalSegmentator
/// and Connectome Workbench write it. Only these elements are looked for: nothing that the XML asks for is opened or expanded.
struct LabelTableExtension {
    /// Caret's own, and what TotalSegmentator writes.
    static let codes: Set<Int> = [0, 30]

    private(set) var names: [Int: String] = [:]
    private(set) var findings: [Finding] = []

    /// Nil for bytes that are something else.
    init?(_ bytes: ArraySlice<UInt8>) {
        let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        guard text.contains("<CaretExtension") || text.contains("<LabelTable") else { return nil }
        guard !text.contains("<!DOCTYPE"), !text.contains("<!ENTITY") else {
            warn("asks for text from elsewhere (a DOCTYPE)")
            return
        }
        guard text.contains("</CaretExtension>") || text.contains("</LabelTable>") else {
            warn("stops in the middle")
            return
        }
        var rest = text[...]
        while let start = rest.range(of: "<Label", options: .literal) {
            rest = rest[start.upperBound...]
            // `<LabelTable>` begins so, too.
            guard rest.first?.isWhitespace == true else { continue }
            guard let close = rest.firstIndex(of: ">") else {
                warn("stops in the middle")
                return
            }
            let attributes = rest[..<close]
            rest = rest[rest.index(after: close)...]
            guard attributes.last != "/" else { continue }
            guard let end = rest.range(of: "</Label>", options: .literal) else {
                warn("stops in the middle")
                return
            }
            if let key = Self.key(of: attributes) { names[key] = Self.name(rest[..<end.lowerBound]) }
            rest = rest[end.upperBound...]
        }
        names = names.filter { !$0.value.isEmpty }
    }

    private mutating func warn(_ found: String) {
        names = [:]
        findings.append(
            Finding(.warning, "the table of names in the header \(found) and was not used: labels go by their numbers"))
    }

    /// The value of `Key="5"` or `Key='5'`. (A Regex would be made anew for each of some hundred labels: 0.3 ms each.)
    private static func key(of attributes: Substring) -> Int? {
        var rest = attributes
        while let word = rest.range(of: "Key", options: .literal) {
            let isWord = word.lowerBound == attributes.startIndex || attributes[..<word.lowerBound].last!.isWhitespace
            rest = rest[word.upperBound...].drop(while: \.isWhitespace)
            guard isWord, rest.first == "=" else { continue }
            rest = rest.dropFirst().drop(while: \.isWhitespace)
            guard let quote = rest.first, quote == "\"" || quote == "'" else { continue }
            let value = rest.dropFirst()
            guard let end = value.firstIndex(of: quote) else { return nil }
            return Int(value[..<end].trimmingCharacters(in: .whitespaces))
        }
        return nil
    }

    /// Plain text or CDATA; white space within is one space.
    private static func name(_ content: Substring) -> String {
        var name = ""
        var rest = content
        while let open = rest.range(of: "<![CDATA[", options: .literal) {
            name += unescaped(rest[..<open.lowerBound])
            rest = rest[open.upperBound...]
            let close = rest.range(of: "]]>", options: .literal)
            name += rest[..<(close?.lowerBound ?? rest.endIndex)]
            rest = close.map { rest[$0.upperBound...] } ?? rest[rest.endIndex...]
        }
        name += unescaped(rest)
        return name.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private static func unescaped(_ text: Substring) -> String {
        guard text.contains("&") else { return String(text) }
        return String(text).replacing(/&(#x[0-9A-Fa-f]{1,6}|#[0-9]{1,7}|lt|gt|amp|quot|apos);/) { match in
            switch match.1 {
            case "lt": "<"
            case "gt": ">"
            case "amp": "&"
            case "quot": "\""
            case "apos": "'"
            case let number:
                (number.hasPrefix("#x") ? UInt32(number.dropFirst(2), radix: 16) : UInt32(number.dropFirst()))
                    .flatMap(Unicode.Scalar.init).map { String(Character($0)) } ?? ""
            }
        }
    }
}
