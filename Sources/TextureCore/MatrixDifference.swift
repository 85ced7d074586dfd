// The squared difference of two soft matrices and its gradient, without ever listing their cells.
//
// With n = factor · G and h = n (1 - damping · n), the sum over cells Σ (h - h')² = Σ (h - h') h - Σ (h - h') h', and since G
// is itself a sum over pairs, G = Σ w_p w_qᵀ, each half is a sum over the pairs of its own patch:
// Σ (h - h') h = factor · Σ_pairs w_pᵀ [(h - h') (1 - damping · n)] w_q. So every cell is visited through the bands that
// touch it, as often as they do; nothing has to remember which cells were touched.

/// Sums that are kept by lane until the end of a patch, eight a pixel: adding up the lanes of every pair would cost more than
/// the pair.
struct LaneSums<T: SoftScalar>: @unchecked Sendable {
    let pixels: Int
    let losses: UnsafeMutablePointer<T>
    let gradients: UnsafeMutablePointer<T>

    init(pixels: Int) {
        self.pixels = pixels
        losses = .allocate(capacity: 8 * pixels)
        gradients = .allocate(capacity: 8 * pixels)
    }

    func deallocate() {
        losses.deallocate()
        gradients.deallocate()
    }

    func clear(gradientToo: Bool) {
        losses.update(repeating: 0, count: 8 * pixels)
        if gradientToo { gradients.update(repeating: 0, count: 8 * pixels) }
    }

    var total: Double {
        var total = 0.0
        for pixel in 0..<pixels { total += Double(T.Wide.load(losses + 8 * pixel).total) }
        return total
    }

    func addGradient(to gradient: UnsafeMutablePointer<T>) {
        for pixel in 0..<pixels { gradient[pixel] += T.Wide.load(gradients + 8 * pixel).total }
    }
}

/// Two planes seen from the patch that made the first.
struct MatrixDifference<T: SoftScalar> {
    let own: SoftPlane<T>
    let other: SoftPlane<T>
    let factor: T
    let otherFactor: T
    /// 1/S, or 0 for no damping.
    let damping: T
    let otherDamping: T

    var swapped: MatrixDifference {
        MatrixDifference(
            own: other, other: own, factor: otherFactor, otherFactor: factor, damping: otherDamping,
            otherDamping: damping)
    }

    /// n, h - h' and 1 - damping · n of a vector of cells.
    @inline(__always)
    private func cells<V: KernelLanes>(_: V.Type, _ at: Int) -> (n: V, difference: V, left: V) where V.Scalar == T {
        let n = V.load(own.cells + at) * factor
        let m = V.load(other.cells + at) * otherFactor
        let left = V(repeating: 1) - n * damping
        // The same arithmetic on both sides, so that the two halves of the sum see the same difference.
        return (n, n * left - m * (V(repeating: 1) - m * otherDamping), left)
    }

    // MARK: Σ (h - h') h

    func sum(
        _ pairs: PatchPairs, _ memberships: SoftMemberships<T>, band: SoftBand, lanes: LaneSums<T>
    ) -> Double {
        lanes.clear(gradientToo: false)
        if band.isNarrow {
            sum(T.Narrow.self, pairs, memberships, vectors: 1, lanes)
        } else if band.kept == 8 {
            sum(T.Wide.self, pairs, memberships, vectors: 1, lanes)
        } else {
            sum(T.Wide.self, pairs, memberships, vectors: band.kept / 8, lanes)
        }
        return lanes.total * Double(factor)
    }

    @inline(__always)
    private func sum<V: KernelLanes>(
        _: V.Type, _ pairs: PatchPairs, _ memberships: SoftMemberships<T>, vectors: Int, _ lanes: LaneSums<T>
    ) where V.Scalar == T {
        let kept = vectors * V.count
        let (weights, starts, stride) = (memberships.weights, memberships.starts, own.stride)
        let losses = lanes.losses
        pairs.visit { p, q in
            let first = Int(starts[p]) * stride + Int(starts[q])
            let loss = losses + p * 8
            for c in 0..<vectors {
                var at = first + c * V.count
                var inner = V(repeating: 0)
                for k in 0..<kept {
                    let (_, difference, left) = cells(V.self, at)
                    inner = inner.adding(weights[p * kept + k], difference * left)
                    at += stride
                }
                (V.load(loss) + inner * V.load(weights + q * kept + c * V.count)).store(loss)
            }
        }
    }

    /// Σ (h - h')² cell by cell: for few bins or wide bands, where that is less work, and more exact than the difference
    /// of two sums.
    func squares() -> Double {
        var sum = 0.0
        for row in 0..<own.side {
            var ofRow = T.Wide(repeating: 0)
            for column in Swift.stride(from: 0, to: own.side, by: 8) {
                let difference = cells(T.Wide.self, row * own.stride + column).difference
                ofRow = ofRow + difference * difference
            }
            sum += Double(ofRow.total)
        }
        return sum
    }

    // MARK: the same with the gradient

    /// Adds Σ over pairs of w'_p · (E w_q) and w'_q · (Eᵀ w_p) to `gradient`, E = (h - h') (1 - 2 · damping · n) + `shift`.
    func sum(
        _ pairs: PatchPairs, _ memberships: SoftMemberships<T>, band: SoftBand, lanes: LaneSums<T>, shift: T,
        gradient: UnsafeMutablePointer<T>
    ) -> Double {
        lanes.clear(gradientToo: true)
        if band.isNarrow {
            sum(T.Narrow.self, pairs, memberships, vectors: 1, shift, lanes)
        } else if band.kept == 8 {
            sum(T.Wide.self, pairs, memberships, vectors: 1, shift, lanes)
        } else {
            sum(T.Wide.self, pairs, memberships, vectors: band.kept / 8, shift, lanes)
        }
        lanes.addGradient(to: gradient)
        return lanes.total * Double(factor)
    }

    @inline(__always)
    private func sum<V: KernelLanes>(
        _: V.Type, _ pairs: PatchPairs, _ memberships: SoftMemberships<T>, vectors: Int, _ shift: T,
        _ lanes: LaneSums<T>
    ) where V.Scalar == T {
        let kept = vectors * V.count
        let (weights, slopes, starts) = (memberships.weights, memberships.slopes, memberships.starts)
        let stride = own.stride
        let (losses, gradients) = (lanes.losses, lanes.gradients)
        let shift = V(repeating: shift)
        pairs.visit { p, q in
            let first = Int(starts[p]) * stride + Int(starts[q])
            let (loss, atP, atQ) = (losses + p * 8, gradients + p * 8, gradients + q * 8)
            for c in 0..<vectors {
                var at = first + c * V.count
                var (inner, byWeight, bySlope) = (V(repeating: 0), V(repeating: 0), V(repeating: 0))
                for k in 0..<kept {
                    let (_, difference, left) = cells(V.self, at)
                    let damped = difference * left
                    let slope = damped + (damped - difference) + shift
                    inner = inner.adding(weights[p * kept + k], damped)
                    byWeight = byWeight.adding(weights[p * kept + k], slope)
                    bySlope = bySlope.adding(slopes[p * kept + k], slope)
                    at += stride
                }
                let column = q * kept + c * V.count
                (V.load(loss) + inner * V.load(weights + column)).store(loss)
                (V.load(atP) + bySlope * V.load(weights + column)).store(atP)
                (V.load(atQ) + byWeight * V.load(slopes + column)).store(atQ)
            }
        }
    }

    // MARK: what a change of the sum S does

    /// Σ E n and Σ (h - h') n².
    func moments(
        _ pairs: PatchPairs, _ memberships: SoftMemberships<T>, band: SoftBand
    ) -> (slopeTimesCount: Double, differenceTimesSquare: Double) {
        band.isNarrow
            ? moments(T.Narrow.self, pairs, memberships, vectors: 1)
            : moments(T.Wide.self, pairs, memberships, vectors: band.kept / 8)
    }

    @inline(__always)
    private func moments<V: KernelLanes>(
        _: V.Type, _ pairs: PatchPairs, _ memberships: SoftMemberships<T>, vectors: Int
    ) -> (slopeTimesCount: Double, differenceTimesSquare: Double) where V.Scalar == T {
        let kept = vectors * V.count
        let (weights, starts, stride) = (memberships.weights, memberships.starts, own.stride)
        var (slopeTimesCount, differenceTimesSquare) = (0.0, 0.0)
        pairs.visit { p, q in
            let first = Int(starts[p]) * stride + Int(starts[q])
            for c in 0..<vectors {
                var at = first + c * V.count
                var (bySlope, byCount) = (V(repeating: 0), V(repeating: 0))
                for k in 0..<kept {
                    let (n, difference, left) = cells(V.self, at)
                    let weight = weights[p * kept + k]
                    bySlope = bySlope.adding(weight, difference * (left + left) - difference)
                    byCount = byCount.adding(weight, difference * n)
                    at += stride
                }
                let ofColumn = V.load(weights + q * kept + c * V.count)
                slopeTimesCount += Double((bySlope * ofColumn).total)
                differenceTimesSquare += Double((byCount * ofColumn).total)
            }
        }
        return (slopeTimesCount * Double(factor), differenceTimesSquare * Double(factor))
    }
}
