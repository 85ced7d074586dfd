import ArgumentParser
import Tables
import Workflows

/// Where a table of features goes.
struct TableOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help:
            "Where the table goes: NAME.csv, .tsv, .json, .jsonl or .xlsx, or - for standard output. Default: a readable table on a terminal, CSV otherwise.",
        completion: .file())
    var output: String?

    @Option(
        help:
            "wide (one row per region, default) or long (one row per value, with unit, IBSI code and the reason of an empty one)."
    )
    var layout = TableLayout.wide

    @OptionGroup var csv: CSVOptions

    @Flag(help: "Continue a table with the same settings and input: rows that are done are taken over.")
    var resume = false

    @Flag(help: "Replace an existing table.")
    var force = false

    @Option(help: "Also write every co-occurrence matrix into this folder, as CSV.", completion: .directory)
    var matrices: String?

    @Option(
        help: ArgumentHelp(
            """
            Also write what the features of every region were computed of into this folder: image and mask after resampling, \
            mask after re-segmentation, grey levels.
            """, valueName: "folder"),
        completion: .directory)
    var saveSteps: String?

    @Option(help: "With --save-steps: nii.gz (default) or nrrd.")
    var stepsFormat: StepOutput.Format?

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
        if stepsFormat != nil, saveSteps == nil {
            throw ValidationError("--steps-format is given without --save-steps, whose files it is of")
        }
        try csv.check(output)
    }

    /// Where a shard writes others may have written.
    func destination(_ shard: Shard?) -> ExtractionOutput {
        let folders: OutputFolder.Existing = force || resume || shard != nil ? .replace : .refuse
        return ExtractionOutput(
            table: .named(output, existing: force ? .replace : resume ? .resume : .refuse, csv.form), layout: layout,
            matrices: matrices.map { OutputFolder($0, existing: folders) },
            steps: saveSteps.map { StepOutput(OutputFolder($0, existing: folders), format: stepsFormat ?? .nifti) },
            reports: sr.map { OutputFolder($0, existing: folders) })
    }
}

/// How a CSV is written for the spreadsheet that will open it.
struct CSVOptions: ParsableArguments {
    @Option(
        help:
            "Of a CSV: comma (default) or semicolon, with a decimal comma, as Excel opens it where numbers are written so."
    )
    var csv: CSVForm.Separator?

    @Flag(help: "Of a CSV or TSV: begin with a byte-order mark, by which Excel knows UTF-8.")
    var bom = false

    var form: CSVForm { CSVForm(separator: csv ?? .comma, hasOrderMark: bom) }

    /// Whether they go with the name of the table.
    func check(_ output: String?) throws {
        guard let output, output != "-", let encoding = TableEncoding(path: output) else { return }
        if csv != nil, encoding != .csv {
            throw ValidationError("--csv is for NAME.csv and standard output; found --output \(output)")
        }
        if bom, [.json, .jsonl, .xlsx].contains(encoding) {
            throw ValidationError("--bom is for NAME.csv, NAME.tsv and standard output; found --output \(output)")
        }
    }
}

extension TableLayout: ExpressibleByArgument {}
extension StepOutput.Format: ExpressibleByArgument {}
extension CSVForm.Separator: ExpressibleByArgument {}

extension TableDestination {
    /// `-` is standard output; nil a readable table on a terminal, standard output elsewhere.
    static func named(_ path: String?, existing: TableFile.Existing, _ csv: CSVForm) -> TableDestination {
        switch path {
        case nil where Console.outputIsTerminal: .readable(Console.print)
        case nil, "-": .stream(Console.print, csv: csv)
        case let path?: .file(path: path, existing: existing, csv: csv)
        }
    }
}
