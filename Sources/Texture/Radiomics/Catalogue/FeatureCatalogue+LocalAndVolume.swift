// Symbols: X the intensities of the region; for the histogram they are cut into steps (IntensityVolumeBins), γ the part of
// the range of steps that lies below a step, ν the part of the voxels that reach it.

extension FeatureDefinition {
    /// Local intensity, IBSI 3.2.
    public static let localIntensity: [(LocalIntensityFeature, FeatureDefinition)] = [
        (
            .localPeak,
            .init(
                .loc, "peak_loc", "Local intensity peak", ibsi: "VJGA", unit: .intensity,
                "mean in a sphere of 1 cm³ around the brightest voxel of the region; of several as bright the highest",
                flat: "the mean around")
        ),
        (
            .globalPeak,
            .init(
                .loc, "peak_glob", "Global intensity peak", ibsi: "0F91", unit: .intensity,
                "highest mean in a sphere of 1 cm³ around a voxel of the region", flat: "the highest mean around")
        ),
    ]

    /// Intensity-volume histogram, IBSI 3.5.
    public static let intensityVolume: [(IntensityVolumeFeature, FeatureDefinition)] = [
        (
            .volumeAt10,
            .init(
                .ivh, "v10", "Volume fraction at 10 % intensity", ibsi: "BC2M", "ν at the lowest step with γ ≥ 0.1",
                flat: "undefined")
        ),
        (
            .volumeAt90,
            .init(
                .ivh, "v90", "Volume fraction at 90 % intensity", ibsi: "BC2M", "ν at the lowest step with γ ≥ 0.9",
                flat: "undefined")
        ),
        (
            .intensityAt10,
            .init(
                .ivh, "i10", "Intensity at 10 % volume", ibsi: "GBPN", unit: .intensity,
                "the lowest step with ν ≤ 0.1", flat: "undefined")
        ),
        (
            .intensityAt90,
            .init(
                .ivh, "i90", "Intensity at 90 % volume", ibsi: "GBPN", unit: .intensity,
                "the lowest step with ν ≤ 0.9", flat: "undefined")
        ),
        (
            .volumeDifference,
            .init(
                .ivh, "diff_v10_v90", "Volume fraction difference between 10 % and 90 % intensity", ibsi: "DDTU",
                "V10 - V90", flat: "undefined")
        ),
        (
            .intensityDifference,
            .init(
                .ivh, "diff_i10_i90", "Intensity difference between 10 % and 90 % volume", ibsi: "CNV2",
                unit: .intensity, "I10 - I90", flat: "undefined")
        ),
        (
            .areaUnderCurve,
            .init(
                .ivh, "auc", "Area under the curve", ibsi: "9CMM", "∫ ν dγ over the steps, by trapezoids", flat: "0",
                others: "no consensus value")
        ),
    ]
}
