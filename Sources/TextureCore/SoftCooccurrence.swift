// Bands of soft levels in (SoftMemberships), expected pair counts out, and back: the soft way of adding up, beside the exact
// one (VoxelPairs). Sparse: a pair adds the outer product of two short bands to a plane of counts, and comparing, going back
// and clearing visit the pairs' bands again and nothing else. The planes are made once a thread.
//
// Legend: a plane is [B][B], padded; p → q a pair of pixels, q = p + offset, both in the patch; w, w' weights and slopes.

/// A plane of soft counts, all zero between patches.
struct SoftPlane<T: SoftScalar>: @unchecked Sendable {
    let cells: UnsafeMutablePointer<T>
    let side: Int
    let stride: Int

    init(_ band: SoftBand) {
        (side, stride) = (band.side, band.stride)
        cells = .allocate(capacity: side * stride)
        cells.initialize(repeating: 0, count: side * stride)
    }

    func deallocate() { cells.deallocate() }
}

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

enum SoftCooccurrence<T: SoftScalar> {
    /// Adds w_p w_qᵀ of every pair to the plane.
    static func accumulate(
        _ pairs: PatchPairs, _ memberships: SoftMemberships<T>, band: SoftBand, into plane: SoftPlane<T>
    ) {
        if band.isNarrow {
            accumulate(T.Narrow.self, pairs, memberships, band, plane)
        } else if band.kept == 8 {
            accumulate(T.Wide.self, pairs, memberships, band, plane)
        } else {
            accumulateWide(pairs, memberships, band, plane)
        }
    }

    /// The gradient of a loss by the pixels: dp += w'_p · (M w_q) and dq += w'_q · (Mᵀ w_p) over all pairs, M = dloss/dcounts.
    static func backpropagate(
        _ pairs: PatchPairs, _ memberships: SoftMemberships<T>, band: SoftBand, from plane: SoftPlane<T>,
        into gradient: UnsafeMutablePointer<T>
    ) {
        if band.isNarrow {
            backpropagate(T.Narrow.self, pairs, memberships, band, plane, gradient)
        } else if band.kept == 8 {
            backpropagate(T.Wide.self, pairs, memberships, band, plane, gradient)
        } else {
            backpropagateWide(pairs, memberships, band, plane, gradient)
        }
    }

    /// Zeroes the cells that the pairs touched.
    static func clear(_ pairs: PatchPairs, _ memberships: SoftMemberships<T>, band: SoftBand, in plane: SoftPlane<T>) {
        let (starts, cells, stride) = (memberships.starts, plane.cells, plane.stride)
        let (kept, isNarrow) = (band.kept, band.isNarrow)
        pairs.visit { p, q in
            var row = cells + Int(starts[p]) * stride + Int(starts[q])
            for _ in 0..<kept {
                if isNarrow {
                    T.Narrow(repeating: 0).store(row)
                } else {
                    for c in Swift.stride(from: 0, to: kept, by: 8) { T.Wide(repeating: 0).store(row + c) }
                }
                row += stride
            }
        }
    }

    /// Σ of all soft counts, without looking at them: Σ over pairs of mass_p · mass_q.
    static func total(_ pairs: PatchPairs, _ memberships: SoftMemberships<T>) -> T {
        var total = T.zero
        pairs.visit { p, q in total += memberships.masses[p] * memberships.masses[q] }
        return total
    }

    // MARK: bands of one vector

    @inline(__always)
    private static func accumulate<V: KernelLanes>(
        _: V.Type, _ pairs: PatchPairs, _ memberships: SoftMemberships<T>, _ band: SoftBand, _ plane: SoftPlane<T>
    ) where V.Scalar == T {
        let lanes = V.count
        let (weights, starts) = (memberships.weights, memberships.starts)
        let (cells, stride) = (plane.cells, plane.stride)
        pairs.visit { p, q in
            let (row, column) = (Int(starts[p]), Int(starts[q]))
            let ofColumn = V.load(weights + q * lanes)
            let ofRow = V.load(weights + p * lanes)
            var target = cells + row * stride + column
            for k in 0..<lanes {
                V.load(target).adding(ofRow[k], ofColumn).store(target)
                target += stride
            }
        }
    }

    @inline(__always)
    private static func backpropagate<V: KernelLanes>(
        _: V.Type, _ pairs: PatchPairs, _ memberships: SoftMemberships<T>, _ band: SoftBand, _ plane: SoftPlane<T>,
        _ gradient: UnsafeMutablePointer<T>
    ) where V.Scalar == T {
        let lanes = V.count
        let (weights, slopes, starts) = (memberships.weights, memberships.slopes, memberships.starts)
        let (cells, stride) = (plane.cells, plane.stride)
        pairs.visit { p, q in
            let (weightOfRow, slopeOfRow) = (V.load(weights + p * lanes), V.load(slopes + p * lanes))
            var source = cells + Int(starts[p]) * stride + Int(starts[q])
            var (byWeight, bySlope) = (V(repeating: 0), V(repeating: 0))
            for k in 0..<lanes {
                let m = V.load(source)
                byWeight = byWeight.adding(weightOfRow[k], m)
                bySlope = bySlope.adding(slopeOfRow[k], m)
                source += stride
            }
            gradient[p] += (bySlope * V.load(weights + q * lanes)).total
            gradient[q] += (byWeight * V.load(slopes + q * lanes)).total
        }
    }

    // MARK: bands of several vectors

    private static func accumulateWide(
        _ pairs: PatchPairs, _ memberships: SoftMemberships<T>, _ band: SoftBand, _ plane: SoftPlane<T>
    ) {
        let kept = band.kept
        let (weights, starts) = (memberships.weights, memberships.starts)
        let (cells, stride) = (plane.cells, plane.stride)
        pairs.visit { p, q in
            let (row, column) = (Int(starts[p]), Int(starts[q]))
            let (ofRow, ofColumn) = (weights + p * kept, weights + q * kept)
            for k in 0..<kept {
                let weight = ofRow[k]
                let target = cells + (row + k) * stride + column
                for c in Swift.stride(from: 0, to: kept, by: 8) {
                    T.Wide.load(target + c).adding(weight, T.Wide.load(ofColumn + c)).store(target + c)
                }
            }
        }
    }

    private static func backpropagateWide(
        _ pairs: PatchPairs, _ memberships: SoftMemberships<T>, _ band: SoftBand, _ plane: SoftPlane<T>,
        _ gradient: UnsafeMutablePointer<T>
    ) {
        let kept = band.kept
        let (weights, slopes, starts) = (memberships.weights, memberships.slopes, memberships.starts)
        let (cells, stride) = (plane.cells, plane.stride)
        pairs.visit { p, q in
            let first = cells + Int(starts[p]) * stride + Int(starts[q])
            let (weightOfRow, slopeOfRow) = (weights + p * kept, slopes + p * kept)
            var (atP, atQ) = (T.Wide(repeating: 0), T.Wide(repeating: 0))
            for c in Swift.stride(from: 0, to: kept, by: 8) {
                var (byWeight, bySlope) = (T.Wide(repeating: 0), T.Wide(repeating: 0))
                var source = first + c
                for k in 0..<kept {
                    let m = T.Wide.load(source)
                    byWeight = byWeight.adding(weightOfRow[k], m)
                    bySlope = bySlope.adding(slopeOfRow[k], m)
                    source += stride
                }
                atP = atP + bySlope * T.Wide.load(weights + q * kept + c)
                atQ = atQ + byWeight * T.Wide.load(slopes + q * kept + c)
            }
            gradient[p] += atP.total
            gradient[q] += atQ.total
        }
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
        let plane = SoftPlane<T>(band)
        defer {
            memberships.deallocate()
            plane.deallocate()
        }
        withUnsafeTemporaryAllocation(of: T.self, capacity: 2 * band.unfolded) { scratch in
            patch.withUnsafeBufferPointer { values in
                guard let values = values.baseAddress, let scratch = scratch.baseAddress else { return }
                _ = memberships.fill(values, count: patch.count, band: band, clamped: false, scratch: scratch)
            }
        }
        let pairs = PatchPairs(width: width, height: patch.count / width, offset: offset, symmetry: symmetry)
        SoftCooccurrence.accumulate(pairs, memberships, band: band, into: plane)
        return plane.matrix(bins: bins, symmetry: symmetry)
    }
}

extension SoftPlane {
    /// The cells that are not 0, by rows, as a matrix over the levels 1...B.
    func matrix(bins: Int, symmetry: CooccurrenceMatrix.Symmetry) -> CooccurrenceMatrix {
        var (rows, columns, counts): ([UInt16], [UInt16], [Double]) = ([], [], [])
        for row in 0..<bins {
            for column in (symmetry == .directed ? 0 : row)..<bins {
                let count = Double(cells[row * stride + column])
                guard count != 0 else { continue }
                rows.append(UInt16(row))
                columns.append(UInt16(column))
                counts.append(count)
            }
        }
        return CooccurrenceMatrix(
            symmetry: symmetry, levels: Array(1...bins), greyLevelCount: bins, rows: rows, columns: columns,
            counts: counts)
    }
}
