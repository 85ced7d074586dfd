// The frames of one segment on an image's grid. Takes each frame's placement (FramePlacement.swift) and its stored values.
import Foundation
import Imaging

/// Adds frames up to a region: frames at the same position are united, voxels outside the image are counted and left out. A
/// segment of which nothing was drawn is left out.
package enum SegmentRegion {
    static func outcome(
        of entry: MaskSource.Entry, in segmentation: Segmentation, placements: [Segmentation.Frame.Placement],
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
            return .leftOut(entry, reason: "the segment has no frame: it is empty")
        }

        let (columns, rows) = (segmentation.layout.columns, segmentation.layout.rows)
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
        var tally = FrameTally()
        let frame = UnsafeMutableRawBufferPointer.allocate(
            byteCount: segmentation.layout.bytesPerFrame, alignment: MemoryLayout<UInt16>.alignment)
        defer { frame.deallocate() }
        for (index, placement) in placed {
            try segmentation.decode(segmentation.frames[index], into: frame)
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
            let reason = reasonForEmptiness(tally, framesInGaps, size)
            return tally == FrameTally() && framesInGaps == 0
                ? .leftOut(entry, reason: reason) : .failed(entry, reason: reason)
        }
        let holes = noteOnHoles(placed.map(\.placement), size)
        return .region(region, findings: findings(tally, framesInGaps, segmentation.membership) + holes)
    }

    /// Slices without a frame between slices with one: a segment of two parts, or one drawn on thicker slices, which is
    /// striped here.
    package static func noteOnHoles(_ placements: [FramePlacement], _ size: SIMD3<Int>) -> [Finding] {
        guard let first = placements.first,
            let axis = (0..<3).first(where: { first.alongRow[$0] == 0 && first.alongColumn[$0] == 0 })
        else { return [] }
        // Frames of several directions have no common slices.
        guard placements.allSatisfy({ $0.alongRow[axis] == 0 && $0.alongColumn[axis] == 0 }) else { return [] }
        let covered = Set(placements.map { $0.first[axis] }).filter { (0..<size[axis]).contains($0) }.sorted()
        let empty = zip(covered, covered.dropFirst()).flatMap { Array($0 + 1..<$1) }
        guard !empty.isEmpty else { return [] }
        let slices = ["columns", "rows", "slices"][axis]
        return [
            Finding(
                .warning,
                "\(empty.count) \(slices) between the segment's first and last frame have none "
                    + "(\(sliceRanges(empty))) and were left empty; expected when it has separate parts, wrong when it was "
                    + "drawn on thicker slices"
            )
        ]
    }

    private static func findings(
        _ tally: FrameTally, _ framesInGaps: Int, _ membership: SegmentMembership
    ) -> [Finding] {
        var findings: [Finding] = []
        if tally.outside > 0 {
            findings.append(
                Finding(.warning, "\(tally.outside) voxels of the segment lie outside the image and were left out"))
        }
        if framesInGaps > 0 {
            findings.append(
                Finding(.warning, "\(framesInGaps) frames lie where the image lacks a slice and were left out"))
        }
        if case .fractional(let maximum) = membership {
            if tally.beyondMaximum > 0 {
                findings.append(
                    Finding(
                        .warning,
                        "values reach \(tally.beyondMaximum), expected at most \(maximum) as Maximum Fractional Value (0062,000E) "
                            + "says, half of which is where voxels are taken from: compare the region with the segmentation"
                    )
                )
            }
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

    private static func reasonForEmptiness(_ tally: FrameTally, _ framesInGaps: Int, _ size: SIMD3<Int>) -> String {
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

extension VoxelBox {
    /// The part inside a grid; of size zero along an axis when there is none.
    func clipped(to size: SIMD3<Int>) -> VoxelBox {
        let low = pointwiseMin(pointwiseMax(lower, .zero), size)
        let high = pointwiseMax(pointwiseMin(upper, size), low)
        return VoxelBox(lower: low, size: high &- low)
    }
}
