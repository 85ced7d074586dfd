import TextureCore

/// The 18 intensity-based statistics of IBSI 3.3; of grey levels they are part of the histogram's 23.
public enum IntensityStatistic: Hashable, CaseIterable, Sendable {
    case mean, variance, skewness, kurtosis, median, minimum, percentile10, percentile90, maximum
    case interquartileRange, range, meanAbsoluteDeviation, robustMeanAbsoluteDeviation, medianAbsoluteDeviation
    case coefficientOfVariation, quartileCoefficientOfDispersion, energy, rootMeanSquare
}

/// The values of a region in ascending order, and what the statistics have in common.
///
/// Sums run over the sorted values, so that they do not depend on the order of the voxels.
struct SortedSample {
    private let values: [Double]
    let mean: Double
    /// Central moments Σ (X - μ)^k / N.
    let variance: Double
    private let third: Double
    private let fourth: Double

    /// Nil for no values.
    init?(_ unsorted: [Double]) {
        guard !unsorted.isEmpty else { return nil }
        values = unsorted.sorted()
        let n = Double(values.count)
        var sum = 0.0
        for x in values { sum += x }
        let mean = sum / n
        var (second, third, fourth) = (0.0, 0.0, 0.0)
        for x in values {
            let deviation = x - mean
            let square = deviation * deviation
            second += square
            third += square * deviation
            fourth += square * square
        }
        self.mean = mean
        variance = isFlat(values) ? 0 : second / n
        (self.third, self.fourth) = (third / n, fourth / n)

        // The mean of equal values may be off by a rounding; their spread is none.
        func isFlat(_ sorted: [Double]) -> Bool { sorted[0] == sorted[sorted.count - 1] }
    }

    var count: Int { values.count }
    var minimum: Double { values[0] }
    var maximum: Double { values[values.count - 1] }

    /// By linear interpolation between order statistics, as NumPy (Hyndman & Fan type 7).
    func percentile(_ percent: Double) -> Double {
        let position = percent / 100 * Double(values.count - 1)
        let below = Int(position)
        guard below + 1 < values.count else { return maximum }
        let fraction = position - Double(below)
        // NumPy's own form of the interpolation: from the nearer end.
        let step = values[below + 1] - values[below]
        return fraction < 0.5 ? values[below] + step * fraction : values[below + 1] - step * (1 - fraction)
    }

    /// 0 when all values are equal.
    var skewness: Double { variance == 0 ? 0 : third / (variance * variance.squareRoot()) }
    /// E[(X - μ)⁴] / σ⁴, without the 3 taken off; 0 when all values are equal.
    var kurtosis: Double { variance == 0 ? 0 : fourth / (variance * variance) }

    func meanDeviation(from centre: Double) -> Double {
        var sum = 0.0
        for x in values { sum += abs(x - centre) }
        return sum / Double(values.count)
    }

    /// Of the values within [P_10, P_90], from their own mean.
    var robustMeanDeviation: Double {
        let (low, high) = (percentile(10), percentile(90))
        let kept = values.filter { $0 >= low && $0 <= high }
        guard let robust = SortedSample(kept) else { return 0 }
        return robust.meanDeviation(from: robust.mean)
    }

    /// Σ (X + shift)²
    func energy(shift: Double = 0) -> Double {
        var sum = 0.0
        for x in values { sum += (x + shift) * (x + shift) }
        return sum
    }

    func measure(_ statistic: IntensityStatistic) -> Measure {
        switch statistic {
        case .mean: return .value(mean)
        case .variance: return .value(variance)
        case .skewness: return .value(skewness)
        case .kurtosis: return .value(variance == 0 ? 0 : kurtosis - 3)
        case .median: return .value(percentile(50))
        case .minimum: return .value(minimum)
        case .percentile10: return .value(percentile(10))
        case .percentile90: return .value(percentile(90))
        case .maximum: return .value(maximum)
        case .interquartileRange: return .value(percentile(75) - percentile(25))
        case .range: return .value(maximum - minimum)
        case .meanAbsoluteDeviation: return .value(meanDeviation(from: mean))
        case .robustMeanAbsoluteDeviation: return .value(robustMeanDeviation)
        case .medianAbsoluteDeviation: return .value(meanDeviation(from: percentile(50)))
        case .coefficientOfVariation:
            return mean == 0 ? .undefined(.zeroMean) : .value(variance.squareRoot() / mean)
        case .quartileCoefficientOfDispersion:
            let (low, high) = (percentile(25), percentile(75))
            return low + high == 0 ? .undefined(.zeroQuartileSum) : .value((high - low) / (high + low))
        case .energy: return .value(energy())
        case .rootMeanSquare: return .value((energy() / Double(count)).squareRoot())
        }
    }
}
