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
    /// λ that was chosen in each fold, of each block of columns.
    public let penalties: [[Double]]
    /// Of each fold: probabilities of its training part, ascending, from models of folds inside it, with the penalties that were
    /// chosen; nil where it has one patient only. For what is fitted on probabilities, see ``stacked(_:labels:classes:)``.
    let inner: [Matrix?]

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
        self.init(
            blocks: [x], labels: labels, classes: classes, patients: patients, folds: count, given: given,
            penalties: penalties, seed: seed, threads: threads)
    }

    /// The columns of all blocks side by side, each block under a penalty of its own, so that neither drowns what is in the
    /// other: all combinations are tried in the folds inside each training part.
    public init?(
        blocks: [Matrix], labels: [Int], classes: Int, patients: [String], folds count: Int = 5,
        given: [String]? = nil, penalties: [Double] = penalties, seed: UInt64 = 0, threads: Int = 1
    ) {
        let x = blocks.dropFirst().reduce(blocks[0]) { $0.joined(with: $1) }
        precondition(
            x.rows == labels.count && x.rows == patients.count, "\(x.rows), \(labels.count), \(patients.count)")
        let outer =
            given.map(PatientFolds.init(named:))
            ?? PatientFolds(patients: patients, labels: labels, count: count, seed: seed)
        guard outer.count > 1 else { return nil }
        let choice = PenaltyChoice(widths: blocks.map(\.columns), penalties: penalties, classes: classes)
        let results = Workers(threads).map(outer.count) { fold in
            let (training, held) = (outer.training(fold), outer.held(fold))
            let (xt, lt) = (x.selecting(rows: training), training.map { labels[$0] })
            let chosen = choice(
                xt, lt, patients: training.map { patients[$0] }, folds: count - 1, seed: seed &+ 1)
            let model = LogisticRegression(
                xt, labels: lt, classes: classes, penalties: choice.ofColumns(chosen.penalties), tolerance: 1e-7)
            return (chosen: chosen, held: held, probabilities: model.probabilities(x.selecting(rows: held)))
        }
        self.init(
            probabilities: Self.gathered(results.map { ($0.held, $0.probabilities) }, rows: x.rows, classes: classes),
            folds: outer.folds, penalties: results.map(\.chosen.penalties), inner: results.map(\.chosen.probabilities))
    }

    init(probabilities: Matrix, folds: [Int], penalties: [[Double]], inner: [Matrix?]) {
        (self.probabilities, self.folds) = (probabilities, folds)
        (self.penalties, self.inner) = (penalties, inner)
    }

    /// Rows of several parts at their places.
    static func gathered(_ parts: [(rows: [Int], values: Matrix)], rows: Int, classes: Int) -> Matrix {
        var matrix = Matrix(rows: rows, columns: classes)
        for part in parts {
            for (row, index) in part.rows.enumerated() {
                for k in 0..<classes { matrix[index, k] = part.values[row, k] }
            }
        }
        return matrix
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

/// Which penalty each block of columns gets, by folds of the patients of a training part.
private struct PenaltyChoice: Sendable {
    /// Columns of each block.
    let widths: [Int]
    let classes: Int
    /// One penalty of each block, from strong to weak.
    let candidates: [[Double]]

    init(widths: [Int], penalties: [Double], classes: Int) {
        (self.widths, self.classes) = (widths, classes)
        let strongFirst = penalties.sorted(by: >)
        var all: [[Double]] = [[]]
        for number in widths.indices {
            // The last block goes back and forth, so that each fit starts near its answer.
            all = all.enumerated().flatMap { place, earlier in
                (number > 0 && place % 2 == 1 ? strongFirst.reversed() : strongFirst).map { earlier + [$0] }
            }
        }
        candidates = all
    }

    func ofColumns(_ penalties: [Double]) -> [Double] {
        zip(widths, penalties).flatMap { [Double](repeating: $1, count: $0) }
    }

    struct Chosen {
        var penalties: [Double]
        /// Of the training part, from models that have not seen the patient.
        var probabilities: Matrix?
    }

    func callAsFunction(_ x: Matrix, _ labels: [Int], patients: [String], folds count: Int, seed: UInt64) -> Chosen {
        let folds = PatientFolds(patients: patients, labels: labels, count: max(2, count), seed: seed)
        guard folds.count > 1 else { return Chosen(penalties: candidates[0], probabilities: nil) }
        var areas = [Double](repeating: 0, count: candidates.count)
        var losses = areas
        var parts = [[(rows: [Int], values: Matrix)]](repeating: [], count: candidates.count)
        for fold in 0..<folds.count {
            let (training, held) = (folds.training(fold), folds.held(fold))
            let (xt, lt) = (x.selecting(rows: training), training.map { labels[$0] })
            let (xh, lh) = (x.selecting(rows: held), held.map { labels[$0] })
            var start: LogisticRegression?
            for (place, penalties) in candidates.enumerated() {
                let model = LogisticRegression(
                    xt, labels: lt, classes: classes, penalties: ofColumns(penalties), start: start)
                let p = model.probabilities(xh)
                // A fold without an area has none for any penalty.
                areas[place] += CrossValidatedClassifier.areaUnderCurve(p, lh, classes) ?? 0
                for (row, label) in lh.enumerated() { losses[place] -= log(max(p[row, label], 1e-12)) }
                parts[place].append((held, p))
                start = model
            }
        }
        // The log loss punishes what is far off and so asks for penalties under which many weak columns say nothing; it decides
        // between equal areas alone, and among equals the larger penalty.
        let best =
            candidates.indices.min {
                (-areas[$0], losses[$0], -strength($0)) < (-areas[$1], losses[$1], -strength($1))
            } ?? 0
        return Chosen(
            penalties: candidates[best],
            probabilities: CrossValidatedClassifier.gathered(parts[best], rows: x.rows, classes: classes))
    }

    private func strength(_ candidate: Int) -> Double { candidates[candidate].reduce(0) { $0 + log($1) } }
}
