import Filters
import Foundation
import Imaging
import Parallel
import Testing

/// Single voxels of what SimpleITK 2.5.7 (ITK 5.4) and PyWavelets 1.8.0 make of a small image, as PyRadiomics calls them.
struct PyRadiomicsFilterTests {
    private static let size = SIMD3(9, 7, 6)

    private static let block: VolumeBlock = {
        var values: [Double] = []
        for z in 0..<size.z {
            for y in 0..<size.y {
                for x in 0..<size.x { values.append(Double((x * x * 5 + y * 11 + z * 17 + x * y * z * 3) % 41 - 13)) }
            }
        }
        return VolumeBlock(
            grid: Geometry(size: size, spacing: [0.8, 1, 2.5]), box: VoxelBox(lower: .zero, size: size), values: values)
    }()

    private static let places: [SIMD3<Int>] = [[0, 0, 0], [8, 6, 5], [4, 3, 2], [1, 5, 3], [7, 0, 4], [8, 2, 0]]

    private static func wavelet(
        _ name: String, level: Int, _ band: String, axes: [Int] = [0, 1, 2]
    ) throws -> PyRadiomicsFilter {
        .wavelet(try #require(WaveletFamily(name)), level: level, try #require(Subband(band)), axes: axes)
    }

    @Test("ITK's recursive LoG and gradient, PyWavelets' undecimated steps")
    func golden() throws {
        let cases: [(PyRadiomicsFilter, Double, [Double])] = [
            (
                .laplacianOfGaussian(sigma: 1.3), 5e-6,
                [
                    9.147665023803711, 5.310329437255859, 1.5286784172058105, -3.3335516452789307, -0.8850532174110413,
                    3.5436484813690186,
                ]
            ),
            (
                .gradient(perMillimetre: true), 4e-6,
                [
                    7.181617259979248, 16.522729873657227, 22.596515655517578, 9.350167274475098, 12.533978462219238,
                    12.77421760559082,
                ]
            ),
            (
                .gradient(perMillimetre: false), 4e-6,
                [
                    10.428326606750488, 16.575584411621094, 21.656408309936523, 13.219304084777832, 11.258330345153809,
                    16.65082550048828,
                ]
            ),
            (
                try Self.wavelet("db2", level: 1, "LHH"), 1e-12,
                [
                    17.404697066375597, 5.545746423506341, -2.143573028328131, -14.033984157016711, 24.575881113539292,
                    -6.099107183446796,
                ]
            ),
            (
                try Self.wavelet("db2", level: 1, "HLL"), 1e-12,
                [
                    -12.887175049371326, 3.787976432296321, 7.335082628022552, -10.346632445907813, -10.603273121020589,
                    6.114516555907117,
                ]
            ),
            (
                try Self.wavelet("coif1", level: 2, "LLH"), 1e-12,
                [
                    -25.784453113325377, -3.5999750097921233, -0.4385211217288305, 9.341289341908986,
                    -17.041144440366526, -24.003556735042505,
                ]
            ),
            (
                try Self.wavelet("db3", level: 1, "HL", axes: [0, 1]), 1e-12,
                [
                    9.775319977481363, 0.8232763507676508, -11.118263504854056, -19.78712365550186,
                    1.7379285993548939, -0.15676961931672306,
                ]
            ),
            (
                .square, 1e-12,
                [
                    6.25925925925926, 4.481481481481482, 0.03703703703703704, 14.814814814814818, 6.25925925925926,
                    0.03703703703703704,
                ]
            ),
        ]
        for (filter, tolerance, expected) in cases {
            let block = Self.block
            for box in [
                block.box, VoxelBox(lower: [1, 1, 1], size: [8, 6, 5]), VoxelBox(lower: [4, 3, 2], size: .one),
            ] {
                let found = ImageFilter(.pyradiomics(filter)).responses(in: box, of: block)
                for (place, value) in zip(Self.places, expected) {
                    let inner = place &- box.lower
                    guard all(inner .>= 0), all(inner .< box.size) else { continue }
                    let error = abs(found[box.offset(inner.x, inner.y, inner.z)] - value)
                    #expect(error <= tolerance * max(1, abs(value)), "\(filter) at \(place): \(error) off \(value)")
                }
            }
        }
    }
}

/// PyRadiomics' image types once more, voxel by voxel, from their definitions.
struct PyRadiomicsTwinTests {
    private static let size = SIMD3(11, 8, 6)
    private static let spacing = SIMD3(0.8, 1.0, 2.5)
    private let block = noise(size, seed: 21, spacing: spacing)

    private func voxel(_ k: Int) -> SIMD3<Int> {
        let size = Self.size
        return SIMD3(k % size.x, k / size.x % size.y, k / (size.x * size.y))
    }

    private func place(_ v: SIMD3<Int>) -> Int { (v.z * Self.size.y + v.y) * Self.size.x + v.x }

    private func worst(_ filter: PyRadiomicsFilter, _ expected: [Double]) -> Double {
        let found = ImageFilter(.pyradiomics(filter)).responses(in: block.box, of: block, Workers(2))
        guard found.count == expected.count else { return .infinity }
        return zip(found, expected).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? 0
    }

    /// Deriche's two waves as a kernel from -reach to reach, and its second derivative, with the constants and the normalisation of
    /// Farnebäck and Westin.
    private func kernels(_ sigma: Double, reach: Int) -> (smooth: [Double], curved: [Double]) {
        func waves(_ a: (Double, Double), _ b: (Double, Double)) -> [Double] {
            (-reach...reach).map { k in
                let x = abs(Double(k)) / sigma
                return (a.0 * cos(0.6681 * x) + b.0 * sin(0.6681 * x)) * exp(-1.3932 * x)
                    + (a.1 * cos(2.0787 * x) + b.1 * sin(2.0787 * x)) * exp(-1.3732 * x)
            }
        }
        let even = waves((1.3530, -0.3531), (1.8151, 0.0902))
        let bent = waves((-1.3563, 0.3446), (5.2318, -2.2355))
        let beta = bent.reduce(0, +) / even.reduce(0, +)
        let curved = zip(bent, even).map { $0 - beta * $1 }
        let second = zip(-reach...reach, curved).reduce(0) { $0 + Double($1.0 * $1.0) * $1.1 } / 2
        return (even.map { $0 / even.reduce(0, +) }, curved.map { $0 / second })
    }

    @Test("ITK's recursive LoG is a sum of convolutions with two damped waves")
    func laplacian() {
        let (sigma, reach) = (1.7, 90)
        func filtered(_ values: [Double], _ axis: Int, _ kernel: [Double]) -> [Double] {
            values.indices.map { k in
                (-reach...reach).reduce(0) { sum, offset in
                    var v = voxel(k)
                    v[axis] = min(max(0, v[axis] + offset), Self.size[axis] - 1)
                    return sum + kernel[offset + reach] * values[place(v)]
                }
            }
        }
        let lines = (0..<3).map { kernels(sigma / Self.spacing[$0], reach: reach) }
        var expected = [Double](repeating: 0, count: block.box.voxelCount)
        for axis in 0..<3 {
            var values = block.values(in: block.box)
            for other in 0..<3 {
                values = filtered(values, other, other == axis ? lines[other].curved : lines[other].smooth)
            }
            let scale = sigma * sigma / (Self.spacing[axis] * Self.spacing[axis])
            for k in expected.indices { expected[k] += scale * values[k] }
        }
        let off = worst(.laplacianOfGaussian(sigma: sigma), expected)
        #expect(off < 2e-6, "\(off)")
    }

    @Test("A long line is cut where nothing reaches: a voxel's response is that of the whole image")
    func reach() {
        let long = noise([220, 3, 3], seed: 22)
        let filter = ImageFilter(.pyradiomics(.laplacianOfGaussian(sigma: 1.5)))
        let box = VoxelBox(lower: [100, 1, 1], size: [4, 1, 1])
        let sources = filter.sources(of: box, in: long.grid)
        #expect(sources.size.x < 120 && sources.size.x > 60, "\(sources)")
        let part = VolumeBlock(grid: long.grid, box: sources, values: long.values(in: sources))
        let whole = filter.responses(in: long.box, of: long)
        for (k, value) in filter.responses(in: box, of: part).enumerated() {
            let expected = whole[long.box.offset(100 + k, 1, 1)]
            #expect(abs(value - expected) <= 1e-6 * max(1, abs(expected)), "\(value) \(expected)")
        }
    }

    @Test("gradient, square, square root, logarithm, exponential: the formulas")
    func formulas() {
        let values = block.values(in: block.box)
        func gradient(_ spacing: SIMD3<Double>) -> [Double] {
            values.indices.map { k in
                var sum = 0.0
                for axis in 0..<3 {
                    var (a, b) = (voxel(k), voxel(k))
                    a[axis] = max(0, a[axis] - 1)
                    b[axis] = min(Self.size[axis] - 1, b[axis] + 1)
                    sum += pow((values[place(b)] - values[place(a)]) / (2 * spacing[axis]), 2)
                }
                return sum.squareRoot()
            }
        }
        #expect(worst(.gradient(perMillimetre: true), gradient(Self.spacing)) < 1e-6)
        #expect(worst(.gradient(perMillimetre: false), gradient(.one)) < 1e-6)
        let most = values.map(abs).max() ?? 0
        func sign(_ x: Double) -> Double { x < 0 ? -1 : 1 }
        #expect(worst(.square, values.map { $0 * $0 / most }) < 1e-12)
        #expect(worst(.squareRoot, values.map { sign($0) * (abs($0) * most).squareRoot() }) < 1e-12)
        #expect(worst(.logarithm, values.map { sign($0) * log(abs($0) + 1) * most / log(most + 1) }) < 1e-12)
        #expect(worst(.exponential, values.map { exp($0 * log(most) / most) }) < 1e-12)
    }

    @Test(
        "local binary patterns of planes: changes along the circle, counted one by one",
        arguments: [(1.0, 8), (2.0, 12)])
    func patterns(_ radius: Double, _ samples: Int) {
        let values = block.values(in: block.box)
        func value(_ x: Int, _ y: Int, _ z: Int) -> Double {
            x >= 0 && y >= 0 && x < Self.size.x && y < Self.size.y ? values[place(SIMD3(x, y, z))] : 0
        }
        let expected = values.indices.map { k -> Double in
            let v = voxel(k)
            let bright = (0..<samples).map { sample -> Bool in
                let angle = 2 * Double.pi * Double(sample) / Double(samples)
                let x = Double(v.x) + (radius * cos(angle) * 1e5).rounded(.toNearestOrEven) / 1e5
                let y = Double(v.y) + (-radius * sin(angle) * 1e5).rounded(.toNearestOrEven) / 1e5
                let (left, top) = (Int(floor(x)), Int(floor(y)))
                let (right, bottom) = (Int(ceil(x)), Int(ceil(y)))
                let (u, w) = (x - floor(x), y - floor(y))
                let upper = (1 - u) * value(left, top, v.z) + u * value(right, top, v.z)
                let lower = (1 - u) * value(left, bottom, v.z) + u * value(right, bottom, v.z)
                return (1 - w) * upper + w * lower >= values[k]
            }
            let changes = zip(bright, bright.dropFirst()).filter { $0 != $1 }.count
            return Double(changes <= 2 ? bright.filter { $0 }.count : samples + 1)
        }
        #expect(worst(.localBinaryPatterns(LocalBinaryPatterns(radius: radius, samples: samples)), expected) == 0)
    }

    @Test(
        "The recursion and the wavelet are linear, and one slice, one voxel and the whole turn of threads change nothing"
    )
    func properties() throws {
        let other = noise(Self.size, seed: 23, spacing: Self.spacing)
        let (x, y) = (block.values(in: block.box), other.values(in: other.box))
        let sum = VolumeBlock(grid: block.grid, box: block.box, values: zip(x, y).map { 2 * $0 - 3 * $1 })
        let wavelet = PyRadiomicsFilter.wavelet(
            try #require(WaveletFamily("coif1")), level: 2, try #require(Subband("LHH")), axes: [0, 1, 2])
        for kind in [wavelet, .laplacianOfGaussian(sigma: 1.5)] {
            let filter = ImageFilter(.pyradiomics(kind))
            let (a, b) = (filter.responses(in: block.box, of: block), filter.responses(in: block.box, of: other))
            let found = filter.responses(in: block.box, of: sum, Workers(3))
            let off = zip(found, zip(a, b)).map { abs($0 - (2 * $1.0 - 3 * $1.1)) }.max() ?? .infinity
            #expect(off < 1e-3, "\(kind): \(off)")
            #expect(filter.responses(in: block.box, of: sum) == found, "\(kind)")
        }
        for size in [SIMD3(9, 8, 1), SIMD3(1, 1, 1)] {
            let small = noise(size, seed: 24)
            for kind in [
                wavelet, .laplacianOfGaussian(sigma: 1.5), .gradient(perMillimetre: true), .square, .exponential,
                .localBinaryPatterns(LocalBinaryPatterns()), .sphericalPatterns(SphericalPatterns(.degree(1))),
            ] {
                let found = ImageFilter(.pyradiomics(kind)).responses(in: small.box, of: small)
                #expect(found.count == small.box.voxelCount && found.allSatisfy(\.isFinite), "\(kind) of \(size)")
            }
        }
    }

    private static let perVoxel: [PyRadiomicsFilter] = [
        .square, .squareRoot, .logarithm, .exponential, .gradient(perMillimetre: true), .gradient(perMillimetre: false),
        .localBinaryPatterns(LocalBinaryPatterns()), .localBinaryPatterns(LocalBinaryPatterns(radius: 2.5, across: 1)),
    ]

    @Test("Voxel by voxel: the same bits whatever the threads, and in a box", arguments: perVoxel)
    func threads(_ filter: PyRadiomicsFilter) {
        // Rows for several tasks.
        let block = noise([65, 60, 34], seed: 41)
        let whole = ImageFilter(.pyradiomics(filter)).responses(in: block.box, of: block, Workers(1))
        for jobs in [2, 5] {
            let found = ImageFilter(.pyradiomics(filter)).responses(in: block.box, of: block, Workers(jobs))
            #expect(found == whole, "\(jobs) threads")
        }
        let box = VoxelBox(lower: [3, 0, 20], size: [50, 41, 14])
        let expected = VolumeBlock(grid: block.grid, box: block.box, values: whole).values(in: box)
        #expect(ImageFilter(.pyradiomics(filter)).responses(in: box, of: block, Workers(2)) == expected)
    }

    @Test("A voxel without a number gives none where it has weight", arguments: perVoxel)
    func notANumber(_ filter: PyRadiomicsFilter) {
        let clean = noise([12, 11, 9], seed: 42)
        var values = clean.values(in: clean.box)
        let hole = SIMD3(6, 5, 4)
        values[clean.box.offset(hole.x, hole.y, hole.z)] = .nan
        let block = VolumeBlock(grid: clean.grid, box: clean.box, values: values)
        let found = ImageFilter(.pyradiomics(filter)).responses(in: block.box, of: block)
        // The next voxel along x is a neighbour in each of them; the largest value, which scales, is another voxel's.
        let place = { (x: Int, y: Int, z: Int) in clean.box.offset(x, y, z) }
        switch filter {
        case .gradient:
            #expect(found[place(7, 5, 4)].isNaN && found[place(6, 5, 5)].isNaN && found[place(6, 5, 4)].isFinite)
            #expect(found.count { $0.isNaN } == 6)
        case .localBinaryPatterns(let patterns):
            #expect(found[place(6, 5, 4)].isNaN && (found[place(7, 5, 4)].isNaN || patterns.radius != 1))
            #expect(found[place(0, 0, 4)].isFinite)
        default: #expect(found[place(6, 5, 4)].isNaN && found.count { $0.isNaN } == 1)
        }
    }
}
