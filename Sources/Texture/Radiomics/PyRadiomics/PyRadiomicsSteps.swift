import Imaging
import TextureCore

/// PyRadiomics' own steps before the features, under its names; they need its convention.
public struct PyRadiomicsSteps: Hashable, Sendable {
    /// `normalize`, `normalizeScale` and `removeOutliers`, before anything else; nil: off.
    public var normalisation: ImageNormalisation?
    /// `resegmentRange` with `resegmentMode` relative or sigma; with mode absolute it is ``Resegmentation/range``.
    public var thresholds: RelativeThresholds?
    /// `resegmentShape`
    public var shapeMask = ShapeMask.whole
    /// `minimumROIDimensions`: along how many axes the region must be longer than a voxel; nil: any region goes.
    public var minimumROIDimensions: Int?
    /// `minimumROISize`: a region must have more voxels than this.
    public var minimumROISize: Int?
    /// `voxelArrayShift`: added to the intensities for Energy, TotalEnergy and RootMeanSquared.
    public var voxelArrayShift = 0

    /// `preCrop`: whether filters see the image around the region alone; a resampled one is cropped in any case.
    public var crop = Crop.none
    /// `padDistance`: voxels around the region that a resampled or cropped image keeps.
    public var padDistance = 5

    public enum Crop: Hashable, Sendable { case none, toRegion }

    /// Which voxels the class `shape` describes.
    public enum ShapeMask: Hashable, Sendable {
        /// The region, as far as it lies in the box around what re-segmentation leaves.
        case whole
        /// What re-segmentation leaves.
        case resegmented
    }

    public init() {}
}

/// Intensities of the whole image to mean 0 and standard deviation `scale` (imageoperations.py: normalizeImage).
public struct ImageNormalisation: Hashable, Sendable {
    public var scale: Double
    /// Values farther from the mean than this many standard deviations are set to the limit; nil: none is.
    public var outliers: Double?

    public init(scale: Double = 1, outliers: Double? = nil) { (self.scale, self.outliers) = (scale, outliers) }

    /// As ITK's NormalizeImageFilter, whose standard deviation divides by N - 1. Nil when all voxels are the same, or one
    /// is not finite.
    func applied(to volume: Volume) -> Volume? {
        let values = (0..<volume.values.count).map { volume.values[$0] }
        guard values.count > 1 else { return nil }
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = (squares / Double(values.count - 1)).squareRoot()
        guard deviation > 0, deviation.isFinite else { return nil }
        var result = volume
        result.unit = .arbitrary
        result.values = .float64(
            values.map { x in
                let value = (x - mean) * (1 / deviation)
                return (outliers.map { max(-$0, min($0, value)) } ?? value) * scale
            })
        return result
    }
}

/// Ends of a re-segmentation that depend on the region's own intensities (imageoperations.py: resegmentMask).
public struct RelativeThresholds: Hashable, Sendable {
    public enum Mode: String, CaseIterable, Sendable {
        /// Parts of the largest intensity.
        case relative
        /// Standard deviations (over N) above the mean.
        case sigma
    }

    public var mode: Mode
    /// Both ends inside; the upper one may be infinite.
    public var range: ClosedRange<Double>

    public init(_ mode: Mode, _ range: ClosedRange<Double>) { (self.mode, self.range) = (mode, range) }

    /// Nil when the ends come out in the wrong order, as parts of a negative maximum do: no voxel lies between them.
    func absolute(of values: [Double]) -> ClosedRange<Double>? {
        guard let sample = SortedSample(values.filter(\.isFinite)) else { return nil }
        func threshold(_ x: Double) -> Double {
            guard x.isFinite else { return x }
            return mode == .relative ? sample.maximum * x : sample.mean + sample.variance.squareRoot() * x
        }
        let (low, high) = (threshold(range.lowerBound), threshold(range.upperBound))
        return low <= high ? low...high : nil
    }
}

extension PyRadiomicsSteps {
    /// What PyRadiomics refuses a mask for (imageoperations.py: checkMask), after resampling and after re-segmentation.
    func check(_ region: Region) throws(ExtractionError) {
        if let least = minimumROIDimensions {
            let found = (0..<3).count { region.box.size[$0] > 1 }
            guard found >= least else { throw .tooFewDimensions(found: found, least: least) }
        }
        if let size = minimumROISize, region.voxelCount <= size {
            throw .tooSmall(voxels: region.voxelCount, minimum: size)
        }
    }
}
