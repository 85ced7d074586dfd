// Several classifiers of the same observations made into one: by nothing but a mean, or by weights that are learned.

import Glibc
import NumericalMethods

extension CrossValidatedClassifier {
    /// The mean of the classifiers' probabilities: nothing is fitted, and no table's columns crowd out another's.
    /// - Precondition: all have the same folds.
    public static func mean(_ parts: [CrossValidatedClassifier]) -> CrossValidatedClassifier {
        precondition(parts.allSatisfy { $0.folds == parts[0].folds }, "other folds")
        func mean(_ matrices: [Matrix]) -> Matrix {
            let values = matrices[0].values.indices.map { place in
                matrices.reduce(0) { $0 + $1.values[place] } / Double(matrices.count)
            }
            return Matrix(rows: matrices[0].rows, columns: matrices[0].columns, values: values)
        }
        return CrossValidatedClassifier(
            probabilities: mean(parts.map(\.probabilities)), folds: parts[0].folds, penalties: [],
            inner: parts[0].inner.indices.map { fold in
                let known = parts.compactMap { $0.inner[fold] }
                return known.count == parts.count ? mean(known) : nil
            })
    }

    /// Stacking (Wolpert, Neural Networks 5, 1992): a logistic regression of the classifiers' log-odds.
    ///
    /// It is fitted, in each training part, on probabilities from models of folds inside it, and then applied to those of the
    /// held-out fold, which it has not seen. Of more than two classes the log-odds are of each class against the first. Its
    /// penalty is scikit-learn's C = 1, on standardised log-odds. Where a training part has one patient only, it is the mean.
    /// - Precondition: all have the same folds.
    public static func stacked(
        _ parts: [CrossValidatedClassifier], labels: [Int], classes: Int
    ) -> CrossValidatedClassifier {
        let mean = mean(parts)
        let folds = mean.folds
        let count = (folds.max() ?? -1) + 1
        let gathered = (0..<count).map { fold -> (rows: [Int], values: Matrix) in
            let (training, held) = (
                folds.indices.filter { folds[$0] != fold }, folds.indices.filter { folds[$0] == fold }
            )
            let known = parts.compactMap { $0.inner[fold] }
            guard known.count == parts.count, !training.isEmpty else {
                return (held, mean.probabilities.selecting(rows: held))
            }
            let model = LogisticRegression(
                logOdds(known), labels: training.map { labels[$0] }, classes: classes,
                penalty: 1 / Double(training.count), tolerance: 1e-7)
            return (held, model.probabilities(logOdds(parts.map { $0.probabilities.selecting(rows: held) })))
        }
        return CrossValidatedClassifier(
            probabilities: Self.gathered(gathered, rows: folds.count, classes: classes), folds: folds, penalties: [],
            inner: [Matrix?](repeating: nil, count: count))
    }

    /// Observations × (classes − 1 of each matrix). Probabilities below 10⁻⁶ count as that: what is certain is not infinitely so.
    private static func logOdds(_ matrices: [Matrix]) -> Matrix {
        let (rows, width) = (matrices[0].rows, matrices[0].columns - 1)
        var odds = Matrix(rows: rows, columns: width * matrices.count)
        for (place, matrix) in matrices.enumerated() {
            for row in 0..<rows {
                let first = log(max(1e-6, matrix[row, 0]))
                for k in 0..<width { odds[row, place * width + k] = log(max(1e-6, matrix[row, k + 1])) - first }
            }
        }
        return odds
    }
}
