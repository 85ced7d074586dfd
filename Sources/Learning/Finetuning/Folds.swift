import Imaging

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

    /// Whole patients to folds from 1, so that each fold has nearly its share of every class: patients in the order of how
    /// uneven their classes are (ties by a hash with the seed), each to the fold that leaves the shares of the classes
    /// closest together, then to the smallest one.
    func assignedFolds(_ folds: Int, seed: UInt64) throws(DatasetError) -> [Int: Int] {
        var counts: [String: [Double]] = [:]
        var totals = [Double](repeating: 0, count: classes.count)
        for case let slice? in slices {
            counts[slice.patient, default: [Double](repeating: 0, count: classes.count)][slice.label] += 1
            totals[slice.label] += 1
        }
        guard counts.count >= folds else { throw .tooFewPatients(found: counts.count, folds: folds) }
        func spread(_ values: [Double]) -> Double {
            let mean = values.reduce(0, +) / Double(values.count)
            return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        }
        let ranked = counts.map { (spread($0.value), Fingerprint(of: "fold \(seed) \($0.key)").description, $0.key) }
            .sorted { ($1.0, $0.1) < ($0.0, $1.1) }
        var held = [[Double]](repeating: [Double](repeating: 0, count: classes.count), count: folds)
        var patients = [Int](repeating: 0, count: folds)
        var chosen: [String: Int] = [:]
        for (place, (_, _, patient)) in ranked.enumerated() {
            let own = counts[patient] ?? []
            let left = ranked.count - place
            let empty = patients.count { $0 == 0 }
            var best: (cost: Double, size: Double, fold: Int)?
            // As many patients as there are empty folds: one each.
            for fold in 0..<folds where left > empty || patients[fold] == 0 {
                var cost = 0.0
                for label in classes.indices where totals[label] > 0 {
                    cost += spread(
                        (0..<folds).map { (held[$0][label] + ($0 == fold ? own[label] : 0)) / totals[label] })
                }
                let size = held[fold].reduce(0, +)
                guard let known = best else {
                    best = (cost, size, fold)
                    continue
                }
                // Rounding must not decide.
                let isTie = abs(cost - known.cost) <= 1e-12
                if isTie ? size < known.size : cost < known.cost { best = (cost, size, fold) }
            }
            guard let best else { continue }
            for label in classes.indices { held[best.fold][label] += own[label] }
            patients[best.fold] += 1
            chosen[patient] = best.fold + 1
        }
        var fold: [Int: Int] = [:]
        for index in slices.indices { fold[index] = slices[index].flatMap { chosen[$0.patient] } }
        return fold
    }
}
