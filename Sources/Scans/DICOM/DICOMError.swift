import CDICOM

/// Why a file cannot be used as DICOM. Every case says what was found; the description is a sentence for the user that
/// names the file and ends in what to do.
public enum DICOMError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No DICOM, truncated, or damaged; `found` says which, with sizes, and what was expected.
    case notDICOM(path: String, found: String)
    /// The header contradicts itself or its bytes, or a coding that is not supported; `found` says what was expected.
    case badPixels(path: String, found: String)
    /// Memory ran out while the file was read; nothing is known of the file then.
    case outOfMemory(path: String, found: String)
    /// DCMTK cannot work on this machine, e.g. without its dictionary.
    case notReady(reason: String)

    /// The file; nil when it is not the file's fault.
    public var path: String? {
        switch self {
        case .notDICOM(let path, _), .badPixels(let path, _), .outOfMemory(let path, _): path
        case .notReady: nil
        }
    }

    /// The sentence without the path, for a table that has the path in another column.
    public var reason: String {
        switch self {
        case .notDICOM(_, let found): "\(found); export the file again or leave it out"
        case .badPixels(_, let found): "pixels cannot be used: \(found); export the file again, uncompressed if need be"
        case .outOfMemory(_, let found): found
        case .notReady(let reason): "DICOM cannot be read: \(reason)"
        }
    }

    public var description: String { path.map { "\($0): \(reason)" } ?? reason }
}

extension CDicomError {
    /// As Swift's: `fault` says what it means where memory did not run out.
    func error(_ path: String, or fault: (_ path: String, _ found: String) -> DICOMError) -> DICOMError {
        outOfMemory ? .outOfMemory(path: path, found: sentence) : fault(path, sentence)
    }
}
