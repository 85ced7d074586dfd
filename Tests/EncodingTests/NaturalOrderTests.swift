import Encoding
import Testing

@Suite struct NaturalOrderTests {
    @Test("Numbers in names count as numbers, letters of either case are one, and only equal texts are equal")
    func order() {
        let sorted = [
            "", "1.2.9", "1.2.10", "a", "A1", "a1b", "a1c", "Lesion 2", "lesion 10", "P1", "P2", "p2", "P02", "P10",
            "P100/2",
            "P100/10", "肺1", "肺12",
        ]
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            let shuffled = sorted.shuffled(using: &generator).map(NaturalText.init).sorted()
            let (found, expected) = (shuffled.map(\.text), sorted)
            // p2 and P02 differ from P2 by case and zeros alone: their scalars decide.
            #expect(Set(found[9...13]) == Set(expected[9...13]))
            #expect(found[..<9] == expected[..<9] && found[13...] == expected[13...], "\(found)")
        }
        for a in sorted {
            for b in sorted {
                let (x, y) = (NaturalText(a), NaturalText(b))
                #expect([x < y, y < x, x == y].count { $0 } == 1, "\(a), \(b)")
            }
        }
    }

    @Test("Digits longer than any number of the machine are compared as numbers")
    func longDigits() {
        let (a, b) = ("1.2." + String(repeating: "9", count: 40), "1.2.1" + String(repeating: "0", count: 40))
        #expect(NaturalText(a) < NaturalText(b) && !(NaturalText(b) < NaturalText(a)))
        #expect(NaturalText("x000010") < NaturalText("x11"))
    }

    @Test(
        "Numbers of a sentence have no digits of their binary form",
        arguments: [
            (0.1 + 0.2, "0.3"), (2, "2"), (-0.0, "0"), (0.9765625, "0.9766"), (1234.56789, "1234.5679"),
            (1.0 / 3e5, "3.333e-06"),
            (1e20, "1e+20"), (-0.05, "-0.05"), (0.00012345, "0.0001235"), (.infinity, "inf"),
        ])
    func sentences(value: Double, text: String) { #expect(value.sentenceText == text) }

    @Test("Cells stand between commas, semicolons or tabs, and are read back from each")
    func delimiters() throws {
        let cells = ["a,b", "c;d", "e f", "say \"so\"", ""]
        #expect(CSV.line(cells, delimiter: .semicolon) == "a,b;\"c;d\";e f;\"say \"\"so\"\"\";")
        for delimiter in CSV.Delimiter.allCases {
            let line = CSV.line(cells, delimiter: delimiter)
            #expect(try CSV.rows(of: line, delimiter: delimiter) == [cells])
        }
    }
}
