/// Sums of vectors, one after the other in memory.
public enum Vectors {
    /// sum[i] = a[i] + b[i]; sum may be a or b.
    @specialized(where T == Float)
    @specialized(where T == Double)
    public static func add<T: NetworkScalar>(
        _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, into sum: UnsafeMutablePointer<T>, count: Int
    ) {
        let step = T.Lanes.count
        let whole = count / step * step
        for i in stride(from: 0, to: whole, by: step) { (T.Lanes(a + i) + T.Lanes(b + i)).store(to: sum + i) }
        for i in whole..<count { sum[i] = a[i] + b[i] }
    }

    /// x[i] = factor · x[i]
    @specialized(where T == Float)
    @specialized(where T == Double)
    public static func scale<T: NetworkScalar>(_ x: UnsafeMutablePointer<T>, by factor: T, count: Int) {
        let step = T.Lanes.count
        let whole = count / step * step
        for i in stride(from: 0, to: whole, by: step) { (T.Lanes(x + i) * factor).store(to: x + i) }
        for i in whole..<count { x[i] *= factor }
    }

    /// sum[i] += factor · x[i]
    @specialized(where T == Float)
    @specialized(where T == Double)
    public static func add<T: NetworkScalar>(
        _ x: UnsafePointer<T>, times factor: T, to sum: UnsafeMutablePointer<T>, count: Int
    ) {
        let step = T.Lanes.count
        let whole = count / step * step
        for i in stride(from: 0, to: whole, by: step) {
            (T.Lanes(sum + i) + T.Lanes(x + i) * factor).store(to: sum + i)
        }
        for i in whole..<count { sum[i] += factor * x[i] }
    }

    /// Σ x[i]², in double, in the order of the values.
    @specialized(where T == Float)
    @specialized(where T == Double)
    public static func squares<T: NetworkScalar>(_ x: UnsafePointer<T>, count: Int) -> Double {
        // Four sums, for one would wait for itself.
        var sums = SIMD4<Double>()
        let whole = count / 4 * 4
        for i in stride(from: 0, to: whole, by: 4) {
            let four = SIMD4(Double(x[i]), Double(x[i + 1]), Double(x[i + 2]), Double(x[i + 3]))
            sums += four * four
        }
        for i in whole..<count { sums[0] += Double(x[i]) * Double(x[i]) }
        return sums[0] + sums[1] + sums[2] + sums[3]
    }
}
