import Filters
import Imaging
import Parallel

/// Why an image has no responses.
enum FilteringError: Error {
    case misfit(ImageFilter.Misfit, SIMD3<Int>)
    case noNumbers
}

extension PreparedRegion {
    /// The region on the responses of a filter, which sees the image as it was before re-segmentation. Voxels whose response is no
    /// number are left out.
    ///
    /// - Returns: the region, and how many voxels were left out.
    func filtered(by filter: ImageFilter, _ workers: Workers) throws(FilteringError) -> (PreparedRegion, leftOut: Int) {
        let responses = try responses(of: filter, in: region.box, workers)
        var kept = kept
        var leftOut = 0
        for k in kept.indices where kept[k] != 0 && !responses[k].isFinite {
            kept[k] = 0
            leftOut += 1
        }
        guard kept.contains(where: { $0 != 0 }) else { throw .noNumbers }
        let precision: VoxelValues.Precision =
            switch filter.precision {
            case .ofImage: precision
            case .float32: .float32
            case .float64: .float64
            }
        return (
            replaced(
                VolumeBlock(grid: block.grid, box: region.box, values: responses), kept: kept, precision: precision),
            leftOut
        )
    }

    /// Bytes that a filter takes for the region's box.
    func memory(of filter: ImageFilter) -> Double {
        var seen = block.grid
        seen.size = filtered.size
        return filter.memory(
            for: VoxelBox(lower: region.box.lower &- filtered.lower, size: region.box.size), in: seen)
    }

    /// The responses in a box of the grid.
    func responses(
        of filter: ImageFilter, in box: VoxelBox, _ workers: Workers
    ) throws(FilteringError) -> [Double] {
        let seen = image(within: filtered)
        if let misfit = filter.misfit(with: seen.grid) { throw .misfit(misfit, seen.grid.size) }
        let inner = VoxelBox(lower: box.lower &- filtered.lower, size: box.size)
        return filter.responses(in: inner, of: seen, workers)
    }

    /// The part of the grid that filters see, as an image of its own.
    private func image(within domain: VoxelBox) -> VolumeBlock {
        guard domain.size != block.grid.size else { return block }
        var grid = block.grid
        grid.size = domain.size
        let lower = domain.lower
        grid.origin = block.grid.position(of: SIMD3(Double(lower.x), Double(lower.y), Double(lower.z)))
        let part = VoxelBox(
            lower: pointwiseMax(block.box.lower, lower),
            size: pointwiseMin(block.box.upper, domain.upper) &- pointwiseMax(block.box.lower, lower))
        return VolumeBlock(
            grid: grid, box: VoxelBox(lower: part.lower &- lower, size: part.size), values: block.values(in: part))
    }
}

extension ExtractionSettings {
    /// What of a grid has to be at hand: what is asked for in any case, and what filters read.
    ///
    /// - Parameter domain: the part of the grid that filters see.
    func sources(of box: VoxelBox, grown: VoxelBox, in grid: Geometry, _ domain: VoxelBox) -> VoxelBox {
        var (lower, upper) = (grown.lower, grown.upper)
        var seen = grid
        seen.size = domain.size
        let inner = VoxelBox(lower: box.lower &- domain.lower, size: box.size)
        for image in featureImages {
            guard let sources = image.filter?.sources(of: inner, in: seen) else { continue }
            lower = pointwiseMin(lower, sources.lower &+ domain.lower)
            upper = pointwiseMax(upper, sources.upper &+ domain.lower)
        }
        return VoxelBox(lower: lower, size: upper &- lower)
    }
}
