// Filters that fall apart into filters along the axes: a response is a sum of such products, or what is pooled of several
// orientations of one.

import Imaging
import Parallel

/// One filter along each axis.
struct SeparableTerm: Hashable, Sendable {
    var x: AxisFilter
    var y: AxisFilter
    var z: AxisFilter

    init(_ x: AxisFilter, _ y: AxisFilter, _ z: AxisFilter) { (self.x, self.y, self.z) = (x, y, z) }

    subscript(axis: Int) -> AxisFilter {
        get { axis == 0 ? x : axis == 1 ? y : z }
        set { if axis == 0 { x = newValue } else if axis == 1 { y = newValue } else { z = newValue } }
    }

    /// Each kernel with a first weight above 0, and whether the product is the negative of these.
    var withoutSign: (term: SeparableTerm, isNegative: Bool) {
        var (term, isNegative) = (self, false)
        for axis in 0..<3 {
            guard case .kernels(var kernels) = self[axis] else { continue }
            for k in kernels.indices where (kernels[k].weights.first { $0 != 0 } ?? 0) < 0 {
                kernels[k].weights = kernels[k].weights.map { -$0 }
                isNegative.toggle()
            }
            term[axis] = .kernels(kernels)
        }
        return (term, isNegative)
    }
}

/// How several responses become one, voxel by voxel.
public enum Pooling: String, CaseIterable, Sendable {
    case none
    case max
    case mean

    /// Not a number if one of them is none.
    @inline(__always)
    static func larger(_ a: Double, _ b: Double) -> Double { a > b || a.isNaN ? a : b }
}

struct SeparableBank: Sendable {
    /// Each a sum of terms, and how often it counts in the mean.
    private(set) var orientations: [(terms: [SeparableTerm], weight: Double)] = []
    let pooling: Pooling

    init(_ terms: [SeparableTerm]) { (orientations, pooling) = ([(terms, 1)], .none) }

    /// Orientations of one product of filters, each computed once. Those with the same planes follow one another.
    init(_ oriented: [SeparableTerm], _ pooling: Pooling) {
        var distinct: [SeparableTerm] = []
        var counts: [SeparableTerm: Int] = [:]
        for term in oriented {
            if counts[term] == nil { distinct.append(term) }
            counts[term, default: 0] += 1
        }
        var groups: [[SeparableTerm]] = []
        for term in distinct {
            if let place = groups.firstIndex(where: { $0[0].x == term.x && $0[0].y == term.y }) {
                groups[place].append(term)
            } else {
                groups.append([term])
            }
        }
        orientations = groups.joined().map { ([$0], Double(counts[$0] ?? 1) / Double(oriented.count)) }
        self.pooling = pooling
    }

    /// The filters of all orientations along an axis, each once.
    func filters(along axis: Int) -> [AxisFilter] {
        var filters: [AxisFilter] = []
        for term in orientations.flatMap(\.terms) where !filters.contains(term[axis]) { filters.append(term[axis]) }
        return filters
    }

    /// The voxels of the image that the responses in a box are made of.
    func sources(of box: VoxelBox, _ axes: [FilterAxis]) -> VoxelBox {
        var (lower, upper) = (box.lower, box.upper)
        for axis in 0..<3 {
            let source = AxisPlan(filters(along: axis), axes[axis], target: box.lower[axis]..<box.upper[axis]).source
            lower[axis] = min(lower[axis], source.lowerBound)
            upper[axis] = max(upper[axis], source.upperBound)
        }
        return VoxelBox(lower: lower, size: upper &- lower)
    }

    /// The responses in a box, x fastest.
    ///
    /// - Parameter block: holds ``sources(of:_:)`` of it.
    func responses(
        in box: VoxelBox, of block: VolumeBlock, _ axes: [FilterAxis], _ workers: Workers
    ) -> [Double] {
        TilePass(self, box, axes).responses(of: block, workers)
    }
}
