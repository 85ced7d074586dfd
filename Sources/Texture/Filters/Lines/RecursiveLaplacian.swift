import CKernels
import Imaging
import Parallel

/// ITK's Laplacian of a recursive Gaussian: along each axis the second derivative there and the Gaussian along the others, summed,
/// sigma in voxels of the axis, times σ² over the square of the spacing; of 32 bits, as ITK leaves it.
///
/// Planes are filtered along rows and columns and joined across in the same memory: beside the responses only the plane that
/// waits for the second derivative across is kept, in 48 bits (of 32 bits, as ITK keeps them, 1e-5 HU of a response hang on it: too
/// much for the sixth digit of a percentile).
struct RecursiveLaplacian {
    /// Of each axis.
    private let smooth: [FilterRecursion]
    private let curved: [FilterRecursion]
    /// Voxels on each side from which on nothing reaches one (2e-17 of a value).
    private let reach: SIMD3<Int>

    /// - Parameters: sigma and spacing in mm.
    init(sigma: Double, spacing: SIMD3<Double>) {
        smooth = (0..<3).map { RecursiveGaussian(sigma: sigma / spacing[$0], .none).coefficients }
        curved = (0..<3).map { axis in
            let scale = sigma * sigma / (spacing[axis] * spacing[axis])
            return RecursiveGaussian(sigma: sigma / spacing[axis], .second, scale: scale).coefficients
        }
        var reach = SIMD3<Int>.zero
        for axis in 0..<3 {
            // A sigma of a thousand images is no larger than one of the image.
            reach[axis] = 4 + Int(min(1e6, (RecursiveGaussian.reach * sigma / spacing[axis]).rounded(.up)))
        }
        self.reach = reach
    }

    /// The voxels of the image that the responses in a box are made of.
    func sources(of box: VoxelBox, within size: SIMD3<Int>) -> VoxelBox { box.grown(by: reach, within: size) }

    /// The responses in a box, x fastest.
    ///
    /// - Parameter block: holds ``sources(of:within:)`` of it.
    func responses(in box: VoxelBox, of block: VolumeBlock, _ workers: Workers) -> [Double] {
        let source = sources(of: box, within: block.grid.size)
        let area = box.size.x * box.size.y
        var summed = [Double](unwritten: area * source.size.z)
        let waits = ShortDoubles(area * source.size.z)
        let sums = summed.withUnsafeMutableBufferPointer { SharedPointer(to: $0.baseAddress) }
        workers.forEach(source.size.z) {
            PlaneMemory(source.size, box.size)
        } body: { task, memory in
            plane(
                source.lower.z + task, box, source, block, memory, sums.pointer + task * area, waits, task * area)
        }
        guard source.size.z > box.size.z else {
            across(box, source, workers, sums.pointer, waits, into: sums.pointer)
            return summed
        }
        var result = [Double](unwritten: box.voxelCount)
        let target = result.withUnsafeMutableBufferPointer { SharedPointer(to: $0.baseAddress) }
        across(box, source, workers, sums.pointer, waits, into: target.pointer)
        return result
    }

    /// Columns that are filtered at a time, few enough to stay in the cache.
    private static let lanes = 32

    private final class PlaneMemory {
        /// Sixteen rows, then the same turned.
        let rows: Scratch
        let turned: [Scratch]
        /// Rows after both filters along them [y][width].
        let smooth: Scratch
        let curved: Scratch
        let columns: [Scratch]
        /// Not a power of two, so that a column does not stay in one set of the cache.
        let width: Int

        init(_ source: SIMD3<Int>, _ box: SIMD3<Int>) {
            width = (box.x + 31) / 32 * 32 + 8
            rows = Scratch(16 * source.x)
            turned = (0..<3).map { _ in Scratch(16 * source.x) }
            (smooth, curved) = (Scratch(width * source.y + lanes), Scratch(width * source.y + lanes))
            columns = (0..<3).map { _ in Scratch(lanes * source.y) }
        }
    }

    /// One slice along x and y.
    private func plane(
        _ slice: Int, _ box: VoxelBox, _ source: VoxelBox, _ block: VolumeBlock, _ memory: PlaneMemory,
        _ sum: UnsafeMutablePointer<Double>, _ waiting: ShortDoubles, _ place: Int
    ) {
        let (nx, ny, width) = (source.size.x, source.size.y, memory.width)
        var (smooth, curved) = (smooth, curved)
        let skipped = box.lower.x - source.lower.x
        for first in stride(from: 0, to: ny, by: 16) {
            let count = min(16, ny - first)
            for row in 0..<count {
                block.copy(
                    nx, from: SIMD3(source.lower.x, source.lower.y + first + row, slice),
                    to: memory.rows.pointer + row * nx)
            }
            kernels.turn(memory.rows.pointer, Int64(nx), memory.turned[0].pointer, 16, Int64(count), Int64(nx))
            for (k, target) in [(1, memory.smooth), (2, memory.curved)] {
                let turned = memory.turned[k].pointer
                withUnsafePointer(to: k == 1 ? smooth[0] : curved[0]) {
                    kernels.recurse(memory.turned[0].pointer, 16, turned, 16, Int64(nx), 16, $0)
                }
                kernels.turn(
                    turned + skipped * 16, 16, target.pointer + first * width, Int64(width), Int64(box.size.x),
                    Int64(count))
            }
        }
        let (top, size) = (box.lower.y - source.lower.y, box.size)
        for first in stride(from: 0, to: size.x, by: Self.lanes) {
            let lanes = min(Self.lanes, size.x - first)
            let padded = Int64((lanes + 7) / 8 * 8)
            let (a, b, c) = (memory.columns[0].pointer, memory.columns[1].pointer, memory.columns[2].pointer)
            func recurse(
                _ from: Scratch, _ by: inout FilterRecursion, into target: UnsafeMutablePointer<Double>
            ) {
                kernels.recurse(
                    from.pointer + first, Int64(width), target, Int64(Self.lanes), Int64(ny), padded, &by)
            }
            recurse(memory.smooth, &smooth[1], into: a)
            recurse(memory.smooth, &curved[1], into: b)
            recurse(memory.curved, &smooth[1], into: c)
            for y in 0..<size.y {
                let (from, to) = ((top + y) * Self.lanes, y * size.x + first)
                for k in 0..<lanes {
                    waiting[place + to + k] = a[from + k]
                    sum[to + k] = b[from + k] + c[from + k]
                }
            }
        }
    }

    /// Along z, sixteen columns at a time twice over.
    private func across(
        _ box: VoxelBox, _ source: VoxelBox, _ workers: Workers, _ sums: UnsafeMutablePointer<Double>,
        _ waits: ShortDoubles, into result: UnsafeMutablePointer<Double>
    ) {
        let (area, nz) = (box.size.x * box.size.y, source.size.z)
        let skipped = box.lower.z - source.lower.z
        let (targets, results) = (SharedPointer(to: sums), SharedPointer(to: result))
        let tiles = (area + Self.lanes - 1) / Self.lanes
        let batch = max(1, 16_384 / (nz * Self.lanes))
        workers.forEach((tiles + batch - 1) / batch) {
            (0..<4).map { _ in Scratch(nz * Self.lanes) }
        } body: { task, memory in
            let (a, b, c, d) = (memory[0].pointer, memory[1].pointer, memory[2].pointer, memory[3].pointer)
            for tile in task * batch..<min(tiles, (task + 1) * batch) {
                let first = tile * Self.lanes
                let lanes = min(Self.lanes, area - first)
                for z in 0..<nz {
                    let (from, to) = (z * area + first, z * Self.lanes)
                    (a + to).update(from: targets.pointer + from, count: lanes)
                    for k in 0..<lanes { b[to + k] = waits[from + k] }
                }
                withUnsafePointer(to: smooth[2]) {
                    kernels.recurse(a, Int64(Self.lanes), c, Int64(Self.lanes), Int64(nz), Int64(Self.lanes), $0)
                }
                withUnsafePointer(to: curved[2]) {
                    kernels.recurse(b, Int64(Self.lanes), d, Int64(Self.lanes), Int64(nz), Int64(Self.lanes), $0)
                }
                for z in 0..<box.size.z {
                    let (from, to) = ((skipped + z) * Self.lanes, results.pointer + z * area + first)
                    for k in 0..<lanes { to[k] = Double(Float(c[from + k] + d[from + k])) }
                }
            }
        }
    }
}
