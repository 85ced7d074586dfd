import CKernels
import Filters
import Foundation
import Imaging
import NumericalMethods
import Parallel
import Testing

struct FilterPropertyTests {
    /// One of each kind, with what a person would ask for.
    private static func kinds(_ dimension: ImageFilter.Dimension) throws -> [(String, ImageFilter.Kind)] {
        let isVolume = dimension == .volume
        let coif1 = try #require(WaveletFamily("coif1"))
        return [
            ("mean", .mean(support: 3)), ("log", .laplacianOfGaussian(sigma: 1.2, truncate: 4)),
            ("laws", .laws(try #require(LawsKernel.list(isVolume ? "L5E5S5" : "L5E5")), energyDistance: 1)),
            (
                "gabor",
                .gabor(GaborFilter(sigma: 1, lambda: 2, thetaStep: 45, planes: isVolume ? [.xy, .xz, .yz] : [.xy]))
            ),
            ("wavelet", .wavelet(coif1, level: 1, try #require(Subband(isVolume ? "LHH" : "LH")))),
            ("simoncelli", .simoncelli(level: 1)),
            ("riesz", .riesz(order: [1, 0, 0], of: .laplacianOfGaussian(sigma: 1, truncate: 4))),
            (
                "riesz of laws",
                .riesz(
                    order: [0, 2, 0],
                    of: .laws(try #require(LawsKernel.list(isVolume ? "L3E3S3" : "L3E3")), energyDistance: nil))
            ),
        ]
    }

    private static func all() throws -> [(String, ImageFilter)] {
        var all: [(String, ImageFilter)] = []
        for dimension in ImageFilter.Dimension.allCases {
            for boundary in Boundary.allCases {
                for pooling in Pooling.allCases {
                    for (name, kind) in try kinds(dimension) {
                        if pooling != .none, ["simoncelli", "log"].contains(name) { continue }
                        all.append(
                            (
                                "\(name) \(dimension) \(boundary) \(pooling)",
                                ImageFilter(kind, dimension: dimension, boundary: boundary, pooling: pooling)
                            ))
                    }
                }
            }
        }
        return all
    }

    private func worst(_ a: [Double], _ b: [Double]) -> Double {
        guard a.count == b.count else { return .infinity }
        return zip(a, b).map { abs($0 - $1) }.max() ?? 0
    }

    @Test("A box's responses are those of the whole image there, from the sources alone, whatever the threads")
    func boxes() throws {
        let block = noise([21, 18, 13], seed: 6)
        let box = VoxelBox(lower: [9, 1, 10], size: [5, 6, 3])
        for (name, filter) in try Self.all() {
            let whole = filter.responses(in: block.box, of: block, Workers(2))
            #expect(filter.responses(in: block.box, of: block, Workers(1)) == whole, "\(name)")
            let sources = filter.sources(of: box, in: block.grid)
            let part = VolumeBlock(grid: block.grid, box: sources, values: block.values(in: sources))
            let expected = VolumeBlock(grid: block.grid, box: block.box, values: whole).values(in: box)
            let found = filter.responses(in: box, of: part)
            // Of a transform of another length only roundings differ.
            #expect(worst(found, expected) < 1e-9, "\(name): \(worst(found, expected))")
        }
    }

    @Test("Filters are linear, but for a modulus, a maximum or an absolute value")
    func linearity() throws {
        let (a, b) = (noise([12, 11, 8], seed: 7), noise([12, 11, 8], seed: 8))
        let (x, y) = (a.values(in: a.box), b.values(in: b.box))
        let sum = VolumeBlock(grid: a.grid, box: a.box, values: zip(x, y).map { 2 * $0 - 3 * $1 })
        for (name, filter) in try Self.all()
        where !name.hasPrefix("gabor") && !name.hasPrefix("laws") && filter.pooling != .max {
            let expected = zip(filter.responses(in: a.box, of: a), filter.responses(in: a.box, of: b)).map {
                2 * $0 - 3 * $1
            }
            #expect(worst(filter.responses(in: a.box, of: sum), expected) < 1e-9, "\(name)")
        }
    }

    @Test("A periodic image that is shifted has shifted responses")
    func shifts() throws {
        let block = noise([12, 10, 9], seed: 9)
        let (size, values) = (block.grid.size, block.values(in: block.box))
        let shift = SIMD3(5, 3, 4)
        func shifted(_ values: [Double]) -> [Double] {
            var result = values
            for z in 0..<size.z {
                for y in 0..<size.y {
                    for x in 0..<size.x {
                        let to = (((z + shift.z) % size.z) * size.y + (y + shift.y) % size.y) * size.x
                        result[to + (x + shift.x) % size.x] = values[(z * size.y + y) * size.x + x]
                    }
                }
            }
            return result
        }
        let moved = VolumeBlock(grid: block.grid, box: block.box, values: shifted(values))
        for (name, filter) in try Self.all() where filter.boundary == .periodic && !name.hasPrefix("riesz") {
            let expected = shifted(filter.responses(in: block.box, of: block))
            #expect(worst(filter.responses(in: block.box, of: moved), expected) < 1e-9, "\(name)")
        }
    }

    @Test("A constant image: mean and approximation keep it, what looks for change finds none")
    func constants() throws {
        let size = SIMD3(12, 11, 9)
        let block = VolumeBlock(
            grid: Geometry(size: size), box: VoxelBox(lower: .zero, size: size),
            values: [Double](repeating: 7, count: size.x * size.y * size.z))
        let haar = try #require(WaveletFamily("haar"))
        let cases: [(ImageFilter.Kind, Double)] = [
            (.mean(support: 5), 7), (.wavelet(haar, level: 1, try #require(Subband("LLL"))), 7 * pow(2, 1.5)),
            (.wavelet(haar, level: 2, try #require(Subband("HHH"))), 0),
            (.laws(try #require(LawsKernel.list("E5L5S5")), energyDistance: nil), 0),
            (.pyradiomics(.laplacianOfGaussian(sigma: 2)), 0), (.pyradiomics(.gradient(perMillimetre: true)), 0),
            (.pyradiomics(.square), 7), (.pyradiomics(.squareRoot), 7), (.pyradiomics(.logarithm), 7),
            (.pyradiomics(.exponential), 7),
        ]
        for (kind, expected) in cases {
            for boundary in [Boundary.mirror, .nearest, .periodic] {
                let found = ImageFilter(kind, boundary: boundary).responses(in: block.box, of: block)
                #expect(found.allSatisfy { abs($0 - expected) < 1e-6 }, "\(kind) \(boundary): \(found[0])")
            }
        }
    }

    @Test("An image smaller than the kernel, of one slice, of one voxel: every response is a number")
    func small() throws {
        for size in [SIMD3(3, 2, 2), SIMD3(6, 5, 1), SIMD3(1, 1, 1)] {
            let block = noise(size, seed: 10)
            for (name, filter) in try Self.all() {
                let found = filter.responses(in: block.box, of: block)
                #expect(found.count == block.box.voxelCount && found.allSatisfy(\.isFinite), "\(name) of \(size)")
            }
        }
    }

    @Test("A voxel without a number spoils what it has weight in, and in Fourier space everything")
    func notANumber() throws {
        let clean = noise([14, 13, 9], seed: 11)
        var values = clean.values(in: clean.box)
        values[clean.box.offset(7, 6, 4)] = .nan
        let block = VolumeBlock(grid: clean.grid, box: clean.box, values: values)
        let mean = ImageFilter(.mean(support: 3))
        let (found, expected) = (mean.responses(in: block.box, of: block), mean.responses(in: clean.box, of: clean))
        for z in 0..<9 {
            for y in 0..<13 {
                for x in 0..<14 {
                    let k = clean.box.offset(x, y, z)
                    let isNear = abs(x - 7) <= 1 && abs(y - 6) <= 1 && abs(z - 4) <= 1
                    #expect(isNear ? found[k].isNaN : found[k] == expected[k])
                }
            }
        }
        let spectral = ImageFilter(.simoncelli(level: 1)).responses(in: block.box, of: block)
        #expect(spectral.allSatisfy { $0.isNaN })
        let pooled = ImageFilter(.laws(try #require(LawsKernel.list("L3E3S3")), energyDistance: nil), pooling: .max)
            .responses(in: block.box, of: block)
        #expect(pooled.count { $0.isNaN } == 27)
        // A wide Gabor filter goes by transforms otherwise: here it reaches 14 voxels along x and y, in each slice alone.
        let wide = ImageFilter(.gabor(GaborFilter(sigma: 2, lambda: 4, thetaStep: 45)), pooling: .max)
        let (gabor, whole) = (wide.responses(in: block.box, of: block), wide.responses(in: clean.box, of: clean))
        for k in gabor.indices {
            let isIn = k / (14 * 13) == 4
            #expect(isIn ? gabor[k].isNaN : abs(gabor[k] - whole[k]) < 1e-9, "\(k): \(gabor[k]), \(whole[k])")
        }
    }

    @Test("All levels of the kernels give the same bits")
    func kernelLevels() throws {
        let x = noise([64, 33, 1], seed: 12).values(in: VoxelBox(lower: .zero, size: [64, 33, 1]))
        let weights = [0.25, -0.5, 0.125, 1.0 / 3, 0.1]
        var recursion = FilterRecursion(
            n: (0.2, -0.1, 0.05, 0.01), m: (0.1, 0.2, -0.05, 0.01), d: (-1.2, 0.5, -0.1, 0.02), left: 0.7, right: 1.1)
        var base: [[UInt64]]?
        for level in Int32(0)...2 {
            guard let table = weft_filter_kernels(level)?.pointee else { continue }
            var (a, b, c) = (x, x, x)
            table.correlate(x, &a, 64 * 29 - 3, 64, weights, 5)
            table.recurse(x, 64, &b, 64, 33, 40, &recursion)
            table.turn(x, 64, &c, 33, 33, 61)
            for row in 0..<33 {
                #expect((0..<61).allSatisfy { c[$0 * 33 + row] == x[row * 64 + $0] }, "level \(level), row \(row)")
            }
            let bits = [a, b, c].map { $0.map(\.bitPattern) }
            #expect(bits == base ?? bits, "level \(level)")
            base = bits
        }
        #expect(base != nil)
        #expect(weft_filter_kernels(3) == nil)
    }

    @Test("A transform of any number of points, forth and back, and against its definition", arguments: 1...41)
    func transforms(_ n: Int) {
        let transform = FourierTransform(count: n)
        var (data, scratch) = (
            (0..<n).map { ComplexLanes(re: SIMD4(repeating: Double(($0 * 7 + 3) % 11)), im: [0, 1, Double($0), -1]) },
            [ComplexLanes](repeating: .zero, count: transform.scratchCount)
        )
        let original = data
        data.withUnsafeMutableBufferPointer { data in
            scratch.withUnsafeMutableBufferPointer { scratch in
                guard let data = data.baseAddress, let scratch = scratch.baseAddress else { return }
                transform.transform(data, scratch: scratch)
            }
        }
        for j in 0..<n {
            var sum = ComplexLanes.zero
            for k in 0..<n {
                let angle = -2 * Double.pi * Double(j * k % n) / Double(n)
                sum = sum + original[k].times(cos(angle), sin(angle))
            }
            let off = sum - data[j]
            #expect((off.re * off.re + off.im * off.im).max() < 1e-18 * Double(n * n * 400 + 400), "\(n) points, \(j)")
        }
    }
}
