import Glibc
import NumericalMethods
import Parallel
import SeededRandom

/// Probabilities of every observation from a logistic regression that has not seen its patient.
public struct CrossValidatedClassifier: Sendable {
    /// Observations × classes.
    public let probabilities: Matrix
    /// The fold of each observation.
    public let folds: [Int]
    /// λ that was chosen in each fold.
    public let penalties: [Double]

    public static let penalties = [1e-4, 1e-3, 1e-2, 1e-1, 1]

    /// - Parameters:
    ///   - labels: classes from 0.
    ///   - given: names of folds that whole patients are held out in; nil: `count` are made.
    ///   - penalties: one is chosen in each training part, by ``areaUnderCurve(_:_:_:)`` in folds of patients inside it.
    /// - Returns: nil when there is only one patient, so that nothing can be held out.
    public init?(
        _ x: Matrix, labels: [Int], classes: Int, patients: [String], folds count: Int = 5,
        given: [String]? = nil, penalties: [Double] = penalties, seed: UInt64 = 0, threads: Int = 1
    ) {
        precondition(
            x.rows == labels.count && x.rows == patients.count, "\(x.rows), \(labels.count), \(patients.count)")
        let outer =
            given.map(PatientFolds.init(named:))
            ?? PatientFolds(patients: patients, labels: labels, count: count, seed: seed)
        guard outer.count > 1 else { return nil }
        let results = Workers(threads).map(outer.count) { fold in
            let (training, held) = (outer.training(fold), outer.held(fold))
            let (xt, lt) = (x.selecting(rows: training), training.map { labels[$0] })
            let penalty = Self.choose(
                penalties, xt, lt, classes, patients: training.map { patients[$0] }, folds: count - 1, seed: seed &+ 1)
            let model = LogisticRegression(xt, labels: lt, classes: classes, penalty: penalty, tolerance: 1e-7)
            return (penalty: penalty, held: held, probabilities: model.probabilities(x.selecting(rows: held)))
        }
        var probabilities = Matrix(rows: x.rows, columns: classes)
        for result in results {
            for (row, index) in result.held.enumerated() {
                for k in 0..<classes { probabilities[index, k] = result.probabilities[row, k] }
            }
        }
        self.probabilities = probabilities
        self.penalties = results.map(\.penalty)
        folds = outer.folds
    }

    private static func choose(
        _ penalties: [Double], _ x: Matrix, _ labels: [Int], _ classes: Int, patients: [String], folds count: Int,
        seed: UInt64
    ) -> Double {
        let folds = PatientFolds(patients: patients, labels: labels, count: max(2, count), seed: seed)
        guard folds.count > 1, penalties.count > 1 else { return penalties.max() ?? 1 }
        var areas = [Double](repeating: 0, count: penalties.count)
        var losses = areas
        for fold in 0..<folds.count {
            let (training, held) = (folds.training(fold), folds.held(fold))
            let (xt, lt) = (x.selecting(rows: training), training.map { labels[$0] })
            let (xh, lh) = (x.selecting(rows: held), held.map { labels[$0] })
            var start: LogisticRegression?
            // From strong to weak: each fit starts near its answer.
            for place in penalties.indices.sorted(by: { penalties[$0] > penalties[$1] }) {
                let model = LogisticRegression(
                    xt, labels: lt, classes: classes, penalty: penalties[place], start: start)
                let p = model.probabilities(xh)
                // A fold without an area has none for any penalty.
                areas[place] += areaUnderCurve(p, lh, classes) ?? 0
                for (row, label) in lh.enumerated() { losses[place] -= log(max(p[row, label], 1e-12)) }
                start = model
            }
        }
        // The log loss punishes what is far off and so asks for penalties under which many weak columns say nothing; it decides
        // between equal areas alone.
        return penalties.indices.min {
            (-areas[$0], losses[$0], -penalties[$0]) < (-areas[$1], losses[$1], -penalties[$1])
        }.map { penalties[$0] } ?? 1
    }

    /// The area under the ROC curve of two classes, the mean over each class against the others of more; nil where no class has
    /// one, since only one is there.
    package static func areaUnderCurve(_ probabilities: Matrix, _ labels: [Int], _ classes: Int) -> Double? {
        let areas = (classes == 2 ? [1] : Array(0..<classes)).compactMap { number in
            ScoredSample(isPositive: labels.map { $0 == number }, scores: probabilities.column(number)).auroc().value
        }
        return areas.isEmpty ? nil : areas.reduce(0, +) / Double(areas.count)
    }
}
