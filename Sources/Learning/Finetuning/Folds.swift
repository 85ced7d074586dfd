import SeededRandom

/// What one run trains on and what it is measured with: numbers of slices in the store.
public struct DatasetPart: Hashable, Sendable {
    /// From 1; nil when the dataset comes with one split.
    public var fold: Int?
    public var training: [Int]
    public var validation: [Int]
}

/// Whether patients may be on both sides.
public enum SharedPatients: String, CaseIterable, Hashable, Sendable { case refuse, allow }

extension LabelledDataset {
    /// The parts of a run: the split that the dataset has, the folds that it names, or `folds` of our own making.
    /// - Throws: ``DatasetError`` when one of them could not be trained or would measure nothing.
    public func parts(folds: Int, seed: UInt64, shared: SharedPatients, path: String) throws(DatasetError)
        -> [DatasetPart]
    {
        let all = slices(of: nil)
        guard !all.isEmpty else { throw .empty(place: path, unusable: unusable.count) }
        var parts: [DatasetPart] = []
        if folds > 0 || (hasFolds && !hasSplit) {
            let fold = folds > 0 ? try assignedFolds(folds, seed: seed) : namedFolds()
            for number in Set(fold.values).sorted() {
                parts.append(
                    DatasetPart(
                        fold: number, training: all.filter { fold[$0] != number && fold[$0] != nil },
                        validation: all.filter { fold[$0] == number }))
            }
        } else {
            guard hasSplit else { throw .noSplit(path: path) }
            parts = [DatasetPart(fold: nil, training: slices(of: .train), validation: slices(of: .val))]
        }
        for part in parts { try check(part, shared: shared) }
        return parts
    }

    private func check(_ part: DatasetPart, shared: SharedPatients) throws(DatasetError) {
        let place = part.fold.map { "fold \($0)" }
        guard !part.training.isEmpty else {
            throw .empty(place: place.map { "the training images of \($0)" } ?? "train", unusable: unusable.count)
        }
        guard !part.validation.isEmpty else {
            throw .empty(place: place.map { "the held-out images of \($0)" } ?? "val", unusable: unusable.count)
        }
        let trained = Set(part.training.compactMap { slices[$0]?.label })
        if let lacking = classes.indices.first(where: { !trained.contains($0) }) {
            throw .classLacks(name: classes[lacking], place: place.map { "the training images of \($0)" } ?? "train")
        }
        guard shared == .refuse else { return }
        let both = Set(part.training.compactMap { slices[$0]?.patient })
            .intersection(part.validation.compactMap { slices[$0]?.patient })
        guard both.isEmpty else {
            throw .sharedPatients(both.sorted(), places: place.map { "both sides of \($0)" } ?? "both train and val")
        }
    }

    /// What is worth knowing before training and no reason not to train.
    public func remarks(on parts: [DatasetPart]) -> [String] {
        parts.flatMap { part in
            let present = Set(part.validation.compactMap { slices[$0]?.label })
            let place = part.fold.map { "the held-out images of fold \($0)" } ?? "val"
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

    /// The fold of each labelled slice, from 1.
    private func assignedFolds(_ count: Int, seed: UInt64) throws(DatasetError) -> [Int: Int] {
        let labelled = slices.enumerated().compactMap { index, slice in slice.map { (index: index, slice: $0) } }
        let patients = labelled.map(\.slice.patient)
        let found = Set(patients).count
        guard found >= count else { throw .tooFewPatients(found: found, folds: count) }
        let split = PatientFolds(patients: patients, labels: labelled.map(\.slice.label), count: count, seed: seed)
        return Dictionary(uniqueKeysWithValues: zip(labelled, split.folds).map { ($0.index, $1 + 1) })
    }
}
