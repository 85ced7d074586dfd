import NumericalMethods
import SeededRandom

enum ProductCheck {
    /// OpenBLAS' kernels for this processor against sums one by one, in sizes that are no multiples of theirs.
    static func products() -> SelfTest.Check {
        let name = "products of matrices"
        do { try OpenBLAS.load() } catch { return SelfTest.Check(name, figure: "no OpenBLAS", failures: ["\(error)"]) }
        var generator = SeededGenerator(seed: 22)
        let (rows, inner, columns, tolerance) = (67, 129, 35, 1e-12)
        func random(_ rows: Int, _ columns: Int) -> Matrix {
            Matrix(
                rows: rows, columns: columns,
                values: (0..<rows * columns).map { _ in Double.random(in: -1..<1, using: &generator) })
        }
        let (a, b) = (random(rows, inner), random(inner, columns))
        let product = a.times(b)
        var worst = 0.0
        for row in 0..<rows {
            for column in 0..<columns {
                let sum = (0..<inner).reduce(0) { $0 + a[row, $1] * b[$1, column] }
                worst = max(worst, abs(sum - product[row, column]))
            }
        }
        return SelfTest.Check(
            name, figure: "OpenBLAS for \(OpenBLAS.core), worst \(worst.shortened) of \(tolerance)",
            failures: worst < tolerance ? [] : ["differ by \(worst) from sums one by one"])
    }
}
