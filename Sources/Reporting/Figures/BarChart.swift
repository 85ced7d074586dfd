import Foundation

/// Horizontal bars from 0 to 1, each with its interval as a line and its value beside it.
public struct BarChart: Sendable {
    public struct Bar: Sendable {
        public var name: String
        /// Nil where there is nothing to show.
        public var value: Double?
        public var interval: (low: Double, high: Double)?

        public init(_ name: String, _ value: Double?, interval: (low: Double, high: Double)?) {
            (self.name, self.value, self.interval) = (name, value, interval)
        }
    }

    /// What it is called for people who do not see it.
    public var label: String
    public var bars: [Bar]

    public init(label: String, bars: [Bar]) { (self.label, self.bars) = (label, bars) }

    private static let (width, left, right, step) = (640.0, 230.0, 60.0, 18.0)

    public var svg: String {
        let x = ChartAxis(.linear, ends: (0, 1), from: Self.left, to: Self.width - Self.right)
        var picture = SVGPicture()
        for tick in [0, 0.25, 0.5, 0.75, 1] {
            let position = SVGPicture.Value.at(x.position(tick))
            let bottom = 20 + Self.step * Double(bars.count)
            picture.add("line", ["class": "grid", "x1": position, "x2": position, "y1": 16, "y2": .at(bottom)])
            picture.add("text", ["text-anchor": "middle", "x": position, "y": 12], "\(tick)")
        }
        for (number, bar) in bars.enumerated() {
            let y = 20 + Self.step * Double(number)
            picture.add("text", ["text-anchor": "end", "x": .at(Self.left - 8), "y": .at(y + 12)], bar.name)
            picture.add(
                "rect",
                [
                    "class": "d1", "opacity": "0.55", "x": .at(Self.left), "y": .at(y + 2),
                    "width": .at(x.clampedLength(bar.value ?? 0)), "height": .at(Self.step - 5),
                ])
            if let interval = bar.interval, interval.high > 0 {
                let middle = SVGPicture.Value.at(y + Self.step / 2)
                picture.add(
                    "line",
                    [
                        "stroke": "var(--ink)", "x1": .at(x.clampedPosition(interval.low)),
                        "x2": .at(x.clampedPosition(interval.high)), "y1": middle, "y2": middle,
                    ])
            }
            picture.add(
                "text", ["x": .at(Self.width - Self.right + 8), "y": .at(y + 12)],
                bar.value.map { String(format: "%.2f", $0) } ?? "-")
        }
        return picture.svg(width: 640, height: .at(26 + Self.step * Double(bars.count)), label: label)
    }
}
