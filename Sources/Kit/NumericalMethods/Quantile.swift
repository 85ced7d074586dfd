/// Quantile of values in ascending order, interpolated linearly between order statistics (definition 7 of Hyndman, Fan, Am.
/// Stat. 50, 1996; NumPy's and R's default). As in NumPy the interpolation starts from the nearer value, so that it never falls
/// while the probability rises.
///
/// - Parameters:
///   - probability: 0...1.
///   - count: of values, at least 1.
///   - value: the k-th smallest of them, k from 0.
package func quantile(_ probability: Double, count: Int, _ value: (Int) -> Double) -> Double {
    precondition(count > 0, "a quantile of nothing")
    let position = probability * Double(count - 1)
    let below = Int(position)
    guard below + 1 < count else { return value(count - 1) }
    let fraction = position - Double(below)
    let (low, high) = (value(below), value(below + 1))
    return fraction < 0.5 ? low + (high - low) * fraction : high - (high - low) * (1 - fraction)
}

/// The same of an array in ascending order.
package func quantile(_ sorted: [Double], _ probability: Double) -> Double {
    quantile(probability, count: sorted.count) { sorted[$0] }
}
