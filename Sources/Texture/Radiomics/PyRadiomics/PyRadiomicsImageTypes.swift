import Filters
import SettingsFile
import TextureCore
import Yams

/// What a parameter file of PyRadiomics says of a filter, under `setting` for all image types or under one of them.
struct PyRadiomicsImageKeys: Sendable {
    var sigma: [WrittenNumber] = []
    var wavelet = "coif1"
    var level = 1
    var startLevel = 0
    var gradientUseSpacing = true
    var lbp2DRadius = 1.0
    var lbp2DSamples = 8
    var lbp3DLevels = 2
    var lbp3DIcosphereSubdivision = 1
    var own = ImageItem.OwnSettings()

    /// Under an image type alone, where they beat `setting`.
    private static let ownKeys: [SettingsKey<PyRadiomicsImageKeys>] = [
        SettingsKey("binWidth", \.own.binWidth, SettingsValue.number.orNull, .file, "a positive number") {
            $0.map { $0 > 0 } ?? true
        },
        SettingsKey("binCount", \.own.binCount, SettingsValue.integer.orNull, .file, "a number from 1") {
            $0.map { $0 >= 1 } ?? true
        },
        SettingsKey("distances", \.own.distances, SettingsValue.integers.orNull, .file, "whole numbers from 1") {
            $0.map { !$0.isEmpty && $0.allSatisfy { $0 >= 1 } } ?? true
        },
        SettingsKey("symmetricalGLCM", \.own.symmetricalGLCM, SettingsValue.flag.orNull, .file),
        SettingsKey("weightingNorm", \.own.weightingNorm, SettingsValue.choice.orNull, .file),
        SettingsKey("gldm_a", \.own.gldmA, SettingsValue.integer.orNull, .file, "a whole number from 0") {
            $0.map { $0 >= 0 } ?? true
        }, SettingsKey("voxelArrayShift", \.own.voxelArrayShift, SettingsValue.integer.orNull, .file),
    ]

    private static let logKeys: [SettingsKey<PyRadiomicsImageKeys>] = [
        SettingsKey("sigma", \.sigma, SettingsValue.writtenNumber.list, .file, "positive numbers of mm")
    ]

    private static let waveletKeys: [SettingsKey<PyRadiomicsImageKeys>] = [
        SettingsKey(
            "wavelet", \.wavelet, SettingsValue.text, .file, "one of \(WaveletFamily.names.joined(separator: ", "))"
        ) { WaveletFamily($0) != nil },
        .integer("level", \.level, .file, "levels from 1 to 8") { (1...8).contains($0) },
        .integer("start_level", \.startLevel, .file, "levels from 0 to 7") { (0...7).contains($0) },
    ]

    private static let gradientKeys: [SettingsKey<PyRadiomicsImageKeys>] = [
        .flag("gradientUseSpacing", \.gradientUseSpacing, .file)
    ]

    private static let patternKeys: [SettingsKey<PyRadiomicsImageKeys>] = [
        .number("lbp2DRadius", \.lbp2DRadius, .file, "a number of voxels from 1") { $0 >= 1 },
        .integer("lbp2DSamples", \.lbp2DSamples, .file, "a number of neighbours from 1") { (1...1024).contains($0) },
        SettingsKey(
            "lbp2DMethod", .file, "uniform",
            read: { node, path, _ throws(SettingsError) in
                guard node.string == "uniform" else { throw .unavailable(key: path, what: "the method \(node.shown)") }
            }, written: { _ in nil }),
    ]

    private static let sphereKeys: [SettingsKey<PyRadiomicsImageKeys>] = [
        .integer("lbp3DLevels", \.lbp3DLevels, .file, "degrees from 1 to 8") { (1...8).contains($0) },
        SettingsKey(
            "lbp3DIcosphereRadius", .file, "1",
            read: { node, path, _ throws(SettingsError) in
                // Beyond 1 PyRadiomics takes the arc cosine of more than 1, and has no number.
                guard try node.number(path) == 1 else {
                    throw .unavailable(key: path, what: "another radius than 1")
                }
            }, written: { _ in nil }),
        .integer("lbp3DIcosphereSubdivision", \.lbp3DIcosphereSubdivision, .file, "divisions from 0 to 4") {
            (0...4).contains($0)
        },
    ]

    /// Those of the filters, as `setting` may have them.
    static let shared = logKeys + waveletKeys + gradientKeys + patternKeys + sphereKeys

    static let types: [String: (kind: ImageItem.Kind, keys: [SettingsKey<PyRadiomicsImageKeys>])] = [
        "Original": (.original, ownKeys), "LoG": (.log, logKeys + ownKeys),
        "Wavelet": (.wavelet, waveletKeys + ownKeys),
        "Square": (.square, ownKeys), "SquareRoot": (.squareRoot, ownKeys), "Logarithm": (.logarithm, ownKeys),
        "Exponential": (.exponential, ownKeys), "Gradient": (.gradient, gradientKeys + ownKeys),
        "LBP2D": (.lbp2D, patternKeys + ownKeys), "LBP3D": (.lbp3D, sphereKeys + ownKeys),
    ]

    /// Nil where PyRadiomics makes no image.
    func item(_ kind: ImageItem.Kind) -> ImageItem? {
        if kind == .log, sigma.isEmpty { return nil }
        var item = ImageItem(kind)
        switch kind {
        case .log: item.sigma = sigma
        case .wavelet: (item.family, item.level, item.startLevel) = (wavelet, [level], startLevel)
        case .gradient: item.useSpacing = gradientUseSpacing
        case .lbp2D: (item.radius, item.samples) = (lbp2DRadius, lbp2DSamples)
        case .lbp3D: (item.levels, item.subdivision) = (lbp3DLevels, lbp3DIcosphereSubdivision)
        default: break
        }
        item.own = own
        return item
    }
}

extension SettingsOption {
    fileprivate static let file = absent("a parameter file of PyRadiomics is given as a whole")
}
