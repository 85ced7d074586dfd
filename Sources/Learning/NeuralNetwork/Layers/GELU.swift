import Parallel

/// y = x Φ(x), Φ the cumulative normal distribution (the exact form with erf; Hendrycks, Gimpel: Gaussian error linear
/// units, 2016), and dy/dx = Φ(x) + x φ(x). No parameters.
public enum GELU {
    /// x [count] to y [count].
    public static func forward<T: NetworkScalar>(
        _ x: UnsafePointer<T>, count: Int, into y: UnsafeMutablePointer<T>, workers: Workers
    ) {
        workers.forEachRange(of: count, size: taskSize) { range, _ in
            T.gelu(x + range.lowerBound, into: y + range.lowerBound, count: range.count)
        }
    }

    /// Turns dy [count], in its place, into dx = dy · (Φ(x) + x φ(x)), and writes forward's y once more into `y`: the costly
    /// Φ serves both, so that nobody needs to keep y.
    public static func backward<T: NetworkScalar>(
        _ x: UnsafePointer<T>, count: Int, dyToDx gradient: UnsafeMutablePointer<T>,
        recomputing y: UnsafeMutablePointer<T>,
        workers: Workers
    ) {
        workers.forEachRange(of: count, size: taskSize) { range, _ in
            let start = range.lowerBound
            T.geluBackward(x + start, dyToDx: gradient + start, into: y + start, count: range.count)
        }
    }

    private static let taskSize = 16_384
}
