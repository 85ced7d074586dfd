/// A number, or why there is none: a rate with nothing to divide by is neither 0 nor NaN.
public enum Statistic: Hashable, Sendable {
    case value(Double)
    case undefined(Undefined)

    public var value: Double? { if case .value(let value) = self { value } else { nil } }

    public func map(_ change: (Double) -> Double) -> Statistic {
        if case .value(let value) = self { .value(change(value)) } else { self }
    }

    /// `numerator / denominator`, or the reason when the denominator is 0.
    static func ratio(_ numerator: Double, _ denominator: Double, else reason: Undefined) -> Statistic {
        denominator > 0 ? .value(numerator / denominator) : .undefined(reason)
    }
}

/// Why a statistic has no value.
public enum Undefined: String, Hashable, Sendable {
    case noObservations = "there are no observations"
    case noPositives = "there is no positive observation"
    case noNegatives = "there is no negative observation"
    case nothingPredicted = "nothing is predicted positive"
    case absentClass = "a class has no observation"
    case tooFew = "there are fewer than two observations"
    case onePatient = "there is only one patient"
    case constant = "all values are equal"
    case noProbabilities = "there are no probabilities"
    case rarelyDefined = "it is undefined in more than half of the resamples"
}

/// The ends of an interval that holds the true value with the stated confidence.
public struct Interval: Hashable, Sendable {
    public var low: Double
    public var high: Double

    public init(low: Double, high: Double) { (self.low, self.high) = (low, high) }

    /// The part of it that a figure can reach: no area lies above 1, whatever Student's t says.
    public func clipped(to range: ClosedRange<Double>) -> Interval {
        func clip(_ value: Double) -> Double { min(max(value, range.lowerBound), range.upperBound) }
        return Interval(low: clip(low), high: clip(high))
    }
}
