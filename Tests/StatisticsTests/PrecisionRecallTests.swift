import NumericalMethods
import Statistics
import Testing

/// Against scikit-learn 1.7: average_precision_score, precision_recall_fscore_support, roc_auc_score fold by fold.
@Suite("precision, recall, classes and folds")
struct PrecisionRecallTests {
    private let labels = [0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1]
    private let scores = [0.1, 0.4, 0.35, 0.8, 0.65, 0.4, 0.2, 0.9, 0.4, 0.4, 0.05, 0.7]

    @Test("average precision, with ties and with weights")
    func average() {
        let sample = ScoredSample(isPositive: labels.map { $0 == 1 }, scores: scores)
        #expect(abs((sample.averagePrecision().value ?? 0) - 0.7222222222222222) < 1e-15)
        let weights = [1.0, 2, 0, 3, 1, 1, 2, 1, 0, 1, 2, 1]
        #expect(abs((sample.averagePrecision(weights: weights).value ?? 0) - 0.6166666666666667) < 1e-15)
        // Repeating an observation is the same as a weight.
        let order = weights.indices.flatMap { [Int](repeating: $0, count: Int(weights[$0])) }
        let repeated = ScoredSample(isPositive: order.map { labels[$0] == 1 }, scores: order.map { scores[$0] })
        #expect(abs((repeated.averagePrecision().value ?? 0) - 0.6166666666666667) < 1e-15)
        #expect(
            ScoredSample(isPositive: [false, false], scores: [0, 1]).averagePrecision() == .undefined(.noPositives))
        // Of equal scores it is the share of positives.
        #expect(
            ScoredSample(isPositive: [true, false, false, false], scores: [1, 1, 1, 1]).averagePrecision()
                == .value(0.25))
    }

    @Test("the mean over folds beside the pooled area; a fold of one class has none")
    func folds() throws {
        func metrics(_ folds: [String]) -> ClassifierMetrics {
            ClassifierMetrics(
                PredictionSet(
                    classes: ["no", "yes"], images: labels.indices.map { "i\($0)" },
                    patients: labels.indices.map { "P\($0)" }, folds: folds, labels: labels,
                    predictions: scores.map { $0 > 0.5 ? 1 : 0 },
                    probabilities: Matrix(rows: 12, columns: 2, values: scores.flatMap { [1 - $0, $0] })), positive: 1,
                replicates: 200)
        }
        let found = metrics(labels.indices.map { String($0 / 4 + 1) })
        #expect(found.folds.map(\.auroc) == [.value(0.5), .value(1), .value(0.875)])
        #expect(abs((found[.aurocByFold]?.statistic.value ?? 0) - 0.7916666666666666) < 1e-15)
        #expect(found[.auroc]?.statistic == .value(0.75) && found.folds.map(\.positives) == [2, 2, 2])
        #expect(abs((found[.averagePrecision]?.statistic.value ?? 0) - 0.7222222222222222) < 1e-15)
        for metric in found.metrics {
            let interval = try #require(metric.interval.interval, "\(metric.name)")
            #expect(interval.low >= 0 && interval.high <= 1 && interval.low <= interval.high, "\(metric)")
        }
        let uneven = metrics(labels.map { $0 == 0 ? "all the same" : "10" }.enumerated().map { $0 < 6 ? "9" : $1 })
        #expect(uneven.folds.map(\.name) == ["9", "10", "all the same"])
        #expect(uneven.folds[1].auroc == .undefined(.noNegatives))
        #expect(uneven[.aurocByFold]?.statistic == uneven.folds[0].auroc)
        #expect(metrics(labels.map { _ in "1" }).folds.isEmpty)
    }

    @Test("recall, precision and F1 of each of three classes; the mean of average precisions")
    func classes() {
        let labels = [0, 1, 2, 2, 1, 0, 2, 1, 0, 2]
        let rows = [
            [0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.3, 0.6], [0.4, 0.3, 0.3], [0.3, 0.4, 0.3], [0.2, 0.7, 0.1],
            [0.1, 0.1, 0.8], [0.3, 0.3, 0.4], [0.5, 0.25, 0.25], [0.2, 0.5, 0.3],
        ]
        let found = ClassifierMetrics(
            PredictionSet(
                classes: ["a", "b", "c"], images: labels.indices.map { "i\($0)" },
                patients: labels.indices.map { "P\($0)" },
                labels: labels, predictions: rows.map(classOfLargest),
                probabilities: Matrix(rows: 10, columns: 3, values: rows.flatMap { $0 })), positive: nil,
            replicates: 100)
        let expected = [
            (2.0 / 3, 2.0 / 3, 2.0 / 3), (2.0 / 3, 0.5, 0.5714285714285714), (0.5, 2.0 / 3, 0.5714285714285714),
        ]
        for (item, (recall, precision, f1)) in zip(found.classes, expected) {
            #expect(
                abs((item.recall.value ?? 0) - recall) < 1e-15 && abs((item.precision.value ?? 0) - precision) < 1e-15)
            #expect(abs((item.f1.value ?? 0) - f1) < 1e-15, "\(item)")
        }
        #expect(found.classes.map(\.count) == [3, 3, 4])
        #expect(abs((found[.macroAveragePrecision]?.statistic.value ?? 0) - 0.6600529100529101) < 1e-15)
    }

    @Test("an interval of the mean of shares near 1 ends at 1")
    func clipped() {
        #expect(Interval(low: -0.2, high: 1.3).clipped(to: 0...1) == Interval(low: 0, high: 1))
        #expect(Interval(low: 0.2, high: 0.3).clipped(to: 0...1) == Interval(low: 0.2, high: 0.3))
    }
}
