import Imaging
import SeededRandom

/// A CT of a body with one lesion in it whose texture is known: a lesion rim of correlated Gaussian noise around a core of
/// white noise, so that mean, spread and co-occurrence are all given by the design.
public struct LesionSeries: Sendable {
    public let seed: UInt64
    /// What it is part of: UIDs of different phantoms differ.
    let kind: PhantomKind
    public let geometry: Geometry
    /// CT numbers, HU, x fastest.
    public let hounsfield: [Int16]
    /// The whole lesion, its core with it.
    public let lesion: Region
    public let core: Region
    /// The lesion without its core.
    public let rim: Region
    public let body: Region

    /// A tissue: mean and standard deviation in HU, and how its noise is correlated.
    struct Tissue {
        var mean: Double
        var deviation: Double
        var noise: CorrelatedNoise

        static let air = Tissue(mean: -1000, deviation: 6, noise: .white)
        static let fat = Tissue(mean: -100, deviation: 10, noise: .white)
        static let soft = Tissue(mean: 100, deviation: 12, noise: CorrelatedNoise(weights: ([1, 1], [1, 1], [1])))
        static let rim = Tissue(
            mean: 40, deviation: 25, noise: CorrelatedNoise(weights: ([1, 2, 1], [1, 2, 1], [1, 2, 1])))
        static let core = Tissue(mean: 5, deviation: 8, noise: .white)

        var design: [String: Double] {
            [
                "mean": mean, "standardDeviation": deviation,
                "correlation_x": CorrelatedNoise.autocorrelation(of: noise.weights.x, distance: 1),
                "correlation_y": CorrelatedNoise.autocorrelation(of: noise.weights.y, distance: 1),
                "correlation_z": CorrelatedNoise.autocorrelation(of: noise.weights.z, distance: 1),
            ]
        }
    }

    /// Voxel size, mm: the scan is anisotropic, as scans are.
    static let spacing = SIMD3(1.5, 1.5, 3.0)

    public init(seed: UInt64, size: Int, slices: Int) {
        self.init(seed: seed, size: size, slices: slices, kind: .ctLesion)
    }

    init(seed: UInt64, size: Int, slices: Int, kind: PhantomKind) {
        let extent = SIMD3(size, size, slices)
        let half = SIMD3<Double>(extent &- 1) * Self.spacing / 2
        let shapes = Shapes(extent: extent)
        var generator = SeededGenerator(seed: seed)
        var values = [Int16](repeating: 0, count: size * size * slices)
        // Each tissue draws a field for the whole grid and keeps its part.
        for (tissue, belongs) in [
            (Tissue.air, { _ in true }), (.fat, shapes.body.contains), (.soft, shapes.muscle.contains),
            (.rim, shapes.lesion.contains), (.core, shapes.core.contains),
        ] as [(Tissue, (SIMD3<Double>) -> Bool)] {
            let noise = tissue.noise.field(size: extent, from: &generator)
            Self.forEachVoxel(extent) { offset, index in
                guard belongs(index) else { return }
                let value = (tissue.mean + tissue.deviation * noise[offset]).rounded()
                // -1024 HU is the least that Rescale Intercept -1024 can store without a sign.
                values[offset] = Int16(max(-1024, min(3071, value)))
            }
        }
        (self.seed, self.kind) = (seed, kind)
        geometry = Geometry(size: extent, spacing: Self.spacing, origin: -half)
        hounsfield = values
        lesion = Self.region("Lesion", 1, extent, shapes.lesion.contains)
        core = Self.region("Necrotic core", 2, extent, shapes.core.contains)
        rim = Self.region("Lesion rim", 2, extent) { shapes.lesion.contains($0) && !shapes.core.contains($0) }
        body = Self.region("Körper", 3, extent, shapes.body.contains)
    }

    /// Ellipsoids (and elliptic cylinders) in index space, in proportion to the grid.
    private struct Shapes {
        let body, muscle, lesion, core: Ellipsoid

        init(extent: SIMD3<Int>) {
            let grid = SIMD3<Double>(extent)
            // Centres off the voxels' own symmetry, so that no voxel centre falls on a border by design.
            let middle = SIMD3(0.5, 0.5, 0.5) * grid - 0.5
            let aside = SIMD3(0.632, 0.437, 0.453) * grid - 0.5
            let lesionAxes = SIMD3(0.142, 0.113, 0.301) * grid
            body = Ellipsoid(centre: middle, semiaxes: SIMD3(0.421 * grid.x, 0.343 * grid.y, .infinity))
            muscle = Ellipsoid(centre: middle, semiaxes: SIMD3(0.377 * grid.x, 0.299 * grid.y, .infinity))
            lesion = Ellipsoid(centre: aside, semiaxes: lesionAxes)
            core = Ellipsoid(centre: aside, semiaxes: lesionAxes * 0.45)
        }
    }

    private struct Ellipsoid {
        var centre: SIMD3<Double>
        var semiaxes: SIMD3<Double>

        func contains(_ index: SIMD3<Double>) -> Bool {
            let scaled = (index - centre) / semiaxes
            return dot(scaled, scaled) <= 1
        }
    }

    private static func forEachVoxel(_ extent: SIMD3<Int>, _ body: (Int, SIMD3<Double>) -> Void) {
        var offset = 0
        for z in 0..<extent.z {
            for y in 0..<extent.y {
                for x in 0..<extent.x {
                    body(offset, SIMD3(Double(x), Double(y), Double(z)))
                    offset += 1
                }
            }
        }
    }

    private static func region(
        _ name: String, _ label: Int, _ extent: SIMD3<Int>, _ contains: (SIMD3<Double>) -> Bool
    ) -> Region {
        var voxels = [UInt8](repeating: 0, count: extent.x * extent.y * extent.z)
        forEachVoxel(extent) { offset, index in voxels[offset] = contains(index) ? 1 : 0 }
        return Region(name: name, label: label, box: VoxelBox(lower: .zero, size: extent), voxels: voxels).cropped()
    }

    public var truth: PhantomTruth {
        let values = hounsfield.map { Int($0) }
        func region(
            _ region: Region, _ masks: [String: Int], _ directions: [PairDirections], _ tissue: Tissue? = nil
        ) -> PhantomTruth.RegionTruth {
            .init(
                of: region, in: values, size: geometry.size, image: "ct", masks: masks, directions: directions,
                design: tissue?.design)
        }
        let directions: [PairDirections] = [.x, .y, .z, .space]
        return PhantomTruth(
            kind: .ctLesion,
            about: """
                CT numbers in HU. The lesion is a rim of Gaussian noise with the given correlation of neighbours along \
                each axis, around a core of white noise. RTSTRUCT and SEG hold the same voxels of Lesion; Lesion rim has \
                the core as a hole (an inner contour).
                """,
            seed: seed,
            regions: [
                region(lesion, ["rtstruct.dcm": 1, "seg.dcm": 1], directions),
                region(rim, ["rtstruct.dcm": 2], directions, .rim),
                region(core, ["seg.dcm": 2], directions, .core),
                region(body, ["rtstruct.dcm": 3], []),
            ]
        )
    }
}
