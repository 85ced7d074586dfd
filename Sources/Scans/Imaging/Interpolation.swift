// Interpolation between the voxels of regular grids with the same axes. It separates: a value is a weighted sum along x
// of weighted sums along y of weighted sums along z, so each axis is done by itself, on whole rows at a time.

/// How a value between voxels is made from those around it.
public enum Interpolation: String, CaseIterable, Sendable {
    /// The closest voxel's; of two as close the one with the higher index, as ITK.
    case nearest
    /// Of two voxels along each axis, in proportion.
    case linear
    /// The cubic B-spline through the voxels (Unser 1999), continued by mirroring at the border voxels' centres:
    /// `mode="mirror"` of SciPy, and what ITK does.
    case cubic
}

/// Where the voxels of a new axis lie on an old one, in old indices: new voxel k at `first + k step`.
struct AxisSampling: Hashable {
    var first: Double
    var step: Double
    var oldCount: Int
    var newCount: Int
    var outside: Outside

    /// What a position beyond the old grid gets.
    enum Outside: Hashable {
        /// The value at the border voxel's centre, for anything beyond that centre (IBSI).
        case border
        /// 0 for anything beyond the border voxel's edge (ITK's default, used by PyRadiomics).
        case zero
        /// NaN for anything beyond the border voxel's edge.
        case unknown
    }

    var isIdentity: Bool { first == 0 && step == 1 && oldCount == newCount }

    func position(_ k: Int) -> Double { first + Double(k) * step }

    /// The same voxels with another first position; what lies beyond the border changes only where the border is continued.
    func moved(by shift: Double, outside other: Outside? = nil) -> AxisSampling {
        var result = self
        result.first += shift
        if outside == .border, let other { result.outside = other }
        return result
    }

    /// The new voxels whose values may depend on old voxels `lower..<upper`, when interpolated linearly or by the closest.
    func reach(of old: Range<Int>) -> Range<Int> {
        let low = old.lowerBound == 0 ? 0 : Int(((Double(old.lowerBound) - 1 - first) / step).rounded(.down))
        let high =
            old.upperBound == oldCount ? newCount : Int(((Double(old.upperBound) - first) / step).rounded(.up)) + 1
        let start = min(max(low, 0), newCount)
        return start..<max(start, min(high, newCount))
    }

    /// One new voxel's old voxels and their weights; all weights 0 outside.
    struct Taps {
        var indices: SIMD4<Int>
        var weights: SIMD4<Double>
    }

    /// Of new voxels `range`, with indices into the old axis.
    func taps(_ range: Range<Int>, _ interpolation: Interpolation) -> [Taps] {
        range.map { k in
            var t = position(k)
            let last = Double(oldCount - 1)
            switch outside {
            case .border: t = min(max(t, 0), last)
            case .zero:
                guard t >= -0.5, t < last + 0.5 else { return Taps(indices: .zero, weights: .zero) }
            case .unknown:
                guard t >= -0.5, t < last + 0.5 else {
                    return Taps(indices: SIMD4(repeating: t < 0 ? 0 : oldCount - 1), weights: [.nan, 0, 0, 0])
                }
            }
            switch interpolation {
            case .nearest:
                let index = min(max(Int((t + 0.5).rounded(.down)), 0), oldCount - 1)
                return Taps(indices: SIMD4(repeating: index), weights: [1, 0, 0, 0])
            case .linear:
                t = min(max(t, 0), last)
                let below = min(Int(t), max(0, oldCount - 2))
                let fraction = t - Double(below)
                let above = min(below + 1, oldCount - 1)
                return Taps(indices: [below, above, below, below], weights: [1 - fraction, fraction, 0, 0])
            case .cubic:
                let below = Int(t.rounded(.down))
                let f = t - Double(below)
                let g = 1 - f
                return Taps(
                    indices: SIMD4(mirrored(below - 1), mirrored(below), mirrored(below + 1), mirrored(below + 2)),
                    weights: SIMD4(
                        g * g * g / 6, 2.0 / 3 - f * f * (2 - f) / 2, 2.0 / 3 - g * g * (2 - g) / 2, f * f * f / 6))
            }
        }
    }

    private func mirrored(_ index: Int) -> Int {
        guard oldCount > 1 else { return 0 }
        let period = 2 * (oldCount - 1)
        let folded = ((index % period) + period) % period
        return folded < oldCount ? folded : period - folded
    }

    /// The old voxels that the new voxels `range` are computed from, with the spline's memory: its filter forgets a voxel
    /// by a factor 3.7 a step, so that 32 voxels away nothing of it is left in a double.
    func sources(of range: Range<Int>, _ interpolation: Interpolation) -> Range<Int> {
        guard !range.isEmpty else { return 0..<0 }
        let margin = interpolation == .cubic ? 34 : 2
        let low = Int(position(range.lowerBound).rounded(.down)) - margin
        let high = Int(position(range.upperBound - 1).rounded(.up)) + margin + 1
        let start = min(max(low, 0), oldCount - 1)
        return start..<min(max(high, start + 1), oldCount)
    }
}

/// The coefficients of the cubic B-spline through the voxels of a box.
package enum SplineCoefficients {
    /// - Parameter values: x fastest.
    package static func of(_ values: [Double], size: SIMD3<Int>) -> [Double] {
        var data = values
        AxisPass(inner: 1, outer: size.y * size.z).splineCoefficients(&data, count: size.x)
        AxisPass(inner: size.x, outer: size.z).splineCoefficients(&data, count: size.y)
        AxisPass(inner: size.x * size.y, outer: 1).splineCoefficients(&data, count: size.z)
        return data
    }
}

/// Values on their way through the three axes: `count` of the current axis, `inner` values between two steps along it.
struct AxisPass {
    let inner: Int
    let outer: Int

    /// Turns samples into the coefficients of the cubic B-spline that passes through them (Unser, Aldroubi & Eden 1993):
    /// a causal and an anticausal recursion with the pole √3 - 2, mirrored at both ends.
    func splineCoefficients(_ data: inout [Double], count n: Int) {
        guard n > 1 else { return }
        let pole = 3.0.squareRoot() - 2
        let inner = inner
        data.withUnsafeMutableBufferPointer { data in
            for slab in 0..<outer {
                let c = UnsafeMutableBufferPointer(rebasing: data[(slab * n * inner)..<((slab + 1) * n * inner)])
                // c⁺(0) = Σ z^k s(k) over the mirrored samples, a period of 2n - 2 of them; then the gain of 6.
                var power = pole
                var far = power
                for _ in 0..<(2 * n - 4) { far *= pole }
                let period = 1 - far * pole
                for i in 0..<inner {
                    power = pole
                    var back = far
                    var sum = c[i]
                    for k in 1..<n {
                        sum += (k == n - 1 ? power : power + back) * c[k * inner + i]
                        power *= pole
                        back /= pole
                        if abs(power) < 1e-40 { break }
                    }
                    c[i] = sum / period * 6
                }
                for k in 1..<n {
                    let row = k * inner
                    for i in 0..<inner { c[row + i] = 6 * c[row + i] + pole * c[row - inner + i] }
                }
                let last = (n - 1) * inner
                for i in 0..<inner {
                    c[last + i] = pole / (pole * pole - 1) * (pole * c[last - inner + i] + c[last + i])
                }
                for k in stride(from: n - 2, through: 0, by: -1) {
                    let row = k * inner
                    for i in 0..<inner { c[row + i] = pole * (c[row + inner + i] - c[row + i]) }
                }
            }
        }
    }

    /// Weighted sums along the axis; `first` is the old index of the first of `count` values.
    func interpolated(_ data: [Double], count: Int, first: Int, _ taps: [AxisSampling.Taps]) -> [Double] {
        let inner = inner
        return [Double](unsafeUninitializedCapacity: outer * taps.count * inner) { result, written in
            data.withUnsafeBufferPointer { data in
                for slab in 0..<outer {
                    for (k, tap) in taps.enumerated() {
                        let target = (slab * taps.count + k) * inner
                        for i in 0..<inner { result[target + i] = 0 }
                        for j in 0..<4 where tap.weights[j] != 0 {
                            let weight = tap.weights[j]
                            let source = (slab * count + tap.indices[j] - first) * inner
                            for i in 0..<inner { result[target + i] += weight * data[source + i] }
                        }
                    }
                }
            }
            written = outer * taps.count * inner
        }
    }
}
