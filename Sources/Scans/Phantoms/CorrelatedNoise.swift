import SeededRandom

/// Gaussian noise whose correlation is known in closed form: white noise under a moving average.
///
/// With weights w along an axis, two voxels d apart correlate with r(d) = Σ w(k) w(k+d) / Σ w(k)², and across axes the
/// r multiply. For [1, 2, 1]: r(1) = 2/3, r(2) = 1/6, r(3) = 0.
struct CorrelatedNoise {
    /// Weights along x, y and z; [1] leaves an axis white.
    var weights: (x: [Double], y: [Double], z: [Double])

    static let white = CorrelatedNoise(weights: ([1], [1], [1]))

    /// r(d) along one axis.
    static func autocorrelation(of weights: [Double], distance: Int) -> Double {
        guard distance < weights.count else { return 0 }
        let products = (0..<weights.count - distance).map { weights[$0] * weights[$0 + distance] }
        return products.reduce(0, +) / weights.map { $0 * $0 }.reduce(0, +)
    }

    /// A field of mean 0 and variance 1, x fastest, `size.x × size.y × size.z` values. Margins are drawn with it and cut
    /// off, so that its statistics are the same up to the border.
    func field(size: SIMD3<Int>, from generator: inout SeededGenerator) -> [Double] {
        var extent = size &+ SIMD3(weights.x.count - 1, weights.y.count - 1, weights.z.count - 1)
        var field = [Double]()
        field.reserveCapacity(extent.x * extent.y * extent.z)
        for _ in 0..<extent.x * extent.y * extent.z { field.append(generator.normal()) }
        for (axis, weights) in [weights.x, weights.y, weights.z].enumerated() where weights.count > 1 {
            field = Self.average(field, &extent, along: axis, weights)
        }
        return field
    }

    /// Σ w(k) f(i + k) / √Σ w(k)² along one axis; the extent shrinks to where all f(i + k) exist.
    private static func average(
        _ field: [Double], _ extent: inout SIMD3<Int>, along axis: Int, _ weights: [Double]
    ) -> [Double] {
        let norm = weights.map { $0 * $0 }.reduce(0, +).squareRoot()
        let step = axis == 0 ? 1 : axis == 1 ? extent.x : extent.x * extent.y
        var small = extent
        small[axis] -= weights.count - 1
        var result = [Double]()
        result.reserveCapacity(small.x * small.y * small.z)
        for z in 0..<small.z {
            for y in 0..<small.y {
                let row = (z * extent.y + y) * extent.x
                for x in 0..<small.x {
                    var sum = 0.0
                    for (k, weight) in weights.enumerated() { sum += weight * field[row + x + k * step] }
                    result.append(sum / norm)
                }
            }
        }
        extent = small
        return result
    }
}
