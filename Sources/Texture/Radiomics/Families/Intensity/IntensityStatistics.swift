import NumericalMethods
import TextureCore

/// The 18 intensity-based statistics of IBSI 3.3; of grey levels they are part of the histogram's 23.
public enum IntensityStatistic: Hashable, CaseIterable, Sendable {
    case mean, variance, skewness, kurtosis, median, minimum, percentile10, percentile90, maximum
    case interquartileRange, range, meanAbsoluteDeviation, robustMeanAbsoluteDeviation, medianAbsoluteDeviation
    case coefficientOfVariation, quartileCoefficientOfDispersion, energy, rootMeanSquare
}

/// The values of a region in ascending order, and what the statistics have in common.
///
/// Sums run over the sorted values, so that they do not depend on the order of the voxels, and carry the rounding of each
/// step along (Neumaier 1974).
struct SortedSample {
    let sorted: ValueFrequencies
    let mean: Double
    /// Central moments Σ (X - μ)^k / N.
    let variance: Double
    private let third: Double
    private let fourth: Double

    /// Nil for no values.
    init?(_ unsorted: consuming [Double]) { self.init(ValueFrequencies(unsorted: unsorted)) }

    /// Nil for no values.
    init?(_ sorted: ValueFrequencies) {
        guard let first = sorted.values.first, let last = sorted.values.last else { return nil }
        self.sorted = sorted
        let n = Double(sorted.count)
        // Equal values are their own mean, exactly; their spread is then 0 without a special case.
        let mean = first == last ? first : CompensatedSum(of: sorted) { $0 }.value / n
        var (second, third, fourth) = (CompensatedSum(), CompensatedSum(), CompensatedSum())
        sorted.forEachDistinct { x, times in
            let deviation = x - mean
            let square = deviation * deviation
            second.add(times * square)
            third.add(times * (square * deviation))
            fourth.add(times * (square * square))
        }
        self.mean = mean
        variance = second.value / n
        (self.third, self.fourth) = (third.value / n, fourth.value / n)
    }

    var count: Int { sorted.count }
    var minimum: Double { sorted.values[0] }
    var maximum: Double { sorted.values[sorted.values.count - 1] }

    func percentile(_ percent: Double) -> Double { quantile(percent / 100, count: count) { sorted[$0] } }

    /// 0 when all values are equal.
    var skewness: Double { variance == 0 ? 0 : third / (variance * variance.squareRoot()) }
    /// E[(X - μ)⁴] / σ⁴, without the 3 taken off; 0 when all values are equal.
    var kurtosis: Double { variance == 0 ? 0 : fourth / (variance * variance) }

    func meanDeviation(from centre: Double) -> Double {
        CompensatedSum(of: sorted) { abs($0 - centre) }.value / Double(count)
    }

    /// Of the values within [P_10, P_90], from their own mean.
    var robustMeanDeviation: Double {
        guard let robust = SortedSample(sorted.kept(from: percentile(10), to: percentile(90))) else { return 0 }
        return robust.meanDeviation(from: robust.mean)
    }

    /// Σ (X + shift)²
    func energy(shift: Double = 0) -> Double {
        CompensatedSum(of: sorted) { ($0 + shift) * ($0 + shift) }.value
    }

    private var rootMeanSquare: Double {
        minimum == maximum ? abs(minimum) : (energy() / Double(count)).squareRoot()
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
        case .rootMeanSquare: return .value(rootMeanSquare)
        }
    }
}

/// A sum whose error does not grow with the number of terms (Neumaier, ZAMM 54, 1974).
struct CompensatedSum {
    private var sum = 0.0
    private var lost = 0.0

    init() {}

    init(of values: ValueFrequencies, _ term: (Double) -> Double) {
        values.forEachDistinct { value, times in add(times * term(value)) }
    }

    mutating func add(_ term: Double) {
        let next = sum + term
        // What the larger of the two kept of the smaller is taken away again; the rest was lost.
        lost += abs(sum) >= abs(term) ? (sum - next) + term : (term - next) + sum
        sum = next
    }

    /// Infinite when the sum is.
    var value: Double { sum.isFinite ? sum + lost : sum }
}
