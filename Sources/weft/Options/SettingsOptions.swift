import ArgumentParser
import Foundation
import Imaging
import Radiomics
import TextureCore

/// Every key of the settings file as an option; an option beats the file.
struct SettingsOptions: ParsableArguments {
    @OptionGroup var preparation: PreparationOptions

    @Option(help: "Steps of the intensity-volume histogram of this width. Default: by the kind of image.")
    var ivhBinWidth: Double?

    @Option(help: "This many steps of the intensity-volume histogram. Default: by the kind of image.")
    var ivhBinCount: Int?

    @Flag(help: "Every intensity of the region is a step of the intensity-volume histogram.")
    var noIvhBins = false

    @Option(help: "Distances of voxel pairs, in voxels, e.g. 1,2. Default: 1.")
    var distances: NumberList?

    @Option(
        help:
            "How directions and slices become one value: any of \(Aggregation.allCases.map(\.rawValue).joined(separator: ",")). A family takes those that it has. Default: 3D_avg,3D_comb,3D."
    )
    var aggregations: NameList?

    @Flag(help: "Also one value for each direction.")
    var perDirection = false

    @Option(
        help:
            "Families of features: \(FeatureFamily.allCases.map(\.rawValue).joined(separator: ",")) (or PyRadiomics' class names). Default: all."
    )
    var families: NameList?

    @Option(
        help: """
            Single features, by tag such as cm_contrast or PyRadiomics' glcm_Contrast. With --families those that none \
            is named of stay whole; without, there are no others. Default: all.
            """)
    var features: NameList?

    @OptionGroup(title: "PyRadiomics' own settings (with --convention pyradiomics)") var pyradiomics: PyRadiomicsOptions

    /// With what the file says beside the settings.
    func resolved() throws -> SettingsFile {
        do {
            return try fileWithOptions()
        } catch let error as SettingsError {
            throw CommandFailure(error)
        }
    }

    private func fileWithOptions() throws -> SettingsFile {
        var file = try preparation.file()
        var result = file.settings
        let ends = try preparation.apply(to: &result)
        if [noIvhBins, ivhBinWidth != nil, ivhBinCount != nil].count(where: { $0 }) > 1 {
            throw SettingsError.conflict("--ivh-bin-width, --ivh-bin-count and --no-ivh-bins exclude each other")
        }
        if noIvhBins { result.intensityVolume = .none }
        if let ivhBinWidth { result.intensityVolume = .width(ivhBinWidth) }
        if let ivhBinCount { result.intensityVolume = .count(ivhBinCount) }
        if let distances { result.texture.distances = try distances.wholeNumbers("--distances") }
        if let aggregations { result.texture.aggregations = try aggregations.aggregations }
        if perDirection { result.texture.directions = .each }
        try pyradiomics.apply(to: &result, range: ends)
        if families != nil || features != nil { (result.families, result.features) = (nil, [:]) }
        if let families { result.families = try families.names.map { try FeatureFamily(named: $0) } }
        if let features { try result.select(features: features.names) }
        try result.validate()
        file.settings = result
        return file
    }
}

extension NameList {
    /// As the value of `--aggregations`.
    var aggregations: [Aggregation] {
        get throws(SettingsError) {
            var all: [Aggregation] = []
            for name in names {
                guard let aggregation = Aggregation(rawValue: name) else {
                    throw .badValue(
                        key: "--aggregations", found: "'\(name)'",
                        expected: "one of " + Aggregation.allCases.map(\.rawValue).joined(separator: ", "))
                }
                all.append(aggregation)
            }
            return all
        }
    }
}

/// The steps before any feature, as options; an option beats the file.
struct PreparationOptions: ParsableArguments {
    @Option(
        help: "Settings file (YAML) or parameter file of PyRadiomics; the options below beat it.",
        completion: .file(extensions: ["yaml", "yml"]))
    var settings: String?

    @Option(help: "ibsi (default): the IBSI reference manual; pyradiomics: PyRadiomics' names and numbers.")
    var convention: Convention?

    @Option(
        help: "PET as SUV: bw (body weight), lbm (Janmahasatian), lbm-james, bsa (surface). Default: stored.")
    var suv: ImageUnit?

    @Option(help: "Resample image and region to this spacing first, mm: x,y,z or one number; 0 keeps an axis.")
    var resample: NumberList?

    @Option(help: "How to resample: nearest, linear (default) or cubic.")
    var interpolation: Resampling.Interpolation?

    @Option(parsing: .unconditional, help: "Take out voxels of the region outside this range, e.g. -500,400 (HU).")
    var range: NumberList?

    @Option(help: "Take out voxels of the region farther from its mean than this many standard deviations.")
    var outlierSigma: Double?

    @Option(help: "Grey levels by bins of this width (fixed bin size). Default for CT: 25 HU.")
    var binWidth: Double?

    @Option(
        help: "Grey levels by this many bins over the region's range (fixed bin number). Default for other images: 32.")
    var binCount: Int?

    @Option(
        parsing: .unconditional,
        help:
            "Where bins of a fixed width start. Default: the lower end of --range, else -1000 for CT, 0 for PET, else the region's minimum."
    )
    var lowerBound: Double?

    @Flag(help: "The intensities are grey levels already: whole numbers from 1.")
    var noDiscretisation = false

    /// What the settings file says, or the defaults.
    func file() throws -> SettingsFile {
        guard let path = settings else { return SettingsFile() }
        guard let content = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.inputNotFound, "\(path): no such settings file")
        }
        do {
            return try SettingsFile(yaml: String(decoding: content, as: UTF8.self))
        } catch { throw CommandFailure(.usage, "\(path): \(error)") }
    }

    /// Returns the ends of `--range`, to which other options give its meaning.
    func apply(to result: inout ExtractionSettings) throws(SettingsError) -> ClosedRange<Double>? {
        if let convention { result.convention = convention }
        if let suv { result.imageUnit = suv }
        if let resample {
            let spacing = try Resampling.spacing(resample.values, key: "--resample")
            result.resample = Resampling(
                spacing: spacing, interpolation: interpolation ?? result.resample?.interpolation ?? .linear)
        } else if let interpolation {
            guard result.resample != nil else {
                throw SettingsError.conflict("--interpolation needs a grid to interpolate to; give --resample as well")
            }
            result.resample?.interpolation = interpolation
        }
        var ends: ClosedRange<Double>?
        if let range { ends = try Resegmentation.range(range.values, key: "--range") }
        if let ends { result.resegment.range = ends }
        if let outlierSigma { result.resegment.outlierSigma = outlierSigma }
        if noDiscretisation {
            guard binWidth == nil, binCount == nil else {
                throw SettingsError.conflict("--no-discretisation excludes --bin-width and --bin-count")
            }
            result.discretise.bins = .none
        } else if binWidth != nil || binCount != nil {
            result.discretise.bins = try GreyLevelSetting.bins(width: binWidth, count: binCount)
        }
        if let lowerBound { result.discretise.lowerBound = lowerBound }
        return ends
    }
}

extension Convention: ExpressibleByArgument {}
extension ImageUnit: ExpressibleByArgument {
    /// `bw` for `suvbw`, and so on.
    public init?(argument: String) {
        guard let unit = ImageUnit(rawValue: argument) ?? ImageUnit(rawValue: "suv\(argument)") else { return nil }
        self = unit
    }

    public static var allValueStrings: [String] {
        allCases.map { $0 == .stored ? $0.rawValue : String($0.rawValue.dropFirst(3)) }
    }
}

extension Resampling.Interpolation: ExpressibleByArgument {}

/// Numbers separated by commas.
struct NumberList: ExpressibleByArgument {
    let values: [Double]

    init?(argument: String) {
        let values = argument.split(separator: ",", omittingEmptySubsequences: false).map {
            Double($0.trimmingCharacters(in: .whitespaces))
        }
        guard !values.contains(where: { $0 == nil || $0?.isNaN == true }) else { return nil }
        self.values = values.compactMap { $0 }
    }

    func wholeNumbers(_ option: String) throws(SettingsError) -> [Int] {
        var whole: [Int] = []
        for value in values {
            guard let number = Int(exactly: value) else {
                throw .badValue(key: option, found: "\(value)", expected: "whole numbers")
            }
            whole.append(number)
        }
        return whole
    }
}

/// Names separated by commas.
struct NameList: ExpressibleByArgument {
    let names: [String]

    init?(argument: String) {
        names = argument.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        if names.isEmpty { return nil }
    }
}
