/// Makes columns of mean 0 and standard deviation 1 with the numbers of training rows; a column without spread becomes 0, as does
/// one whose mean or spread is beyond what a double holds.
public struct Standardiser: Hashable, Sendable {
    public let means: [Double]
    /// 0 for a column without spread.
    public let scales: [Double]

    public init(_ matrix: Matrix) {
        var means = [Double](repeating: 0, count: matrix.columns)
        var squares = means
        let count = Double(max(1, matrix.rows))
        for row in 0..<matrix.rows {
            for (column, value) in matrix.row(row).enumerated() { means[column] += value / count }
        }
        for row in 0..<matrix.rows {
            for (column, value) in matrix.row(row).enumerated() {
                squares[column] += (value - means[column]) * (value - means[column]) / count
            }
        }
        scales = zip(means, squares).map { mean, square in
            let spread = square.squareRoot()
            // What is left of equal values after rounding is no spread.
            return spread.isFinite && spread > 1e-12 * abs(mean) && spread > 0 ? 1 / spread : 0
        }
        self.means = means.map { $0.isFinite ? $0 : 0 }
    }

    public func callAsFunction(_ matrix: Matrix) -> Matrix {
        var result = matrix
        for row in 0..<matrix.rows {
            for column in 0..<matrix.columns {
                result[row, column] = (matrix[row, column] - means[column]) * scales[column]
            }
        }
        return result
    }
}
