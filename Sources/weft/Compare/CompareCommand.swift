import ArgumentParser
import Ingestion

/// `weft compare`: what is compared follows from what is given.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Handcrafted texture against learned texture.",
        discussion: """
            With --features (a table of weft extract) and --embeddings (a table of weft embed): how much of each feature can be \
            told linearly from the embedding (cross-validated R², whole patients held out), how alike the two tables are (CKA), \
            and with --labels how well the same classifier does on features, embedding and both.

              weft compare --features features.csv --embeddings embeddings.csv -o report.html
              weft compare --features f.csv --embeddings e.csv --labels labels.csv -o report.html
            """)

    @OptionGroup(title: "Features against embeddings") var tables: TableComparisonOptions

    @Option(
        name: .shortAndLong,
        help:
            "Where it goes: NAME.html (page), NAME.csv (a row a figure), - is CSV on standard output. May be repeated.",
        completion: .file(extensions: ["html", "csv"]))
    var output: [String] = []

    @Option(
        help: """
            With --labels: folder for the held-out predictions of the three classifiers, handcrafted.csv, learned.csv and \
            joined.csv, which weft evaluate reads. Made when absent.
            """, completion: .directory)
    var predictions: String?

    @Flag(help: "Replace existing outputs.")
    var force = false

    @Option(name: [.customShort("j"), .customLong("jobs")], help: "Threads. The results do not depend on them.")
    var jobCount = JobCount.allCores

    @Flag(name: .shortAndLong, help: "No table on standard output, no notes on standard error.")
    var quiet = false

    func validate() throws {
        guard tables.features != nil, tables.embeddings != nil else {
            throw ValidationError("give two tables with --features and --embeddings")
        }
        guard predictions == nil || tables.labels != nil else {
            throw ValidationError("--predictions are of the classifiers, which need --labels")
        }
        for path in output where path != "-" && !path.hasSuffix(".html") && !path.hasSuffix(".csv") {
            throw ValidationError("--output is \(path), expected NAME.html, NAME.csv or -")
        }
    }

    func run() throws {
        let files = try output.map { try OutputFile($0, replacing: force) }
        let predictionFiles = try predictionFiles()
        let verbosity: Verbosity = quiet ? .quiet : .normal
        let comparison = try TableComparison(tables, threads: jobCount.count, verbosity: verbosity)
        for file in files { try file.write(file.suffix == "html" ? comparison.html : comparison.csv) }
        for (file, classifier) in zip(predictionFiles, comparison.classifiers) {
            try file.write(TableComparison.predictions(classifier.set))
        }
        if !quiet, !output.contains("-") { Console.print(comparison.text) }
    }

    private func predictionFiles() throws -> [OutputFile] {
        guard let predictions else { return [] }
        do {
            try makeFolder(at: predictions)
        } catch { throw CommandFailure(.outputUnwritable, "\(error)") }
        return try ["handcrafted", "learned", "joined"].map {
            try OutputFile("\(predictions)/\($0).csv", replacing: force)
        }
    }
}
