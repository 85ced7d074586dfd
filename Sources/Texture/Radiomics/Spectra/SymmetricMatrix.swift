/// A symmetric matrix of three rows: second moments of points in space.
struct SymmetricMatrix {
    var xx: Double
    var yy: Double
    var zz: Double
    var xy: Double
    var xz: Double
    var yz: Double
}

extension SymmetricMatrix {
    /// In descending order, by Jacobi's rotations; below 0 by a rounding counts as 0.
    var eigenvalues: SIMD3<Double> {
        var a = [
            [xx, xy, xz], [xy, yy, yz], [xz, yz, zz],
        ]
        let scale = abs(a[0][0]) + abs(a[1][1]) + abs(a[2][2])
        for _ in 0..<50 {
            guard abs(a[0][1]) + abs(a[0][2]) + abs(a[1][2]) > 1e-18 * scale else { break }
            for (p, q) in [(0, 1), (0, 2), (1, 2)] where a[p][q] != 0 {
                let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
                let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
                let c = 1 / (t * t + 1).squareRoot()
                let s = t * c
                for k in 0..<3 {
                    let (kp, kq) = (a[k][p], a[k][q])
                    (a[k][p], a[k][q]) = (c * kp - s * kq, s * kp + c * kq)
                }
                for k in 0..<3 {
                    let (pk, qk) = (a[p][k], a[q][k])
                    (a[p][k], a[q][k]) = (c * pk - s * qk, s * pk + c * qk)
                }
            }
        }
        let sorted = [a[0][0], a[1][1], a[2][2]].map { max($0, 0) }.sorted(by: >)
        return SIMD3(sorted[0], sorted[1], sorted[2])
    }
}
