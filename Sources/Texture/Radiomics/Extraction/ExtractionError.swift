import TextureCore

/// Why a region has no features at all.
public enum ExtractionError: Error, Equatable, CustomStringConvertible {
    case emptyRegion
    case emptyAfterResampling(voxels: Int, spacing: SIMD3<Double>)
    case tooLargeAfterResampling(voxels: Double, most: Double)
    case emptyAfterResegmentation(voxels: Int, range: ClosedRange<Double>?, found: ClosedRange<Double>?)
    case discretisation(DiscretisationError)
    case tooFewDimensions(found: Int, least: Int)
    case tooSmall(voxels: Int, minimum: Int)
    case notNormalisable
    case noResponses
    /// Of one slice.
    case filterAcrossSlices
    case tooMuchMemory(bytes: Double, physical: Double)
    case tooFar(box: SIMD3<Int>, distance: Int)

    public var description: String {
        switch self {
        case .emptyRegion: "the region has no voxels on this image"
        case .emptyAfterResampling(let voxels, let spacing):
            "none of the region's \(voxels) voxels is left at a spacing of \(spacing.x) × \(spacing.y) × \(spacing.z) mm; choose a"
                + " smaller --resample"
        case .tooLargeAfterResampling(let voxels, let most):
            "the box around the region would have \(voxels) voxels at this spacing, at most \(most) are possible; choose a"
                + " larger --resample"
        case .emptyAfterResegmentation(let voxels, let range, let found):
            "none of the region's \(voxels) voxels is left after re-segmentation"
                + (range.map { " to [\($0.lowerBound), \($0.upperBound)]" } ?? "")
                + (found.map { "; its intensities lie in [\($0.lowerBound), \($0.upperBound)]" } ?? "")
                + "; widen --range or check the unit of the image"
        case .discretisation(let error): "grey levels: \(error)"
        case .tooFewDimensions(let found, let least):
            "the region is longer than a voxel along \(found) axes, at least \(least) are asked for (minimumROIDimensions)"
        case .tooSmall(let voxels, let minimum):
            "the region has \(voxels) voxels, more than \(minimum) are asked for (minimumROISize)"
        case .notNormalisable:
            "the image cannot be normalised: all its voxels are the same, or one holds no finite number"
        case .filterAcrossSlices:
            "the image has one slice, and a part of the filter lies across slices; take two letters (LH) with dimension: 2D, or an"
                + " order that is 0 along z"
        case .noResponses:
            "the filter has no responses here: the image is too small for it, or no response in the region is a number"
        case .tooMuchMemory(let bytes, let physical):
            "the filter would take \(Self.gigabytes(bytes)) of memory, this machine has \(Self.gigabytes(physical)); choose a larger"
                + " --resample, or filter within slices (dimension: 2D)"
        case .tooFar(let box, let distance):
            "a box of \(box.x) × \(box.y) × \(box.z) voxels is too large for pairs \(distance) voxels apart; choose smaller"
                + " --distances or a larger --resample"
        }
    }

    private static func gigabytes(_ bytes: Double) -> String { "\((bytes / 1e8).rounded(.up) / 10) GB" }
}
