// A curve chart as inline SVG: no script, no network, colours by CSS classes so that it follows the page's light or dark.

import Foundation

/// One line of a chart.
public struct Curve: Sendable {
    public var name: String
    /// Number of the class `c1` … `c5` that colours it.
    public var colour: Int
    public var points: [(x: Double, y: Double)]
    public var style: Style

    public enum Style: Sendable { case line, dashes, dots }

    public init(name: String, colour: Int, points: [(x: Double, y: Double)], style: Style = .line) {
        (self.name, self.colour, self.points, self.style) = (name, colour, points, style)
    }
}

/// A chart with a linear x axis and a linear or logarithmic y axis.
public struct CurvePlot: Sendable {
    public var title: String
    public var curves: [Curve]
    public var scale: Scale
    /// Marked by a vertical line, e.g. where the second phase of a training begins.
    public var mark: Double?
    /// What the x axis counts.
    public var axis: String
    public var frame: Frame

    public enum Scale: Sendable { case linear, logarithmic }

    public enum Frame: Sendable {
        /// As wide as the page, axes as long as the data.
        case data
        /// A square from 0 to 1 both ways, for shares and probabilities.
        case unitSquare
    }

    public init(
        title: String, curves: [Curve], scale: Scale = .linear, mark: Double? = nil, axis: String = "epoch",
        frame: Frame = .data
    ) {
        (self.title, self.curves, self.scale, self.mark) = (title, curves, scale, mark)
        (self.axis, self.frame) = (axis, frame)
    }

    private var width: Double { frame == .data ? 640 : 400 }
    private var height: Double { frame == .data ? 260 : 400 }
    private static let (left, right, top, bottom) = (64.0, 12.0, 30.0, 34.0)

    /// Empty when there is nothing to show.
    public var svg: String {
        let shown = curves.map { curve in
            var curve = curve
            curve.points = curve.points.filter { $0.y.isFinite && (scale == .linear || $0.y > 0) }
            return curve
        }.filter { !$0.points.isEmpty }
        guard !shown.isEmpty else { return "" }
        let yScale: ChartAxis.Scale = scale == .linear ? .linear : .logarithmic
        let isUnit = frame == .unitSquare
        let x = ChartAxis(
            .linear, ends: isUnit ? (0, 1) : ChartAxis.ends(of: shown.flatMap { $0.points.map(\.x) }, .linear),
            from: Self.left, to: width - Self.right)
        let y = ChartAxis(
            yScale, ends: isUnit ? (0, 1) : ChartAxis.ends(of: shown.flatMap { $0.points.map(\.y) }, yScale),
            from: height - Self.bottom, to: Self.top)
        var picture = SVGPicture()
        picture.add("text", ["class": "title", "x": .at(Self.left), "y": 16], title)
        drawAxes(x, y, into: &picture)
        for curve in shown { draw(curve, x, y, into: &picture) }
        drawLegend(shown, into: &picture)
        return picture.svg(
            width: .at(width), height: .at(height), label: title, style: isUnit ? "max-width:26rem" : nil)
    }

    private func drawAxes(_ x: ChartAxis, _ y: ChartAxis, into picture: inout SVGPicture) {
        for tick in y.ticks {
            let height = SVGPicture.Value.at(y.position(tick))
            picture.add(
                "line",
                ["class": "grid", "x1": .at(Self.left), "x2": .at(width - Self.right), "y1": height, "y2": height])
            picture.add(
                "text", ["class": "tick", "text-anchor": "end", "x": .at(Self.left - 6), "y": height, "dy": 4],
                Self.label(tick))
        }
        for tick in x.ticks {
            picture.add(
                "text",
                ["class": "tick", "text-anchor": "middle", "x": .at(x.position(tick)), "y": .at(height - 16)],
                Self.label(tick))
        }
        picture.add(
            "text", ["class": "tick", "text-anchor": "end", "x": .at(width - Self.right), "y": .at(height - 3)], axis)
        if let mark, x.holds(mark) {
            let x = SVGPicture.Value.at(x.position(mark))
            picture.add(
                "line", ["class": "mark", "x1": x, "x2": x, "y1": .at(Self.top), "y2": .at(height - Self.bottom)])
        }
    }

    private func draw(_ curve: Curve, _ x: ChartAxis, _ y: ChartAxis, into picture: inout SVGPicture) {
        if curve.style != .dots, curve.points.count > 1 {
            var points: [String] = []
            for point in curve.points {
                let position = String(format: "%.1f,%.1f", x.position(point.x), y.position(point.y))
                // Points on top of each other would only make the page heavy.
                if points.last != position { points.append(position) }
            }
            picture.add(
                "polyline",
                [
                    "class": "c\(curve.colour)", "stroke-dasharray": curve.style == .dashes ? "5 4" : nil,
                    "points": "\(points.joined(separator: " "))",
                ])
        } else {
            for point in curve.points {
                picture.add(
                    "circle",
                    [
                        "class": "d\(curve.colour)", "r": 3, "cx": .at(x.position(point.x)),
                        "cy": .at(y.position(point.y)),
                    ])
            }
        }
    }

    /// Beside the title; under the curves where the chart is narrow, one line per curve.
    private func drawLegend(_ shown: [Curve], into picture: inout SVGPicture) {
        func add(_ curve: Curve, x: Double, y: Double) {
            picture.add("rect", ["class": "d\(curve.colour)", "x": .at(x), "y": .at(y), "width": 10, "height": 10])
            picture.add("text", ["class": "tick", "x": .at(x + 14), "y": .at(y + 9)], curve.name)
        }
        if frame == .unitSquare {
            let named = shown.filter { !$0.name.isEmpty }
            let widest = named.map(\.name.count).max() ?? 0
            let x = max(Self.left + 8, width - Self.right - 30 - Double(widest) * 7)
            for (line, curve) in named.enumerated() {
                add(curve, x: x, y: height - Self.bottom - 18 * Double(named.count - line) - 6)
            }
            return
        }
        var x = width - Self.right
        for curve in shown.reversed() {
            x -= Double(curve.name.count) * 7 + 26
            add(curve, x: x, y: 8)
        }
    }

    private static func label(_ value: Double) -> String { String(format: "%.3g", value == 0 ? 0 : value) }
}
