import Parallel

/// Whether the branches of a transformer's blocks are scaled before they are added.
public enum LayerScaling: String, Hashable, Sendable, CaseIterable, Codable {
    /// x + branch(x): the Vision Transformer of 2021 and the masked autoencoder.
    case none
    /// x + γ ⊙ branch(x) with a learned γ a channel, see ``LayerScale``.
    case perChannel
}

/// γ ⊙ x with a learned γ [D] a channel (Touvron et al.: Going deeper with image transformers, 2021, section 2.2), as timm has
/// it behind each branch of a block: DINOv2, DeiT III and others are trained with it.
public struct LayerScale: Sendable {
    public let width: Int
    public let gamma: ParameterLayout.Entry

    /// Adds `name.gamma` to a layout.
    public init(_ name: String, width: Int, in layout: inout ParameterLayout) {
        self.width = width
        gamma = layout.add("\(name).gamma", width)
    }

    /// x [rows, D] to y = γ ⊙ x; y may be x.
    public func forward<T>(
        _ x: UnsafePointer<T>, rows: Int, into y: UnsafeMutablePointer<T>, _ context: LayerContext<T>
    ) {
        scaleColumns(x, by: context.weight(gamma), rows: rows, columns: width, into: y, workers: context.workers)
    }

    /// dγ = Σ over rows of dy ⊙ x, and dy [rows, D] becomes dx = γ ⊙ dy; x as forward had it.
    public func backward<T>(
        _ dyToDx: UnsafeMutablePointer<T>, x: UnsafePointer<T>, rows: Int, _ context: LayerContext<T>
    ) {
        addProductsOfColumns(
            dyToDx, x, rows: rows, columns: width, into: context.gradient(gamma), previous: context.accumulation,
            workers: context.workers)
        scaleColumns(
            dyToDx, by: context.weight(gamma), rows: rows, columns: width, into: dyToDx, workers: context.workers)
    }
}

/// y [rows, columns] = x ⊙ factors [columns] in each row; y may be x.
@specialized(where T == Float)
@specialized(where T == Double)
private func scaleColumns<T: NetworkScalar>(
    _ x: UnsafePointer<T>, by factors: UnsafePointer<T>, rows: Int, columns: Int, into y: UnsafeMutablePointer<T>,
    workers: Workers
) {
    let step = T.Lanes.count
    let whole = columns / step * step
    workers.forEachRange(of: rows, size: Workers.rowsPerTask(width: columns)) { range, _ in
        for row in range {
            let (from, to) = (x + row * columns, y + row * columns)
            for k in stride(from: 0, to: whole, by: step) {
                (T.Lanes(from + k) * T.Lanes(factors + k)).store(to: to + k)
            }
            for k in whole..<columns { to[k] = from[k] * factors[k] }
        }
    }
}

/// sums [columns] = Σ over rows of a ⊙ b, both [rows, columns], each column from the first row to the last.
@specialized(where T == Float)
@specialized(where T == Double)
private func addProductsOfColumns<T: NetworkScalar>(
    _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, rows: Int, columns: Int, into sums: UnsafeMutablePointer<T>,
    previous: MatrixProduct.Previous, workers: Workers
) {
    let step = T.Lanes.count
    workers.forEachRange(of: columns, size: max(step, 32_768 / max(1, rows) / step * step)) { range, _ in
        var column = range.lowerBound
        while column + step <= range.upperBound {
            var sum = T.Lanes.zero
            for row in 0..<rows {
                let place = row * columns + column
                sum = sum + T.Lanes(a + place) * T.Lanes(b + place)
            }
            if previous == .added { sum = sum + T.Lanes(sums + column) }
            sum.store(to: sums + column)
            column += step
        }
        for column in column..<range.upperBound {
            var sum: T = 0
            for row in 0..<rows { sum += a[row * columns + column] * b[row * columns + column] }
            sums[column] = previous == .added ? sums[column] + sum : sum
        }
    }
}
