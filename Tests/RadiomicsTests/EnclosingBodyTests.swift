import Foundation
import Imaging
import Radiomics
import SeededRandom
import TestSupport
import Testing

/// The smallest box and the smallest ellipsoid around a body, where they are known or can be bounded.
struct EnclosingBodyTests {
    private static func isNear(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool { abs(a / b - 1) < tolerance }

    /// Corners of a box with three perpendicular edges.
    private static func corners(_ a: SIMD3<Int>, _ b: SIMD3<Int>, _ c: SIMD3<Int>) -> [SIMD3<Int>] {
        (0..<8).map { k in
            (k & 1 != 0 ? a : .zero) &+ (k & 2 != 0 ? b : .zero) &+ (k & 4 != 0 ? c : .zero)
        }
    }

    private static func sorted(_ v: SIMD3<Double>) -> [Double] { [v.x, v.y, v.z].sorted() }

    /// Boxes turned by a Pythagorean angle, in a plane and in space, so that their corners are whole numbers.
    @Test(arguments: [
        ([SIMD3(30, 40, 0), SIMD3(-24, 18, 0), SIMD3(0, 0, 7)], [7.0, 30, 50]),
        ([SIMD3(10, 20, 20), SIMD3(16, -16, 8), SIMD3(14, 7, -14)], [21, 24, 30]),
    ])
    func turnedBox(edges: [SIMD3<Int>], sides: [Double]) {
        let hull = ConvexHull(Self.corners(edges[0], edges[1], edges[2]), half: VoxelEdges(spacing: .one))
        let box = EnclosingBox(hull)
        for (found, side) in zip(Self.sorted(box.extent), sides) {
            #expect(Self.isNear(found, side, 1e-9), "\(box.extent)")
        }
        // The smallest ellipsoid around a box touches all its corners: half axes of √3 half sides.
        let ellipsoid = EnclosingEllipsoid(around: hull.mesh.corners)
        for (found, side) in zip(Self.sorted(ellipsoid.halfAxes), sides) {
            #expect(Self.isNear(found, side / 2 * 3.0.squareRoot(), 1e-6), "\(ellipsoid.halfAxes)")
        }
    }

    /// Every second corner of a cube is a regular tetrahedron; no face of the smallest box holds one of its faces.
    @Test func tetrahedronFitsTheCube() {
        let hull = ConvexHull([[0, 0, 0], [12, 12, 0], [12, 0, 12], [0, 12, 12]], half: VoxelEdges(spacing: .one))
        #expect(Self.isNear(EnclosingBox(hull).volume, 12 * 12 * 12, 1e-9))
        // And the same turned, so that no axis helps: v (2, 2, 1) and so on have length 3.
        let axes: [SIMD3<Int>] = [[2, 2, 1], [2, -1, -2], [1, -2, 2]]
        let turned = [[0, 0, 0], [12, 12, 0], [12, 0, 12], [0, 12, 12]].map { p in
            (0..<3).reduce(SIMD3<Int>.zero) { $0 &+ axes[$1] &* p[$1] }
        }
        let volume = EnclosingBox(ConvexHull(turned, half: VoxelEdges(spacing: .one))).volume
        #expect(Self.isNear(volume, 36 * 36 * 36, 1e-6), "\(volume)")
    }

    /// The corners of an octahedron lie on the ellipsoid with its half axes.
    @Test func octahedron() {
        let points: [SIMD3<Int>] = [[9, 0, 0], [-9, 0, 0], [0, 5, 0], [0, -5, 0], [0, 0, 2], [0, 0, -2]]
        let ellipsoid = EnclosingEllipsoid(
            around: ConvexHull(points, half: VoxelEdges(spacing: [0.5, 1, 3])).mesh.corners)
        for (found, axis) in zip(Self.sorted(ellipsoid.halfAxes), [4.5, 5, 6]) {
            #expect(Self.isNear(found, axis, 1e-7), "\(ellipsoid.halfAxes)")
        }
    }

    /// Random clouds: no box in any of many directions is smaller; the ellipsoid follows any stretching of space, which the
    /// box does not, and holds at most 27 times the body (John's theorem).
    @Test func randomBodies() {
        var generator = SplitMix64(state: 11)
        for _ in 0..<12 {
            let points = (0..<60).map { _ in
                SIMD3(generator.whole(41), generator.whole(23), generator.whole(31))
            }
            let hull = ConvexHull(points, half: VoxelEdges(spacing: .one))
            let corners = hull.mesh.corners
            let box = EnclosingBox(hull)
            var smallest = Double.infinity
            for _ in 0..<20_000 {
                let (u, v, w) = generator.axes()
                let volume = [u, v, w].reduce(1.0) { product, axis in
                    let heights = corners.map { dot(axis, $0) }
                    return product * ((heights.max() ?? 0) - (heights.min() ?? 0))
                }
                smallest = min(smallest, volume)
            }
            #expect(box.volume <= smallest, "\(box.volume), another \(smallest)")
            #expect(box.volume >= hull.volume)

            let ellipsoid = EnclosingEllipsoid(around: corners)
            let stretched = EnclosingEllipsoid(
                around: ConvexHull(points, half: VoxelEdges(spacing: [0.3, 2, 1.7])).mesh.corners)
            #expect(Self.isNear(stretched.volume, ellipsoid.volume * 0.3 * 2 * 1.7, 1e-6))
            #expect(ellipsoid.volume >= hull.volume && ellipsoid.volume <= 27 * hull.volume)
            let ends = (0..<3).map { k in (corners.map { $0[k] }.max() ?? 0) - (corners.map { $0[k] }.min() ?? 0) }
            // The ellipsoid around the box along the axes holds the body, too.
            #expect(ellipsoid.volume <= ends.reduce(1, *) * Double.pi * 3.0.squareRoot() / 2)
        }
    }

    /// A voxelised ellipsoid and a voxelised box, both turned: as near to the true bodies as voxels are, and what the table
    /// says is V over what is measured here.
    @Test func voxelBodies() throws {
        let angle = 0.6
        func turned(_ x: Int, _ y: Int, _ z: Int) -> SIMD3<Double> {
            let p = SIMD3(Double(x), Double(y), Double(z)) - 40
            return SIMD3(cos(angle) * p.x + sin(angle) * p.y, cos(angle) * p.y - sin(angle) * p.x, p.z)
        }
        func values(_ inside: (SIMD3<Double>) -> Bool) throws -> [String: Double] {
            let geometry = Geometry(size: [81, 81, 81])
            var region = Region.whole(geometry)
            for k in region.voxels.indices {
                region.voxels[k] = inside(turned(k % 81, k / 81 % 81, k / 6561)) ? 1 : 0
            }
            var settings = ExtractionSettings()
            settings.families = [.morph]
            let volume = Volume(geometry: geometry, values: .int16((0..<geometry.voxelCount).map { Int16($0 % 7) }))
            return try Extractor(settings).values(of: region, in: volume)
        }
        func found(_ values: [String: Double], _ tag: String) throws -> Double { try #require(values["morph_\(tag)"]) }

        let box = try values { abs($0.x) <= 30 && abs($0.y) <= 15 && abs($0.z) <= 8 }
        #expect(try Self.isNear(found(box, "volume") / found(box, "vol_dens_ombb"), 61 * 31 * 17, 0.04))
        #expect(try found(box, "vol_dens_ombb") > 0.93 && found(box, "vol_dens_ombb") <= 1)
        #expect(try found(box, "vol_dens_aabb") < 0.6)
        #expect(try Self.isNear(found(box, "area_dens_ombb"), 1, 0.1))

        let ellipsoid = try values { ($0 / SIMD3(30, 20, 10) * ($0 / SIMD3(30, 20, 10))).sum() <= 1 }
        // Corners of voxels stick out of it by up to half a voxel.
        let enclosing = try found(ellipsoid, "volume") / found(ellipsoid, "vol_dens_mvee")
        #expect((1...1.1).contains(enclosing / (4 * Double.pi / 3 * 30 * 20 * 10)), "\(enclosing)")
        #expect(try found(ellipsoid, "vol_dens_mvee") > 0.9 && found(ellipsoid, "vol_dens_mvee") <= 1)
        #expect(try Self.isNear(found(ellipsoid, "area_dens_mvee"), 1, 0.05))
    }

    /// One voxel is an octahedron: its box is turned by 45°, its ellipsoid a sphere.
    @Test func oneVoxel() throws {
        var settings = ExtractionSettings()
        settings.families = [.morph]
        let geometry = Geometry(size: [1, 1, 1])
        let values = try Extractor(settings).values(
            of: .whole(geometry), in: Volume(geometry: geometry, values: .int16([5])))
        // Volume 1/6; around it 4π/3 · 1/8.
        #expect(Self.isNear(try #require(values["morph_vol_dens_mvee"]), 1 / Double.pi, 1e-6))
        // No more than half a unit square times 1, the box turned by 45° about an axis.
        #expect(try #require(values["morph_vol_dens_ombb"]) >= 1.0 / 3 - 1e-9)
    }

    /// The lesion of the CT phantom (125,256 voxels).
    @Test(.enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
    func phantomLesion() throws {
        let scan = try LoadedCase(["data/ibsi1/ct_phantom/dicom"])
        var settings = ExtractionSettings()
        settings.families = [.morph]
        var values: [String: Double] = [:]
        let clock = ContinuousClock()
        var times: [Duration] = []
        for _ in 0..<5 {
            times.append(
                try clock.measure {
                    values = try Extractor(settings).values(of: scan.region, in: scan.volume, modality: "CT")
                })
        }
        func found(_ tag: String) throws -> Double { try #require(values["morph_\(tag)"]) }
        let tags = ["aabb", "ombb", "mvee", "conv_hull"].flatMap { ["vol_dens_\($0)", "area_dens_\($0)"] }
        print(
            "CT phantom, morph in \(times.min() ?? .zero):",
            try tags.map { "\($0) \(try found($0))" }.joined(separator: ", "))
        #expect(try found("vol_dens_ombb") >= found("vol_dens_aabb"))
        #expect(try found("vol_dens_ombb") <= found("vol_dens_conv_hull"))
        #expect(try found("vol_dens_mvee") <= found("vol_dens_conv_hull"))
        #expect(try found("vol_dens_mvee") * 27 >= found("vol_dens_conv_hull"))
    }
}

/// The area under the intensity-volume histogram by adding up trapezoids one by one.
struct AreaUnderCurveTests {
    @Test(arguments: [IntensityVolumeBins.none, .width(3), .count(13)])
    func trapezoids(bins: IntensityVolumeBins) throws {
        var generator = SplitMix64(state: 5)
        let numbers = (0..<200).map { _ in Int16(generator.whole(60) * generator.whole(4)) }
        let geometry = Geometry(size: [200, 1, 1])
        var settings = ExtractionSettings()
        settings.families = [.ivh]
        settings.intensityVolume = bins
        let volume = Volume(geometry: geometry, values: .int16(numbers))
        let found = try #require(try Extractor(settings).values(of: .whole(geometry), in: volume)["ivh_auc"])
        let (low, high) = (Int(numbers.min() ?? 0), Int(numbers.max() ?? 0))
        let steps = numbers.map { number -> Int in
            switch bins {
            case .width(let width): Int((Double(Int(number) - low) / width).rounded(.down)) + 1
            case .count(let count): min(count, count * (Int(number) - low) / (high - low) + 1)
            case .none, .automatic: Int(number)
            }
        }
        let ends: (Int, Int) = (steps.min() ?? 0, steps.max() ?? 0)
        let shares = (ends.0...ends.1).map { step in Double(steps.count { $0 >= step }) / 200 }
        var area = 0.0
        for (a, b) in zip(shares, shares.dropFirst()) { area += (a + b) / 2 / Double(ends.1 - ends.0) }
        #expect(abs(found - area) < 1e-12, "\(found), by trapezoids \(area)")
    }

    /// Ten voxels 1...10: Σ ν = 5.5, both ends halved, over 9 steps.
    @Test func byHand() throws {
        let geometry = Geometry(size: [10, 1, 1])
        var settings = ExtractionSettings()
        settings.families = [.ivh]
        settings.intensityVolume = .none
        let steps = Volume(geometry: geometry, values: .int16((1...10).map { Int16($0) }))
        #expect(
            abs(try #require(try Extractor(settings).values(of: .whole(geometry), in: steps)["ivh_auc"]) - 4.95 / 9)
                < 1e-15)
        // IBSI: 0 when there is one intensity only.
        let flat = Volume(geometry: geometry, values: .int16([Int16](repeating: 4, count: 10)))
        #expect(try Extractor(settings).values(of: .whole(geometry), in: flat)["ivh_auc"] == 0)
    }
}

extension SplitMix64 {
    fileprivate mutating func whole(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    /// A random rotation, by a random unit quaternion.
    fileprivate mutating func axes() -> (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>) {
        var q = SIMD4<Double>.zero
        repeat {
            for k in 0..<4 { q[k] = Double(next() >> 11) / Double(1 << 52) - 1 }
        } while (q * q).sum() > 1 || (q * q).sum() < 0.01
        q /= (q * q).sum().squareRoot()
        let (w, x, y, z) = (q.x, q.y, q.z, q.w)
        return (
            SIMD3(1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)),
            SIMD3(2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)),
            SIMD3(2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y))
        )
    }
}
