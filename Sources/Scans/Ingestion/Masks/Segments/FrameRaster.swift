// The stored values of one frame of a SEG into the voxels of a region's box, once FramePlacement.swift has said where they go.
import Imaging

/// When a stored value means that the voxel belongs to a segment (PS3.3 C.8.20.2.3).
package enum SegmentMembership: Hashable, Sendable {
    /// Any value but 0.
    case binary
    /// From half of Maximum Fractional Value upwards: occupancy or probability ≥ 0.5.
    case fractional(maximum: Int)
    /// The value is the segment's number.
    case label
}

/// Pixels of a segment that did not become voxels.
package struct FrameTally: Hashable, Sendable {
    /// Members of the segment that lie outside the image.
    package var outside = 0
    /// Above 0 and below half, in a fractional segmentation.
    package var belowHalf = 0
    /// The largest value above Maximum Fractional Value; 0 when there is none.
    package var beyondMaximum = 0

    package init() {}
}

/// The part of a frame that lies inside the image, and where its pixels go in the region's box.
package struct FrameRaster {
    let columns: Int
    let columnsInside: Range<Int>
    let rowsInside: Range<Int>
    /// Offset in the box of pixel (0, 0), which itself may lie outside, and of a step to the right and down.
    let base: Int
    let stepRight: Int
    let stepDown: Int

    package init(columns: Int, rows: Int, placement: FramePlacement, box: VoxelBox, size: SIMD3<Int>) {
        self.columns = columns
        let strides = SIMD3(1, box.size.x, box.size.x * box.size.y)
        let first = placement.first &- box.lower
        base = (first &* strides).wrappedSum()
        stepRight = (placement.alongRow &* strides).wrappedSum()
        stepDown = (placement.alongColumn &* strides).wrappedSum()
        var inside = (0..<columns, 0..<rows)
        for axis in 0..<3 {
            let (start, limit) = (placement.first[axis], size[axis])
            inside.0 = inside.0.clamped(to: Self.indices(start, placement.alongRow[axis], limit, columns))
            inside.1 = inside.1.clamped(to: Self.indices(start, placement.alongColumn[axis], limit, rows))
            if placement.alongRow[axis] == 0, placement.alongColumn[axis] == 0, !(0..<limit).contains(start) {
                inside = (0..<0, 0..<0)
            }
        }
        (columnsInside, rowsInside) = inside
    }

    /// Which i in 0..<count keep start + i · step within 0..<limit; all when the axis does not move.
    private static func indices(_ start: Int, _ step: Int, _ limit: Int, _ count: Int) -> Range<Int> {
        switch step {
        case 1: max(-start, 0)..<max(limit - start, max(-start, 0))
        case -1: max(start - limit + 1, 0)..<max(start + 1, max(start - limit + 1, 0))
        default: 0..<count
        }
    }

    package func add<Value: FixedWidthInteger>(
        _ values: UnsafeBufferPointer<Value>, _ membership: SegmentMembership, label: Int, to voxels: inout [UInt8],
        _ tally: inout FrameTally
    ) {
        switch membership {
        case .binary:
            add(values, to: &voxels, &tally) { $0 != 0 }
        case .label:
            guard let label = Value(exactly: label) else { return }
            add(values, to: &voxels, &tally) { $0 == label }
        case .fractional(let maximum):
            add(values, to: &voxels, &tally) { 2 * Int($0) >= maximum }
            let largest = values.max().map { Int($0) } ?? 0
            if largest > maximum { tally.beyondMaximum = max(tally.beyondMaximum, largest) }
            tally.belowHalf += values.reduce(0) { $0 + ($1 != 0 && 2 * Int($1) < maximum ? 1 : 0) }
        }
    }

    @inline(__always)
    private func add<Value>(
        _ values: UnsafeBufferPointer<Value>, to voxels: inout [UInt8], _ tally: inout FrameTally,
        where isMember: (Value) -> Bool
    ) {
        var (members, inside) = (0, 0)
        for value in values where isMember(value) { members += 1 }
        guard members > 0 else { return }
        voxels.withUnsafeMutableBufferPointer { voxels in
            for row in rowsInside {
                for column in columnsInside where isMember(values[row * columns + column]) {
                    voxels[base + row * stepDown + column * stepRight] = 1
                    inside += 1
                }
            }
        }
        tally.outside += members - inside
    }
}
