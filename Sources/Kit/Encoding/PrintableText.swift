// Names come from files, and what they hold beside letters acts on who shows them: a line end splits a row, an escape sequence
// works on a terminal, a change of direction shows a name backwards.

extension String {
    /// The text on one line, for data: a space for each control character (C0, DEL, C1) and line separator.
    package var singleLine: String { replacing(Self.isControl) }

    /// The text on one line, for a person: without what changes the direction of writing as well.
    public var printable: String { replacing { Self.isControl($0) || Self.isDirectional($0) } }

    /// Like ``printable``, with its own line ends.
    package var printableLines: String {
        replacing { $0 != "\n" && (Self.isControl($0) || Self.isDirectional($0)) }
    }

    /// At most `limit` letters of a text that came from a file, for a message: beginning and end around a mark of what is left
    /// out.
    package func shortened(to limit: Int = 200) -> String {
        // Counting letters goes through the whole text.
        guard utf8.count > limit, count > limit else { return self }
        let half = (limit - 1) / 2
        return prefix(half) + "…" + suffix(half)
    }

    private func replacing(_ isReplaced: (Unicode.Scalar) -> Bool) -> String {
        guard unicodeScalars.contains(where: isReplaced) else { return self }
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars { text.append(isReplaced(scalar) ? " " : scalar) }
        return String(text)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.value < 0x20 || scalar.isLateControl }
    private static func isDirectional(_ scalar: Unicode.Scalar) -> Bool { scalar.isDirectional }
}

extension Unicode.Scalar {
    /// What a JSON string may hold as it is and a terminal should not be given.
    var isHiddenControl: Bool { isLateControl || isDirectional }

    /// DEL, C1 and the line separators.
    fileprivate var isLateControl: Bool { (0x7F..<0xA0).contains(value) || value == 0x2028 || value == 0x2029 }

    /// Embeddings, overrides and isolates of UAX #9. The marks U+200E and U+200F move nothing but their neighbours and stay.
    fileprivate var isDirectional: Bool { (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value) }
}
