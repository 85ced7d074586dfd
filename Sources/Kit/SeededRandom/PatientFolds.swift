internal import CXXHash

/// A split of observations into folds that never splits a patient: the one that every command makes.
///
/// The split depends on the patients' names, on how many observations of each class each of them has, on the number of folds
/// and on the seed; not on the order of the observations. So two tables about the same patients are split alike, and a
/// classifier of features and a fine-tuned encoder are judged on the same patients.
///
/// The algorithm is the greedy one of scikit-learn's StratifiedGroupKFold:
/// 1. Patients stand in the order of how uneven their classes are, by the variance of their numbers of observations per class,
///    the most uneven first; without labels in the order of their numbers of observations. A patient of many observations
///    comes while there is still room to make up for it. Among equals the 128-bit fingerprint (XXH3) of `fold SEED NAME`
///    decides, the smaller one first.
/// 2. Each patient goes to the fold after which the folds' shares of every class differ least: the sum of their variances over
///    the classes, each class in shares of its total, is smallest. Among equals (within 10⁻¹², so that rounding does not
///    decide) the fold with fewest observations, then the first.
/// 3. When as many patients are left as there are empty folds, each of them gets one: no fold is empty.
public struct PatientFolds: Hashable, Sendable {
    /// The fold of each observation, from 0.
    public let folds: [Int]
    public let count: Int

    /// - Parameters:
    ///   - patients: the patient of each observation.
    ///   - labels: class of each observation from 0; nil where there are none.
    ///   - count: at least 2; fewer folds come out when there are fewer patients.
    public init(patients: [String], labels: [Int]? = nil, count: Int = 5, seed: UInt64 = 0) {
        precondition(count >= 2, "\(count) folds")
        precondition(labels.map { $0.count == patients.count } ?? true, "\(labels?.count ?? 0) labels")
        let ranked = Self.ranked(patients, labels, seed: seed)
        self.count = max(1, min(count, ranked.count))
        let classes = ranked.first?.tally.count ?? 1
        let totals = (0..<classes).map { label in Double(ranked.reduce(0) { $0 + $1.tally[label] }) }
        var held = [[Int]](repeating: [Int](repeating: 0, count: classes), count: self.count)
        var isEmpty = [Bool](repeating: true, count: self.count)
        var foldOfPatient: [String: Int] = [:]
        for (rank, patient) in ranked.enumerated() {
            let mustFillOne = ranked.count - rank <= isEmpty.count { $0 }
            var best: (rise: Double, size: Int, fold: Int)?
            for fold in held.indices where !mustFillOne || isEmpty[fold] {
                // With h observations of a class in the fold, n of the patient and N in all, the sum of squares of the folds' shares
                // rises by (2 h n + n²) / N², in which only 2 h n differs from fold to fold.
                var rise = 0.0
                for label in 0..<classes where patient.tally[label] > 0 {
                    rise += 2 * Double(held[fold][label] * patient.tally[label]) / (totals[label] * totals[label])
                }
                let size = held[fold].reduce(0, +)
                if let known = best {
                    let isTie = abs(rise - known.rise) <= 1e-12
                    guard isTie ? size < known.size : rise < known.rise else { continue }
                }
                best = (rise, size, fold)
            }
            guard let best else { continue }
            for label in 0..<classes { held[best.fold][label] += patient.tally[label] }
            isEmpty[best.fold] = false
            foldOfPatient[patient.name] = best.fold
        }
        folds = patients.map { foldOfPatient[$0] ?? 0 }
    }

    /// The folds that a table names, in the order of their numbers.
    public init(named names: [String]) {
        let order = Set(names).sorted { (Double($0) ?? .infinity, $0) < (Double($1) ?? .infinity, $1) }
        let numbers = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
        folds = names.map { numbers[$0] ?? 0 }
        count = order.count
    }

    /// Indices of the observations outside a fold, ascending.
    public func training(_ fold: Int) -> [Int] { folds.indices.filter { folds[$0] != fold } }
    /// Indices of the observations in a fold, ascending.
    public func held(_ fold: Int) -> [Int] { folds.indices.filter { folds[$0] == fold } }

    private struct Patient {
        let name: String
        /// Observations per class.
        let tally: [Int]
        /// By whole numbers, so that the order of the classes cannot matter.
        let unevenness: Int
        let fingerprint: (UInt64, UInt64)
    }

    /// Patients in the order in which they are assigned.
    private static func ranked(_ patients: [String], _ labels: [Int]?, seed: UInt64) -> [Patient] {
        let classes = (labels?.max() ?? 0) + 1
        var tallies: [String: [Int]] = [:]
        for (index, patient) in patients.enumerated() {
            tallies[patient, default: [Int](repeating: 0, count: classes)][labels?[index] ?? 0] += 1
        }
        return tallies.map { name, tally in
            let (sum, squares) = (tally.reduce(0, +), tally.reduce(0) { $0 + $1 * $1 })
            return Patient(
                name: name, tally: tally, unevenness: labels == nil ? sum : classes * squares - sum * sum,
                fingerprint: fingerprint("fold \(seed) \(name)"))
        }.sorted {
            $0.unevenness != $1.unevenness ? $0.unevenness > $1.unevenness : $0.fingerprint < $1.fingerprint
        }
    }

    private static func fingerprint(_ text: String) -> (UInt64, UInt64) {
        var text = text
        return text.withUTF8 { bytes in
            let hash = XXH3_128bits(bytes.baseAddress, bytes.count)
            return (hash.high64, hash.low64)
        }
    }
}
