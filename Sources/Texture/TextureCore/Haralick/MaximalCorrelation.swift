// Haralick's 14th feature: √(second largest eigenvalue of Q), Q(i,j) = Σ_k p(i,k) p(j,k) / (px(i) py(k)).
//
// Q is similar to S Sᵀ with S(i,j) = p(i,j) / √(px(i) py(j)), whose largest singular value is 1 with the vectors √px
// and √py. So the feature is the second singular value of S (Gebelein 1941, Rényi 1959: the maximal correlation of row
// and column), found by the Lanczos iteration on SᵀS with √py taken out. S stays a list of cells: 60,000 grey levels
// cost no more than their pairs.

import Glibc

extension JointDistribution {
    /// Beyond, the iteration would take minutes (with thousands of levels that hardly ever meet, 1 is approached by
    /// hundreds of eigenvalues) and PyRadiomics' Q would not fit into memory.
    static let mostLevels = 2048

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
            // PyRadiomics looks at the grey levels of the region: where those are several, Q has more eigenvalues, all 0.
            return convention == .pyradiomics ? .value(matrix.levels.count > 1 ? 0 : 1) : .undefined(.oneGreyLevel)
        }
        if let correlation = maximalCorrelationOfFew(rows, columns, convention) { return .value(correlation) }
        guard rows.count <= Self.mostLevels else { return .undefined(.tooManyGreyLevels) }
        // Where ε is nothing to px(i) py(k) it is left out: only an S whose singular value 1 is known beforehand shows that
        // it has it twice, as it does when the levels fall into groups that never meet.
        let addsEpsilon = convention == .pyradiomics && Double.ulpOfOne > 1e-10 * smallestProduct
        let cells = NormalisedCells(self, epsilon: addsEpsilon ? .ulpOfOne : 0)
        guard var square = cells.secondEigenvalue() else { return .undefined(.notConverged) }
        if addsEpsilon { square = PyRadiomicsQ(self).nearestEigenvalue(to: square) }
        return .value(min(1, max(0, square)).squareRoot())
    }

    /// The same for a matrix of few levels, from all eigenvalues of S, or of SᵀS when S is not symmetric. Nil for others,
    /// and where PyRadiomics' ε shows in more than the first order.
    private func maximalCorrelationOfFew(_ rows: [Int], _ columns: [Int], _ convention: Convention) -> Double? {
        let isSymmetric = matrix.symmetry == .symmetric
        let (height, n) = (rows.count, columns.count)
        guard max(height, n) <= SmallSpectrum.most else { return nil }
        // A single column leaves no second singular value but 0.
        guard n > 1 else { return 0 }
        let epsilon = convention == .pyradiomics ? Double.ulpOfOne : 0
        guard epsilon < 1e-9 * smallestProduct else { return nil }
        var (rowPlace, columnPlace) = ([Int](repeating: 0, count: rowMarginal.count), [Int]())
        for (k, row) in rows.enumerated() { rowPlace[row] = k }
        if !isSymmetric {
            columnPlace = [Int](repeating: 0, count: columnMarginal.count)
            for (k, column) in columns.enumerated() { columnPlace[column] = k }
        }
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: (height + n) * n) { space -> Double? in
            space.initialize(repeating: 0)
            let s = UnsafeMutableBufferPointer(rebasing: space[0..<height * n])
            matrix.forEachCell { row, column, _, count in
                let value = count / total / (rowMarginal[row] * columnMarginal[column] + epsilon).squareRoot()
                s[rowPlace[row] * n + (isSymmetric ? rowPlace : columnPlace)[column]] = value
                if isSymmetric { s[rowPlace[column] * n + rowPlace[row]] = value }
            }
            if isSymmetric { return SmallSpectrum.secondMagnitude(s, n).map { min(1, $0) } }
            let square = UnsafeMutableBufferPointer(rebasing: space[height * n..<(height + n) * n])
            for i in 0..<n {
                for j in 0..<n {
                    for row in 0..<height { square[i * n + j] += s[row * n + i] * s[row * n + j] }
                }
            }
            return SmallSpectrum.secondMagnitude(square, n).map { min(1, $0).squareRoot() }
        }
    }

    /// px(i) py(j) of the rarest levels that occur.
    private var smallestProduct: Double {
        func smallest(_ marginal: [Double]) -> Double {
            var least = 1.0
            for p in marginal where p > 0 { least = min(least, p) }
            return least
        }
        return smallest(rowMarginal) * smallest(columnMarginal)
    }
}

/// S, and the Lanczos iteration for its second singular value.
private struct NormalisedCells {
    /// Where many cells are occupied rows of numbers are several times faster than a list of cells.
    private enum Storage {
        case rows([Double])
        case cells(rows: [UInt16], columns: [UInt16], values: [Double])
    }

    private let storage: Storage
    private let isSymmetric: Bool
    /// Number of levels, and the length of a vector: the next multiple of eight.
    private let n: Int
    private let width: Int
    /// √py, the right singular vector of the singular value 1 (nearly so with an ε).
    private let trivial: [Double]
    private let isExact: Bool

    /// With an `epsilon`, each cell of S is multiplied by √(px py / (px py + ε)).
    init(_ d: JointDistribution, epsilon: Double) {
        let matrix = d.matrix
        n = matrix.levels.count
        width = (n + 7) & ~7
        isSymmetric = matrix.symmetry == .symmetric
        isExact = epsilon == 0
        let rowRoot = d.rowMarginal.map { $0.squareRoot() }
        let columnRoot = isSymmetric ? rowRoot : d.columnMarginal.map { $0.squareRoot() }
        trivial = columnRoot
        let rowScale = rowRoot.map { $0 > 0 ? 1 / ($0 * d.total) : 0 }
        let columnScale = columnRoot.map { $0 > 0 ? 1 / $0 : 0 }
        var values: [Double] = []
        values.reserveCapacity(matrix.counts.count)
        matrix.forEachCell { row, column, _, count in
            var value = count * (rowScale[row] * columnScale[column])
            if epsilon > 0 {
                let product = d.rowMarginal[row] * d.columnMarginal[column]
                value *= (product / (product + epsilon)).squareRoot()
            }
            values.append(value)
        }
        guard n <= 1024, values.count * 16 > n * n else {
            storage = .cells(rows: matrix.rows, columns: matrix.columns, values: values)
            return
        }
        var full = [Double](repeating: 0, count: n * width)
        let (width, isSymmetric) = (width, isSymmetric)
        full.withUnsafeMutableBufferPointer { full in
            var k = 0
            matrix.forEachCell { row, column, _, _ in
                full[row * width + column] = values[k]
                if isSymmetric { full[column * width + row] = values[k] }
                k += 1
            }
        }
        storage = .rows(full)
    }

    /// The square of the second largest singular value; nil when 600 steps do not settle it to 1e-13. When S is exact the
    /// largest, 1, is taken out beforehand by its known vector.
    ///
    /// Lanczos with full reorthogonalisation (Golub & Van Loan, Matrix Computations, 10.1) from a fixed start, on S
    /// itself when it is symmetric and on SᵀS otherwise.
    func secondEigenvalue() -> Double? {
        let most = min(600, n)
        var basis = [Double](repeating: 0, count: (most + 1) * width)
        var kept = 0
        if isExact {
            basis.replaceSubrange(0..<n, with: trivial)
            kept = 1
        }
        let rank = isExact ? 1 : 2
        var v = start()
        var diagonal: [Double] = []
        var subdiagonal: [Double] = []
        var settled = 0
        var last = -1.0
        for step in 0..<most {
            let norm = orthogonalise(&v, against: basis, kept)
            // The space is exhausted: what was found is exact.
            if norm < 1e-12 || kept > most {
                last = magnitude(rank, diagonal, subdiagonal)
                return isSymmetric ? last * last : last
            }
            if step > 0 { subdiagonal.append(norm) }
            for k in 0..<n { basis[kept * width + k] = v[k] / norm }
            v = image(of: basis, kept)
            var alpha = 0.0
            for k in 0..<n { alpha += v[k] * basis[kept * width + k] }
            diagonal.append(alpha)
            kept += 1
            // Looking costs as much as a step, so not at every one.
            guard step % 3 == 2 || step == most - 1 else { continue }
            let value = magnitude(rank, diagonal, subdiagonal)
            settled = abs(value - last) <= 1e-13 * max(value, 1e-3) ? settled + 1 : 0
            last = value
            if settled >= 2 { return isSymmetric ? last * last : last }
        }
        return most < 600 ? (isSymmetric ? last * last : last) : nil
    }

    /// The eigenvalue that comes `rank`-th when sorted by size without sign.
    private func magnitude(_ rank: Int, _ diagonal: [Double], _ subdiagonal: [Double]) -> Double {
        let tridiagonal = Tridiagonal(diagonal: diagonal, subdiagonal: subdiagonal)
        var ends = (1...rank).compactMap { tridiagonal.eigenvalue($0) }
        if isSymmetric {
            // From below: those that are not among the largest already.
            for k in 1...rank where diagonal.count - k + 1 > rank {
                ends += [tridiagonal.eigenvalue(diagonal.count - k + 1)].compactMap { $0 }
            }
        }
        let sizes = ends.map(abs).sorted(by: >)
        return sizes.count >= rank ? sizes[rank - 1] : 0
    }

    /// Numbers without pattern, the same every time.
    private func start() -> [Double] {
        var generator: UInt64 = 0x9E37_79B9_7F4A_7C15
        var v = [Double](repeating: 0, count: width)
        for k in 0..<n where trivial[k] != 0 {
            generator = generator &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            v[k] = Double(generator >> 11) / 0x1p53 - 0.5
        }
        return v
    }

    /// S b, or SᵀS b when S is not symmetric, of vector `k` of the basis.
    private func image(of basis: [Double], _ k: Int) -> [Double] {
        let b = [Double](basis[k * width..<(k + 1) * width])
        let once = times(b, transposed: false)
        return isSymmetric ? once : times(once, transposed: true)
    }

    private func times(_ v: [Double], transposed: Bool) -> [Double] {
        var result = [Double](repeating: 0, count: width)
        result.withUnsafeMutableBufferPointer { result in
            v.withUnsafeBufferPointer { v in
                switch storage {
                case .rows(let full):
                    full.withUnsafeBufferPointer { full in
                        for row in 0..<n {
                            let line = UnsafeBufferPointer(rebasing: full[row * width..<(row + 1) * width])
                            if transposed { add(v[row], line, to: result) } else { result[row] = product(line, v) }
                        }
                    }
                case .cells(let rows, let columns, let values):
                    for k in values.indices {
                        let (row, column) = transposed ? (columns[k], rows[k]) : (rows[k], columns[k])
                        result[Int(row)] += values[k] * v[Int(column)]
                        if isSymmetric, row != column { result[Int(column)] += values[k] * v[Int(row)] }
                    }
                }
            }
        }
        return result
    }

    /// Takes the components along the first `kept` vectors of `basis` out of `v`, twice for full accuracy, and returns
    /// the norm of what remains (S has norm 1).
    private func orthogonalise(_ v: inout [Double], against basis: [Double], _ kept: Int) -> Double {
        v.withUnsafeMutableBufferPointer { v in
            basis.withUnsafeBufferPointer { basis in
                for _ in 0..<2 {
                    for k in 0..<kept {
                        let b = UnsafeBufferPointer(rebasing: basis[k * width..<(k + 1) * width])
                        add(-product(b, UnsafeBufferPointer(v)), b, to: v)
                    }
                }
            }
            return product(UnsafeBufferPointer(v), UnsafeBufferPointer(v)).squareRoot()
        }
    }
}

/// Σ a b, for lengths that are multiples of eight.
@inline(__always)
private func product(_ a: UnsafeBufferPointer<Double>, _ b: UnsafeBufferPointer<Double>) -> Double {
    guard let left = UnsafeRawPointer(a.baseAddress), let right = UnsafeRawPointer(b.baseAddress) else { return 0 }
    var sum = SIMD8<Double>.zero
    for offset in stride(from: 0, to: a.count * 8, by: 64) {
        sum +=
            left.loadUnaligned(fromByteOffset: offset, as: SIMD8<Double>.self)
            * right.loadUnaligned(fromByteOffset: offset, as: SIMD8<Double>.self)
    }
    return sum.sum()
}

/// target += factor a, for lengths that are multiples of eight.
@inline(__always)
private func add(_ factor: Double, _ a: UnsafeBufferPointer<Double>, to target: UnsafeMutableBufferPointer<Double>) {
    guard let left = UnsafeRawPointer(a.baseAddress), let right = UnsafeMutableRawPointer(target.baseAddress) else {
        return
    }
    for offset in stride(from: 0, to: a.count * 8, by: 64) {
        let sum =
            right.loadUnaligned(fromByteOffset: offset, as: SIMD8<Double>.self)
            + factor * left.loadUnaligned(fromByteOffset: offset, as: SIMD8<Double>.self)
        right.storeBytes(of: sum, toByteOffset: offset, as: SIMD8<Double>.self)
    }
}

/// A symmetric tridiagonal matrix.
private struct Tridiagonal {
    var diagonal: [Double]
    var subdiagonal: [Double]

    /// The `rank`-th eigenvalue from above, by bisection on Sturm counts (Golub & Van Loan 8.4); nil when there are fewer.
    func eigenvalue(_ rank: Int) -> Double? {
        guard (1...max(1, diagonal.count)).contains(rank), !diagonal.isEmpty else { return nil }
        var (low, high) = (Double.infinity, -Double.infinity)
        for k in diagonal.indices {
            let radius =
                (k > 0 ? abs(subdiagonal[k - 1]) : 0) + (k < subdiagonal.count ? abs(subdiagonal[k]) : 0)
            high = max(high, diagonal[k] + radius)
            low = min(low, diagonal[k] - radius)
        }
        while high - low > 1e-16 * max(1, abs(high)) {
            let middle = (low + high) / 2
            if middle <= low || middle >= high { break }
            if count(above: middle) >= rank { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    private func count(above x: Double) -> Int {
        var pivot = diagonal[0] - x
        var count = pivot > 0 ? 1 : 0
        for k in 1..<max(1, diagonal.count) {
            pivot = diagonal[k] - x - subdiagonal[k - 1] * subdiagonal[k - 1] / (pivot == 0 ? -1e-300 : pivot)
            if pivot > 0 { count += 1 }
        }
        return count
    }
}

/// PyRadiomics' Q(i,j) = Σ_k p(i,k) p(j,k) / (px(i) py(k) + ε), which no scaling makes symmetric.
private struct PyRadiomicsQ {

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
            let norm = solved.reduce(0) { $0 + $1 * $1 }.squareRoot()
            x = solved.map { $0 / norm }
            guard round > 0 else { continue }
            shift = 0
            for i in 0..<n {
                for j in 0..<n { shift += x[i] * q[i * n + j] * x[j] }
            }
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
