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
}
