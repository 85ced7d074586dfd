import CKernels
import Glibc

/// A Gaussian or its second derivative as a recursion of fourth order, forth and back: R. Deriche, "Recursively implementing
/// the Gaussian and its derivatives", INRIA 1893, 1993, with the constants and the normalisation of G. Farnebäck and
/// C.-F. Westin, "Improving Deriche-style recursive Gaussian filters", J Math Imaging Vis 26 (2006) 293: what ITK computes. What
/// lies beyond a line is its border voxel for ever.
struct RecursiveGaussian: Hashable, Sendable {
    enum Derivative: Hashable, Sendable { case none, second }

    /// In voxels.
    var sigma: Double
    var derivative: Derivative
    /// What the responses are multiplied by.
    var scale: Double

    init(sigma: Double, _ derivative: Derivative, scale: Double = 1) {
        (self.sigma, self.derivative, self.scale) = (sigma, derivative, scale)
    }

    /// One of the three numerators, a₀ cos and b₀ sin of two damped waves, and its moments.
    private struct Numerator {
        var n: SIMD4<Double>
        var sum: Double { n.sum() }
        /// Σ k n(k) and Σ k² n(k).
        var first: Double { (n * [0, 1, 2, 3]).sum() }
        var second: Double { (n * [0, 1, 4, 9]).sum() }

        init(_ a: SIMD2<Double>, _ b: SIMD2<Double>, _ waves: Waves) {
            let (cosine, sine, decay) = (waves.cosine, waves.sine, waves.decay)
            let squares = decay * decay
            n = [
                a[0] + a[1],
                decay[1] * (b[1] * sine[1] - (a[1] + 2 * a[0]) * cosine[1])
                    + decay[0] * (b[0] * sine[0] - (a[0] + 2 * a[1]) * cosine[0]),
                2 * decay[0] * decay[1]
                    * ((a[0] + a[1]) * cosine[1] * cosine[0] - b[0] * cosine[1] * sine[0]
                        - b[1] * cosine[0] * sine[1]) + a[1] * squares[0] + a[0] * squares[1],
                decay[1] * squares[0] * (b[1] * sine[1] - a[1] * cosine[1])
                    + decay[0] * squares[1] * (b[0] * sine[0] - a[0] * cosine[0]),
            ]
        }
    }

    /// In sigmas: of a value so far away 2e-17 is left, by the slower of the two decays.
    static let reach = 28.0

    private struct Waves {
        let cosine: SIMD2<Double>
        let sine: SIMD2<Double>
        let decay: SIMD2<Double>

        init(sigma: Double) {
            let (w, l) = (SIMD2(0.6681, 2.0787) / sigma, SIMD2(-1.3932, -1.3732) / sigma)
            cosine = [cos(w[0]), cos(w[1])]
            sine = [sin(w[0]), sin(w[1])]
            decay = [exp(l[0]), exp(l[1])]
        }

        var denominator: SIMD4<Double> {
            let squares = decay * decay
            return [
                -2 * (decay[1] * cosine[1] + decay[0] * cosine[0]),
                4 * cosine[1] * cosine[0] * decay[0] * decay[1] + squares[0] + squares[1],
                -2 * cosine[0] * decay[0] * squares[1] - 2 * cosine[1] * decay[1] * squares[0],
                squares[0] * squares[1],
            ]
        }
    }

    var coefficients: FilterRecursion {
        let waves = Waves(sigma: sigma)
        let d = waves.denominator
        let (sd, dd, ed) = (1 + d.sum(), (d * [1, 2, 3, 4]).sum(), (d * [1, 4, 9, 16]).sum())
        var even = Numerator([1.3530, -0.3531], [1.8151, 0.0902], waves)
        switch derivative {
        case .none: even.n /= 2 * even.sum / sd - even.n[0]
        case .second:
            var curved = Numerator([-1.3563, 0.3446], [5.2318, -2.2355], waves)
            let beta = -(2 * curved.sum - sd * curved.n[0]) / (2 * even.sum - sd * even.n[0])
            curved.n += beta * even.n
            let size =
                (curved.second * sd * sd - ed * curved.sum * sd - 2 * curved.first * dd * sd
                    + 2 * dd * dd * curved.sum) / (sd * sd * sd)
            even.n = curved.n / size
        }
        let n = even.n * scale
        let m: SIMD4<Double> = [n[1] - d[0] * n[0], n[2] - d[1] * n[0], n[3] - d[2] * n[0], -d[3] * n[0]]
        return FilterRecursion(
            n: (n[0], n[1], n[2], n[3]), m: (m[0], m[1], m[2], m[3]), d: (d[0], d[1], d[2], d[3]),
            left: n.sum() / sd, right: m.sum() / sd)
    }
}
