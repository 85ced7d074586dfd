import ArgumentParser
import Foundation
import Ingestion
import Radiomics
import Tables

struct Extract: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compute the features of every region of interest.",
        discussion: """
            Give DICOM files, folders or whole archives, PNGs, or a CSV manifest with the columns Image and Mask (and \
            ROI, Label, Case). Masks (RTSTRUCT, DICOM SEG, name_mask.png) that lie beside the images are found by their \
            references; --mask names others.

              weft extract series/ -o table.csv
              weft extract archive/ --roi 'GTV*' --range -500,400 --bin-width 25 -o table.csv
              weft extract breast.png --mask breast_mask.png --bin-count 32
            """)

    @Argument(help: "DICOM files or folders, PNGs, or a CSV manifest.", completion: .file())
    var input: [String] = []

    @OptionGroup(title: "Regions") var regions: RegionOptions
    @OptionGroup(title: "Settings (in the order in which they apply)") var settings: SettingsOptions
    @Flag(help: "Print the settings that the file and the options come to, as a settings file, and stop.")
    var printSettings = false

    @OptionGroup(title: "Output") var output: TableOptions
    @OptionGroup(title: "Running") var running: RunningOptions

    func validate() throws {
        if input.isEmpty, !printSettings { throw ValidationError("Missing expected argument '<input> ...'") }
        if regions.wholeImage, !regions.mask.isEmpty || !regions.roi.isEmpty || !regions.label.isEmpty {
            throw ValidationError(
                "--whole-image takes every voxel; leave out --mask, --roi and --label, or leave it out")
        }
    }

    func run() throws {
        let file = try settings.resolved()
        for note in file.notes {
            Console.note("\(self.settings.preparation.settings ?? ""): \(note)", running.verbosity)
        }
        let settings = file.settings
        guard !printSettings else { return Console.print(settings.yaml) }
        var regions = regions
        if let label = file.label, regions.label.isEmpty, regions.roi.isEmpty, !regions.wholeImage {
            regions.label = [label]
            Console.note(
                "only regions with the label \(label) of the settings file; --label or --roi names others",
                running.verbosity)
        }
        let table = FeatureTable(layout: output.layout, features: settings.columns)
        // The output is opened before the work starts: a path that cannot be written costs nobody an hour.
        let matrices = try output.matrices.map { path in
            try MatrixFolder(path, existing: output.force || output.resume ? .replace : .refuse)
        }
        let reports = try output.sr.map { path in
            try ReportFolder(path, existing: output.force || output.resume ? .replace : .refuse)
        }
        let sink = try TableSink(output, table: table)
        let plan: ExtractionPlan
        do {
            plan = try ExtractionPlan(input: input, regions: regions, running: running)
            try reports?.expect(plan.cases, settings: settings, running.verbosity)
        } catch {
            try sink.abandon()
            throw error
        }
        let run = ExtractionRun(
            plan: plan, extractor: Extractor(settings), running: running, matrices: matrices, reports: reports)
        try run.perform(into: sink)
    }
}

/// Which voxels of which images.
struct RegionOptions: ParsableArguments {
    @Option(
        help: "RTSTRUCT, SEG or PNG mask, or a folder of them, when it does not lie beside the images. May be repeated."
    )
    var mask: [String] = []

    @Option(
        help: "Only regions whose name matches, e.g. 'GTV*' (* any text, ? one letter). May be repeated. Default: all.")
    var roi: [String] = []

    @Option(help: "Only the ROI, segment or mask value with this number. May be repeated. Default: all.")
    var label: [Int] = []

    @Flag(help: "Take the whole image as the region, without a mask.")
    var wholeImage = false

    var selection: RegionSelection { RegionSelection(names: roi, labels: label) }
}

struct RunningOptions: ParsableArguments {
    @Option(
        name: [.customShort("j", allowingJoined: true), .customLong("jobs")],
        help: "How many threads work, a number from 1.")
    var jobCount = JobCount.allCores

    @Option(
        help: "How the patient appears in what is written: pseudonym (default) or full, the Patient ID of the files.")
    var identity = IdentityDisclosure.pseudonym

    @Flag(name: .shortAndLong, help: "No progress and no notes on standard error; failures are still named.")
    var quiet = false

    var jobs: Int { jobCount.count }
    var verbosity: Verbosity { quiet ? .quiet : .normal }
}

struct TableOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help:
            "Where the table goes: NAME.csv, .json or .jsonl, or - for standard output. Default: a readable table on a terminal, CSV otherwise.",
        completion: .file())
    var output: String?

    @Option(
        help:
            "wide (one row a region, default) or long (one row a value, with unit, IBSI code and the reason of an empty one)."
    )
    var layout = TableLayout.wide

    @Flag(help: "Continue an interrupted table: rows of the same content and settings are taken over.")
    var resume = false

    @Flag(help: "Replace an existing table.")
    var force = false

    @Option(help: "Also write every co-occurrence matrix into this folder, as CSV.", completion: .directory)
    var matrices: String?

    @Option(
        help: ArgumentHelp(
            "Also write the values of every DICOM series into this folder, as a DICOM Structured Report.",
            valueName: "folder"),
        completion: .directory)
    var sr: String?

    func validate() throws {
        if resume, force {
            throw ValidationError("--resume continues a table and --force replaces it; give one of them")
        }
        if resume, output == nil || output == "-" {
            throw ValidationError("--resume needs the table to continue: give it with --output")
        }
    }
}

extension TableLayout: ExpressibleByArgument {}
