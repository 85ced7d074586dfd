// Tails of the distributions that the tests of this module refer to.

import Foundation

public enum Normal {
    /// Φ⁻¹(0.975): half the width of a 95 % interval in standard errors.
    public static let quantile975 = 1.959_963_984_540_054

    /// P(|Z| ≥ |z|).
    public static func twoSided(_ z: Double) -> Double { erfc(abs(z) / 2.0.squareRoot()) }

    /// P(Z ≤ z).
    public static func cumulative(_ z: Double) -> Double { erfc(-z / 2.0.squareRoot()) / 2 }
}

/// Student's t with `degrees` > 0 degrees of freedom.
public struct StudentT: Hashable, Sendable {
    public let degrees: Double

    public init(degrees: Double) { self.degrees = degrees }

    /// P(|T| ≥ |t|) = Iₓ(ν/2, ½), x = ν / (ν + t²) (Abramowitz, Stegun 26.7.1).
    public func twoSided(_ t: Double) -> Double {
        t.isInfinite ? 0 : incompleteBeta(degrees / 2, 0.5, degrees / (degrees + t * t))
    }

    /// t with P(|T| ≥ t) = `probability`, by bisection; 0 < probability < 1.
    public func criticalValue(twoSided probability: Double) -> Double {
        precondition(probability > 0 && probability < 1, "no critical value for a probability of \(probability)")
        var (low, high) = (0.0, 1.0)
        while twoSided(high) > probability { high *= 2 }
        // Each step halves the interval; after 200 it is one double.
        for _ in 0..<200 {
            let middle = (low + high) / 2
            if twoSided(middle) > probability { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}

/// F with two numbers of degrees of freedom > 0, not necessarily whole.
public struct FDistribution: Hashable, Sendable {
    public let above: Double
    public let below: Double

    public init(_ above: Double, _ below: Double) { (self.above, self.below) = (above, below) }

    /// P(F ≤ x) = Iₜ(d₁/2, d₂/2), t = d₁ x / (d₁ x + d₂) (Abramowitz, Stegun 26.6.2).
    public func cumulative(_ x: Double) -> Double {
        guard x > 0 else { return 0 }
        return incompleteBeta(above / 2, below / 2, above * x / (above * x + below))
    }

    /// x with P(F ≤ x) = `probability`, by bisection; 0 < probability < 1.
    public func quantile(_ probability: Double) -> Double {
        precondition(probability > 0 && probability < 1, "no quantile for a probability of \(probability)")
        var (low, high) = (0.0, 1.0)
        while cumulative(high) < probability { high *= 2 }
        for _ in 0..<200 {
            let middle = (low + high) / 2
            if cumulative(middle) < probability { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}

/// χ² with `degrees` > 0 degrees of freedom.
public struct ChiSquared: Hashable, Sendable {
    public let degrees: Double

    public init(degrees: Double) { self.degrees = degrees }

    /// P(X ≥ x) = Q(ν/2, x/2) (Abramowitz, Stegun 26.4.19); for one degree, the two-sided normal tail of √x.
    public func upper(_ x: Double) -> Double {
        degrees == 1 ? Normal.twoSided(max(0, x).squareRoot()) : upperGamma(degrees / 2, max(0, x) / 2)
    }
}

/// Number of heads in `trials` throws of a fair coin.
public struct FairCoin: Hashable, Sendable {
    public let trials: Int

    public init(trials: Int) { self.trials = trials }

    /// P(X = heads).
    public func probability(_ heads: Int) -> Double {
        guard (0...trials).contains(heads) else { return 0 }
        // Products of at most 53-bit factors where they fit, logarithms where they do not.
        if trials <= 50 {
            let smaller = min(heads, trials - heads)
            let ways = (0..<smaller).reduce(1.0) { ($0 * Double(trials - $1) / Double($1 + 1)).rounded() }
            return ways * exp2(-Double(trials))
        }
        let n = Double(trials)
        return exp(
            logGamma(n + 1) - logGamma(Double(heads) + 1) - logGamma(n - Double(heads) + 1) - n * log(2.0))
    }

    /// P(X ≤ heads) = I½(n − heads, heads + 1) (DLMF 8.17.5).
    public func cumulative(_ heads: Int) -> Double {
        if heads < 0 { return 0 }
        if heads >= trials { return 1 }
        return incompleteBeta(Double(trials - heads), Double(heads) + 1, 0.5)
    }
}
