import NumericalMethods

/// What a classifier said about images whose class is known.
public struct PredictionSet: Hashable, Sendable {
    /// In the order of the probabilities' columns.
    public var classes: [String]
    /// One entry an image from here on.
    public var images: [String]
    /// What images that may resemble each other have in common; the image itself where that is not known.
    public var patients: [String]
    public var cases: [String]?
    public var folds: [String]?
    /// Indices into `classes`.
    public var labels: [Int]
    public var predictions: [Int]
    /// Images × classes, each 0…1.
    public var probabilities: Matrix

    public init(
        classes: [String], images: [String], patients: [String], cases: [String]? = nil, folds: [String]? = nil,
        labels: [Int], predictions: [Int], probabilities: Matrix
    ) {
        precondition(
            images.count == patients.count && images.count == labels.count && images.count == predictions.count
                && probabilities.rows == images.count && probabilities.columns == classes.count,
            "\(images.count) images, \(labels.count) labels, \(probabilities.rows) × \(probabilities.columns)")
        (self.classes, self.images, self.patients) = (classes, images, patients)
        (self.cases, self.folds) = (cases, folds)
        (self.labels, self.predictions, self.probabilities) = (labels, predictions, probabilities)
    }

    public func selecting(_ rows: [Int]) -> PredictionSet {
        PredictionSet(
            classes: classes, images: rows.map { images[$0] }, patients: rows.map { patients[$0] },
            cases: cases.map { cases in rows.map { cases[$0] } }, folds: folds.map { folds in rows.map { folds[$0] } },
            labels: rows.map { labels[$0] }, predictions: rows.map { predictions[$0] },
            probabilities: probabilities.selecting(rows: rows))
    }

    /// One class against the others, its probability as the score.
    public func scored(_ positive: Int) -> ScoredSample {
        ScoredSample(isPositive: labels.map { $0 == positive }, scores: probabilities.column(positive))
    }
}

/// How slices make a case.
public struct CaseRule: Hashable, Sendable {
    public enum Score: Hashable, Sendable {
        /// The rule of GLCM-MAE's authors for CT, who take 0.25: a case is called positive when the share of its slices that are
        /// predicted positive reaches the threshold, in (0, 1]; that share is the case's score. It is truly positive when any of
        /// its slices is.
        case share(threshold: Double)
        /// A case has the mean of its slices' probabilities, and the class of the largest. Its slices are of one class; of two
        /// classes with a positive one it is positive when any slice is.
        case mean
    }

    public var score: Score
    public static let authors = CaseRule(score: .share(threshold: 0.25))
    public static let mean = CaseRule(score: .mean)

    public init(score: Score) { self.score = score }

    public enum Failure: Error, Hashable {
        /// The set does not say which case an image belongs to.
        case noCases
        case patientsOfCase(name: String, first: String, second: String)
        /// More than two classes, or none positive.
        case labelsOfCase(name: String, first: String, second: String)
        /// A share is one of positives.
        case noPositive
    }

    /// Cases instead of images, in the order of their first image. By their shares they have the two classes "not X" and "X", by
    /// the mean those of the set.
    public func callAsFunction(_ set: PredictionSet, positive: Int?) throws(Failure) -> PredictionSet {
        guard let cases = set.cases else { throw .noCases }
        let numbers = patientNumbers(cases)
        let count = (numbers.max() ?? -1) + 1
        var members = [[Int]](repeating: [], count: count)
        for (index, number) in numbers.enumerated() { members[number].append(index) }
        for slices in members {
            guard let other = slices.first(where: { set.patients[$0] != set.patients[slices[0]] }) else { continue }
            throw .patientsOfCase(
                name: cases[slices[0]], first: set.patients[slices[0]], second: set.patients[other])
        }
        let (classes, labels, predictions, probabilities): ([String], [Int], [Int], Matrix)
        switch score {
        case .share(let threshold):
            guard let positive else { throw .noPositive }
            let shares = members.map { slices in
                Double(slices.count { set.predictions[$0] == positive }) / Double(slices.count)
            }
            classes = ["not \(set.classes[positive])", set.classes[positive]]
            labels = members.map { slices in slices.contains { set.labels[$0] == positive } ? 1 : 0 }
            predictions = shares.map { $0 >= threshold ? 1 : 0 }
            probabilities = Matrix(rows: count, columns: 2, values: shares.flatMap { [1 - $0, $0] })
        case .mean:
            classes = set.classes
            labels = try Self.labels(of: members, set, cases, positive)
            var means = Matrix(rows: count, columns: classes.count)
            for (row, slices) in members.enumerated() {
                for k in classes.indices {
                    means[row, k] = slices.reduce(0) { $0 + set.probabilities[$1, k] } / Double(slices.count)
                }
            }
            predictions = (0..<count).map { classOfLargest(Array(means.row($0))) }
            probabilities = means
        }
        return PredictionSet(
            classes: classes, images: members.map { cases[$0[0]] }, patients: members.map { set.patients[$0[0]] },
            cases: members.map { cases[$0[0]] }, folds: set.folds.map { folds in members.map { folds[$0[0]] } },
            labels: labels, predictions: predictions, probabilities: probabilities)
    }

    private static func labels(
        of members: [[Int]], _ set: PredictionSet, _ cases: [String], _ positive: Int?
    ) throws(Failure) -> [Int] {
        var labels: [Int] = []
        for slices in members {
            let first = set.labels[slices[0]]
            let other = slices.first { set.labels[$0] != first }
            if let other {
                guard set.classes.count == 2, let positive else {
                    throw .labelsOfCase(
                        name: cases[slices[0]], first: set.classes[first], second: set.classes[set.labels[other]])
                }
                labels.append(positive)
            } else {
                labels.append(first)
            }
        }
        return labels
    }
}
