import Foundation
import Imaging
import Ingestion
import Testing

@Suite struct GeometryComparisonTests {
    @Test func reasonNamesAxisAmountAndAdvice() {
        let differences: [GeometryDifference] = [
            .size(axis: .y, found: 79, expected: 80), .spacing(axis: .z, found: 2.5, expected: 3),
        ]
        #expect(
            GeometryDifference.reason(differences)
                == "the mask's grid does not fit the image: size along y (rows): 79 voxels, the image has 80; spacing "
                + "along z (slices): 2.5 mm, the image has 3 mm (0.5 mm apart). What to do: give the image that the mask "
                + "was drawn on, or export the mask again on this image's grid; or resample the mask to the image's "
                + "spacing (nearest neighbour), or give the image that it was drawn on"
        )
    }
}

@Suite struct FramePlacementTests {
    static let image = Geometry(size: [43, 41, 12], spacing: [0.5, 0.8, 3], origin: [-10, -12, 100])

    private func plane(
        at index: SIMD3<Double>,
        columns: Int = 43,
        rows: Int = 41,
        row: SIMD3<Double> = [1, 0, 0],
        column: SIMD3<Double> = [0, 1, 0],
        spacing: SIMD2<Double> = [0.5, 0.8],
        of image: Geometry = image
    ) -> FramePlane {
        FramePlane(
            columns: columns,
            rows: rows,
            position: image.position(of: index),
            rowDirection: row,
            columnDirection: column,
            spacing: spacing
        )
    }

    private func place(_ plane: FramePlane, on image: Geometry = image) throws -> FramePlacement {
        try FramePlacement.find(plane, on: SlicePlanes(image)).get()
    }

    @Test func sameGridAndSubsetOfSlices() throws {
        let found = try place(plane(at: [0, 0, 7]))
        #expect(found.first == [0, 0, 7] && found.alongRow == [1, 0, 0] && found.alongColumn == [0, 1, 0])
        #expect(found.box(columns: 43, rows: 41) == VoxelBox(lower: [0, 0, 7], size: [43, 41, 1]))
    }

    @Test func smallerAndLargerFrames() throws {
        #expect(try place(plane(at: [5, 6, 2], columns: 10, rows: 9)).first == [5, 6, 2])
        #expect(try place(plane(at: [-4, -3, 20], columns: 60, rows: 60)).first == [-4, -3, 20])
    }

    @Test func flippedAndTransposed() throws {
        let flipped = try place(plane(at: [42, 40, 3], row: [-1, 0, 0], column: [0, -1, 0]))
        #expect(flipped.first == [42, 40, 3] && flipped.alongRow == [-1, 0, 0] && flipped.alongColumn == [0, -1, 0])
        #expect(flipped.box(columns: 43, rows: 41) == VoxelBox(lower: [0, 0, 3], size: [43, 41, 1]))
        let transposed = try place(
            plane(at: [0, 0, 3], columns: 41, rows: 43, row: [0, 1, 0], column: [1, 0, 0], spacing: [0.8, 0.5])
        )
        #expect(transposed.alongRow == [0, 1, 0] && transposed.alongColumn == [1, 0, 0])
    }

    @Test func coronalAndSagittalFrames() throws {
        let coronal = try place(
            plane(at: [0, 17, 11], columns: 43, rows: 12, row: [1, 0, 0], column: [0, 0, -1], spacing: [0.5, 3])
        )
        #expect(coronal.first == [0, 17, 11] && coronal.alongRow == [1, 0, 0] && coronal.alongColumn == [0, 0, -1])
        #expect(coronal.box(columns: 43, rows: 12) == VoxelBox(lower: [0, 17, 0], size: [43, 1, 12]))
        let sagittal = try place(
            plane(at: [9, 0, 11], columns: 41, rows: 12, row: [0, 1, 0], column: [0, 0, -1], spacing: [0.8, 3])
        )
        #expect(sagittal.alongRow == [0, 1, 0] && sagittal.alongColumn == [0, 0, -1])
    }

    @Test func obliqueImage() throws {
        let (c, s) = (cos(0.3), sin(0.3))
        let direction = Geometry.Direction(x: [c, s, 0], y: [-s, c, 0], z: [0, 0, 1])
        let image = Geometry(size: [43, 41, 12], spacing: [0.5, 0.8, 3], origin: [3, 4, 5], direction: direction)
        let found = try place(
            plane(at: [0, 0, 4], row: direction.x, column: direction.y, of: image),
            on: image
        )
        #expect(found.first == [0, 0, 4] && found.alongRow == [1, 0, 0])
    }

    /// Slices 0, 1, 2, 5, 6 of an even stack: slice number 3 lies at the place of 5.
    @Test func unevenSlicesFindTheirFrames() throws {
        var image = Self.image
        image.size.z = 5
        let positions = [0.0, 1, 2, 5, 6].map { image.position(of: [0, 0, $0]) }
        let planes = SlicePlanes(image, positions: positions)
        #expect(try FramePlacement.find(plane(at: [0, 0, 5]), on: planes).get().first == [0, 0, 3])
        #expect(try FramePlacement.find(plane(at: [0, 0, 6]), on: planes).get().first == [0, 0, 4])
        #expect(try FramePlacement.find(plane(at: [0, 0, 8]), on: planes).get().first == [0, 0, 6], "beyond the end")
        #expect(planes.isInGap(plane(at: [0, 0, 3]).position))
        #expect(!planes.isInGap(plane(at: [0, 0, 5]).position))
    }

    @Test func saysWhatDoesNotFit() {
        func differences(_ plane: FramePlane) -> [GeometryDifference] {
            guard case .failure(let misfit) = FramePlacement.find(plane, on: SlicePlanes(Self.image)) else { return [] }
            return misfit.differences
        }
        let shifted = differences(plane(at: [0.25, 0, 3]))
        guard case .origin(.x, let millimetres, let voxels)? = shifted.first, shifted.count == 1 else {
            Issue.record("expected one origin along x, found \(shifted)")
            return
        }
        #expect(abs(millimetres - 0.125) < 1e-9 && abs(voxels - 0.25) < 1e-9)
        // The whole way and its side, not what is left beside the nearest voxel.
        let far = differences(plane(at: [-10.4, 0, 3]))
        guard case .origin(.x, let way, let steps)? = far.first, far.count == 1 else {
            Issue.record("expected one origin along x, found \(far)")
            return
        }
        #expect(abs(way + 5.2) < 1e-9 && abs(steps + 10.4) < 1e-9)
        #expect(far[0].description.hasSuffix("5.2 mm (10.4 voxels) before the image's"), "\(far[0].description)")
        #expect(
            differences(plane(at: [0, 0, 3], spacing: [0.6, 0.8])) == [.spacing(axis: .x, found: 0.6, expected: 0.5)]
        )
        #expect(
            differences(plane(at: [0, 0, 3], spacing: [1, 1.6])) == [
                .spacing(axis: .x, found: 1, expected: 0.5), .spacing(axis: .y, found: 1.6, expected: 0.8),
            ]
        )
        let (c, s) = (cos(Double.pi / 18), sin(Double.pi / 18))
        let turned = differences(plane(at: [0, 0, 3], row: [c, s, 0], column: [-s, c, 0]))
        let degrees = turned.map { if case .direction(_, let degrees) = $0 { degrees } else { Double.nan } }
        #expect(degrees.count == 2 && degrees.allSatisfy { abs($0 - 10) < 1e-9 }, "\(turned)")
        #expect(!differences(plane(at: [.nan, 0, 3])).isEmpty)
        #expect(!differences(plane(at: [0, 0, 3], row: [0, 0, 0], column: [0, 0, 0])).isEmpty)
    }
}
