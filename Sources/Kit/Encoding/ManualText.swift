/// Lines of a manual page as mdoc(7) source.
package enum ManualText {
    /// A text as lines of at most 80 of what mandoc writes, a sentence on lines of its own, nothing that could be taken for a
    /// request.
    package static func lines(_ text: String) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            let word = word.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\e")
            if !line.isEmpty, width(line) + 1 + width(word) > 80 || line.hasSuffix(".") {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? word : " " + word
        }
        lines.append(line)
        return lines.map { $0.hasPrefix(".") || $0.hasPrefix("'") ? "\\&" + $0 : $0 }
    }

    /// How long mandoc takes a word to be, which writes out what is not ASCII as \[u03A3].
    private static func width(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + ($1.isASCII ? 1 : 8) } }
}
