import Glibc
import Imaging
import Parallel

/// PyRadiomics' local binary patterns in the volume (imageoperations.py: getLBP3DImage), with its oddities, so that they are
/// neither rotation-invariant nor what J. Banerjee et al. describe: neighbours are the corners of an icosphere of radius 1 voxel,
/// interpolated by cubic B-splines into the image's own type (rounded for whole numbers) and 0 beyond the image; those that are
/// not darker than the voxel are summed with spherical harmonics whose two angles are exchanged; and the size of what a degree
/// gives is the root of a sum of squares of complex numbers, without conjugation, of which the real part is kept.
public struct SphericalPatterns: Hashable, Sendable {
    public var part: Part
    /// How often the faces of the icosahedron are divided.
    public var subdivision: Int

    public enum Part: Hashable, Sendable {
        /// Degree of the harmonics, from 0: PyRadiomics' m1, m2, …
        case degree(Int)
        /// Excess kurtosis of the neighbours.
        case kurtosis
    }

    public init(_ part: Part, subdivision: Int = 1) { (self.part, self.subdivision) = (part, subdivision) }

    /// Of splines nothing is left farther away.
    private static let margin = 36

    func sources(of box: VoxelBox, in grid: Geometry) -> VoxelBox {
        box.grown(by: SIMD3(repeating: Self.margin), within: grid.size)
    }

    func responses(in box: VoxelBox, of block: VolumeBlock, _ workers: Workers) -> [Double] {
        let around = sources(of: box, in: block.grid)
        let values = block.values(in: around)
        let isWhole = values.allSatisfy { $0 == $0.rounded() }
        let coefficients = SplineCoefficients.of(values, size: around.size)
        let neighbours = corners.map { Neighbour($0) }
        let harmonics = harmonics
        var result = [Double](repeating: 0, count: box.voxelCount)
        let target = result.withUnsafeMutableBufferPointer { SharedPointer(to: $0.baseAddress) }
        workers.forEach(box.size.z) { z, _ in
            var samples = [Double](repeating: 0, count: neighbours.count)
            for y in 0..<box.size.y {
                for x in 0..<box.size.x {
                    let voxel = box.lower &+ SIMD3(x, y, z)
                    for (k, neighbour) in neighbours.enumerated() {
                        let value = neighbour.value(at: voxel, coefficients, around, block.grid.size)
                        samples[k] = isWhole ? value.rounded(.toNearestOrAwayFromZero) : value
                    }
                    let inner = voxel &- around.lower
                    let own = values[around.offset(inner.x, inner.y, inner.z)]
                    target.pointer[box.offset(x, y, z)] = response(samples, own, harmonics)
                }
            }
        }
        return result
    }

    private func response(_ samples: [Double], _ own: Double, _ harmonics: [[(re: Double, im: Double)]]) -> Double {
        guard case .degree = part else { return Self.kurtosis(samples) }
        guard !own.isNaN, !samples.contains(where: \.isNaN) else { return .nan }
        // c = Σ s Y for each order, then Σ (Σ c Y)² over the corners.
        var sums = [(re: Double, im: Double)](repeating: (0, 0), count: harmonics.count)
        for (order, values) in harmonics.enumerated() {
            for (k, value) in values.enumerated() where samples[k] >= own {
                sums[order].re += value.re
                sums[order].im += value.im
            }
        }
        var (re, im) = (0.0, 0.0)
        for k in samples.indices {
            var (a, b) = (0.0, 0.0)
            for (order, values) in harmonics.enumerated() {
                a += sums[order].re * values[k].re - sums[order].im * values[k].im
                b += sums[order].re * values[k].im + sums[order].im * values[k].re
            }
            re += a * a - b * b
            im += 2 * a * b
        }
        return max(0, (hypot(re, im) + re) / 2).squareRoot()
    }

    /// Of the whole population; NaN where all samples are the same.
    private static func kurtosis(_ samples: [Double]) -> Double {
        let count = Double(samples.count)
        let mean = samples.reduce(0, +) / count
        var (second, fourth) = (0.0, 0.0)
        for sample in samples {
            let square = (sample - mean) * (sample - mean)
            second += square
            fourth += square * square
        }
        (second, fourth) = (second / count, fourth / count)
        guard second > (1e-15 * mean) * (1e-15 * mean) else { return .nan }
        return fourth / (second * second) - 3
    }

    /// Of the sphere, z, y, x.
    private var corners: [SIMD3<Double>] {
        let t = (1 + 5.0.squareRoot()) / 2
        let raw: [SIMD3<Double>] = [
            [-1, t, 0], [1, t, 0], [-1, -t, 0], [1, -t, 0], [0, -1, t], [0, 1, t], [0, -1, -t], [0, 1, -t],
            [t, 0, -1], [t, 0, 1], [-t, 0, -1], [-t, 0, 1],
        ]
        var corners = raw.map { $0 / length($0) }
        var faces = [
            [0, 11, 5], [0, 5, 1], [0, 1, 7], [0, 7, 10], [0, 10, 11], [1, 5, 9], [5, 11, 4], [11, 10, 2], [10, 7, 6],
            [7, 1, 8], [3, 9, 4], [3, 4, 2], [3, 2, 6], [3, 6, 8], [3, 8, 9], [4, 9, 5], [2, 4, 11], [6, 2, 10],
            [8, 6, 7], [9, 8, 1],
        ]
        for _ in 0..<subdivision {
            var middles: [SIMD2<Int>: Int] = [:]
            func middle(_ a: Int, _ b: Int) -> Int {
                let edge = SIMD2(min(a, b), max(a, b))
                if let known = middles[edge] { return known }
                let between = (corners[a] + corners[b]) / 2
                corners.append(between / length(between))
                middles[edge] = corners.count - 1
                return corners.count - 1
            }
            faces = faces.flatMap { face in
                let (a, b, c) = (
                    middle(face[0], face[1]), middle(face[1], face[2]), middle(face[2], face[0])
                )
                return [[face[0], a, c], [a, face[1], b], [c, b, face[2]], [a, b, c]]
            }
        }
        return corners
    }

    /// Of each order of the degree at each corner.
    private var harmonics: [[(re: Double, im: Double)]] {
        guard case .degree(let n) = part else { return [] }
        return (-n...n).map { order in
            corners.map { corner in
                // The angle from the third axis is taken for the azimuth, and the azimuth for the angle from it.
                let azimuth = acos(min(1, max(-1, corner.z)))
                let polar = atan2(corner.y, corner.x)
                let m = abs(order)
                var factor = (Double(2 * n + 1) / (4 * Double.pi)).squareRoot()
                for k in n - m + 1..<n + m + 1 { factor /= Double(k).squareRoot() }
                let size = factor * Self.legendre(n, m, cos(polar))
                let value = (re: size * cos(Double(m) * azimuth), im: size * sin(Double(m) * azimuth))
                guard order < 0 else { return value }
                let sign = m % 2 == 0 ? 1.0 : -1
                return (re: sign * value.re, im: -sign * value.im)
            }
        }
    }

    /// Associated Legendre function with the phase (-1)^m.
    private static func legendre(_ n: Int, _ m: Int, _ x: Double) -> Double {
        var diagonal = 1.0
        let sine = max(0, 1 - x * x).squareRoot()
        for k in 0..<m { diagonal *= -Double(2 * k + 1) * sine }
        guard n > m else { return diagonal }
        var (before, last) = (diagonal, x * Double(2 * m + 1) * diagonal)
        guard n > m + 1 else { return last }
        for k in m + 2...n {
            (before, last) = (last, (x * Double(2 * k - 1) * last - Double(k + m - 1) * before) / Double(k - m))
        }
        return last
    }

    /// One corner: which coefficients its value is made of, relative to the voxel.
    private struct Neighbour {
        /// x, y, z.
        private let way: SIMD3<Double>
        private let first: SIMD3<Int>
        private let weights: [SIMD4<Double>]

        /// - Parameter corner: z, y, x.
        init(_ corner: SIMD3<Double>) {
            let way = SIMD3(corner.z, corner.y, corner.x)
            self.way = way
            var (first, weights) = (SIMD3<Int>.zero, [SIMD4<Double>]())
            for axis in 0..<3 {
                let below = way[axis].rounded(.down)
                first[axis] = Int(below) - 1
                let f = way[axis] - below
                let g = 1 - f
                let (a, b, c) = (g * g * g / 6, (f * f * (f - 2) * 3 + 4) / 6, (g * g * (g - 2) * 3 + 4) / 6)
                weights.append([a, b, c, 1 - a - b - c])
            }
            (self.first, self.weights) = (first, weights)
        }

        func value(
            at voxel: SIMD3<Int>, _ coefficients: [Double], _ around: VoxelBox, _ size: SIMD3<Int>
        ) -> Double {
            for axis in 0..<3 {
                let place = Double(voxel[axis]) + way[axis]
                guard place >= 0, place <= Double(size[axis] - 1) else { return 0 }
            }
            func index(_ k: Int, _ axis: Int) -> Int {
                let n = size[axis]
                var place = voxel[axis] + first[axis] + k
                if place < 0 { place = -place }
                if place >= n { place = 2 * (n - 1) - place }
                return min(max(place, 0), n - 1) - around.lower[axis]
            }
            var sum = 0.0
            for c in 0..<4 where weights[2][c] != 0 {
                let z = index(c, 2)
                for b in 0..<4 where weights[1][b] != 0 {
                    let row = around.offset(0, index(b, 1), z)
                    var line = 0.0
                    for a in 0..<4 { line += weights[0][a] * coefficients[row + index(a, 0)] }
                    sum += weights[2][c] * weights[1][b] * line
                }
            }
            return sum
        }
    }
}
