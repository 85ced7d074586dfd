import Foundation
import NumericalMethods
import SeededRandom
import Statistics
import Testing

private func random(_ rows: Int, _ columns: Int, _ generator: inout SeededGenerator) -> Matrix {
    Matrix(rows: rows, columns: columns, values: (0..<rows * columns).map { _ in generator.normal() })
}

struct RidgeTests {
    /// The normal equations hold: Xᵀ(Y − X W) = n λ W on standardised columns.
    @Test("the weights are stationary", arguments: [1e-3, 0.1, 10])
    func stationary(penalty: Double) {
        var generator = SeededGenerator(seed: 1)
        let (x, y) = (random(30, 45, &generator), random(30, 2, &generator))
        let model = RidgeRegression(x, y, penalties: [penalty, penalty])
        let (a, b) = (Standardiser(x)(x), Standardiser(y)(y))
        let fitted = a.times(model.weights)
        let residual = Matrix(rows: 30, columns: 2, values: zip(b.values, fitted.values).map { $0 - $1 })
        let slope = a.transposedTimes(residual)
        let worst = zip(slope.values, model.weights.values).map { abs($0 - 30 * penalty * $1) }.max() ?? 0
        #expect(worst < 1e-10, "worst \(worst)")
    }

    @Test("what is a linear map of the embedding is decoded, what is not is not")
    func decodability() throws {
        var generator = SeededGenerator(seed: 2)
        let x = random(120, 6, &generator)
        let noise = random(120, 2, &generator)
        var y = Matrix(rows: 120, columns: 3)
        for row in 0..<120 {
            y[row, 0] = 3 * x[row, 0] - x[row, 4] + 0.1 * noise[row, 0]
            y[row, 1] = noise[row, 1]
            y[row, 2] = 7
        }
        let found = Decodability(of: y, from: x, patients: (0..<120).map { "\($0 / 4)" }, replicates: 300, threads: 2)
        #expect(try #require(found.determination[0].value) > 0.98, "\(found.determination)")
        #expect(try #require(found.determination[1].value) < 0.1, "\(found.determination)")
        #expect(found.determination[2] == .undefined(.constant))
        let interval = try #require(found.intervals[0].interval)
        #expect(try interval.low < #require(found.determination[0].value) && interval.high <= 1)
    }

    /// A patient's own mark in the embedding tells nothing about others: images of one patient never stand on both sides.
    @Test("a mark of the patient does not help")
    func noLeak() throws {
        var generator = SeededGenerator(seed: 4)
        let marks = random(12, 8, &generator)
        let levels = random(12, 1, &generator)
        let patients = (0..<120).map { $0 / 10 }
        let x = Matrix(rows: 120, columns: 8, values: patients.flatMap { Array(marks.row($0)) })
        let y = Matrix(rows: 120, columns: 1, values: patients.map { levels[$0, 0] })
        let found = Decodability(of: y, from: x, patients: patients.map(String.init), replicates: 10)
        #expect(try #require(found.determination[0].value) < 0.4, "\(found.determination)")
    }
}

struct MatrixTests {
    @Test("products are the sums that they stand for, and a gram matrix is symmetric", arguments: [1, 3, 17])
    func products(size: Int) {
        var generator = SeededGenerator(seed: UInt64(size))
        let (a, b, c) = (random(size, 5, &generator), random(5, 4, &generator), random(size, 4, &generator))
        func sum(_ count: Int, _ term: (Int) -> Double) -> Double { (0..<count).reduce(0) { $0 + term($1) } }
        let (product, mixed, gram) = (a.times(b), a.transposedTimes(c), a.gram)
        for i in 0..<size {
            for j in 0..<4 { #expect(abs(product[i, j] - sum(5) { a[i, $0] * b[$0, j] }) < 1e-13) }
        }
        for i in 0..<5 {
            for j in 0..<4 { #expect(abs(mixed[i, j] - sum(size) { a[$0, i] * c[$0, j] }) < 1e-13) }
            for j in 0..<5 {
                #expect(abs(gram[i, j] - sum(size) { a[$0, i] * a[$0, j] }) < 1e-13 && gram[i, j] == gram[j, i])
            }
        }
        let other = random(7, 5, &generator)
        let outer = a.timesTransposed(other)
        for i in 0..<size { for j in 0..<7 { #expect(abs(outer[i, j] - sum(5) { a[i, $0] * other[j, $0] }) < 1e-13) } }
    }

    @Test("without rows or columns there is nothing to add up")
    func empty() {
        let none = Matrix(rows: 0, columns: 3)
        #expect(none.gram == Matrix(rows: 3, columns: 3))
        #expect(Matrix(rows: 2, columns: 0).times(Matrix(rows: 0, columns: 2)) == Matrix(rows: 2, columns: 2))
    }

    @Test("Cholesky's factor solves, and says what is not positive definite")
    func cholesky() throws {
        var generator = SeededGenerator(seed: 9)
        let (a, right) = (random(40, 20, &generator).gram, random(20, 3, &generator))
        let solution = try #require(Cholesky(a, addedToDiagonal: 0.5)).solve(right)
        var shifted = a
        for k in 0..<20 { shifted[k, k] += 0.5 }
        for (found, wanted) in zip(shifted.times(solution).values, right.values) {
            #expect(abs(found - wanted) < 1e-12)
        }
        #expect(Cholesky(Matrix(rows: 2, columns: 2, values: [1, 2, 2, 1]), addedToDiagonal: 0) == nil)
        #expect(Cholesky(Matrix(rows: 1, columns: 1, values: [.nan]), addedToDiagonal: 0) == nil)
    }

    @Test("columns beyond what a double holds count as columns without spread")
    func overflow() {
        let x = Matrix(rows: 3, columns: 2, values: [1e308, 1, 1e308, 2, -1e308, 3])
        #expect(Standardiser(x)(x).isFinite && Standardiser(x)(x).column(0) == [0, 0, 0])
        let y = Matrix(rows: 3, columns: 1, values: [1, 2, 3])
        #expect(RidgeRegression(x, y, penalties: [1e-3]).weights[0, 0] == 0)
    }
}

struct LogisticTests {
    private func data(_ seed: UInt64, classes: Int) -> (Matrix, [Int]) {
        var generator = SeededGenerator(seed: seed)
        let x = random(150, 4, &generator)
        let labels = (0..<150).map { row in
            let scores = (0..<classes).map { x[row, $0 % 4] * (1 + Double($0)) + generator.normal() }
            return classOfLargest(scores)
        }
        return (x, labels)
    }

    /// Newton's method on the full Hessian, as a twin of the search that knows no second derivatives.
    @Test("two classes: the minimum that Newton's method finds", arguments: [1e-3, 0.1, 1])
    func newton(penalty: Double) {
        let (x, labels) = data(1, classes: 2)
        let model = LogisticRegression(x, labels: labels, classes: 2, penalty: penalty)
        let standard = Standardiser(x)(x)
        var weights = [Double](repeating: 0, count: 5)
        for _ in 0..<50 {
            var gradient = [Double](repeating: 0, count: 5)
            var hessian = [[Double]](repeating: gradient, count: 5)
            for row in 0..<x.rows {
                let line = Array(standard.row(row)) + [1]
                let p = 1 / (1 + exp(-zip(line, weights).reduce(0) { $0 + $1.0 * $1.1 }))
                for i in 0..<5 {
                    gradient[i] += (p - Double(labels[row])) * line[i]
                    for j in 0..<5 { hessian[i][j] += p * (1 - p) * line[i] * line[j] }
                }
            }
            for i in 0..<4 {
                gradient[i] += 150 * penalty * weights[i]
                hessian[i][i] += 150 * penalty
            }
            let step = solve(hessian, gradient)
            for i in 0..<5 { weights[i] -= step[i] }
        }
        let worst = zip(model.weights.values, weights).map { abs($0 - $1) }.max() ?? 1
        #expect(worst < 1e-7, "worst \(worst), gradient \(model.gradientNorm)")
        #expect(model.gradientNorm < 1e-8)
    }

    /// Gaussian elimination with pivots.
    private func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
        var (a, b) = (matrix, right)
        for k in b.indices {
            let pivot = (k..<b.count).max { abs(a[$0][k]) < abs(a[$1][k]) } ?? k
            a.swapAt(k, pivot)
            b.swapAt(k, pivot)
            for i in b.indices where i != k {
                let factor = a[i][k] / a[k][k]
                for j in k..<b.count { a[i][j] -= factor * a[k][j] }
                b[i] -= factor * b[k]
            }
        }
        return b.indices.map { b[$0] / a[$0][$0] }
    }

    @Test("three classes: no step in any direction is better")
    func multinomial() {
        let (x, labels) = data(2, classes: 3)
        let model = LogisticRegression(x, labels: labels, classes: 3, penalty: 0.01)
        #expect(model.gradientNorm < 1e-8)
        let p = model.probabilities(x)
        for row in 0..<x.rows { #expect(abs(p.row(row).reduce(0, +) - 1) < 1e-12) }
        // At the minimum the intercepts' gradient is 0: mean probabilities are the classes' shares.
        for k in 0..<3 {
            let share = Double(labels.count { $0 == k }) / 150
            let mean = p.column(k).reduce(0, +) / 150
            #expect(abs(mean - share) < 1e-8)
        }
    }

    @Test("separable classes have a finite answer, useless columns none of it")
    func degenerate() {
        let x = Matrix(rows: 6, columns: 2, values: [-3, 5, -2, 5, -1, 5, 1, 5, 2, 5, 3, 5])
        let model = LogisticRegression(x, labels: [0, 0, 0, 1, 1, 1], classes: 2, penalty: 0.01)
        #expect(model.weights[0, 1] == 0 && model.weights[0, 0] > 1 && model.weights[0, 0].isFinite)
    }

    @Test("held-out probabilities: what separates does, noise does not")
    func crossValidation() throws {
        var generator = SeededGenerator(seed: 8)
        let patients = (0..<200).map { $0 / 4 }
        let labels = patients.map { $0 % 2 }
        let noise = random(200, 5, &generator)
        let signal = Matrix(rows: 200, columns: 1, values: labels.indices.map { noise[$0, 0] + 4 * Double(labels[$0]) })
        func area(_ x: Matrix) throws -> Double {
            let found = try #require(
                CrossValidatedClassifier(x, labels: labels, classes: 2, patients: patients.map(String.init)))
            #expect(found.probabilities.values.allSatisfy { $0 >= 0 && $0 <= 1 })
            let scored = ScoredSample(
                isPositive: labels.map { $0 == 1 }, scores: found.probabilities.column(1))
            return try #require(scored.auroc().value)
        }
        #expect(try area(noise.joined(with: signal)) > 0.95)
        // Five standard errors of an area of ½ with 100 against 100 observations.
        let standardError = (201.0 / (12 * 10_000)).squareRoot()
        let chance = try area(noise)
        #expect(abs(chance - 0.5) < 5 * standardError, "\(chance)")
        #expect(
            CrossValidatedClassifier(noise, labels: labels, classes: 2, patients: labels.map { _ in "one" }) == nil)
    }
}

struct PenaltyChoiceTests {
    @Test("the area that a penalty is chosen by: of two classes that of the second, of more the mean, of one none")
    func area() throws {
        let two = Matrix(rows: 4, columns: 2, values: [0.9, 0.1, 0.4, 0.6, 0.7, 0.3, 0.2, 0.8])
        // Of the four pairs of one of each three are in order.
        #expect(CrossValidatedClassifier.areaUnderCurve(two, [0, 0, 1, 1], 2) == 0.75)
        #expect(CrossValidatedClassifier.areaUnderCurve(two, [1, 1, 1, 1], 2) == nil)
        let three = Matrix(rows: 3, columns: 3, values: [0.8, 0.1, 0.1, 0.1, 0.8, 0.1, 0.5, 0.3, 0.2])
        // The first class wins both of its pairs, the second both of its; the third, absent, has none.
        #expect(CrossValidatedClassifier.areaUnderCurve(three, [0, 1, 0], 3) == 1)
    }

    @Test("many weak columns: the penalty that is chosen orders about as well as the best one")
    func weakColumns() throws {
        var generator = SeededGenerator(seed: 31)
        let count = 160
        let labels = (0..<count).map { $0 % 2 }
        let noise = random(count, 120, &generator)
        var x = noise
        for row in 0..<count { for column in 0..<60 where labels[row] == 1 { x[row, column] += 0.25 } }
        func area(_ penalties: [Double]) throws -> Double {
            let found = try #require(
                CrossValidatedClassifier(
                    x, labels: labels, classes: 2, patients: (0..<count).map(String.init), penalties: penalties))
            return try #require(
                ScoredSample(isPositive: labels.map { $0 == 1 }, scores: found.probabilities.column(1)).auroc().value)
        }
        let chosen = try area(CrossValidatedClassifier.penalties)
        let each = try CrossValidatedClassifier.penalties.map { try area([$0]) }
        let best = try #require(each.max())
        // Choosing costs something: within two standard errors of an area of 0.8 of 80 against 80.
        #expect(chosen > best - 0.07, "chosen \(chosen), each \(each)")
    }
}

struct KernelAlignmentTests {
    @Test("rotated and scaled columns are the same")
    func invariance() throws {
        var generator = SeededGenerator(seed: 3)
        let x = random(50, 2, &generator)
        var turned = Matrix(rows: 50, columns: 2)
        for row in 0..<50 {
            let (a, b) = (x[row, 0], x[row, 1])
            turned[row, 0] = 3 * (0.6 * a - 0.8 * b) + 9
            turned[row, 1] = 3 * (0.8 * a + 0.6 * b)
        }
        let found = KernelAlignment(x, turned)
        #expect(abs(try #require(found.linear.value) - 1) < 1e-12)
        #expect(abs(try #require(found.debiased.value) - 1) < 1e-12)
    }

    @Test("unrelated columns: the plain value is biased upwards, the other is not")
    func unrelated() throws {
        var generator = SeededGenerator(seed: 6)
        let found = KernelAlignment(random(40, 300, &generator), random(40, 300, &generator))
        #expect(try #require(found.linear.value) > 0.8)
        #expect(abs(try #require(found.debiased.value)) < 0.1, "\(found)")
    }

    /// Equation 5 of Song et al. with full kernel matrices.
    @Test func debiasedByMatrices() throws {
        var generator = SeededGenerator(seed: 7)
        let (x, y) = (random(12, 3, &generator), random(12, 4, &generator))
        let joined = Matrix(rows: 12, columns: 4, values: (0..<12).flatMap { r in (0..<4).map { y[r, $0] + x[r, 0] } })
        func kernel(_ m: Matrix) -> [[Double]] {
            (0..<12).map { i in
                (0..<12).map { j in i == j ? 0 : zip(m.row(i), m.row(j)).reduce(0) { $0 + $1.0 * $1.1 } }
            }
        }
        func hsic(_ k: [[Double]], _ l: [[Double]]) -> Double {
            let n = 12.0
            var (trace, sumK, sumL, product) = (0.0, 0.0, 0.0, 0.0)
            for i in 0..<12 {
                for j in 0..<12 {
                    trace += k[i][j] * l[j][i]
                    sumK += k[i][j]
                    sumL += l[i][j]
                }
                product += k.reduce(0) { $0 + $1[i] } * l.reduce(0) { $0 + $1[i] }
            }
            return trace + sumK * sumL / ((n - 1) * (n - 2)) - 2 / (n - 2) * product
        }
        let (k, l) = (kernel(x), kernel(joined))
        let expected = hsic(k, l) / (hsic(k, k) * hsic(l, l)).squareRoot()
        #expect(abs(try #require(KernelAlignment(x, joined).debiased.value) - expected) < 1e-12)
    }

    @Test func degenerate() {
        let flat = Matrix(rows: 5, columns: 1, values: [2, 2, 2, 2, 2])
        #expect(KernelAlignment(flat, flat).linear == .undefined(.constant))
    }
}
