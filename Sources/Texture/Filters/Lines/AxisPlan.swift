import CKernels
import NumericalMethods

/// The kernels for the best level of this processor; a constant table of C functions.
nonisolated(unsafe) let kernels: FilterKernels = {
    for level in [Int32(2), 1, 0] {
        if let found = weft_filter_kernels(level) { return found.pointee }
    }
    preconditionFailure("CKernels has no filter kernels at level 0")
}()

/// How some voxels along an axis are made of the image's by several filters, worked out once for all lines along it.
struct AxisPlan: Sendable {
    let target: Range<Int>
    /// Voxels of the image in the order in which kernels read them, the border's repeated as the boundary wants it; -1 where there
    /// is nothing.
    let line: [Int]
    /// The longest part of the line whose voxels follow one another.
    let run: Range<Int>
    /// Of each filter.
    let filters: [LineFilter]
    /// How long a line becomes on the way.
    let longest: Int

    init(_ filters: [AxisFilter], _ axis: FilterAxis, target: Range<Int>) {
        self.target = target
        // Backwards: what the last kernel needs, the one before has to give.
        let ranges = filters.map { filter in
            guard case .kernels(let kernels) = filter, let first = kernels.first else { return [target] }
            var ranges = [target]
            for kernel in kernels.dropFirst().reversed() {
                ranges.insert(axis.voxels(at: kernel.reach(of: ranges[0])), at: 0)
            }
            return [first.reach(of: ranges[0])] + ranges
        }
        let lowest = ranges.map { $0[0].lowerBound }.min() ?? target.lowerBound
        let places = lowest..<(ranges.map { $0[0].upperBound }.max() ?? target.upperBound)
        line = places.map { axis.voxel(at: $0).map(axis.ofImage) ?? -1 }
        run = Self.longestRun(in: line)
        self.filters = zip(filters, ranges).map { filter, ranges in
            LineFilter(filter, axis, ranges, start: ranges[0].lowerBound - lowest)
        }
        longest = max(line.count, self.filters.map(\.longest).max() ?? 0)
    }

    /// The voxels of the image that are read.
    var source: Range<Int> {
        let voxels = line.lazy.filter { $0 >= 0 }
        guard let least = voxels.min(), let most = voxels.max() else { return 0..<1 }
        return least..<most + 1
    }

    static func longestRun(in places: [Int]) -> Range<Int> {
        var (longest, start) = (0..<0, 0)
        for k in places.indices {
            let continues = k > start && places[k] == places[k - 1] + 1 && places[k - 1] >= 0
            if !continues { start = k }
            if places[k] >= 0, k + 1 - start > longest.count { longest = start..<k + 1 }
        }
        return longest
    }
}

/// One filter on the lines of an ``AxisPlan``: kernels one after the other, or none.
struct LineFilter: Sendable {
    /// Where in the line the first kernel begins.
    private let start: Int
    private let stages: [Stage]
    fileprivate let longest: Int

    fileprivate struct Stage: Sendable {
        let weights: [Double]
        let spectrum: LineSpectrum?
        /// Where each place that the kernel reads stands in what the one before gave; -1 where there is nothing. Not for the first.
        let places: [Int]
        /// The longest part in which they follow one another.
        let run: Range<Int>
        let count: Int
    }

    /// - Parameter ranges: the places that the first kernel reads, and the voxels that each gives.
    fileprivate init(_ filter: AxisFilter, _ axis: FilterAxis, _ ranges: [Range<Int>], start: Int) {
        self.start = start
        guard case .kernels(let kernels) = filter else {
            (stages, longest) = ([], ranges[0].count)
            return
        }
        stages = kernels.enumerated().map { k, kernel in
            let (before, after) = (ranges[k], ranges[k + 1])
            let places =
                k == 0 ? [] : kernel.reach(of: after).map { axis.voxel(at: $0).map { $0 - before.lowerBound } ?? -1 }
            return Stage(
                weights: kernel.weights, spectrum: LineSpectrum(kernel.weights, outputs: after.count), places: places,
                run: AxisPlan.longestRun(in: places), count: after.count)
        }
        longest = max(ranges[0].count, stages.map { max($0.places.count, $0.count) }.max() ?? 0)
    }

    /// Whether it needs scratch memory.
    var isStaged: Bool { stages.count > 1 }

    /// Whether eight lines side by side take hardly longer than one.
    var wantsLanes: Bool { stages.contains { $0.spectrum != nil } }

    /// The filtered lines: in `target`, or a part of the lines themselves where there is nothing to do.
    ///
    /// - Parameters:
    ///   - lines: [line.count][width], and 15 values that may be read.
    ///   - target: [target.count][width], and 15 values that may be written.
    ///   - scratch: two halves of (longest width + 16) values.
    func filtered(
        _ lines: UnsafePointer<Double>, width: Int, into target: UnsafeMutablePointer<Double>,
        _ scratch: UnsafeMutablePointer<Double>, half: Int
    ) -> UnsafePointer<Double> {
        var input = lines + start * width
        for (k, stage) in stages.enumerated() {
            if k > 0 {
                stage.extend(input, width, into: scratch)
                input = UnsafePointer(scratch)
            }
            let output = k == stages.count - 1 ? target : scratch + half
            if let spectrum = stage.spectrum, width % 8 == 0 {
                spectrum.correlate(input, into: output, width: width, stage.weights)
            } else {
                // Whole vectors, so that no line ends voxel by voxel.
                kernels.correlate(
                    input, output, Int64((stage.count * width + 7) / 8 * 8), Int64(width), stage.weights,
                    Int64(stage.weights.count))
            }
            input = UnsafePointer(output)
        }
        return input
    }
}

extension LineFilter.Stage {
    fileprivate func extend(
        _ lines: UnsafePointer<Double>, _ width: Int, into extended: UnsafeMutablePointer<Double>
    ) {
        if !run.isEmpty {
            (extended + run.lowerBound * width).update(
                from: lines + places[run.lowerBound] * width, count: run.count * width)
        }
        for k in places.indices where !run.contains(k) {
            let row = extended + k * width
            if places[k] < 0 {
                row.update(repeating: 0, count: width)
            } else {
                row.update(from: lines + places[k] * width, count: width)
            }
        }
    }
}
