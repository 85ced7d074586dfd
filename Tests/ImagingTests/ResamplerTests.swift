import Imaging
import Testing

/// Resampling against SciPy 1.x (`map_coordinates`, mode mirror) and SimpleITK 2.5.7 (PyRadiomics 3.0.1's own function),
/// on a small volume that has no symmetry; the numbers below are their output.
struct ResamplerTests {
    /// 7 × 6 × 5 voxels of 1 × 1.5 × 2 mm.
    private static let volume = pattern(size: [7, 6, 5], spacing: [1, 1.5, 2])

    private static func pattern(size: SIMD3<Int>, spacing: SIMD3<Double>) -> Volume {
        let geometry = Geometry(size: size, spacing: spacing)
        var values: [Int16] = []
        for z in 0..<size.z {
            for y in 0..<size.y {
                for x in 0..<size.x {
                    values.append(Int16((x * 37 + y * 91 + z * 53 + x * y * 7 + y * z * 11) % 211 - 100))
                }
            }
        }
        return Volume(geometry: geometry, values: .int16(values))
    }

    /// Columns 2...5, rows 1...4, slices 1...3 without two corners.
    private static let region: Region = {
        var voxels = [UInt8](repeating: 1, count: 4 * 4 * 3)
        voxels[0] = 0
        voxels[voxels.count - 1] = 0
        return Region(name: "", label: 1, box: VoxelBox(lower: [2, 1, 1], size: [4, 4, 3]), voxels: voxels)
    }()

    private static func whole(_ geometry: Geometry) -> VoxelBox { VoxelBox(lower: .zero, size: geometry.size) }

    /// Σ k v(k), which notices values in the wrong place.
    private static func ramp(_ values: [Double]) -> Double {
        values.enumerated().reduce(0) { $0 + Double($1.offset) * $1.element }
    }

    struct Golden: Sendable {
        var interpolation: Interpolation
        var sum: Double
        var ramp: Double
        /// Of the voxels (3, 2, 1), (0, 0, 0), (5, 8, 5), (1, 7, 2).
        var samples: [Double]
    }

    @Test(arguments: [
        Golden(
            interpolation: .linear, sum: 450.05787500000025, ramp: 115146.67462500004,
            samples: [-12.163624999999987, -100, -47, -5.522375000000018]),
        Golden(
            interpolation: .cubic, sum: 372.97091420902234, ramp: 94482.2132406371,
            samples: [-27.79334732327067, -100, -47, -7.431451562531324]),
    ])
    func centredGridEqualsSciPy(golden: Golden) {
        let resampler = Resampler(centredOn: Self.volume.geometry, spacing: [1.3, 1.1, 1.7])
        let grid = resampler.target
        #expect(grid.size == [6, 9, 6])
        let values = resampler.values(of: Self.volume, in: Self.whole(grid), by: golden.interpolation)
        #expect(abs(values.reduce(0, +) - golden.sum) < 1e-9)
        #expect(abs(Self.ramp(values) - golden.ramp) < 1e-7)
        let places: [SIMD3<Int>] = [[3, 2, 1], [0, 0, 0], [5, 8, 5], [1, 7, 2]]
        for (place, expected) in zip(places, golden.samples) {
            let found = values[grid.offset(place.x, place.y, place.z)]
            #expect(abs(found - expected) < 1e-10, "\(place): \(found), expected \(expected)")
        }
        // Grid centres coincide.
        let middles = [Self.volume.geometry, grid].map {
            $0.position(of: (SIMD3(Double($0.size.x), Double($0.size.y), Double($0.size.z)) - 1) / 2)
        }
        #expect(length(middles[0] - middles[1]) < 1e-12)
    }

    @Test func regionTakesVoxelsThatAreHalfInside() {
        let resampler = Resampler(centredOn: Self.volume.geometry, spacing: [1.3, 1.1, 1.7])
        let region = resampler.region(Self.region, by: .linear)
        #expect(region.voxelCount == 58)
        #expect(region.box == VoxelBox(lower: [2, 2, 1], size: [3, 5, 4]))
    }

    struct ITKGolden: Sendable {
        var interpolation: Interpolation
        var sum: Double
        var ramp: Double
        var inRegion: Double
    }

    @Test(arguments: [
        ITKGolden(
            interpolation: .cubic, sum: 485.7006652803559, ramp: 72905.5557602533, inRegion: 107.84989317929447),
        ITKGolden(
            interpolation: .linear, sum: 439.78333333333336, ramp: 64505.28333333335, inRegion: 165.2083333333334),
        ITKGolden(interpolation: .nearest, sum: 729, ramp: 134220, inRegion: 271),
    ])
    func pyradiomicsGridEqualsSimpleITK(golden: ITKGolden) {
        let resampler = Resampler(
            pyradiomics: Self.volume.geometry, spacing: [1.25, 1.1, 0], region: Self.region.box)
        let grid = resampler.target
        #expect(grid.size == [6, 9, 5])
        #expect(length(grid.origin - SIMD3(0.125, -0.2, 0)) < 1e-12)
        #expect(grid.spacing == [1.25, 1.1, 2])
        let values = resampler.values(of: Self.volume, in: Self.whole(grid), by: golden.interpolation)
        #expect(abs(values.reduce(0, +) - golden.sum) < 1e-8)
        #expect(abs(Self.ramp(values) - golden.ramp) < 1e-6)

        let region = resampler.region(Self.region, by: .nearest)
        #expect(region.voxelCount == 52)
        #expect(region.box == VoxelBox(lower: [2, 1, 1], size: [3, 6, 3]))
        let inside = zip(region.voxels, resampler.values(of: Self.volume, in: region.box, by: golden.interpolation))
        #expect(abs(inside.reduce(0) { $0 + Double($1.0) * $1.1 } - golden.inRegion) < 1e-8)
    }

    /// The spline looks at a part of the scan only, and forgets what lies beyond it.
    @Test(arguments: Interpolation.allCases)
    func boxEqualsTheWhole(interpolation: Interpolation) {
        let volume = Self.pattern(size: [120, 100, 90], spacing: [0.9, 1, 1.2])
        let resampler = Resampler(centredOn: volume.geometry, spacing: [1, 1.3, 0.8])
        let grid = resampler.target
        let whole = resampler.values(of: volume, in: Self.whole(grid), by: interpolation)
        let box = VoxelBox(lower: [50, 36, 60], size: [6, 5, 7])
        let part = resampler.values(of: volume, in: box, by: interpolation)
        var worst = 0.0
        for z in 0..<box.size.z {
            for y in 0..<box.size.y {
                for x in 0..<box.size.x {
                    let expected = whole[grid.offset(box.lower.x + x, box.lower.y + y, box.lower.z + z)]
                    worst = max(worst, abs(part[box.offset(x, y, z)] - expected))
                }
            }
        }
        #expect(worst < 1e-11, "worst difference \(worst)")
    }

    /// Linear interpolation by its definition: eight voxels and their weights.
    @Test func linearEqualsTheEightNeighbours() {
        let resampler = Resampler(centredOn: Self.volume.geometry, spacing: [0.7, 0.8, 2.6])
        let (old, new) = (Self.volume.geometry, resampler.target)
        let values = resampler.values(of: Self.volume, in: Self.whole(new), by: .linear)
        var worst = 0.0
        for z in 0..<new.size.z {
            for y in 0..<new.size.y {
                for x in 0..<new.size.x {
                    let place = old.index(at: new.position(of: SIMD3(Double(x), Double(y), Double(z))))
                    var expected = 0.0
                    for corner in 0..<8 {
                        var (index, weight) = (SIMD3<Int>.zero, 1.0)
                        for axis in 0..<3 {
                            let t = min(max(place[axis], 0), Double(old.size[axis] - 1))
                            let below = min(Int(t), old.size[axis] - 2)
                            let above = corner >> axis & 1
                            index[axis] = below + above
                            weight *= above == 1 ? t - Double(below) : 1 - (t - Double(below))
                        }
                        expected += weight * Self.volume.values[old.offset(index.x, index.y, index.z)]
                    }
                    worst = max(worst, abs(values[new.offset(x, y, z)] - expected))
                }
            }
        }
        #expect(worst < 1e-10, "worst difference \(worst)")
    }

    @Test(arguments: Interpolation.allCases)
    func ownSpacingChangesNothing(interpolation: Interpolation) {
        for spacing in [SIMD3<Double>(0, 0, 0), [1, 1.5, 2], [0, 1.5, 0]] {
            let resampler = Resampler(centredOn: Self.volume.geometry, spacing: spacing)
            #expect(resampler.isIdentity)
            #expect(resampler.target == Self.volume.geometry)
            let whole = Self.whole(resampler.target)
            #expect(resampler.values(of: Self.volume, in: whole, by: interpolation) == Self.volume.values(in: whole))
            #expect(resampler.region(Self.region, by: .linear).voxels == Self.region.voxels)
        }
    }

    /// 60 slices of 3 mm are 90 of 2 mm, also when the header's 3 is not quite 3.
    @Test func gridSizeIsNotOneTooLarge() {
        for spacing in [3.0, 3.000_000_000_1, 2.999_999_999_9] {
            let geometry = Geometry(size: [204, 201, 60], spacing: [0.977, 0.977, spacing])
            #expect(Resampler(centredOn: geometry, spacing: [2, 2, 2]).target.size == [100, 99, 90])
        }
    }

    @Test func nothingIsLeftOfARegionBetweenCoarseVoxels() {
        let geometry = Geometry(size: [64, 64, 8])
        let region = Region(name: "", label: 1, box: VoxelBox(lower: [3, 3, 3], size: [1, 1, 1]), voxels: [1])
        #expect(Resampler(centredOn: geometry, spacing: [8, 8, 8]).region(region, by: .linear).voxels.isEmpty)
    }
}
