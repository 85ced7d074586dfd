import ArgumentParser
import Evaluation
import Files
import Reconstruction
import Reports
import Workflows

/// `weft compare`: what is compared follows from what is given.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Texture of two images; of originals against reconstructions; handcrafted against learned.",
        discussion: """
            Of two images or series, or folders of them paired by name: how their texture differs, feature by feature, second \
            minus first, as a whole or (--mask, --roi, --label) region by region.

              weft compare before.png after.png
              weft compare series1/ series2/ --roi 'GTV*' --window '-160,240 HU' -o report.html

            With folders that weft reconstruct wrote, with images and --weights, or with pictures and --as reconstructions: how \
            far the texture of reconstructions is from that of the originals, and which model is closer.

              weft compare pictures/ -o report.html
              weft compare originals/ reconstructions/ --as reconstructions -o report.html
              weft compare archive/ --weights mse/model.safetensors glcm/model.safetensors -o report.html

            With --features (a table of weft extract) and --embeddings (a table of weft embed): how much of each feature can be \
            told linearly from the embedding (cross-validated R², whole patients held out), how alike the two tables are (CKA), \
            and with --labels how well the same classifier does on features, embedding and both: columns side by side, the mean \
            of probabilities, stacking, a penalty for each table.

              weft compare --features features.csv --embeddings embeddings.csv -o report.html
              weft compare --features f.csv --embeddings e.csv --labels labels.csv -o report.html
              weft compare --features f.csv --embeddings tiles.csv --embeddings whole.csv --labels labels.csv
            """)

    @OptionGroup(title: "Images, originals and reconstructions") var pictures: PictureComparisonOptions
    @OptionGroup(title: "Features against embeddings") var tables: TableComparisonOptions

    @Option(
        name: .shortAndLong,
        help:
            "Where it goes: NAME.html (page), NAME.csv (a row a figure), NAME.json (not of tables), - is CSV on standard output. May be repeated.",
        completion: .file(extensions: ["html", "csv", "json"]))
    var output: [String] = []

    @Option(
        help: """
            With --labels: folder for the held-out predictions of each classifier, which weft evaluate reads beside those of \
            weft finetune: handcrafted.csv, learned.csv, joined.csv (the columns of both), mean.csv (the mean of the \
            probabilities), stacked.csv (a regression of the log-odds), blocks.csv (a penalty for each table), and of several \
            views one each. Made when absent.
            """, completion: .directory)
    var predictions: String?

    @Flag(help: "Replace existing outputs.")
    var force = false

    @Option(
        name: [.customShort("j"), .customLong("jobs")],
        help: "Threads, a number from 1 to 1024. The results do not depend on them.")
    var jobCount = JobCount.allCores

    @OptionGroup var shown: IdentityOptions

    @Flag(name: .shortAndLong, help: "No table on standard output, no notes on standard error.")
    var quiet = false

    private var verbosity: Verbosity { quiet ? .quiet : .normal }

    private enum Kind { case tables, pictures, images }

    private var kind: Kind {
        pictures.input.isEmpty ? .tables : pictures.kind == .images ? .images : .pictures
    }

    func validate() throws {
        switch kind {
        case .tables:
            guard tables.features != nil, !tables.embeddings.isEmpty else {
                throw ValidationError(
                    "name pictures to compare, or give two tables with --features and --embeddings")
            }
        case .pictures, .images:
            guard tables.features == nil, tables.embeddings.isEmpty, tables.labels == nil else {
                throw ValidationError("pictures and tables are compared apart: leave out the ones or the others")
            }
        }
        guard predictions == nil || tables.labels != nil else {
            throw ValidationError("--predictions are of the classifiers, which need --labels")
        }
        let suffixes = kind == .tables ? [".html", ".csv"] : [".html", ".csv", ".json"]
        for path in output where path != "-" && !suffixes.contains(where: path.hasSuffix) {
            throw ValidationError(
                "--output is \(path), expected NAME\(suffixes.joined(separator: ", NAME")) or -")
        }
    }

    func run() throws {
        let files = try output.map { try OutputFile($0, replacing: force) }
        switch kind {
        case .tables: try compareTables(files)
        case .images: try LearningFailures.described { try compareImages(files) }
        case .pictures: try LearningFailures.described { try comparePictures(files) }
        }
    }

    private func compareImages(_ files: [OutputFile]) throws {
        var request = try pictures.imageRequest()
        (request.resamples, request.seed, request.jobs) = (tables.resamples, tables.seed, jobCount.count)
        let identity = try shown.disclosure
        (request.identity, request.command) = (identity, CommandLineText.recorded(identity))
        let comparison: ImageComparison
        do { comparison = try request.compare(.console(verbosity)) } catch let error as ImageComparisonError {
            throw CommandFailure(error)
        }
        try OutputFile.write(
            files.map { file in
                switch file.suffix {
                case "html": (file, try comparison.html(version: Release.version))
                case "json": (file, try comparison.json(version: Release.version))
                default: (file, comparison.csv)
                }
            })
        if !quiet, !output.contains("-") { Console.print(comparison.text) }
        let failures = comparison.compared.failures.count
        guard failures == 0 else {
            throw CommandFailure(
                .someCasesFailed, "\(failures) of the images or regions could not be compared, see above")
        }
    }

    private func comparePictures(_ files: [OutputFile]) throws {
        var request = try pictures.request()
        (request.resamples, request.seed, request.jobs) = (tables.resamples, tables.seed, jobCount.count)
        let identity = try shown.disclosure
        (request.identity, request.command) = (identity, CommandLineText.recorded(identity))
        let comparison = try request.compare(.console(verbosity))
        try OutputFile.write(
            files.map { file in
                switch file.suffix {
                case "html": (file, try comparison.html(version: Release.version))
                case "json": (file, try comparison.json(version: Release.version))
                default: (file, comparison.csv)
                }
            })
        if !quiet, !output.contains("-") { Console.print(comparison.text) }
        guard comparison.compared.failed == 0 else {
            throw CommandFailure(.someCasesFailed, "\(comparison.compared.failed) image(s) failed, see above")
        }
    }

    private func compareTables(_ files: [OutputFile]) throws {
        var request = tables.request
        request.jobs = jobCount.count
        let (comparison, predictionFiles): (TableComparison, [OutputFile])
        do {
            let joined = try request.joined()
            predictionFiles = try self.predictionFiles(JoinedClassifiers.names(of: joined))
            comparison = try request.compare(joined, .console(verbosity))
        } catch let error as TableComparisonError { throw CommandFailure(error) }
        let command = CommandLineText.recorded(try shown.disclosure)
        try OutputFile.write(
            files.map {
                ($0, $0.suffix == "html" ? comparison.html(command: command, version: Release.version) : comparison.csv)
            } + zip(predictionFiles, comparison.classifiers).map { ($0, $1.set.csv) })
        if !quiet, !output.contains("-") { Console.print(comparison.text) }
    }

    private func predictionFiles(_ names: [String]) throws -> [OutputFile] {
        guard let predictions else { return [] }
        do {
            try makeFolder(at: predictions)
        } catch { throw CommandFailure(.outputUnwritable, "\(error)") }
        return try names.map { try OutputFile("\(predictions)/\($0).csv", replacing: force) }
    }
}

extension CommandFailure {
    init(_ error: ImageComparisonError) {
        let status: ExitStatus =
            switch error {
            case .interrupted: .interrupted
            case .inputs, .names, .otherUnit: .usage
            case .noImage, .noPairs, .nothingCompared: .inputUnreadable
            }
        self.init(status, error.description)
    }

    init(_ error: TableComparisonError) {
        switch error {
        case .ingestion(let error): self.init(error)
        case .library: self.init(.internalError, error.description)
        case .noJoinColumn, .noJoinColumns, .noSuchClass: self.init(.usage, error.description)
        case .noCommonIdentity, .repeatedRow, .nothingShared, .nothingSharedByAll, .noNumbers, .noLabels, .oneClass:
            self.init(.inputUnreadable, error.description)
        }
    }
}
