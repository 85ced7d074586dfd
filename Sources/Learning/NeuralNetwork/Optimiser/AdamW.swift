import Parallel

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
                let update = AdamWUpdate(
                    factor: factor, beta1: settings.beta1, rest1: 1 - settings.beta1, beta2: settings.beta2,
                    rest2: 1 - settings.beta2, epsilon: settings.epsilon,
                    keep: 1 - (group.decays ? rate * settings.weightDecay : 0), rate: rate / correction1,
                    correction: 1 / correction2.squareRoot())
                let start = range.lowerBound
                squares[task] = T.adamW(
                    update, weights.values + start, gradients.values + start, firstMoment.values + start,
                    secondMoment.values + start, count: range.count)
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
