import Foundation

/// Signed differences as inline SVG: a row for each name, a dot for each case and a bar from 0 to their median, on an axis from
/// -200 to 200 per cent, which is as far as a difference over the mean of two sizes can go.
public struct DifferenceChart: Sendable {
    public struct Row: Sendable {
        public var name: String
        /// Shares, -2 to 2.
        public var values: [Double]

        public init(_ name: String, _ values: [Double]) { (self.name, self.values) = (name, values) }
    }

    public var title: String
    /// What lies left of 0, and what right of it.
    public var sides: (left: String, right: String)
    public var rows: [Row]

    public init(title: String, sides: (left: String, right: String), rows: [Row]) {
        (self.title, self.sides, self.rows) = (title, sides, rows)
    }

    private static let (width, left, right, top, step) = (640.0, 264.0, 14.0, 56.0, 17.0)
    /// Ends of the axis: the first that holds all.
    private static let ends = [0.1, 0.2, 0.5, 1, 2]

    /// Empty when there is nothing to show.
    public var svg: String {
        let values = rows.flatMap(\.values).filter(\.isFinite)
        guard !values.isEmpty else { return "" }
        let largest = values.map { abs($0) }.max() ?? 0
        let end = Self.ends.first { $0 >= largest } ?? 2
        let x = ChartAxis(.linear, ends: (-end, end), from: Self.left, to: Self.width - Self.right)
        let bottom = Self.top + Self.step * Double(rows.count)
        var picture = SVGPicture()
        picture.add("text", ["class": "title", "x": 4, "y": 16], title)
        let middle = x.position(0)
        picture.add("text", ["text-anchor": "end", "x": .at(middle - 8), "y": 36], "← " + Self.shortened(sides.left))
        picture.add("text", ["x": .at(middle + 8), "y": 36], Self.shortened(sides.right) + " →")
        for tick in [-1, -0.5, 0, 0.5, 1].map({ $0 * end }) {
            let position = SVGPicture.Value.at(x.position(tick))
            picture.add(
                "line",
                [
                    "class": tick == 0 ? "mark" : "grid", "x1": position, "x2": position, "y1": .at(Self.top - 10),
                    "y2": .at(bottom),
                ])
            // The outermost stay within the picture.
            let anchor: SVGPicture.Value = tick == end ? "end" : "middle"
            picture.add(
                "text", ["text-anchor": anchor, "x": position, "y": .at(bottom + 14)],
                tick == 0 ? "0" : String(format: "%+g %%", tick * 100))
        }
        for (number, row) in rows.enumerated() {
            let y = Self.top + Self.step * Double(number)
            picture.add("text", ["text-anchor": "end", "x": .at(Self.left - 8), "y": .at(y + 9)], row.name)
            let sorted = row.values.filter(\.isFinite).sorted()
            guard !sorted.isEmpty else { continue }
            let median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
            let ends = [x.position(0), x.position(median)].sorted()
            let colour: SVGPicture.Value = median < 0 ? "d3" : "d1"
            picture.add(
                "rect",
                [
                    "class": colour, "opacity": "0.45", "x": .at(ends[0]), "y": .at(y), "width": .at(ends[1] - ends[0]),
                    "height": .at(Self.step - 6),
                ])
            for value in sorted.prefix(200) {
                picture.add(
                    "circle",
                    ["class": colour, "cx": .at(x.position(value)), "cy": .at(y + (Self.step - 6) / 2), "r": "2.2"])
            }
        }
        return picture.svg(width: .at(Self.width), height: .at(bottom + 20), label: title)
    }

    private static func shortened(_ text: String) -> String { text.count > 28 ? text.prefix(26) + "…" : text }
}
