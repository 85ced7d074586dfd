import Glibc
import TextureCore

/// How many directions an embedding uses.
public enum EffectiveRank {
    /// exp(-Σ p ln p) of p = σ / Σ σ, the singular values of the rows less their mean (Roy & Vetterli, EUSIPCO 2007): 1 where all
    /// rows lie on a line, the number of columns where they spread evenly. An encoder that gives every image nearly the same
    /// embedding but for a direction or two has collapsed.
    ///
    /// - Returns: 0 where all rows are alike; nil of fewer than two rows, or where a value is not finite.
    public static func of(_ rows: [[Double]]) -> Double? {
        guard let width = rows.first?.count, rows.count > 1 else { return nil }
        let means = (0..<width).map { column in rows.reduce(0) { $0 + $1[column] } / Double(rows.count) }
        let centred = rows.map { row in zip(row, means).map { $0 - $1 } }
        // The squares of the singular values are the eigenvalues of either product with the transpose; this one is as large as
        // there are images.
        let gram = centred.flatMap { a in centred.map { b in zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } } }
        guard gram.allSatisfy(\.isFinite), let squares = SmallSpectrum.eigenvalues(gram, rows.count) else { return nil }
        // What is below rounding is no direction.
        let largest = squares.max() ?? 0
        let values = squares.map { $0 > 1e-12 * largest ? $0.squareRoot() : 0 }
        let sum = values.reduce(0, +)
        guard sum > 0 else { return 0 }
        return exp(values.reduce(0) { $0 - ($1 > 0 ? $1 / sum * log($1 / sum) : 0) })
    }
}
