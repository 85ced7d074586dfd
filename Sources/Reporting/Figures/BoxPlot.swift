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

    public var svg: String {
        let values = groups.flatMap { $0.boxes.compactMap { $0?.quantiles } }.joined().filter { $0 > 0 && $0.isFinite }
        guard let low = values.min(), let high = values.max() else { return "" }
        // What is smaller than a ten-thousandth of the largest lies at the left end.
        let floor = max(low, high / 1e4)
        let (first, last) = (
            log10(floor).rounded(.down), max(log10(floor).rounded(.down) + 1, log10(high).rounded(.up))
        )
        func x(_ value: Double) -> String {
            let place = value > 0 ? min(1, max(0, (log10(value) - first) / (last - first))) : 0
            return Self.text(Self.left + place * (Self.width - Self.left - Self.right))
        }
        let top = 30 + 16 * Double(series.count)
        let step = Self.boxHeight * Double(max(1, series.count)) + Self.gap
        let bottom = top + step * Double(groups.count)
        var body = "<text class=\"title\" x=\"4\" y=\"16\">\(HTML.escaped(title))</text>"
        for (place, name) in series.enumerated() {
            let y = 32 + 16 * Double(place)
            body +=
                "<rect class=\"d\(place % 5 + 1)\" opacity=\"0.55\" x=\"4\" y=\"\(y - 9)\" width=\"12\" height=\"9\"/>"
            body += "<text x=\"22\" y=\"\(y)\">\(HTML.escaped(name))</text>"
        }
        for decade in Int(first)...Int(last) {
            let place = x(pow(10, Double(decade)))
            body += "<line class=\"grid\" x1=\"\(place)\" x2=\"\(place)\" y1=\"\(top)\" y2=\"\(bottom)\"/>"
            body += "<text text-anchor=\"middle\" x=\"\(place)\" y=\"\(bottom + 14)\">\(Self.label(decade))</text>"
        }
        body +=
            "<text text-anchor=\"end\" x=\"\(Self.width - Self.right)\" y=\"\(bottom + 30)\">\(HTML.escaped(axis))</text>"
        for (place, group) in groups.enumerated() {
            let y = top + step * Double(place)
            let middle = y + (step - Self.gap) / 2
            body +=
                "<text text-anchor=\"end\" x=\"\(Self.left - 8)\" y=\"\(Self.text(middle + 4))\">\(HTML.escaped(group.name))</text>"
            for (number, box) in group.boxes.enumerated() {
                guard let q = box?.quantiles else { continue }
                let line = y + Self.boxHeight * Double(number)
                let centre = Self.text(line + Self.boxHeight / 2)
                let colour = number % 5 + 1
                body +=
                    "<line class=\"c\(colour)\" x1=\"\(x(q[0]))\" x2=\"\(x(q[4]))\" y1=\"\(centre)\" y2=\"\(centre)\"/>"
                let breadth = max(1, (Double(x(q[3])) ?? 0) - (Double(x(q[1])) ?? 0))
                body +=
                    "<rect class=\"d\(colour)\" opacity=\"0.55\" x=\"\(x(q[1]))\" y=\"\(Self.text(line + 1))\" width=\"\(Self.text(breadth))\" height=\"\(Self.boxHeight - 2)\"/>"
                body +=
                    "<line stroke=\"var(--ink)\" x1=\"\(x(q[2]))\" x2=\"\(x(q[2]))\" y1=\"\(Self.text(line))\" y2=\"\(Self.text(line + Self.boxHeight))\"/>"
            }
        }
        return
            "<svg viewBox=\"0 0 \(Self.width) \(bottom + 36)\" role=\"img\" aria-label=\"\(HTML.escaped(title))\">\(body)</svg>"
    }

    private static func text(_ value: Double) -> String { String(format: "%.1f", value) }

    private static func label(_ decade: Int) -> String {
        (-3...3).contains(decade) ? String(format: "%g", pow(10, Double(decade))) : "1e\(decade)"
    }
}
