// Filters that fall apart into filters along the axes: a response is a sum of such products, or what is pooled of several
// orientations of one. Rows and columns of a plane are done together while it is in the processor's cache, then all planes are
// joined across; a response costs one volume beside itself.

import Imaging
import Parallel

/// One filter along each axis.
package struct SeparableTerm: Hashable, Sendable {
    package var x: AxisFilter
    package var y: AxisFilter
    package var z: AxisFilter

    package init(_ x: AxisFilter, _ y: AxisFilter, _ z: AxisFilter) { (self.x, self.y, self.z) = (x, y, z) }

    package subscript(axis: Int) -> AxisFilter {
        get { axis == 0 ? x : axis == 1 ? y : z }
        set { if axis == 0 { x = newValue } else if axis == 1 { y = newValue } else { z = newValue } }
    }
}

/// How several responses become one, voxel by voxel.
public enum Pooling: String, CaseIterable, Sendable {
    case none
    case max
    case mean
}

package struct SeparableBank: Sendable {
    /// Each a sum of terms, and how often it counts in the mean.
    private(set) var orientations: [(terms: [SeparableTerm], weight: Double)] = []
    package let pooling: Pooling

    package init(_ terms: [SeparableTerm]) { (orientations, pooling) = ([(terms, 1)], .none) }

    /// Orientations of one product of filters, each computed once. Those with the same planes follow one another.
    package init(_ oriented: [SeparableTerm], _ pooling: Pooling) {
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

    /// The voxels of the image that the responses in a box are made of.
    package func sources(of box: VoxelBox, _ axes: [FilterAxis]) -> VoxelBox {
        var (lower, upper) = (box.lower, box.upper)
        for (terms, _) in orientations {
            for term in terms {
                for axis in 0..<3 {
                    let plan = AxisPlan(term[axis], axes[axis], target: box.lower[axis]..<box.upper[axis])
                    lower[axis] = min(lower[axis], plan.source.lowerBound)
                    upper[axis] = max(upper[axis], plan.source.upperBound)
                }
            }
        }
        return VoxelBox(lower: lower, size: upper &- lower)
    }

    /// The responses in a box, x fastest.
    ///
    /// - Parameter block: holds ``sources(of:_:)`` of it.
    package func responses(
        in box: VoxelBox, of block: VolumeBlock, _ axes: [FilterAxis], _ workers: Workers
    ) -> [Double] {
        var pooled: [Double] = []
        var kept: (term: PlanePass.Sums, planes: [Slab])?
        for (number, orientation) in orientations.enumerated() {
            // The terms with one filter across the planes are summed before it.
            var across: [(filter: AxisFilter, sum: [SeparableTerm])] = []
            for term in orientation.terms {
                if let place = across.firstIndex(where: { $0.filter == term.z }) {
                    across[place].sum.append(term)
                } else {
                    across.append((term.z, [term]))
                }
            }
            let sums = across.map { $0.sum.map { PlanePass.Pair(x: $0.x, y: $0.y) } }
            let plans = across.map { AxisPlan($0.filter, axes[2], target: box.lower.z..<box.upper.z) }
            let slices =
                (plans.map(\.source.lowerBound).min() ?? 0)..<(plans.map(\.source.upperBound).max() ?? 0)
            var planes: [Slab]
            if let kept, kept.term == sums, kept.planes[0].slices == slices {
                planes = kept.planes
            } else {
                kept = nil
                planes = PlanePass(sums, box, axes, slices).run(block, workers)
            }
            let isFirst = number == 0
            let rule: Reduction =
                switch pooling {
                case .none: .store(1)
                case .mean: isFirst ? .store(orientation.weight) : .add(orientation.weight)
                case .max: isFirst ? .store(1) : .max
                }
            if number == orientations.count - 1, planes[0].slices == box.lower.z..<box.upper.z, isFirst {
                // Nobody reads the first slab again, so that the responses take its place.
                (pooled, planes[0].values, kept) = (planes[0].values, [], nil)
                AcrossPass(plans, rule).run(planes, into: &pooled, box, workers, inPlace: true)
            } else {
                if isFirst { pooled = [Double](unsafeUninitializedCapacity: box.voxelCount) { $1 = box.voxelCount } }
                AcrossPass(plans, rule).run(planes, into: &pooled, box, workers, inPlace: false)
                kept = (sums, planes)
            }
        }
        return pooled
    }
}

/// Not a number if one of them is none.
@inline(__always)
private func larger(_ a: Double, _ b: Double) -> Double { a > b || a.isNaN ? a : b }

/// How a response joins those before it.
private enum Reduction {
    case store(Double)
    case add(Double)
    case max
}

/// Planes of the box's rows and columns, for a range of slices.
package struct Slab: Sendable {
    package var slices: Range<Int>
    package var values: [Double]
}

/// Filters along rows and columns.
private struct PlanePass {
    package struct Pair: Hashable {
        var x: AxisFilter
        var y: AxisFilter
    }
    package typealias Sums = [[Pair]]

    private let sums: [[(x: Int, plan: AxisPlan)]]
    private let rows: [AxisPlan]
    private let box: VoxelBox
    private let slices: Range<Int>
    /// Of the image, what all of the plans read.
    private let source: (x: Range<Int>, y: Range<Int>)

    package init(_ sums: Sums, _ box: VoxelBox, _ axes: [FilterAxis], _ slices: Range<Int>) {
        var filters: [AxisFilter] = []
        self.sums = sums.map { pairs in
            pairs.map { pair in
                if !filters.contains(pair.x) { filters.append(pair.x) }
                return (
                    filters.firstIndex(of: pair.x) ?? 0,
                    AxisPlan(pair.y, axes[1], target: box.lower.y..<box.upper.y)
                )
            }
        }
        rows = filters.map { AxisPlan($0, axes[0], target: box.lower.x..<box.upper.x) }
        func hull(_ plans: [AxisPlan]) -> Range<Int> {
            (plans.map(\.source.lowerBound).min() ?? 0)..<(plans.map(\.source.upperBound).max() ?? 0)
        }
        source = (hull(rows), hull(self.sums.joined().map(\.plan)))
        (self.box, self.slices) = (box, slices)
    }

    package func run(_ block: VolumeBlock, _ workers: Workers) -> [Slab] {
        let area = box.size.x * box.size.y
        var slabs = sums.map { _ in
            Slab(
                slices: slices,
                values: [Double](unsafeUninitializedCapacity: area * slices.count) { $1 = area * slices.count })
        }
        let targets = slabs.indices.map { k in
            slabs[k].values.withUnsafeMutableBufferPointer { SharedPointer(to: $0.baseAddress) }
        }
        workers.forEach(slices.count) {
            PlaneScratch(source.x.count, source.y.count, box.size, rows, sums.joined().map(\.plan))
        } body: { task, scratch in
            plane(slices.lowerBound + task, block, scratch, targets.map { $0.pointer + task * area })
        }
        return slabs
    }

    private func plane(
        _ slice: Int, _ block: VolumeBlock, _ scratch: PlaneScratch, _ targets: [UnsafeMutablePointer<Double>]
    ) {
        let (nx, ny) = (source.x.count, source.y.count)
        let part = VoxelBox(
            lower: SIMD3(source.x.lowerBound, source.y.lowerBound, slice), size: SIMD3(nx, ny, 1))
        block.forEachRow(of: part) { (row: UnsafeBufferPointer<Double>, first: Int) in
            guard let start = row.baseAddress else { return }
            (scratch.source + first).update(from: start, count: row.count)
        }
        let width = box.size.x
        for (k, plan) in rows.enumerated() {
            let skipped = plan.source.lowerBound - source.x.lowerBound
            along(plan, scratch.source + skipped, stride: nx, rows: ny, into: scratch.rows[k], width, scratch)
        }
        for (number, pairs) in sums.enumerated() {
            for (place, pair) in pairs.enumerated() {
                let skipped = pair.plan.source.lowerBound - source.y.lowerBound
                down(
                    pair.plan, scratch.rows[pair.x] + skipped * width, into: targets[number], width,
                    adding: place > 0, scratch)
            }
        }
    }

    private func along(
        _ plan: AxisPlan, _ rows: UnsafePointer<Double>, stride: Int, rows count: Int,
        into target: UnsafeMutablePointer<Double>, _ width: Int, _ scratch: PlaneScratch
    ) {
        guard plan.wantsLanes else {
            for y in 0..<count {
                plan.run(rows + y * stride, into: target + y * width, width: 1, scratch: scratch.work)
            }
            return
        }
        let (lanes, filtered) = (scratch.tile, scratch.tile + 8 * plan.longest)
        for y in Swift.stride(from: 0, to: count, by: 8) {
            if count - y >= 8 {
                kernels.gather(rows + y * stride, lanes, Int64(plan.source.count), Int64(stride))
            } else {
                for i in 0..<plan.source.count {
                    for lane in 0..<8 {
                        lanes[8 * i + lane] = y + lane < count ? rows[(y + lane) * stride + i] : 0
                    }
                }
            }
            plan.run(lanes, into: filtered, width: 8, scratch: scratch.work)
            if count - y >= 8 {
                kernels.scatter(filtered, target + y * width, Int64(width), Int64(width))
            } else {
                for i in 0..<width {
                    for lane in 0..<count - y { target[(y + lane) * width + i] = filtered[8 * i + lane] }
                }
            }
        }
    }

    private func down(
        _ plan: AxisPlan, _ columns: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, _ width: Int,
        adding: Bool, _ scratch: PlaneScratch
    ) {
        if plan.isNothing, !adding {
            target.update(from: columns, count: plan.target.count * width)
            return
        }
        LineTiles.forEach(of: width) { x, lanes, padded in
            let (lines, filtered) = (scratch.tile, scratch.tile + plan.longest * LineTiles.width)
            for y in 0..<plan.source.count {
                (lines + y * padded).update(from: columns + y * width + x, count: lanes)
                if padded > lanes { (lines + y * padded + lanes).update(repeating: 0, count: padded - lanes) }
            }
            plan.run(lines, into: filtered, width: padded, scratch: scratch.work)
            for y in 0..<plan.target.count {
                let (from, to) = (filtered + y * padded, target + y * width + x)
                if adding {
                    for lane in 0..<lanes { to[lane] += from[lane] }
                } else {
                    to.update(from: from, count: lanes)
                }
            }
        }
    }
}

/// Lines side by side, as many as one step takes: so few that all of them stay in the cache.
private enum LineTiles {
    package static let width = 64

    /// Calls with the first line of each tile, how many it has, and that number rounded up to a multiple of 8.
    package static func forEach(of lines: Int, _ body: (_ first: Int, _ lanes: Int, _ padded: Int) -> Void) {
        for first in stride(from: 0, to: lines, by: width) {
            let lanes = min(width, lines - first)
            body(first, lanes, (lanes + 7) / 8 * 8)
        }
    }
}

/// Memory for one thread.
private final class PlaneScratch {
    package let source: UnsafeMutablePointer<Double>
    package let rows: [UnsafeMutablePointer<Double>]
    package let tile: UnsafeMutablePointer<Double>
    package let work: UnsafeMutablePointer<Double>

    package init(_ nx: Int, _ ny: Int, _ size: SIMD3<Int>, _ along: [AxisPlan], _ down: [AxisPlan]) {
        let longest = max(along.map(\.longest).max() ?? 1, down.map(\.longest).max() ?? 1, size.x, size.y)
        source = .allocate(capacity: max(1, nx * ny))
        rows = along.map { _ in .allocate(capacity: max(1, size.x * ny)) }
        tile = .allocate(capacity: 2 * longest * LineTiles.width)
        work = .allocate(capacity: 2 * longest * LineTiles.width)
    }

    deinit {
        source.deallocate()
        for row in rows { row.deallocate() }
        tile.deallocate()
        work.deallocate()
    }
}

/// Joins planes across slices.
private struct AcrossPass {
    private let plans: [AxisPlan]
    private let rule: Reduction

    package init(_ plans: [AxisPlan], _ rule: Reduction) { (self.plans, self.rule) = (plans, rule) }

    /// - Parameter inPlace: the result holds the first of the slabs, with the slices of the box.
    package func run(_ slabs: [Slab], into result: inout [Double], _ box: VoxelBox, _ workers: Workers, inPlace: Bool) {
        let area = box.size.x * box.size.y
        let target = result.withUnsafeMutableBufferPointer { SharedPointer(to: $0.baseAddress) }
        if plans.count == 1, plans[0].isNothing, inPlace, case .store(1) = rule { return }
        let longest = plans.map(\.longest).max() ?? 1
        let tiles = (area + LineTiles.width - 1) / LineTiles.width
        let batch = max(1, 16_384 / (longest * LineTiles.width))
        workers.forEach((tiles + batch - 1) / batch) {
            AcrossScratch(longest)
        } body: { task, scratch in
            for tile in task * batch..<min(tiles, (task + 1) * batch) {
                let first = tile * LineTiles.width
                let lanes = min(LineTiles.width, area - first)
                let padded = (lanes + 7) / 8 * 8
                for (number, plan) in plans.enumerated() {
                    slabs[number].values.withUnsafeBufferPointer { values in
                        guard let start = inPlace && number == 0 ? UnsafePointer(target.pointer) : values.baseAddress
                        else { return }
                        let skipped = plan.source.lowerBound - slabs[number].slices.lowerBound
                        for z in 0..<plan.source.count {
                            let row = scratch.lines + z * padded
                            row.update(from: start + (skipped + z) * area + first, count: lanes)
                            if padded > lanes { (row + lanes).update(repeating: 0, count: padded - lanes) }
                        }
                    }
                    let filtered = number == 0 ? scratch.sum : scratch.filtered
                    plan.run(scratch.lines, into: filtered, width: padded, scratch: scratch.work)
                    if number > 0 {
                        for k in 0..<box.size.z * padded { scratch.sum[k] += filtered[k] }
                    }
                }
                for z in 0..<box.size.z {
                    let (from, to) = (scratch.sum + z * padded, target.pointer + z * area + first)
                    switch rule {
                    case .store(let weight): for lane in 0..<lanes { to[lane] = weight * from[lane] }
                    case .add(let weight): for lane in 0..<lanes { to[lane] += weight * from[lane] }
                    case .max: for lane in 0..<lanes { to[lane] = larger(from[lane], to[lane]) }
                    }
                }
            }
        }
    }
}

private final class AcrossScratch {
    package let lines: UnsafeMutablePointer<Double>
    package let filtered: UnsafeMutablePointer<Double>
    package let sum: UnsafeMutablePointer<Double>
    package let work: UnsafeMutablePointer<Double>

    package init(_ longest: Int) {
        let count = longest * LineTiles.width
        (lines, filtered, sum) = (.allocate(capacity: count), .allocate(capacity: count), .allocate(capacity: count))
        work = .allocate(capacity: 2 * count)
    }

    deinit {
        lines.deallocate()
        filtered.deallocate()
        sum.deallocate()
        work.deallocate()
    }
}

/// The caller knows its tasks to write disjoint memory, which outlives them.
package struct SharedPointer: @unchecked Sendable {
    package let pointer: UnsafeMutablePointer<Double>

    package init(to pointer: UnsafeMutablePointer<Double>?) {
        guard let pointer else { preconditionFailure("no memory to write to") }
        self.pointer = pointer
    }
}
