import ArgumentParser
import Foundation
import Radiomics
import Workflows

/// `weft map INPUT --feature F -o DIR`
struct Map: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show where in the image a texture feature is high: voxel-wise feature maps.",
        discussion: """
            The value at a voxel is the feature of the kernel around it. Each map is written as data (NRRD, DICOM \
            parametric map, or 16-bit PNG for a PNG) and as a picture with a colour bar; a JSON file beside them says \
            how they were made. Images, masks and regions are found as by weft extract.

              weft map series/ --feature cm_contrast --roi 'GTV*' -o maps
              weft map series/ --convention pyradiomics --feature glcm --kernel-radius 2 -o maps
              weft map breast.png --whole-image --2d --feature cm_joint_entr --bin-count 32 -o maps
            """)

    @Argument(help: "DICOM files or folders, PNGs, or a CSV manifest.", completion: .file())
    var input: [String]

    @OptionGroup(title: "Regions") var regions: RegionOptions
    @OptionGroup(title: "Maps") var maps: MapOptions
    @OptionGroup(title: "Settings (in the order in which they apply)") var preparation: PreparationOptions
    @OptionGroup(title: "PyRadiomics' own settings (with --convention pyradiomics)") var pyradiomics: PyRadiomicsOptions
    @OptionGroup(title: "Output") var output: MapOutputOptions
    @OptionGroup(title: "Running") var running: RunningOptions

    func run() throws {
        let (settings, label) = try resolved()
        try OutputFolder(output.output, existing: output.force ? .replace : .refuse).prepare(option: "--output")
        let plan = try CasePlan(
            input, regions: regions.choice(settingsLabel: label, running.verbosity), identity: running.identity,
            jobs: running.jobs, observer: running.observer)
        try MapRun(plan: plan, settings: settings, output: output, running: running).perform()
    }

    /// With the label that the settings file names.
    private func resolved() throws -> (FeatureMapSettings, label: Int?) {
        do {
            let file = try preparation.file()
            for note in file.notes where note != SettingsFile.voxelSettingNote {
                Console.note("\(preparation.settings ?? ""): \(note)", running.verbosity)
            }
            var settings = FeatureMapSettings(file.settings)
            if let voxels = file.voxelSetting { settings.apply(voxels) }
            let ends = try preparation.apply(to: &settings.extraction)
            try maps.apply(to: &settings)
            try pyradiomics.apply(to: &settings.extraction, range: ends)
            if maps.withinSlices { settings.stayWithinSlices() }
            try settings.validate()
            return (settings, file.label)
        } catch let error as SettingsError {
            throw CommandFailure(error)
        }
    }
}

/// Which maps, and what the kernel is.
struct MapOptions: ParsableArguments {
    @Option(
        help: """
            Features, by tag such as cm_contrast or PyRadiomics' glcm_Contrast, separated by commas; cm, stat, ih (or \
            glcm, firstorder) for all of a family. May be repeated.
            """)
    var feature: [NameList]

    @Option(help: "Voxels on each side of the centre of a kernel, from 1 to 32.")
    var kernelRadius: Int?

    @Flag(
        inversion: .prefixedNo,
        help: "Only voxels of the region count in a kernel and for the bins. Default: yes.")
    var maskedKernel: Bool?

    @Flag(name: .customLong("2d"), help: "Kernels within a slice. Default: cubes.")
    var withinSlices = false

    @Option(help: "Distances of voxel pairs, in voxels, e.g. 1,2. Default: 1.")
    var distances: NumberList?

    @Option(help: "How directions become one value: 3D_comb (default), 3D_avg, 2D_comb or 2D_avg. IBSI convention.")
    var aggregations: NameList?

    func apply(to settings: inout FeatureMapSettings) throws(SettingsError) {
        if let kernelRadius { settings.kernelRadius = kernelRadius }
        if let maskedKernel { settings.kernelVoxels = maskedKernel ? .ofRegion : .all }
        if let distances { settings.extraction.texture.distances = try distances.wholeNumbers("--distances") }
        settings.extraction.texture.aggregations = try aggregations?.aggregations ?? [.merged3D]
        settings.extraction.texture.directions = .aggregated
        try settings.select(feature.flatMap(\.names))
    }
}

struct MapOutputOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Folder to write into, made when absent. One that has files in it is refused without --force.",
            valueName: "dir"),
        completion: .directory)
    var output: String

    @Option(
        help: """
            Data as nrrd or dicom (a parametric map; both 32-bit floats) or png (16 bits, one slice). Default: png for \
            a PNG, nrrd otherwise.
            """)
    var format: MapFormat?

    @Flag(help: "NRRD or DICOM on the whole grid of the image. Default: the box around the region.")
    var fullGrid = false

    @Option(
        parsing: .unconditional,
        help: "Value outside the region in NRRD and DICOM. Default: NaN, with --convention pyradiomics 0.")
    var initValue: Double?

    @Flag(help: "Write into a folder that has files in it; files of the same names are replaced.")
    var force = false
}

enum MapFormat: String, CaseIterable, ExpressibleByArgument, Sendable { case nrrd, dicom, png }
