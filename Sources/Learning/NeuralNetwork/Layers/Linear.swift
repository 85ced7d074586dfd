import Parallel

/// y = x Wᵀ + b with W [outputs, inputs], b [outputs]. Xavier-uniform W and b = 0 to start with.
public struct Linear: Sendable {
    public let inputs: Int
    public let outputs: Int
    public let weight: ParameterLayout.Entry
    public let bias: ParameterLayout.Entry

    /// Adds `name.weight` and `name.bias` to a layout.
    public init(_ name: String, inputs: Int, outputs: Int, in layout: inout ParameterLayout) {
        (self.inputs, self.outputs) = (inputs, outputs)
        weight = layout.add("\(name).weight", outputs, inputs)
        bias = layout.add("\(name).bias", outputs)
    }

    /// A product with the weight of another layer seen as a matrix (the patch embedding's convolution).
    init(weight: ParameterLayout.Entry, bias: ParameterLayout.Entry, inputs: Int, outputs: Int) {
        (self.weight, self.bias, self.inputs, self.outputs) = (weight, bias, inputs, outputs)
    }

    /// x [rows, inputs] to y [rows, outputs] = x Wᵀ + b, plus `residual` [rows, outputs] if there is one (it may be y).
    public func forward<T>(
        _ x: UnsafePointer<T>, rows: Int, into y: UnsafeMutablePointer<T>, adding residual: UnsafePointer<T>? = nil,
        _ context: LayerContext<T>
    ) {
        let (w, b) = (MatrixView(context.weight(weight), outputs, inputs), UnsafePointer(context.weight(bias)))
        MatrixProduct.multiply(
            MatrixView(x, rows, inputs), w.transposed, into: y, previous: .added, workers: context.workers
        ) { block, columns in
            for row in block {
                let start = row * outputs + columns.lowerBound
                let bias = b + columns.lowerBound
                if let residual {
                    Vectors.add(residual + start, bias, into: y + start, count: columns.count)
                } else {
                    (y + start).update(from: bias, count: columns.count)
                }
            }
        }
    }

    /// dx [rows, inputs] = dy W, from dy [rows, outputs].
    public func backwardInput<T>(
        _ dy: UnsafePointer<T>, rows: Int, into dx: UnsafeMutablePointer<T>, _ context: LayerContext<T>
    ) {
        MatrixProduct.multiply(
            MatrixView(dy, rows, outputs), MatrixView(context.weight(weight), outputs, inputs), into: dx,
            previous: .overwritten,
            workers: context.workers)
    }

    /// dW = dyᵀ x and db = Σ over rows of dy, from dy [rows, outputs] and the x [rows, inputs] of forward.
    public func backwardParameters<T>(
        _ dy: UnsafePointer<T>, x: UnsafePointer<T>, rows: Int, _ context: LayerContext<T>
    ) {
        MatrixProduct.multiply(
            MatrixView(dy, rows, outputs).transposed, MatrixView(x, rows, inputs), into: context.gradient(weight),
            previous: context.accumulation, workers: context.workers)
        addColumns(
            dy, rows: rows, columns: outputs, into: context.gradient(bias), previous: context.accumulation,
            workers: context.workers)
    }
}

/// sums [columns] = Σ over rows of x [rows, columns], each column from the first row to the last.
@specialized(where T == Float)
@specialized(where T == Double)
func addColumns<T: NetworkScalar>(
    _ x: UnsafePointer<T>, rows: Int, columns: Int, into sums: UnsafeMutablePointer<T>,
    previous: MatrixProduct.Previous,
    workers: Workers
) {
    precondition(rows > 0, "a layer of no rows")
    let step = T.Lanes.count
    workers.forEachRange(of: columns, size: max(2 * step, 32_768 / rows / step * step)) { range, _ in
        var column = range.lowerBound
        while column + 2 * step <= range.upperBound {
            var (a, b) = (T.Lanes.zero, T.Lanes.zero)
            for row in 0..<rows {
                let line = x + row * columns + column
                (a, b) = (a + T.Lanes(line), b + T.Lanes(line + step))
            }
            if previous == .added {
                (a, b) = (a + T.Lanes(sums + column), b + T.Lanes(sums + column + step))
            }
            a.store(to: sums + column)
            b.store(to: sums + column + step)
            column += 2 * step
        }
        for column in column..<range.upperBound {
            var sum: T = 0
            for row in 0..<rows { sum += x[row * columns + column] }
            sums[column] = previous == .added ? sums[column] + sum : sum
        }
    }
}
