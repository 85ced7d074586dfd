import Imaging
import Radiomics
import Testing
import TextureCore

/// One object, sampled by a straight stack and by stacks that lean (gantry tilt): after resampling the numbers are the same.
struct TiltTests {
    /// mm: an ellipsoid around (0, 0, 0), and waves in it and around it.
    private static func isInside(_ p: SIMD3<Double>) -> Bool {
        let q = p / SIMD3(15, 11, 18)
        return dot(q, q) <= 1
    }

    private static func value(_ p: SIMD3<Double>) -> Double {
        var turned = p * SIMD3(0.17, 0.14, 0.11)
        turned.x += 0.05 * p.z
        return 200 + 3 * p.y + 60 * wave(turned.x) * wave(turned.y) + 40 * wave(turned.z)
    }

    /// Smooth, of period 4: a wave without Foundation.
    private static func wave(_ t: Double) -> Double {
        let u = t - (t / 4).rounded(.down) * 4
        return u < 2 ? 1 - (u - 1) * (u - 1) : (u - 3) * (u - 3) - 1
    }

    /// 1 mm in the slices, 2 mm between their planes, pushed by so many mm from slice to slice; `offset` voxels moved.
    private static func sampled(
        push: SIMD2<Double>, offset: SIMD3<Double> = .zero
    ) -> (volume: Volume, region: Region) {
        let way = SIMD3(push.x, push.y, 2)
        let size = SIMD3(60, 52, 24)
        var geometry = Geometry(
            size: size, spacing: [1, 1, length(way)],
            direction: .init(x: [1, 0, 0], y: [0, 1, 0], z: way / length(way)))
        geometry.origin = -geometry.position(of: SIMD3(29.3, 25.6, 11.4) + offset)
        var (values, inside): ([Double], [UInt8]) = ([], [])
        for z in 0..<size.z {
            for y in 0..<size.y {
                for x in 0..<size.x {
                    let position = geometry.position(of: SIMD3(Double(x), Double(y), Double(z)))
                    values.append(value(position))
                    inside.append(isInside(position) ? 1 : 0)
                }
            }
        }
        let region = Region(name: "", label: 1, box: VoxelBox(lower: .zero, size: size), voxels: inside)
        return (Volume(geometry: geometry, values: .float64(values)), region)
    }

    /// 0.73 mm a slice are 20°, 1.15 mm are 30°. The last is the control: straight, at another place between voxels.
    private static let pushes: [SIMD2<Double>] = [[0.73, 0], [0, -0.73], [-0.8, 0.83], .zero]

    /// Volumes within 1.5 %, means within 0.5 (the values span 250), contrasts within 5 %: voxels lie elsewhere in the object, and
    /// linear interpolation between planes flattens waves along another way. Without straightening contrasts differ more.
    @Test("straight and tilted samplings of one object agree after resampling", arguments: pushes)
    func straightened(push: SIMD2<Double>) throws {
        for convention in [Convention.ibsi, .pyradiomics] {
            var settings = ExtractionSettings()
            settings.convention = convention
            settings.resample = Resampling(spacing: [1, 1, 1])
            settings.discretise = GreyLevelSetting(.width(20), lowerBound: convention == .ibsi ? 0 : nil)
            let (volume, mean, contrast) =
                convention == .ibsi
                ? ("morph_volume", "stat_mean", "cm_contrast_3D_comb")
                : ("original_shape_MeshVolume", "original_firstorder_Mean", "original_glcm_Contrast")
            settings.families = convention == .ibsi ? [.morph, .stat, .cm] : nil
            let extractor = Extractor(settings)
            let straight = Self.sampled(push: .zero)
            let tilted = Self.sampled(push: push, offset: push == .zero ? [0.4, 0.7, 0.3] : .zero)
            let expected = try extractor.values(of: straight.region, in: straight.volume)
            let extraction = try extractor.features(of: tilted.region, in: tilted.volume, modality: "")
            #expect(extraction.warnings.allSatisfy { !$0.contains("tilt") }, "\(extraction.warnings)")
            let says = extraction.notes.contains { $0.contains("straightened") }
            #expect(says == (push != .zero), "\(extraction.notes)")
            let found = try extractor.values(of: tilted.region, in: tilted.volume)
            for (name, tolerance) in [(volume, 0.015), (contrast, 0.05)] {
                let (a, b) = try (#require(expected[name]), #require(found[name]))
                #expect(abs(b / a - 1) < tolerance, "\(name): \(b), straight \(a)")
            }
            let (a, b) = try (#require(expected[mean]), #require(found[mean]))
            #expect(abs(a - b) < 0.5, "\(mean): \(b), straight \(a)")
        }
    }

    /// The neighbour: without resampling the lattice leans, and the row says so where it matters.
    @Test("what lies along the leaning stack is a warning, what stays in a slice is none")
    func warned() throws {
        let tilted = Self.sampled(push: [0.73, 0])
        func warnings(_ aggregation: Aggregation, _ families: [FeatureFamily]) throws -> [String] {
            var settings = ExtractionSettings()
            settings.texture.aggregations = [aggregation]
            settings.families = families
            return try Extractor(settings).features(of: tilted.region, in: tilted.volume, modality: "").warnings
        }
        let found = try warnings(.merged3D, [.cm])
        #expect(found.contains { $0.contains("gantry tilt of 20.1°") && $0.contains("--resample") }, "\(found)")
        #expect(try warnings(.averaged2D, [.cm, .stat]).isEmpty)
    }

    /// The sphere of a local peak near the border of the stack takes in voxels of the stack only.
    @Test("the local peak beside the border of a tilted stack is that of its voxels")
    func localPeak() throws {
        var (volume, _) = Self.sampled(push: [0.73, 0])
        volume.values = .float64([Double](repeating: 7, count: volume.geometry.voxelCount))
        let region = Region(
            name: "", label: 1, box: VoxelBox(lower: .zero, size: [8, 8, 24]), voxels: .init(repeating: 1, count: 1536))
        var settings = ExtractionSettings()
        settings.resample = Resampling(spacing: [1.3, 1.3, 1.3])
        settings.families = [.loc]
        let found = try Extractor(settings).values(of: region, in: volume)
        #expect(found["loc_peak_loc"].map { abs($0 - 7) < 1e-9 } == true, "\(found)")
    }
}
