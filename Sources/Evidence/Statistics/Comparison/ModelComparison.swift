/// Two classifiers on the same images.
public struct ModelComparison: Sendable {
    /// A − B with an interval from resamples of patients.
    public struct Difference: Sendable {
        public var statistic: Statistic
        public var interval: BootstrapInterval
    }

    /// Fewer independent cases than this prove nothing: of five pairs no exact test can give p < 0.05, and approximations such as
    /// DeLong's promise p < 0.0001 for two. No p-value is told of fewer, of any test in any command.
    public static let fewestPatients = 6

    /// Independent cases: patients, or what stands for them.
    public let patients: Int
    /// Whether p-values may be told.
    public var isTested: Bool { patients >= Self.fewestPatients }
    /// A p-value where it may be told.
    public func told(_ probability: Double?) -> Double? { isTested ? probability : nil }
    public let mcNemar: McNemarTest
    /// Of the positive class; nil without one or with too few of a class. Images count as independent.
    public let delong: DeLongTest?
    /// The same with images of one patient depending on each other.
    public let delongByPatient: DeLongTest?
    public let accuracyDifference: Difference
    public let areaDifference: Difference?
    /// Of the accuracies of the folds; nil where the sets do not say them.
    public let folds: FoldComparison?

    public struct FoldComparison: Sendable {
        public var names: [String]
        public var accuraciesA: [Double]
        public var accuraciesB: [Double]
        public var plain: PairedTTest
        /// Nadeau's and Bengio's, for the k − 1 folds that a model of a k-fold cross-validation is trained on.
        public var corrected: PairedTTest
        public var signedRank: SignedRankTest
    }

    public enum Mismatch: Error, Hashable {
        case classes(a: [String], b: [String])
        case images(onlyA: [String], onlyB: [String])
        case labels(images: [String])
        case nothingShared
    }

    /// The rows of both that are about the same images, in A's order.
    /// - Parameter images: whether images that only one of them has are an error or left out.
    public static func joined(
        _ a: PredictionSet, _ b: PredictionSet, unshared images: Unshared = .refuse
    ) throws(Mismatch) -> (PredictionSet, PredictionSet) {
        guard a.classes == b.classes else { throw .classes(a: a.classes, b: b.classes) }
        let places = Dictionary(zip(b.images, b.images.indices), uniquingKeysWith: { first, _ in first })
        let known = Set(a.images)
        let pairs = a.images.enumerated().compactMap { index, image in places[image].map { (index, $0) } }
        let (onlyA, onlyB) = (a.images.filter { places[$0] == nil }, b.images.filter { !known.contains($0) })
        guard !pairs.isEmpty else { throw .nothingShared }
        guard images == .leaveOut || onlyA.isEmpty && onlyB.isEmpty else {
            throw .images(onlyA: onlyA, onlyB: onlyB)
        }
        let differing = pairs.filter { a.labels[$0.0] != b.labels[$0.1] }
        guard differing.isEmpty else { throw .labels(images: differing.map { a.images[$0.0] }) }
        return (a.selecting(pairs.map(\.0)), b.selecting(pairs.map(\.1)))
    }

    public enum Unshared: Sendable { case refuse, leaveOut }

    /// `a` and `b` are about the same images in the same order, as ``joined(_:_:unshared:)`` gives them. With a positive class
    /// right and wrong are about positive or not.
    public init(
        _ a: PredictionSet, _ b: PredictionSet, positive: Int?, replicates: Int = 2000, seed: UInt64 = 0,
        threads: Int = 1
    ) {
        precondition(a.images == b.images && a.labels == b.labels, "the sets are not joined")
        patients = Set(a.patients).count
        func right(_ set: PredictionSet) -> [Bool] {
            zip(set.labels, set.predictions).map { label, prediction in
                positive.map { (label == $0) == (prediction == $0) } ?? (label == prediction)
            }
        }
        let (rightA, rightB) = (right(a), right(b))
        mcNemar = McNemarTest(isRightA: rightA, isRightB: rightB)
        let samples = positive.map { (a.scored($0), b.scored($0)) }
        func delong(_ patients: [Int]?) -> DeLongTest? {
            samples.flatMap {
                DeLongTest(isPositive: $0.0.isPositive, scoresA: $0.0.scores, scoresB: $0.1.scores, patients: patients)
            }
        }
        self.delong = delong(nil)
        delongByPatient = delong(patientNumbers(a.patients))

        let gains = zip(rightA, rightB).map { ($0 ? 1.0 : 0) - ($1 ? 1.0 : 0) }
        let differences: @Sendable ([Double]?) -> [Statistic] = { weights in
            var (sum, total) = (0.0, 0.0)
            for (index, gain) in gains.enumerated() {
                sum += gain * (weights?[index] ?? 1)
                total += weights?[index] ?? 1
            }
            var found = [Statistic.ratio(sum, total, else: .noObservations)]
            if let samples {
                let (areaA, areaB) = (samples.0.auroc(weights: weights), samples.1.auroc(weights: weights))
                if let other = areaB.value { found.append(areaA.map { $0 - other }) } else { found.append(areaB) }
            }
            return found
        }
        let found = differences(nil)
        let intervals = PatientBootstrap(patients: a.patients, replicates: replicates, seed: seed)
            .intervals(count: found.count, threads: threads) { differences($0) }
        accuracyDifference = Difference(statistic: found[0], interval: intervals[0])
        areaDifference = found.count > 1 ? Difference(statistic: found[1], interval: intervals[1]) : nil
        folds = Self.folds(a, b, rightA, rightB)
    }

    /// Nil where a set has no folds, the sets have others, or there is only one.
    private static func folds(
        _ a: PredictionSet, _ b: PredictionSet, _ rightA: [Bool], _ rightB: [Bool]
    ) -> FoldComparison? {
        guard let folds = a.folds, folds == b.folds else { return nil }
        let numbers = patientNumbers(folds)
        let count = (numbers.max() ?? -1) + 1
        func accuracies(_ right: [Bool]) -> [Double] {
            var (sums, totals) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
            for (index, fold) in numbers.enumerated() {
                sums[fold] += right[index] ? 1 : 0
                totals[fold] += 1
            }
            return zip(sums, totals).map { $0 / $1 }
        }
        let (x, y) = (accuracies(rightA), accuracies(rightB))
        guard let plain = PairedTTest(x, y), let corrected = PairedTTest(x, y, testShare: 1 / Double(count - 1)) else {
            return nil
        }
        var names = [String](repeating: "", count: count)
        for (index, fold) in numbers.enumerated() { names[fold] = folds[index] }
        return FoldComparison(
            names: names, accuraciesA: x, accuraciesB: y, plain: plain, corrected: corrected,
            signedRank: SignedRankTest(x, y))
    }
}
