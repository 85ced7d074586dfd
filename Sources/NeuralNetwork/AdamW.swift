public struct AdamWSettings: Hashable, Sendable {
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double
    public var weightDecay: Double
    /// Gradients longer than this are shortened to it; nil leaves them.
    public var largestNorm: Double?

    public init(
        beta1: Double = 0.9, beta2: Double = 0.95, epsilon: Double = 1e-8, weightDecay: Double = 0.05,
        largestNorm: Double? = nil
    ) {
        (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
        (self.weightDecay, self.largestNorm) = (weightDecay, largestNorm)
    }
}

/// How one parameter differs from the others.
public struct AdamWGroup: Hashable, Sendable {
    public var rateFactor: Double
    public var decays: Bool
    public init(rateFactor: Double = 1, decays: Bool) { (self.rateFactor, self.decays) = (rateFactor, decays) }
}

/// Adam with decoupled weight decay (Loshchilov, Hutter, 2019): with gradient g at step t,
/// m = β₁ m + (1 - β₁) g, v = β₂ v + (1 - β₂) g²,
/// w = w (1 - r λ) - r · m / (1 - β₁ᵗ) / (√(v / (1 - β₂ᵗ)) + ε), where r is the learning rate. Parameters of one axis (biases,
/// γ and β of norms) do not decay.
public final class AdamW<T: NetworkScalar>: @unchecked Sendable {
    public var settings: AdamWSettings
    /// t, the number of steps taken.
    public var step = 0
    public let firstMoment: ParameterBuffer<T>
    public let secondMoment: ParameterBuffer<T>

    /// Consecutive values of one parameter: the task of a thread.
    private struct Piece {
        let range: Range<Int>
        let group: AdamWGroup
    }
    private let pieces: [Piece]
    private var squares: [Double]

    /// `group` may set a parameter's own learning rate or decay; by default what has more than one axis decays.
    public init(
        _ layout: ParameterLayout, settings: AdamWSettings = AdamWSettings(),
        group: (ParameterLayout.Entry) -> AdamWGroup = { AdamWGroup(decays: $0.shape.count > 1) }
    ) {
        self.settings = settings
        firstMoment = ParameterBuffer(layout)
        secondMoment = ParameterBuffer(layout)
        let size = 32_768
        pieces = layout.entries.flatMap { entry in
            let group = group(entry)
            return stride(from: 0, to: entry.count, by: size).map { start in
                Piece(range: entry.offset + start..<entry.offset + min(entry.count, start + size), group: group)
            }
        }
        squares = [Double](repeating: 0, count: pieces.count)
    }

    /// One step; gives the norm of the gradient as it came. A gradient that is not finite moves nothing and is reported by
    /// its norm only when `largestNorm` is set: without it the norm is found in the same pass over memory as the step.
    @discardableResult
    public func step(
        _ weights: ParameterBuffer<T>, gradients: ParameterBuffer<T>, learningRate: Double, workers: Workers
    ) -> Double {
        precondition(weights.layout == firstMoment.layout && gradients.layout == weights.layout)
        var factor = 1.0
        if let largest = settings.largestNorm {
            let norm = norm(of: gradients, workers: workers)
            guard norm.isFinite else { return norm }
            if norm > largest { factor = largest / norm }
        }
        step += 1
        let correction1 = 1 - power(settings.beta1, step)
        let correction2 = 1 - power(settings.beta2, step)
        squares.withUnsafeMutableBufferPointer { squares in
            let squares = squares.baseAddress!
            workers.forEach(pieces.count) { task, _ in
                let (range, group) = (pieces[task].range, pieces[task].group)
                let rate = learningRate * group.rateFactor
                let update = AdamWUpdate<T>(
                    settings, gradientFactor: factor, keep: 1 - (group.decays ? rate * settings.weightDecay : 0),
                    rate: rate / correction1, correction: 1 / correction2.squareRoot())
                let start = range.lowerBound
                squares[task] = applyAdamW(
                    update, weights.values + start, gradients.values + start, firstMoment.values + start,
                    secondMoment.values + start, range.count)
            }
        }
        return squares.reduce(0, +).squareRoot()
    }

    /// √Σ g² over all parameters.
    public func norm(of gradients: ParameterBuffer<T>, workers: Workers) -> Double {
        squares.withUnsafeMutableBufferPointer { squares in
            let squares = squares.baseAddress!
            workers.forEach(pieces.count) { task, _ in
                let range = pieces[task].range
                squares[task] = sumOfSquares(gradients.values + range.lowerBound, range.count)
            }
        }
        return squares.reduce(0, +).squareRoot()
    }

    /// By squaring, so that the last place does not depend on the C library.
    private func power(_ base: Double, _ exponent: Int) -> Double {
        var (result, square, rest) = (1.0, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= square }
            square *= square
            rest >>= 1
        }
        return result
    }
}

private struct AdamWUpdate<T: NetworkScalar> {
    let gradientFactor: T
    let beta1: T
    let rest1: T
    let beta2: T
    let rest2: T
    let epsilon: T
    /// 1 - r λ
    let keep: T
    /// r / (1 - β₁ᵗ)
    let rate: T
    /// 1 / √(1 - β₂ᵗ)
    let correction: T

    init(_ settings: AdamWSettings, gradientFactor: Double, keep: Double, rate: Double, correction: Double) {
        self.gradientFactor = T(gradientFactor)
        beta1 = T(settings.beta1)
        rest1 = T(1 - settings.beta1)
        beta2 = T(settings.beta2)
        rest2 = T(1 - settings.beta2)
        epsilon = T(settings.epsilon)
        self.keep = T(keep)
        self.rate = T(rate)
        self.correction = T(correction)
    }
}

/// Gives Σ g².
@specialized(where T == Float)
@specialized(where T == Double)
private func applyAdamW<T: NetworkScalar>(
    _ update: AdamWUpdate<T>, _ w: UnsafeMutablePointer<T>, _ g: UnsafePointer<T>, _ m: UnsafeMutablePointer<T>,
    _ v: UnsafeMutablePointer<T>, _ count: Int
) -> Double {
    let step = T.Lanes.count
    let whole = count / step * step
    let epsilon = T.Lanes(repeating: update.epsilon)
    var sums = T.Lanes.zero
    for i in stride(from: 0, to: whole, by: step) {
        let raw = T.Lanes(g + i)
        sums = sums + raw * raw
        let slope = raw * update.gradientFactor
        let first = T.Lanes(m + i) * update.beta1 + slope * update.rest1
        let second = T.Lanes(v + i) * update.beta2 + slope * slope * update.rest2
        first.store(to: m + i)
        second.store(to: v + i)
        let move = first * update.rate / (second.squareRoot * update.correction + epsilon)
        (T.Lanes(w + i) * update.keep - move).store(to: w + i)
    }
    var sum = Double(sums.total)
    for i in whole..<count {
        sum += Double(g[i] * g[i])
        let slope = g[i] * update.gradientFactor
        m[i] = m[i] * update.beta1 + slope * update.rest1
        v[i] = v[i] * update.beta2 + slope * slope * update.rest2
        w[i] = w[i] * update.keep - m[i] * update.rate / (v[i].squareRoot() * update.correction + update.epsilon)
    }
    return sum
}

@specialized(where T == Float)
@specialized(where T == Double)
private func sumOfSquares<T: NetworkScalar>(_ x: UnsafePointer<T>, _ count: Int) -> Double {
    let step = T.Lanes.count
    let whole = count / step * step
    var sums = T.Lanes.zero
    for i in stride(from: 0, to: whole, by: step) { sums = sums + T.Lanes(x + i) * T.Lanes(x + i) }
    var sum = Double(sums.total)
    for i in whole..<count { sum += Double(x[i] * x[i]) }
    return sum
}
