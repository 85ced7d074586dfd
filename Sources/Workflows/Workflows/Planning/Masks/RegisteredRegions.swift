import Imaging
import Ingestion

/// Which patients have a region of each name of a register, as far as the masks list their regions.
struct RegisteredRegions: Sendable {
    /// Patients in the order in which they came, as a table shows them.
    private var patients: [String] = []
    private var known: Set<String> = []
    private var patientsWith: [String: Set<String>] = [:]
    private var foundNames: Set<String> = []

    /// - Parameters:
    ///   - patient: as the table shows it.
    ///   - masks: of an image of the patient.
    mutating func add(_ patient: String, _ masks: [MaskSource], _ selection: RegionSelection) {
        if known.insert(patient).inserted { patients.append(patient) }
        for entry in masks.lazy.flatMap(\.entries) {
            foundNames.insert(entry.name.isEmpty ? "\(entry.label)" : entry.name)
            if let match = selection.register.match(entry) { patientsWith[match.name, default: []].insert(patient) }
        }
    }

    var isEmpty: Bool { patientsWith.isEmpty }
    var found: [String] { foundNames.sorted() }

    /// A line for each name that some patient is without.
    func lines(_ names: [String]) -> [String] {
        names.compactMap { name in
            let without = patients.filter { patientsWith[name]?.contains($0) != true }.sorted()
            guard !without.isEmpty else { return nil }
            return "no \(name) in \(without.count) of \(patients.count) patient(s): " + without.joined(separator: ", ")
        }
    }
}
