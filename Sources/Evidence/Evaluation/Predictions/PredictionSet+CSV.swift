import Encoding
import Statistics

extension PredictionSet {
    /// The columns that ``PredictionFile`` reads.
    package var csv: String {
        var table = PlainTable(
            ["image", "patient", "case", "fold", "label", "prediction"] + classes.map { "p_" + $0 })
        table.rows = images.indices.map { row in
            [
                images[row], patients[row], cases?[row] ?? "", folds?[row] ?? "",
                classes[labels[row]], classes[predictions[row]],
            ] + probabilities.row(row).map { "\($0)" }
        }
        return table.plainCSV
    }
}
