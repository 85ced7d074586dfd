/// How often each class was taken for each: `counts[label][prediction]`. Counts are weights, so that a bootstrap can
/// repeat observations.
public struct ConfusionMatrix: Hashable, Sendable {
    public private(set) var counts: [[Double]]

    public init(classes: Int) {
        counts = [[Double]](repeating: [Double](repeating: 0, count: classes), count: classes)
    }

    /// `labels` and `predictions` are indices of classes, equally many.
    public init(classes: Int, labels: [Int], predictions: [Int], weights: [Double]? = nil) {
        precondition(labels.count == predictions.count, "\(labels.count) labels, \(predictions.count) predictions")
        self.init(classes: classes)
        for index in labels.indices { counts[labels[index]][predictions[index]] += weights?[index] ?? 1 }
    }

    public var total: Double { counts.reduce(0) { $0 + $1.reduce(0, +) } }

    public var accuracy: Statistic {
        .ratio(counts.indices.reduce(0) { $0 + counts[$1][$1] }, total, else: .noObservations)
    }

    /// One class against all others (the "collapse" that the authors of GLCM-MAE use for ultrasound).
    public func collapsed(to positive: Int) -> BinaryCounts {
        let truePositives = counts[positive][positive]
        let labelled = counts[positive].reduce(0, +)
        let predicted = counts.reduce(0) { $0 + $1[positive] }
        return BinaryCounts(
            truePositives: truePositives, trueNegatives: total - labelled - predicted + truePositives,
            falsePositives: predicted - truePositives, falseNegatives: labelled - truePositives)
    }

    /// Mean over the classes of a rate of one class against the others; undefined where one of them is.
    public func macro(_ rate: (BinaryCounts) -> Statistic) -> Statistic {
        var sum = 0.0
        for positive in counts.indices {
            switch rate(collapsed(to: positive)) {
            case .value(let value): sum += value
            case .undefined(let reason):
                return .undefined(reason == .noPositives ? .absentClass : reason)
            }
        }
        return .ratio(sum, Double(counts.count), else: .noObservations)
    }
}

/// The four counts of a decision between two classes.
public struct BinaryCounts: Hashable, Sendable {
    public var truePositives: Double
    public var trueNegatives: Double
    public var falsePositives: Double
    public var falseNegatives: Double

    public init(truePositives: Double, trueNegatives: Double, falsePositives: Double, falseNegatives: Double) {
        (self.truePositives, self.trueNegatives) = (truePositives, trueNegatives)
        (self.falsePositives, self.falseNegatives) = (falsePositives, falseNegatives)
    }

    public var accuracy: Statistic {
        .ratio(
            truePositives + trueNegatives, truePositives + trueNegatives + falsePositives + falseNegatives,
            else: .noObservations)
    }

    /// Recall: share of the positives that are found.
    public var sensitivity: Statistic {
        .ratio(truePositives, truePositives + falseNegatives, else: .noPositives)
    }

    /// Share of the negatives that are left alone.
    public var specificity: Statistic {
        .ratio(trueNegatives, trueNegatives + falsePositives, else: .noNegatives)
    }

    /// Positive predictive value.
    public var precision: Statistic {
        .ratio(truePositives, truePositives + falsePositives, else: .nothingPredicted)
    }

    /// Harmonic mean of precision and sensitivity, 2 TP / (2 TP + FP + FN): 0 when all positives are missed, undefined when
    /// there is nothing to find and nothing was found.
    public var f1: Statistic {
        .ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives, else: .noPositives)
    }
}

/// Index of the largest value, ties to the lowest index: with two classes a tie goes to class 0, as the authors count it.
public func classOfLargest(_ values: [Double]) -> Int {
    values.indices.max { values[$0] < values[$1] || values[$0] == values[$1] && $0 > $1 } ?? 0
}
