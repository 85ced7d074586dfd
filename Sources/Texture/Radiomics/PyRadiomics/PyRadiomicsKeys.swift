import SettingsFile
import TextureCore
import Yams

/// The keys that a settings file has under `pyradiomics` and a parameter file of PyRadiomics under `setting`, under its
/// names and with its defaults. Several of them make one setting, so they are collected here first.
struct PyRadiomicsKeys: Sendable {
    var symmetricalGLCM = true
    var weightingNorm = PyRadiomicsTexture.Weighting.none
    var force2D = false
    var force2Ddimension = 0
    var gldmA = 0
    var normalize = false
    var normalizeScale = 1.0
    var removeOutliers: Double?
    var resegmentMode = ResegmentMode.absolute
    /// A lower end, or a lower and an upper one.
    var resegmentRange: [Double]?
    var resegmentShape = false
    var minimumROIDimensions: Int?
    var minimumROISize: Int?
    var voxelArrayShift = 0
    var padDistance = 5
    var preCrop = false

    enum ResegmentMode: String, CaseIterable, Sendable { case absolute, relative, sigma }

    init() {}

    /// Undone by ``apply(to:)``.
    init(_ settings: ExtractionSettings) {
        let (texture, steps) = (settings.texture.pyradiomics, settings.pyradiomics)
        symmetricalGLCM = texture.symmetricalGLCM == .symmetric
        weightingNorm = texture.weightingNorm
        force2D = texture.force2DDimension != nil
        force2Ddimension = texture.force2DDimension ?? 0
        gldmA = texture.gldmA
        if let normalisation = steps.normalisation {
            (normalize, normalizeScale, removeOutliers) = (true, normalisation.scale, normalisation.outliers)
        }
        if let thresholds = steps.thresholds {
            resegmentMode = thresholds.mode == .sigma ? .sigma : .relative
            resegmentRange = [thresholds.range.lowerBound, thresholds.range.upperBound]
        }
        resegmentShape = steps.shapeMask == .resegmented
        (minimumROIDimensions, minimumROISize) = (steps.minimumROIDimensions, steps.minimumROISize)
        voxelArrayShift = steps.voxelArrayShift
        (padDistance, preCrop) = (steps.padDistance, steps.crop == .toRegion)
    }

    func apply(to settings: inout ExtractionSettings) {
        settings.texture.pyradiomics.symmetricalGLCM = symmetricalGLCM ? .symmetric : .directed
        settings.texture.pyradiomics.weightingNorm = weightingNorm
        settings.texture.pyradiomics.force2DDimension = force2D ? force2Ddimension : nil
        settings.texture.pyradiomics.gldmA = gldmA
        settings.pyradiomics.normalisation =
            normalize ? ImageNormalisation(scale: normalizeScale, outliers: removeOutliers) : nil
        if let ends = resegmentRange?.sorted(), let lower = ends.first {
            let range = lower...(ends.count == 2 ? ends[1] : .infinity)
            switch resegmentMode {
            case .absolute: settings.resegment.range = range
            case .relative: settings.pyradiomics.thresholds = RelativeThresholds(.relative, range)
            case .sigma: settings.pyradiomics.thresholds = RelativeThresholds(.sigma, range)
            }
        }
        settings.pyradiomics.shapeMask = resegmentShape ? .resegmented : .whole
        settings.pyradiomics.minimumROIDimensions = minimumROIDimensions
        settings.pyradiomics.minimumROISize = minimumROISize
        settings.pyradiomics.voxelArrayShift = voxelArrayShift
        settings.pyradiomics.padDistance = padDistance
        settings.pyradiomics.crop = preCrop ? .toRegion : .none
    }

    static let keys: [SettingsKey<PyRadiomicsKeys>] = [
        .flag(
            "symmetricalGLCM", \.symmetricalGLCM,
            .named("symmetrical-glcm", help: "Count each pair of voxels in both directions. Default: yes.")),
        .choice(
            "weightingNorm", \.weightingNorm,
            .named(
                "weighting-norm",
                help: """
                    Weigh directions by their length: none (default), manhattan, euclidean, infinity, or no_weighting to \
                    merge them.
                    """)),
        .flag("force2D", \.force2D, .named("force-2d", help: "Look for neighbours within slices only. Default: no.")),
        .integer(
            "force2Ddimension", \.force2Ddimension,
            .named(
                "force-2d-dimension", help: "The axis across the slices of --force-2d: 0 (z, default), 1 (y) or 2 (x)."),
            "0 (z), 1 (y) or 2 (x)"
        ) { (0...2).contains($0) }.written(when: \.force2D),
        .integer(
            "gldm_a", \.gldmA,
            .named("gldm-a", help: "By how many grey levels dependent neighbours may differ. Default: 0."),
            "a whole number of grey levels from 0"
        ) { $0 >= 0 },
        .flag(
            "normalize", \.normalize,
            .named("normalize", help: "Normalise the whole image to mean 0 and --normalize-scale. Default: no.")),
        SettingsKey.number(
            "normalizeScale", \.normalizeScale,
            .named("normalize-scale", help: "Standard deviation after --normalize. Default: 1."), "a positive number"
        ) { $0 > 0 }.written(when: \.normalize),
        SettingsKey(
            "removeOutliers", \.removeOutliers, SettingsValue.number.orNull,
            .named(
                "remove-outliers",
                help: """
                    With --normalize: limit values farther from the mean than this many standard deviations. Default: none.
                    """), "a positive number"
        ) { $0.map { $0 > 0 } ?? true }.written(when: \.normalize),
        SettingsKey.choice(
            "resegmentMode", \.resegmentMode,
            .named(
                "resegment-mode",
                help: """
                    What --range is: absolute (default), relative to the region's maximum, or in sigma around its mean.
                    """)
        ).written { $0.resegmentRange != nil },
        SettingsKey(
            "resegmentRange", \.resegmentRange, SettingsValue.ends.orNull,
            .absent("--range gives the ends, --resegment-mode their meaning"),
            "a lower end, or a lower and an upper one"
        ) { $0.map { (1...2).contains($0.count) } ?? true }.written { $0.resegmentRange != nil }.about(
            "Voxels of the region outside this range are taken out; resegmentMode says what its ends are."),
        .flag(
            "resegmentShape", \.resegmentShape,
            .named("resegment-shape", help: "Take the shape of what re-segmentation leaves. Default: no.")),
        SettingsKey(
            "minimumROIDimensions", \.minimumROIDimensions, SettingsValue.integer.orNull,
            .named(
                "minimum-roi-dimensions",
                help: """
                    Fail regions that are longer than a voxel along fewer axes: 1, 2 or 3. Default: no limit (2 with a \
                    parameter file).
                    """), "1, 2 or 3"
        ) { $0.map { (1...3).contains($0) } ?? true },
        SettingsKey(
            "minimumROISize", \.minimumROISize, SettingsValue.integer.orNull,
            .named("minimum-roi-size", help: "Fail regions of no more voxels than this. Default: no limit."),
            "a whole number of voxels from 1"
        ) { $0.map { $0 >= 1 } ?? true },
        .integer(
            "voxelArrayShift", \.voxelArrayShift,
            .named(
                "voxel-array-shift",
                help: "Added to the intensities for Energy, TotalEnergy and RootMeanSquared. Default: 0.")),
        SettingsKey.integer(
            "padDistance", \.padDistance,
            .named(
                "pad-distance",
                help: "Voxels around the region that filters see of a resampled or cropped image. Default: 5."),
            "a whole number of voxels from 0"
        ) { $0 >= 0 }.written { $0.padDistance != 5 },
        SettingsKey.flag(
            "preCrop", \.preCrop,
            .named("pre-crop", help: "Filters see the image around the region alone. Default: no.")
        ).written(when: \.preCrop),
    ]
}

extension SettingsValue<[Double]> {
    /// Which may be infinite.
    fileprivate static var ends: Self {
        Self(
            "numbers", read: { node, key throws(SettingsError) in try node.numbers(key) }, written: Node.init(numbers:))
    }
}
