/// Which values the grey levels of compared images lie between. What lies beyond counts in the first or the last level.
public enum ComparisonWindow: Hashable, Sendable {
    /// From the smallest to the largest value of all that is compared, both sides: a level means the same everywhere.
    case common
    /// The same of each pair by itself: both of a pair have the same levels.
    case pair
    /// Of each image by itself: a level is a share of its own range. For images whose units differ.
    case each
    /// In the images' unit; the unit, where one was named, is that of every image or the comparison is refused.
    case given(ClosedRange<Double>, unit: String?)
}

/// Levels of equal width, from 1.
public struct EqualLevels: Hashable, Sendable {
    public let range: ClosedRange<Double>
    public let count: Int

    /// - Precondition: `count` is 1 to 65535.
    public init(_ range: ClosedRange<Double>, count: Int) {
        precondition((1...65535).contains(count), "\(count) levels")
        (self.range, self.count) = (range, count)
    }

    /// Of a level, in the images' unit; 0 where the range is a single value.
    public var width: Double { (range.upperBound - range.lowerBound) / Double(count) }

    /// Level k holds lower + (k - 1) · width ≤ v < lower + k · width, the last one its upper end as well.
    public func level(_ value: Double) -> UInt16 {
        guard width > 0 else { return 1 }
        let place = ((value - range.lowerBound) / (range.upperBound - range.lowerBound) * Double(count)).rounded(.down)
        return UInt16(min(max(place, 0), Double(count - 1))) + 1
    }
}
