// How well numbers can be told from others by a linear map: ridge regression judged on patients that it has not seen.

import NumericalMethods
import Parallel
import SeededRandom

/// Ridge regression (Hoerl, Kennard, Technometrics 12, 1970) of many targets at once: W = (XᵀX + n λ I)⁻¹ Xᵀ Y on
/// standardised X and centred Y, with n rows; λ is per row, so that it means the same for any number of them.
public struct RidgeRegression: Sendable {
    private let inputs: Standardiser
    private let outputs: Standardiser
    /// Columns of X × targets.
    public let weights: Matrix

    /// - Parameters:
    ///   - x: observations × columns, finite.
    ///   - y: observations × targets, finite.
    ///   - penalties: λ of each target, > 0.
    public init(_ x: Matrix, _ y: Matrix, penalties: [Double]) {
        self.init(Solver(x, y), penalties: penalties)
    }

    init(_ solver: Solver, penalties: [Double]) {
        (inputs, outputs) = (solver.inputs, solver.outputs)
        var weights = Matrix(rows: solver.gram.rows, columns: solver.products.columns)
        for penalty in Set(penalties) {
            let targets = penalties.indices.filter { penalties[$0] == penalty }
            let part = solver.weights(penalty, targets: targets)
            for row in 0..<weights.rows {
                for (place, target) in targets.enumerated() { weights[row, target] = part[row, place] }
            }
        }
        self.weights = weights
    }

    /// Rows of x × targets.
    public func predict(_ x: Matrix) -> Matrix {
        var y = inputs(x).times(weights)
        for row in 0..<y.rows {
            for column in 0..<y.columns {
                let scale = outputs.scales[column]
                y[row, column] = outputs.means[column] + (scale > 0 ? y[row, column] / scale : 0)
            }
        }
        return y
    }

    /// What does not depend on the penalty.
    struct Solver {
        let inputs: Standardiser
        let outputs: Standardiser
        let gram: Matrix
        let products: Matrix
        let rows: Int

        init(_ x: Matrix, _ y: Matrix) {
            precondition(x.isFinite && y.isFinite, "values that are infinite or not a number")
            (inputs, outputs, rows) = (Standardiser(x), Standardiser(y), x.rows)
            let standard = inputs(x)
            gram = standard.gram
            products = standard.transposedTimes(outputs(y))
        }

        func weights(_ penalty: Double, targets: [Int]) -> Matrix {
            let right = products.selecting(columns: targets)
            var added = penalty * Double(max(1, rows))
            precondition(added > 0, "a penalty of \(penalty)")
            while true {
                // XᵀX of standardised columns is finite and positive semidefinite; what rounding takes from it a larger penalty gives
                // back, so that this ends.
                if let factor = Cholesky(gram, addedToDiagonal: added) { return factor.solve(right) }
                added *= 10
            }
        }
    }
}

/// Cross-validated prediction of columns from other columns, by patient.
public struct Decodability: Sendable {
    /// Of each target: 1 − Σ (y − ŷ)² / Σ (y − ȳ)², ŷ and ȳ from the other folds' patients; below 0 when the mean of the
    /// others is the better guess.
    public let determination: [Statistic]
    public let intervals: [BootstrapInterval]

    public static let penalties = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100]

    /// - Parameters:
    ///   - y: observations × targets, finite.
    ///   - x: observations × columns to predict from, finite.
    ///   - patients: the patient of each observation.
    ///   - labels: class of each observation from 0, for folds with their share of each class; the folds of a classifier with the
    ///     same labels are the same.
    ///   - penalties: the one of each target is chosen in each training part, by folds of patients inside it.
    public init(
        of y: Matrix, from x: Matrix, patients: [String], labels: [Int]? = nil, folds count: Int = 5,
        penalties: [Double] = penalties, replicates: Int = 2000, seed: UInt64 = 0, threads: Int = 1
    ) {
        precondition(x.rows == y.rows && x.rows == patients.count, "\(x.rows), \(y.rows), \(patients.count) rows")
        let outer = PatientFolds(patients: patients, labels: labels, count: count, seed: seed)
        guard outer.count > 1 else {
            determination = [Statistic](repeating: .undefined(.onePatient), count: y.columns)
            intervals = [BootstrapInterval](repeating: .undefined(.onePatient), count: y.columns)
            return
        }
        let parts = Workers(threads).map(outer.count) { fold in
            let (training, held) = (outer.training(fold), outer.held(fold))
            let (xt, yt) = (x.selecting(rows: training), y.selecting(rows: training))
            let chosen = Self.choose(
                penalties, xt, yt, patients: training.map { patients[$0] },
                labels: labels.map { labels in training.map { labels[$0] } }, folds: count - 1, seed: seed &+ 1)
            let model = RidgeRegression(xt, yt, penalties: chosen)
            let yh = y.selecting(rows: held)
            return Squares(yh, guesses: model.predict(x.selecting(rows: held)), means: Standardiser(yt).means)
        }
        let squares = Squares(
            rows: y.rows, columns: y.columns, parts: (0..<outer.count).map { (outer.held($0), parts[$0]) })
        let isConstant = Standardiser(y).scales.map { $0 == 0 }
        let statistics: @Sendable ([Double]?) -> [Statistic] = { weights in
            (0..<y.columns).map { target in
                guard !isConstant[target] else { return .undefined(.constant) }
                var (error, spread) = (0.0, 0.0)
                for index in 0..<y.rows {
                    let weight = weights?[index] ?? 1
                    error += weight * squares.errors[index, target]
                    spread += weight * squares.spreads[index, target]
                }
                return Statistic.ratio(spread - error, spread, else: .constant)
            }
        }
        determination = statistics(nil)
        intervals = PatientBootstrap(patients: patients, replicates: replicates, seed: seed)
            .intervals(count: y.columns, threads: threads) { statistics($0) }
    }

    /// The penalty of each target with the smallest error in folds of the training patients; the largest among equals.
    private static func choose(
        _ penalties: [Double], _ x: Matrix, _ y: Matrix, patients: [String], labels: [Int]?, folds count: Int,
        seed: UInt64
    ) -> [Double] {
        let folds = PatientFolds(patients: patients, labels: labels, count: max(2, count), seed: seed)
        guard folds.count > 1, penalties.count > 1 else {
            return [Double](repeating: penalties.last ?? 1, count: y.columns)
        }
        var errors = [[Double]](repeating: [Double](repeating: 0, count: y.columns), count: penalties.count)
        for fold in 0..<folds.count {
            let (training, held) = (folds.training(fold), folds.held(fold))
            let solver = RidgeRegression.Solver(x.selecting(rows: training), y.selecting(rows: training))
            let (xh, yh) = (x.selecting(rows: held), y.selecting(rows: held))
            for (place, penalty) in penalties.enumerated() {
                let model = RidgeRegression(solver, penalties: [Double](repeating: penalty, count: y.columns))
                let guesses = model.predict(xh)
                for row in 0..<yh.rows {
                    for target in 0..<y.columns {
                        let error = yh[row, target] - guesses[row, target]
                        errors[place][target] += error * error
                    }
                }
            }
        }
        return (0..<y.columns).map { target in
            let best = penalties.indices.min {
                (errors[$0][target], -penalties[$0]) < (errors[$1][target], -penalties[$1])
            }
            return penalties[best ?? 0]
        }
    }
}

/// Squared errors of each observation and target, and what they would be of guesses by the mean.
private struct Squares: Sendable {
    var errors: Matrix
    var spreads: Matrix

    init(_ y: Matrix, guesses: Matrix, means: [Double]) {
        (errors, spreads) = (Matrix(rows: y.rows, columns: y.columns), Matrix(rows: y.rows, columns: y.columns))
        for row in 0..<y.rows {
            for target in 0..<y.columns {
                let (error, deviation) = (y[row, target] - guesses[row, target], y[row, target] - means[target])
                errors[row, target] = error * error
                spreads[row, target] = deviation * deviation
            }
        }
    }

    /// Put together from parts about some rows each.
    init(rows: Int, columns: Int, parts: [(rows: [Int], squares: Squares)]) {
        (errors, spreads) = (Matrix(rows: rows, columns: columns), Matrix(rows: rows, columns: columns))
        for part in parts {
            for (row, index) in part.rows.enumerated() {
                for target in 0..<columns {
                    errors[index, target] = part.squares.errors[row, target]
                    spreads[index, target] = part.squares.spreads[row, target]
                }
            }
        }
    }
}
