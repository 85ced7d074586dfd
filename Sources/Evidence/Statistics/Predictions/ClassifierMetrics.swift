/// The figures of one classifier, each with its interval.
public struct ClassifierMetrics: Sendable {
    /// Whether the scores are probabilities, so that they can be calibrated; the shares of a case are not.
    public enum Scores: Sendable { case probabilities, shares }

    public struct Metric: Sendable {
        public var name: Name
        public var statistic: Statistic
        public var interval: BootstrapInterval
    }

    public enum Name: String, CaseIterable, Sendable {
        case accuracy
        case balancedAccuracy = "balanced_accuracy"
        case macroF1 = "macro_f1"
        case macroAUROC = "macro_auroc"
        /// Of one class against the others.
        case collapsedAccuracy = "collapsed_accuracy"
        case sensitivity, specificity, precision, f1, auroc, brier
        case calibrationError = "calibration_error"

        public var about: String {
            switch self {
            case .accuracy: "share of all that is right"
            case .balancedAccuracy: "mean over the classes of the share that is found"
            case .macroF1: "mean over the classes of F1"
            case .macroAUROC: "mean over the classes of the area, one class against the others"
            case .collapsedAccuracy: "share that is right about positive or not"
            case .sensitivity: "share of the positives that is found"
            case .specificity: "share of the negatives that is left alone"
            case .precision: "share of the predicted positives that is positive"
            case .f1: "harmonic mean of precision and sensitivity"
            case .auroc: "area under the ROC curve, ties counted half"
            case .brier: "mean squared error of the probability of the positive class"
            case .calibrationError: "mean distance of probability and share in ten bins"
            }
        }
    }

    public let metrics: [Metric]
    public let confusion: ConfusionMatrix
    /// Of the area under the curve, without resampling; images of one patient may depend on each other.
    public let delong: Interval?

    public subscript(_ name: Name) -> Metric? { metrics.first { $0.name == name } }

    /// - Parameter positive: the class that the rates are about; nil for more than two classes without one.
    public init(
        _ set: PredictionSet, positive: Int?, scores: Scores = .probabilities, replicates: Int = 2000,
        seed: UInt64 = 0, threads: Int = 1
    ) {
        let calculation = Calculation(set, positive: positive, scores: scores)
        let found = calculation(nil)
        let bootstrap = PatientBootstrap(patients: set.patients, replicates: replicates, seed: seed)
        let intervals = bootstrap.intervals(count: found.count, threads: threads) { calculation($0).map(\.1) }
        metrics = zip(found, intervals).map { Metric(name: $0.0, statistic: $0.1, interval: $1) }
        confusion = ConfusionMatrix(classes: set.classes.count, labels: set.labels, predictions: set.predictions)
        delong = positive.flatMap { positive in
            let sample = set.scored(positive)
            return DeLongTest(
                isPositive: sample.isPositive, scoresA: sample.scores, scoresB: sample.scores,
                patients: patientNumbers(set.patients))?.intervalA
        }
    }

    /// All metrics of a reweighted sample; what does not depend on the weights is sorted once.
    private struct Calculation: Sendable {
        let set: PredictionSet
        let positive: Int?
        let scores: Scores
        let samples: [ScoredSample]

        init(_ set: PredictionSet, positive: Int?, scores: Scores) {
            (self.set, self.positive, self.scores) = (set, positive, scores)
            samples = set.classes.indices.map { set.scored($0) }
        }

        func callAsFunction(_ weights: [Double]?) -> [(Name, Statistic)] {
            let matrix = ConfusionMatrix(
                classes: set.classes.count, labels: set.labels, predictions: set.predictions, weights: weights)
            var found: [(Name, Statistic)] = [(.accuracy, matrix.accuracy)]
            found.append((.balancedAccuracy, matrix.macro(\.sensitivity)))
            if set.classes.count > 2 {
                found += [(.macroF1, matrix.macro(\.f1)), (.macroAUROC, macroArea(weights))]
            }
            guard let positive else { return found }
            let counts = matrix.collapsed(to: positive)
            if set.classes.count > 2 { found.append((.collapsedAccuracy, counts.accuracy)) }
            found += [
                (.sensitivity, counts.sensitivity), (.specificity, counts.specificity), (.precision, counts.precision),
                (.f1, counts.f1), (.auroc, samples[positive].auroc(weights: weights)),
            ]
            if case .probabilities = scores {
                let calibration = Calibration(
                    isPositive: samples[positive].isPositive, probabilities: samples[positive].scores, weights: weights)
                found += [(.brier, calibration.brier), (.calibrationError, calibration.expectedError)]
            }
            return found
        }

        private func macroArea(_ weights: [Double]?) -> Statistic {
            var sum = 0.0
            for sample in samples {
                guard case .value(let area) = sample.auroc(weights: weights) else {
                    return .undefined(set.images.isEmpty ? .noObservations : .absentClass)
                }
                sum += area
            }
            return .value(sum / Double(samples.count))
        }
    }
}
