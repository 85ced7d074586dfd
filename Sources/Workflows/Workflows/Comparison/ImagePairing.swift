import Evaluation
import Files
import Ingestion

/// Which image of the first side belongs to which of the second.
///
/// One image on each side belong together whatever they are called. Else the path within the input decides, without its
/// suffix; then, for what is left of DICOM, patient with modality and description of the series, then patient with
/// modality; each only where it names one image on both sides.
struct ImagePairing {
    struct Pair: Sendable {
        var name: String
        var images: [ImageSource]
        /// As the result may show them.
        var shown: [String]
        var patient: String
        var findings: [Finding]

        /// `CT`; of two different ones `CT and PT`.
        var modality: String {
            let modalities = images.map(\.identity.modality)
            return modalities[0] == modalities[1] ? modalities[0] : modalities.joined(separator: " and ")
        }
    }

    private(set) var pairs: [Pair] = []
    private(set) var notes: [String] = []
    let isSingle: Bool
    /// By side: names, and why they have no partner where it is not that there is none.
    private var left: [[(name: String, reason: String?)]] = [[], []]

    init(_ sides: [ComparedSide], _ identity: IdentityDisclosure) {
        isSingle = sides.allSatisfy { $0.images.count == 1 }
        let names = sides.map { side in
            let names = CaseNames(side.images)
            return side.images.map { names.name(of: $0, under: side.path) }
        }
        var open = sides.map { Array($0.images.indices) }
        func add(_ a: Int, _ b: Int) {
            let images = [sides[0].images[a], sides[1].images[b]]
            let shown = zip(sides, images).map { InputPath.relative($1.path, to: $0.path) }
            let patients = images.map { $0.identity.patient(identity) }
            var findings: [Finding] = []
            if !patients[0].isEmpty, !patients[1].isEmpty, patients[0] != patients[1] {
                findings.append(
                    Finding(.warning, "the two are of different patients: \(patients[0]) and \(patients[1])"))
            }
            pairs.append(
                Pair(
                    name: names[0][a], images: images, shown: shown,
                    patient: patients[0] == patients[1] ? patients[0] : "", findings: findings))
            open[0].removeAll { $0 == a }
            open[1].removeAll { $0 == b }
        }
        if isSingle {
            add(0, 0)
            return
        }
        for key in Key.allCases {
            let places = open.indices.map { side in
                Dictionary(
                    grouping: open[side].compactMap { place in
                        key.text(of: sides[side].images[place], under: sides[side].path).map { ($0, place) }
                    }, by: \.0
                ).mapValues { $0.map(\.1) }
            }
            let shared = places[0].keys.filter { places[0][$0]?.count == 1 && places[1][$0]?.count == 1 }.sorted()
            for text in shared { if let a = places[0][text]?.first, let b = places[1][text]?.first { add(a, b) } }
            if !shared.isEmpty, let words = key.words {
                notes.append("\(shared.count) pair\(shared.count == 1 ? "" : "s") found by \(words), not by name")
            }
        }
        pairs.sort { $0.name < $1.name }
        for side in open.indices {
            left[side] = open[side].map { place in
                let image = sides[side].images[place]
                let rivals = sides[1 - side].images.count { other in
                    open[1 - side].contains { sides[1 - side].images[$0].path == other.path }
                        && !image.identity.patientID.isEmpty && other.identity.patientID == image.identity.patientID
                }
                let reason =
                    rivals > 0
                    ? "\(rivals) image\(rivals == 1 ? "" : "s") of its patient could be its partner in" : nil
                return (names[side][place], reason)
            }.sorted { $0.0 < $1.0 }
        }
    }

    /// The images that have no partner, named.
    /// - Parameter titles: of the two sides.
    func unpaired(_ titles: [String]) -> [ComparedImages.Failure] {
        left.indices.flatMap { side in
            left[side].map { name, reason in
                ComparedImages.Failure(
                    name,
                    reason: "\(titles[side]) alone has it: "
                        + (reason.map { "\($0) \(titles[1 - side]), name the two one by one" }
                            ?? "\(titles[1 - side]) has no image of its name, nor one of its patient and modality"))
            }
        }
    }

    /// What two images may have in common, the surest first.
    private enum Key: CaseIterable {
        case path, description, modality

        func text(of image: ImageSource, under root: String) -> String? {
            let identity = image.identity
            switch self {
            case .path:
                let path = InputPath.relative(image.path, to: root)
                return [".png", ".dcm"].contains { path.lowercased().hasSuffix($0) } ? String(path.dropLast(4)) : path
            case .description:
                guard !identity.patientID.isEmpty, !identity.seriesDescription.isEmpty else { return nil }
                return [identity.patientID, identity.modality, identity.seriesDescription].joined(separator: "\n")
            case .modality:
                guard !identity.patientID.isEmpty, !identity.modality.isEmpty else { return nil }
                return [identity.patientID, identity.modality].joined(separator: "\n")
            }
        }

        var words: String? {
            switch self {
            case .path: nil
            case .description: "patient, modality and description of the series"
            case .modality: "patient and modality"
            }
        }
    }
}
