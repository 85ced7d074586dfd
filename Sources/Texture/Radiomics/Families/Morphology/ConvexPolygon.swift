/// The corners of the convex polygon around points in lexicographic order: a chain below and a chain above (Andrew, Inf. Process.
/// Lett. 9, 1979). Points on an edge are left out; they wind anticlockwise in the coordinates that they are sorted by.
///
/// - Parameter turns: whether a step `b` from a point turns anticlockwise of a step `a` from the same point, a × b > 0 in the
///   coordinates that the points are sorted by.
func convexPolygon<Scalar: SIMDScalar & Numeric>(
    _ sorted: [SIMD2<Scalar>], turns: (_ a: SIMD2<Scalar>, _ b: SIMD2<Scalar>) -> Bool
) -> [SIMD2<Scalar>] {
    guard sorted.count > 2 else { return sorted }
    func step(_ from: SIMD2<Scalar>, _ to: SIMD2<Scalar>) -> SIMD2<Scalar> { SIMD2(to.x - from.x, to.y - from.y) }
    func chain(_ points: some Sequence<SIMD2<Scalar>>) -> [SIMD2<Scalar>] {
        var chain: [SIMD2<Scalar>] = []
        for point in points {
            while chain.count > 1 {
                let origin = chain[chain.count - 2]
                guard !turns(step(origin, chain[chain.count - 1]), step(origin, point)) else { break }
                chain.removeLast()
            }
            chain.append(point)
        }
        chain.removeLast()
        return chain
    }
    return chain(sorted) + chain(sorted.reversed())
}

/// The same of whole points sorted by y, then x.
func convexPolygon(_ sorted: [SIMD2<Int>]) -> [SIMD2<Int>] {
    convexPolygon(sorted) { a, b in a.y * b.x - a.x * b.y > 0 }
}
