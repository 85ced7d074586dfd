import Parallel

/// y = (x - mean) / √(variance + ε) · γ + β over the last axis, the variance with n. γ = 1 and β = 0 to start with
/// (Ba, Kiros, Hinton: Layer normalization, 2016).
public struct LayerNorm: Sendable {
    public let width: Int
    public let epsilon: Double
    public let weight: ParameterLayout.Entry
    public let bias: ParameterLayout.Entry

    /// Adds `name.weight` (γ) and `name.bias` (β) to a layout.
    public init(_ name: String, width: Int, epsilon: Double = 1e-6, in layout: inout ParameterLayout) {
        (self.width, self.epsilon) = (width, epsilon)
        weight = layout.add("\(name).weight", width)
        bias = layout.add("\(name).bias", width)
    }

    /// x [rows, width] to y [rows, width]; kept for backward: `moments` [rows, 2], mean and 1 / √(variance + ε).
    public func forward<T>(
        _ x: UnsafePointer<T>, rows: Int, into y: UnsafeMutablePointer<T>, moments: UnsafeMutablePointer<T>,
        _ context: LayerContext<T>
    ) {
        let (gamma, beta) = (context.weight(weight), context.weight(bias))
        context.workers.forEachRange(of: rows, size: Workers.rowsPerTask(width: width)) { range, _ in
            normaliseRows(x, range, width, T(epsilon), gamma, beta, into: y, moments: moments)
        }
    }

    /// From dy [rows, width] and what forward had: adds to dx [rows, width] the gradient by x, writes dγ and dβ, and writes
    /// forward's y once more into `y` (nobody needs to keep it); y may not be dy.
    public func backward<T>(
        _ dy: UnsafePointer<T>, x: UnsafePointer<T>, moments: UnsafePointer<T>, rows: Int,
        addingTo dx: UnsafeMutablePointer<T>, recomputing y: UnsafeMutablePointer<T>, _ context: LayerContext<T>
    ) {
        let (gamma, beta) = (context.weight(weight), context.weight(bias))
        context.workers.forEachRange(of: rows, size: Workers.rowsPerTask(width: width)) { range, _ in
            normaliseRowsBackward(dy, x, moments, range, width, gamma, beta, addingTo: dx, y: y)
        }
        addNormalisedColumns(
            dy, x, moments, rows: rows, columns: width, gamma: context.gradient(weight), beta: context.gradient(bias),
            previous: context.accumulation, workers: context.workers)
    }
}

@specialized(where T == Float)
@specialized(where T == Double)
private func normaliseRows<T: NetworkScalar>(
    _ x: UnsafePointer<T>, _ rows: Range<Int>, _ width: Int, _ epsilon: T, _ gamma: UnsafePointer<T>,
    _ beta: UnsafePointer<T>, into y: UnsafeMutablePointer<T>, moments: UnsafeMutablePointer<T>
) {
    let step = T.Lanes.count
    let whole = width / step * step
    let share = 1 / T(width)
    for row in rows {
        let (line, result) = (x + row * width, y + row * width)
        var lanes = T.Lanes.zero
        for i in stride(from: 0, to: whole, by: step) { lanes = lanes + T.Lanes(line + i) }
        var sum = lanes.total
        for i in whole..<width { sum += line[i] }
        let mean = sum * share
        let means = T.Lanes(repeating: mean)
        lanes = .zero
        for i in stride(from: 0, to: whole, by: step) {
            let centred = T.Lanes(line + i) - means
            lanes = lanes + centred * centred
        }
        var squares = lanes.total
        for i in whole..<width { squares += (line[i] - mean) * (line[i] - mean) }
        let scale = 1 / (squares * share + epsilon).squareRoot()
        for i in stride(from: 0, to: whole, by: step) {
            ((T.Lanes(line + i) - means) * scale * T.Lanes(gamma + i) + T.Lanes(beta + i)).store(to: result + i)
        }
        for i in whole..<width { result[i] = (line[i] - mean) * scale * gamma[i] + beta[i] }
        (moments[2 * row], moments[2 * row + 1]) = (mean, scale)
    }
}

/// With x̂ = (x - mean) · scale, y = γ x̂ + β and g = γ dy: dx = scale · (g - mean(g) - x̂ mean(g x̂)).
@specialized(where T == Float)
@specialized(where T == Double)
private func normaliseRowsBackward<T: NetworkScalar>(
    _ dy: UnsafePointer<T>, _ x: UnsafePointer<T>, _ moments: UnsafePointer<T>, _ rows: Range<Int>, _ width: Int,
    _ gamma: UnsafePointer<T>, _ beta: UnsafePointer<T>, addingTo dx: UnsafeMutablePointer<T>,
    y: UnsafeMutablePointer<T>
) {
    let step = T.Lanes.count
    let whole = width / step * step
    let share = 1 / T(width)
    for row in rows {
        let (line, slopes) = (x + row * width, dy + row * width)
        let (target, result) = (dx + row * width, y + row * width)
        let (mean, scale) = (moments[2 * row], moments[2 * row + 1])
        let means = T.Lanes(repeating: mean)
        var (sumG, sumGX) = (T.Lanes.zero, T.Lanes.zero)
        for i in stride(from: 0, to: whole, by: step) {
            let factor = T.Lanes(gamma + i)
            let normalised = (T.Lanes(line + i) - means) * scale
            let g = T.Lanes(slopes + i) * factor
            sumG = sumG + g
            sumGX = sumGX + g * normalised
            (normalised * factor + T.Lanes(beta + i)).store(to: result + i)
        }
        var (meanG, meanGX) = (sumG.total, sumGX.total)
        for i in whole..<width {
            let normalised = (line[i] - mean) * scale
            meanG += slopes[i] * gamma[i]
            meanGX += slopes[i] * gamma[i] * normalised
            result[i] = normalised * gamma[i] + beta[i]
        }
        (meanG, meanGX) = (meanG * share, meanGX * share)
        let offset = T.Lanes(repeating: meanG)
        for i in stride(from: 0, to: whole, by: step) {
            let normalised = (T.Lanes(line + i) - means) * scale
            let g = T.Lanes(slopes + i) * T.Lanes(gamma + i)
            (T.Lanes(target + i) + (g - offset - normalised * meanGX) * scale).store(to: target + i)
        }
        for i in whole..<width {
            target[i] += (slopes[i] * gamma[i] - meanG - (line[i] - mean) * scale * meanGX) * scale
        }
    }
}

/// dγ = Σ over rows of dy x̂, dβ = Σ over rows of dy, each column from the first row to the last.
@specialized(where T == Float)
@specialized(where T == Double)
private func addNormalisedColumns<T: NetworkScalar>(
    _ dy: UnsafePointer<T>, _ x: UnsafePointer<T>, _ moments: UnsafePointer<T>, rows: Int, columns: Int,
    gamma: UnsafeMutablePointer<T>, beta: UnsafeMutablePointer<T>, previous: MatrixProduct.Previous, workers: Workers
) {
    let step = T.Lanes.count
    workers.forEachRange(of: columns, size: max(2 * step, 32_768 / rows / step * step)) { range, _ in
        var column = range.lowerBound
        while column + step <= range.upperBound {
            var (sumGX, sumG) = (T.Lanes.zero, T.Lanes.zero)
            for row in 0..<rows {
                let at = row * columns + column
                let slope = T.Lanes(dy + at)
                sumG = sumG + slope
                sumGX =
                    sumGX + slope * ((T.Lanes(x + at) - T.Lanes(repeating: moments[2 * row])) * moments[2 * row + 1])
            }
            if previous == .added {
                (sumGX, sumG) = (sumGX + T.Lanes(gamma + column), sumG + T.Lanes(beta + column))
            }
            sumGX.store(to: gamma + column)
            sumG.store(to: beta + column)
            column += step
        }
        for column in column..<range.upperBound {
            var (sumGX, sumG): (T, T) = previous == .added ? (gamma[column], beta[column]) : (0, 0)
            for row in 0..<rows {
                let at = row * columns + column
                sumG += dy[at]
                sumGX += dy[at] * (x[at] - moments[2 * row]) * moments[2 * row + 1]
            }
            (gamma[column], beta[column]) = (sumGX, sumG)
        }
    }
}
