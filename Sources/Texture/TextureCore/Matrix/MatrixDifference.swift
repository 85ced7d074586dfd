// The squared difference of two soft matrices and its derivative by every cell, over the cells that either one touches.

/// How two planes of counts are compared: n = factor · count and h = n (1 - damping · n).
struct MatrixComparison<T: SoftScalar>: Sendable {
    var factor: T
    var otherFactor: T
    /// 1/S, or 0 for no damping.
    var damping: T
    var otherDamping: T
    var sums: SlopeSums

    /// Whether the sums are formed that only a loss asks for in which the sum S of the matrix changes.
    enum SlopeSums { case needed, notNeeded }
}

/// Σ (h - h')² over the cells, and with e = (h - h') (1 - 2 · damping · n) the moments Σ e n and Σ (h - h') n².
struct MatrixDifference: Sendable {
    var squares = 0.0
    var slopeTimesCount = 0.0
    var differenceTimesSquare = 0.0

    /// Compares, leaves e in the first plane and clears the second. The vectors must be listed.
    init<T: SoftScalar>(_ planes: SoftPlanes<T>, _ by: MatrixComparison<T>) {
        var sum = (squares: 0.0, slopes: 0.0, cubes: 0.0)
        let surplus = by.damping - by.otherDamping
        let one = T.Wide(repeating: 1)
        planes.forEachVector { at in
            let n = T.Wide.load(planes.own + at) * by.factor
            let m = T.Wide.load(planes.other + at) * by.otherFactor
            // n (1 - a n) - m (1 - b m), written so that nothing but n - m cancels.
            let difference = (n - m) * (one - (n + m) * by.damping) - m * m * surplus
            let slope = difference * (one - n * (by.damping + by.damping))
            sum.squares += Double((difference * difference).total)
            sum.slopes += Double((slope * n).total)
            sum.cubes += Double((difference * (n * n)).total)
            slope.store(planes.own + at)
            T.Wide(repeating: 0).store(planes.other + at)
        }
        (squares, slopeTimesCount, differenceTimesSquare) = (sum.squares, sum.slopes, sum.cubes)
    }

    init(squares: Double, slopeTimesCount: Double, differenceTimesSquare: Double) {
        (self.squares, self.slopeTimesCount) = (squares, slopeTimesCount)
        self.differenceTimesSquare = differenceTimesSquare
    }
}
