import Filters
import Imaging
import Parallel
import TextureCore

/// The response of a filter at every voxel of an image.
public struct FilteredVolume: Sendable {
    /// As the columns of a table call it, `log_s3`.
    public let name: String
    public let grid: Geometry
    /// x fastest; NaN where there is no response.
    public let values: [Float]
    /// Voxels whose response is no finite number.
    public let undefined: Int
}

/// Filters whole images.
public struct VolumeFilterer: Sendable {
    public let settings: ExtractionSettings
    private let image: FeatureImage
    private let filter: ImageFilter

    /// Nil unless the settings name one filtered image.
    public init?(_ settings: ExtractionSettings) {
        let images = settings.featureImages
        guard images.count == 1, let filter = images[0].filter else { return nil }
        (self.settings, image, self.filter) = (settings, images[0], filter)
    }

    /// The image as an extraction prepares it (normalised, resampled to the grid around its centre), then filtered.
    ///
    /// - Parameters:
    ///   - jobs: threads; the response does not depend on it.
    ///   - willTake: is told how many bytes the work takes beside the image, before it starts.
    public func response(
        of volume: Volume, jobs: Int, willTake: (Double) -> Void = { _ in }
    ) throws(ExtractionError) -> FilteredVolume {
        let volume = try Extractor(settings).normalised(volume)
        var block = VolumeBlock(volume, box: VoxelBox(lower: .zero, size: volume.geometry.size))
        if let resample = settings.resample {
            let resampler = Resampler(centredOn: volume.geometry, spacing: resample.spacing)
            if !resampler.isIdentity {
                let size = resampler.target.size
                let voxels = Double(size.x) * Double(size.y) * Double(size.z)
                guard voxels <= Resampling.mostVoxels else {
                    throw .tooLargeAfterResampling(voxels: voxels, most: Resampling.mostVoxels)
                }
                let box = VoxelBox(lower: .zero, size: size)
                var values = resampler.values(of: volume, in: box, by: resample.interpolation)
                if volume.isOfWholeNumbers { for k in values.indices { values[k].round(.toNearestOrEven) } }
                block = VolumeBlock(grid: resampler.target, box: box, values: values)
            }
        }
        switch filter.misfit(with: block.grid) {
        case .imageTooSmall?: throw .noResponses
        case .oneSlice?: throw .filterAcrossSlices
        case nil: break
        }
        // The file's 32-bit copy as well.
        let bytes = filter.memory(for: block.box, in: block.grid) + 4 * Double(block.box.voxelCount)
        try Memory.check(bytes)
        willTake(bytes)
        let responses = filter.responses(in: block.box, of: block, Workers(jobs))
        var undefined = 0
        let values = responses.map { value in
            guard value.isFinite else {
                undefined += 1
                return Float.nan
            }
            return Float(value)
        }
        return FilteredVolume(name: image.name, grid: block.grid, values: values, undefined: undefined)
    }
}
