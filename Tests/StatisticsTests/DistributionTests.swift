import Foundation
import Statistics
import Testing

/// Expected values: SciPy 1.17 (scipy.stats, double precision), and closed forms.
struct DistributionTests {
    private func compare(_ found: Double, _ expected: Double, _ what: String) {
        #expect(abs(found - expected) <= 1e-12 * max(abs(expected), 1e-12), "\(what): \(found), expected \(expected)")
    }

    @Test(arguments: [
        (1, 1.0, 0.5), (4, 1.997292679969663, 0.11647607487750722), (9, 2.262157162798205, 0.05),
        (30.5, -3.2, 0.0032010058882024376), (2, 50, 0.00039976015988808057),
    ])
    func student(degrees: Double, t: Double, expected: Double) {
        compare(StudentT(degrees: degrees).twoSided(t), expected, "t(\(degrees)) of \(t)")
    }

    /// Cauchy: 1 − 2 arctan(t)/π; two degrees: 1 − t/√(2 + t²).
    @Test func studentInClosedForm() {
        for t in [0.01, 0.3, 1, 2.5, 7, 40] {
            compare(StudentT(degrees: 1).twoSided(t), 1 - 2 * atan(t) / .pi, "t(1) of \(t)")
            // The closed form loses digits of its own by cancellation far out.
            let two = 2 / (2 + t * t + t * (2 + t * t).squareRoot())
            compare(StudentT(degrees: 2).twoSided(t), two, "t(2) of \(t)")
        }
    }

    @Test func criticalValue() {
        compare(StudentT(degrees: 9).criticalValue(twoSided: 0.05), 2.262157162798205, "t(9) at 5 %")
    }

    @Test(arguments: [
        (1, 3.84, 0.05004352124870519), (2, 5, 0.0820849986238988), (3, 0.2, 0.9775892977616494),
        (10, 30, 0.000856641210775301), (5, 5, 0.4158801869955079), (10, 6, 0.8152632445237722),
        (100, 140, 0.0051405024585059085),
    ])
    func chiSquared(degrees: Double, x: Double, expected: Double) {
        compare(ChiSquared(degrees: degrees).upper(x), expected, "χ²(\(degrees)) of \(x)")
    }

    @Test func normal() {
        compare(Normal.twoSided(2.5), 0.012419330651552265, "z = 2.5")
        compare(Normal.twoSided(-9), 2.2571768119076647e-19, "z = -9")
        compare(Normal.twoSided(Normal.quantile975), 0.05, "z of 95 %")
        compare(Normal.cumulative(0), 0.5, "Φ(0)")
    }

    @Test(arguments: [
        (7, 3, 0.5, 0.2734375), (100, 40, 0.028443966820490444, 0.010843866711637978),
        (200, 99, 0.4718257604953717, 0.055790573276491534), (51, 20, 0.08038980090599424, 0.034432525998067155),
    ])
    func coin(trials: Int, heads: Int, cumulative: Double, probability: Double) {
        compare(FairCoin(trials: trials).cumulative(heads), cumulative, "P(X ≤ \(heads)) of \(trials)")
        compare(FairCoin(trials: trials).probability(heads), probability, "P(\(heads)) of \(trials)")
    }

    @Test("the tail of the coin is the sum of its probabilities", arguments: [1, 2, 9, 50, 51, 300])
    func coinSums(trials: Int) {
        var sum = 0.0
        for heads in 0..<trials {
            sum += FairCoin(trials: trials).probability(heads)
            #expect(abs(FairCoin(trials: trials).cumulative(heads) - sum) < 1e-12, "\(heads) of \(trials)")
        }
    }
}
