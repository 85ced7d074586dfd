import Encoding
import Testing

@Suite struct CSVTests {
    /// Names that files have brought, and what a table makes of them: control characters become spaces.
    static let names: [(given: String, read: String)] = [
        ("", ""), ("Lesion", "Lesion"), ("a,b", "a,b"), ("\"", "\""), ("say \"so\", twice", "say \"so\", twice"),
        // A quote and a comma that are one character with the mark after them.
        ("=a\"\u{301},b", "=a\"\u{301},b"), (",\u{308}", ",\u{308}"), ("\u{301}start", "\u{301}start"),
        (" space before", " space before"), ("after ", "after "), ("two\nlines\r\n", "two lines  "),
        ("\u{0}\u{1b}[31m\u{7f}\u{85}\u{2028}", "  [31m   "), ("Größe, 直径, 👩‍👩‍👧", "Größe, 直径, 👩‍👩‍👧"),
    ]

    @Test func cellsReadBackAsTheyWereWhateverStandsInThem() throws {
        let line = CSV.line(Self.names.map(\.given))
        #expect(!line.unicodeScalars.contains("\n"))
        let rows = try CSV.rows(of: line + "\n" + line + "\n")
        // Compared byte by byte: Swift takes texts of the same look for equal.
        let read = rows.map { $0.map { Array($0.utf8) } }
        #expect(read == [[[UInt8]]](repeating: Self.names.map { Array($0.read.utf8) }, count: 2))
    }

    @Test func onlyCellsThatNeedQuotesHaveThem() {
        #expect(CSV.line(["a b", "1.5", "c;d", "'"]) == "a b,1.5,c;d,'")
        #expect(CSV.line(["a,b", "c\"d"]) == "\"a,b\",\"c\"\"d\"")
    }

    @Test func rowsEndWithAnyLineEndAndTheLastNeedsNone() throws {
        #expect(
            try CSV.rows(of: "\u{FEFF}a,b\r\nc,\r\n,d\r\n\"e\r\nf\",g") == [
                ["a", "b"], ["c", ""], ["", "d"], ["e\r\nf", "g"],
            ])
        #expect(try CSV.rows(of: "a\rb\n\nc,") == [["a"], ["b"], [""], ["c", ""]])
        #expect(try CSV.rows(of: "") == [])
    }

    @Test func spacesBeforeCellsAreKeptOrIgnored() throws {
        #expect(try CSV.rows(of: "a, b, \"c\" ,\" d\"") == [["a", " b", "c", " d"]])
        #expect(try CSV.rows(of: "a, b, \"c\" ,\" d\"", leadingSpaces: .ignored) == [["a", "b", "c", " d"]])
    }

    @Test func theDelimiterIsTheFirstOutsideQuotesInTheFirstLine() throws {
        #expect(CSV.Delimiter(guessedFrom: "\"a,b\";c\n1,2") == .semicolon)
        #expect(CSV.Delimiter(guessedFrom: "\u{FEFF}Image\tMask\n") == .tab)
        #expect(CSV.Delimiter(guessedFrom: "Image\na;b") == .comma)
        #expect(
            try CSV.rows(of: "a\t\"b;c\"\t\n\td", delimiter: .tab, leadingSpaces: .ignored)
                == [["a", "b;c", ""], ["", "d"]])
    }

    @Test func quotesThatDoNotPairUpAreNamedWithTheirLine() {
        #expect(throws: CSVError.quoteInsideCell(line: 2)) { try CSV.rows(of: "a\nb\"c\"\n") }
        #expect(throws: CSVError.textAfterQuote(line: 1)) { try CSV.rows(of: "\"a\"b") }
        #expect(throws: CSVError.unclosedQuote(line: 3)) { try CSV.rows(of: "a\nb\n\"c\nd\n") }
    }
}
