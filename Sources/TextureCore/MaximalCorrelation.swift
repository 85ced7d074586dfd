// Haralick's 14th feature: √(second largest eigenvalue of Q), Q(i,j) = Σ_k p(i,k) p(j,k) / (px(i) py(k)).
//
// Q is similar to S Sᵀ with S(i,j) = p(i,j) / √(px(i) py(j)), whose largest singular value is 1 with the vectors √px
// and √py. So the feature is the second singular value of S (Gebelein 1941, Rényi 1959: the maximal correlation of row
// and column), found by the Lanczos iteration on SᵀS with √py taken out. S stays a list of cells: 60,000 grey levels
// cost no more than their pairs.

import Glibc

extension JointDistribution {
    /// √λ₂ of Q, between 0 and 1; 1 when the pairs fall into groups of grey levels that never meet.
    ///
    /// PyRadiomics adds ε = 2.2e-16 to px(i) py(k), which shows where both levels are rare: a pair of levels that meets
    /// only itself has λ = 1 - ε / (px py) there. Its value is had by inverse iteration on its own Q, from the second
    /// eigenvalue of the symmetric matrix that agrees with that Q to first order in ε.
    func maximalCorrelation(_ convention: Convention) -> Measure {
        // Levels that occur in the region but in no pair at this offset take no part.
        let rows = rowMarginal.indices.filter { rowMarginal[$0] > 0 }
        let columns = columnMarginal.indices.filter { columnMarginal[$0] > 0 }
        guard rows.count > 1 || columns.count > 1 else {
            return convention == .pyradiomics ? .value(1) : .undefined(.oneGreyLevel)
        }
        // A dense Q of more levels would not fit into memory (PyRadiomics fails too): the exact value is given.
        let addsEpsilon = convention == .pyradiomics && matrix.levels.count <= PyRadiomicsQ.mostLevels
        let cells = NormalisedCells(self, epsilon: addsEpsilon ? .ulpOfOne : 0)
        guard var square = cells.secondEigenvalue() else { return .undefined(.notConverged) }
        if addsEpsilon { square = PyRadiomicsQ(self).nearestEigenvalue(to: square) }
        return .value(min(1, max(0, square)).squareRoot())
    }
}

/// S as a list of cells, and the products with it and its transpose.
private struct NormalisedCells {
    let rows: [UInt16]
    let columns: [UInt16]
    let values: [Double]
    let isSymmetric: Bool
    /// √py, the right singular vector of the singular value 1 (nearly so with an ε).
    let trivial: [Double]
    let isExact: Bool

    /// With an `epsilon`, each cell of S is multiplied by √(px py / (px py + ε)).
    init(_ d: JointDistribution, epsilon: Double) {
        let matrix = d.matrix
        (rows, columns) = (matrix.rows, matrix.columns)
        isSymmetric = matrix.symmetry == .symmetric
        let rowRoot = d.rowMarginal.map { $0.squareRoot() }
        trivial = d.columnMarginal.map { $0.squareRoot() }
        var values = matrix.counts
        for k in values.indices {
            let (row, column) = (Int(rows[k]), Int(columns[k]))
            values[k] /= d.total * rowRoot[row] * trivial[column]
            if epsilon > 0 {
                let product = d.rowMarginal[row] * d.columnMarginal[column]
                values[k] *= (product / (product + epsilon)).squareRoot()
            }
        }
        self.values = values
        isExact = epsilon == 0
    }

    /// S v, or Sᵀ v when `transposed`.
    private func times(_ v: [Double], transposed: Bool) -> [Double] {
        var result = [Double](repeating: 0, count: v.count)
        result.withUnsafeMutableBufferPointer { result in
            v.withUnsafeBufferPointer { v in
                for k in values.indices {
                    let (row, column) = transposed ? (columns[k], rows[k]) : (rows[k], columns[k])
                    result[Int(row)] += values[k] * v[Int(column)]
                    if isSymmetric, row != column { result[Int(column)] += values[k] * v[Int(row)] }
                }
            }
        }
        return result
    }

    /// The second largest eigenvalue of SᵀS; nil when 600 steps do not settle it to 1e-13. When S is exact the largest,
    /// 1, is taken out beforehand by its known vector.
    ///
    /// Lanczos with full reorthogonalisation (Golub & Van Loan, Matrix Computations, 10.1), from a fixed start.
    func secondEigenvalue() -> Double? {
        let n = trivial.count
        var basis = isExact ? [trivial] : []
        let rank = isExact ? 1 : 2
        var generator: UInt64 = 0x9E37_79B9_7F4A_7C15
        var v = (0..<n).map { k -> Double in
            generator = generator &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let uniform = Double(generator >> 11) / 0x1p53
            return trivial[k] == 0 ? 0 : uniform - 0.5
        }
        var diagonal: [Double] = []
        var subdiagonal: [Double] = []
        var settled = 0
        var last = -1.0
        let most = min(600, n)
        for step in 0..<most {
            let norm = orthogonalise(&v, against: basis)
            // The space is exhausted: what was found is exact.
            if norm < 1e-12 { return last < 0 ? 0 : last }
            if step > 0 { subdiagonal.append(norm) }
            let next = v.map { $0 / norm }
            basis.append(next)
            v = times(times(next, transposed: false), transposed: true)
            diagonal.append(scalarProduct(v, next))
            // Looking costs as much as a step, so look at every fourth.
            guard step % 4 == 3 || step == most - 1 || step < 4 else { continue }
            let value = eigenvalue(rank, diagonal: diagonal, subdiagonal: subdiagonal)
            settled = abs(value - last) <= 1e-13 * max(value, 1e-3) ? settled + 1 : 0
            last = value
            if settled >= 2 { return value }
        }
        return most < 600 ? last : nil
    }

    /// Takes the components along `basis` out of `v`, twice for full accuracy, and returns what remains of its norm
    /// relative to one (S has norm 1).
    private func orthogonalise(_ v: inout [Double], against basis: [[Double]]) -> Double {
        for _ in 0..<2 {
            for b in basis {
                let component = scalarProduct(v, b)
                for k in v.indices { v[k] -= component * b[k] }
            }
        }
        return scalarProduct(v, v).squareRoot()
    }
}

private func scalarProduct(_ a: [Double], _ b: [Double]) -> Double {
    var sum = SIMD4<Double>.zero
    let whole = a.count & ~3
    return a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
            for k in stride(from: 0, to: whole, by: 4) {
                let left = SIMD4<Double>(a[k], a[k + 1], a[k + 2], a[k + 3])
                let right = SIMD4<Double>(b[k], b[k + 1], b[k + 2], b[k + 3])
                sum += left * right
            }
            var tail = 0.0
            for k in whole..<a.count { tail += a[k] * b[k] }
            return sum.sum() + tail
        }
    }
}

/// The eigenvalue of a symmetric tridiagonal matrix that is the `rank`-th from above, by bisection on Sturm counts (Golub
/// & Van Loan 8.4); 0 when the matrix is smaller.
private func eigenvalue(_ rank: Int, diagonal: [Double], subdiagonal: [Double]) -> Double {
    guard diagonal.count >= rank else { return 0 }
    var (low, high) = (0.0, 0.0)
    for k in diagonal.indices {
        let radius = (k > 0 ? subdiagonal[k - 1] : 0) + (k < subdiagonal.count ? subdiagonal[k] : 0)
        high = max(high, diagonal[k] + radius)
        low = min(low, diagonal[k] - radius)
    }
    func count(above x: Double) -> Int {
        var pivot = diagonal[0] - x
        var count = pivot > 0 ? 1 : 0
        for k in diagonal.indices.dropFirst() {
            pivot = diagonal[k] - x - subdiagonal[k - 1] * subdiagonal[k - 1] / (pivot == 0 ? -1e-300 : pivot)
            if pivot > 0 { count += 1 }
        }
        return count
    }
    while high - low > 1e-16 * max(1, abs(high)) {
        let middle = (low + high) / 2
        if middle <= low || middle >= high { break }
        if count(above: middle) >= rank { low = middle } else { high = middle }
    }
    return (low + high) / 2
}

/// PyRadiomics' Q(i,j) = Σ_k p(i,k) p(j,k) / (px(i) py(k) + ε), which no scaling makes symmetric.
private struct PyRadiomicsQ {
    static let mostLevels = 2048

    private let n: Int
    private let q: [Double]

    init(_ d: JointDistribution) {
        let full = d.matrix.dense
        let n = full.count
        self.n = n
        let epsilon = Double.ulpOfOne
        var q = [Double](repeating: 0, count: n * n)
        // a(i,k) = p(i,k) / (px(i) py(k) + ε); q = a pᵀ
        for i in 0..<n {
            for k in 0..<n where full[i][k] != 0 {
                let a = full[i][k] / d.total / (d.rowMarginal[i] * d.columnMarginal[k] + epsilon)
                for j in 0..<n { q[i * n + j] += a * full[j][k] / d.total }
            }
        }
        self.q = q
    }

    /// The eigenvalue next to a good estimate, by inverse iteration with the Rayleigh quotient as shift.
    func nearestEigenvalue(to estimate: Double) -> Double {
        var shift = estimate
        // Any start will do that is not orthogonal to the eigenvector.
        var x = (0..<n).map { (k: Int) -> Double in
            let scattered = Double((k &* 7919) % 104_729)
            return scattered / 104_729 - 0.3
        }
        for round in 0..<4 {
            // Off the eigenvalue by a hair, or the first solve would be singular.
            guard let solved = solve(shift: round == 0 ? shift + 1e-10 : shift, x) else { return shift }
            let norm = scalarProduct(solved, solved).squareRoot()
            x = solved.map { $0 / norm }
            guard round > 0 else { continue }
            var image = [Double](repeating: 0, count: n)
            for i in 0..<n {
                for j in 0..<n { image[i] += q[i * n + j] * x[j] }
            }
            shift = scalarProduct(image, x)
        }
        return max(0, shift)
    }

    /// (Q - shift) y = x by elimination with partial pivoting; nil when singular to the last bit.
    private func solve(shift: Double, _ x: [Double]) -> [Double]? {
        var a = q
        var y = x
        for k in 0..<n { a[k * n + k] -= shift }
        for k in 0..<n {
            var pivot = k
            for i in k + 1..<max(n, k + 1) where abs(a[i * n + k]) > abs(a[pivot * n + k]) { pivot = i }
            if a[pivot * n + k] == 0 { return nil }
            if pivot != k {
                for j in 0..<n { a.swapAt(k * n + j, pivot * n + j) }
                y.swapAt(k, pivot)
            }
            for i in k + 1..<max(n, k + 1) {
                let factor = a[i * n + k] / a[k * n + k]
                guard factor != 0 else { continue }
                for j in k..<n { a[i * n + j] -= factor * a[k * n + j] }
                y[i] -= factor * y[k]
            }
        }
        for k in (0..<n).reversed() {
            for j in k + 1..<max(n, k + 1) { y[k] -= a[k * n + j] * y[j] }
            y[k] /= a[k * n + k]
        }
        return y
    }
}
