// The steps of a co-occurrence loss in Float, which trains: the sums that the generic code of this module defines, in C
// (CTextureKernels), compiled for the vector instructions that this processor has. All levels give the same bits.

import CTextureKernels
import Glibc

/// The kernels for the best level of this processor; a constant table of C functions.
nonisolated(unsafe) private let kernels: TextureKernels = {
    for level in [Int32(2), 1, 0] {
        if let found = weft_texture_kernels(level) { return found.pointee }
    }
    preconditionFailure("CTextureKernels has no kernels at level 0")
}()

/// e^(L d) for the whole numbers d that a band of Float can begin and end at, exponents held within ±60.
///
/// With them a pixel costs one exponential. Beyond L = 40 they would leave the range of Float.
struct BinPowers: Sendable {
    let first: Int
    let powers: [Float]

    init?(sharpness: Double, reach: Double, kept: Int) {
        guard sharpness <= 40 else { return nil }
        let first = Int((-1.5 - reach).rounded(.up))
        self.first = first
        powers = (0..<kept + 3).map { Float(exp(min(60, max(-60, sharpness * Double(first + $0))))) }
    }
}

extension Float {
    static func fill(
        _ memberships: SoftMemberships<Float>, _ values: UnsafePointer<Float>, count: Int, band: SoftBand,
        clamped: Bool, scratch: UnsafeMutablePointer<Float>
    ) -> Bool {
        // Few bins and wide bands, where nearly all is folded, are left to the definition.
        guard let powers = band.powers, band.kept == band.unfolded else {
            return memberships.fill(values, count: count, band: band, clamped: clamped, scratch: scratch)
        }
        let levels = band.levels
        let perBin = Double(levels.bins) / (levels.range.upperBound - levels.range.lowerBound)
        powers.powers.withUnsafeBufferPointer { table in
            var binning = TextureBinning(
                lower: levels.range.lowerBound, perBin: perBin,
                least: clamped ? levels.range.lowerBound : -.infinity,
                most: clamped ? levels.range.upperBound : .infinity,
                farthest: Double(2 * levels.bins) + band.reach + 2, sharpness: levels.sharpness, reach: band.reach,
                height: Float(-expm1(-levels.sharpness)), steepness: Float(levels.sharpness * perBin),
                smallest: Float(smallestWeight), kept: Int32(band.kept), powers: table.baseAddress,
                firstPower: Int32(powers.first))
            kernels.bands(values, Int32(count), &binning, memberships.bands(band))
        }
        return memberships.settle(count: count, band: band, scratch: scratch)
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
                otherDamping: comparison.otherDamping, givesMoments: comparison.moments == .needed ? 1 : 0))
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

    /// What the kernel leaves to the caller: folding near the ends, values without a position. False where there are such.
    fileprivate func settle(count: Int, band: SoftBand, scratch: UnsafeMutablePointer<Float>) -> Bool {
        var allFinite = true
        for pixel in 0..<count {
            let start = Int(starts[pixel])
            masses[pixel] = 1
            if band.isDirect(start) { continue }
            if start == Int(Int32.min) {
                allFinite = false
                clear(pixel, band.kept)
            } else {
                scratch.update(from: weights + pixel * band.kept, count: band.kept)
                (scratch + band.unfolded).update(from: slopes + pixel * band.kept, count: band.kept)
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
