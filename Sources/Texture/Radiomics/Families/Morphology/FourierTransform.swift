import Glibc

/// Four complex numbers side by side, so that four transforms run at once.
struct ComplexLanes {
    var re: SIMD4<Double>
    var im: SIMD4<Double>

    static let zero = ComplexLanes(re: .zero, im: .zero)

    static func + (a: Self, b: Self) -> Self { Self(re: a.re + b.re, im: a.im + b.im) }
    static func - (a: Self, b: Self) -> Self { Self(re: a.re - b.re, im: a.im - b.im) }

    /// -i times this.
    var turned: Self { Self(re: im, im: -re) }
    /// Real and imaginary part exchanged: between two forward transforms this makes the second an inverse one.
    var swapped: Self { Self(re: im, im: re) }

    func times(_ c: Double, _ s: Double) -> Self { Self(re: re * c - im * s, im: re * s + im * c) }
    func scaled(_ factor: Double) -> Self { Self(re: re * factor, im: im * factor) }
}

/// Forward transform Σ x(k) exp(-2πi jk/n), unscaled, by Stockham's self-sorting method with radices 4, 2, 3 and 5.
struct FourierTransform {
    let count: Int
    private let factors: [Int]
    /// cos and sin of -2π k / n.
    private let roots: [(c: Double, s: Double)]

    /// The smallest number of points, made of factors 2, 3 and 5, that is at least `least`.
    static func size(atLeast least: Int) -> Int {
        var n = max(1, least)
        while true {
            var rest = n
            for prime in [2, 3, 5] { while rest % prime == 0 { rest /= prime } }
            if rest == 1 { return n }
            n += 1
        }
    }

    /// - Parameter count: made of factors 2, 3 and 5.
    init(count: Int) {
        self.count = count
        var factors: [Int] = []
        var rest = count
        for radix in [4, 2, 3, 5] {
            while rest % radix == 0 {
                factors.append(radix)
                rest /= radix
            }
        }
        precondition(rest == 1, "\(count) has a factor other than 2, 3, 5")
        self.factors = factors
        roots = (0..<count).map { k in
            let angle = -2 * Double.pi * Double(k) / Double(count)
            return (cos(angle), sin(angle))
        }
    }

    /// Transforms `data` in place; both buffers hold `count` elements.
    func transform(_ data: UnsafeMutablePointer<ComplexLanes>, scratch: UnsafeMutablePointer<ComplexLanes>) {
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
