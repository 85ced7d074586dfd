// Gabor's filter within planes: a wave under a Gaussian, along one direction or several. It does not fall apart into filters
// along the axes, so that each plane goes through Fourier space once and comes back once a direction.

import Glibc
import Imaging
import NumericalMethods
import Parallel

/// exp(-(u² + γ² v²) / 2σ² + 2πi u/λ), u along a direction of the plane, v across it; the response is the modulus of what is
/// convolved with it (IBSI-2; the Gaussian is not normalised).
public struct GaborFilter: Hashable, Sendable {
    /// mm
    public var sigma: Double
    public var lambda: Double
    public var gamma: Double
    /// Of u, degrees from the plane's first axis towards its second.
    public var theta: Double
    /// Degrees from one direction to the next, all round; nil: theta alone.
    public var thetaStep: Double?
    public var planes: [Plane]

    public init(
        sigma: Double, lambda: Double, gamma: Double = 1, theta: Double = 0, thetaStep: Double? = nil,
        planes: [Plane] = [.xy]
    ) {
        (self.sigma, self.lambda, self.gamma, self.theta) = (sigma, lambda, gamma, theta)
        (self.thetaStep, self.planes) = (thetaStep, planes)
    }

    public enum Plane: String, CaseIterable, Sendable {
        case xy, xz, yz

        var axes: (first: Int, second: Int, across: Int) {
            switch self {
            case .xy: (0, 1, 2)
            case .xz: (0, 2, 1)
            case .yz: (1, 2, 0)
            }
        }
    }

    /// Radians. Half a turn further the response is the same, as its modulus is.
    var angles: [Double] {
        guard let thetaStep else { return [theta * .pi / 180] }
        let all = stride(from: 0, to: 360 - 1e-9, by: thetaStep).map { theta + $0 }
        var kept: [Double] = []
        for angle in all where !kept.contains(where: { abs(remainder(angle - $0, 180)) < 1e-9 }) { kept.append(angle) }
        // Only where every direction has its opposite do halves count alike.
        return (all.count == 2 * kept.count ? kept : all).map { $0 * .pi / 180 }
    }

    /// Where the Gaussian has fallen to 2e-11 of its top, in sigmas.
    private static let reach = 7.0

    /// Voxels on each side of one that its response hangs on, along the two axes of a plane.
    func margin(of plane: Plane, spacing: SIMD3<Double>) -> (Int, Int) {
        let (first, second, _) = plane.axes
        let long = Self.reach * sigma
        var margin = (1, 1)
        for angle in angles {
            let (c, s) = (cos(angle), sin(angle))
            margin.0 = max(margin.0, Int((hypot(long * c, long / gamma * s) / spacing[first]).rounded(.up)))
            margin.1 = max(margin.1, Int((hypot(long * s, long / gamma * c) / spacing[second]).rounded(.up)))
        }
        return margin
    }

    func value(_ x: Double, _ y: Double, _ angle: Double) -> (re: Double, im: Double) {
        let (u, v) = (x * cos(angle) + y * sin(angle), -x * sin(angle) + y * cos(angle))
        let size = exp(-(u * u + gamma * gamma * v * v) / (2 * sigma * sigma))
        return (size * cos(2 * .pi * u / lambda), size * sin(2 * .pi * u / lambda))
    }

    func sources(of box: VoxelBox, _ axes: [FilterAxis], spacing: SIMD3<Double>) -> VoxelBox {
        var (lower, upper) = (box.lower, box.upper)
        for plane in planes {
            let margin = margin(of: plane, spacing: spacing)
            for (axis, reach) in [(plane.axes.first, margin.0), (plane.axes.second, margin.1)] {
                let range = axes[axis].voxels(at: box.lower[axis] - reach..<box.upper[axis] + reach)
                (lower[axis], upper[axis]) = (min(lower[axis], range.lowerBound), max(upper[axis], range.upperBound))
            }
        }
        return VoxelBox(lower: lower, size: upper &- lower)
    }

    func responses(
        in box: VoxelBox, of block: VolumeBlock, _ axes: [FilterAxis], _ pooling: Pooling, _ workers: Workers
    ) -> [Double] {
        let sources = sources(of: box, axes, spacing: block.grid.spacing)
        let values = block.values(in: sources)
        // A transform would spoil all of a plane with one voxel that holds no number.
        let isFinite = values.allSatisfy(\.isFinite)
        var pooled = [Double](repeating: 0, count: box.voxelCount)
        for (number, plane) in planes.enumerated() {
            let (spacing, share, isFirst) = (block.grid.spacing, 1 / Double(planes.count), number == 0)
            if !isFinite || DirectGabor.isCheaper(margin(of: plane, spacing: spacing), plane, box) {
                DirectGabor(self, plane, box, sources, axes, spacing, pooling, share: share)
                    .run(values, into: &pooled, isFirst: isFirst, workers)
            } else {
                PlaneGabor(self, plane, box, sources, axes, spacing, pooling, share: share)
                    .run(values, into: &pooled, isFirst: isFirst, workers)
            }
        }
        return pooled
    }
}

/// All planes of one orientation.
private struct PlaneGabor {
    private let plane: GaborFilter.Plane
    private let box: VoxelBox
    private let sources: VoxelBox
    private let pooling: Pooling
    private let share: Double
    /// Places of the lengthened plane in the sources, along its two axes; -1 where there is nothing.
    private let places: ([Int], [Int])
    private let margin: (Int, Int)
    private let along: FourierTransform
    private let down: FourierTransform
    /// Of each direction, by groups of four columns [(columns + 3) / 4][down.count]; nil where nothing passes.
    private let spectra: [[[ComplexLanes]?]]

    init(
        _ filter: GaborFilter, _ plane: GaborFilter.Plane, _ box: VoxelBox, _ sources: VoxelBox, _ axes: [FilterAxis],
        _ spacing: SIMD3<Double>, _ pooling: Pooling, share: Double
    ) {
        (self.plane, self.box, self.sources, self.pooling, self.share) = (plane, box, sources, pooling, share)
        let (first, second, _) = plane.axes
        let margin = filter.margin(of: plane, spacing: spacing)
        self.margin = margin
        func places(_ axis: Int, _ margin: Int) -> [Int] {
            (box.lower[axis] - margin..<box.upper[axis] + margin).map { place in
                axes[axis].voxel(at: place).map { $0 - sources.lower[axis] } ?? -1
            }
        }
        self.places = (places(first, margin.0), places(second, margin.1))
        let along = FourierTransform(count: FourierTransform.size(atLeast: self.places.0.count))
        let down = FourierTransform(count: FourierTransform.size(atLeast: self.places.1.count))
        (self.along, self.down) = (along, down)
        let transform = PlaneTransform(along, down)
        spectra = filter.angles.map { angle in
            transform.clear()
            for y in -margin.1...margin.1 {
                for x in -margin.0...margin.0 {
                    let value = filter.value(Double(x) * spacing[first], Double(y) * spacing[second], angle)
                    let (column, row) = ((x + along.count) % along.count, (y + down.count) % down.count)
                    transform.rows[row / 4 * along.count + column].re[row % 4] = value.re
                    transform.rows[row / 4 * along.count + column].im[row % 4] = value.im
                }
            }
            transform.forward(rows: down.count)
            let scale = 1 / Double(along.count * down.count)
            let groups = (0..<transform.columnGroups).map { group in
                (0..<down.count).map { transform.columns[group * down.count + $0].scaled(scale) }
            }
            func top(_ values: [ComplexLanes]) -> Double {
                values.reduce(0) { max($0, ($1.re * $1.re + $1.im * $1.im).max()) }
            }
            let largest = groups.map(top).max() ?? 0
            return groups.map { top($0) < 1e-26 * largest ? nil : $0 }
        }
    }

    func run(_ values: [Double], into pooled: inout [Double], isFirst: Bool, _ workers: Workers) {
        let (first, second, across) = plane.axes
        let steps = SIMD3(1, sources.size.x, sources.size.x * sources.size.y)
        let targets = SIMD3(1, box.size.x, box.size.x * box.size.y)
        let result = pooled.withUnsafeMutableBufferPointer { SharedPointer(to: $0.baseAddress) }
        let (width, height) = (box.size[first], box.size[second])
        workers.forEach(box.size[across]) {
            PlaneTransform(along, down)
        } body: { slice, transform in
            transform.clear()
            let start = (slice + box.lower[across] - sources.lower[across]) * steps[across]
            for (row, y) in places.1.enumerated() where y >= 0 {
                for (column, x) in places.0.enumerated() where x >= 0 {
                    transform.rows[row / 4 * along.count + column].re[row % 4] =
                        values[start + x * steps[first] + y * steps[second]]
                }
            }
            transform.forward(rows: places.1.count)
            for (number, spectrum) in spectra.enumerated() {
                transform.inverse(times: spectrum, rows: margin.1..<margin.1 + height)
                for y in 0..<height {
                    for x in 0..<width {
                        let row = y + margin.1
                        let value = transform.filtered[row / 4 * along.count + x + margin.0]
                        let size = hypot(value.re[row % 4], value.im[row % 4])
                        let k = slice * targets[across] + x * targets[first] + y * targets[second]
                        let target = result.pointer + k
                        let isStart = isFirst && number == 0
                        switch pooling {
                        case .max: target.pointee = isStart ? size : Pooling.larger(size, target.pointee)
                        case .none, .mean:
                            target.pointee += size * share / Double(spectra.count)
                        }
                    }
                }
            }
        }
    }
}

/// The transform of one plane at a time, in lanes of four rows and of four columns.
private final class PlaneTransform {
    let rows: UnsafeMutablePointer<ComplexLanes>
    let columns: UnsafeMutablePointer<ComplexLanes>
    let filtered: UnsafeMutablePointer<ComplexLanes>
    let columnGroups: Int
    private let rowGroups: Int
    private let along: FourierTransform
    private let down: FourierTransform
    private let memory: LineMemory

    init(_ along: FourierTransform, _ down: FourierTransform) {
        (self.along, self.down) = (along, down)
        (rowGroups, columnGroups) = ((down.count + 3) / 4, (along.count + 3) / 4)
        rows = .allocate(capacity: rowGroups * along.count)
        filtered = .allocate(capacity: rowGroups * along.count)
        columns = .allocate(capacity: columnGroups * down.count)
        rows.initialize(repeating: .zero, count: rowGroups * along.count)
        filtered.initialize(repeating: .zero, count: rowGroups * along.count)
        columns.initialize(repeating: .zero, count: columnGroups * down.count)
        memory = LineMemory(max(along.count, down.count), max(along.scratchCount, down.scratchCount))
    }

    deinit {
        rows.deallocate()
        columns.deallocate()
        filtered.deallocate()
    }

    func clear() { rows.update(repeating: .zero, count: rowGroups * along.count) }

    /// `rows` to `columns`; rows from `count` on hold nothing.
    func forward(rows count: Int) {
        for group in 0..<(count + 3) / 4 {
            along.transform(rows + group * along.count, scratch: memory.scratch)
        }
        for group in 0..<columnGroups {
            let line = columns + group * down.count
            for y in 0..<down.count {
                var value = ComplexLanes.zero
                if y < count {
                    for lane in 0..<min(4, along.count - 4 * group) {
                        let from = rows[y / 4 * along.count + 4 * group + lane]
                        value.re[lane] = from.re[y % 4]
                        value.im[lane] = from.im[y % 4]
                    }
                }
                line[y] = value
            }
            down.transform(line, scratch: memory.scratch)
        }
    }

    /// The rows of a range of `columns` times a spectrum, to `filtered`.
    func inverse(times spectrum: [[ComplexLanes]?], rows range: Range<Int>) {
        let groups = range.lowerBound / 4..<(range.upperBound + 3) / 4
        for group in 0..<columnGroups {
            let line = memory.line
            if let factors = spectrum[group] {
                let source = columns + group * down.count
                for y in 0..<down.count {
                    let (a, b) = (source[y], factors[y])
                    // Exchanged, so that the forward transform is the inverse one.
                    line[y] = ComplexLanes(re: a.re * b.im + a.im * b.re, im: a.re * b.re - a.im * b.im)
                }
                down.transform(line, scratch: memory.scratch)
            }
            for y in groups.lowerBound * 4..<min(groups.upperBound * 4, down.count) {
                for lane in 0..<min(4, along.count - 4 * group) {
                    let place = y / 4 * along.count + 4 * group + lane
                    filtered[place].re[y % 4] = spectrum[group] == nil ? 0 : line[y].re[lane]
                    filtered[place].im[y % 4] = spectrum[group] == nil ? 0 : line[y].im[lane]
                }
            }
        }
        for group in groups { along.transform(filtered + group * along.count, scratch: memory.scratch) }
    }
}
