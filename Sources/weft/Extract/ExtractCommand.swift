import ArgumentParser
import SettingsFile
import Workflows

struct Extract: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compute the features of every region of interest.",
        discussion: """
            Give DICOM files, folders or whole archives, PNGs, or a CSV manifest with the columns Image and Mask (and \
            ROI, Label, Case). Masks (RTSTRUCT, DICOM SEG, name_mask.png) that lie beside the images are found by their \
            references; --mask names others.

              weft extract series/ -o table.csv
              weft extract archive/ --roi 'GTV*' --modality CT --range -500,400 --bin-width 25 -o table.csv
              weft extract breast.png --mask breast_mask.png --bin-count 32
            """)

    @Argument(help: "DICOM files or folders, PNGs, or a CSV manifest.", completion: .file())
    var input: [String] = []

    @OptionGroup(title: "Regions") var regions: RegionOptions
    @OptionGroup(title: "Regions") var labelNames: LabelNameOptions
    @OptionGroup(title: "Regions") var images: ModalityOptions
    @OptionGroup(title: "Settings (in the order in which they apply)") var settings: SettingsOptions
    @Flag(help: "Print the settings that the file and the options come to, as a settings file, and stop.")
    var printSettings = false

    @OptionGroup(title: "Output") var output: TableOptions
    @OptionGroup(title: "Many machines") var batch: BatchOptions
    @OptionGroup(title: "Running") var running: RunningOptions

    func validate() throws {
        if input.isEmpty, !printSettings { throw ValidationError("Missing expected argument '<input> ...'") }
    }

    func run() throws {
        var file = try settings.resolved()
        do throws(SettingsError) {
            file.settings.register = try regions.register(insteadOf: file.settings.register)
        } catch { throw CommandFailure(error) }
        for note in file.notes {
            Console.note("\(settings.preparation.settings ?? ""): \(note)", running.verbosity)
        }
        guard !printSettings else { return Console.print(file.settings.yaml) }
        settings.preparation.sayWhatSectionsBeat(file.settings, running.verbosity)
        var extraction = FeatureExtraction(
            of: input, regions: labelNames.name(regions.choice(settingsLabel: file.label, running.verbosity)),
            settings: file.settings,
            identity: try running.identity, jobs: running.jobs)
        extraction.modalities = try images.codes
        extraction.shard = batch.shard
        extraction.sharedNumbers = file.sharedNumbers
        let watch = try batch.watch(running.observer)
        let summary: ExtractionSummary
        do {
            summary = try extraction.write(to: output.destination(batch.shard), watch.observer)
        } catch { throw CommandFailure(error) }
        try report(summary, watch)
    }

    /// How it went, and where the table is.
    private func line(_ summary: ExtractionSummary, _ table: String) -> String {
        let patients = "\(summary.cases) image(s)" + (summary.patients > 0 ? ", \(summary.patients) patient(s)" : "")
        var text =
            "\(summary.regions) region(s) of \(patients), \(summary.failed) failed, \(summary.warnings) with a warning"
        if summary.warnings > 0 { text += " (see the column 'reason')" }
        return summary.table == .unchanged ? "nothing to do: \(table) has \(text)" : "\(table): \(text)"
    }

    private func report(_ summary: ExtractionSummary, _ watch: BatchWatch) throws {
        if summary.ending == .interrupted {
            let kept = summary.journal.map { "; finished rows are in \($0), --resume continues" } ?? ""
            throw CommandFailure(
                .interrupted, "interrupted after \(summary.casesDone) of \(summary.cases) cases\(kept)")
        }
        for row in summary.firstFailures {
            let roi = row.identity.roi.isEmpty ? row.identity.label : row.identity.roi
            Console.error("\(row.identity.caseID)\(roi.isEmpty ? "" : " \(roi)"): \(row.reason)")
        }
        if let reports = summary.reports {
            let without = reports.seriesWithoutValues
            let empty = without > 0 ? "; none for \(without) series without a value" : ""
            Console.note("\(reports.written) structured report(s) in \(reports.folder)\(empty)", running.verbosity)
        }
        if let table = output.output, table != "-" {
            Console.note(line(summary, table), running.verbosity)
        } else if summary.warnings > 0 {
            Console.note("\(summary.warnings) region(s) with a warning: see the column 'reason'", running.verbosity)
        }
        if let doubts = summary.doubtsInWords { Console.note(doubts, running.verbosity) }
        guard summary.failed == 0 else {
            let shown = summary.firstFailures.count
            let others = summary.failed > shown ? ", the first \(shown) above" : ""
            return try watch.end(
                CommandFailure(
                    .someCasesFailed,
                    "\(summary.failed) region(s) or case(s) failed\(others); their rows say why (column 'reason')"))
        }
    }
}
