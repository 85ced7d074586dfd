import Ingestion
import Tables

extension [ImageCase] {
    /// Sorts by patient, study, modality, image and region, as people sort them.
    ///
    /// Pseudonyms stand in the order of the Patient IDs, so that a table is in the same order whatever it shows; with a key they
    /// are put in their own order, since whoever has a list of the IDs could read from that of the IDs which is whose.
    mutating func putInOrder(_ disclosure: IdentityDisclosure) {
        self = sorted(stablyBy: { CaseOrder($0, disclosure) })
    }
}

extension CaseOrder {
    fileprivate init(_ item: ImageCase, _ disclosure: IdentityDisclosure) {
        let identity = item.identity
        let patient =
            switch disclosure {
            case .full, .pseudonym: identity.patientID
            case .keyedPseudonym: identity.patient(disclosure)
            }
        self.init(RowIdentity(item, identity, nil, disclosure), patient: patient, regions: item.regionNames)
    }
}

extension ImageCase {
    /// What tells cases of one image apart: rows of a manifest, masks without their image.
    var regionNames: [String] {
        switch work {
        case .regions(_, let masks, let selection):
            selection.names.sorted() + selection.labels.sorted().map(String.init) + masks.map(\.path)
        case .wholeImage: []
        case .failed(_, let entry, let reason): [entry?.name ?? "", entry.map { "\($0.label)" } ?? "", reason]
        }
    }
}
