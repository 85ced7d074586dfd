// The soft levels of all pixels of one patch, as bands: a value has weight above float resolution in a few neighbouring
// bins only (7.4 on average at L = 5, 2.1 at L = 30), so each pixel keeps where its band starts and the weights in it.
//
// Legend: K the bins of a band, rounded up to whole vectors; B, D, L, t as in SoftLevels.swift.

import Glibc

/// Sizes of the bands and planes that a soft discretisation needs in arithmetic `T`.
struct SoftBand: Sendable {
    let levels: SoftLevels
    /// ln(1 / smallest weight) / L: how many bins before and after a value still get weight.
    let reach: Double
    /// Bins that can have weight before folding, and bins a pixel keeps (K), both in whole vectors.
    let unfolded: Int
    let kept: Int
    /// True: a band is one vector of four lanes; otherwise `kept / 8` vectors of eight.
    let isNarrow: Bool
    /// How many of the bins a pixel keeps can have weight: 3 or 4 when narrow, otherwise all.
    let rows: Int
    /// Columns and rows of a plane of counts; a band never leaves it, but for the columns of its last, empty bin.
    let side: Int
    /// Not a power of two, or all rows of a column would compete for the same cache lines.
    var stride: Int { side + 8 }

    /// For Float alone: see ``BinPowers``.
    let powers: BinPowers?

    /// Values of scratch that filling needs.
    var scratchCount: Int { 18 * unfolded }

    /// Bins before folding that can have weight.
    var unfoldedRows: Int { isNarrow ? rows : unfolded }

    /// Whether a band that starts here lies within the range, so that nothing of it is folded.
    @inline(__always)
    func isDirect(_ start: Int) -> Bool { kept == unfolded && start >= 0 && start <= levels.bins - rows }

    init(_ levels: SoftLevels, smallestWeight: Double) {
        self.levels = levels
        reach = log(1 / smallestWeight) / levels.sharpness
        // Beyond one reflection nothing is folded back, so farther bins do not matter.
        let bins = Int(min(2 * reach + 2, Double(3 * levels.bins)))
        isNarrow = bins <= 4
        let lanes = isNarrow ? 4 : 8
        unfolded = (bins + lanes - 1) / lanes * lanes
        kept = min(unfolded, (levels.bins + lanes - 1) / lanes * lanes)
        rows = isNarrow ? min(max(bins, 3), kept) : kept
        side = max((levels.bins + 7) / 8 * 8, kept)
        powers = BinPowers(sharpness: levels.sharpness, unfolded: unfolded)
    }
}

/// Bands of the pixels of a patch: weights [pixel][K], their derivatives by the value [pixel][K], first bins [pixel].
struct SoftMemberships<T: SoftScalar> {
    let weights: UnsafeMutablePointer<T>
    let slopes: UnsafeMutablePointer<T>
    let starts: UnsafeMutablePointer<Int32>
    /// Σ of a pixel's weights: 1 except near the ends.
    let masses: UnsafeMutablePointer<T>

    init(pixels: Int, band: SoftBand) {
        weights = .allocate(capacity: pixels * band.kept)
        slopes = .allocate(capacity: pixels * band.kept)
        starts = .allocate(capacity: pixels)
        masses = .allocate(capacity: pixels)
    }

    func deallocate() {
        weights.deallocate()
        slopes.deallocate()
        starts.deallocate()
        masses.deallocate()
    }

    /// Computes the bands of `count` values. A value that is not a number gets no weight at all (like a voxel outside the
    /// region on the exact path) and makes the result false. With `clamped`, values beyond the range count as its ends
    /// and have no slope there; at the very ends they have.
    ///
    /// `scratch` has room for 2 × `band.unfolded` values. The definition, in any arithmetic; see ``SoftScalar``.
    func fill(_ values: UnsafePointer<T>, count: Int, band: SoftBand, clamped: Bool, scratch: UnsafeMutablePointer<T>)
        -> Bool
    {
        band.isNarrow
            ? fill(T.Narrow.self, values, count, band, clamped, scratch)
            : fill(T.Wide.self, values, count, band, clamped, scratch)
    }

    @inline(__always)
    private func fill<V: KernelLanes>(
        _: V.Type, _ values: UnsafePointer<T>, _ count: Int, _ band: SoftBand, _ clamped: Bool,
        _ scratch: UnsafeMutablePointer<T>
    ) -> Bool where V.Scalar == T {
        let levels = band.levels
        let (lower, upper) = (levels.range.lowerBound, levels.range.upperBound)
        let bins = Double(levels.bins)
        let perBin = bins / (upper - lower)
        let sharpness = T(levels.sharpness)
        let height = T(-expm1(-levels.sharpness))
        let steepness = T(levels.sharpness * perBin)
        // Beyond, no virtual bin has weight; what matters is that whole numbers do not overflow.
        let farthest = bins * 2 + band.reach + 2
        var allFinite = true
        for pixel in 0..<count {
            let x = Double(values[pixel])
            // The position is formed in double: at L = 30 a float position would cost 3e-4 of the gradient.
            var t = (x - lower) * perBin
            var gain = steepness
            if clamped {
                if x < lower {
                    (t, gain) = (0, 0)
                } else if x > upper {
                    (t, gain) = (bins, 0)
                }
            }
            guard t.isFinite else {
                allFinite = false
                clear(pixel, band.kept)
                continue
            }
            t = min(max(t, -farthest), farthest)
            // Adding a whole number first makes truncation round down.
            let bin = Int(t + 65536) - 65536
            // Bins before the first reflection never matter.
            let start = max(-levels.bins, 65536 - Int(65536 - max(-farthest, t - 1 - band.reach)))
            let toStart = T(start - bin) - T(t - Double(bin))
            if band.isDirect(start) {
                starts[pixel] = Int32(truncatingIfNeeded: start)
                masses[pixel] = 1
                Self.band(
                    V.self, sharpness, height, gain, toStart, band.kept, weights + pixel * band.kept,
                    slopes + pixel * band.kept)
            } else {
                let slopeScratch = scratch + band.unfolded
                Self.band(V.self, sharpness, height, gain, toStart, band.unfolded, scratch, slopeScratch)
                fold(pixel, band, start, scratch, slopeScratch)
            }
        }
        return allFinite
    }

    /// w_k = (1 - e^-L) u v and dw_k/dx = w_k (v - u) / W for the bins from `start`; `toStart` = start - t.
    @inline(__always)
    private static func band<V: KernelLanes>(
        _: V.Type, _ sharpness: T, _ height: T, _ gain: T, _ toStart: T, _ bins: Int,
        _ weights: UnsafeMutablePointer<T>,
        _ slopes: UnsafeMutablePointer<T>
    ) where V.Scalar == T {
        let one = V(repeating: 1)
        var first = toStart
        for k in stride(from: 0, to: bins, by: V.count) {
            let lower = V(repeating: first) + V.ramp
            let u = (one + (lower * sharpness).exponential).reciprocal
            let power = ((lower + one) * sharpness).exponential
            let v = power * (one + power).reciprocal
            // Left in, what is below would become denormal numbers in the products of the loss: ten times slower.
            let weight = (u * v * height).cleared(below: T(T.smallestWeight))
            weight.store(weights + k)
            (weight * (v - u) * gain).store(slopes + k)
            first += T(V.count)
        }
    }

    /// Near an end: folds (or drops) what lies in virtual bins.
    func fold(
        _ pixel: Int, _ band: SoftBand, _ start: Int, _ virtualWeights: UnsafePointer<T>,
        _ virtualSlopes: UnsafePointer<T>
    ) {
        clear(pixel, band.kept)
        let levels = band.levels
        let (lowest, highest) = levels.ends == .mirrored ? (-levels.bins, 2 * levels.bins) : (0, levels.bins)
        let (first, end) = (max(start, lowest), min(start + band.unfoldedRows, highest))
        guard first < end else { return }
        var least = levels.bins
        for bin in [first, end - 1] { least = min(least, levels.folded(bin)) }
        if first < 0, end > 0 { least = 0 }
        let origin = max(0, min(least, band.side - band.rows))
        starts[pixel] = Int32(origin)
        let (weights, slopes) = (weights + pixel * band.kept, slopes + pixel * band.kept)
        for bin in first..<end {
            let slot = levels.folded(bin) - origin
            // What the rounding up to whole vectors adds at the far side is below the smallest weight.
            guard slot < band.rows else { continue }
            weights[slot] += virtualWeights[bin - start]
            slopes[slot] += virtualSlopes[bin - start]
        }
        var mass = T.zero
        for slot in 0..<band.kept { mass += weights[slot] }
        masses[pixel] = mass
    }

    func clear(_ pixel: Int, _ kept: Int) {
        starts[pixel] = 0
        masses[pixel] = 0
        (weights + pixel * kept).update(repeating: 0, count: kept)
        (slopes + pixel * kept).update(repeating: 0, count: kept)
    }
}
