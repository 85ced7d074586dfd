import Foundation
import Phantoms
import SeededRandom
import Testing

@Suite("Seeded random numbers")
struct GeneratorTests {
    /// Computed from the authors' C code (splitmix64.c, xoshiro256starstar.c) by an independent transcription in Python.
    @Test("first draws of seed 1 are xoshiro256**'s")
    func firstDraws() {
        var generator = SeededGenerator(seed: 1)
        let drawn = (0..<4).map { _ in generator.next() }
        #expect(
            drawn == [
                0xb3f2_af6d_0fc7_10c5, 0x853b_5596_4736_4cea,
                0x92f8_9756_082a_4514, 0x642e_1c7b_c266_a3a7,
            ]
        )
    }

    @Test("normal draws have the moments of a normal distribution")
    func moments() {
        var generator = SeededGenerator(seed: 7)
        let count = 200_000
        let draws = (0..<count).map { _ in generator.normal() }
        // Standard errors of the first four moments: √(1, 2, 15, 96) / √n; five of them are allowed.
        for (power, expected, spread) in [(1, 0.0, 1.0), (2, 1, 2), (3, 0, 15), (4, 3, 96)] {
            let moment = draws.reduce(0) { $0 + pow($1, Double(power)) } / Double(count)
            let tolerance = 5 * (spread / Double(count)).squareRoot()
            #expect(abs(moment - expected) < tolerance, "moment \(power) is \(moment)")
        }
    }

    @Test("the portable logarithm agrees with libm's")
    func logarithm() {
        var generator = SeededGenerator(seed: 3)
        var worst = (error: 0.0, at: 1.0)
        for _ in 0..<100_000 {
            let x = (generator.uniform() + 0x1p-54) * [1e-6, 1, 2, 1e6][generator.integer(below: 4)]
            // Relative near 1, where ln is small; absolute where the exponent's part dominates.
            let error = abs(naturalLogarithm(x) - log(x)) / max(abs(log(x)), 0x1p-1)
            if error > worst.error { worst = (error, x) }
        }
        // Four roundings of half an ulp each.
        #expect(worst.error < 4 * 0x1p-52, "error \(worst.error) at \(worst.at)")
    }

    @Test("a permutation holds every number once")
    func permutation() {
        var generator = SeededGenerator(seed: 1)
        let order = generator.permutation(100)
        #expect(order.sorted() == Array(0..<100))
        #expect(order != Array(0..<100))
    }
}
