// Distributions side by side as inline SVG, colours by CSS classes so that they follow the page's light or dark.

import Foundation

/// Horizontal boxes on a logarithmic axis: a group for each name, in it a box for each series.
public struct BoxPlot: Sendable {
    /// The 5 %, 25 %, 50 %, 75 % and 95 % quantiles.
    public struct Box: Sendable {
        public var quantiles: [Double]

        public init(_ quantiles: [Double]) {
            precondition(quantiles.count == 5, "\(quantiles.count) quantiles, expected 5")
            self.quantiles = quantiles
        }
    }

    public var title: String
    public var axis: String
    /// Of the boxes of a group.
    public var series: [String]
    /// Nil where there is nothing to show.
    public var groups: [(name: String, boxes: [Box?])]

    public init(title: String, axis: String, series: [String], groups: [(name: String, boxes: [Box?])]) {
        (self.title, self.axis, self.series, self.groups) = (title, axis, series, groups)
    }

    private static let (width, left, right) = (640.0, 264.0, 14.0)
    private static let (boxHeight, gap) = (9.0, 8.0)

    /// Empty when there is nothing to show.
    public var svg: String {
        let values = groups.flatMap { $0.boxes.compactMap { $0?.quantiles } }.joined().filter { $0 > 0 && $0.isFinite }
        guard let low = values.min(), let high = values.max() else { return "" }
        // What is smaller than a ten-thousandth of the largest lies at the left end.
        let first = log10(max(low, high / 1e4)).rounded(.down)
        let last = max(first + 1, log10(high).rounded(.up))
        let x = ChartAxis(.logarithmic, ends: (first, last), from: Self.left, to: Self.width - Self.right)
        let top = 30 + 16 * Double(series.count)
        let step = Self.boxHeight * Double(max(1, series.count)) + Self.gap
        let bottom = top + step * Double(groups.count)
        var picture = SVGPicture()
        picture.add("text", ["class": "title", "x": 4, "y": 16], title)
        for (number, name) in series.enumerated() {
            let y = 32 + 16 * Double(number)
            picture.add(
                "rect",
                ["class": "d\(number % 5 + 1)", "opacity": "0.55", "x": 4, "y": .at(y - 9), "width": 12, "height": 9])
            picture.add("text", ["x": 22, "y": .at(y)], name)
        }
        for decade in Int(first)...Int(last) {
            let position = SVGPicture.Value.at(x.clampedPosition(pow(10, Double(decade))))
            picture.add("line", ["class": "grid", "x1": position, "x2": position, "y1": .at(top), "y2": .at(bottom)])
            picture.add("text", ["text-anchor": "middle", "x": position, "y": .at(bottom + 14)], Self.label(decade))
        }
        picture.add(
            "text", ["text-anchor": "end", "x": .at(Self.width - Self.right), "y": .at(bottom + 30)], axis)
        for (number, group) in groups.enumerated() {
            let y = top + step * Double(number)
            let middle = y + (step - Self.gap) / 2
            picture.add("text", ["text-anchor": "end", "x": .at(Self.left - 8), "y": .at(middle + 4)], group.name)
            for (series, box) in group.boxes.enumerated() {
                guard let box else { continue }
                draw(box, colour: series % 5 + 1, top: y + Self.boxHeight * Double(series), x, into: &picture)
            }
        }
        return picture.svg(width: .at(Self.width), height: .at(bottom + 36), label: title)
    }

    private func draw(_ box: Box, colour: Int, top: Double, _ x: ChartAxis, into picture: inout SVGPicture) {
        let q = box.quantiles.map { SVGPicture.Value.at(x.clampedPosition($0)) }
        let centre = SVGPicture.Value.at(top + Self.boxHeight / 2)
        picture.add("line", ["class": "c\(colour)", "x1": q[0], "x2": q[4], "y1": centre, "y2": centre])
        // Between the ends as they are drawn, so that box and whiskers meet.
        let (left, right) = (Self.drawn(x, box.quantiles[1]), Self.drawn(x, box.quantiles[3]))
        picture.add(
            "rect",
            [
                "class": "d\(colour)", "opacity": "0.55", "x": q[1], "y": .at(top + 1),
                "width": .at(max(1, right - left)), "height": .at(Self.boxHeight - 2),
            ])
        picture.add(
            "line", ["stroke": "var(--ink)", "x1": q[2], "x2": q[2], "y1": .at(top), "y2": .at(top + Self.boxHeight)])
    }

    private static func drawn(_ x: ChartAxis, _ value: Double) -> Double {
        Double(String(format: "%.1f", x.clampedPosition(value))) ?? 0
    }

    private static func label(_ decade: Int) -> String {
        (-3...3).contains(decade) ? String(format: "%g", pow(10, Double(decade))) : "1e\(decade)"
    }
}
