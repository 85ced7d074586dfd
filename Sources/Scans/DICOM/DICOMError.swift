/// Why a file cannot be used as DICOM. Every case carries the path and what was found, in words for the user.
public enum DICOMError: Error, Hashable, Sendable {
    /// No DICOM, truncated, or damaged; `found` says which, with sizes.
    case notDICOM(path: String, found: String)
    /// The header contradicts itself or its bytes, or a coding that is not supported.
    case badPixels(path: String, found: String)
    /// DCMTK cannot work on this machine, e.g. without its dictionary.
    case notReady(reason: String)
}
