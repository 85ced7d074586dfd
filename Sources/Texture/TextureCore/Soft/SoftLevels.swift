// Values in, weights over grey levels out: where the exact path gives a value one level (GreyLevels), this gives it a
// little of several, so that a gradient can flow. SoftCooccurrence adds up pairs of such weights.
//
// Legend: B bins over [lo, hi], D = (hi - lo) / B their length, L the sharpness, W = D / L the bandwidth, S the logistic
// function, t = (x - lo) / D the position of a value in bins.

import Glibc

/// What can be wrong with a soft discretisation.
public enum SoftLevelsError: Error, Equatable, CustomStringConvertible {
    case badRange(lower: Double, upper: Double)
    case badBinCount(found: Int, least: Int, most: Int)
    case badSharpness(found: Double, least: Double, most: Double)

    public var description: String {
        switch self {
        case .badRange(let lower, let upper):
            "soft grey levels need a range of two numbers, the lower one first; found \(lower) and \(upper)"
        case .badBinCount(let found, let least, let most): "\(found) bins; soft grey levels take \(least) to \(most)"
        case .badSharpness(let found, let least, let most): "sharpness \(found); expected \(least) to \(most)"
        }
    }
}

/// Soft grey levels by kernel density with the derivative of the sigmoid (GLCM-MAE, arXiv 2507.10869, eq. 2):
/// `w_k(x) = S((x - e_k) / W) - S((x - e_(k+1)) / W)` with the bin edges `e_k = lo + k D`.
public struct SoftLevels: Hashable, Sendable {
    /// What becomes of the weight that lies outside the range.
    public enum Ends: String, Hashable, Sendable, CaseIterable {
        /// It is dropped, as the paper's formula says: at the two ends a value's weights sum to 1/2.
        case open
        /// It is folded back, as the authors' program does: `w_k(x) + w_k(2 lo - x) + w_k(2 hi - x)`, once at each end.
        case mirrored
    }

    public let range: ClosedRange<Double>
    public let bins: Int
    /// L: bin length over bandwidth. 0.5 is wide, 5 the authors' smooth setting, 30 nearly a hard histogram. The paper
    /// calls the bin length L; this is the L of the authors' program.
    public let sharpness: Double
    public let ends: Ends

    public static let mostBins = 512
    public static let sharpnessLimits = 0.01...1e6

    public init(
        range: ClosedRange<Double>, bins: Int = 256, sharpness: Double = 5, ends: Ends = .mirrored
    ) throws(SoftLevelsError) {
        guard range.lowerBound.isFinite, range.upperBound.isFinite, range.lowerBound < range.upperBound,
            (range.upperBound - range.lowerBound).isFinite
        else { throw .badRange(lower: range.lowerBound, upper: range.upperBound) }
        guard (2...Self.mostBins).contains(bins) else {
            throw .badBinCount(found: bins, least: 2, most: Self.mostBins)
        }
        guard Self.sharpnessLimits.contains(sharpness) else {
            throw .badSharpness(
                found: sharpness, least: Self.sharpnessLimits.lowerBound, most: Self.sharpnessLimits.upperBound)
        }
        (self.range, self.bins, self.sharpness, self.ends) = (range, bins, sharpness, ends)
    }

    /// D.
    public var binLength: Double { (range.upperBound - range.lowerBound) / Double(bins) }

    /// The weight of one value in each bin, and its derivative by the value, all bins, for a person or a test to look at.
    ///
    /// In the product form `w_k = (1 - e^-L) u v`, `u = S(L (t - k))`, `v = S(L (k + 1 - t))`, `dw_k/dx = w_k (v - u) / W`:
    /// a difference of two sigmoids cancels for the bins below the value, the product does not. The mirror terms are
    /// the weights of virtual bins: bin v < 0 adds to bin -1 - v, bin v ≥ B to bin 2B - 1 - v.
    public func weights(of value: Double) -> (weights: [Double], slopes: [Double]) {
        var weights = [Double](repeating: 0, count: bins)
        var slopes = weights
        guard value.isFinite else { return (weights, slopes) }
        let t = (value - range.lowerBound) / binLength
        for bin in ends == .mirrored ? -bins..<2 * bins : 0..<bins {
            let u = 1 / (1 + exp(-sharpness * (t - Double(bin))))
            let v = 1 / (1 + exp(-sharpness * (Double(bin) + 1 - t)))
            let weight = -expm1(-sharpness) * u * v
            weights[folded(bin)] += weight
            slopes[folded(bin)] += weight * (v - u) * sharpness / binLength
        }
        return (weights, slopes)
    }

    /// The real bin that virtual bin -B..<2B adds to.
    @inline(__always)
    func folded(_ bin: Int) -> Int { bin < 0 ? -1 - bin : bin >= bins ? 2 * bins - 1 - bin : bin }
}

/// The sharpness over training. With 256 bins and L ≥ 5 the loss pulls towards the target only once it is within a bin, and
/// at L = 30 half of the pixels have no gradient; starting wide and sharpening helps.
public enum SharpnessSchedule: Hashable, Sendable {
    case constant(Double)
    /// `start + increment` times the number of whole `period`s since `firstEpoch`, at most `limit`; the authors'
    /// schedule is 5 + (epoch - 200) // 6.
    case steps(start: Double, increment: Double, period: Int, firstEpoch: Int, limit: Double)
    /// From `start` to `end` by equal factors over `epochs`.
    case geometric(start: Double, end: Double, epochs: Range<Int>)

    public func sharpness(epoch: Int) -> Double {
        switch self {
        case .constant(let sharpness): return sharpness
        case .steps(let start, let increment, let period, let firstEpoch, let limit):
            let periods = max(0, epoch - firstEpoch) / max(1, period)
            return min(limit, start + increment * Double(periods))
        case .geometric(let start, let end, let epochs):
            guard epochs.count > 1 else { return epoch < epochs.lowerBound ? start : end }
            let progress = Double(epoch - epochs.lowerBound) / Double(epochs.count - 1)
            return start * pow(end / start, min(1, max(0, progress)))
        }
    }
}
