/// Whose definitions decide where the standard is silent or a program deviates from it.
public enum Convention: String, CaseIterable, Sendable {
    /// Image Biomarker Standardisation Initiative, reference manual v11 (Zwanenburg et al., Radiology 2020).
    case ibsi
    /// PyRadiomics 3.0.1: its bin edges, its direction sets, its values for flat regions.
    case pyradiomics
}

/// A feature's value, or why it has none. An undefined value is never written as 0 or NaN.
public enum Measure: Hashable, Sendable {
    case value(Double)
    case undefined(UndefinedReason)

    public var value: Double? {
        if case .value(let value) = self { value } else { nil }
    }

    /// The mean over matrices (directions, slices). A matrix for which a feature is undefined takes no part in it; when
    /// that is all of them the first reason is kept.
    public static func average(_ all: [Measure]) -> Measure {
        let values = all.compactMap(\.value)
        guard values.isEmpty else { return .value(values.reduce(0, +) / Double(values.count)) }
        let reasons = all.compactMap { measure -> UndefinedReason? in
            if case .undefined(let reason) = measure { reason } else { nil }
        }
        return .undefined(reasons.first { $0 != .noPairs } ?? .noPairs)
    }
}

/// Why a feature has no value.
public enum UndefinedReason: String, Hashable, Sendable {
    case noVoxels = "the region has no voxels"
    case noPairs = "no two voxels of the region lie at this offset"
    case oneGreyLevel = "all voxels have the same grey level (0/0)"
    case zeroMean = "the mean is 0 (division by 0)"
    case zeroQuartileSum = "the first and third quartile add up to 0 (division by 0)"
    case equalShares = "i p(i) is the same for all grey levels i (division by 0)"
    case oneIntensity = "all voxels have the same intensity (0/0)"
    case oneVoxel = "the region has only one voxel"
    case zeroIntensitySum = "the intensities add up to 0, so that they have no centre (division by 0)"
    case noVolume = "the region has no extent along one of its axes (division by 0)"
    case notOneSlice = "the region is not one slice thick, or force2D is not set"
    case regionTooLarge = "the sums over all pairs of voxels would take more than 8 GiB"
    case oneSlice = "one slice has no volume; --families and --aggregations in 3D compute it all the same"
    case volumeIn3D = "of a volume in 3D alone, unless --families and --aggregations ask for it"
    case noSuchIntensity = "every intensity is present in more than that part of the volume"
    case tooManyGreyLevels = "more than 2,048 grey levels occur in pairs: the eigenvalue is not computed"
    case undiscretisable = "the intensities make more than 65,535 grey levels at this bin width"
    case imageTooSmall = "the image is too small for the filter, and PyRadiomics leaves it out"
    case filterAcrossSlices = "a part of the filter lies across slices, and the image has one"
    case noResponse = "no voxel of the region has a response that is a number"
    case overflow = "the value is beyond the range of a double"
    case notConverged = "the eigenvalue iteration did not converge"
}
