import Glibc
import Imaging
import NumericalMethods
import Parallel

/// A Gabor filter product by product, which for a small kernel is cheaper than transforms of the plane.
struct DirectGabor {
    private let plane: GaborFilter.Plane
    private let box: VoxelBox
    private let sources: VoxelBox
    private let pooling: Pooling
    private let share: Double
    /// Places of the lengthened plane in the sources, along its two axes; -1 where there is nothing.
    private let places: ([Int], [Int])
    /// Of each direction: even and odd part [2 margin.1 + 1][2 margin.0 + 1], turned round.
    private let kernels: [(even: [[Double]], odd: [[Double]])]

    /// Than transforms. Only the ratio of the two costs counts, 44 products a point and step of a transform forth and back. Measured
    /// on AVX-512 with `weft filter -j 1` on 512 × 512 × 24 voxels, user time above that of a mean over one voxel, on a busy
    /// machine: σ 1 mm by products 0.08 ns each; σ 2 and 8 mm by transforms 4.5 and 3.4 ns a point and step: 43 to 56.
    static func isCheaper(_ margin: (Int, Int), _ plane: GaborFilter.Plane, _ box: VoxelBox) -> Bool {
        let (width, height) = (box.size[plane.axes.first], box.size[plane.axes.second])
        let taps = Double((2 * margin.0 + 1) * (2 * margin.1 + 1))
        let points = FourierTransform.size(atLeast: width + 2 * margin.0)
        let others = FourierTransform.size(atLeast: height + 2 * margin.1)
        let transformed = Double(points * others) * log2(Double(points * others)) * 2.2
        return 2 * taps * Double(width * height) * 0.05 < transformed
    }

    init(
        _ filter: GaborFilter, _ plane: GaborFilter.Plane, _ box: VoxelBox, _ sources: VoxelBox, _ axes: [FilterAxis],
        _ spacing: SIMD3<Double>, _ pooling: Pooling, share: Double
    ) {
        let (first, second, _) = plane.axes
        let margin = filter.margin(of: plane, spacing: spacing)
        (self.plane, self.box, self.sources, self.pooling, self.share) = (plane, box, sources, pooling, share)
        func places(_ axis: Int, _ margin: Int) -> [Int] {
            (box.lower[axis] - margin..<box.upper[axis] + margin).map { place in
                axes[axis].voxel(at: place).map { $0 - sources.lower[axis] } ?? -1
            }
        }
        self.places = (places(first, margin.0), places(second, margin.1))
        kernels = filter.angles.map { angle in
            let values = (-margin.1...margin.1).map { y in
                (-margin.0...margin.0).map { x in
                    filter.value(-Double(x) * spacing[first], -Double(y) * spacing[second], angle)
                }
            }
            return (values.map { $0.map(\.re) }, values.map { $0.map(\.im) })
        }
    }

    func run(_ values: [Double], into pooled: inout [Double], isFirst: Bool, _ workers: Workers) {
        let (first, second, across) = plane.axes
        let steps = SIMD3(1, sources.size.x, sources.size.x * sources.size.y)
        let targets = SIMD3(1, box.size.x, box.size.x * box.size.y)
        let result = pooled.withUnsafeMutableBufferPointer { SharedPointer(to: $0.baseAddress) }
        let (width, height) = (box.size[first], box.size[second])
        // Whole vectors, which read over the end of a row.
        let (padded, long) = ((width + 7) / 8 * 8, places.0.count + 8)
        workers.forEach(box.size[across]) {
            Scratch(long * places.1.count + 3 * padded)
        } body: { slice, memory in
            let rows = memory.pointer
            let (even, odd) = (rows + long * places.1.count, rows + long * places.1.count + padded)
            let start = (slice + box.lower[across] - sources.lower[across]) * steps[across]
            for (row, y) in places.1.enumerated() {
                for (column, x) in places.0.enumerated() {
                    rows[row * long + column] =
                        x >= 0 && y >= 0 ? values[start + x * steps[first] + y * steps[second]] : 0
                }
            }
            for (number, kernel) in kernels.enumerated() {
                for y in 0..<height {
                    sum(kernel.even, rows + y * long, long, padded, into: even, odd + padded)
                    sum(kernel.odd, rows + y * long, long, padded, into: odd, odd + padded)
                    for x in 0..<width {
                        let size = hypot(even[x], odd[x])
                        let target =
                            result.pointer + slice * targets[across] + x * targets[first] + y * targets[second]
                        switch pooling {
                        case .max: target.pointee = isFirst && number == 0 ? size : Pooling.larger(size, target.pointee)
                        case .none, .mean: target.pointee += size * share / Double(kernels.count)
                        }
                    }
                }
            }
        }
    }

    /// One row of responses, kernel row by kernel row.
    private func sum(
        _ kernel: [[Double]], _ rows: UnsafePointer<Double>, _ long: Int, _ count: Int,
        into sum: UnsafeMutablePointer<Double>, _ spare: UnsafeMutablePointer<Double>
    ) {
        for (row, weights) in kernel.enumerated() {
            Filters.kernels.correlate(
                rows + row * long, row == 0 ? sum : spare, Int64(count), 1, weights, Int64(weights.count))
            if row > 0 { for x in 0..<count { sum[x] += spare[x] } }
        }
    }
}
