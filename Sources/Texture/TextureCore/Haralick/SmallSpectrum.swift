import Glibc

/// Eigenvalues of a small symmetric matrix, all of them at once: for the few grey levels of a window this takes a tenth of
/// the time of an iteration for one of them.
package enum SmallSpectrum {
    static let most = 32

    /// All eigenvalues, in no order; nil when the iteration does not end.
    ///
    /// - Parameter matrix: n × n by rows, symmetric.
    package static func eigenvalues(_ matrix: [Double], _ n: Int) -> [Double]? {
        precondition(matrix.count == n * n, "\(matrix.count) values, expected \(n) × \(n)")
        guard n > 1 else { return matrix }
        var (matrix, diagonal) = (matrix, [Double](repeating: 0, count: n))
        var (beside, work) = (diagonal, diagonal)
        return matrix.withUnsafeMutableBufferPointer { matrix in
            diagonal.withUnsafeMutableBufferPointer { diagonal in
                beside.withUnsafeMutableBufferPointer { beside in
                    work.withUnsafeMutableBufferPointer { reduce(matrix, n, diagonal, beside, $0) }
                    return iterate(diagonal, beside, n) ? Array(diagonal) : nil
                }
            }
        }
    }

    /// The second largest |eigenvalue|; nil when the iteration does not end.
    ///
    /// - Parameter matrix: n × n by rows; overwritten. n ≥ 2.
    ///
    /// Householder's reduction to tridiagonal form, then the implicit QL iteration with Wilkinson's shift (Golub & Van Loan,
    /// Matrix Computations, 8.3; Martin & Wilkinson, Numer. Math. 12, 1968).
    static func secondMagnitude(_ matrix: UnsafeMutableBufferPointer<Double>, _ n: Int) -> Double? {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * n) { space in
            let diagonal = UnsafeMutableBufferPointer(rebasing: space[0..<n])
            let beside = UnsafeMutableBufferPointer(rebasing: space[n..<2 * n])
            reduce(matrix, n, diagonal, beside, UnsafeMutableBufferPointer(rebasing: space[2 * n..<3 * n]))
            guard iterate(diagonal, beside, n) else { return nil }
            var (first, second) = (0.0, 0.0)
            for value in diagonal {
                let size = abs(value)
                if size > first { (first, second) = (size, first) } else if size > second { second = size }
            }
            return second
        }
    }

    /// A to the tridiagonal form with the same eigenvalues: `beside[k]` stands between `diagonal[k]` and `diagonal[k + 1]`.
    private static func reduce(
        _ a: UnsafeMutableBufferPointer<Double>, _ n: Int, _ diagonal: UnsafeMutableBufferPointer<Double>,
        _ beside: UnsafeMutableBufferPointer<Double>, _ w: UnsafeMutableBufferPointer<Double>
    ) {
        for k in 0..<n - 1 {
            var tail = 0.0
            for i in k + 2..<max(n, k + 2) { tail += a[i * n + k] * a[i * n + k] }
            let head = a[(k + 1) * n + k]
            beside[k] = head
            guard tail > 0 else { continue }
            // The reflection that takes column k below the diagonal to (alpha, 0, …): v in its place, 1 - beta v vᵀ.
            let alpha = -copysign((head * head + tail).squareRoot(), head)
            beside[k] = alpha
            a[(k + 1) * n + k] = head - alpha
            let beta = 2 / ((head - alpha) * (head - alpha) + tail)
            var product = 0.0
            for i in k + 1..<n {
                var sum = 0.0
                for j in k + 1..<n { sum += a[i * n + j] * a[j * n + k] }
                w[i] = beta * sum
                product += w[i] * a[i * n + k]
            }
            let half = beta / 2 * product
            for i in k + 1..<n { w[i] -= half * a[i * n + k] }
            for i in k + 1..<n {
                for j in k + 1..<n { a[i * n + j] -= a[i * n + k] * w[j] + w[i] * a[j * n + k] }
            }
        }
        for k in 0..<n { diagonal[k] = a[k * n + k] }
        beside[n - 1] = 0
    }

    /// Leaves the eigenvalues in `diagonal`.
    private static func iterate(
        _ d: UnsafeMutableBufferPointer<Double>, _ e: UnsafeMutableBufferPointer<Double>, _ n: Int
    ) -> Bool {
        for low in 0..<n {
            for round in 0... {
                // The block from `low` ends where the value beside the diagonal is nothing to its neighbours.
                var high = low
                while high < n - 1, abs(e[high]) > .ulpOfOne * (abs(d[high]) + abs(d[high + 1])) { high += 1 }
                if high == low { break }
                guard round < 60 else { return false }
                let half = (d[low + 1] - d[low]) / (2 * e[low])
                let root = (half * half + 1).squareRoot()
                var g = d[high] - d[low] + e[low] / (half + copysign(root, half))
                var (sine, cosine, shift) = (1.0, 1.0, 0.0)
                var split = false
                for i in (low..<high).reversed() {
                    let (f, b) = (sine * e[i], cosine * e[i])
                    let r = (f * f + g * g).squareRoot()
                    e[i + 1] = r
                    guard r > 0 else {
                        d[i + 1] -= shift
                        e[high] = 0
                        split = true
                        break
                    }
                    (sine, cosine) = (f / r, g / r)
                    g = d[i + 1] - shift
                    let t = (d[i] - g) * sine + 2 * cosine * b
                    shift = sine * t
                    d[i + 1] = g + shift
                    g = cosine * t - b
                }
                if split { continue }
                d[low] -= shift
                e[low] = g
                e[high] = 0
            }
        }
        return true
    }
}
