import ArgumentParser
import Foundation
import Workflows

struct TableComparisonOptions: ParsableArguments {
    @Option(
        help: "Table of handcrafted features, as weft extract writes it (CSV).", completion: .file(extensions: ["csv"]))
    var features: String?

    @Option(
        help: """
            Table of embeddings, as weft embed writes it: every numeric column that is no identity counts. May be repeated; each \
            table is a view with a classifier of its own, and so are the tiles and the whole slices of weft embed --both.
            """, completion: .file(extensions: ["csv"]))
    var embeddings: [String] = []

    @Option(
        help: "Classes: a CSV with image or case, label, and patient where the tables do not have it.",
        completion: .file(extensions: ["csv"]))
    var labels: String?

    @Option(
        help: ArgumentHelp(
            """
            Identity columns that rows of both tables share, e.g. case,roi. Default: those of case, study, series, image, roi, \
            label that are filled in both.
            """, valueName: "columns"))
    var join: String?

    @Option(
        help: """
            With --labels: the class that AUROC is about. Default: of two classes the one that is called with, malignant, \
            positive, yes, true, 1 or the like, else the rarer one; none of more.
            """)
    var positive: String?

    @Option(help: "Folds of patients that are held out in turn.")
    var folds = 5

    @Option(help: "Resamples of the patients for the intervals.")
    var resamples = 2000

    @Option(help: "Seed of hidden patches, folds and resamples.")
    var seed: UInt64 = 0

    func validate() throws {
        guard Set(embeddings).count == embeddings.count else {
            throw ValidationError("--embeddings names a table twice; give each view once")
        }
        guard (2...100).contains(folds) else { throw ValidationError("--folds is \(folds), expected 2 to 100") }
        guard (100...1_000_000).contains(resamples) else {
            throw ValidationError("--resamples is \(resamples), expected 100 to 1000000")
        }
    }

    var request: FeatureComparison {
        var request = FeatureComparison(features: features ?? "", embeddings: embeddings, labels: labels)
        request.join = join.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
        (request.settings.positive, request.settings.folds) = (positive, folds)
        (request.settings.resamples, request.settings.seed) = (resamples, seed)
        return request
    }
}
