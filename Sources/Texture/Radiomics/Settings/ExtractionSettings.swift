import Imaging
import TextureCore

/// Everything that decides about the numbers, in the order in which it applies.
public struct ExtractionSettings: Hashable, Sendable {
    public var convention = Convention.ibsi
    /// Into which the image's intensities are brought while it is loaded, before any other step.
    public var imageUnit = ImageUnit.stored
    /// What is made of the regions, one after the other, on the scan's own grid.
    public var maskOperations: [MaskOperation] = []
    /// Nil: the scan's own grid.
    public var resample: Resampling?
    public var resegment = Resegmentation()
    public var discretise = GreyLevelSetting()
    /// Steps of the intensity-volume histogram.
    public var intensityVolume = IntensityVolumeBins.automatic
    public var texture = TextureSettings()
    /// What features are computed of; ``featureImages`` has them one by one.
    public var images = [ImageItem.original]
    /// In the order of the table's columns; nil: all that the image has, see ``activeFamilies(for:)``.
    public var families: [FeatureFamily]?
    /// Families of which single features are kept, by ``FeatureColumn/feature``; the others are whole.
    public var features: [FeatureFamily: [String]] = [:]
    /// Which of the columns of these families and features a table has.
    public var columnChoice = ColumnChoice.all
    public var pyradiomics = PyRadiomicsSteps()
    /// By modality, laid over all of the above; ``resolved(for:)`` does it.
    public var sections: [ModalitySection] = []
    /// What regions are called; decides about names and rows, about no number.
    public var register = RegionRegister()

    public init() {}
}

/// Which columns a table of features has.
public enum ColumnChoice: String, CaseIterable, Sendable {
    case all
    /// One a feature, of the features whose ``FeatureStanding`` is `common`: those of the section "Which one do I report?" of
    /// weft-features(7). A feature that is named is kept, and so is an aggregation that has no other beside it.
    case common
}

/// Onto which grid image and region are brought first.
public struct Resampling: Hashable, Sendable {
    public typealias Interpolation = Imaging.Interpolation

    /// mm along x, y, z; 0 keeps an axis.
    public var spacing: SIMD3<Double>
    public var interpolation = Interpolation.linear

    public init(spacing: SIMD3<Double>, interpolation: Interpolation = .linear) {
        (self.spacing, self.interpolation) = (spacing, interpolation)
    }

    /// Whether a place of the new grid is looked up by the slices' distances: also where they are kept, if the stack leans.
    public func isAcrossSlices(of scan: Geometry) -> Bool { spacing.z > 0 || !VoxelEdges(scan).isUpright }
}

/// Which voxels of the region keep their intensity (IBSI 2.6); the morphological mask stays as it is.
public struct Resegmentation: Hashable, Sendable {
    /// Voxels outside are taken out; an end may be infinite.
    public var range: ClosedRange<Double>?
    /// Voxels farther from the mean than this many standard deviations are taken out.
    public var outlierSigma: Double?

    public init(range: ClosedRange<Double>? = nil, outlierSigma: Double? = nil) {
        (self.range, self.outlierSigma) = (range, outlierSigma)
    }
}

/// How intensities become grey levels, as a user says it; see ``GreyLevelSetting/resolved(modality:resegmentation:)``.
public struct GreyLevelSetting: Hashable, Sendable {
    public enum Bins: Hashable, Sendable {
        /// By modality: 25 HU for CT, otherwise 32 bins, as IBSI advises for intensities without a calibrated unit;
        /// PyRadiomics: 25 for everything, its default.
        case automatic
        case width(Double)
        case count(Int)
        case none
    }

    public var bins = Bins.automatic
    /// Where the first bin starts when the width is fixed and no re-segmentation range says so.
    public var lowerBound: Double?

    public init(_ bins: Bins = .automatic, lowerBound: Double? = nil) {
        (self.bins, self.lowerBound) = (bins, lowerBound)
    }
}

/// Which pairs of voxels count together.
public struct TextureSettings: Hashable, Sendable {
    /// In voxels, Chebyshev; a list.
    public var distances = [1]
    /// A family takes those that it has.
    public var aggregation = AggregationChoice.automatic
    /// Also one value for each direction of the families that have directions.
    public var directions = DirectionOutput.aggregated
    public var pyradiomics = PyRadiomicsTexture()

    public enum DirectionOutput: String, CaseIterable, Sendable { case aggregated, each }

    public init() {}
}

/// PyRadiomics' own texture settings, under its names.
public struct PyRadiomicsTexture: Hashable, Sendable {
    public enum Weighting: String, CaseIterable, Sendable {
        case none
        case manhattan, euclidean, infinity
        case noWeighting = "no_weighting"
    }

    public var symmetricalGLCM = CooccurrenceMatrix.Symmetry.symmetric
    public var weightingNorm = Weighting.none
    /// The axis that is left out with `force2D`: 0 z, 1 y, 2 x; nil: all three are used.
    public var force2DDimension: Int?
    /// By how much the level of a dependent neighbour may differ in `gldm`.
    public var gldmA = 0

    public init() {}
}

extension ExtractionSettings {
    /// Whether any value that is asked for compares or joins voxels of different slices.
    public var looksAcrossSlices: Bool {
        if featureImages.contains(where: { $0.filter?.looksAcrossSlices == true }) { return true }
        return activeFamilies.contains { family in
            switch (family, convention) {
            case (.morph, _), (.loc, _): true
            case (.shape2D, _): false
            case (_, .pyradiomics): family.usesGreyLevels && texture.pyradiomics.force2DDimension != 0
            case (_, .ibsi): texture.aggregations(of: family).contains(where: \.isVolumetric)
            }
        }
    }
}
