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

/// Which voxels lie inside a contour, by the even-odd rule.
///
/// A voxel belongs to a region when a ray from its centre towards smaller x crosses the contour an odd number of times, so a
/// keyhole's two coincident bridges cancel (DICOM PS3.3 C.8.8.6.3). Contours that are given together are counted together.
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
        let box = box(of: contours, size: size)
        guard box.voxelCount > 0 else { return (VoxelBox(lower: .zero, size: .zero), []) }
        var voxels = [UInt8](repeating: 0, count: box.voxelCount)
        voxels.withUnsafeMutableBufferPointer { voxels in
            for contour in contours where isUsable(contour, size) {
                forEachCrossing(of: contour, box: box) { at, _ in voxels[at] ^= 1 }
            }
            fillFromCrossings(rowLength: box.size.x, in: voxels)
        }
        return (box, voxels)
    }

    /// The box of a grid in which the contours lie; of size zero when they miss it.
    static func box(of contours: [PlanarContour], size: SIMD3<Int>) -> VoxelBox {
        let inside = contours.filter { isUsable($0, size) }
        let points = inside.lazy.flatMap(\.points)
        guard var low = points.first, let firstSlice = inside.map(\.slice).min(),
            let lastSlice = inside.map(\.slice).max()
        else { return VoxelBox(lower: .zero, size: .zero) }
        var high = low
        for point in points {
            low = pointwiseMin(low, point)
            high = pointwiseMax(high, point)
        }
        let extent = SIMD2(Double(size.x), Double(size.y))
        let lower2 = pointwiseMin(pointwiseMax(low.rounded(.down), .zero), extent)
        let upper2 = pointwiseMax(pointwiseMin(high.rounded(.up) + 1, extent), lower2)
        let lower = SIMD3(Int(lower2.x), Int(lower2.y), firstSlice)
        return VoxelBox(lower: lower, size: SIMD3(Int(upper2.x), Int(upper2.y), lastSlice + 1) &- lower)
    }

    /// How many voxels of the grid a contour that crosses itself goes around twice (or four times …): by even-odd they lie
    /// outside. 0 for a keyhole, whose inner part runs against its outer one.
    static func voxelsEnclosedTwice(by contour: PlanarContour, size: SIMD3<Int>) -> Int {
        let box = box(of: [contour], size: size)
        guard box.voxelCount > 0 else { return 0 }
        var turns = [Int16](repeating: 0, count: box.voxelCount)
        forEachCrossing(of: contour, box: box) { at, direction in turns[at] &+= direction }
        var count = 0
        for row in stride(from: 0, to: turns.count, by: box.size.x) {
            var sum: Int16 = 0
            for at in row..<row + box.size.x {
                sum &+= turns[at]
                if sum != 0, sum & 1 == 0 { count += 1 }
            }
        }
        return count
    }

    private static func isUsable(_ contour: PlanarContour, _ size: SIMD3<Int>) -> Bool {
        (0..<size.z).contains(contour.slice) && contour.points.allSatisfy(isFinite)
    }

    /// Calls `body`, for every row that an edge crosses, with the first voxel whose centre is not left of the crossing and 1
    /// or -1 for an edge that leads down or up.
    @inline(__always)
    private static func forEachCrossing(of contour: PlanarContour, box: VoxelBox, _ body: (Int, Int16) -> Void) {
        let shift = SIMD2(Double(box.lower.x), Double(box.lower.y))
        let rows = Double(box.size.y)
        let columns = Double(box.size.x)
        let slice = (contour.slice - box.lower.z) * box.size.y
        guard var start = contour.points.last.map({ snapped($0) - shift }) else { return }
        for point in contour.points {
            let end = snapped(point) - shift
            defer { start = end }
            let leadsDown = start.y < end.y
            let (upper, lower) = leadsDown ? (start, end) : (end, start)
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
                body((slice + row) * box.size.x + Int(column), leadsDown ? 1 : -1)
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
