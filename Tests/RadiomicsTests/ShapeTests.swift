import Imaging
import Radiomics
import SeededRandom
import SelfTest
import SettingsFile
import TestSupport
import Testing
import TextureCore

/// Shape, peaks and histogram where the right answer is known without a reference table.
struct ShapePropertyTests {
    private static func features(
        _ region: Region, spacing: SIMD3<Double> = .one, convention: Convention = .ibsi,
        families: [FeatureFamily]? = nil,
        value: (Int) -> Double = { Double($0 % 17) }
    ) throws -> [String: Double] {
        let geometry = Geometry(size: region.box.upper &+ 2, spacing: spacing)
        let volume = Volume(geometry: geometry, values: .float64((0..<geometry.voxelCount).map(value)))
        var settings = ExtractionSettings()
        settings.convention = convention
        settings.families = families ?? [.morph, .loc, .ivh]
        return try Extractor(settings).values(of: region, in: volume)
    }

    private static func box(_ size: SIMD3<Int>) -> Region {
        Region(
            name: "", label: 1, box: VoxelBox(lower: [1, 2, 3], size: size),
            voxels: [UInt8](repeating: 1, count: size.x * size.y * size.z))
    }

    /// A single voxel becomes an octahedron with corners half a voxel away.
    @Test func oneVoxelIsAnOctahedron() throws {
        let values = try Self.features(Self.box([1, 1, 1]), spacing: [2, 3, 4])
        let (a, b, c) = (1.0, 1.5, 2.0)
        let face = 0.5 * ((b * c) * (b * c) + (c * a) * (c * a) + (a * b) * (a * b)).squareRoot()
        #expect(abs(try #require(values["morph_volume"]) - 4 * a * b * c / 3) < 1e-12)
        #expect(abs(try #require(values["morph_area_mesh"]) - 8 * face) < 1e-12)
        #expect(abs(try #require(values["morph_vol_dens_conv_hull"]) - 1) < 1e-12)
        #expect(abs(try #require(values["morph_area_dens_conv_hull"]) - 1) < 1e-12)
        #expect(values["morph_diam"] == 4)
        #expect(values["morph_vol_approx"] == 24)
        #expect(values["morph_pca_maj_axis"] == 0)
        // 0/0 and the like are no values.
        for tag in ["pca_elongation", "pca_flatness", "vol_dens_aee", "area_dens_aee", "moran_i", "geary_c"] {
            #expect(values["morph_\(tag)"] == nil, "\(tag)")
        }
    }

    /// The moments of a long region have products of more than 64 bits: a row of n voxels has a variance of (n² - 1) / 12.
    @Test func longRegionKeepsItsAxis() throws {
        let values = try Self.features(Self.box([100_000, 1, 1]), convention: .pyradiomics, families: [.morph])
        let axis = 4 * ((1e10 - 1) / 12).squareRoot()
        #expect(abs(try #require(values["original_shape_MajorAxisLength"]) / axis - 1) < 1e-12)
        #expect(values["original_shape_MinorAxisLength"] == 0)
    }

    /// A ball's surface volume and axes; its mesh is no farther from the sphere than voxels are.
    @Test func ball() throws {
        let radius = 20.0
        let size = SIMD3(repeating: 2 * Int(radius) + 1)
        var region = Self.box(size)
        for k in region.voxels.indices {
            let place = SIMD3(k % size.x, k / size.x % size.y, k / (size.x * size.y)) &- Int(radius)
            region.voxels[k] = place.x * place.x + place.y * place.y + place.z * place.z <= 400 ? 1 : 0
        }
        let values = try Self.features(region)
        let volume = 4 * Double.pi / 3 * radius * radius * radius
        #expect(abs(try #require(values["morph_volume"]) / volume - 1) < 0.01)
        #expect(abs(try #require(values["morph_vol_approx"]) / volume - 1) < 0.01)
        // A ball's covariance is r²/5 along each axis.
        for axis in ["maj", "min", "least"] {
            #expect(abs(try #require(values["morph_pca_\(axis)_axis"]) - 4 * radius / 5.0.squareRoot()) < 0.2)
        }
        #expect(abs(try #require(values["morph_diam"]) - 41) < 0.1)
        #expect(try #require(values["morph_sphericity"]) < 1)
        let hull = try #require(values["morph_vol_dens_conv_hull"])
        #expect(hull > 0.95 && hull < 1, "\(hull)")
    }

    /// Distances between all pairs of surface points, against the hull's corners.
    @Test func longestDistanceIsThatOfAllPairs() throws {
        var generator = SplitMix64(state: 7)
        for _ in 0..<20 {
            var region = Self.box([6, 5, 4])
            for k in region.voxels.indices { region.voxels[k] = generator.next() % 3 == 0 ? 1 : 0 }
            region.voxels[17] = 1
            let spacing = SIMD3(1.0, 1.3, 2.1)
            let points = Self.surface(region.cropped())
            var longest = 0.0
            var planar = [0.0, 0.0, 0.0]
            for a in points {
                for b in points {
                    let d = length(
                        (SIMD3(Double(a.x), Double(a.y), Double(a.z))
                            - SIMD3(Double(b.x), Double(b.y), Double(b.z))) * spacing * 0.5)
                    longest = max(longest, d)
                    for axis in 0..<3 where a[axis] == b[axis] { planar[axis] = max(planar[axis], d) }
                }
            }
            let ibsi = try Self.features(region, spacing: spacing)
            let pyradiomics = try Self.features(region, spacing: spacing, convention: .pyradiomics, families: [.morph])
            #expect(abs(try #require(ibsi["morph_diam"]) - longest) < 1e-12)
            #expect(pyradiomics["original_shape_Maximum3DDiameter"] == ibsi["morph_diam"])
            for (name, axis) in [("Row", 0), ("Column", 1), ("Slice", 2)] {
                let found = try #require(pyradiomics["original_shape_Maximum2DDiameter\(name)"])
                #expect(abs(found - planar[axis]) < 1e-12, "\(name)")
            }
            // Nothing sticks out of the hull.
            #expect(try #require(ibsi["morph_vol_dens_conv_hull"]) <= 1 + 1e-12)
        }
    }

    /// Points between neighbours of which one is inside, in half voxels.
    private static func surface(_ region: Region) -> [SIMD3<Int>] {
        func inside(_ p: SIMD3<Int>) -> Bool {
            all(p .>= 0) && all(p .< region.box.size) && region.voxels[region.box.offset(p.x, p.y, p.z)] == 1
        }
        var points: [SIMD3<Int>] = []
        for z in -1...region.box.size.z {
            for y in -1...region.box.size.y {
                for x in -1...region.box.size.x {
                    let here = SIMD3(x, y, z)
                    for step in [SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)]
                    where inside(here) != inside(here &+ step) { points.append(here &* 2 &+ step) }
                }
            }
        }
        return points
    }

    /// By Fourier transform as by adding up all pairs, on boxes whose transforms use every radix.
    @Test(arguments: [SIMD3<Int>(5, 4, 3), [13, 8, 1], [1, 1, 9], [17, 3, 12], [10, 23, 6]])
    func autocorrelationByFourierEqualsAllPairs(size: SIMD3<Int>) throws {
        var generator = SplitMix64(state: UInt64(size.x * 100 + size.y))
        let count = size.x * size.y * size.z
        let inside = (0..<count).map { _ in generator.next() % 4 == 0 ? UInt8(0) : 1 }
        let intensities = (0..<count).map { _ in Double(generator.next() % 1000) - 300 }
        func computed(_ method: SpatialAutocorrelation.Method) -> SpatialAutocorrelation {
            SpatialAutocorrelation(
                inside: inside, intensities: intensities, size: size, edges: VoxelEdges(spacing: [0.9, 1.1, 3]),
                method: method)
        }
        let (direct, fourier) = (computed(.direct), computed(.fourier))
        let (i, c) = (try #require(direct.moran.value), try #require(direct.geary.value))
        #expect(abs(try #require(fourier.moran.value) - i) < 1e-12)
        #expect(abs(try #require(fourier.geary.value) - c) < 1e-12)
    }

    /// One bright voxel in a flat image: the peak is its share of the sphere's voxels.
    @Test func peakOfOneVoxel() throws {
        let region = Self.box([3, 3, 3])
        let size = region.box.upper &+ 2
        let bright = (4 * size.y + 3) * size.x + 2
        let values = try Self.features(region, spacing: [3, 3, 3], families: [.loc]) { $0 == bright ? 100 : 0 }
        // 6.2035 mm are 2.07 voxels: x² + y² + z² ≤ 4, all of them in the image.
        let count = 33
        #expect(abs(try #require(values["loc_peak_loc"]) - 100 / Double(count)) < 1e-12)
        #expect(try #require(values["loc_peak_glob"]) >= 100 / Double(count))
    }

    /// Steps by hand: ten voxels 1...10.
    @Test func intensityVolumeHistogramOfTenSteps() throws {
        let geometry = Geometry(size: [10, 1, 1])
        let volume = Volume(geometry: geometry, values: .int16((1...10).map { Int16($0) }))
        var settings = ExtractionSettings()
        settings.families = [.ivh]
        settings.intensityVolume = .none
        let values = try Extractor(settings).values(of: .whole(geometry), in: volume)
        // γ ≥ 0.1 from 1.9, so from 2: nine voxels; γ ≥ 0.9 from 9.1, so from 10: one.
        #expect(values["ivh_v10"] == 0.9)
        #expect(values["ivh_v90"] == 0.1)
        // At most one voxel reaches 10; at most nine reach 2.
        #expect(values["ivh_i10"] == 10)
        #expect(values["ivh_i90"] == 2)
        settings.intensityVolume = .width(5)
        // Two steps, whose middles are 3.5 and 8.5; every step is reached by more than a tenth.
        let wide = try Extractor(settings).values(of: .whole(geometry), in: volume)
        #expect(wide["ivh_i90"] == 8.5)
        #expect(wide["ivh_i10"] == nil)
    }

    /// Range and outliers are both taken of the whole region; the shape does not change.
    @Test func rangeAndOutliersTogether() throws {
        let geometry = Geometry(size: [10, 10, 1])
        var numbers = [Int16](repeating: 0, count: 100)
        for k in 0..<100 { numbers[k] = Int16(k % 5) }
        numbers[7] = 1000
        numbers[8] = -60
        let volume = Volume(geometry: geometry, values: .int16(numbers))
        var settings = ExtractionSettings()
        settings.families = [.morph, .stat]
        func found(_ range: ClosedRange<Double>?, _ sigma: Double?) throws -> Extraction {
            settings.resegment = Resegmentation(range: range, outlierSigma: sigma)
            return try Extractor(settings).features(of: .whole(geometry), in: volume, modality: "CT")
        }
        // With 1000 in the region σ is about 100, so that -60 is no outlier; it would be one without.
        #expect(try found(nil, 3).diagnostics.intensityRange == -60...4)
        #expect(try found(-100...400, 3).diagnostics.intensityRange == -60...4)
        #expect(try found(0...3, 3).diagnostics.intensityRange == 0...3)
        let stages = try found(0...3, 3).diagnostics.stages
        #expect(stages.map(\.voxelCount) == [100, 100])
        #expect(stages.map(\.intensityVoxelCount) == [100, 78])
        #expect(throws: ExtractionError.self) { try found(500...600, 1) }
    }

    @Test(arguments: Convention.allCases)
    func spacingsThatCannotBeAreRefused(convention: Convention) {
        var settings = ExtractionSettings()
        settings.convention = convention
        settings.resample = Resampling(spacing: [1e-300, 1, 1])
        #expect(throws: ExtractionError.self) {
            try Extractor(settings).features(of: DigitalPhantom.region, in: DigitalPhantom.volume, modality: "")
        }
        // One voxel in the middle of everything; PyRadiomics' lies beyond the scan, and it refuses as well.
        settings.resample = Resampling(spacing: [100, 100, 100])
        let found = Result {
            try Extractor(settings).features(of: DigitalPhantom.region, in: DigitalPhantom.volume, modality: "")
        }
        switch convention {
        case .ibsi: #expect(throws: Never.self) { try found.get() }
        case .pyradiomics:
            #expect(throws: ExtractionError.emptyAfterResampling(voxels: 74, spacing: [100, 100, 100])) {
                try found.get()
            }
        }
    }

    @Test func everyFeatureHasItsColumn() throws {
        for convention in Convention.allCases {
            var settings = ExtractionSettings()
            settings.convention = convention
            settings.resample = Resampling(spacing: [1.5, 0, 2.5], interpolation: .cubic)
            let extraction = try Extractor(settings).features(
                of: DigitalPhantom.region, in: DigitalPhantom.volume, modality: "")
            #expect(extraction.values.columns == settings.columns)
            #expect(Set(settings.columns.map(\.name)).count == settings.columns.count)
            #expect(extraction.diagnostics.stages.count == 3)
        }
    }
}

/// PyRadiomics' resampling from end to end: the golden numbers are SimpleITK 2.5.7's through `resampleImage` of
/// PyRadiomics 3.0.1, which casts what it interpolates to the type of the scan.
struct PyRadiomicsResamplingTests {
    /// Linear interpolation is left out: at these spacings some of its values are whole numbers, and whether a cast finds
    /// 50 or 49.999999999999993 is chance in either program.
    @Test(arguments: [(Interpolation.cubic, 113.0, 142763.0), (.nearest, 271, 199069)])
    func integerScan(interpolation: Interpolation, sum: Double, energy: Double) throws {
        let geometry = Geometry(size: [7, 6, 5], spacing: [1, 1.5, 2])
        let values = (0..<geometry.voxelCount).map { k in
            let (x, y, z) = (k % 7, k / 7 % 6, k / 42)
            return Int16((x * 37 + y * 91 + z * 53 + x * y * 7 + y * z * 11) % 211 - 100)
        }
        var voxels = [UInt8](repeating: 1, count: 4 * 4 * 3)
        voxels[0] = 0
        voxels[voxels.count - 1] = 0
        var settings = ExtractionSettings()
        settings.convention = .pyradiomics
        settings.resample = Resampling(spacing: [1.25, 1.1, 0], interpolation: interpolation)
        settings.families = [.stat]
        let features = try Extractor(settings).values(
            of: Region(name: "", label: 1, box: VoxelBox(lower: [2, 1, 1], size: [4, 4, 3]), voxels: voxels),
            in: Volume(geometry: geometry, values: .int16(values)))
        #expect(abs(try #require(features["original_firstorder_Mean"]) - sum / 52) < 1e-12)
        #expect(features["original_firstorder_Energy"] == energy)
    }
}

/// PyRadiomics' class shape2D; the golden numbers are those of PyRadiomics 3.0.1's own C code and NumPy.
struct PyRadiomicsOutlineTests {
    private static let rows = ["0110010", "1111000", "0101110", "0011011", "1000110"]

    /// The same outline lying across each of the axes: 0.8 mm along its rows, 1.5 mm from row to row.
    @Test(arguments: 0...2)
    func goldenOutline(dimension: Int) throws {
        let voxels = Self.rows.flatMap { $0.utf8.map { $0 - UInt8(ascii: "0") } }
        let axis = 2 - dimension
        let (u, v) = (axis == 0 ? 1 : 0, axis == 2 ? 1 : 2)
        var (size, spacing) = (SIMD3<Int>.one, SIMD3<Double>(repeating: 5))
        (size[u], size[v]) = (7, 5)
        (spacing[u], spacing[v]) = (0.8, 1.5)
        let geometry = Geometry(size: size, spacing: spacing)
        let volume = Volume(geometry: geometry, values: .int16([Int16](repeating: 7, count: 35)))
        let region = Region(name: "", label: 1, box: VoxelBox(lower: .zero, size: size), voxels: voxels)
        var settings = ExtractionSettings()
        settings.convention = .pyradiomics
        settings.families = [.shape2D]
        settings.texture.pyradiomics.force2DDimension = dimension
        let values = try Extractor(settings).values(of: region, in: volume)
        let expected = [
            "Perimeter": 33.80000000000002, "MeshSurface": 19.8, "MaximumDiameter": 8.5, "PixelSurface": 21.6,
            "MajorAxisLength": 8.289743888013478, "MinorAxisLength": 5.411752013109072,
            "Elongation": 0.6528249951043932, "PerimeterSurfaceRatio": 33.8 / 19.8,
            "Sphericity": 2 * (Double.pi * 19.8).squareRoot() / 33.8,
        ]
        for (name, value) in expected {
            let found = try #require(values["original_shape2D_\(name)"])
            #expect(abs(found - value) < 1e-12, "\(name): \(found), expected \(value)")
        }
        #expect(values.count == expected.count)

        settings.texture.pyradiomics.force2DDimension = (dimension + 1) % 3
        #expect(try Extractor(settings).values(of: region, in: volume).isEmpty)
        settings.texture.pyradiomics.force2DDimension = nil
        #expect(try Extractor(settings).values(of: region, in: volume).isEmpty)
    }

    @Test func onlyWhenNamed() {
        var settings = ExtractionSettings()
        settings.convention = .pyradiomics
        #expect(!settings.columns.contains { $0.name.contains("shape2D") })
        #expect(settings.columns.count { $0.name.contains("_shape_") } == 14)
    }
}

/// The keys that these steps brought to the settings file.
struct StepSettingsTests {
    @Test(arguments: ["none", "{binWidth: 2.5}", "{binCount: 1000}"])
    func volumeHistogramStepsAreReadAndWritten(text: String) throws {
        let settings = try ExtractionSettings(yaml: "ivh: \(text)\nresample: {spacing: [2, 2, 0]}\n")
        #expect(settings.intensityVolume != .automatic)
        #expect(try ExtractionSettings(yaml: settings.yaml).intensityVolume == settings.intensityVolume)
    }

    @Test(arguments: [
        "ivh: {binWidth: 0}", "ivh: {binCount: 0}", "ivh: {binWidth: 1, binCount: 2}", "resegment: {outlierSigma: -1}",
        "ivh: {binwidth: 1}",
    ])
    func nonsenseIsRefused(yaml: String) {
        #expect(throws: SettingsError.self) { try ExtractionSettings(yaml: yaml) }
    }
}
