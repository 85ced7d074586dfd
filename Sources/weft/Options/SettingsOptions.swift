import ArgumentParser
import Foundation
import Imaging
import Radiomics
import SettingsFile
import TextureCore

/// Every key of the settings file as an option; an option beats the file.
struct SettingsOptions: ParsableArguments {
    @OptionGroup var preparation: PreparationOptions

    @Option(help: ExtractionSettings.optionHelp("ivh.binWidth"))
    var ivhBinWidth: Double?

    @Option(help: ExtractionSettings.optionHelp("ivh.binCount"))
    var ivhBinCount: Int?

    @Flag(help: ExtractionSettings.optionHelp("ivh"))
    var noIvhBins = false

    @Option(help: ExtractionSettings.optionHelp("texture.distances"))
    var distances: NumberList?

    @Option(help: ExtractionSettings.optionHelp("texture.aggregations"))
    var aggregations: NameList?

    @Flag(help: ExtractionSettings.optionHelp("texture.directions"))
    var perDirection = false

    @Option(help: ExtractionSettings.optionHelp("images"))
    var images: String?

    @Option(help: ExtractionSettings.optionHelp("families"))
    var families: NameList?

    @Option(help: ExtractionSettings.optionHelp("features"))
    var features: NameList?

    @Option(help: ExtractionSettings.optionHelp("columns"))
    var columns: ColumnChoice?

    @OptionGroup(title: "PyRadiomics' own settings (with --convention pyradiomics)") var pyradiomics: PyRadiomicsOptions

    /// With what the file says beside the settings.
    func resolved() throws -> ExtractionSettingsFile {
        do {
            return try fileWithOptions()
        } catch let error as SettingsError {
            throw CommandFailure(error)
        }
    }

    /// Names of the options that were given and that a convention may not take.
    private var given: Set<String> {
        names([
            ("ivh-bin-width", ivhBinWidth != nil), ("ivh-bin-count", ivhBinCount != nil), ("no-ivh-bins", noIvhBins),
            ("aggregations", aggregations != nil), ("per-direction", perDirection),
        ])
    }

    private func fileWithOptions() throws -> ExtractionSettingsFile {
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
        if let aggregations { result.texture.aggregation = try aggregations.aggregation }
        if perDirection { result.texture.directions = .each }
        try pyradiomics.apply(to: &result, range: ends)
        if let images { result.images = try ImageItem.list(yaml: images, option: "--images") }
        if families != nil || features != nil { (result.families, result.features) = (nil, [:]) }
        if let families { try result.select(families: families.names) }
        if let features { try result.select(features: features.names) }
        if let columns { result.columnChoice = columns }
        try result.validate(options: preparation.given.union(given).union(pyradiomics.given))
        file.settings = result
        return file
    }
}

/// Those of the options that were given.
func names(_ options: [(String, isGiven: Bool)]) -> Set<String> { Set(options.filter(\.isGiven).map(\.0)) }

extension NameList {
    /// As the value of `--aggregations`.
    var aggregation: AggregationChoice {
        get throws(SettingsError) {
            switch names {
            case ["automatic"]: .automatic
            case ["merged"]: .merged
            default: .listed(try aggregations)
            }
        }
    }

    var aggregations: [Aggregation] {
        get throws(SettingsError) {
            var all: [Aggregation] = []
            for name in names {
                guard let aggregation = Aggregation(rawValue: name) else {
                    throw .value(
                        key: "--aggregations", found: "'\(name)'",
                        expected: "automatic, merged, or of "
                            + Aggregation.allCases.map(\.rawValue).joined(separator: ", "))
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

    @Option(help: ExtractionSettings.optionHelp("convention"))
    var convention: Convention?

    @Option(help: ExtractionSettings.optionHelp("imageUnit"))
    var suv: ImageUnit?

    @Option(help: ExtractionSettings.optionHelp("maskOperations"))
    var maskOperations: String?

    @Option(help: ExtractionSettings.optionHelp("resample.spacing"))
    var resample: NumberList?

    @Option(help: ExtractionSettings.optionHelp("resample.interpolation"))
    var interpolation: Resampling.Interpolation?

    @Option(parsing: .unconditional, help: ExtractionSettings.optionHelp("resegment.range"))
    var range: NumberList?

    @Option(help: ExtractionSettings.optionHelp("resegment.outlierSigma"))
    var outlierSigma: Double?

    @Option(help: ExtractionSettings.optionHelp("discretise.binWidth"))
    var binWidth: Double?

    @Option(help: ExtractionSettings.optionHelp("discretise.binCount"))
    var binCount: Int?

    @Option(
        parsing: .unconditional,
        help: ExtractionSettings.optionHelp("discretise.lowerBound"))
    var lowerBound: Double?

    @Flag(help: ExtractionSettings.optionHelp("discretise"))
    var noDiscretisation = false

    /// Names of the options that were given and that a convention may not take.
    var given: Set<String> { names([("lower-bound", lowerBound != nil)]) }

    /// Says which options play no part for a modality whose section has the key.
    func sayWhatSectionsBeat(_ settings: ExtractionSettings, _ verbosity: Verbosity) {
        let options = [
            ("imageUnit", suv != nil), ("maskOperations", maskOperations != nil), ("resample.spacing", resample != nil),
            ("resample.interpolation", interpolation != nil), ("resegment.range", range != nil),
            ("resegment.outlierSigma", outlierSigma != nil), ("discretise.binWidth", binWidth != nil),
            ("discretise.binCount", binCount != nil), ("discretise.lowerBound", lowerBound != nil),
        ]
        for (path, _) in options.filter(\.1) {
            let modalities = settings.sections.map(\.modality).filter { settings.section(of: $0, names: path) }
            guard !modalities.isEmpty else { continue }
            Console.note(
                "the option for \(path) plays no part for \(modalities.joined(separator: ", ")), whose section in the"
                    + " settings file says it", verbosity)
        }
    }

    /// What the settings file says, or the defaults.
    func file() throws -> ExtractionSettingsFile {
        guard let path = settings else { return ExtractionSettingsFile() }
        let text = try settingsText(path)
        do {
            return try ExtractionSettingsFile(yaml: text)
        } catch { throw CommandFailure(.usage, "\(path): \(error)") }
    }

    /// Returns the ends of `--range`, to which other options give its meaning.
    func apply(to result: inout ExtractionSettings) throws(SettingsError) -> ClosedRange<Double>? {
        if let convention { result.convention = convention }
        if let suv { result.imageUnit = suv }
        if let maskOperations {
            result.maskOperations = try MaskOperation.list(yaml: maskOperations, option: "--mask-operations")
        }
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
        if let ends {
            result.resegment.range = ends
            // Bins start there, whatever the file says.
            if ends.lowerBound.isFinite { result.discretise.lowerBound = nil }
        }
        if let outlierSigma { result.resegment.outlierSigma = outlierSigma }
        if noDiscretisation {
            guard binWidth == nil, binCount == nil else {
                throw SettingsError.conflict("--no-discretisation excludes --bin-width and --bin-count")
            }
            result.discretise = GreyLevelSetting(.none)
        } else if binWidth != nil || binCount != nil {
            result.discretise.bins = try GreyLevelSetting.bins(width: binWidth, count: binCount)
            if binCount != nil { result.discretise.lowerBound = nil }
        }
        if let lowerBound { result.discretise.lowerBound = lowerBound }
        return ends
    }
}

extension Convention: ExpressibleByArgument {}
extension ColumnChoice: ExpressibleByArgument {}
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
                throw .value(key: option, found: "\(value)", expected: "whole numbers")
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
