// Just enough linear algebra for regressions of some hundred columns; products by OpenBLAS.

internal import COpenBLAS

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
            rows: rows, columns: columns + other.columns, values: (0..<rows).flatMap { row($0) + other.row($0) })
    }

    /// selfᵀ · other: `columns` × `other.columns`.
    public func transposedTimes(_ other: Matrix) -> Matrix {
        precondition(rows == other.rows, "\(rows) rows against \(other.rows)")
        return Self.product(self, CblasTrans, columns, other, CblasNoTrans, other.columns, inner: rows)
    }

    /// self · other: `rows` × `other.columns`.
    public func times(_ other: Matrix) -> Matrix {
        precondition(columns == other.rows, "\(columns) columns times \(other.rows) rows")
        return Self.product(self, CblasNoTrans, rows, other, CblasNoTrans, other.columns, inner: columns)
    }

    /// self · otherᵀ: `rows` × `other.rows`.
    public func timesTransposed(_ other: Matrix) -> Matrix {
        precondition(columns == other.columns, "\(columns) columns against \(other.columns)")
        return Self.product(self, CblasNoTrans, rows, other, CblasTrans, other.rows, inner: columns)
    }

    /// selfᵀ · self: `columns` × `columns`, symmetric to the last bit.
    public var gram: Matrix {
        var product = Matrix(rows: columns, columns: columns)
        guard rows > 0, columns > 0 else { return product }
        product.values.withUnsafeMutableBufferPointer { out in
            copenblas_dsyrk(
                CblasRowMajor, CblasLower, CblasTrans, blasint(columns), blasint(rows), 1, values, blasint(columns), 0,
                out.baseAddress, blasint(columns))
        }
        for row in 0..<columns {
            for column in row + 1..<columns { product[row, column] = product[column, row] }
        }
        return product
    }

    private static func product(
        _ a: Matrix, _ orderA: CBLAS_TRANSPOSE, _ rows: Int, _ b: Matrix, _ orderB: CBLAS_TRANSPOSE, _ columns: Int,
        inner: Int
    ) -> Matrix {
        var product = Matrix(rows: rows, columns: columns)
        guard rows > 0, columns > 0, inner > 0 else { return product }
        product.values.withUnsafeMutableBufferPointer { out in
            copenblas_dgemm(
                CblasRowMajor, orderA, orderB, blasint(rows), blasint(columns), blasint(inner), 1, a.values,
                blasint(a.columns), b.values, blasint(b.columns), 0, out.baseAddress, blasint(columns))
        }
        return product
    }

    /// Whether no entry is infinite or not a number.
    public var isFinite: Bool { values.allSatisfy(\.isFinite) }

    /// Σ of squares of all entries.
    package var squaredNorm: Double { values.reduce(0) { $0 + $1 * $1 } }
}
