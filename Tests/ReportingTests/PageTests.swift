import Figures
import Testing

@Suite("pages and charts")
struct PageTests {
    @Test("text from outside cannot become markup")
    func escaping() {
        #expect(HTML.escaped("<a href='x'>&\"") == "&lt;a href=&#39;x&#39;&gt;&amp;&quot;")
        let table = HTML.table(
            header: ["<h>"], rows: [["<i>", "1"], ["a", "words that are far too long for a number"]])
        #expect(!table.contains("<i>") && table.contains("<th>&lt;i&gt;</th><td>1</td>"))
        #expect(table.contains("<td class=\"words\">words that"))
        #expect(HTML.page(title: "<t>", body: "").contains("<title>&lt;t&gt;</title>"))
    }

    @Test("a unit square maps 0 and 1 to its corners, whatever the data span")
    func unitSquare() throws {
        let curve = Curve(name: "<model>", colour: 1, points: [(0, 0), (0.5, 0.75), (0.5, 0.75), (1, 1)])
        let svg = CurvePlot(title: "ROC", curves: [curve], axis: "x & y", frame: .unitSquare).svg
        // Left 64, right 12, top 30 and bottom 34 of 400 × 400; the repeated point stands once.
        #expect(svg.contains("points=\"64.0,366.0 226.0,114.0 388.0,30.0\""), "\(svg)")
        #expect(svg.contains("&lt;model&gt;") && svg.contains("x &amp; y"))
        #expect(CurvePlot(title: "none", curves: []).svg.isEmpty)
    }
}
