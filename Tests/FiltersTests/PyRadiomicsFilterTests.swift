import Filters
import Imaging
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
