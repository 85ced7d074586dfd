import Foundation

/// An axis of a chart: where a value lies in the picture, and which values are marked.
struct ChartAxis {
    enum Scale: Sendable { case linear, logarithmic }

    let scale: Scale
    /// The values at its ends; on a logarithmic axis their decimal logarithms.
    private let (lower, upper): (Double, Double)
    /// Pixels from the left or the top.
    private let (start, end): (Double, Double)

    /// - Parameters:
    ///   - ends: of a logarithmic axis as decimal logarithms.
    ///   - start: where the lower end lies in the picture.
    init(_ scale: Scale, ends: (lower: Double, upper: Double), from start: Double, to end: Double) {
        (self.scale, lower, upper) = (scale, ends.lower, ends.upper)
        (self.start, self.end) = (start, end)
    }

    /// Ends that hold all values, half a unit beside a single one.
    static func ends(of values: [Double], _ scale: Scale) -> (lower: Double, upper: Double) {
        let levels = scale == .linear ? values : values.map { log10($0) }
        let (low, high) = (levels.min() ?? 0, levels.max() ?? 1)
        return high > low ? (low, high) : (low - 0.5, high + 0.5)
    }

    /// How far along the axis a value lies: 0 at its lower end, 1 at its upper.
    private func share(_ value: Double) -> Double {
        ((scale == .linear ? value : log10(value)) - lower) / (upper - lower)
    }

    func position(_ value: Double) -> Double { start + share(value) * (end - start) }

    /// What lies beyond an end is drawn at it.
    func clampedPosition(_ value: Double) -> Double { start + clampedLength(value) }

    /// From the lower end to the value.
    func clampedLength(_ value: Double) -> Double {
        guard scale == .linear || value > 0 else { return 0 }
        return min(1, max(0, share(value))) * (end - start)
    }

    /// Whether a value lies between the ends, on neither of them.
    func holds(_ value: Double) -> Bool { value > lower && value < upper }

    /// Values to mark: round ones; on a logarithmic axis 1, 2 and 5 times powers of ten where two of them fit.
    var ticks: [Double] {
        guard scale == .logarithmic else { return Self.roundTicks(from: lower, to: upper) }
        let powers = stride(from: lower.rounded(.down), through: upper, by: upper - lower > 5 ? 2 : 1)
        let steps: [Double] = upper - lower > 2 ? [1] : [1, 2, 5]
        let ticks = powers.flatMap { power in steps.map { $0 * pow(10, power) } }
            .filter { (lower...upper).contains(log10($0)) }
        return ticks.count > 1 ? ticks : Self.roundTicks(from: pow(10, lower), to: pow(10, upper))
    }

    /// Three to seven multiples of 1, 2 or 5 times a power of ten.
    static func roundTicks(from low: Double, to high: Double) -> [Double] {
        let rough = (high - low) / 5
        let power = pow(10, floor(log10(rough)))
        let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
        return stride(from: (low / step).rounded(.up) * step, through: high, by: step).map { $0 }
    }
}
