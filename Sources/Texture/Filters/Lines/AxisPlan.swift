import CKernels

/// The kernels for the best level of this processor; a constant table of C functions.
nonisolated(unsafe) let kernels: FilterKernels = {
    for level in [Int32(2), 1, 0] {
        if let found = weft_filter_kernels(level) { return found.pointee }
    }
    preconditionFailure("CKernels has no filter kernels at level 0")
}()

/// How the voxels `target` of an axis are made of the voxels `source` of the image, worked out once for all lines along it.
package struct AxisPlan: Sendable {
    /// Of the image.
    package let source: Range<Int>
    package let target: Range<Int>
    private let stages: [Stage]
    private let recursion: RecursiveGaussian?
    /// How long a line becomes on the way.
    package let longest: Int

    fileprivate struct Stage: Sendable {
        let weights: [Double]
        /// Where each voxel of the lengthened line stands in what the stage before gave; -1 where there is nothing.
        let places: [Int]
        /// Where they begin, if they follow one another.
        let start: Int?
        let count: Int
        /// The longest part of the lengthened line in which they do.
        let inner: Range<Int>
    }

    package init(_ filter: AxisFilter, _ axis: FilterAxis, target: Range<Int>) {
        self.target = target
        switch filter {
        case .nothing: (source, stages, recursion, longest) = (target, [], nil, target.count)
        case .recursion(let gaussian):
            (source, stages, recursion, longest) = (0..<axis.count, [], gaussian, axis.count)
        case .kernels(let kernels):
            // Backwards: what the last stage needs, the one before has to give.
            var ranges = [target]
            for kernel in kernels.reversed() { ranges.insert(axis.voxels(at: kernel.reach(of: ranges[0])), at: 0) }
            let own = ranges[0].map(axis.ofImage)
            let source = (own.min() ?? 0)..<(own.max() ?? 0) + 1
            var stages: [Stage] = []
            for (k, kernel) in kernels.enumerated() {
                let (before, after) = (ranges[k], ranges[k + 1])
                let places = kernel.reach(of: after).map { place in
                    axis.voxel(at: place).map {
                        k == 0 ? axis.ofImage($0) - source.lowerBound : $0 - before.lowerBound
                    } ?? -1
                }
                let first = places[0]
                let isWhole = first >= 0 && places.indices.allSatisfy { places[$0] == first + $0 }
                stages.append(
                    Stage(
                        weights: kernel.weights, places: places, start: isWhole ? first : nil, count: after.count,
                        inner: Self.longestRun(in: places)))
            }
            (self.source, self.stages, recursion) = (source, stages, nil)
            longest = max(source.count, stages.map(\.places.count).max() ?? 0)
        }
    }

    private static func longestRun(in places: [Int]) -> Range<Int> {
        var (longest, start) = (0..<0, 0)
        for k in places.indices {
            let continues = k > start && places[k] == places[k - 1] + 1 && places[k - 1] >= 0
            if !continues { start = k }
            if places[k] >= 0, k + 1 - start > longest.count { longest = start..<k + 1 }
        }
        return longest
    }

    package var isNothing: Bool { stages.isEmpty && recursion == nil }
    /// Whether lines are taken eight at a time.
    package var wantsLanes: Bool { recursion != nil }

    /// Filters `width` lines side by side.
    ///
    /// - Parameters:
    ///   - lines: [source.count][width]
    ///   - result: [target.count][width]; may not be `lines`.
    ///   - scratch: 2 × `longest` × `width` values.
    ///   - width: with a recursion a multiple of 8.
    package func run(
        _ lines: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>, width: Int,
        scratch: UnsafeMutablePointer<Double>
    ) {
        if let recursion {
            var coefficients = recursion.coefficients
            let whole = target == source ? result : scratch
            kernels.recurse(lines, whole, Int64(source.count), Int64(width), &coefficients)
            guard target != source else { return }
            result.update(
                from: whole + (target.lowerBound - source.lowerBound) * width, count: target.count * width)
            return
        }
        guard let last = stages.indices.last else {
            result.update(from: lines, count: target.count * width)
            return
        }
        var input = lines
        for (k, stage) in stages.enumerated() {
            var extended = input
            if let start = stage.start {
                extended += start * width
            } else {
                stage.extend(input, width, into: scratch)
                extended = UnsafePointer(scratch)
            }
            // Between two stages lines wait in the second half of the scratch memory.
            let output = k == last ? result : scratch + longest * width
            let isInPlace = extended >= UnsafePointer(output) && extended < UnsafePointer(output + longest * width)
            if isInPlace, k != last {
                scratch.update(from: extended, count: stage.places.count * width)
                extended = UnsafePointer(scratch)
            }
            kernels.correlate(
                extended, output, Int64(stage.count * width), Int64(width), stage.weights, Int64(stage.weights.count))
            input = UnsafePointer(output)
        }
    }
}

extension AxisPlan.Stage {
    fileprivate func extend(
        _ lines: UnsafePointer<Double>, _ width: Int, into extended: UnsafeMutablePointer<Double>
    ) {
        if !inner.isEmpty {
            (extended + inner.lowerBound * width).update(
                from: lines + places[inner.lowerBound] * width, count: inner.count * width)
        }
        for k in places.indices where !inner.contains(k) {
            let place = places[k]
            let row = extended + k * width
            if width == 1 {
                row.pointee = place < 0 ? 0 : lines[place]
            } else if place < 0 {
                row.update(repeating: 0, count: width)
            } else {
                row.update(from: lines + place * width, count: width)
            }
        }
    }
}
