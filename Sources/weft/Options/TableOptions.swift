import ArgumentParser
import Tables
import Workflows

/// Where a table of features goes.
struct TableOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help:
            "Where the table goes: NAME.csv, .json or .jsonl, or - for standard output. Default: a readable table on a terminal, CSV otherwise.",
        completion: .file())
    var output: String?

    @Option(
        help:
            "wide (one row per region, default) or long (one row per value, with unit, IBSI code and the reason of an empty one)."
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

    var destination: ExtractionOutput {
        let folders: OutputFolder.Existing = force || resume ? .replace : .refuse
        return ExtractionOutput(
            table: .named(output, existing: force ? .replace : resume ? .resume : .refuse), layout: layout,
            matrices: matrices.map { OutputFolder($0, existing: folders) },
            reports: sr.map { OutputFolder($0, existing: folders) })
    }
}

extension TableLayout: ExpressibleByArgument {}

extension TableDestination {
    /// `-` is standard output; nil a readable table on a terminal, standard output elsewhere.
    static func named(_ path: String?, existing: TableFile.Existing) -> TableDestination {
        switch path {
        case nil where Console.outputIsTerminal: .readable(Console.print)
        case nil, "-": .stream(Console.print)
        case let path?: .file(path: path, existing: existing)
        }
    }
}
