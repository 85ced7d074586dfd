import ArgumentParser
import Statistics
import Workflows

/// `weft harmonise fit TABLE --batch scanner -o combat.json`, `weft harmonise apply TABLE --model combat.json -o table.csv`
struct Harmonise: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take out of a table what scanners add to it (ComBat).",
        discussion: """
            ComBat: the shift and the width that each batch (scanner, centre, protocol) gives a feature are estimated and taken \
            out; what covariates explain stays in. The fit is a file: made of training rows, applied to them and to new ones. \
            Rows of the split test never take part, nor those of --without-fold.

              weft harmonise fit table.csv --with patients.csv --batch scanner --covariates age,sex -o combat.json
              weft harmonise apply table.csv --with patients.csv --model combat.json -o harmonised.csv

            """,
        subcommands: [HarmoniseFit.self, HarmoniseApply.self])
}

struct HarmoniseFit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit", abstract: "Fit ComBat to a table of features.",
        discussion: """
            Features are the columns of numbers beside the identity, the diagnostics, the batch and the covariates. A covariate \
            of numbers is taken as it is, one of words as an indicator for each level but the first. Empty cells take no part; a \
            feature that does not vary within its batches stays as it is, and is named.

            """)

    @Argument(help: "Table of features, CSV or TSV with a header.", completion: .file())
    var table: String

    @Option(help: "Column that says the batch of a row.")
    var batch: String

    @Option(help: ArgumentHelp("Columns of what is to stay, comma-separated.", valueName: "names"))
    var covariates: String?

    @Option(
        name: .customLong("with"),
        help: ArgumentHelp(
            "Table of what the first one does not have, with a row for each case or patient (its column case or patient).",
            valueName: "file"), completion: .file())
    var beside: String?

    @Option(help: "How sure a batch's figures are taken to be: parametric (default), nonparametric, or none.")
    var prior = ComBatSettings.Prior.parametric

    @Flag(help: "Take out the shift and leave the width; batches of one row are possible then.")
    var meanOnly = false

    @Option(help: "Batch that the others are brought to, and that stays as it is; default: the mean of all.")
    var reference: String?

    @Option(help: ArgumentHelp("Leave out the rows of this fold, which are to be tested on.", valueName: "fold"))
    var withoutFold: String?

    @Option(name: .shortAndLong, help: "File of the model, JSON.", completion: .file(extensions: ["json"]))
    var output: String

    @Flag(help: "Replace an existing file.")
    var force = false

    @Flag(name: .shortAndLong, help: "No notes on standard error.")
    var quiet = false

    func run() throws {
        let file = try OutputFile(output, replacing: force)
        var fit = HarmonisationFit(of: table, batch: batch)
        fit.beside = beside
        fit.covariates = (covariates ?? "").split(separator: ",").map { String($0) }
        fit.fold = withoutFold
        fit.settings.prior = prior
        fit.settings.effect = meanOnly ? .meanOnly : .meanAndVariance
        fit.settings.reference = reference
        let model: Harmonisation
        do throws(HarmonisationError) {
            model = try fit.run { Console.note($0, quiet ? .quiet : .normal) }
        } catch { throw CommandFailure(error) }
        try file.write(try model.json)
    }
}

struct HarmoniseApply: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Apply a fitted ComBat to a table.",
        discussion: """
            Features that the model knows are replaced, every other cell stays. Where a table has none of the covariates, the mean \
            of what they explained in the fit's rows stands in.

            """)

    @Argument(help: "Table of features, CSV or TSV with a header.", completion: .file())
    var table: String

    @Option(help: "File that weft harmonise fit wrote.", completion: .file(extensions: ["json"]))
    var model: String

    @Option(
        name: .customLong("with"),
        help: ArgumentHelp(
            "Table of what the first one does not have, with a row for each case or patient (its column case or patient).",
            valueName: "file"), completion: .file())
    var beside: String?

    @Option(name: .shortAndLong, help: "File of the harmonised table, CSV; - for standard output.", completion: .file())
    var output: String

    @Flag(help: "Replace an existing file.")
    var force = false

    func run() throws {
        let file = try OutputFile(output, replacing: force)
        let text: String
        do throws(HarmonisationError) {
            text = try Harmonisation(path: model).applied(to: table, beside: beside)
        } catch { throw CommandFailure(error) }
        try file.write(text)
    }
}

extension ComBatSettings.Prior: ExpressibleByArgument {}

extension CommandFailure {
    fileprivate init(_ error: HarmonisationError) {
        if case .ingestion(let error) = error {
            self.init(error)
        } else {
            self.init(.inputUnreadable, error.description)
        }
    }
}
