// Bands of soft levels in (SoftMemberships), expected pair counts out, and back: the soft way of adding up, beside the exact
// one (VoxelPairs). Sparse: a pair adds the outer product of two short bands to a plane of counts, and comparing, going back
// and clearing visit the pairs' bands again and nothing else. The planes are made once per thread.
//
// Legend: a plane is [B][B], padded; p → q a pair of pixels, q = p + offset, both in the patch; w, w' weights and slopes.

/// The pairs of a patch at one offset.
struct PatchPairs: Sendable {
    let columns: Range<Int>
    let rows: Range<Int>
    let width: Int
    let step: Int
    let symmetry: CooccurrenceMatrix.Symmetry

    init(width: Int, height: Int, offset: Offset, symmetry: CooccurrenceMatrix.Symmetry) {
        columns = Self.inside(width, offset.x)
        rows = Self.inside(height, offset.y)
        self.width = width
        step = offset.y * width + offset.x
        self.symmetry = symmetry
    }

    private static func inside(_ size: Int, _ step: Int) -> Range<Int> {
        let first = max(0, -step)
        return first..<max(first, size - max(0, step))
    }

    /// Pairs that count: each in both orders when symmetric.
    var count: Int { columns.count * rows.count * (symmetry == .symmetric ? 2 : 1) }

    /// Calls with p and q; when symmetric with q and p as well.
    @inline(__always)
    func visit(_ body: (Int, Int) -> Void) {
        for row in rows {
            for p in row * width + columns.lowerBound..<row * width + columns.upperBound { body(p, p + step) }
        }
        guard symmetry == .symmetric else { return }
        for row in rows {
            for p in row * width + columns.lowerBound..<row * width + columns.upperBound { body(p + step, p) }
        }
    }
}

/// The definition of the kernels, in any arithmetic. What trains in Float are the same sums in C (FloatKernels.swift).
enum SoftCooccurrence<T: SoftScalar> {
    /// Adds w_p w_qᵀ of every pair to a plane.
    static func accumulate(
        _ pairs: PatchPairs, _ memberships: SoftMemberships<T>, band: SoftBand, into plane: UnsafeMutablePointer<T>,
        of planes: SoftPlanes<T>
    ) {
        band.isNarrow
            ? accumulate(T.Narrow.self, pairs, memberships, band, plane, planes)
            : accumulate(T.Wide.self, pairs, memberships, band, plane, planes)
    }

    @inline(__always)
    private static func accumulate<V: KernelLanes>(
        _: V.Type, _ pairs: PatchPairs, _ memberships: SoftMemberships<T>, _ band: SoftBand,
        _ plane: UnsafeMutablePointer<T>, _ planes: SoftPlanes<T>
    ) where V.Scalar == T {
        let (kept, rows) = (band.kept, band.rows)
        let (weights, starts, stride) = (memberships.weights, memberships.starts, planes.stride)
        pairs.visit { p, q in
            let (row, column) = (Int(starts[p]), Int(starts[q]))
            let blocks = planes.blocksOfStart[column]
            for k in 0..<rows {
                let weight = weights[p * kept + k]
                let target = plane + (row + k) * stride + column
                for c in Swift.stride(from: 0, to: kept, by: V.count) {
                    V.load(target + c).adding(weight, V.load(weights + q * kept + c)).store(target + c)
                }
                planes.touched[row + k] |= blocks
            }
        }
    }

    /// The gradient of a loss by the pixels: dp += w'_p · (M w_q) and dq += w'_q · (Mᵀ w_p) over all pairs, M = dloss/dcounts in
    /// the first plane; as eight partial sums a pixel, since adding up the lanes of every pair would cost more than the pair.
    static func backpropagate(
        _ pairs: PatchPairs, _ memberships: SoftMemberships<T>, band: SoftBand, from planes: SoftPlanes<T>,
        into partialSums: UnsafeMutablePointer<T>
    ) {
        band.isNarrow
            ? backpropagate(T.Narrow.self, pairs, memberships, band, planes, partialSums)
            : backpropagate(T.Wide.self, pairs, memberships, band, planes, partialSums)
    }

    @inline(__always)
    private static func backpropagate<V: KernelLanes>(
        _: V.Type, _ pairs: PatchPairs, _ memberships: SoftMemberships<T>, _ band: SoftBand, _ planes: SoftPlanes<T>,
        _ partialSums: UnsafeMutablePointer<T>
    ) where V.Scalar == T {
        let (kept, rows) = (band.kept, band.rows)
        let (weights, slopes, starts) = (memberships.weights, memberships.slopes, memberships.starts)
        pairs.visit { p, q in
            let first = planes.own + Int(starts[p]) * planes.stride + Int(starts[q])
            var (atP, atQ) = (V.load(partialSums + 8 * p), V.load(partialSums + 8 * q))
            for c in Swift.stride(from: 0, to: kept, by: V.count) {
                var (byWeight, bySlope) = (V(repeating: 0), V(repeating: 0))
                for k in 0..<rows {
                    let m = V.load(first + k * planes.stride + c)
                    byWeight = byWeight.adding(weights[p * kept + k], m)
                    bySlope = bySlope.adding(slopes[p * kept + k], m)
                }
                atP = atP + bySlope * V.load(weights + q * kept + c)
                atQ = atQ + byWeight * V.load(slopes + q * kept + c)
            }
            atP.store(partialSums + 8 * p)
            atQ.store(partialSums + 8 * q)
        }
    }

    /// Σ of all soft counts, without looking at them: Σ over pairs of mass_p · mass_q.
    static func total(_ pairs: PatchPairs, _ memberships: SoftMemberships<T>) -> Double {
        var total = 0.0
        pairs.visit { p, q in total += Double(memberships.masses[p]) * Double(memberships.masses[q]) }
        return total
    }
}

// MARK: - for a person, a test or a feature to look at

extension SoftLevels {
    /// The soft co-occurrence matrix of one patch at one offset: expected counts over the levels 1...B, as the exact path
    /// makes them of the levels' whole counts. Values that are not numbers belong to no level.
    public func cooccurrence(
        of patch: [Double], width: Int, offset: Offset, symmetry: CooccurrenceMatrix.Symmetry = .directed
    ) -> CooccurrenceMatrix { matrix(patch, width, offset, symmetry) }

    /// The same in the arithmetic that trains.
    public func cooccurrence(
        of patch: [Float], width: Int, offset: Offset, symmetry: CooccurrenceMatrix.Symmetry = .directed
    ) -> CooccurrenceMatrix { matrix(patch, width, offset, symmetry) }

    private func matrix<T: SoftScalar>(
        _ patch: [T], _ width: Int, _ offset: Offset, _ symmetry: CooccurrenceMatrix.Symmetry
    ) -> CooccurrenceMatrix {
        precondition(width > 0 && patch.count % width == 0 && offset.z == 0, "a patch is rows of \(width) values")
        let band = SoftBand(self, smallestWeight: T.smallestWeight)
        let memberships = SoftMemberships<T>(pixels: patch.count, band: band)
        let planes = SoftPlanes<T>(band)
        defer {
            memberships.deallocate()
            planes.deallocate()
        }
        let pairs = PatchPairs(width: width, height: patch.count / width, offset: offset, symmetry: symmetry)
        withUnsafeTemporaryAllocation(of: T.self, capacity: band.scratchCount) { scratch in
            patch.withUnsafeBufferPointer { values in
                guard let values = values.baseAddress, let scratch = scratch.baseAddress else { return }
                _ = T.fill(memberships, values, count: patch.count, band: band, clamped: false, scratch: scratch)
                T.accumulate(pairs, memberships, of: values, band: band, into: planes.own, of: planes)
            }
        }
        planes.listTouched()
        var matrix = CooccurrenceMatrix(symmetry: symmetry, levels: Array(1...bins), greyLevelCount: bins)
        planes.write(planes.own, to: &matrix)
        return matrix
    }
}
