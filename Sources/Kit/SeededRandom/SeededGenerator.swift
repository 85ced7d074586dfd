/// Random numbers that are the same for a seed on every machine: xoshiro256** (Blackman, Vigna: Scrambled linear
/// pseudorandom number generators, ACM TOMS 47, 2021), its state filled by SplitMix64 as its authors advise.
///
/// The draws use only integer operations and IEEE 754's exactly rounded + − × ÷ √, no libm, so their bits do not depend
/// on CPU or C library (Swift does not contract a × b + c).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)
    private var spareNormal: Double?

    public init(seed: UInt64) {
        var mixer = SplitMix64(state: seed)
        state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
    }

    /// Goes on where ``words`` was read; nil when these are not the words of a generator.
    public init?(words: [UInt64]) {
        guard words.count == 4 || words.count == 5, words[..<4].contains(where: { $0 != 0 }) else { return nil }
        state = (words[0], words[1], words[2], words[3])
        spareNormal = words.count == 5 ? Double(bitPattern: words[4]) : nil
    }

    /// All of its state, to be kept in a checkpoint: four words, and the normal number that waits if there is one.
    public var words: [UInt64] {
        [state.0, state.1, state.2, state.3] + (spareNormal.map { [$0.bitPattern] } ?? [])
    }

    public mutating func next() -> UInt64 {
        let result = Self.rotate(state.1 &* 5, by: 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotate(state.3, by: 45)
        return result
    }

    private static func rotate(_ word: UInt64, by bits: UInt64) -> UInt64 { word << bits | word >> (64 - bits) }

    /// Uniform in [0, 1), a multiple of 2⁻⁵³.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform in 0..<count, without bias (draws that would favour small numbers are thrown away).
    public mutating func integer(below count: Int) -> Int {
        precondition(count > 0, "no integer below \(count)")
        let bound = UInt64(count)
        let limit = UInt64.max - UInt64.max % bound
        while true {
            let draw = next()
            if draw < limit { return Int(draw % bound) }
        }
    }

    /// Normal with mean 0 and variance 1 (polar method: Marsaglia, Bray, SIAM Review 6, 1964).
    public mutating func normal() -> Double {
        if let spare = spareNormal {
            spareNormal = nil
            return spare
        }
        while true {
            let u = 2 * uniform() - 1
            let v = 2 * uniform() - 1
            let s = u * u + v * v
            guard s > 0, s < 1 else { continue }
            let factor = (-2 * naturalLogarithm(s) / s).squareRoot()
            spareNormal = v * factor
            return u * factor
        }
    }

    /// The numbers 0..<count in random order (Fisher, Yates).
    public mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(last, integer(below: last + 1)) }
        return order
    }
}

/// Steele, Lea, Flood: Fast splittable pseudorandom number generators (OOPSLA 2014).
///
/// One word of state: fills the state of ``SeededGenerator``, and is enough where numbers need only repeat.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(state: UInt64) { self.state = state }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}

/// ln x for a positive normal number, with the same bits everywhere (libm's log may differ in the last place).
///
/// x = m · 2ᵉ with m in [√½, √2); ln m = 2 artanh z = 2 (z + z³/3 + z⁵/5 + …), z = (m − 1) / (m + 1), |z| < 0.172, so
/// that the first term left out, z²³/23, is below 2⁻⁶².
public func naturalLogarithm(_ x: Double) -> Double {
    precondition(x.isNormal && x > 0, "logarithm of \(x)")
    var mantissa = x.significand
    var exponent = Double(x.exponent)
    if mantissa > 1.414_213_562_373_095_1 {
        mantissa /= 2
        exponent += 1
    }
    let z = (mantissa - 1) / (mantissa + 1)
    let square = z * z
    var series = 0.0
    for odd in stride(from: 21.0, through: 1, by: -2) { series = series * square + 1 / odd }
    return exponent * 0.693_147_180_559_945_3 + 2 * z * series
}
