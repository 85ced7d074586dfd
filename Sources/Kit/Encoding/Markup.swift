/// Text from outside inside pages and documents.
package enum Markup {
    /// As it may stand in HTML, XML and SVG, between tags or as an attribute.
    package static func escaped(_ text: String) -> String {
        text.escapingScalars { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            case "'": "&#39;"
            default: nil
            }
        }
    }

    /// As it may stand in a cell of a Markdown table.
    package static func markdownCell(_ text: String) -> String {
        text.printable.escapingScalars { $0 == "|" ? "\\|" : nil }
    }
}
