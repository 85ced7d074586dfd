// Takes closed contours in fractional indices of the image's own slices, gives the voxels whose centres they enclose.
// No DICOM here: StructureSet.swift reads the points, SlicePlanes.swift brings them into index coordinates.
import Foundation
import Imaging

/// A closed contour in the plane of one slice.
public struct PlanarContour: Hashable, Sendable {
    /// Slice number k.
    public var slice: Int
    /// Fractional column x and row y; the last point is joined to the first.
    public var points: [SIMD2<Double>]

    public init(slice: Int, points: [SIMD2<Double>]) {
        (self.slice, self.points) = (slice, points)
    }
}

/// Which voxels lie inside contours, by the even-odd rule.
///
/// A voxel belongs to a region when a ray from its centre towards smaller x crosses the region's contours an odd number
/// of times. All contours of a slice are counted together, so a contour inside another is a hole, one inside the hole
/// an island, and a keyhole's two coincident bridges cancel (DICOM PS3.3 C.8.8.6.3).
///
/// **Voxel centres on the edge.** The rule is half-open in both directions: an edge crosses the row y when
/// yLow ≤ y < yHigh, and a crossing at exactly the centre's x counts. So a centre on a left or upper edge (smaller x,
/// smaller y) belongs to the region, one on a right or lower edge does not, and of two regions that share an edge exactly
/// one gets the voxels on it. The square (0, 0) – (3, 3) holds 3 × 3 voxels. Edges are interpolated from their
/// upper to their lower end whatever the direction of travel, so both neighbours compute the same crossing, and points
/// are first rounded to 2⁻²⁰ voxel so that the noise of the file's decimal text does not decide.
public enum ContourRasteriser {
    /// The voxels inside `contours` on a grid of `size`; parts outside the grid are cut off.
    ///
    /// Cost: one step for every row an edge crosses, and one pass over the bounding box.
    /// - Returns: the contours' bounding box in the grid (size zero when they miss it) and 1 or 0 for each of its voxels,
    ///   x fastest. The outermost rows may be empty.
    public static func rasterise(_ contours: [PlanarContour], size: SIMD3<Int>) -> (box: VoxelBox, voxels: [UInt8]) {
        let nothing = (box: VoxelBox(lower: .zero, size: .zero), voxels: [UInt8]())
        let inside = contours.filter { (0..<size.z).contains($0.slice) && $0.points.allSatisfy(isFinite) }
        let points = inside.lazy.flatMap(\.points)
        guard var low = points.first, let firstSlice = inside.map(\.slice).min(),
            let lastSlice = inside.map(\.slice).max()
        else { return nothing }
        var high = low
        for point in points {
            low = pointwiseMin(low, point)
            high = pointwiseMax(high, point)
        }
        let extent = SIMD2(Double(size.x), Double(size.y))
        let lower2 = pointwiseMin(pointwiseMax(low.rounded(.down), .zero), extent)
        let upper2 = pointwiseMax(pointwiseMin(high.rounded(.up) + 1, extent), lower2)
        let lower = SIMD3(Int(lower2.x), Int(lower2.y), firstSlice)
        let box = VoxelBox(lower: lower, size: SIMD3(Int(upper2.x), Int(upper2.y), lastSlice + 1) &- lower)
        guard box.voxelCount > 0 else { return nothing }

        var voxels = [UInt8](repeating: 0, count: box.voxelCount)
        voxels.withUnsafeMutableBufferPointer { voxels in
            for contour in inside { markCrossings(of: contour, box: box, in: voxels) }
            fillFromCrossings(rowLength: box.size.x, in: voxels)
        }
        return (box, voxels)
    }

    /// Toggles, in every row that an edge crosses, the first voxel whose centre is not left of the crossing.
    private static func markCrossings(
        of contour: PlanarContour, box: VoxelBox, in voxels: UnsafeMutableBufferPointer<UInt8>
    ) {
        let shift = SIMD2(Double(box.lower.x), Double(box.lower.y))
        let rows = Double(box.size.y)
        let columns = Double(box.size.x)
        let slice = (contour.slice - box.lower.z) * box.size.y
        guard var start = contour.points.last.map({ snapped($0) - shift }) else { return }
        for point in contour.points {
            let end = snapped(point) - shift
            defer { start = end }
            let (upper, lower) = start.y < end.y ? (start, end) : (end, start)
            // Rows y with upper.y ≤ y < lower.y; none for an edge along a row.
            let firstRow = max(upper.y.rounded(.up), 0)
            let endRow = min(lower.y.rounded(.up), rows)
            guard firstRow < endRow else { continue }
            let run = lower.x - upper.x
            let rise = lower.y - upper.y
            for row in Int(firstRow)..<Int(endRow) {
                // Multiplied before it is divided: exact where the crossing is a whole number.
                let crossing = upper.x + (Double(row) - upper.y) * run / rise
                let column = max(crossing.rounded(.up), 0)
                guard column < columns else { continue }
                voxels[(slice + row) * box.size.x + Int(column)] ^= 1
            }
        }
    }

    /// Running parity along each row: turns the crossings into inside (1) and outside (0), eight voxels at a time.
    private static func fillFromCrossings(rowLength: Int, in voxels: UnsafeMutableBufferPointer<UInt8>) {
        let bytes = UnsafeMutableRawBufferPointer(voxels)
        for row in stride(from: 0, to: bytes.count, by: rowLength) {
            var parity: UInt64 = 0  // of the voxels so far, 0 or 1
            let end = row + rowLength
            var offset = row
            while offset + 8 <= end {
                var eight = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                eight ^= eight &<< 8
                eight ^= eight &<< 16
                eight ^= eight &<< 32
                eight ^= parity &* 0x0101_0101_0101_0101
                parity = eight &>> 56
                bytes.storeBytes(of: eight.littleEndian, toByteOffset: offset, as: UInt64.self)
                offset += 8
            }
            while offset < end {
                parity ^= UInt64(bytes[offset])
                bytes[offset] = UInt8(parity)
                offset += 1
            }
        }
    }

    /// Rounded to 2⁻²⁰ voxel; see the edge rule above.
    static func snapped(_ point: SIMD2<Double>) -> SIMD2<Double> {
        (point * 1_048_576).rounded(.toNearestOrEven) / 1_048_576
    }

    private static func isFinite(_ point: SIMD2<Double>) -> Bool { point.x.isFinite && point.y.isFinite }
}
