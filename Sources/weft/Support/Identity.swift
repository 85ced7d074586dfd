import ArgumentParser
import Foundation
import Imaging
import Ingestion

/// How much of the patient's identity goes into what weft writes.
enum IdentityDisclosure: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// Case, study and series identifiers; the patient under a pseudonym that joins tables.
    case pseudonym
    /// The Patient ID as the files have it.
    case full

    /// A path as it may stand in a table: where the user's data lie on this machine is nobody else's business.
    func shown(_ path: String) -> String {
        guard self == .pseudonym, path.hasPrefix("/") else { return path }
        return path.split(separator: "/").last.map(String.init) ?? path
    }
}

extension ImageIdentity {
    func patient(_ disclosure: IdentityDisclosure) -> String {
        guard !patientID.isEmpty else { return "" }
        switch disclosure {
        case .full: return patientID
        case .pseudonym: return "P-" + Fingerprint(of: "patient \(patientID)").description.prefix(12)
        }
    }
}

/// Names for images that are the same in every run: made of identifiers of the files, not of where they lie.
struct CaseNames {
    /// Series that hold more than one image, which takes more to tell them apart.
    private let sharedSeries: Set<String>

    init(_ images: [ImageSource]) {
        let counts = Dictionary(grouping: images.map(\.identity.seriesUID), by: { $0 }).mapValues(\.count)
        sharedSeries = Set(counts.filter { $0.value > 1 }.keys)
    }

    /// `CT-1f3a90b2c4` for DICOM; the path within the input for a PNG, `liver/case7`.
    func name(of image: ImageSource, under root: String) -> String {
        guard image.format == .dicom else {
            let path = InputPath.relative(image.path, to: root)
            return path.lowercased().hasSuffix(".png") ? String(path.dropLast(4)) : path
        }
        let series = image.identity.seriesUID
        let first = image.slices.first
        let isAlone = !series.isEmpty && !sharedSeries.contains(series)
        let key = isAlone ? series : "\(series) \(first?.sopInstanceUID ?? image.path) \(first?.frame ?? 0)"
        let modality = image.identity.modality.isEmpty ? "image" : image.identity.modality
        return "\(modality)-\(Fingerprint(of: key).description.prefix(10))"
    }
}

enum InputPath {
    static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }

    /// `path` as seen from the folder `root`; its last component when `root` is the path itself.
    static func relative(_ path: String, to root: String) -> String {
        let (parts, above) = (components(path), components(root))
        guard parts.starts(with: above), parts.count > above.count else { return parts.last.map(String.init) ?? path }
        return parts[above.count...].joined(separator: "/")
    }

    /// The longest of the inputs that a path lies under.
    static func root(of path: String, among inputs: [String]) -> String {
        let parts = components(path)
        return inputs.filter { parts.starts(with: components($0)) }.max { $0.count < $1.count } ?? path
    }

    private static func components(_ path: String) -> [Substring] {
        path.split(separator: "/").filter { $0 != "." }
    }
}
