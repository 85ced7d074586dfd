import Foundation

/// A column of colours with the values that they stand for, and beside it what these are.
package struct ColourBar {
    /// Whether values beyond an end have the end's colour; such an end is a tip.
    package enum End: Sendable { case closed, open }

    private let title: [String]
    private let ticks: [(share: Double, text: String)]
    private let (lower, upper): (End, End)
    private let height: Int
    private static let (barWidth, tipHeight, tickLength, gap, textScale) = (22, 11, 5, 8, 2)

    /// Pixels that it takes.
    package let width: Int

    /// - Parameters:
    ///   - range: values of the lowest and the highest colour; where they are one, the bar has one colour.
    ///   - unit: of the values; empty for none.
    package init(title: String, unit: String, range: ClosedRange<Double>, lower: End, upper: End, height: Int) {
        let labels = BarLabels(range)
        let units = [labels.factor, unit].filter { !$0.isEmpty }.joined(separator: " ")
        let words = title.split(separator: " ").map(String.init) + (units.isEmpty ? [] : ["(\(units))"])
        self.title = Canvas.lines(of: words, separator: " ", width: height, scale: Self.textScale)
        ticks = labels.ticks(apart: 1.6 * Double(Canvas.lineHeight(scale: Self.textScale)) / Double(max(height, 1)))
        (self.lower, self.upper, self.height) = (lower, upper, height)
        let text = ticks.map { Canvas.textWidth($0.text, scale: Self.textScale) }.max() ?? 0
        width =
            Self.barWidth + Self.tickLength + 2 * Self.gap + text
            + self.title.count * Canvas.lineHeight(scale: Self.textScale)
    }

    package func draw(
        on canvas: inout Canvas, x: Int, y: Int, _ ink: SIMD3<UInt8>, colour: (Double) -> SIMD3<UInt8>
    ) {
        let tips = (lower == .open ? Self.tipHeight : 0, upper == .open ? Self.tipHeight : 0)
        let (top, bottom) = (y + tips.1, y + height - tips.0)
        let span = max(1, bottom - top - 1)
        for row in top..<max(top, bottom) {
            canvas.fill(x: x..<x + Self.barWidth, y: row..<row + 1, colour(1 - Double(row - top) / Double(span)))
        }
        for row in 0..<Self.tipHeight {
            let half = Self.barWidth / 2 * (row + 1) / Self.tipHeight
            let columns = x + Self.barWidth / 2 - half..<x + Self.barWidth / 2 + half
            if upper == .open { canvas.fill(x: columns, y: y + row..<y + row + 1, colour(1)) }
            if lower == .open { canvas.fill(x: columns, y: y + height - 1 - row..<y + height - row, colour(0)) }
        }
        let textHeight = Canvas.textHeight(scale: Self.textScale)
        for tick in ticks {
            let place = top + Int(((1 - tick.share) * Double(span)).rounded())
            canvas.fill(x: x + Self.barWidth..<x + Self.barWidth + Self.tickLength, y: place..<place + 1, ink)
            canvas.write(
                tick.text, x: x + Self.barWidth + Self.tickLength + Self.gap,
                y: max(y, min(y + height - textHeight, place - textHeight / 2)), scale: Self.textScale, ink)
        }
        let line = Canvas.lineHeight(scale: Self.textScale)
        let left = x + width - title.count * line + line - textHeight
        for (number, text) in title.enumerated() {
            let length = Canvas.textWidth(text, scale: Self.textScale)
            canvas.writeUpward(
                text, x: left + number * line, bottom: y + (height + length) / 2, scale: Self.textScale, ink)
        }
    }
}

/// The numbers beside a bar: its two ends and round ones between them, with as many digits as tell them apart.
package struct BarLabels {
    private let range: ClosedRange<Double>
    /// All numbers are multiples of it; 1 where the values are of a handy size.
    private let power: Double
    /// `1e6`; empty where it is 1.
    package let factor: String

    package init(_ range: ClosedRange<Double>) {
        self.range = range
        let largest = max(abs(range.lowerBound), abs(range.upperBound))
        let isHandy = largest == 0 || (1e-2..<1e5).contains(largest) || !largest.isFinite
        let exponent = isHandy ? 0 : Int((log10(largest) / 3).rounded(.down)) * 3
        power = pow(10, Double(exponent))
        factor = exponent == 0 ? "" : "1e\(exponent)"
    }

    /// From the lowest up. Round values closer than `apart`, as a share of the bar, to another one are left out.
    package func ticks(apart: Double) -> [(share: Double, text: String)] {
        let (low, high) = (range.lowerBound / power, range.upperBound / power)
        let span = high - low
        guard span > 0, span.isFinite else { return [(0.5, String(format: "%.4g", low))] }
        let digits = Self.digits(below: span, more: 2)
        let ends = [(share: 0.0, text: Self.text(low, digits)), (share: 1.0, text: Self.text(high, digits))]
        let round = ChartAxis.roundTicks(from: low, to: high)
        let step = round.count > 1 ? round[1] - round[0] : span
        var inner: [(share: Double, text: String)] = []
        for value in round {
            let share = (value - low) / span
            guard share >= (inner.last?.share ?? 0) + apart, share <= 1 - apart else { continue }
            inner.append((share, Self.text(value, Self.digits(below: step * (1 + 1e-9), more: 0))))
        }
        return [ends[0]] + inner + [ends[1]]
    }

    /// Digits after the point that show a length, and so many more.
    private static func digits(below length: Double, more: Int) -> Int {
        max(0, min(9, more - Int(log10(length).rounded(.down))))
    }

    private static func text(_ value: Double, _ digits: Int) -> String {
        let text = String(format: "%.\(digits)f", value)
        return text.allSatisfy { "-0.".contains($0) } ? text.replacing("-", with: "") : text
    }
}
