import SeededRandom

/// What one run trains on and what it is measured with: numbers of slices in the store, no patient in two of the three.
public struct DatasetPart: Hashable, Sendable {
    /// From 1; nil when the dataset comes with one split.
    public var fold: Int?
    public var training: [Int]
    /// Which choose the epoch; may be empty.
    public var validation: [Int]
    /// Which are predicted, once, at the end.
    public var test: [Int]

    public init(fold: Int?, training: [Int], validation: [Int], test: [Int]) {
        (self.fold, self.training, self.validation, self.test) = (fold, training, validation, test)
    }
}

/// How the images that choose the epoch are found where the dataset does not name them.
public struct ValidationShare: Hashable, Sendable {
    /// About so much of the training patients, above 0.
    public var share: Double
    public var seed: UInt64

    public init(_ share: Double, seed: UInt64) { (self.share, self.seed) = (share, seed) }
}

/// Whether patients may be on both sides.
public enum SharedPatients: String, CaseIterable, Hashable, Sendable { case refuse, allow }

extension LabelledDataset {
    /// The parts of a run: the split that the dataset has, the folds that it names, or `folds` of our own making. With folds,
    /// images of a split called test take no part; without, they are what is predicted, and those called val choose the
    /// epoch. Where there are none called test, those called val are predicted.
    ///
    /// - Parameter validation: what else chooses the epoch; nil: nothing.
    /// - Throws: ``DatasetError`` when one of them could not be trained or would measure nothing.
    public func parts(
        folds: Int, seed: UInt64, shared: SharedPatients, validation: ValidationShare? = nil, path: String
    ) throws(DatasetError) -> [DatasetPart] {
        let labelled = slices(of: nil)
        guard !labelled.isEmpty else { throw .empty(place: path, unusable: unusable.count) }
        let all = labelled.filter { slices[$0]?.split != .test }
        guard !all.isEmpty else { throw .onlyTest(path: path, images: labelled.count) }
        var parts: [DatasetPart] = []
        if folds > 0 || (hasFolds && !hasSplit) {
            let fold = folds > 0 ? try assignedFolds(folds, to: all, seed: seed) : namedFolds()
            for number in Set(fold.values).sorted() {
                parts.append(
                    DatasetPart(
                        fold: number, training: all.filter { fold[$0] != number && fold[$0] != nil }, validation: [],
                        test: all.filter { fold[$0] == number }))
            }
        } else {
            guard hasSplit else { throw .noSplit(path: path) }
            let (chosen, test) = (slices(of: .val), slices(of: .test))
            parts = [
                DatasetPart(
                    fold: nil, training: slices(of: .train), validation: test.isEmpty ? [] : chosen,
                    test: test.isEmpty ? chosen : test)
            ]
        }
        for part in parts { try check(part, shared: shared) }
        guard let validation else { return parts }
        return parts.map { setAside(validation, of: $0) }
    }

    /// Moves whole patients from training to validation, in the same shares of classes; none where training would lose a class,
    /// or there is a validation already.
    private func setAside(_ validation: ValidationShare, of part: DatasetPart) -> DatasetPart {
        let labelled = part.training.compactMap { index in slices[index].map { (index: index, slice: $0) } }
        let patients = labelled.map(\.slice.patient)
        let count = max(2, Int((1 / validation.share).rounded()))
        guard part.validation.isEmpty, Set(patients).count >= 2 * count else { return part }
        let split = PatientFolds(
            patients: patients, labels: labelled.map(\.slice.label), count: count,
            seed: validation.seed &+ UInt64(part.fold ?? 0))
        var result = part
        result.training = zip(labelled, split.folds).filter { $1 != 0 }.map(\.0.index)
        result.validation = zip(labelled, split.folds).filter { $1 == 0 }.map(\.0.index)
        let trained = Set(result.training.compactMap { slices[$0]?.label })
        return trained.count == classes.count && !result.validation.isEmpty ? result : part
    }

    private func check(_ part: DatasetPart, shared: SharedPatients) throws(DatasetError) {
        let place = part.fold.map { "fold \($0)" }
        guard !part.training.isEmpty else {
            throw .empty(place: place.map { "the training images of \($0)" } ?? "train", unusable: unusable.count)
        }
        guard !part.test.isEmpty else {
            throw .empty(place: place.map { "the held-out images of \($0)" } ?? "val", unusable: unusable.count)
        }
        let trained = Set(part.training.compactMap { slices[$0]?.label })
        if let lacking = classes.indices.first(where: { !trained.contains($0) }) {
            throw .classLacks(name: classes[lacking], place: place.map { "the training images of \($0)" } ?? "train")
        }
        guard shared == .refuse else { return }
        func patients(_ part: [Int]) -> Set<String> { Set(part.compactMap { slices[$0]?.patient }) }
        let (training, validation, test) = (patients(part.training), patients(part.validation), patients(part.test))
        for (both, names) in [
            (training.intersection(test), validation.isEmpty ? "both train and val" : "both train and test"),
            (training.intersection(validation), "both train and val"),
            (validation.intersection(test), "both val and test"),
        ] where !both.isEmpty {
            throw .sharedPatients(both.sorted(), places: place.map { "both sides of \($0)" } ?? names)
        }
    }

    /// What is worth knowing before training and no reason not to train.
    public func remarks(on parts: [DatasetPart]) -> [String] {
        parts.flatMap { part in
            let present = Set(part.test.compactMap { slices[$0]?.label })
            let place = part.fold.map { "the held-out images of fold \($0)" } ?? "the held-out images"
            return classes.indices.filter { !present.contains($0) }.map {
                "class '\(classes[$0])' has no image in \(place): nothing is measured for it there"
            }
        }
    }

    /// The table's own words for folds, in the order of numbers where they are.
    private func namedFolds() -> [Int: Int] {
        let names = Set(slices.compactMap { $0?.fold })
        let order = names.sorted { (Double($0) ?? .infinity, $0) < (Double($1) ?? .infinity, $1) }
        let numbers = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0 + 1) })
        var fold: [Int: Int] = [:]
        for index in slices.indices { fold[index] = slices[index]?.fold.flatMap { numbers[$0] } }
        return fold
    }

    /// The fold of each of these slices, from 1.
    private func assignedFolds(
        _ count: Int, to all: [Int], seed: UInt64
    ) throws(DatasetError) -> [Int: Int] {
        let labelled = all.compactMap { index in slices[index].map { (index: index, slice: $0) } }
        let patients = labelled.map(\.slice.patient)
        let found = Set(patients).count
        guard found >= count else { throw .tooFewPatients(found: found, folds: count) }
        let split = PatientFolds(patients: patients, labels: labelled.map(\.slice.label), count: count, seed: seed)
        return Dictionary(uniqueKeysWithValues: zip(labelled, split.folds).map { ($0.index, $1 + 1) })
    }
}
