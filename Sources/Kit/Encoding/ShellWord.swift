/// One word of a command line.
package enum ShellWord {
    /// As a shell would need it: between single quotes when it has anything but letters, digits and harmless signs.
    package static func quoted(_ word: String) -> String {
        guard word.isEmpty || !word.unicodeScalars.allSatisfy(isPlain) else { return word }
        return "'" + word.escapingScalars { $0 == "'" ? "'\\''" : nil } + "'"
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber, .nonspacingMark, .spacingMark:
            true
        default: "-_./=:,+@%".unicodeScalars.contains(scalar)
        }
    }
}
