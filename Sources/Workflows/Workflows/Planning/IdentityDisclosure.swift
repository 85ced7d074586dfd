import Imaging
import Ingestion

/// How much of the patient's identity goes into what weft writes.
public enum IdentityDisclosure: Hashable, Sendable {
    /// Case, study and series identifiers; the patient under a pseudonym that joins tables.
    case pseudonym
    /// The same with a pseudonym that only who has the key can make.
    case keyedPseudonym(PseudonymKey)
    /// The Patient ID as the files have it.
    case full

    var isFull: Bool { self == .full }

    /// A path as it may stand in a table: where the user's data lie on this machine is nobody else's business.
    package func shown(_ path: String) -> String {
        guard self != .full, path.hasPrefix("/") else { return path }
        return path.split(separator: "/").last.map(String.init) ?? path
    }
}

extension ImageIdentity {
    /// The patient as a table shows it; empty when the files name none.
    package func patient(_ disclosure: IdentityDisclosure) -> String {
        guard !patientID.isEmpty else { return "" }
        switch disclosure {
        case .full: return patientID
        case .pseudonym: return "P-" + Fingerprint(of: "patient \(patientID)").description.prefix(12)
        case .keyedPseudonym(let key): return "P-" + key.digits(of: patientID)
        }
    }
}
