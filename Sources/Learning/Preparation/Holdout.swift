import Imaging

/// Which slices train and which only measure: whole patients are held out, so that no patient is on both sides.
public struct Holdout: Hashable, Sendable {
    /// Numbers of slices in the store, ascending.
    public let training: [Int]
    public let validation: [Int]
    public let trainingPatients: Int
    public let validationPatients: Int

    /// Holds out the patients whose fingerprint, mixed with the seed, is smallest: `share` of them, rounded, and at least
    /// one where there are two. `share` 0 holds out none.
    public init(_ store: SliceStore, share: Double, seed: UInt64) {
        self.init(patients: store.seriesOfSlice.map { store.contents.series[$0].patient }, share: share, seed: seed)
    }

    /// - Parameter patients: of every slice.
    public init(patients: [String], share: Double, seed: UInt64) {
        precondition((0..<1).contains(share), "a share of \(share) held out")
        let names = Set(patients)
        let ranked = names.map { (Fingerprint(of: "hold-out \(seed) \($0)").description, $0) }.sorted { $0 < $1 }
        let wanted = Int((share * Double(names.count)).rounded())
        let count = share > 0 && names.count > 1 ? min(max(1, wanted), names.count - 1) : 0
        let held = Set(ranked.prefix(count).map(\.1))
        training = patients.indices.filter { !held.contains(patients[$0]) }
        validation = patients.indices.filter { held.contains(patients[$0]) }
        (trainingPatients, validationPatients) = (names.count - count, count)
    }
}
