import ArgumentParser
import Foundation
import Radiomics
import SettingsFile
import Workflows

/// `weft map INPUT --feature F -o DIR`
struct Map: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show where in the image a texture feature is high: voxel-wise feature maps.",
        discussion: """
            The value at a voxel is the feature of the kernel around it. Each map is written as data (NRRD, NIfTI, DICOM \
            parametric map, or 16-bit PNG for a PNG) and as a picture with a colour bar; a JSON file beside them says \
            how they were made. Images, masks and regions are found as by weft extract.

              weft map series/ --feature cm_contrast --roi 'GTV*' -o maps
              weft map series/ --convention pyradiomics --feature glcm --kernel-radius 2 -o maps
              weft map breast.png --whole-image --2d --feature cm_joint_entr --bin-count 32 -o maps
            """)

    @Argument(help: "DICOM files or folders, PNGs, or a CSV manifest.", completion: .file())
    var input: [String] = []

    @OptionGroup(title: "Regions") var regions: RegionOptions
    @OptionGroup(title: "Regions") var labelNames: LabelNameOptions
    @OptionGroup(title: "Regions") var images: ModalityOptions
    @OptionGroup(title: "Maps") var maps: MapOptions
    @OptionGroup(title: "Settings (in the order in which they apply)") var preparation: PreparationOptions
    @OptionGroup(title: "PyRadiomics' own settings (with --convention pyradiomics)") var pyradiomics: PyRadiomicsOptions
    @Flag(
        help: """
            Print the settings that the file and the options come to, as a settings file with the kernel as a comment, and \
            stop.
            """)
    var printSettings = false

    @OptionGroup(title: "Output") var output: MapOutputOptions
    @OptionGroup(title: "Many machines") var batch: BatchOptions
    @OptionGroup(title: "Running") var running: RunningOptions

    func validate() throws {
        guard !printSettings else { return }
        if input.isEmpty { throw ValidationError("Missing expected argument '<input> ...'") }
        if maps.feature.isEmpty { throw ValidationError("Missing expected argument '--feature <feature> ...'") }
        if output.output == nil { throw ValidationError("Missing expected argument '--output <dir>'") }
    }

    func run() throws {
        let (settings, label, shared) = try resolved()
        guard !printSettings else { return Console.print(settings.yaml) }
        var mapping = FeatureMapping(
            of: input, regions: labelNames.name(regions.choice(settingsLabel: label, running.verbosity)),
            settings: settings,
            identity: try running.identity, jobs: running.jobs)
        mapping.modalities = try images.codes
        mapping.sharedNumbers = shared
        (mapping.shard, mapping.finished) = (batch.shard, output.resume ? .kept : .madeAnew)
        let watch = try batch.watch(running.observer)
        let destination = output.destination(batch.shard)
        let summary = try mapping.write(to: destination, watch.observer)
        guard summary.ending == .complete else {
            throw CommandFailure(
                .interrupted,
                "interrupted; the maps of \(summary.regions) region(s) are in \(destination.folder.path), --resume continues"
            )
        }
        Console.note(
            "\(summary.maps) map(s) of \(summary.regions) region(s) in \(destination.folder.path)"
                + (summary.kept > 0 ? ", \(summary.kept) of them as they were" : ""),
            running.verbosity)
        guard summary.failures == 0 else {
            return try watch.end(
                CommandFailure(.someCasesFailed, "\(summary.failures) region(s) or case(s) failed, see above"))
        }
    }

    /// With the label that the settings file names.
    private func resolved() throws -> (FeatureMapSettings, label: Int?, SharedNumbers) {
        do {
            let file = try preparation.file()
            for note in file.notes where note != ExtractionSettingsFile.voxelSettingNote {
                Console.note("\(preparation.settings ?? ""): \(note)", running.verbosity)
            }
            var settings = FeatureMapSettings(file.settings)
            if let voxels = file.voxelSetting { settings.apply(voxels) }
            let ends = try preparation.apply(to: &settings.extraction)
            try maps.apply(to: &settings)
            try pyradiomics.apply(to: &settings.extraction, range: ends)
            settings.extraction.register = try regions.register(insteadOf: settings.extraction.register)
            if maps.withinSlices { settings.stayWithinSlices() }
            try settings.validate(options: preparation.given.union(maps.given).union(pyradiomics.given))
            preparation.sayWhatSectionsBeat(settings.extraction, running.verbosity)
            return (settings, file.label, file.sharedNumbers)
        } catch let error as SettingsError {
            throw CommandFailure(error)
        }
    }
}
