// Just enough linear algebra for regressions of some hundred columns.

/// Numbers row by row: `rows` × `columns`.
public struct Matrix: Hashable, Sendable {
    public let rows: Int
    public let columns: Int
    public var values: [Double]

    public init(rows: Int, columns: Int, values: [Double]) {
        precondition(values.count == rows * columns, "\(values.count) values for \(rows) × \(columns)")
        (self.rows, self.columns, self.values) = (rows, columns, values)
    }

    public init(rows: Int, columns: Int) {
        self.init(rows: rows, columns: columns, values: [Double](repeating: 0, count: rows * columns))
    }

    public subscript(row: Int, column: Int) -> Double {
        get { values[row * columns + column] }
        set { values[row * columns + column] = newValue }
    }

    public func row(_ row: Int) -> ArraySlice<Double> { values[row * columns..<(row + 1) * columns] }

    public func column(_ column: Int) -> [Double] { (0..<rows).map { self[$0, column] } }

    /// The rows with these numbers, in this order.
    public func selecting(rows chosen: [Int]) -> Matrix {
        var picked: [Double] = []
        picked.reserveCapacity(chosen.count * columns)
        for row in chosen { picked += self.row(row) }
        return Matrix(rows: chosen.count, columns: columns, values: picked)
    }

    public func selecting(columns chosen: [Int]) -> Matrix {
        Matrix(
            rows: rows, columns: chosen.count,
            values: (0..<rows).flatMap { row in chosen.map { values[row * columns + $0] } })
    }

    /// Side by side; equally many rows.
    public func joined(with other: Matrix) -> Matrix {
        precondition(rows == other.rows, "\(rows) rows beside \(other.rows)")
        return Matrix(
            rows: rows, columns: columns + other.columns, values: (0..<rows).flatMap { row(Int($0)) + other.row($0) })
    }

    /// selfᵀ · other: `columns` × `other.columns`.
    public func transposedTimes(_ other: Matrix) -> Matrix {
        precondition(rows == other.rows, "\(rows) rows against \(other.rows)")
        var product = Matrix(rows: columns, columns: other.columns)
        let width = other.columns
        values.withUnsafeBufferPointer { left in
            other.values.withUnsafeBufferPointer { right in
                product.values.withUnsafeMutableBufferPointer { out in
                    // Four rows at a time: the product is read and written a quarter as often.
                    var row = 0
                    while row < rows {
                        let count = min(4, rows - row)
                        for i in 0..<columns {
                            let target = i * width
                            if count == 4 {
                                let (a, b, c, d) = (
                                    left[row * columns + i], left[(row + 1) * columns + i],
                                    left[(row + 2) * columns + i], left[(row + 3) * columns + i]
                                )
                                for j in 0..<width {
                                    let first = a * right[row * width + j] + b * right[(row + 1) * width + j]
                                    let second = c * right[(row + 2) * width + j] + d * right[(row + 3) * width + j]
                                    out[target + j] += first + second
                                }
                            } else {
                                for k in row..<row + count {
                                    let a = left[k * columns + i]
                                    for j in 0..<width { out[target + j] += a * right[k * width + j] }
                                }
                            }
                        }
                        row += count
                    }
                }
            }
        }
        return product
    }

    /// self · other: `rows` × `other.columns`.
    public func times(_ other: Matrix) -> Matrix {
        precondition(columns == other.rows, "\(columns) columns times \(other.rows) rows")
        var product = Matrix(rows: rows, columns: other.columns)
        let width = other.columns
        values.withUnsafeBufferPointer { left in
            other.values.withUnsafeBufferPointer { right in
                product.values.withUnsafeMutableBufferPointer { out in
                    for i in 0..<rows {
                        for k in 0..<columns {
                            let a = left[i * columns + k]
                            for j in 0..<width { out[i * width + j] += a * right[k * width + j] }
                        }
                    }
                }
            }
        }
        return product
    }

    /// Σ of squares of all entries.
    var squaredNorm: Double { values.reduce(0) { $0 + $1 * $1 } }
}

/// Makes columns of mean 0 and standard deviation 1 with the numbers of training rows; a column without spread becomes 0.
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
        self.means = means
        scales = zip(means, squares).map { mean, square in
            let spread = square.squareRoot()
            // What is left of equal values after rounding is no spread.
            return spread > 1e-12 * abs(mean) && spread > 0 ? 1 / spread : 0
        }
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

/// A = L Lᵀ of a symmetric positive definite matrix (Golub, Van Loan: Matrix computations, algorithm 4.2.1, by rows).
struct Cholesky {
    private let size: Int
    private var lower: [Double]

    /// Nil when the matrix is not positive definite within rounding.
    init?(_ matrix: Matrix, addedToDiagonal: Double) {
        size = matrix.rows
        lower = matrix.values
        let n = size
        let succeeded = lower.withUnsafeMutableBufferPointer { l in
            for i in 0..<n {
                l[i * n + i] += addedToDiagonal
                for j in 0...i {
                    let dot = dotProduct(l.baseAddress! + i * n, l.baseAddress! + j * n, j)
                    let rest = l[i * n + j] - dot
                    if i == j {
                        guard rest > 0, rest.isFinite else { return false }
                        l[i * n + i] = rest.squareRoot()
                    } else {
                        l[i * n + j] = rest / l[j * n + j]
                    }
                }
            }
            return true
        }
        guard succeeded else { return nil }
    }

    /// X with A X = B.
    func solve(_ right: Matrix) -> Matrix {
        var x = right
        let (n, width) = (size, right.columns)
        lower.withUnsafeBufferPointer { l in
            x.values.withUnsafeMutableBufferPointer { x in
                for i in 0..<n {
                    for k in 0..<i {
                        let factor = l[i * n + k]
                        for j in 0..<width { x[i * width + j] -= factor * x[k * width + j] }
                    }
                    for j in 0..<width { x[i * width + j] /= l[i * n + i] }
                }
                for i in stride(from: n - 1, through: 0, by: -1) {
                    for j in 0..<width { x[i * width + j] /= l[i * n + i] }
                    for k in 0..<i {
                        let factor = l[i * n + k]
                        for j in 0..<width { x[k * width + j] -= factor * x[i * width + j] }
                    }
                }
            }
        }
        return x
    }
}

/// Eight sums at a time, added at the end: always in the same order.
func dotProduct(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
    var sums = SIMD8<Double>()
    let blocks = count / 8
    let (rawA, rawB) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
    for block in 0..<blocks {
        sums +=
            rawA.loadUnaligned(fromByteOffset: block * 64, as: SIMD8<Double>.self)
            * rawB.loadUnaligned(fromByteOffset: block * 64, as: SIMD8<Double>.self)
    }
    var sum = sums.sum()
    for k in blocks * 8..<count { sum += a[k] * b[k] }
    return sum
}
