import ArgumentParser
import Radiomics
import SettingsFile
import TextureCore

/// The keys under `pyradiomics` of the settings file as options.
struct PyRadiomicsOptions: ParsableArguments {
    @Flag(inversion: .prefixedNo, help: ExtractionSettings.optionHelp("pyradiomics.symmetricalGLCM"))
    var symmetricalGLCM: Bool?

    @Option(help: ExtractionSettings.optionHelp("pyradiomics.weightingNorm"))
    var weightingNorm: PyRadiomicsTexture.Weighting?

    @Flag(
        name: .customLong("force-2d"), inversion: .prefixedNo,
        help: ExtractionSettings.optionHelp("pyradiomics.force2D"))
    var force2D: Bool?

    @Option(
        name: .customLong("force-2d-dimension"),
        help: ExtractionSettings.optionHelp("pyradiomics.force2Ddimension"))
    var force2DDimension: Int?

    @Option(name: .customLong("gldm-a"), help: ExtractionSettings.optionHelp("pyradiomics.gldm_a"))
    var gldmA: Int?

    @Flag(inversion: .prefixedNo, help: ExtractionSettings.optionHelp("pyradiomics.normalize"))
    var normalize: Bool?

    @Option(help: ExtractionSettings.optionHelp("pyradiomics.normalizeScale"))
    var normalizeScale: Double?

    @Option(help: ExtractionSettings.optionHelp("pyradiomics.removeOutliers"))
    var removeOutliers: Double?

    @Option(help: ExtractionSettings.optionHelp("pyradiomics.resegmentMode"))
    var resegmentMode: ResegmentMode?

    @Flag(inversion: .prefixedNo, help: ExtractionSettings.optionHelp("pyradiomics.resegmentShape"))
    var resegmentShape: Bool?

    @Option(
        name: .customLong("minimum-roi-dimensions"),
        help: ExtractionSettings.optionHelp("pyradiomics.minimumROIDimensions"))
    var minimumROIDimensions: Int?

    @Option(name: .customLong("minimum-roi-size"), help: ExtractionSettings.optionHelp("pyradiomics.minimumROISize"))
    var minimumROISize: Int?

    @Option(
        parsing: .unconditional,
        help: ExtractionSettings.optionHelp("pyradiomics.voxelArrayShift"))
    var voxelArrayShift: Int?

    @Option(help: ExtractionSettings.optionHelp("pyradiomics.padDistance"))
    var padDistance: Int?

    @Flag(inversion: .prefixedNo, help: ExtractionSettings.optionHelp("pyradiomics.preCrop"))
    var preCrop: Bool?

    enum ResegmentMode: String, CaseIterable, ExpressibleByArgument { case absolute, relative, sigma }

    /// Names of the options that were given.
    var given: Set<String> {
        names([
            ("symmetrical-glcm", symmetricalGLCM != nil), ("weighting-norm", weightingNorm != nil),
            ("force-2d", force2D != nil), ("force-2d-dimension", force2DDimension != nil), ("gldm-a", gldmA != nil),
            ("normalize", normalize != nil), ("normalize-scale", normalizeScale != nil),
            ("remove-outliers", removeOutliers != nil), ("resegment-mode", resegmentMode != nil),
            ("resegment-shape", resegmentShape != nil), ("minimum-roi-dimensions", minimumROIDimensions != nil),
            ("minimum-roi-size", minimumROISize != nil), ("voxel-array-shift", voxelArrayShift != nil),
            ("pad-distance", padDistance != nil), ("pre-crop", preCrop != nil),
        ])
    }

    /// Whether the values can be is for ``ExtractionSettings/validate()`` to say.
    ///
    /// - Parameter range: of `--range`, to which `--resegment-mode` gives its meaning.
    func apply(to settings: inout ExtractionSettings, range: ClosedRange<Double>?) throws(SettingsError) {
        try applySteps(to: &settings)
        if let symmetricalGLCM {
            settings.texture.pyradiomics.symmetricalGLCM = symmetricalGLCM ? .symmetric : .directed
        }
        if let weightingNorm { settings.texture.pyradiomics.weightingNorm = weightingNorm }
        let dimension = force2DDimension ?? settings.texture.pyradiomics.force2DDimension
        if let force2D { settings.texture.pyradiomics.force2DDimension = force2D ? dimension ?? 0 : nil }
        if let force2DDimension, force2D != false {
            guard settings.texture.pyradiomics.force2DDimension != nil else {
                throw .conflict("--force-2d-dimension needs --force-2d")
            }
            settings.texture.pyradiomics.force2DDimension = force2DDimension
        }
        if let gldmA { settings.texture.pyradiomics.gldmA = gldmA }
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
            guard value == nil || settings.pyradiomics.normalisation != nil else {
                throw .conflict("\(option) needs --normalize")
            }
        }
        if let normalizeScale { settings.pyradiomics.normalisation?.scale = normalizeScale }
        if let removeOutliers { settings.pyradiomics.normalisation?.outliers = removeOutliers }
        if let resegmentShape { settings.pyradiomics.shapeMask = resegmentShape ? .resegmented : .whole }
        if let minimumROIDimensions { settings.pyradiomics.minimumROIDimensions = minimumROIDimensions }
        if let minimumROISize { settings.pyradiomics.minimumROISize = minimumROISize }
        if let voxelArrayShift { settings.pyradiomics.voxelArrayShift = voxelArrayShift }
        if let padDistance { settings.pyradiomics.padDistance = padDistance }
        if let preCrop { settings.pyradiomics.crop = preCrop ? .toRegion : .none }
    }
}

extension PyRadiomicsTexture.Weighting: ExpressibleByArgument {}
