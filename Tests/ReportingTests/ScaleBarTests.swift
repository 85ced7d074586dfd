import Figures
import Testing

@Suite("scale bar and colour bar")
struct ScaleBarTests {
    @Test(
        "a scale bar is 1, 2 or 5 times a power of ten long, and at most as long as there is room",
        arguments: [
            (4.0, 160.0, 20.0, "20 mm"), (4, 200, 50, "50 mm"), (0.7, 160, 200, "200 mm"), (400, 160, 0.2, "0.2 mm"),
            (1, 100, 100, "100 mm"), (3.333, 20, 5, "5 mm"),
        ])
    func length(scale: Double, most: Double, length: Double, text: String) throws {
        let bar = try #require(ScaleBar(unit: "mm", scale: scale, most: most))
        #expect(abs(bar.length - length) < 1e-12 && bar.text == text, "\(bar)")
        #expect(bar.pixels == Int((length * scale).rounded()) && Double(bar.pixels) <= most + 0.5)
    }

    @Test("no part of a pixel has a bar, nor has a picture without a scale")
    func none() {
        #expect(ScaleBar(unit: "pixels", scale: 400, most: 160) == nil)
        #expect(ScaleBar(unit: "pixels", scale: 100, most: 160)?.text == "1 pixel")
        #expect(ScaleBar(unit: "mm", scale: 0, most: 160) == nil && ScaleBar(unit: "mm", scale: .nan, most: 160) == nil)
    }

    @Test(
        "a colour bar's numbers tell its ends apart, are round between them, and share a power when they are large or small"
    )
    func labels() {
        func texts(_ range: ClosedRange<Double>) -> [String] { BarLabels(range).ticks(apart: 0.05).map(\.text) }
        #expect(texts(1.373...4.497) == ["1.37", "2", "3", "4", "4.50"])
        #expect(texts(3...3) == ["3"] && texts(0...0) == ["0"])
        #expect(BarLabels(0...2.5e7).factor == "1e6")
        #expect(texts(0...2.5e7) == ["0.0", "5", "10", "15", "20", "25.0"])
        #expect(BarLabels(-4e-5...0).factor == "1e-6" && BarLabels(0.02...0.5).factor.isEmpty)
        #expect(Set(texts(10_000.1...10_000.4)).count == texts(10_000.1...10_000.4).count)
        // No two numbers lie on each other.
        let shares = BarLabels(0.99...10.01).ticks(apart: 0.05).map(\.share)
        #expect(zip(shares, shares.dropFirst()).allSatisfy { $1 - $0 >= 0.049 }, "\(shares)")
    }
}
