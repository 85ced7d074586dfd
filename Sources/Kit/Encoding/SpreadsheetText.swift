// A spreadsheet runs a cell that begins with = + - or @ as a formula, and names in tables come from files of strangers. An
// apostrophe before it makes it text there. Numbers stay numbers.

extension String {
    /// The text as a spreadsheet takes it for text: with an apostrophe before what it would run. What begins with a space
    /// gets one as well, for that is what becomes of a tab or a line end. Undone by ``withoutFormulaGuard``.
    package var guardedFromFormulas: String { isFormulaBehindApostrophes && !isNumber ? "'" + self : self }

    /// Inverse of ``guardedFromFormulas``.
    package var withoutFormulaGuard: String {
        unicodeScalars.first == "'" && isFormulaBehindApostrophes ? String(unicodeScalars.dropFirst()) : self
    }

    private var isFormulaBehindApostrophes: Bool {
        switch unicodeScalars.first(where: { $0 != "'" }) {
        case "=", "+", "-", "@", " ", "\t", "\r", "\n": true
        // The wide forms, which count where East Asian text is typed.
        case "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}": true
        default: false
        }
    }

    private var isNumber: Bool {
        unicodeScalars.allSatisfy { "0123456789+-.eE".unicodeScalars.contains($0) } && Double(self) != nil
    }
}
