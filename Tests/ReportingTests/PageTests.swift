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

@Suite struct ChartTests {
    @Test func boxesAndBarsLieOnTheirAxes() {
        let plot = BoxPlot(
            title: "errors", axis: "%", series: ["a\"\u{301}"],
            groups: [("contrast", [BoxPlot.Box([0.1, 1, 1, 10, 10])])])
        // Two decades, 0.1 to 10, between 264 and 626 of 640.
        #expect(plot.svg.contains("<line class=\"c1\" x1=\"264.0\" x2=\"626.0\" y1=\"50.5\" y2=\"50.5\"/>"))
        #expect(plot.svg.contains("x=\"445.0\" y=\"47.0\" width=\"181.0\" height=\"7.0\"/>"))
        #expect(plot.svg.contains("a&quot;\u{301}"), "a quote under a mark is escaped")

        let bars = BarChart(
            label: "R² of each feature",
            bars: [BarChart.Bar("mean", 0.5, interval: (-1, 0.75)), BarChart.Bar("none", nil, interval: nil)])
        // 0 to 1 between 230 and 580; an interval that begins below 0 is drawn from there.
        #expect(bars.svg.contains("x=\"230.0\" y=\"22.0\" width=\"175.0\" height=\"13.0\"/>"))
        #expect(bars.svg.contains("x1=\"230.0\" x2=\"492.5\" y1=\"29.0\" y2=\"29.0\"/>"))
        #expect(bars.svg.contains(">0.50</text>") && bars.svg.contains(">-</text>"))
        #expect(bars.svg.hasPrefix("<svg viewBox=\"0 0 640 62.0\" role=\"img\" aria-label=\"R² of each feature\">"))
    }

    @Test func aLogarithmicAxisIsMarkedAtRoundValues() {
        let curve = Curve(name: "loss", colour: 2, points: [(0, 0.1), (1, 0.03), (2, -1)], style: .dashes)
        let svg = CurvePlot(title: "loss", curves: [curve], scale: .logarithmic, mark: 0.5).svg
        #expect(svg.contains(">0.1</text>") && svg.contains(">0.05</text>") && !svg.contains(">0.07</text>"))
        #expect(svg.contains("<polyline class=\"c2\" stroke-dasharray=\"5 4\" points=\"64.0,30.0 628.0,226.0\"/>"))
        #expect(svg.contains("<line class=\"mark\" x1=\"346.0\" x2=\"346.0\" y1=\"30.0\" y2=\"226.0\"/>"))
    }
}
