// The grid that the frames of a SEG lie on, for a segmentation that is brought onto another one (MaskGrid.swift).
import Imaging

/// Frames that lie evenly behind each other, as slices of a volume.
struct SegmentGrid {
    private(set) var geometry: Geometry
    /// Of each frame, the slice that it is.
    private(set) var slices: [Int]

    /// Why frames are no slices of one grid, in words.
    struct Misfit: Error {
        var reason: String
    }

    /// - Throws: ``Misfit`` when frames differ in direction or size, do not say where they lie, or are not evenly spaced.
    init(_ frames: [Segmentation.Frame]) throws(Misfit) {
        guard let first = frames.first, let plane = first.plane else {
            throw Misfit(reason: "its frames do not say where they lie")
        }
        let normal = cross(plane.rowDirection, plane.columnDirection)
        var heights: [Double] = []
        for frame in frames {
            guard let own = frame.plane else {
                throw Misfit(reason: "frame \(frame.number) does not say where it lies")
            }
            let turned = max(
                length(own.rowDirection - plane.rowDirection), length(own.columnDirection - plane.columnDirection))
            let way = own.position - plane.position
            let height = dot(way, normal)
            let aside = length(way - normal * height)
            guard turned < 1e-3, aside < 0.05 * plane.spacing.min(), own.columns == plane.columns,
                own.rows == plane.rows, abs(own.spacing.x - plane.spacing.x) < 1e-4 * plane.spacing.x,
                abs(own.spacing.y - plane.spacing.y) < 1e-4 * plane.spacing.y
            else { throw Misfit(reason: "frame \(frame.number) lies on another grid than frame \(first.number)") }
            heights.append(height)
        }
        let lowest = heights.min() ?? 0
        let sorted = Set(heights.map { ($0 - lowest) }).sorted()
        let gaps = zip(sorted, sorted.dropFirst()).map { $1 - $0 }.filter { $0 > 1e-3 }
        // Slices that nobody drew on have no frame, so that what the file says is better than the smallest gap.
        let stated = first.sliceDistance.flatMap { $0 > 1e-3 ? $0 : nil }
        let steps = [stated, gaps.min()].compactMap { $0 }
        func isEven(_ step: Double) -> Bool {
            sorted.allSatisfy { abs($0 / step - ($0 / step).rounded()) < 0.05 }
        }
        guard !steps.isEmpty else {
            throw Misfit(reason: "it has one slice and does not say how thick that is (Pixel Measures)")
        }
        guard let step = steps.first(where: isEven) else { throw Misfit(reason: "its frames are not evenly spaced") }
        slices = heights.map { Int((($0 - lowest) / step).rounded()) }
        let count = (slices.max() ?? 0) + 1
        guard count <= 65_536 else { throw Misfit(reason: "its frames lie too far apart") }
        geometry = Geometry(
            size: SIMD3(plane.columns, plane.rows, count), spacing: SIMD3(plane.spacing.x, plane.spacing.y, step),
            origin: plane.position + normal * lowest,
            direction: Geometry.Direction(x: plane.rowDirection, y: plane.columnDirection, z: normal))
    }
}

extension Segmentation {
    /// A segment brought onto an image's grid.
    func moved(
        _ entry: MaskSource.Entry, to image: Geometry, _ grid: MaskGrid
    ) throws(IngestionError) -> RegionOutcome {
        let own: SegmentGrid
        do throws(SegmentGrid.Misfit) { own = try SegmentGrid(frames) } catch {
            return .failed(entry, reason: "the segmentation cannot be brought onto the image's grid: \(error.reason)")
        }
        var voxels = [UInt8](repeating: 0, count: own.geometry.voxelCount)
        var tally = FrameTally()
        let pixels = UnsafeMutableRawBufferPointer.allocate(
            byteCount: layout.bytesPerFrame, alignment: MemoryLayout<UInt16>.alignment)
        defer { pixels.deallocate() }
        for (frame, slice) in zip(frames, own.slices) where frame.segment ?? entry.label == entry.label {
            try decode(frame, into: pixels)
            let box = VoxelBox(lower: .zero, size: own.geometry.size)
            let raster = FrameRaster(
                columns: layout.columns, rows: layout.rows,
                placement: FramePlacement(first: SIMD3(0, 0, slice), alongRow: [1, 0, 0], alongColumn: [0, 1, 0]),
                box: box, size: box.size)
            if layout.bytesPerSample == 1 {
                raster.add(
                    UnsafeBufferPointer(pixels.bindMemory(to: UInt8.self)), membership, label: entry.label, to: &voxels,
                    &tally)
            } else {
                raster.add(
                    UnsafeBufferPointer(pixels.bindMemory(to: UInt16.self)), membership, label: entry.label,
                    to: &voxels,
                    &tally)
            }
        }
        guard voxels.contains(1) else { return .leftOut(entry, reason: "the segment has no voxel: it is empty") }
        let labels = LabelVolume(voxels.map(Int32.init), size: own.geometry.size, layers: 1).resampled(
            from: own.geometry, onto: image, linearly: grid == .imageLinear)
        let key = LabelVolume.Key(layer: 0, value: 1)
        let region = labels.region(entry, key, .identity, on: image.size).region
        guard region.box.voxelCount > 0 else {
            return .failed(
                entry, reason: "no voxel of the segment lies on the image; give the image that it was drawn on")
        }
        return .region(region, findings: [grid.finding])
    }
}
