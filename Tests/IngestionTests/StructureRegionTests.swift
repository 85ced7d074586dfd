import Foundation
import Imaging
import Ingestion
import Testing

/// Contours in mm on a grid of 1 x 1 x 4 mm: what becomes of them and what is said.
@Suite struct StructureRegionTests {
    static let geometry = Geometry(size: [20, 20, 10], spacing: [1, 1, 4], origin: [-10, -10, 100])
    static let entry = MaskSource.Entry(name: "GTV", label: 3)

    /// A square of side² voxels on the plane z mm.
    private func square(z: Double, side: Double = 4, at corner: SIMD2<Double> = [0, 0]) -> PatientContour {
        let corners: [SIMD2<Double>] = [[0, 0], [side, 0], [side, side], [0, side]]
        return PatientContour(points: corners.map { SIMD3($0.x + corner.x, $0.y + corner.y, z) })
    }

    private func outcome(_ contours: [PatientContour], on planes: SlicePlanes = SlicePlanes(geometry)) -> RegionOutcome
    {
        StructureRegion.outcome(of: Self.entry, contours: contours, on: planes)
    }

    @Test func contoursOnTheirSlices() throws {
        let found = outcome([square(z: 100), square(z: 104), square(z: 108)])
        let region = try #require(found.region)
        #expect(region.name == "GTV" && region.label == 3)
        #expect(region.box == VoxelBox(lower: [10, 10, 0], size: [4, 4, 3]))
        #expect(region.voxelCount == 48)
        #expect(found.findings == [])
    }

    @Test(
        "Another number of points than the file says is a warning, whatever it makes of the region",
        arguments: [3, 5, 0])
    func lostPoints(stated: Int) throws {
        var short = square(z: 104)
        short.condition = .miscounted(stated: stated)
        let found = outcome([square(z: 100), short, square(z: 108)])
        #expect(found.region?.voxelCount == 48)
        #expect(found.findings.count == 1)
        #expect(
            found.findings.first?.hasPrefix(
                "1 of 3 contours have another number of points than their Number of Contour Points says (4, expected \(stated))"
            )
                == true, "\(found.findings)")
        short.condition = .whole
        #expect(outcome([square(z: 100), short, square(z: 108)]).findings == [])
    }

    @Test func holeAndRepeat() {
        let hole = square(z: 104, side: 2, at: [1, 1])
        #expect(outcome([square(z: 104), hole]).region?.voxelCount == 16 - 4)
        let repeated = outcome([square(z: 104), square(z: 104), hole])
        #expect(repeated.region?.voxelCount == 16 - 4)
        #expect(repeated.findings == ["1 contours repeat another one and were counted once"])
    }

    @Test(
        arguments: [
            (0.39, []),
            (0.41, ["contours lie up to 0.41 mm beside their slices (slice spacing 4 mm)"]),
            (-1.9, ["contours lie up to 1.9 mm beside their slices (slice spacing 4 mm)"]),
        ] as [(Double, [String])]
    )
    func besideTheSlice(offset: Double, findings: [String]) {
        let found = outcome([square(z: 108 + offset)])
        #expect(found.region?.box.lower.z == 2)
        #expect(found.findings == findings)
    }

    @Test func partlyAndWhollyOutsideTheStack() {
        let partly = outcome([square(z: 97.9), square(z: 100), square(z: 136), square(z: 138.1), square(z: 200)])
        #expect(partly.region?.voxelCount == 32)
        #expect(partly.findings.first == "3 of 5 contours lie where the image has no slice and were left out")
        #expect(
            outcome([square(z: 300), square(z: 304)]).reason
                == "all 2 contours lie outside the image: 200 to 204 mm across the slices, the image spans 0 to 36 mm; "
                + "give the image that the ROI was drawn on"
        )
        #expect(
            outcome([square(z: 100, at: [50, 0])]).reason
                == "all contours lie outside the image: columns 60 to 64, rows 10 to 14, the image has 20 x 20; "
                + "give the image that the ROI was drawn on"
        )
    }

    @Test func cutOffAtTheEdge() {
        let found = outcome([square(z: 100, at: [8, 0])])
        #expect(found.region?.voxelCount == 2 * 4)
        #expect(found.findings == ["1 of 1 contours reach beyond the image's edge and were cut off there"])
    }

    @Test func slicesWithoutContours() {
        let found = outcome([100, 104, 112, 128].map { square(z: $0) })
        #expect(found.region?.voxelCount == 64)
        #expect(
            found.findings == [
                "4 slices between the first and the last contour have none (slice 3, 5–7); they were left empty"
            ]
        )
        guard case .region(_, let findings) = found else { return }
        #expect(findings.map(\.severity) == [.warning])
    }

    @Test("Frames on every second slice leave stripes, which a warning names")
    func stripedSegment() {
        func frames(_ slices: [Int]) -> [FramePlacement] {
            slices.map { FramePlacement(first: [0, 0, $0], alongRow: [1, 0, 0], alongColumn: [0, 1, 0]) }
        }
        #expect(SegmentRegion.noteOnHoles(frames([2, 3, 4]), [9, 9, 9]).isEmpty)
        let found = SegmentRegion.noteOnHoles(frames([1, 3, 5, 12]), [9, 9, 9])
        #expect(found.map(\.severity) == [.warning])
        let expected = "2 slices between the segment's first and last frame have none (3, 5)"
        #expect(found.first?.text.hasPrefix(expected) == true, "\(found)")
    }

    @Test func obliqueContoursSayTheAngle() throws {
        let tilted = PatientContour(points: [[0, 0, 100], [8, 0, 108], [8, 4, 108], [0, 4, 100]])
        let reason = try #require(outcome([square(z: 100), tilted]).reason)
        #expect(reason.hasPrefix("contour 2 of 2 lies at 45° to the slices (8 mm across them)"), "\(reason)")
    }

    /// Contours every mm on slices every 4 mm: even-odd over all of them would leave nothing.
    @Test func contoursCloserThanSlices() {
        let found = outcome((100...108).map { square(z: Double($0)) })
        #expect(found.region?.voxelCount == 3 * 16)
        #expect(
            found.findings.contains(
                "contours are closer together than the image's slices: 6 of 9 were left out, each slice takes the nearest"
            ),
            "\(found.findings)"
        )
    }

    @Test func contoursThatEncloseNothing() {
        #expect(outcome([]).reason == "the ROI has no contour")
        let point = PatientContour(kind: .init(geometricType: "POINT"), points: [[0, 0, 100]])
        let open = PatientContour(kind: .init(geometricType: "OPEN_PLANAR"), points: square(z: 100).points)
        let short = PatientContour(points: [[0, 0, 100], [1, 1, 100]])
        let damaged = PatientContour(points: square(z: 100).points, condition: .damaged)
        #expect(
            outcome([point, open, short, damaged]).reason
                == "none of the ROI's 4 contours encloses an area: 1 of type OPEN_PLANAR, which encloses no area, "
                + "1 of type POINT, which encloses no area, 1 whose Contour Data is no list of finite x, y, z, "
                + "1 with fewer than 3 points"
        )
        let mixed = outcome([square(z: 100), point])
        #expect(mixed.region?.voxelCount == 16)
        #expect(mixed.findings == ["contours left out: 1 of type POINT, which encloses no area"])
        #expect(
            outcome([square(z: 100, side: 0.5, at: [0.2, 0.2])]).reason
                == "the contours enclose no voxel centre: they span 0.5 x 0.5 voxels; use an image with smaller voxels"
        )
    }

    /// Rows and columns turned, slices tilted against the normal as with a gantry tilt: the same voxels.
    @Test func turnedAndTiltedGrids() throws {
        let (c, s) = (cos(0.4), sin(0.4))
        let tilt = SIMD3(0, sin(0.2), cos(0.2))
        for direction in [
            Geometry.Direction(x: [c, s, 0], y: [-s, c, 0], z: [0, 0, 1]),
            Geometry.Direction(x: [0, 0, 1], y: [0, 1, 0], z: [-1, 0, 0]),
            Geometry.Direction(x: [1, 0, 0], y: [0, 1, 0], z: tilt),
        ] {
            let geometry = Geometry(
                size: [20, 20, 10],
                spacing: [0.5, 0.7, 4],
                origin: [3, 4, 5],
                direction: direction
            )
            let contours = (2...4).map { z in
                let corners: [SIMD2<Double>] = [[3, 4], [9, 4], [9, 8], [3, 8]]
                return PatientContour(points: corners.map { geometry.position(of: SIMD3($0.x, $0.y, Double(z))) })
            }
            let found = outcome(contours, on: SlicePlanes(geometry))
            #expect(found.region?.box == VoxelBox(lower: [3, 4, 2], size: [6, 4, 3]), "\(direction)")
            #expect(found.region?.voxelCount == 72, "\(direction)")
            #expect(found.findings == [])
        }
    }

    /// Slices at 0, 4, 8, 20, 24 mm: contours go to the slice at their place, those in the hole to none.
    @Test func missingSlices() {
        var geometry = Self.geometry
        geometry.size.z = 5
        let positions = [0.0, 4, 8, 20, 24].map { SIMD3(-10, -10, 100 + $0) }
        let found = outcome(
            [108, 112, 116, 120, 124].map { square(z: $0) },
            on: SlicePlanes(geometry, positions: positions)
        )
        #expect(found.region?.box == VoxelBox(lower: [10, 10, 2], size: [4, 4, 3]))
        #expect(found.findings == ["2 of 5 contours lie where the image has no slice and were left out"])
    }
}
