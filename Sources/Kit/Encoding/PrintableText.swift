extension String {
    /// The text with a space for each control character (C0, DEL, C1) and line separator: names come from files, and a
    /// terminal would carry such characters out.
    public var printable: String {
        guard unicodeScalars.contains(where: Self.isControl) else { return self }
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars { text.append(Self.isControl(scalar) ? " " : scalar) }
        return String(text)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: true
        default: false
        }
    }
}
