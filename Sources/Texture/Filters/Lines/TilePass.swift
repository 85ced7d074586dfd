// A bank of separable filters, tile by tile: a tile of the responses with the voxels around it that they are made of fits the
// processor's second cache, goes through all filters of all orientations there, and costs no memory but the responses.

import Imaging
import Parallel

struct TilePass {
    private let box: VoxelBox
    /// Of each axis, tile by tile.
    private let plans: [[AxisPlan]]
    private let orientations: [Orientation]
    private let pooling: Pooling

    /// The terms of an orientation: those with one filter across the planes are summed before it.
    private struct Orientation {
        let groups: [(across: Int, planes: [SIMD2<Int>])]
        let weight: Double

        func hasPlanes(of other: Orientation) -> Bool {
            groups.count == other.groups.count && zip(groups, other.groups).allSatisfy { $0.planes == $1.planes }
        }
    }

    init(_ bank: SeparableBank, _ box: VoxelBox, _ axes: [FilterAxis]) {
        (self.box, pooling) = (box, bank.pooling)
        let filters = (0..<3).map(bank.filters)
        func place(_ term: SeparableTerm, _ axis: Int) -> Int { filters[axis].firstIndex(of: term[axis]) ?? 0 }
        orientations = bank.orientations.map { terms, weight in
            var groups: [(across: Int, planes: [SIMD2<Int>])] = []
            for term in terms {
                let (across, plane) = (place(term, 2), SIMD2(place(term, 0), place(term, 1)))
                if let known = groups.firstIndex(where: { $0.across == across }) {
                    groups[known].planes.append(plane)
                } else {
                    groups.append((across, [plane]))
                }
            }
            return Orientation(groups: groups, weight: weight)
        }
        var margins = SIMD3<Int>.zero
        for axis in 0..<3 {
            let middle = (box.lower[axis] + box.upper[axis]) / 2
            margins[axis] = AxisPlan(filters[axis], axes[axis], target: middle..<middle + 1).line.count - 1
        }
        let sides = Self.sides(box.size, margins, slabs: orientations.map(\.groups.count).max() ?? 1)
        plans = (0..<3).map { axis in
            let (first, count, side) = (box.lower[axis], box.size[axis], sides[axis])
            return stride(from: 0, to: count, by: side).map {
                AxisPlan(filters[axis], axes[axis], target: first + $0..<first + min(count, $0 + side))
            }
        }
    }

    /// The sides of a tile, for the least work: what lies around a tile is filtered again for the next one.
    private static func sides(_ size: SIMD3<Int>, _ margins: SIMD3<Int>, slabs: Int) -> SIMD3<Int> {
        func even(_ count: Int, _ side: Int) -> Int {
            let tiles = (count + side - 1) / side
            return (count + tiles - 1) / tiles
        }
        let x = even(size.x, max(128, 4 * margins.x))
        // With long kernels a tile that only fits the third cache is cheaper than to do all of it again.
        let most = (margins.max() < 16 ? 1 << 16 : margins.max() < 64 ? 1 << 18 : 1 << 20)
        let sides = [8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1024, 2048, 4096]
        var (best, least) = (SIMD3(x, even(size.y, 8), even(size.z, 8)), Double.infinity)
        for y in sides.map({ even(size.y, $0) }) {
            for z in sides.map({ even(size.z, $0) }) {
                let (rows, planes) = (y + margins.y, z + margins.z)
                guard (x + 7) * y * planes * slabs <= most else { continue }
                let work = rows * planes * (margins.x + 8) + y * planes * (margins.y + 4) + y * z * (margins.z + 4)
                let cost = Double(work) / Double(y * z)
                if cost < least { (best, least) = (SIMD3(x, y, z), cost) }
            }
        }
        return best
    }

    func responses(of block: VolumeBlock, _ workers: Workers) -> [Double] {
        var result = [Double](unwritten: box.voxelCount)
        let target = result.withUnsafeMutableBufferPointer { SharedPointer(to: $0.baseAddress) }
        let counts = SIMD3(plans[0].count, plans[1].count, plans[2].count)
        workers.forEach(counts.x * counts.y * counts.z) {
            Memory(plans, slabs: orientations.map(\.groups.count).max() ?? 1)
        } body: { task, memory in
            // Along z last, so that neighbours in x and y share their pages.
            let (x, y, z) = (task % counts.x, task / counts.x % counts.y, task / (counts.x * counts.y))
            Tile(x: plans[0][x], y: plans[1][y], z: plans[2][z], box: box, memory: memory)
                .run(orientations, pooling, block, into: target.pointer)
        }
        return result
    }

    /// Of one thread.
    private final class Memory {
        /// A line of voxels along x, or eight.
        let line: Scratch
        /// The same eight after a filter, and one on its way there.
        let turned: Scratch
        /// Rows of a slice, by filter along x.
        let rows: [Scratch]
        let slabs: [Scratch]
        let term: Scratch
        let sum: Scratch
        let work: Scratch
        /// Of each half of `work`.
        let half: Int

        init(_ plans: [[AxisPlan]], slabs: Int) {
            func most(_ axis: Int, _ size: (AxisPlan) -> Int) -> Int { plans[axis].map(size).max() ?? 1 }
            let width = (most(0, \.target.count) + 7) / 8 * 8
            let area = width * most(1, \.target.count)
            let voxels = area * most(2, \.target.count)
            line = Scratch(8 * (most(0, \.longest) + 16))
            turned = Scratch(9 * (most(0, \.longest) + 16))
            rows = plans[0][0].filters.map { _ in Scratch(width * most(1, \.line.count) + 16) }
            self.slabs = (0..<slabs).map { _ in Scratch(area * most(2, \.line.count) + 16) }
            (term, sum) = (Scratch(voxels + 16), Scratch(voxels + 16))
            let isStaged = plans.joined().contains { $0.filters.contains(where: \.isStaged) }
            half =
                isStaged ? max(8 * most(0, \.longest), width * most(1, \.longest), area * most(2, \.longest)) + 16 : 0
            work = Scratch(2 * half)
        }
    }

    private struct Tile {
        let x: AxisPlan
        let y: AxisPlan
        let z: AxisPlan
        let box: VoxelBox
        let memory: Memory

        /// Of rows, whole vectors.
        private var width: Int { (x.target.count + 7) / 8 * 8 }
        private var area: Int { width * y.target.count }

        func run(
            _ orientations: [Orientation], _ pooling: Pooling, _ block: VolumeBlock,
            into result: UnsafeMutablePointer<Double>
        ) {
            for (number, orientation) in orientations.enumerated() {
                if number == 0 || !orientation.hasPlanes(of: orientations[number - 1]) {
                    for (k, slice) in z.line.enumerated() { plane(orientation, slice, block, number: k) }
                }
                var sum = UnsafePointer<Double>(memory.sum.pointer)
                for (k, group) in orientation.groups.enumerated() {
                    let filtered = z.filters[group.across].filtered(
                        memory.slabs[k].pointer, width: area, into: k == 0 ? memory.sum.pointer : memory.term.pointer,
                        memory.work.pointer, half: memory.half)
                    if k == 0 {
                        sum = filtered
                    } else {
                        let count = area * z.target.count
                        // What stood in the slab itself is not written over.
                        if sum != UnsafePointer(memory.sum.pointer) {
                            memory.sum.pointer.update(from: sum, count: count)
                        }
                        for j in 0..<count { memory.sum.pointer[j] += filtered[j] }
                        sum = UnsafePointer(memory.sum.pointer)
                    }
                }
                join(sum, into: result, pooling, orientation.weight, isFirst: number == 0)
            }
        }

        /// One slice of the image through the filters along x and y, to plane `number` of the slabs.
        private func plane(_ orientation: Orientation, _ slice: Int, _ block: VolumeBlock, number: Int) {
            guard slice >= 0 else {
                for k in orientation.groups.indices {
                    (memory.slabs[k].pointer + number * area).update(repeating: 0, count: area)
                }
                return
            }
            let along = Set(orientation.groups.flatMap(\.planes).map(\.x)).sorted()
            let lanes = along.contains { x.filters[$0].wantsLanes } ? 8 : 1
            for first in stride(from: 0, to: y.line.count, by: lanes) {
                rows(first..<min(y.line.count, first + lanes), slice, block, along, lanes)
            }
            for (k, group) in orientation.groups.enumerated() {
                let target = memory.slabs[k].pointer + number * area
                for (place, plane) in group.planes.enumerated() {
                    let filtered = y.filters[plane.y].filtered(
                        memory.rows[plane.x].pointer, width: width, into: place == 0 ? target : memory.term.pointer,
                        memory.work.pointer, half: memory.half)
                    if place > 0 {
                        for j in 0..<area { target[j] += filtered[j] }
                    } else if filtered != UnsafePointer(target) {
                        target.update(from: filtered, count: area)
                    }
                }
            }
        }

        /// Rows of a slice through the filters along x.
        private func rows(_ range: Range<Int>, _ slice: Int, _ block: VolumeBlock, _ along: [Int], _ lanes: Int) {
            let line = memory.line.pointer
            guard lanes > 1 else {
                let (row, place) = (y.line[range.lowerBound], range.lowerBound * width)
                if row >= 0 { load(row, slice, block, into: line) }
                for k in along {
                    let target = memory.rows[k].pointer + place
                    guard row >= 0 else {
                        target.update(repeating: 0, count: width)
                        continue
                    }
                    let filtered = x.filters[k].filtered(
                        line, width: 1, into: target, memory.work.pointer, half: memory.half)
                    if filtered != UnsafePointer(target) { target.update(from: filtered, count: x.target.count) }
                }
                return
            }
            let (turned, single) = (memory.turned.pointer, memory.turned.pointer + 8 * (x.longest + 16))
            for (lane, place) in range.enumerated() {
                let row = y.line[place]
                if row >= 0 { load(row, slice, block, into: single) }
                for k in x.line.indices { line[8 * k + lane] = row >= 0 ? single[k] : 0 }
            }
            for k in along {
                let filtered = x.filters[k].filtered(
                    line, width: 8, into: turned, memory.work.pointer, half: memory.half)
                for (lane, place) in range.enumerated() {
                    let target = memory.rows[k].pointer + place * width
                    for j in 0..<x.target.count { target[j] = filtered[8 * j + lane] }
                }
            }
        }

        private func load(_ row: Int, _ slice: Int, _ block: VolumeBlock, into line: UnsafeMutablePointer<Double>) {
            let run = x.run
            let first = run.isEmpty ? 0 : x.line[run.lowerBound]
            if !run.isEmpty { block.copy(run.count, from: SIMD3(first, row, slice), to: line + run.lowerBound) }
            for k in 0..<run.lowerBound { load(k, row, slice, block, into: line) }
            for k in run.upperBound..<x.line.count { load(k, row, slice, block, into: line) }
        }

        /// One voxel that is not in the run, though mostly it is the copy of one that is.
        private func load(
            _ k: Int, _ row: Int, _ slice: Int, _ block: VolumeBlock, into line: UnsafeMutablePointer<Double>
        ) {
            let voxel = x.line[k]
            let place = x.run.isEmpty ? -1 : voxel - x.line[x.run.lowerBound] + x.run.lowerBound
            line[k] = voxel < 0 ? 0 : x.run.contains(place) ? line[place] : block[SIMD3(voxel, row, slice)]
        }

        /// - Parameter sum: [z][y][width]
        private func join(
            _ sum: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>, _ pooling: Pooling,
            _ weight: Double, isFirst: Bool
        ) {
            let count = x.target.count
            for (k, slice) in z.target.enumerated() {
                for (j, row) in y.target.enumerated() {
                    let from = sum + k * area + j * width
                    let to =
                        result
                        + box.offset(
                            x.target.lowerBound - box.lower.x, row - box.lower.y, slice - box.lower.z)
                    switch pooling {
                    case .none: to.update(from: from, count: count)
                    case .mean where isFirst: for i in 0..<count { to[i] = weight * from[i] }
                    case .mean: for i in 0..<count { to[i] += weight * from[i] }
                    case .max where isFirst: to.update(from: from, count: count)
                    case .max: for i in 0..<count { to[i] = Pooling.larger(from[i], to[i]) }
                    }
                }
            }
        }
    }
}
