import ArgumentParser
import Radiomics
import TextureCore

/// The keys under `pyradiomics` of the settings file as options.
struct PyRadiomicsOptions: ParsableArguments {
    @Flag(inversion: .prefixedNo, help: "Count each pair of voxels in both directions. Default: yes.")
    var symmetricalGLCM: Bool?

    @Option(
        help:
            "Weigh directions by their length: none (default), manhattan, euclidean, infinity, or no_weighting to merge them."
    )
    var weightingNorm: PyRadiomicsTexture.Weighting?

    @Flag(
        name: .customLong("force-2d"), inversion: .prefixedNo,
        help: "Look for neighbours within slices only. Default: no.")
    var force2D: Bool?

    @Option(
        name: .customLong("force-2d-dimension"),
        help: "The axis across the slices of --force-2d: 0 (z, default), 1 (y) or 2 (x).")
    var force2DDimension: Int?

    @Option(name: .customLong("gldm-a"), help: "By how many grey levels dependent neighbours may differ. Default: 0.")
    var gldmA: Int?

    @Flag(inversion: .prefixedNo, help: "Normalise the whole image to mean 0 and --normalize-scale. Default: no.")
    var normalize: Bool?

    @Option(help: "Standard deviation after --normalize. Default: 1.")
    var normalizeScale: Double?

    @Option(
        help: "With --normalize: limit values farther from the mean than this many standard deviations. Default: none.")
    var removeOutliers: Double?

    @Option(help: "What --range is: absolute (default), relative to the region's maximum, or in sigma around its mean.")
    var resegmentMode: ResegmentMode?

    @Flag(inversion: .prefixedNo, help: "Take the shape of what re-segmentation leaves. Default: no.")
    var resegmentShape: Bool?

    @Option(
        name: .customLong("minimum-roi-dimensions"),
        help:
            "Fail regions that are longer than a voxel along fewer axes: 1, 2 or 3. Default: no limit (2 with a parameter file)."
    )
    var minimumROIDimensions: Int?

    @Option(name: .customLong("minimum-roi-size"), help: "Fail regions of no more voxels than this. Default: no limit.")
    var minimumROISize: Int?

    @Option(
        parsing: .unconditional,
        help: "Added to the intensities for Energy, TotalEnergy and RootMeanSquared. Default: 0.")
    var voxelArrayShift: Int?

    enum ResegmentMode: String, CaseIterable, ExpressibleByArgument { case absolute, relative, sigma }

    /// - Parameter range: of `--range`, to which `--resegment-mode` gives its meaning.
    func apply(to settings: inout ExtractionSettings, range: ClosedRange<Double>?) throws(SettingsError) {
        try applySteps(to: &settings)
        if let symmetricalGLCM {
            settings.texture.pyradiomics.symmetricalGLCM = symmetricalGLCM ? .symmetric : .directed
        }
        if let weightingNorm { settings.texture.pyradiomics.weightingNorm = weightingNorm }
        let dimension = force2DDimension ?? settings.texture.pyradiomics.force2DDimension
        if let dimension, !(0...2).contains(dimension) {
            throw .badValue(key: "--force-2d-dimension", found: "\(dimension)", expected: "0 (z), 1 (y) or 2 (x)")
        }
        if let force2D { settings.texture.pyradiomics.force2DDimension = force2D ? dimension ?? 0 : nil }
        if let force2DDimension, force2D != false {
            guard settings.texture.pyradiomics.force2DDimension != nil else {
                throw .conflict("--force-2d-dimension needs --force-2d")
            }
            settings.texture.pyradiomics.force2DDimension = force2DDimension
        }
        if let gldmA {
            guard gldmA >= 0 else {
                throw .badValue(key: "--gldm-a", found: "\(gldmA)", expected: "a whole number of grey levels from 0")
            }
            settings.texture.pyradiomics.gldmA = gldmA
        }
        switch resegmentMode {
        case nil, .absolute:
            if range != nil { settings.pyradiomics.thresholds = nil }
        case .relative, .sigma:
            guard let range else { throw .conflict("--resegment-mode needs the --range that it gives a meaning to") }
            settings.resegment.range = nil
            settings.pyradiomics.thresholds = RelativeThresholds(resegmentMode == .sigma ? .sigma : .relative, range)
        }
    }

    private func applySteps(to settings: inout ExtractionSettings) throws(SettingsError) {
        if let normalize {
            settings.pyradiomics.normalisation =
                normalize ? settings.pyradiomics.normalisation ?? ImageNormalisation() : nil
        }
        for (option, value) in [("--normalize-scale", normalizeScale), ("--remove-outliers", removeOutliers)] {
            guard let value else { continue }
            guard settings.pyradiomics.normalisation != nil else { throw .conflict("\(option) needs --normalize") }
            guard value > 0, value.isFinite else {
                throw .badValue(key: option, found: "\(value)", expected: "a positive number")
            }
        }
        if let normalizeScale { settings.pyradiomics.normalisation?.scale = normalizeScale }
        if let removeOutliers { settings.pyradiomics.normalisation?.outliers = removeOutliers }
        if let resegmentShape { settings.pyradiomics.shapeMask = resegmentShape ? .resegmented : .whole }
        if let minimumROIDimensions {
            guard (1...3).contains(minimumROIDimensions) else {
                throw .badValue(
                    key: "--minimum-roi-dimensions", found: "\(minimumROIDimensions)", expected: "1, 2 or 3")
            }
            settings.pyradiomics.minimumROIDimensions = minimumROIDimensions
        }
        if let minimumROISize {
            guard minimumROISize >= 1 else {
                throw .badValue(
                    key: "--minimum-roi-size", found: "\(minimumROISize)", expected: "a whole number of voxels from 1")
            }
            settings.pyradiomics.minimumROISize = minimumROISize
        }
        if let voxelArrayShift { settings.pyradiomics.voxelArrayShift = voxelArrayShift }
    }
}

extension PyRadiomicsTexture.Weighting: ExpressibleByArgument {}
