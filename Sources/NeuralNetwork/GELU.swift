/// y = x Φ(x), Φ the cumulative normal distribution (the exact form with erf; Hendrycks, Gimpel: Gaussian error linear
/// units, 2016), and dy/dx = Φ(x) + x φ(x). No parameters.
public enum GELU {
    /// x [count] to y [count].
    public static func forward<T: NetworkScalar>(
        _ x: UnsafePointer<T>, count: Int, into y: UnsafeMutablePointer<T>, workers: Workers
    ) {
        workers.forEachRange(of: count, size: taskSize) { range, _ in gelu(x, range, into: y) }
    }

    /// Turns dy [count], in its place, into dx = dy · (Φ(x) + x φ(x)), and writes forward's y once more into `y`: the costly
    /// Φ serves both, so that nobody needs to keep y.
    public static func backward<T: NetworkScalar>(
        _ x: UnsafePointer<T>, count: Int, dyToDx gradient: UnsafeMutablePointer<T>,
        recomputing y: UnsafeMutablePointer<T>,
        workers: Workers
    ) {
        workers.forEachRange(of: count, size: taskSize) { range, _ in geluBackward(x, range, gradient, y) }
    }

    private static let taskSize = 16_384
}

@specialized(where T == Float)
@specialized(where T == Double)
private func gelu<T: NetworkScalar>(_ x: UnsafePointer<T>, _ range: Range<Int>, into y: UnsafeMutablePointer<T>) {
    let step = T.Lanes.count
    var i = range.lowerBound
    while i + step <= range.upperBound {
        let lanes = T.Lanes(x + i)
        (lanes * lanes.normalDistribution.cumulative).store(to: y + i)
        i += step
    }
    let rest = range.upperBound - i
    guard rest > 0 else { return }
    let lanes = T.Lanes(first: rest, of: x + i, rest: 0)
    (lanes * lanes.normalDistribution.cumulative).store(first: rest, to: y + i)
}

@specialized(where T == Float)
@specialized(where T == Double)
private func geluBackward<T: NetworkScalar>(
    _ x: UnsafePointer<T>, _ range: Range<Int>, _ gradient: UnsafeMutablePointer<T>, _ y: UnsafeMutablePointer<T>
) {
    let step = T.Lanes.count
    var i = range.lowerBound
    while i + step <= range.upperBound {
        let lanes = T.Lanes(x + i)
        let (cumulative, density) = lanes.normalDistribution
        (lanes * cumulative).store(to: y + i)
        (T.Lanes(gradient + i) * (cumulative + lanes * density)).store(to: gradient + i)
        i += step
    }
    let rest = range.upperBound - i
    guard rest > 0 else { return }
    let lanes = T.Lanes(first: rest, of: x + i, rest: 0)
    let (cumulative, density) = lanes.normalDistribution
    (lanes * cumulative).store(first: rest, to: y + i)
    (T.Lanes(first: rest, of: gradient + i, rest: 0) * (cumulative + lanes * density)).store(
        first: rest, to: gradient + i)
}
