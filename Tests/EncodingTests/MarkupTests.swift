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

    @Test func printableTextHasNoControlCharacters() {
        #expect("a\u{1b}b\r\n\u{85}\u{2029}c".printable == "a b    c")
    }
}
