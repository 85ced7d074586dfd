internal import CKernels
import Glibc

/// The loops over activations and parameters that cost arithmetic rather than memory. In Float they are C compiled for each level
/// of the processor (CKernels says why); in Double they are the plain loops that the others are tested against.
public protocol ElementwiseKernels {
    /// Each of `rows` rows of x, `stride` apart (a multiple of 16) with `side` values, becomes e^(scale (x - max)) / Σ; the
    /// maximum is taken off for range only. What fills a row up becomes 0.
    static func softmax(_ x: UnsafeMutablePointer<Self>, rows: Int, side: Int, stride: Int, scale: Self)

    /// With p = softmax(s): ds = p (dp - Σ p dp), row by row, in the place of dp.
    static func softmaxBackward(
        _ p: UnsafePointer<Self>, dpToDs slopes: UnsafeMutablePointer<Self>, rows: Int, side: Int, stride: Int)

    /// y = x Φ(x)
    static func gelu(_ x: UnsafePointer<Self>, into y: UnsafeMutablePointer<Self>, count: Int)

    /// dx = dy (Φ(x) + x φ(x)) in the place of dy, and y once more.
    static func geluBackward(
        _ x: UnsafePointer<Self>, dyToDx slopes: UnsafeMutablePointer<Self>, into y: UnsafeMutablePointer<Self>,
        count: Int)

    /// Moves weights w by gradients g and brings both moments up to date; gives Σ g².
    static func adamW(
        _ update: AdamWUpdate, _ w: UnsafeMutablePointer<Self>, _ g: UnsafePointer<Self>,
        _ m: UnsafeMutablePointer<Self>, _ v: UnsafeMutablePointer<Self>, count: Int
    ) -> Double
}

/// One step of ``AdamW`` for parameters of one group: with s = factor · g, m = β₁ m + rest₁ s, v = β₂ v + rest₂ s²,
/// w = keep · w - rate · m / (correction · √v + ε).
public struct AdamWUpdate: Sendable {
    var factor, beta1, rest1, beta2, rest2, epsilon: Double
    /// 1 - r λ
    var keep: Double
    /// r / (1 - β₁ᵗ)
    var rate: Double
    /// 1 / √(1 - β₂ᵗ)
    var correction: Double
}

/// The kernels for the best level of this processor; a constant table of C functions.
nonisolated(unsafe) private let kernels: NetworkKernels = {
    for level in [Int32(2), 1, 0] {
        if let found = weft_network_kernels(level) { return found.pointee }
    }
    preconditionFailure("CKernels has no kernels at level 0")
}()

extension Float: ElementwiseKernels {
    public static func softmax(
        _ x: UnsafeMutablePointer<Float>, rows: Int, side: Int, stride: Int, scale: Float
    ) {
        kernels.softmax(x, Int64(rows), Int64(side), Int64(stride), scale)
    }

    public static func softmaxBackward(
        _ p: UnsafePointer<Float>, dpToDs slopes: UnsafeMutablePointer<Float>, rows: Int, side: Int, stride: Int
    ) {
        kernels.softmaxBackward(p, slopes, Int64(rows), Int64(side), Int64(stride))
    }

    public static func gelu(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int) {
        kernels.gelu(x, y, Int64(count))
    }

    public static func geluBackward(
        _ x: UnsafePointer<Float>, dyToDx slopes: UnsafeMutablePointer<Float>, into y: UnsafeMutablePointer<Float>,
        count: Int
    ) {
        kernels.geluBackward(x, slopes, y, Int64(count))
    }

    public static func adamW(
        _ update: AdamWUpdate, _ w: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>,
        _ m: UnsafeMutablePointer<Float>, _ v: UnsafeMutablePointer<Float>, count: Int
    ) -> Double {
        let step = NetworkAdamW(
            factor: Float(update.factor), beta1: Float(update.beta1), rest1: Float(update.rest1),
            beta2: Float(update.beta2), rest2: Float(update.rest2), epsilon: Float(update.epsilon),
            keep: Float(update.keep), rate: Float(update.rate), correction: Float(update.correction))
        return kernels.adamw(step, w, g, m, v, Int64(count))
    }
}

extension Double: ElementwiseKernels {
    public static func softmax(
        _ x: UnsafeMutablePointer<Double>, rows: Int, side: Int, stride: Int, scale: Double
    ) {
        for row in 0..<rows {
            let line = UnsafeMutableBufferPointer(start: x + row * stride, count: stride)
            let largest = line[..<side].max() ?? 0
            var sum = 0.0
            for i in 0..<side {
                line[i] = exp((line[i] - largest) * scale)
                sum += line[i]
            }
            for i in 0..<stride { line[i] = i < side ? line[i] / sum : 0 }
        }
    }

    public static func softmaxBackward(
        _ p: UnsafePointer<Double>, dpToDs slopes: UnsafeMutablePointer<Double>, rows: Int, side: Int, stride: Int
    ) {
        for row in 0..<rows {
            let (weights, line) = (p + row * stride, slopes + row * stride)
            let offset = (0..<side).reduce(0) { $0 + weights[$1] * line[$1] }
            for i in 0..<stride { line[i] = i < side ? weights[i] * (line[i] - offset) : 0 }
        }
    }

    public static func gelu(_ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>, count: Int) {
        for i in 0..<count { y[i] = x[i] * cumulative(x[i]) }
    }

    public static func geluBackward(
        _ x: UnsafePointer<Double>, dyToDx slopes: UnsafeMutablePointer<Double>, into y: UnsafeMutablePointer<Double>,
        count: Int
    ) {
        for i in 0..<count {
            let phi = cumulative(x[i])
            let density = exp(-0.5 * x[i] * x[i]) / (2 * Double.pi).squareRoot()
            y[i] = x[i] * phi
            slopes[i] *= phi + x[i] * density
        }
    }

    /// Φ
    private static func cumulative(_ x: Double) -> Double { 0.5 * erfc(-x * 0.5.squareRoot()) }

    public static func adamW(
        _ update: AdamWUpdate, _ w: UnsafeMutablePointer<Double>, _ g: UnsafePointer<Double>,
        _ m: UnsafeMutablePointer<Double>, _ v: UnsafeMutablePointer<Double>, count: Int
    ) -> Double {
        var squares = 0.0
        for i in 0..<count {
            squares += g[i] * g[i]
            let slope = g[i] * update.factor
            m[i] = m[i] * update.beta1 + slope * update.rest1
            v[i] = v[i] * update.beta2 + slope * slope * update.rest2
            w[i] = w[i] * update.keep - m[i] * update.rate / (v[i].squareRoot() * update.correction + update.epsilon)
        }
        return squares
    }
}
