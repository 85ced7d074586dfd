// The frames of one segment on an image's grid. Takes each frame's placement (FramePlacement.swift) and its stored values.
import Foundation
import Imaging

/// Adds frames up to a region: frames at the same place are united, voxels outside the image are counted and left out.
enum SegmentRegion {
    static func outcome(
        of entry: MaskSource.Entry,
        in segmentation: Segmentation,
        placements: [Segmentation.Frame.Placement],
        size: SIMD3<Int>
    ) throws(IngestionError) -> RegionOutcome {
        var placed: [(frame: Int, placement: FramePlacement)] = []
        var framesInGaps = 0
        for (index, frame) in segmentation.frames.enumerated() where frame.segment ?? entry.label == entry.label {
            switch placements[index] {
            case .at(let placement): placed.append((index, placement))
            case .inGap: framesInGaps += 1
            case .misfit(let reason): return .failed(entry, reason: reason)
            }
        }
        guard !placed.isEmpty || framesInGaps > 0 else {
            return .failed(entry, reason: "the segment has no frame: it is empty")
        }

        let (columns, rows) = (Int(segmentation.layout.columns), Int(segmentation.layout.rows))
        var lower = size
        var upper = SIMD3<Int>.zero
        for (_, placement) in placed {
            let part = placement.box(columns: columns, rows: rows).clipped(to: size)
            guard part.voxelCount > 0 else { continue }
            lower = pointwiseMin(lower, part.lower)
            upper = pointwiseMax(upper, part.upper)
        }
        let box = VoxelBox(lower: pointwiseMin(lower, upper), size: upper &- pointwiseMin(lower, upper))
        var voxels = [UInt8](repeating: 0, count: box.voxelCount)
        var tally = Tally()
        let frame = UnsafeMutableRawBufferPointer.allocate(
            byteCount: segmentation.layout.bytesPerFrame,
            alignment: MemoryLayout<UInt16>.alignment
        )
        defer { frame.deallocate() }
        for (index, placement) in placed {
            try segmentation.file.readFrames(index..<index + 1, into: frame)
            let raster = FrameRaster(columns: columns, rows: rows, placement: placement, box: box, size: size)
            if segmentation.layout.bytesPerSample == 1 {
                let values = UnsafeBufferPointer(frame.bindMemory(to: UInt8.self))
                raster.add(values, segmentation.membership, label: entry.label, to: &voxels, &tally)
            } else {
                let values = UnsafeBufferPointer(frame.bindMemory(to: UInt16.self))
                raster.add(values, segmentation.membership, label: entry.label, to: &voxels, &tally)
            }
        }

        let region = Region(name: entry.name, label: entry.label, box: box, voxels: voxels).cropped()
        guard region.box.voxelCount > 0 else {
            return .failed(entry, reason: reasonForEmptiness(tally, framesInGaps, size))
        }
        return .region(region, findings: findings(tally, framesInGaps, segmentation.membership))
    }

    /// Pixels of a segment that did not become voxels.
    struct Tally {
        var outside = 0
        /// Above 0 and below half, in a fractional segmentation.
        var belowHalf = 0
    }

    private static func findings(
        _ tally: Tally,
        _ framesInGaps: Int,
        _ membership: Segmentation.Membership
    ) -> [Finding] {
        var findings: [Finding] = []
        if tally.outside > 0 {
            findings.append(
                Finding(.warning, "\(tally.outside) voxels of the segment lie outside the image and were left out")
            )
        }
        if framesInGaps > 0 {
            findings.append(
                Finding(.warning, "\(framesInGaps) frames lie where the image lacks a slice and were left out")
            )
        }
        if case .fractional(let maximum) = membership {
            findings.append(
                Finding(
                    .note,
                    "fractional segmentation: voxels from half of \(maximum) upwards are in, \(tally.belowHalf) with "
                        + "less are out"
                )
            )
        }
        return findings
    }

    private static func reasonForEmptiness(_ tally: Tally, _ framesInGaps: Int, _ size: SIMD3<Int>) -> String {
        if tally.outside > 0 || framesInGaps > 0 {
            return
                "the segment lies outside the image's \(size.x) x \(size.y) x \(size.z) voxels (\(tally.outside) voxels"
                + (framesInGaps > 0 ? " and \(framesInGaps) frames where the image lacks a slice" : "")
                + "); give the image that it was drawn on"
        }
        return "the segment is empty: no voxel is set"
            + (tally.belowHalf > 0 ? ", \(tally.belowHalf) are above 0 but below one half" : "")
    }
}

/// The part of a frame that lies inside the image, and where its pixels go in the region's box.
private struct FrameRaster {
    let columns: Int
    let columnsInside: Range<Int>
    let rowsInside: Range<Int>
    /// Offset in the box of pixel (0, 0), which itself may lie outside, and of a step to the right and down.
    let base: Int
    let stepRight: Int
    let stepDown: Int

    init(columns: Int, rows: Int, placement: FramePlacement, box: VoxelBox, size: SIMD3<Int>) {
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

    func add<Value: FixedWidthInteger>(
        _ values: UnsafeBufferPointer<Value>,
        _ membership: Segmentation.Membership,
        label: Int,
        to voxels: inout [UInt8],
        _ tally: inout SegmentRegion.Tally
    ) {
        switch membership {
        case .binary:
            add(values, to: &voxels, &tally) { $0 != 0 }
        case .label:
            guard let label = Value(exactly: label) else { return }
            add(values, to: &voxels, &tally) { $0 == label }
        case .fractional(let maximum):
            add(values, to: &voxels, &tally) { 2 * Int($0) >= maximum }
            tally.belowHalf += values.reduce(0) { $0 + ($1 != 0 && 2 * Int($1) < maximum ? 1 : 0) }
        }
    }

    @inline(__always)
    private func add<Value>(
        _ values: UnsafeBufferPointer<Value>,
        to voxels: inout [UInt8],
        _ tally: inout SegmentRegion.Tally,
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

extension VoxelBox {
    /// The part inside a grid; of size zero along an axis when there is none.
    func clipped(to size: SIMD3<Int>) -> VoxelBox {
        let low = pointwiseMin(pointwiseMax(lower, .zero), size)
        let high = pointwiseMax(pointwiseMin(upper, size), low)
        return VoxelBox(lower: low, size: high &- low)
    }
}
