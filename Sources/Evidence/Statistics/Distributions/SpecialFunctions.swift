// The two functions that the tails of Student's t, χ², F and the binomial distribution are made of. Citations are to the
// NIST Digital Library of Mathematical Functions (DLMF), https://dlmf.nist.gov.

import Foundation

/// ln Γ(x), x > 0.
func logGamma(_ x: Double) -> Double { lgamma(x).0 }

/// Regularised incomplete beta function Iₓ(a, b), DLMF 8.17.2, for a, b > 0 and 0 ≤ x ≤ 1.
///
/// Continued fraction DLMF 8.17.22 by Lentz's method as Thompson and Barnett modified it (J. Comput. Phys. 64, 1986); it
/// converges fast for x < (a + 1) / (a + b + 2), and the other side is Iₓ(a, b) = 1 − I₁₋ₓ(b, a) (8.17.4).
func incompleteBeta(_ a: Double, _ b: Double, _ x: Double) -> Double {
    precondition(a > 0 && b > 0 && x >= 0 && x <= 1, "I of a = \(a), b = \(b), x = \(x)")
    if x == 0 || x == 1 { return x }
    if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(b, a, 1 - x) }
    let front = exp(a * log(x) + b * log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a
    let fraction = continuedFraction(first: 1) { step in
        // The odd and the even coefficient d of 8.17.23.
        let m = Double(step / 2)
        return step % 2 == 1
            ? -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            : m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    }
    return front / fraction
}

/// 1 + d₁/(1 + d₂/(1 + …)), Lentz's method; more steps than any argument of a table of results needs.
private func continuedFraction(first: Double, _ coefficient: (Int) -> Double) -> Double {
    let tiny = 1e-300
    var (value, c, d) = (first, first, 0.0)
    for step in 1...100_000 {
        let k = coefficient(step)
        d = 1 + k * d
        c = 1 + k / c
        if abs(d) < tiny { d = tiny }
        if abs(c) < tiny { c = tiny }
        d = 1 / d
        value *= c * d
        if abs(c * d - 1) < 1e-16 { break }
    }
    return value
}

/// Regularised upper incomplete gamma function Q(a, x) = Γ(a, x) / Γ(a), DLMF 8.2.4, for a > 0 and x ≥ 0.
///
/// Below x = a + 1 it is 1 − P by the series DLMF 8.7.1, above it the continued fraction 8.9.2 in its even form.
func upperGamma(_ a: Double, _ x: Double) -> Double {
    precondition(a > 0 && x >= 0, "Q of a = \(a), x = \(x)")
    if x == 0 { return 1 }
    let front = exp(a * log(x) - x - logGamma(a))
    if x < a + 1 {
        var (term, sum, n) = (1 / a, 1 / a, a)
        while term > sum * 1e-17 {
            n += 1
            term *= x / n
            sum += term
        }
        return max(0, 1 - front * sum)
    }
    let tiny = 1e-300
    var b = x + 1 - a
    var (c, d) = (1 / tiny, 1 / b)
    var value = d
    for step in 1...100_000 {
        let k = Double(step) * (a - Double(step))
        b += 2
        d = k * d + b
        c = b + k / c
        if abs(d) < tiny { d = tiny }
        if abs(c) < tiny { c = tiny }
        d = 1 / d
        value *= c * d
        if abs(c * d - 1) < 1e-16 { break }
    }
    return front * value
}
