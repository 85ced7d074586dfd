// The steps of a co-occurrence loss in Float, which trains: the sums that the generic code of this module defines, in C
// (CKernels), compiled for the vector instructions that this processor has. All levels give the same bits.

import CKernels
import Glibc

/// The kernels for the best level of this processor; a constant table of C functions.
nonisolated(unsafe) private let kernels: TextureKernels = {
    for level in [Int32(2), 1, 0] {
        if let found = weft_texture_kernels(level) { return found.pointee }
    }
    preconditionFailure("CKernels has no kernels at level 0")
}()

/// e^(L d) for the whole numbers d that bins can lie from a value, exponents held within ±60: nothing beyond has weight.
///
/// With them a pixel costs one exponential. Beyond L = 40 they would leave the range of Float.
struct BinPowers: Sendable {
    let first: Int
    let powers: [Float]
    let exactPowers: [Double]

    init?(sharpness: Double, unfolded: Int) {
        guard sharpness <= 40 else { return nil }
        let farthest = Int((60 / sharpness).rounded(.up)) + unfolded + 1
        first = -farthest
        exactPowers = (-farthest...farthest).map { exp(min(60, max(-60, sharpness * Double($0)))) }
        powers = exactPowers.map { Float($0) }
    }
}

extension Float {
    static func fill(
        _ memberships: SoftMemberships<Float>, _ values: UnsafePointer<Float>, count: Int, band: SoftBand,
        clamped: Bool, scratch: UnsafeMutablePointer<Float>
    ) -> Bool {
        guard let powers = band.powers else {
            return memberships.fill(values, count: count, band: band, clamped: clamped, scratch: scratch)
        }
        return powers.powers.withUnsafeBufferPointer { floats in
            powers.exactPowers.withUnsafeBufferPointer { doubles in
                let levels = band.levels
                let perBin = Double(levels.bins) / (levels.range.upperBound - levels.range.lowerBound)
                var binning = TextureBinning(
                    lower: levels.range.lowerBound, perBin: perBin,
                    least: clamped ? levels.range.lowerBound : -.infinity,
                    most: clamped ? levels.range.upperBound : .infinity,
                    farthest: Double(2 * levels.bins) + band.reach + 2, lowest: -Double(levels.bins),
                    sharpness: levels.sharpness, reach: band.reach, height: -expm1(-levels.sharpness),
                    steepness: levels.sharpness * perBin, smallest: smallestWeight, kept: Int32(band.unfolded),
                    powers: floats.baseAddress, exactPowers: doubles.baseAddress, firstPower: Int32(powers.first),
                    lastOffset: Int32(floats.count - 1 - band.unfolded))
                if band.kept == band.unfolded {
                    kernels.bands(values, Int32(count), &binning, memberships.bands(band))
                    return memberships.settle(0..<count, band, from: memberships.weights, memberships.slopes, scratch)
                }
                // Few bins and wide bands: everything is folded, from bands that are wider than what is kept.
                let (weights, slopes) = (scratch, scratch + 8 * band.unfolded)
                var allFinite = true
                for first in stride(from: 0, to: count, by: 8) {
                    let some = min(8, count - first)
                    var unfolded = memberships.bands(band)
                    (unfolded.weights, unfolded.slopes) = (weights, slopes)
                    unfolded.starts += first
                    kernels.bands(values + first, Int32(some), &binning, unfolded)
                    let settled = memberships.settle(
                        first..<first + some, band, from: weights, slopes, slopes + 8 * band.unfolded)
                    allFinite = allFinite && settled
                }
                return allFinite
            }
        }
    }

    static func accumulate(
        _ pairs: PatchPairs, _ memberships: SoftMemberships<Float>, of values: UnsafePointer<Float>, band: SoftBand,
        into plane: UnsafeMutablePointer<Float>, of planes: SoftPlanes<Float>
    ) {
        pairs.forEachOrder { kernels.accumulate(values, memberships.bands(band), $0, plane, planes.forKernels) }
    }

    static func compare(_ planes: SoftPlanes<Float>, _ comparison: MatrixComparison<Float>) -> MatrixDifference {
        let difference = kernels.compare(
            planes.forKernels,
            TextureComparison(
                factor: comparison.factor, otherFactor: comparison.otherFactor, damping: comparison.damping,
                otherDamping: comparison.otherDamping, givesMoments: comparison.sums == .needed ? 1 : 0))
        return MatrixDifference(
            squares: difference.squares, slopeTimesCount: difference.slopeTimesCount,
            differenceTimesSquare: difference.differenceTimesSquare)
    }

    static func backpropagate(
        _ pairs: PatchPairs, _ memberships: SoftMemberships<Float>, band: SoftBand, from planes: SoftPlanes<Float>,
        into partialSums: UnsafeMutablePointer<Float>
    ) {
        pairs.forEachOrder { kernels.backpropagate(memberships.bands(band), $0, planes.forKernels, partialSums) }
    }
}

extension SoftMemberships<Float> {
    fileprivate func bands(_ band: SoftBand) -> TextureBands {
        TextureBands(
            weights: weights, slopes: slopes, starts: starts, kept: Int32(band.kept), rows: Int32(band.rows))
    }

    /// What the kernel leaves to the caller: folding near the ends, values without a position (false where there are
    /// such). The bands of the pixels lie in `weights` and `slopes`, which may be where they are kept.
    fileprivate func settle(
        _ pixels: Range<Int>, _ band: SoftBand, from weights: UnsafePointer<Float>, _ slopes: UnsafePointer<Float>,
        _ scratch: UnsafeMutablePointer<Float>
    ) -> Bool {
        var allFinite = true
        for (k, pixel) in pixels.enumerated() {
            let start = Int(starts[pixel])
            masses[pixel] = 1
            if band.isDirect(start) { continue }
            if start == Int(Int32.min) {
                allFinite = false
                clear(pixel, band.kept)
            } else {
                scratch.update(from: weights + k * band.unfolded, count: band.unfolded)
                (scratch + band.unfolded).update(from: slopes + k * band.unfolded, count: band.unfolded)
                fold(pixel, band, start, scratch, scratch + band.unfolded)
            }
        }
        return allFinite
    }
}

extension SoftPlanes<Float> {
    fileprivate var forKernels: TexturePlanes {
        TexturePlanes(
            own: own, other: other, touched: touched, blocksOfStart: blocksOfStart, vectors: vectors,
            vectorCount: vectorCount, side: Int32(side), stride: Int32(stride), blockShift: Int32(blockShift))
    }
}

extension PatchPairs {
    /// Calls with the pairs from p to q, and of a symmetric matrix with those from q to p.
    @inline(__always)
    fileprivate func forEachOrder(_ body: (TexturePairs) -> Void) {
        let first = rows.lowerBound * width + columns.lowerBound
        var order = TexturePairs(
            first: Int32(first), rows: Int32(rows.count), columns: Int32(columns.count), width: Int32(width),
            step: Int32(step))
        body(order)
        guard symmetry == .symmetric else { return }
        (order.first, order.step) = (Int32(first + step), Int32(-step))
        body(order)
    }
}
