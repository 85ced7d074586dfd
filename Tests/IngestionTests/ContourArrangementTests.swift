import Foundation
import Imaging
import Ingestion
import Testing

/// What contours of one slice make together: repeats, holes, islands, unions. Voxels of 1 x 1 mm.
@Suite struct ContourArrangementTests {
    private static let planes = SlicePlanes(
        Geometry(size: [60, 60, 3], spacing: [1, 1, 3], origin: .zero))

    private func square(_ x: Double, _ y: Double, _ side: Double) -> [SIMD2<Double>] {
        [[x, y], [x + side, y], [x + side, y + side], [x, y + side]]
    }

    private func circle(_ centre: SIMD2<Double>, _ radius: Double) -> [SIMD2<Double>] {
        (0..<60).map { k in
            let angle = 2 * Double.pi * Double(k) / 60
            return centre + SIMD2(cos(angle), sin(angle)) * radius
        }
    }

    private func outcome(_ contours: [[SIMD2<Double>]], type: String = "CLOSED_PLANAR") -> RegionOutcome {
        StructureRegion.outcome(
            of: .init(name: "GTV", label: 1),
            contours: contours.map { points in
                PatientContour(kind: .init(geometricType: type), points: points.map { SIMD3($0.x, $0.y, 3) })
            }, on: Self.planes)
    }

    @Test(
        "A contour that repeats another one counts once, in any direction, from any point, closed or not, within rounding"
    )
    func repeats() {
        let drawn = circle([25.3, 24.1], 10)
        let alone = outcome([drawn]).region?.voxelCount
        let variants: [[SIMD2<Double>]] = [
            drawn, drawn.reversed(), Array(drawn[17...] + drawn[..<17]), drawn + drawn.prefix(1),
            drawn.map { ($0 * 100).rounded(.toNearestOrEven) / 100 }, (drawn[5...] + drawn[..<5]).reversed(),
            drawn + drawn,
        ]
        for copy in variants {
            let found = outcome([drawn, copy])
            #expect(found.region?.voxelCount == alone)
            #expect(found.findings == ["1 contours repeat another one and were counted once"])
        }
        #expect(outcome([drawn, drawn, drawn.reversed()]).region?.voxelCount == alone)
        #expect(outcome([drawn + drawn]).region?.voxelCount == alone, "one list that goes around twice")
    }

    @Test("The same contour with more points, or next to nothing inside, is a repeat; a wall of half a voxel is one")
    func resampledRepeats() {
        let drawn = square(10, 10, 20)
        let dense = drawn.indices.flatMap { k in
            let (start, end) = (drawn[k], drawn[(k + 1) % 4])
            return (0..<7).map { start + (end - start) * (Double($0) / 7) }
        }
        let shaken = dense.enumerated().map { k, point in point + (k.isMultiple(of: 2) ? 0.03 : -0.03) }
        func inside(_ wall: Double) -> [SIMD2<Double>] { square(10 + wall, 10 + wall, 20 - 2 * wall) }
        for copy in [dense, shaken, inside(0.02), inside(0.04), inside(0.1), inside(0.2)] {
            for pair in [[drawn, copy], [copy, drawn]] {
                let found = outcome(pair)
                #expect(found.region?.voxelCount ?? 0 >= 361, "\(copy.prefix(2))")
                #expect(found.findings == ["1 contours repeat another one and were counted once"], "\(copy.prefix(2))")
            }
        }
        // Rows and columns 10 to 29 without 11 to 29: edges on voxel centres belong to the upper left.
        #expect(outcome([drawn, inside(0.6)]).region?.voxelCount == 400 - 19 * 19)
        #expect(outcome([circle([30, 30], 10), circle([30, 30], 8)]).findings == [], "a wall of two voxels")
    }

    @Test("An outline and the keyhole of it, which runs along all of its edge, are one area, with a warning")
    func keyholeAndOutline() {
        let keyhole: [SIMD2<Double>] = [
            [10, 10], [30, 10], [30, 30], [10, 30], [10, 10], [15, 15], [15, 25], [25, 25], [25, 15], [15, 15],
        ]
        let found = outcome([square(10, 10, 20), keyhole])
        #expect(found.region?.voxelCount == 400)
        #expect(found.findings.first?.contains("were united") == true, "\(found.findings)")
    }

    @Test("A repeated hole is one hole, and a hole in a repeated area stays")
    func repeatedHoles() {
        let (area, hole) = (square(10, 10, 20), square(15, 15, 6))
        for contours in [[area, hole], [area, hole, hole.reversed()], [area, area, hole], [hole, area, hole, area]] {
            #expect(outcome(contours).region?.voxelCount == 400 - 36)
        }
        #expect(outcome([area, hole, square(17, 17, 2)]).region?.voxelCount == 400 - 36 + 4, "an island")
        #expect(outcome([area, hole]).findings == [])
    }

    @Test("Outlines that cross are a union, with a warning")
    func unions() {
        let (a, b) = (square(10, 10, 10), square(15, 15, 10))
        let found = outcome([a, b])
        #expect(found.region?.voxelCount == 175)
        #expect(found.findings.first?.hasPrefix("2 contours cross another one (slice 2) and were united") == true)
        #expect(outcome([a, b, square(5, 15, 10)]).region?.voxelCount == 250, "three")
        let plus: [[SIMD2<Double>]] = [
            [[10, 14], [30, 14], [30, 18], [10, 18]], [[18, 6], [22, 6], [22, 26], [18, 26]],
        ]
        #expect(outcome(plus).region?.voxelCount == 80 + 80 - 16, "no corner of one lies in the other")
    }

    @Test("A hole stays one where the areas around it cross")
    func holesInUnions() {
        let (a, b) = (square(10, 10, 10), square(15, 10, 10))
        #expect(outcome([a, b, square(11, 12, 2)]).region?.voxelCount == 150 - 4, "in one of them")
        #expect(outcome([a, b, square(16, 12, 2)]).region?.voxelCount == 150 - 4, "in both")
    }

    @Test("Contours that touch are neither holes nor crossings")
    func touching() {
        let found = outcome([square(10, 10, 10), square(20, 10, 10)])
        #expect(found.region?.voxelCount == 200 && found.findings == [])
        let within = outcome([square(10, 10, 10), square(10, 10, 5).map { $0 + SIMD2(0.001, -0.004) }])
        #expect(within.findings == [], "a hole on the edge, off by rounding")
    }

    @Test("Exclusive or only where the file says so")
    func exclusiveOr() {
        let found = outcome([square(10, 10, 10), square(15, 15, 10)], type: "CLOSEDPLANAR_XOR")
        #expect(found.region?.voxelCount == 150 && found.findings == [])
    }

    @Test("Lines enclose nothing, which is said; an outline that overlaps itself as well; a keyhole is well")
    func oddities() {
        let line = outcome([square(10, 10, 10), [[30, 30], [35, 35], [40, 40]]])
        #expect(line.findings == ["contours left out: 1 whose points lie on a line"])
        let keyhole: [SIMD2<Double>] = [
            [10, 10], [30, 10], [30, 30], [10, 30], [10, 10], [15, 15], [15, 25], [25, 25], [25, 15], [15, 15],
        ]
        let hole = outcome([keyhole])
        #expect(hole.region?.voxelCount == 300 && hole.findings == [])
        let loop: [SIMD2<Double>] = [
            [10, 10], [30, 10], [30, 30], [10, 30], [10, 10], [15, 15], [25, 15], [25, 25], [15, 25], [15, 15],
        ]
        #expect(outcome([loop]).findings.first?.contains("go around 100 voxels twice") == true)
    }
}
