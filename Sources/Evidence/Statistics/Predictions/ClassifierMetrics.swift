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
        case macroAUROCByFold = "macro_auroc_fold_mean"
        case macroAveragePrecision = "macro_average_precision"
        /// Of one class against the others.
        case collapsedAccuracy = "collapsed_accuracy"
        case sensitivity, specificity, precision, f1, auroc
        case aurocByFold = "auroc_fold_mean"
        case averagePrecision = "average_precision"
        case brier
        case calibrationError = "calibration_error"

        public var about: String {
            switch self {
            case .accuracy: "share of all that is right"
            case .balancedAccuracy: "mean over the classes of the share that is found"
            case .macroF1: "mean over the classes of F1"
            case .macroAUROC: "mean over the classes of the area, one class against the others"
            case .macroAUROCByFold: "the same in each fold, mean over the folds"
            case .macroAveragePrecision: "mean over the classes of the average precision"
            case .collapsedAccuracy: "share that is right about positive or not"
            case .sensitivity: "share of the positives that is found"
            case .specificity: "share of the negatives that is left alone"
            case .precision: "share of the predicted positives that is positive"
            case .f1: "harmonic mean of precision and sensitivity"
            case .auroc: "area under the ROC curve, ties counted half"
            case .aurocByFold: "the same in each fold, mean over the folds: models of folds need not share a scale"
            case .averagePrecision:
                "area under the curve of precision and recall, by steps; of guesses the share of positives"
            case .brier: "mean squared error of the probability of the positive class"
            case .calibrationError: "mean distance of probability and share in ten bins"
            }
        }
    }

    /// How well one class is told from the others.
    public struct OfClass: Sendable {
        public var name: String
        /// Observations that truly are of it.
        public var count: Int
        public var recall: Statistic
        public var precision: Statistic
        public var f1: Statistic
        public var f1Interval: BootstrapInterval
    }

    /// Figures of the observations that one fold held out.
    public struct OfFold: Sendable {
        public var name: String
        public var count: Int
        /// Nil without a positive class.
        public var positives: Int?
        public var accuracy: Statistic
        /// Of the positive class, else the mean over the classes.
        public var auroc: Statistic
        public var averagePrecision: Statistic
    }

    public let metrics: [Metric]
    public let confusion: ConfusionMatrix
    /// One for each class, in their order.
    public let classes: [OfClass]
    /// In the order of their names; empty where the set has fewer than two.
    public let folds: [OfFold]
    /// Of the area under the curve, without resampling; images of one patient may depend on each other. Nil with fewer than
    /// ``ModelComparison/fewestPatients``: it stands on a normal approximation.
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
        let intervals = bootstrap.intervals(count: found.all.count, threads: threads) { calculation($0).all }
        metrics = zip(found.named, intervals).map { Metric(name: $0.0, statistic: $0.1, interval: $1) }
        let ofClasses = intervals[found.named.count...]
        classes = zip(set.classes.indices, ofClasses).map { number, interval in
            let counts = found.matrix.collapsed(to: number)
            return OfClass(
                name: set.classes[number], count: set.labels.count { $0 == number }, recall: counts.sensitivity,
                precision: counts.precision, f1: counts.f1, f1Interval: interval)
        }
        folds = calculation.folds.map { fold in
            let part = Calculation(set.selecting(fold.rows), positive: positive, scores: scores)
            return OfFold(
                name: fold.name, count: fold.rows.count,
                positives: positive.map { positive in fold.rows.count { set.labels[$0] == positive } },
                accuracy: part(nil).matrix.accuracy, auroc: part.area(nil), averagePrecision: part.precision(nil))
        }
        confusion = found.matrix
        let patientCount = Set(set.patients).count
        delong = positive.flatMap { positive in
            guard patientCount >= ModelComparison.fewestPatients else { return nil }
            let sample = set.scored(positive)
            return DeLongTest(
                isPositive: sample.isPositive, scoresA: sample.scores, scoresB: sample.scores,
                patients: patientNumbers(set.patients))?.intervalA
        }
    }

    /// All metrics of a reweighted sample; what does not depend on the weights is sorted once.
    private struct Calculation: Sendable {
        struct Fold: Sendable {
            var name: String
            var rows: [Int]
            /// By class.
            var samples: [ScoredSample]
        }

        struct Values {
            var matrix: ConfusionMatrix
            var named: [(Name, Statistic)]
            /// F1 of each class.
            var ofClasses: [Statistic]
            var all: [Statistic] { named.map(\.1) + ofClasses }
        }

        let set: PredictionSet
        let positive: Int?
        let scores: Scores
        let samples: [ScoredSample]
        let folds: [Fold]

        init(_ set: PredictionSet, positive: Int?, scores: Scores) {
            (self.set, self.positive, self.scores) = (set, positive, scores)
            samples = set.classes.indices.map { set.scored($0) }
            let names = Set(set.folds ?? []).sorted { (Double($0) ?? .infinity, $0) < (Double($1) ?? .infinity, $1) }
            folds =
                names.count < 2
                ? []
                : names.map { name in
                    let rows = set.images.indices.filter { set.folds?[$0] == name }
                    let part = set.selecting(rows)
                    return Fold(name: name, rows: rows, samples: set.classes.indices.map { part.scored($0) })
                }
        }

        func callAsFunction(_ weights: [Double]?) -> Values {
            let matrix = ConfusionMatrix(
                classes: set.classes.count, labels: set.labels, predictions: set.predictions, weights: weights)
            var found: [(Name, Statistic)] = [(.accuracy, matrix.accuracy)]
            found.append((.balancedAccuracy, matrix.macro(\.sensitivity)))
            if set.classes.count > 2 {
                found += [(.macroF1, matrix.macro(\.f1)), (.macroAUROC, mean { $0.auroc(weights: weights) })]
                if positive == nil, !folds.isEmpty { found.append((.macroAUROCByFold, areaByFold(weights))) }
                found.append((.macroAveragePrecision, mean { $0.averagePrecision(weights: weights) }))
            }
            let ofClasses = set.classes.indices.map { matrix.collapsed(to: $0).f1 }
            guard let positive else { return Values(matrix: matrix, named: found, ofClasses: ofClasses) }
            let counts = matrix.collapsed(to: positive)
            if set.classes.count > 2 { found.append((.collapsedAccuracy, counts.accuracy)) }
            found += [
                (.sensitivity, counts.sensitivity), (.specificity, counts.specificity), (.precision, counts.precision),
                (.f1, counts.f1), (.auroc, samples[positive].auroc(weights: weights)),
            ]
            if !folds.isEmpty { found.append((.aurocByFold, areaByFold(weights))) }
            found.append((.averagePrecision, samples[positive].averagePrecision(weights: weights)))
            if case .probabilities = scores {
                let calibration = Calibration(
                    isPositive: samples[positive].isPositive, probabilities: samples[positive].scores, weights: weights)
                found += [(.brier, calibration.brier), (.calibrationError, calibration.expectedError)]
            }
            return Values(matrix: matrix, named: found, ofClasses: ofClasses)
        }

        /// Of the positive class, else the mean over the classes.
        func area(_ weights: [Double]?) -> Statistic {
            positive.map { samples[$0].auroc(weights: weights) } ?? mean { $0.auroc(weights: weights) }
        }

        func precision(_ weights: [Double]?) -> Statistic {
            positive.map { samples[$0].averagePrecision(weights: weights) }
                ?? mean { $0.averagePrecision(weights: weights) }
        }

        /// Over the folds that have an area: one with one class only, or of which nobody was drawn, has none.
        private func areaByFold(_ weights: [Double]?) -> Statistic {
            let areas = folds.compactMap { fold in
                let weights = weights.map { weights in fold.rows.map { weights[$0] } }
                return
                    (positive.map { fold.samples[$0].auroc(weights: weights) }
                    ?? mean(of: fold.samples) { $0.auroc(weights: weights) }).value
            }
            return .ratio(areas.reduce(0, +), Double(areas.count), else: .absentClass)
        }

        private func mean(_ figure: (ScoredSample) -> Statistic) -> Statistic { mean(of: samples, figure) }

        /// Over the classes; undefined where one of them is.
        private func mean(of samples: [ScoredSample], _ figure: (ScoredSample) -> Statistic) -> Statistic {
            var sum = 0.0
            for sample in samples {
                guard case .value(let value) = figure(sample) else {
                    return .undefined(set.images.isEmpty ? .noObservations : .absentClass)
                }
                sum += value
            }
            return .value(sum / Double(samples.count))
        }
    }
}
