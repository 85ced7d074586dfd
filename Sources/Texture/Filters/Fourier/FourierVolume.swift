import Imaging
import NumericalMethods
import Parallel

/// Complex values on a grid, x fastest, and their Fourier transform.
struct FourierVolume {
    let size: SIMD3<Int>
    private(set) var real: [Double]
    private(set) var imaginary: [Double]

    init(size: SIMD3<Int>, real: consuming [Double]) {
        imaginary = [Double](repeating: 0, count: real.count)
        (self.size, self.real) = (size, real)
    }

    /// Forward, unscaled.
    mutating func transform(axes: [Int] = [0, 1, 2], _ workers: Workers) {
        for axis in axes where size[axis] > 1 { transform(axis, workers, isInverse: false) }
    }

    /// Back, divided by the number of points.
    mutating func invert(axes: [Int] = [0, 1, 2], _ workers: Workers) {
        for axis in axes where size[axis] > 1 { transform(axis, workers, isInverse: true) }
    }

    private mutating func transform(_ axis: Int, _ workers: Workers, isInverse: Bool) {
        let n = size[axis]
        let transform = FourierTransform(count: n)
        let inner = axis == 0 ? 1 : axis == 1 ? size.x : size.x * size.y
        let lines = real.count / n
        let factor = isInverse ? 1 / Double(n) : 1
        let (re, im) = (
            real.withUnsafeMutableBufferPointer { SharedPointer(to: $0.baseAddress) },
            imaginary.withUnsafeMutableBufferPointer { SharedPointer(to: $0.baseAddress) }
        )
        // An inverse transform is a forward one with both parts exchanged.
        let (a, b) = isInverse ? (im, re) : (re, im)
        let batch = max(1, 4096 / n)
        let tasks = (lines + 4 * batch - 1) / (4 * batch)
        workers.forEach(tasks) {
            LineMemory(n, transform.scratchCount)
        } body: { task, memory in
            for first in stride(from: task * 4 * batch, to: min(lines, (task + 1) * 4 * batch), by: 4) {
                let lanes = min(4, lines - first)
                var starts = SIMD4<Int>.zero
                for lane in 0..<lanes {
                    let line = first + lane
                    starts[lane] = line / inner * inner * n + line % inner
                }
                for k in 0..<n {
                    var value = ComplexLanes.zero
                    for lane in 0..<lanes {
                        value.re[lane] = a.pointer[starts[lane] + k * inner]
                        value.im[lane] = b.pointer[starts[lane] + k * inner]
                    }
                    memory.line[k] = value
                }
                transform.transform(memory.line, scratch: memory.scratch)
                for k in 0..<n {
                    let value = memory.line[k].scaled(factor)
                    for lane in 0..<lanes {
                        a.pointer[starts[lane] + k * inner] = value.re[lane]
                        b.pointer[starts[lane] + k * inner] = value.im[lane]
                    }
                }
            }
        }
    }

    /// Times c + is at each place, which is given in voxels.
    mutating func multiply(
        _ workers: Workers, by factor: @Sendable (_ x: Int, _ y: Int, _ z: Int) -> (c: Double, s: Double)
    ) {
        let size = size
        let (re, im) = (
            real.withUnsafeMutableBufferPointer { SharedPointer(to: $0.baseAddress) },
            imaginary.withUnsafeMutableBufferPointer { SharedPointer(to: $0.baseAddress) }
        )
        workers.forEach(size.z) { z, _ in
            for y in 0..<size.y {
                for x in 0..<size.x {
                    let k = (z * size.y + y) * size.x + x
                    let (c, s) = factor(x, y, z)
                    let (a, b) = (re.pointer[k], im.pointer[k])
                    re.pointer[k] = a * c - b * s
                    im.pointer[k] = a * s + b * c
                }
            }
        }
    }
}

/// Of one thread.
final class LineMemory {
    let line: UnsafeMutablePointer<ComplexLanes>
    let scratch: UnsafeMutablePointer<ComplexLanes>

    init(_ count: Int, _ scratchCount: Int) {
        (line, scratch) = (.allocate(capacity: count), .allocate(capacity: scratchCount))
        line.initialize(repeating: .zero, count: count)
        scratch.initialize(repeating: .zero, count: scratchCount)
    }

    deinit {
        line.deallocate()
        scratch.deallocate()
    }
}
