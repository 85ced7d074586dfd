// Escaping looks at Unicode scalars, never at Swift's characters: a quote that is followed by a combining mark is one
// character with it, and would slip through unescaped.

extension String {
    /// The text with some scalars written in another way; `replacement` is nil for a scalar that stays.
    package func escapingScalars(_ replacement: (Unicode.Scalar) -> String?) -> String {
        guard unicodeScalars.contains(where: { replacement($0) != nil }) else { return self }
        var escaped = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if let replaced = replacement(scalar) {
                escaped.append(contentsOf: replaced.unicodeScalars)
            } else {
                escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
