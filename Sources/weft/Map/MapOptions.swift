import ArgumentParser
import Radiomics
import SettingsFile
import Tables
import Workflows

/// Which maps, and what the kernel is.
struct MapOptions: ParsableArguments {
    @Option(
        help: """
            Features, by tag such as cm_contrast or PyRadiomics' glcm_Contrast, separated by commas; cm, stat, ih (or \
            glcm, firstorder) for all of a family. May be repeated.
            """)
    var feature: [NameList] = []

    @Option(help: "Voxels on each side of the centre of a kernel, from 1 to 32.")
    var kernelRadius: Int?

    @Flag(
        inversion: .prefixedNo,
        help: "Only voxels of the region count in a kernel and for the bins. Default: yes.")
    var maskedKernel: Bool?

    @Flag(name: .customLong("2d"), help: "Kernels within a slice. Default: cubes, of one slice squares.")
    var withinSlices = false

    @Option(help: "One image that the maps are of: original (default), or a filter such as '{kind: log, sigma: 3}'.")
    var images: String?

    @Option(help: ExtractionSettings.optionHelp("texture.distances"))
    var distances: NumberList?

    @Option(
        help: """
            How directions become one value: 3D_comb, 3D_avg, 2D_comb or 2D_avg. Default: what the settings list, otherwise \
            3D_comb, of one slice 2D_comb. IBSI convention.
            """)
    var aggregations: NameList?

    /// Names of the options that were given and that a convention may not take.
    var given: Set<String> { names([("aggregations", aggregations != nil)]) }

    func apply(to settings: inout FeatureMapSettings) throws(SettingsError) {
        if let kernelRadius { settings.kernelRadius = kernelRadius }
        if let maskedKernel { settings.kernelVoxels = maskedKernel ? .ofRegion : .all }
        if let images { settings.extraction.images = try ImageItem.list(yaml: images, option: "--images") }
        if let distances { settings.extraction.texture.distances = try distances.wholeNumbers("--distances") }
        if let aggregations { settings.extraction.texture.aggregations = try aggregations.aggregations }
        settings.mergeDirections()
        settings.extraction.texture.directions = .aggregated
        // None with --print-settings alone.
        if !feature.isEmpty { try settings.select(feature.flatMap(\.names)) }
    }
}

struct MapOutputOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Folder to write into, made when absent. One that has files in it is refused without --force.",
            valueName: "dir"),
        completion: .directory)
    var output: String?

    @Option(
        help: """
            Data as nrrd, nifti or dicom (a parametric map; all 32-bit floats) or png (16 bits, one slice). Default: png for \
            a PNG, nifti for a NIfTI, nrrd otherwise.
            """)
    var format: MapFormat?

    @Flag(help: "NRRD, NIfTI or DICOM on the whole grid of the image. Default: the box around the region.")
    var fullGrid = false

    @Option(
        parsing: .unconditional,
        help: "Value outside the region in NRRD, NIfTI and DICOM. Default: NaN, with --convention pyradiomics 0.")
    var initValue: Double?

    @OptionGroup var pictures: MapPictureOptions

    @Flag(help: "Continue: maps that are there of the same image, mask and settings are kept.")
    var resume = false

    @Flag(help: "Write into a folder that has files in it; files of the same names are replaced.")
    var force = false

    func validate() throws {
        if resume, force {
            throw ValidationError("--resume keeps maps and --force replaces them; give one of them")
        }
    }

    /// Where a shard writes others may have written.
    func destination(_ shard: Shard?) -> MapOutput {
        let existing: OutputFolder.Existing = force || resume || shard != nil ? .replace : .refuse
        return MapOutput(
            folder: OutputFolder(output ?? "", existing: existing), format: format,
            extent: fullGrid ? .grid : .box, outside: initValue, pictures: pictures.choice)
    }
}

/// What the pictures show.
struct MapPictureOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: """
            Slice that the picture shows, as the series counts (Instance Number, or the frame): a number, largest, the one \
            with most of the region, or all, a picture of each. Default: largest.
            """)
    var slice: MapPictureChoice.Slices?

    @Flag(help: "One more picture with all slices of the region, thinned out evenly where they are more than 42.")
    var montage = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            Values of the image that are black and white in pictures, in its unit. Default: what the file says; otherwise by \
            the modality, for CT by what the region holds. PET goes from 0, white, up.
            """, valueName: "low,high"))
    var window: NumberList?

    func validate() throws {
        guard let window else { return }
        guard window.values.count == 2, window.values.allSatisfy(\.isFinite), window.values[0] < window.values[1] else {
            let found = window.values.map { "\($0)" }.joined(separator: ",")
            throw ValidationError("--window is \(found), expected two numbers, the lower first, such as -160,240")
        }
    }

    var choice: MapPictureChoice {
        MapPictureChoice(
            slices: slice ?? .largest, montage: montage ? .ofRegion : .none,
            window: window.map { $0.values[0]...$0.values[1] })
    }
}

extension MapFormat: ExpressibleByArgument {}

extension MapPictureChoice.Slices: ExpressibleByArgument {
    public init?(argument: String) {
        switch argument {
        case "largest": self = .largest
        case "all": self = .all
        default:
            guard let number = Int(argument) else { return nil }
            self = .number(number)
        }
    }
}
