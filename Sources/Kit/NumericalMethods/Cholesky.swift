internal import COpenBLAS

/// A = L Lᵀ of a symmetric positive definite matrix.
package struct Cholesky {
    private let size: Int
    /// L row by row; what is above the diagonal means nothing.
    private var lower: [Double]

    /// Nil when the matrix is not positive definite within rounding.
    package init?(_ matrix: Matrix, addedToDiagonal: Double) {
        precondition(matrix.rows == matrix.columns, "\(matrix.rows) × \(matrix.columns), expected a square")
        size = matrix.rows
        lower = matrix.values
        guard size > 0 else { return }
        for i in 0..<size { lower[i * size + i] += addedToDiagonal }
        // What is the upper triangle column by column is the lower one row by row.
        let n = blasint(size)
        var info = blasint(0)
        withUnsafePointer(to: n) { copenblas_dpotrf("U", $0, &lower, $0, &info) }
        guard info == 0 else { return nil }
        for i in 0..<size where !lower[i * size + i].isFinite { return nil }
    }

    /// What is left of each diagonal element once the rows before it are taken out, the least of them: of columns of length 1
    /// (A = XᵀX) the least 1 − R² of one on those before it. Infinite for no rows.
    package var leastPivot: Double {
        (0..<size).reduce(Double.infinity) { min($0, lower[$1 * size + $1] * lower[$1 * size + $1]) }
    }

    /// X with A X = B.
    package func solve(_ right: Matrix) -> Matrix {
        precondition(right.rows == size, "\(right.rows) rows, expected \(size)")
        var x = right
        guard size > 0, right.columns > 0 else { return x }
        let (n, width) = (blasint(size), blasint(right.columns))
        x.values.withUnsafeMutableBufferPointer { x in
            for order in [CblasNoTrans, CblasTrans] {
                copenblas_dtrsm(
                    CblasRowMajor, CblasLeft, CblasLower, order, CblasNonUnit, n, width, 1, lower, n, x.baseAddress,
                    width)
            }
        }
        return x
    }
}
