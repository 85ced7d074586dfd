// A curve chart as inline SVG: no script, no network, colours by CSS classes so that it follows the page's light or dark.

import Foundation

/// One line of a chart.
struct Curve {
    var name: String
    /// Number of the class `c1` … `c5` that colours it.
    var colour: Int
    var points: [(x: Double, y: Double)]
    var style: Style = .line

    enum Style { case line, dots }
}

/// A chart with a linear x axis (epochs) and a linear or logarithmic y axis.
struct CurvePlot {
    var title: String
    var curves: [Curve]
    var scale: Scale = .linear
    /// Where the second phase begins; marked by a line.
    var mark: Double?

    enum Scale { case linear, logarithmic }

    private static let (width, height) = (640.0, 260.0)
    private static let (left, right, top, bottom) = (64.0, 12.0, 30.0, 34.0)

    var svg: String {
        let shown = curves.map { curve in
            var curve = curve
            curve.points = curve.points.filter { $0.y.isFinite && (scale == .linear || $0.y > 0) }
            return curve
        }.filter { !$0.points.isEmpty }
        guard !shown.isEmpty else { return "" }
        let xs = shown.flatMap { $0.points.map(\.x) }
        let ys = shown.flatMap { $0.points.map { height(of: $0.y) } }
        let (x0, x1) = Self.widened(xs.min() ?? 0, xs.max() ?? 1)
        let (y0, y1) = Self.widened(ys.min() ?? 0, ys.max() ?? 1)
        func px(_ x: Double) -> Double { Self.left + (x - x0) / (x1 - x0) * (Self.width - Self.left - Self.right) }
        func py(_ y: Double) -> Double {
            Self.height - Self.bottom - (height(of: y) - y0) / (y1 - y0) * (Self.height - Self.top - Self.bottom)
        }
        var body = "<text class=\"title\" x=\"\(Self.left)\" y=\"16\">\(HTML.escaped(title))</text>"
        for tick in ticks(from: y0, to: y1) {
            let y = Self.text(py(tick))
            body +=
                "<line class=\"grid\" x1=\"\(Self.left)\" x2=\"\(Self.width - Self.right)\" y1=\"\(y)\" y2=\"\(y)\"/>"
            body +=
                "<text class=\"tick\" text-anchor=\"end\" x=\"\(Self.left - 6)\" y=\"\(y)\" dy=\"4\">\(Self.label(tick))</text>"
        }
        for tick in Self.roundTicks(from: x0, to: x1) {
            body +=
                "<text class=\"tick\" text-anchor=\"middle\" x=\"\(Self.text(px(tick)))\" y=\"\(Self.height - 16)\">"
            body += "\(Self.label(tick))</text>"
        }
        body +=
            "<text class=\"tick\" text-anchor=\"end\" x=\"\(Self.width - Self.right)\" y=\"\(Self.height - 3)\">epoch</text>"
        if let mark, mark > x0, mark < x1 {
            let x = Self.text(px(mark))
            body +=
                "<line class=\"mark\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(Self.top)\" y2=\"\(Self.height - Self.bottom)\"/>"
        }
        for curve in shown {
            let points = curve.points.map { "\(Self.text(px($0.x))),\(Self.text(py($0.y)))" }
            if curve.style == .line, points.count > 1 {
                body += "<polyline class=\"c\(curve.colour)\" points=\"\(points.joined(separator: " "))\"/>"
            } else {
                for point in curve.points {
                    body += "<circle class=\"d\(curve.colour)\" r=\"3\" cx=\"\(Self.text(px(point.x)))\" "
                    body += "cy=\"\(Self.text(py(point.y)))\"/>"
                }
            }
        }
        var x = Self.width - Self.right
        for curve in shown.reversed() {
            x -= Double(curve.name.count) * 7 + 26
            body += "<rect class=\"d\(curve.colour)\" x=\"\(x)\" y=\"8\" width=\"10\" height=\"10\"/>"
            body += "<text class=\"tick\" x=\"\(x + 14)\" y=\"17\">\(HTML.escaped(curve.name))</text>"
        }
        return
            "<svg viewBox=\"0 0 \(Self.width) \(Self.height)\" role=\"img\" aria-label=\"\(HTML.escaped(title))\">\(body)</svg>"
    }

    private func height(of y: Double) -> Double { scale == .linear ? y : log10(y) }

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

enum HTML {
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
