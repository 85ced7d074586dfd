/// Why something from outside is not read. Every case carries what was found and what was expected; the description is
/// a sentence for the user that names the file and ends in what to do.
public enum IngestionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Nothing is at the path.
    case notFound(path: String)
    /// It is there and the system refuses to give it.
    case unreadable(path: String, reason: String)
    /// No DICOM, truncated, or damaged; `found` says which, with sizes.
    case notDICOM(path: String, found: String)
    /// The header contradicts itself or its bytes, or a coding that is not supported.
    case badPixels(path: String, found: String)
    /// No PNG, truncated, or damaged.
    case notPNG(path: String, found: String)
    /// An attribute that the object cannot do without.
    case badAttribute(path: String, name: String, found: String, expected: String)
    /// Slices of one image that do not fit each other.
    case inconsistent(path: String, what: String, found: String, expected: String)
    /// A PET whose header does not say enough for the standardised uptake value that was asked for.
    case noUptakeValue(path: String, UptakeError)

    public var path: String {
        switch self {
        case .notFound(let path), .unreadable(let path, _), .notDICOM(let path, _), .badPixels(let path, _),
            .notPNG(let path, _), .badAttribute(let path, _, _, _), .inconsistent(let path, _, _, _),
            .noUptakeValue(let path, _):
            path
        }
    }

    /// The sentence without the path, for a table that has the path in another column.
    public var reason: String {
        switch self {
        case .notFound: "found nothing at this path, expected a file or a folder; check the spelling"
        case .unreadable(_, let reason): "cannot be read (\(reason)); check the permissions"
        case .notDICOM(_, let found): "\(found); export the file again or leave it out"
        case .badPixels(_, let found): "pixels cannot be used: \(found); export the file again, uncompressed if need be"
        case .notPNG(_, let found): "\(found), expected a whole PNG; save the file again or leave it out"
        case .badAttribute(_, let name, let found, let expected):
            "\(name) is \(found), expected \(expected); correct the header or leave the file out"
        case .inconsistent(_, let what, let found, let expected):
            "\(what) is \(found), expected \(expected) as in the other slices; leave the file out"
        case .noUptakeValue(_, let error): "no SUV: \(error); correct the header or leave out --suv"
        }
    }

    public var description: String { "\(path): \(reason)" }
}
