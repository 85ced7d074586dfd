import SeededRandom

/// A split of observations into folds that never splits a patient.
public struct PatientFolds: Hashable, Sendable {
    /// The fold of each observation, from 0.
    public let folds: [Int]
    public let count: Int

    /// Patients in random order, those with more observations first, each into the fold that has fewest observations of the
    /// patient's commonest class (then fewest at all): so that each fold has its share of each class.
    /// - Parameters:
    ///   - labels: class of each observation from 0; nil where there are none.
    ///   - count: at least 2; fewer folds come out when there are fewer patients.
    public init<Name: Hashable>(patients: [Name], labels: [Int]? = nil, count: Int = 5, seed: UInt64 = 0) {
        precondition(count >= 2, "\(count) folds")
        let numbers = patientNumbers(patients)
        let patientCount = (numbers.max() ?? -1) + 1
        let classes = (labels?.max() ?? 0) + 1
        var tallies = [[Int]](repeating: [Int](repeating: 0, count: classes), count: patientCount)
        for (index, patient) in numbers.enumerated() { tallies[patient][labels?[index] ?? 0] += 1 }
        var generator = SeededGenerator(seed: seed)
        let shuffled = generator.permutation(patientCount)
        // The shuffle decides among patients of one size: sorting is stable by the second key.
        let order = shuffled.enumerated().sorted {
            let (a, b) = (tallies[$0.element].reduce(0, +), tallies[$1.element].reduce(0, +))
            return a != b ? a > b : $0.offset < $1.offset
        }.map(\.element)
        self.count = max(1, min(count, patientCount))
        var filled = [[Int]](repeating: [Int](repeating: 0, count: classes), count: self.count)
        var foldOfPatient = [Int](repeating: 0, count: patientCount)
        for patient in order {
            let commonest = tallies[patient].indices.max { tallies[patient][$0] < tallies[patient][$1] } ?? 0
            let fold =
                filled.indices.min { a, b in
                    (filled[a][commonest], filled[a].reduce(0, +), a) < (
                        filled[b][commonest], filled[b].reduce(0, +), b
                    )
                } ?? 0
            foldOfPatient[patient] = fold
            for (label, tally) in tallies[patient].enumerated() { filled[fold][label] += tally }
        }
        folds = numbers.map { foldOfPatient[$0] }
    }

    public func training(_ fold: Int) -> [Int] { folds.indices.filter { folds[$0] != fold } }
    public func held(_ fold: Int) -> [Int] { folds.indices.filter { folds[$0] == fold } }
}
