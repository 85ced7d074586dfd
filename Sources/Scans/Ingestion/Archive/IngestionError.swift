import DICOM
import Encoding
import PNG

/// Why something from outside is not read. Every case carries what was found and what was expected; the description is
/// a sentence for the user that names the file and ends in what to do.
public enum IngestionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Nothing is at the path.
    case notFound(path: String)
    /// A link whose target is not there.
    case brokenLink(path: String)
    /// A file that is whole and of a kind that is not read.
    case foreign(path: String, FileKind)
    /// It is there and the system refuses to give it.
    case unreadable(path: String, reason: String)
    /// No DICOM, truncated, damaged, or pixels that cannot be used.
    case dicom(DICOMError)
    /// No PNG, truncated, damaged, or too large.
    case png(PNGError)
    /// A NIfTI, NRRD or MetaImage file that is damaged, or not of the kind that is read.
    case volume(path: String, VolumeError)
    /// A mask whose pixels do not say which label each is of.
    case notLabels(path: String, found: String, expected: String)
    /// The scan saw other pixels in the file than loading finds.
    case changed(path: String)
    /// An attribute that the object cannot do without.
    case badAttribute(path: String, name: String, found: String, expected: String)
    /// Slices of one image that do not fit each other.
    case inconsistent(path: String, what: String, found: String, expected: String)
    /// What the scan found to be no image that can be measured; the reason is that finding.
    case notMeasurable(path: String, reason: String)
    /// A PET whose header does not say enough for the standardised uptake value that was asked for.
    case noUptakeValue(path: String, UptakeError)

    public var path: String {
        switch self {
        case .notFound(let path), .brokenLink(let path), .foreign(let path, _), .unreadable(let path, _),
            .changed(let path), .badAttribute(let path, _, _, _),
            .inconsistent(let path, _, _, _), .notMeasurable(let path, _), .noUptakeValue(let path, _),
            .notLabels(let path, _, _), .volume(let path, _):
            path
        case .dicom(let error): error.path ?? "."
        case .png(let error): error.path
        }
    }

    /// The sentence without the path, for a table that has the path in another column.
    public var reason: String {
        switch self {
        case .notFound: "found nothing at this path, expected a file or a folder; check the spelling"
        case .brokenLink:
            "found a link to what is not there; fetch its target (git annex get, dvc pull), or remove the link"
        case .foreign(_, let kind): "found \(kind.name.one), expected \(FileKind.readNames); \(kind.advice)"
        case .unreadable(_, let reason): "cannot be read: \(reason)"
        case .notMeasurable(_, let reason): reason
        case .dicom(let error): error.reason
        case .png(let error): error.reason
        case .volume(_, let error): error.reason
        case .notLabels(_, let found, let expected): "\(found), expected \(expected); save the mask again"
        case .changed: "found other pixels than when the file was scanned, expected the same; start again"
        case .badAttribute(_, let name, let found, let expected):
            "\(name) is \(found.shortened()), expected \(expected); correct the header or leave the file out"
        case .inconsistent(_, let what, let found, let expected):
            "\(what) is \(found.shortened()), expected \(expected) as in the other slices; leave the file out"
        case .noUptakeValue(_, let error): "no SUV: \(error); correct the header or leave out --suv"
        }
    }

    public var description: String { "\(path): \(reason)" }
}
