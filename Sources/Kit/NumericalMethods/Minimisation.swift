/// Smallest value of a smooth convex function: limited-memory BFGS with ten pairs (Liu, Nocedal, Math. Programming 45, 1989;
/// Nocedal, Wright: Numerical optimization, algorithm 7.4) and halved steps until the value falls enough (Armijo).
///
/// - Parameters:
///   - start: where the search begins.
///   - tolerance: norm of the gradient at which it ends.
///   - function: gives the value at a point and writes the gradient there.
/// - Returns: where it ended and the gradient's norm there.
package func minimise(
    from start: [Double], iterations: Int = 1000, tolerance: Double,
    _ function: (_ point: [Double], _ gradient: inout [Double]) -> Double
) -> (point: [Double], gradientNorm: Double) {
    func dot(_ a: [Double], _ b: [Double]) -> Double {
        var sum = 0.0
        for index in a.indices { sum += a[index] * b[index] }
        return sum
    }
    var point = start
    var gradient = [Double](repeating: 0, count: start.count)
    var value = function(point, &gradient)
    var pairs: [(step: [Double], change: [Double], curvature: Double)] = []
    for _ in 0..<iterations {
        if dot(gradient, gradient).squareRoot() <= tolerance { break }
        var direction = gradient.map { -$0 }
        var factors: [Double] = []
        for pair in pairs.reversed() {
            let factor = dot(pair.step, direction) / pair.curvature
            factors.append(factor)
            for index in direction.indices { direction[index] -= factor * pair.change[index] }
        }
        if let last = pairs.last {
            let scale = last.curvature / dot(last.change, last.change)
            for index in direction.indices { direction[index] *= scale }
        }
        for (pair, factor) in zip(pairs, factors.reversed()) {
            let correction = factor - dot(pair.change, direction) / pair.curvature
            for index in direction.indices { direction[index] += correction * pair.step[index] }
        }
        let slope = dot(gradient, direction)
        // Rounding has eaten the descent: nothing better can be found in doubles.
        guard slope < 0 else { break }
        var (length, next, nextGradient, nextValue) = (1.0, point, gradient, value)
        var hasFallen = false
        for _ in 0..<60 {
            for index in point.indices { next[index] = point[index] + length * direction[index] }
            nextValue = function(next, &nextGradient)
            // At the bottom the value no longer resolves the step; a smaller gradient does.
            if nextValue <= value + 1e-4 * length * slope
                || abs(nextValue - value) <= 1e-14 * abs(value)
                    && dot(nextGradient, nextGradient) < dot(gradient, gradient)
            {
                hasFallen = true
                break
            }
            length /= 2
        }
        guard hasFallen else { break }
        let step = zip(next, point).map { $0 - $1 }
        let change = zip(nextGradient, gradient).map { $0 - $1 }
        let curvature = dot(step, change)
        if curvature > 1e-300 {
            pairs.append((step, change, curvature))
            if pairs.count > 10 { pairs.removeFirst() }
        }
        (point, gradient, value) = (next, nextGradient, nextValue)
    }
    return (point, dot(gradient, gradient).squareRoot())
}
