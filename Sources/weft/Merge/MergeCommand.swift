import ArgumentParser
import Files
import Tables

/// `weft merge shard-*.csv -o all.csv`
struct Merge: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put the tables of shards together: the table of one run, byte for byte.",
        discussion: """
            Tables of weft extract, embed and predict with --shard, in .csv, .tsv, .json or .jsonl, wide or long. They must be of one \
            run: the same settings, convention, columns and cases, and all shards of it. A case that several tables have is taken \
            once. Tables without shards are put together as well, when their settings and columns are the same; then patients \
            stand in the order of what the rows call them.

              weft merge shard-*.csv -o all.csv
            """)

    @Argument(help: "Tables of shards.", completion: .file())
    var table: [String]

    @Option(
        name: .shortAndLong,
        help: "Where the table goes: a name with the suffix of the tables, or - for standard output (default).",
        completion: .file())
    var output: String?

    @Flag(help: "Take what is there where shards are missing. Default: that is an error.")
    var allowMissing = false

    @Flag(help: "Replace an existing table.")
    var force = false

    @Flag(name: .shortAndLong, help: "No notes on standard error.")
    var quiet = false

    func run() throws {
        let output = output ?? "-"
        _ = try OutputFile(output, replacing: force)
        let merge = TableMerge(table, missing: allowMissing ? .leftOut : .refused)
        let summary: TableMerge.Summary
        do {
            summary =
                try output == "-"
                ? merge.write(to: Console.print) : merge.write(to: output, existing: force ? .replace : .refuse)
        } catch { throw CommandFailure(error) }
        let verbosity: Verbosity = quiet ? .quiet : .normal
        let missing = summary.missingShards
        if !missing.isEmpty {
            Console.note(
                "\(missing.count) shard(s) are missing, e.g. \(missing.prefix(5).map(String.init).joined(separator: ", "))",
                verbosity)
        }
        if !summary.isOfShards, summary.tables > 1 {
            Console.note("the tables are of no shards: their rows are put in order by what they say", verbosity)
        }
        let repeated = summary.repeated > 0 ? ", \(summary.repeated) case(s) in several tables taken once" : ""
        Console.note(
            "\(output == "-" ? "" : "\(output): ")\(summary.lines) row(s) of \(summary.cases) case(s) from \(summary.tables) table(s)"
                + ", \(summary.failed) failed\(repeated)", verbosity)
    }
}

extension CommandFailure {
    init(_ error: MergeError) {
        let status: ExitStatus =
            switch error {
            case .cannotWrite, .exists: .outputUnwritable
            default: .inputUnreadable
            }
        self.init(status, error.description)
    }
}
