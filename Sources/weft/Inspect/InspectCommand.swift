import ArgumentParser
import Encoding
import Workflows

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Say what is in files, folders or archives: images, regions, geometry, and what would be skipped and why.",
        discussion: """
            Reads headers, computes nothing. Use it before a long run, and when a mask is not found.

              weft inspect archive/
              weft inspect archive/ --json
              weft inspect archive/ --slice-labels GTV_Mass > labels.csv
            """)

    @Argument(help: "DICOM or PNG files, folders or archives.", completion: .file())
    var path: [String]

    @Flag(help: "Print JSON: one object with images, masks and skipped.")
    var json = false

    @Flag(help: "List each skipped file, not one line for each reason and kind of file.")
    var all = false

    @Option(
        help: """
            Print a table for weft finetune instead: image,label,patient, a row for each slice of the images that have \
            this region (a name or a pattern as in weft extract --roi); the label is with or without.
            """)
    var sliceLabels: String?

    @Option(
        help: """
            With --slice-labels: only regions of these kinds of mask, rtstruct, seg or png, several separated by commas. \
            Default: all.
            """)
    var maskKind: MaskKinds?

    @OptionGroup var images: ModalityOptions

    @Option(
        name: [.customShort("j", allowingJoined: true), .long],
        help: "Files that are read at the same time, a number from 1 to 1024.")
    var jobs = JobCount.allCores

    @OptionGroup var shown: IdentityOptions

    @Flag(name: .shortAndLong, help: "No progress on standard error.")
    var quiet = false

    func validate() throws {
        guard maskKind == nil || sliceLabels != nil else {
            throw ValidationError("--mask-kind is given without --slice-labels, the only table that takes it")
        }
    }

    func run() throws {
        if let sliceLabels { return try printSliceLabels(region: sliceLabels) }
        let inventory = try Inventory(
            of: path, modalities: try images.codes, identity: shown.disclosure, jobs: jobs.count, .console(verbosity))
        Console.print(
            json ? try inventory.json() : inventory.text(skipped: all ? .each : .grouped).printableLines)
        guard !inventory.isEmpty else {
            throw CommandFailure(
                .inputUnreadable,
                "\(path.joined(separator: ", ")): \(inventory.reasonForNothing ?? "found nothing that weft reads")")
        }
    }

    private var verbosity: Verbosity { quiet ? .quiet : .normal }

    private func printSliceLabels(region: String) throws {
        let labels = try SliceLabels(
            of: path, region: region, kinds: maskKind?.formats ?? [], identity: shown.disclosure, jobs: jobs.count,
            .console(verbosity))
        for reason in labels.leftOut { Console.note("left out: \(reason)", verbosity) }
        for note in labels.notes { Console.note(note, verbosity) }
        guard !labels.rows.isEmpty else {
            throw CommandFailure(
                .inputUnreadable,
                "\(path.joined(separator: ", ")): found no image with a region '\(region)'; weft inspect lists the regions"
            )
        }
        var table = PlainTable(["image", "label", "patient"])
        table.rows = labels.rows.map { [$0.image, $0.label.rawValue, $0.patient] }
        Console.print(table.plainCSV)
    }
}
