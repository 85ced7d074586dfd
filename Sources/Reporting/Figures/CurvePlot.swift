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

    public var svg: String {
        let shown = curves.map { curve in
            var curve = curve
            curve.points = curve.points.filter { $0.y.isFinite && (scale == .linear || $0.y > 0) }
            return curve
        }.filter { !$0.points.isEmpty }
        guard !shown.isEmpty else { return "" }
        let xs = shown.flatMap { $0.points.map(\.x) }
        let ys = shown.flatMap { $0.points.map { level(of: $0.y) } }
        let (x0, x1) = frame == .unitSquare ? (0, 1) : Self.widened(xs.min() ?? 0, xs.max() ?? 1)
        let (y0, y1) = frame == .unitSquare ? (0, 1) : Self.widened(ys.min() ?? 0, ys.max() ?? 1)
        func px(_ x: Double) -> Double { Self.left + (x - x0) / (x1 - x0) * (width - Self.left - Self.right) }
        func py(_ y: Double) -> Double {
            height - Self.bottom - (level(of: y) - y0) / (y1 - y0) * (height - Self.top - Self.bottom)
        }
        var body = "<text class=\"title\" x=\"\(Self.left)\" y=\"16\">\(HTML.escaped(title))</text>"
        for tick in ticks(from: y0, to: y1) {
            let y = Self.text(py(tick))
            body +=
                "<line class=\"grid\" x1=\"\(Self.left)\" x2=\"\(width - Self.right)\" y1=\"\(y)\" y2=\"\(y)\"/>"
            body +=
                "<text class=\"tick\" text-anchor=\"end\" x=\"\(Self.left - 6)\" y=\"\(y)\" dy=\"4\">\(Self.label(tick))</text>"
        }
        for tick in Self.roundTicks(from: x0, to: x1) {
            body +=
                "<text class=\"tick\" text-anchor=\"middle\" x=\"\(Self.text(px(tick)))\" y=\"\(height - 16)\">"
            body += "\(Self.label(tick))</text>"
        }
        body +=
            "<text class=\"tick\" text-anchor=\"end\" x=\"\(width - Self.right)\" y=\"\(height - 3)\">\(HTML.escaped(axis))</text>"
        if let mark, mark > x0, mark < x1 {
            let x = Self.text(px(mark))
            body +=
                "<line class=\"mark\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(Self.top)\" y2=\"\(height - Self.bottom)\"/>"
        }
        for curve in shown {
            var points: [String] = []
            for point in curve.points {
                let place = "\(Self.text(px(point.x))),\(Self.text(py(point.y)))"
                // Points on top of each other would only make the page heavy.
                if points.last != place { points.append(place) }
            }
            if curve.style != .dots, points.count > 1 {
                let dashes = curve.style == .dashes ? " stroke-dasharray=\"5 4\"" : ""
                body += "<polyline class=\"c\(curve.colour)\"\(dashes) points=\"\(points.joined(separator: " "))\"/>"
            } else {
                for point in curve.points {
                    body += "<circle class=\"d\(curve.colour)\" r=\"3\" cx=\"\(Self.text(px(point.x)))\" "
                    body += "cy=\"\(Self.text(py(point.y)))\"/>"
                }
            }
        }
        body += legend(shown)
        let limit = frame == .unitSquare ? " style=\"max-width:26rem\"" : ""
        return
            "<svg\(limit) viewBox=\"0 0 \(width) \(height)\" role=\"img\" aria-label=\"\(HTML.escaped(title))\">\(body)</svg>"
    }

    /// Beside the title; under the curves where the chart is narrow, a line each.
    private func legend(_ shown: [Curve]) -> String {
        func entry(_ curve: Curve, x: Double, y: Double) -> String {
            "<rect class=\"d\(curve.colour)\" x=\"\(x)\" y=\"\(y)\" width=\"10\" height=\"10\"/>"
                + "<text class=\"tick\" x=\"\(x + 14)\" y=\"\(y + 9)\">\(HTML.escaped(curve.name))</text>"
        }
        let named = shown.filter { !$0.name.isEmpty }
        if frame == .unitSquare {
            let widest = named.map(\.name.count).max() ?? 0
            let x = max(Self.left + 8, width - Self.right - 30 - Double(widest) * 7)
            return named.enumerated().map { place, curve in
                entry(curve, x: x, y: height - Self.bottom - 18 * Double(named.count - place) - 6)
            }.joined()
        }
        var (x, text) = (width - Self.right, "")
        for curve in shown.reversed() {
            x -= Double(curve.name.count) * 7 + 26
            text += entry(curve, x: x, y: 8)
        }
        return text
    }

    private func level(of y: Double) -> Double { scale == .linear ? y : log10(y) }

    /// Values at which the y axis has a line; on a logarithmic one 1, 2 and 5 times powers of ten where two of them fit.
    private func ticks(from low: Double, to high: Double) -> [Double] {
        guard scale == .logarithmic else { return Self.roundTicks(from: low, to: high) }
        let powers = stride(from: low.rounded(.down), through: high, by: high - low > 5 ? 2 : 1)
        let steps: [Double] = high - low > 2 ? [1] : [1, 2, 5]
        let places = powers.flatMap { power in steps.map { $0 * pow(10, power) } }
            .filter { (low...high).contains(log10($0)) }
        return places.count > 1 ? places : Self.roundTicks(from: pow(10, low), to: pow(10, high))
    }

    private static func widened(_ low: Double, _ high: Double) -> (Double, Double) {
        high > low ? (low, high) : (low - 0.5, high + 0.5)
    }

    /// Three to seven multiples of 1, 2 or 5 times a power of ten.
    private static func roundTicks(from low: Double, to high: Double) -> [Double] {
        let rough = (high - low) / 5
        let power = pow(10, floor(log10(rough)))
        let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
        return stride(from: (low / step).rounded(.up) * step, through: high, by: step).map { $0 }
    }

    private static func text(_ value: Double) -> String { String(format: "%.1f", value) }
    private static func label(_ value: Double) -> String { String(format: "%.3g", value == 0 ? 0 : value) }
}
