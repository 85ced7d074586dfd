// Where the pixels of a DICOM SEG's frame fall in the image's grid. Takes the frame's plane in mm (Segmentation.swift reads
// it), gives a signed permutation of axes with whole offsets, or how far the two grids are from fitting.
import Foundation
import Imaging

/// The plane of one frame as its functional groups state it (PS3.3 C.7.6.16.2.1, .3 and .4).
package struct FramePlane: Hashable, Sendable {
    package var columns: Int
    package var rows: Int
    /// Centre of the first pixel, mm.
    package var position: SIMD3<Double>
    /// Unit vectors along a row (growing column) and down a column (growing row).
    package var rowDirection: SIMD3<Double>
    package var columnDirection: SIMD3<Double>
    /// Distance between pixel centres along a row (x) and down a column (y), mm.
    package var spacing: SIMD2<Double>

    package init(
        columns: Int, rows: Int, position: SIMD3<Double>, rowDirection: SIMD3<Double>, columnDirection: SIMD3<Double>,
        spacing: SIMD2<Double>
    ) {
        (self.columns, self.rows, self.position, self.spacing) = (columns, rows, position, spacing)
        (self.rowDirection, self.columnDirection) = (rowDirection, columnDirection)
    }
}

/// Pixel (column, row) of a frame is voxel `first + column · alongRow + row · alongColumn` of the image.
package struct FramePlacement: Hashable, Sendable {
    package var first: SIMD3<Int>
    /// One of ±x, ±y, ±z.
    package var alongRow: SIMD3<Int>
    package var alongColumn: SIMD3<Int>

    package init(first: SIMD3<Int>, alongRow: SIMD3<Int>, alongColumn: SIMD3<Int>) {
        (self.first, self.alongRow, self.alongColumn) = (first, alongRow, alongColumn)
    }

    /// Finds the placement when every pixel centre of the frame is within ``GeometryDifference/tolerance`` voxels of a
    /// voxel centre (of the grid continued beyond the image's edge); otherwise how the grids differ.
    package static func find(_ plane: FramePlane, on planes: SlicePlanes) -> Result<FramePlacement, Misfit> {
        let corner = planes.index(at: plane.position)
        let across = plane.rowDirection * plane.spacing.x
        let down = plane.columnDirection * plane.spacing.y
        // Steps come from the even grid; the corners below are checked against the slices as they really lie.
        let origin = planes.geometry.index(at: plane.position)
        let alongRow = nearestAxis(planes.geometry.index(at: plane.position + across) - origin)
        let alongColumn = nearestAxis(planes.geometry.index(at: plane.position + down) - origin)
        guard let alongRow, let alongColumn, let first = whole(corner), (alongRow &* alongColumn) == .zero else {
            return .failure(Misfit(plane, planes))
        }
        let (right, bottom) = (Double(plane.columns - 1), Double(plane.rows - 1))
        for (column, row) in [(0, 0), (right, 0), (0, bottom), (right, bottom)] {
            let index = planes.index(at: plane.position + across * column + down * row)
            let expected = SIMD3<Double>(first) + SIMD3<Double>(alongRow) * column + SIMD3<Double>(alongColumn) * row
            let off = index - expected
            guard abs(off.x) <= tolerance, abs(off.y) <= tolerance, abs(off.z) <= tolerance else {
                return .failure(Misfit(plane, planes))
            }
        }
        return .success(FramePlacement(first: first, alongRow: alongRow, alongColumn: alongColumn))
    }

    /// Voxels that a frame of this size covers, also those outside the image.
    package func box(columns: Int, rows: Int) -> VoxelBox {
        let last = first &+ alongRow &* (columns - 1) &+ alongColumn &* (rows - 1)
        let lower = pointwiseMin(first, last)
        return VoxelBox(lower: lower, size: pointwiseMax(first, last) &- lower &+ 1)
    }

    private static var tolerance: Double { GeometryDifference.tolerance }

    /// The signed unit vector nearest to a step of one pixel, nil when the step is nowhere near one.
    private static func nearestAxis(_ step: SIMD3<Double>) -> SIMD3<Int>? {
        guard let rounded = whole(step), (rounded &* rounded).wrappedSum() == 1 else { return nil }
        return rounded
    }

    private static func whole(_ index: SIMD3<Double>) -> SIMD3<Int>? {
        let limit = 1e9
        guard abs(index.x) < limit, abs(index.y) < limit, abs(index.z) < limit else { return nil }
        return SIMD3<Int>(index.rounded(.toNearestOrEven))
    }

    /// Why a frame does not fall on the image's voxels.
    package struct Misfit: Error, Hashable {
        package var differences: [GeometryDifference]

        package var reason: String {
            guard differences.isEmpty else { return GeometryDifference.reason(differences) }
            return
                "the mask's pixels fall between the image's voxels although axes, spacing and origin agree: the image's "
                + "slices are unevenly spaced. What to do: give the image that the mask was drawn on"
        }

        init(_ plane: FramePlane, _ planes: SlicePlanes) {
            differences = Misfit.differences(plane, planes)
        }

        /// The frame's axes are compared with those image axes that they run along most, whatever their sign.
        private static func differences(_ plane: FramePlane, _ planes: SlicePlanes) -> [GeometryDifference] {
            let image = planes.geometry
            let axes = image.direction.axes
            var found: [GeometryDifference] = []
            let sides: [(SIMD3<Double>, Double, Int)] = [
                (plane.rowDirection, plane.spacing.x, plane.columns),
                (plane.columnDirection, plane.spacing.y, plane.rows),
            ]
            for (direction, spacing, count) in sides {
                let cosines = axes.map { dot($0, direction) }
                guard
                    let axis = GeometryDifference.Axis.allCases.max(by: { a, b in
                        abs(cosines[a.rawValue]) < abs(cosines[b.rawValue])
                    })
                else { continue }
                let i = axis.rawValue
                let steps = Double(max(count - 1, 0))
                let angle = atan2(length(cross(direction, axes[i])), abs(cosines[i]))
                if abs(spacing - image.spacing[i]) * steps > tolerance * image.spacing[i] {
                    found.append(.spacing(axis: axis, found: spacing, expected: image.spacing[i]))
                }
                if 2 * sin(angle / 2) * spacing * steps > tolerance * image.spacing.min() {
                    found.append(.direction(axis: axis, degrees: angle * 180 / .pi))
                }
            }
            let index = planes.index(at: plane.position)
            for axis in GeometryDifference.Axis.allCases {
                let off = index[axis.rawValue] - index[axis.rawValue].rounded()
                guard !(abs(off) <= tolerance) else { continue }
                // The whole way from the image's first voxel: the rest after rounding names neither amount nor side.
                let voxels = index[axis.rawValue]
                found.append(.origin(axis: axis, millimetres: voxels * image.spacing[axis.rawValue], voxels: voxels))
            }
            return found
        }
    }
}
