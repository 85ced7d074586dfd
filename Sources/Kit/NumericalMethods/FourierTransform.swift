import Glibc

/// Four complex numbers side by side, so that four transforms run at once.
@frozen
public struct ComplexLanes: Sendable {
    public var re: SIMD4<Double>
    public var im: SIMD4<Double>

    @inlinable
    public init(re: SIMD4<Double>, im: SIMD4<Double>) { (self.re, self.im) = (re, im) }

    @inlinable
    public static var zero: ComplexLanes { ComplexLanes(re: .zero, im: .zero) }

    @inlinable
    public static func + (a: Self, b: Self) -> Self { Self(re: a.re + b.re, im: a.im + b.im) }
    @inlinable
    public static func - (a: Self, b: Self) -> Self { Self(re: a.re - b.re, im: a.im - b.im) }

    /// -i times this.
    @inlinable
    public var turned: Self { Self(re: im, im: -re) }
    /// Real and imaginary part exchanged: between two forward transforms this makes the second an inverse one.
    @inlinable
    public var swapped: Self { Self(re: im, im: re) }

    @inlinable
    public func times(_ c: Double, _ s: Double) -> Self { Self(re: re * c - im * s, im: re * s + im * c) }
    @inlinable
    public func scaled(_ factor: Double) -> Self { Self(re: re * factor, im: im * factor) }
}

/// Forward transform Σ x(k) exp(-2πi jk/n), unscaled, by Stockham's self-sorting method with radices 4, 2, 3 and 5; for other
/// numbers of points as a convolution with a chirp (Bluestein 1970).
public struct FourierTransform: Sendable {
    public let count: Int
    /// Nil where the number of points is made of 2, 3 and 5.
    private let chirp: Chirp?
    private let factors: [Int]
    /// cos and sin of -2π k / n.
    private let roots: [(c: Double, s: Double)]

    /// The smallest number of points, made of factors 2, 3 and 5, that is at least `least`.
    public static func size(atLeast least: Int) -> Int {
        var n = max(1, least)
        while true {
            var rest = n
            for prime in [2, 3, 5] { while rest % prime == 0 { rest /= prime } }
            if rest == 1 { return n }
            n += 1
        }
    }

    public init(count: Int) {
        precondition(count > 0, "a transform of \(count) points")
        self.count = count
        guard Self.size(atLeast: count) == count else {
            chirp = Chirp(count)
            (factors, roots) = ([], [])
            return
        }
        chirp = nil
        var factors: [Int] = []
        var rest = count
        for radix in [4, 2, 3, 5] {
            while rest % radix == 0 {
                factors.append(radix)
                rest /= radix
            }
        }
        self.factors = factors
        roots = (0..<count).map { k in
            let angle = -2 * Double.pi * Double(k) / Double(count)
            return (cos(angle), sin(angle))
        }
    }

    /// How many elements the scratch memory of ``transform(_:scratch:)`` has.
    public var scratchCount: Int { chirp.map { 2 * $0.convolution.count } ?? count }

    /// Transforms the `count` elements of `data` in place.
    public func transform(_ data: UnsafeMutablePointer<ComplexLanes>, scratch: UnsafeMutablePointer<ComplexLanes>) {
        if let chirp { return chirp.transform(data, count, scratch) }
        var (from, to) = (data, scratch)
        var (left, stride) = (count, 1)
        roots.withUnsafeBufferPointer { roots in
            for radix in factors {
                let m = left / radix
                // roots[k * step] = exp(-2πi k / left)
                let step = count / left
                for p in 0..<m {
                    let source = from + stride * p
                    let target = to + stride * radix * p
                    let apart = stride * m
                    switch radix {
                    case 2:
                        let w = roots[p * step]
                        for q in 0..<stride {
                            let (a, b) = (source[q], source[q + apart])
                            target[q] = a + b
                            target[q + stride] = (a - b).times(w.c, w.s)
                        }
                    case 3:
                        let (w1, w2) = (roots[p * step], roots[2 * p * step])
                        for q in 0..<stride {
                            let (a, b, c) = (source[q], source[q + apart], source[q + 2 * apart])
                            let sum = b + c
                            let middle = a - sum.scaled(0.5)
                            let turn = (b - c).turned.scaled(0.866_025_403_784_438_6)
                            target[q] = a + sum
                            target[q + stride] = (middle + turn).times(w1.c, w1.s)
                            target[q + 2 * stride] = (middle - turn).times(w2.c, w2.s)
                        }
                    case 4:
                        let (w1, w2, w3) = (roots[p * step], roots[2 * p * step], roots[3 * p * step])
                        for q in 0..<stride {
                            let (a, b) = (source[q], source[q + apart])
                            let (c, d) = (source[q + 2 * apart], source[q + 3 * apart])
                            let (s0, d0, s1, d1) = (a + c, a - c, b + d, (b - d).turned)
                            target[q] = s0 + s1
                            target[q + stride] = (d0 + d1).times(w1.c, w1.s)
                            target[q + 2 * stride] = (s0 - s1).times(w2.c, w2.s)
                            target[q + 3 * stride] = (d0 - d1).times(w3.c, w3.s)
                        }
                    default:
                        let (w1, w2) = (roots[p * step], roots[2 * p * step])
                        let (w3, w4) = (roots[3 * p * step], roots[4 * p * step])
                        for q in 0..<stride {
                            let (a, b, c) = (source[q], source[q + apart], source[q + 2 * apart])
                            let (d, e) = (source[q + 3 * apart], source[q + 4 * apart])
                            let (s1, d1, s2, d2) = (b + e, b - e, c + d, c - d)
                            // cos and sin of 72° and 144°.
                            let m1 = a + s1.scaled(0.309_016_994_374_947_45) + s2.scaled(-0.809_016_994_374_947_5)
                            let m2 = a + s1.scaled(-0.809_016_994_374_947_5) + s2.scaled(0.309_016_994_374_947_45)
                            let t1 =
                                (d1.scaled(0.951_056_516_295_153_5) + d2.scaled(0.587_785_252_292_473_1)).turned
                            let t2 =
                                (d1.scaled(0.587_785_252_292_473_1) - d2.scaled(0.951_056_516_295_153_5)).turned
                            target[q] = a + s1 + s2
                            target[q + stride] = (m1 + t1).times(w1.c, w1.s)
                            target[q + 2 * stride] = (m2 + t2).times(w2.c, w2.s)
                            target[q + 3 * stride] = (m2 - t2).times(w3.c, w3.s)
                            target[q + 4 * stride] = (m1 - t1).times(w4.c, w4.s)
                        }
                    }
                }
                (from, to) = (to, from)
                (left, stride) = (m, stride * radix)
            }
        }
        if from != data { data.update(from: from, count: count) }
    }
}

/// With jk = (j² + k² - (j - k)²) / 2 the transform of n points is a convolution, and that a product of longer transforms.
private final class Chirp: Sendable {
    let convolution: FourierTransform
    /// exp(-πi k²/n)
    private let factors: [(c: Double, s: Double)]
    /// The transform of exp(πi k²/n) on the circle of the convolution, by its number of points.
    private let kernel: [(c: Double, s: Double)]

    init(_ n: Int) {
        let convolution = FourierTransform(count: FourierTransform.size(atLeast: 2 * n - 1))
        // k² mod 2n is exact where k² / n is not.
        let factors = (0..<n).map { k in
            let angle = -Double.pi * Double(k * k % (2 * n)) / Double(n)
            return (c: cos(angle), s: sin(angle))
        }
        let m = convolution.count
        var (data, scratch) = (
            [ComplexLanes](repeating: .zero, count: m), [ComplexLanes](repeating: .zero, count: m)
        )
        for k in 0..<n {
            let value = ComplexLanes(re: SIMD4(repeating: factors[k].c), im: SIMD4(repeating: -factors[k].s))
            data[k] = value
            if k > 0 { data[m - k] = value }
        }
        data.withUnsafeMutableBufferPointer { data in
            scratch.withUnsafeMutableBufferPointer { scratch in
                guard let data = data.baseAddress, let scratch = scratch.baseAddress else { return }
                convolution.transform(data, scratch: scratch)
            }
        }
        kernel = data.map { (c: $0.re[0] / Double(m), s: $0.im[0] / Double(m)) }
        (self.convolution, self.factors) = (convolution, factors)
    }

    func transform(
        _ data: UnsafeMutablePointer<ComplexLanes>, _ n: Int, _ scratch: UnsafeMutablePointer<ComplexLanes>
    ) {
        let m = convolution.count
        let (line, spare) = (scratch, scratch + m)
        for k in 0..<n { line[k] = data[k].times(factors[k].c, factors[k].s) }
        for k in n..<m { line[k] = .zero }
        convolution.transform(line, scratch: spare)
        for k in 0..<m { line[k] = line[k].times(kernel[k].c, kernel[k].s).swapped }
        convolution.transform(line, scratch: spare)
        for k in 0..<n { data[k] = line[k].swapped.times(factors[k].c, factors[k].s) }
    }
}
