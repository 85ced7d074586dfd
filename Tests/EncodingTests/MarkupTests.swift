import Encoding
import Testing

@Suite struct MarkupTests {
    private static func scalars(_ text: String) -> [Unicode.Scalar] { Array(text.unicodeScalars) }

    @Test func noSignOfMarkupGetsThroughNotEvenUnderACombiningMark() {
        for mark in ["", "\u{301}", "\u{308}\u{301}", "\u{200d}"] {
            let escaped = Markup.escaped("<b title=\"x\(mark)'\(mark)\">\(mark)&amp;\(mark)")
            #expect(
                Self.scalars(escaped)
                    == Self.scalars("&lt;b title=&quot;x\(mark)&#39;\(mark)&quot;&gt;\(mark)&amp;amp;\(mark)"))
        }
        #expect(Self.scalars(Markup.escaped("\"\u{301} onload=")) == Self.scalars("&quot;\u{301} onload="))
        #expect(Markup.escaped("Größe 3 cm") == "Größe 3 cm")
    }

    @Test func aMarkdownCellStaysOneCell() {
        #expect(Self.scalars(Markup.markdownCell("a|\u{301}b\nc")) == Self.scalars("a\\|\u{301}b c"))
    }

    @Test func aShellWordIsQuotedUnlessItIsPlain() {
        #expect(
            ["--mask", "a/b_c.dcm", "2,2,2", "Größe"].map(ShellWord.quoted) == [
                "--mask", "a/b_c.dcm", "2,2,2", "Größe",
            ])
        #expect(["", "a b", "Lesion*", "$x"].map(ShellWord.quoted) == ["''", "'a b'", "'Lesion*'", "'$x'"])
        #expect(Self.scalars(ShellWord.quoted("it'\u{301}s")) == Self.scalars("'it'\\''\u{301}s'"))
    }

    @Test func whatTurnsTheDirectionOfWritingIsForNoPerson() {
        for scalar in ["\u{202A}", "\u{202E}", "\u{2066}", "\u{2069}"] {
            #expect("a\(scalar)b".printable == "a b")
            #expect("a\(scalar)\n\tb".printableLines == "a \n b")
            #expect("a\(scalar)\tb".singleLine == "a\(scalar) b", "data keep it")
        }
        #expect("\u{200F}ab".printable == "\u{200F}ab")
    }

    @Test(
        "Formulas are guarded, numbers stay, and the guard comes off again",
        arguments: [
            ("=1", "'=1"), ("+a", "'+a"), ("-GTV", "'-GTV"), ("@x", "'@x"), ("-1.5e3", "-1.5e3"), ("+2", "+2"),
            ("'=1", "''=1"), ("'-5", "''-5"), ("a=1", "a=1"), ("", ""), ("'", "'"), ("''a", "''a"), (" x", "' x"),
            ("-inf", "'-inf"), ("-1 2", "'-1 2"), ("\u{FF1D}1", "'\u{FF1D}1"), ("-", "'-"),
        ])
    func formulas(text: String, guarded: String) {
        #expect(text.guardedFromFormulas == guarded)
        #expect(guarded.withoutFormulaGuard == text)
    }

    @Test func printableTextHasNoControlCharacters() {
        #expect("a\u{1b}b\r\n\u{85}\u{2029}c".printable == "a b    c")
    }
}
