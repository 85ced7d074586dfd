import Filters
import Foundation
import Imaging
import Parallel
import SeededRandom
import Testing

/// Volumes of noise for the tests below.
func noise(_ size: SIMD3<Int>, seed: UInt64, spacing: SIMD3<Double> = .one) -> VolumeBlock {
    var generator = SeededGenerator(seed: seed)
    let values = (0..<size.x * size.y * size.z).map { _ in Double.random(in: -100...100, using: &generator) }
    return VolumeBlock(
        grid: Geometry(size: size, spacing: spacing), box: VoxelBox(lower: .zero, size: size), values: values)
}

/// What a filter sees at a place, written down once more.
private func seen(_ place: Int, _ n: Int, _ boundary: Boundary) -> Int? {
    switch boundary {
    case .zero: return (0..<n).contains(place) ? place : nil
    case .nearest: return min(max(place, 0), n - 1)
    case .periodic: return ((place % n) + n) % n
    case .mirror:
        var place = place
        while !(0..<n).contains(place) { place = place < 0 ? -1 - place : 2 * n - 1 - place }
        return place
    }
}

/// Σ w(k) x(n + k) over a kernel of any shape, voxel by voxel.
private func direct(
    _ block: VolumeBlock, _ boundary: Boundary, _ weights: [(SIMD3<Int>, Double)]
) -> [Double] {
    let size = block.grid.size
    let values = block.values(in: block.box)
    var result: [Double] = []
    for z in 0..<size.z {
        for y in 0..<size.y {
            for x in 0..<size.x {
                var sum = 0.0
                for (k, weight) in weights {
                    guard let a = seen(x + k.x, size.x, boundary), let b = seen(y + k.y, size.y, boundary),
                        let c = seen(z + k.z, size.z, boundary)
                    else { continue }
                    sum += weight * values[(c * size.y + b) * size.x + a]
                }
                result.append(sum)
            }
        }
    }
    return result
}

/// The product of a kernel an axis, [offset: weight] each.
private func product(_ x: [Int: Double], _ y: [Int: Double], _ z: [Int: Double]) -> [(SIMD3<Int>, Double)] {
    var all: [(SIMD3<Int>, Double)] = []
    for (a, u) in x { for (b, v) in y { for (c, w) in z { all.append((SIMD3(a, b, c), u * v * w)) } } }
    return all.sorted { ($0.0.z, $0.0.y, $0.0.x) < ($1.0.z, $1.0.y, $1.0.x) }
}

private func worst(_ a: [Double], _ b: [Double]) -> Double {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).map { abs($0 - $1) }.max() ?? 0
}

/// A turn as matrices, worked out independently of ``GridTurn``: all signed permutations with determinant 1.
private let rotations: [[[Int]]] = {
    var all: [[[Int]]] = []
    for p in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        for s in 0..<8 {
            var m = [[Int]](repeating: [0, 0, 0], count: 3)
            for row in 0..<3 { m[row][p[row]] = (s >> row & 1) == 1 ? -1 : 1 }
            let determinant =
                m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
                - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
                + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
            if determinant == 1 { all.append(m) }
        }
    }
    return all
}()

private func turned(_ weights: [(SIMD3<Int>, Double)], _ m: [[Int]]) -> [(SIMD3<Int>, Double)] {
    weights.map { k, weight in
        let v = [k.x, k.y, k.z]
        func row(_ i: Int) -> Int { m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2] }
        return (SIMD3(row(0), row(1), row(2)), weight)
    }
}

struct FilterTwinTests {
    private let size = SIMD3(9, 7, 6)

    private func offsets(_ h: [Double], centre: Int) -> [Int: Double] {
        Dictionary(uniqueKeysWithValues: h.enumerated().map { (centre - $0.offset, $0.element) })
    }

    private let l5 = [1.0, 4, 6, 4, 1].map { $0 / 70.0.squareRoot() }
    private let e5 = [-1.0, -2, 0, 2, 1].map { $0 / 10.0.squareRoot() }
    private let s5 = [-1.0, 0, 2, 0, -1].map { $0 / 6.0.squareRoot() }

    @Test("Mean, Laws and wavelets are what their kernels give voxel by voxel", arguments: Boundary.allCases)
    func separable(_ boundary: Boundary) throws {
        let block = noise(size, seed: 3)
        let here = [0: 1.0]
        let mean = Dictionary(uniqueKeysWithValues: (-2...2).map { ($0, 0.2) })
        #expect(
            worst(
                ImageFilter(.mean(support: 5), boundary: boundary).responses(in: block.box, of: block),
                direct(block, boundary, product(mean, mean, mean))) < 1e-10)
        #expect(
            worst(
                ImageFilter(.mean(support: 5), dimension: .slice, boundary: boundary)
                    .responses(in: block.box, of: block), direct(block, boundary, product(mean, mean, here))) < 1e-10)
        let laws = product(offsets(l5, centre: 2), offsets(e5, centre: 2), offsets(s5, centre: 2))
        let kernels = try #require(LawsKernel.list("L5E5S5"))
        #expect(
            worst(
                ImageFilter(.laws(kernels, energyDistance: nil), boundary: boundary)
                    .responses(in: block.box, of: block), direct(block, boundary, laws)) < 1e-9)
        let all = rotations.map { direct(block, boundary, turned(laws, $0)) }
        #expect(all.count == 24)
        let largest = all[0].indices.map { k in all.map { $0[k] }.max() ?? 0 }
        #expect(
            worst(
                ImageFilter(.laws(kernels, energyDistance: nil), boundary: boundary, pooling: .max)
                    .responses(in: block.box, of: block), largest) < 1e-9)
        let energy = Dictionary(uniqueKeysWithValues: (-2...2).map { ($0, 0.2) })
        let responses = VolumeBlock(grid: block.grid, box: block.box, values: largest.map { abs($0) })
        #expect(
            worst(
                ImageFilter(.laws(kernels, energyDistance: 2), boundary: boundary, pooling: .max)
                    .responses(in: block.box, of: block), direct(responses, boundary, product(energy, energy, energy)))
                < 1e-9)

        // db2's coefficients from their closed form: (1 ± √3) / 4√2, (3 ± √3) / 4√2.
        let (r, q) = (3.0.squareRoot(), 4 * 2.0.squareRoot())
        let low = [(1 - r) / q, (3 - r) / q, (3 + r) / q, (1 + r) / q]
        let high = [-low[3], low[2], -low[1], low[0]]
        let band = product(offsets(low, centre: 2), offsets(high, centre: 2), offsets(low, centre: 2))
        let db2 = try #require(WaveletFamily("db2"))
        let lhl = try #require(Subband("LHL"))
        #expect(
            worst(
                ImageFilter(.wavelet(db2, level: 1, lhl), boundary: boundary)
                    .responses(in: block.box, of: block), direct(block, boundary, band)) < 1e-8)
        let turns = rotations.map { direct(block, boundary, turned(band, $0)) }
        #expect(
            worst(
                ImageFilter(.wavelet(db2, level: 1, lhl), boundary: boundary, pooling: .mean)
                    .responses(in: block.box, of: block),
                turns[0].indices.map { k in turns.reduce(0) { $0 + $1[k] } / 24 }) < 1e-8)
        // Level 2: the approximation first, then with a hole after every coefficient, centre 4.
        let approximation = offsets(low, centre: 2)
        let first = VolumeBlock(
            grid: block.grid, box: block.box,
            values: direct(block, boundary, product(approximation, approximation, approximation)))
        func holes(_ h: [Double]) -> [Int: Double] {
            Dictionary(uniqueKeysWithValues: h.enumerated().map { (4 - 2 * $0.offset, $0.element) })
        }
        #expect(
            worst(
                ImageFilter(.wavelet(db2, level: 2, lhl), boundary: boundary).responses(in: block.box, of: block),
                direct(first, boundary, product(holes(low), holes(high), holes(low)))) < 1e-8)
    }

    @Test("LoG is the sampled formula, Gabor the modulus of two convolutions", arguments: Boundary.allCases)
    func sampled(_ boundary: Boundary) {
        let block = noise(size, seed: 4, spacing: [2, 2, 2])
        var weights: [(SIMD3<Int>, Double)] = []
        let s = 0.75
        for z in -3...3 {
            for y in -3...3 {
                for x in -3...3 {
                    let square = Double(x * x + y * y + z * z)
                    let gaussian = exp(-square / (2 * s * s)) / pow((2 * Double.pi).squareRoot() * s, 3)
                    weights.append((SIMD3(x, y, z), gaussian * (square / pow(s, 4) - 3 / (s * s))))
                }
            }
        }
        #expect(
            worst(
                ImageFilter(.laplacianOfGaussian(sigma: 1.5, truncate: 4), boundary: boundary)
                    .responses(in: block.box, of: block), direct(block, boundary, weights)) < 1e-9)

        let gabor = GaborFilter(sigma: 1.5, lambda: 3, gamma: 1.5, theta: 30, planes: [.xz])
        var (even, odd) = ([(SIMD3<Int>, Double)](), [(SIMD3<Int>, Double)]())
        for z in -8...8 {
            for x in -8...8 {
                let (c, t) = (cos(Double.pi / 6), sin(Double.pi / 6))
                let (a, b) = (Double(2 * x), Double(2 * z))
                let (u, v) = (a * c + b * t, -a * t + b * c)
                let size = exp(-(u * u + 2.25 * v * v) / 4.5)
                even.append((SIMD3(-x, 0, -z), size * cos(2 * .pi * u / 3)))
                odd.append((SIMD3(-x, 0, -z), size * sin(2 * .pi * u / 3)))
            }
        }
        let modulus = zip(direct(block, boundary, even), direct(block, boundary, odd)).map { hypot($0, $1) }
        #expect(
            worst(
                ImageFilter(.gabor(gabor), boundary: boundary).responses(in: block.box, of: block), modulus) < 1e-8)
    }

    @Test("A kernel of 601 weights goes by transforms and gives what its products give", arguments: [0, 1, 2])
    func long(_ axis: Int) {
        var size = SIMD3(4, 3, 2)
        size[axis] = 900
        let block = noise(size, seed: 25)
        let (s, reach) = (75.0, 300)
        let smooth = (-reach...reach).map { exp(-Double($0 * $0) / (2 * s * s)) / ((2 * Double.pi).squareRoot() * s) }
        let curved = zip(-reach...reach, smooth).map { (Double($0 * $0) / pow(s, 4) - 1 / (s * s)) * $1 }
        func filtered(_ values: [Double], _ axis: Int, _ weights: [Double]) -> [Double] {
            let step = [1, size.x, size.x * size.y][axis]
            return values.indices.map { k in
                let place = k / step % size[axis]
                return (-reach...reach).reduce(0) { sum, offset in
                    guard let other = seen(place + offset, size[axis], .mirror) else { return sum }
                    return sum + weights[offset + reach] * values[k + (other - place) * step]
                }
            }
        }
        let dimension: ImageFilter.Dimension = axis == 2 ? .volume : .slice
        let axes = axis == 2 ? 3 : 2
        var expected = [Double](repeating: 0, count: block.box.voxelCount)
        for bent in 0..<axes {
            var values = block.values(in: block.box)
            for other in 0..<axes { values = filtered(values, other, other == bent ? curved : smooth) }
            for k in expected.indices { expected[k] += values[k] }
        }
        let filter = ImageFilter(.laplacianOfGaussian(sigma: s, truncate: 4), dimension: dimension)
        let off = worst(filter.responses(in: block.box, of: block), expected)
        #expect(off < 1e-12, "\(off), of \(expected.map(abs).max() ?? 0)")
    }

    @Test("Simoncelli and Riesz are the transform's definition, term by term", arguments: [7, 8])
    func spectral(_ n: Int) {
        let block = noise(SIMD3(n, 6, 5), seed: 5)
        let size = block.grid.size
        let values = block.values(in: block.box)
        func wave(_ k: Int, _ x: Int, _ n: Int) -> Double { 2 * .pi * Double(k * x) / Double(n) }
        func frequency(_ k: Int, _ n: Int) -> Double { Double((k + n / 2) % n) / (Double(n - 1) / 2) - 1 }
        var expected = [Double](repeating: 0, count: values.count)
        for kz in 0..<size.z {
            for ky in 0..<size.y {
                for kx in 0..<size.x {
                    let f = [frequency(kx, size.x), frequency(ky, size.y), frequency(kz, size.z)]
                    let distance = (f[0] * f[0] + f[1] * f[1] + f[2] * f[2]).squareRoot()
                    guard distance >= 0.25, distance <= 1 else { continue }
                    // Simoncelli times the second Riesz order (1, 1, 0): (-i)² √2 νx νy / ν².
                    let factor =
                        -cos(.pi / 2 * log2(2 * distance)) * 2.0.squareRoot() * f[0] * f[1] / (distance * distance)
                    var (re, im) = (0.0, 0.0)
                    for z in 0..<size.z {
                        for y in 0..<size.y {
                            for x in 0..<size.x {
                                let phase = wave(kx, x, size.x) + wave(ky, y, size.y) + wave(kz, z, size.z)
                                let value = values[(z * size.y + y) * size.x + x]
                                re += value * cos(phase)
                                im -= value * sin(phase)
                            }
                        }
                    }
                    for z in 0..<size.z {
                        for y in 0..<size.y {
                            for x in 0..<size.x {
                                let phase = wave(kx, x, size.x) + wave(ky, y, size.y) + wave(kz, z, size.z)
                                expected[(z * size.y + y) * size.x + x] +=
                                    factor * (re * cos(phase) - im * sin(phase)) / Double(values.count)
                            }
                        }
                    }
                }
            }
        }
        let filter = ImageFilter(.riesz(order: [1, 1, 0], of: .simoncelli(level: 1)), boundary: .periodic)
        #expect(worst(filter.responses(in: block.box, of: block), expected) < 1e-9)
    }

    /// The 24 ways, or the four about z, to turn a cube of n³ voxels: where each voxel's value comes from.
    private static func turns(_ n: Int, inPlane: Bool) -> [[Int]] {
        var turns: [[Int]] = []
        for axes in [[0, 1, 2], [1, 2, 0], [2, 0, 1], [1, 0, 2], [0, 2, 1], [2, 1, 0]] {
            for signs in 0..<8 {
                var matrix = [[Int]](repeating: [0, 0, 0], count: 3)
                for row in 0..<3 { matrix[row][axes[row]] = signs >> row & 1 == 1 ? -1 : 1 }
                let m = matrix
                let determinant =
                    m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1]
                    * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
                guard determinant == 1, !inPlane || m[2] == [0, 0, 1] else { continue }
                turns.append(
                    (0..<n * n * n).map { k in
                        // Twice the place, from the centre, so that it is whole.
                        let place = [k % n, k / n % n, k / (n * n)].map { 2 * $0 - (n - 1) }
                        let from = m.map { row in (zip(row, place).reduce(0) { $0 + $1.0 * $1.1 } + n - 1) / 2 }
                        return (from[2] * n + from[1]) * n + from[0]
                    })
            }
        }
        return turns
    }

    @Test(
        "Pooled, a Riesz transform is that of the image turned 24 (4) ways, turned back",
        arguments: [Boundary.periodic, .mirror, .zero], [Pooling.max, .mean])
    func turnedRiesz(_ boundary: Boundary, _ pooling: Pooling) throws {
        let n = 9
        let block = noise(SIMD3(n, n, n), seed: 31)
        let values = block.values(in: block.box)
        let laws = { (text: String) in
            ImageFilter.Kind.laws(LawsKernel.list(text) ?? [], energyDistance: nil)
        }
        let haar = try #require(WaveletFamily("haar"))
        let cases: [(SIMD3<Int>, ImageFilter.Kind?, Pooling)] = [
            ([1, 0, 0], nil, .none), ([0, 2, 0], .laplacianOfGaussian(sigma: 1, truncate: 4), .none),
            ([1, 1, 0], .simoncelli(level: 1), .none), ([1, 0, 0], laws("L3E3S3"), .none),
            ([0, 2, 0], laws("E3L3S3"), .max), ([2, 0, 0], .mean(support: 2), .none),
            ([0, 1, 0], .wavelet(haar, level: 1, try #require(Subband("LHH"))), .none),
        ]
        for dimension in ImageFilter.Dimension.allCases {
            let turns = Self.turns(n, inPlane: dimension == .slice)
            #expect(turns.count == (dimension == .slice ? 4 : 24))
            for (order, inner, pooled) in cases {
                var inner = inner
                if dimension == .slice {
                    switch inner {
                    case .laws(let kernels, let distance):
                        inner = .laws(Array(kernels.prefix(2)), energyDistance: distance)
                    case .wavelet(let family, let level, _):
                        inner = .wavelet(family, level: level, try #require(Subband("LH")))
                    default: break
                    }
                }
                let kind = ImageFilter.Kind.riesz(order: order, of: inner, pooled: pooled)
                let plain = ImageFilter(kind, dimension: dimension, boundary: boundary)
                var expected = [Double](repeating: pooling == .max ? -.infinity : 0, count: values.count)
                for turn in turns {
                    let turned = VolumeBlock(grid: block.grid, box: block.box, values: turn.map { values[$0] })
                    for (k, value) in plain.responses(in: block.box, of: turned).enumerated() {
                        let back = turn[k]
                        expected[back] =
                            pooling == .max
                            ? max(expected[back], value) : expected[back] + value / Double(turns.count)
                    }
                }
                var filter = plain
                filter.pooling = pooling
                let found = filter.responses(in: block.box, of: block)
                let off = worst(found, expected)
                #expect(off < 1e-9, "\(dimension) \(kind): \(off)")
                let isNothing = expected.allSatisfy { abs($0) < 1e-9 }
                #expect(filter.cancelsOut == isNothing, "\(dimension) \(pooling) \(kind)")
            }
        }
    }
}
