import NumericalMethods

/// Centred kernel alignment of two sets of columns about the same observations: 1 when one is a rotation and scaling of the
/// other, 0 when they share nothing.
///
/// Kornblith, Norouzi, Lee, Hinton: Similarity of neural network representations revisited (ICML 2019), linear kernel:
/// ‖YᵀX‖² / (‖XᵀX‖ ‖YᵀY‖) on centred columns. With more columns than observations the plain value is near 1 for anything;
/// the debiased one replaces each term by the unbiased estimator of Song et al. (JMLR 13, 2012, equation 5), is about 0
/// for unrelated columns, and can be slightly below it.
public struct KernelAlignment: Hashable, Sendable {
    public let linear: Statistic
    public let debiased: Statistic

    /// `x` and `y` have equally many rows. Columns are standardised when they have different units: that is the caller's.
    public init(_ x: Matrix, _ y: Matrix) {
        precondition(x.rows == y.rows, "\(x.rows) rows against \(y.rows)")
        let (a, b) = (Self.centred(x), Self.centred(y))
        let cross = a.transposedTimes(b).squaredNorm
        let (own, other) = (a.gram.squaredNorm, b.gram.squaredNorm)
        linear = .ratio(cross, (own * other).squareRoot(), else: .constant)
        guard x.rows > 3 else {
            debiased = .undefined(.tooFew)
            return
        }
        let (hsic, hsicX, hsicY) = (
            Self.unbiased(a, b, cross: cross), Self.unbiased(a, a, cross: own), Self.unbiased(b, b, cross: other)
        )
        debiased =
            hsicX > 0 && hsicY > 0 ? .value(hsic / (hsicX.squareRoot() * hsicY.squareRoot())) : .undefined(.constant)
    }

    private static func centred(_ matrix: Matrix) -> Matrix {
        let means = Standardiser(matrix).means
        var result = matrix
        for row in 0..<matrix.rows {
            for column in 0..<matrix.columns { result[row, column] -= means[column] }
        }
        return result
    }

    /// Up to the factor n (n − 3) that cancels: tr(K̃L̃) + 1ᵀK̃1 1ᵀL̃1 / ((n−1)(n−2)) − 2/(n−2) 1ᵀK̃L̃1, K̃ = XXᵀ and L̃ = YYᵀ with
    /// zero diagonals. As the columns are centred, K1 = 0 and only the diagonals are left of the sums, so that no matrix of
    /// observations × observations is made.
    private static func unbiased(_ x: Matrix, _ y: Matrix, cross: Double) -> Double {
        let n = Double(x.rows)
        func diagonal(_ m: Matrix) -> [Double] { (0..<m.rows).map { m.row($0).reduce(0) { $0 + $1 * $1 } } }
        let (k, l) = (diagonal(x), diagonal(y))
        let products = zip(k, l).reduce(0) { $0 + $1.0 * $1.1 }
        let (sumK, sumL) = (k.reduce(0, +), l.reduce(0, +))
        return cross - products + sumK * sumL / ((n - 1) * (n - 2)) - 2 / (n - 2) * products
    }
}
