import Encoding
import Files

/// Why a NIfTI, NRRD or MetaImage file is not read.
public enum VolumeError: Error, Hashable, Sendable {
    /// The first bytes are those of something else.
    case otherFormat(found: String, expected: String)
    /// A field of the header.
    case badField(name: String, found: String, expected: String)
    /// More than one number a voxel, or more than one volume where one is wanted.
    case notOneValue(found: String, advice: String)
    /// Axes that are not perpendicular.
    case sheared(axes: String, degrees: Double, allowed: Double)
    /// The file of the voxels, which the header names.
    case noVoxelFile(name: String)
    /// Bytes of voxels, in the file or in what it unpacks to.
    case tooShort(found: Int, expected: Int)
    /// More voxels than a compressed file of this size can hold.
    case promisesTooMuch(fileSize: Int, expected: Int)
    /// A compressed stream that contradicts itself, or text that is no number.
    case damaged(found: String, expected: String)
    /// The system does not give the file.
    case refused(reason: String)
    case noMemory

    /// The sentence without the file.
    public var reason: String {
        switch self {
        case .otherFormat(let found, let expected):
            "found \(found), expected \(expected); convert the file again, or rename it as what it is"
        case .badField(let name, let found, let expected):
            "\(name) is \(found.printable.shortened(to: 80)), expected \(expected); correct the header or convert the file again"
        case .notOneValue(let found, let advice): "found \(found), expected one number a voxel; \(advice)"
        case .sheared(let axes, let degrees, let allowed):
            "the axes \(axes) are \(shortest(degrees))° away from perpendicular, expected at most \(shortest(allowed))°: no grid of "
                + "right angles; resample the image to one (with its mask), or give the DICOM that it was made of"
        case .noVoxelFile(let name):
            "found no \(name.printable.shortened(to: 80)) beside the header, expected the voxels there; copy both files"
        case .tooShort(let found, let expected):
            "found \(found) bytes of voxels, expected \(expected): the file is cut off; copy or convert it again"
        case .promisesTooMuch(let fileSize, let expected):
            "the header promises \(expected) bytes of voxels, expected no more than a compressed file of \(fileSize) bytes can hold; "
                + "copy or convert it again"
        case .damaged(let found, let expected): "\(found), expected \(expected); copy or convert the file again"
        case .refused(let reason): reason
        case .noMemory:
            "there is not enough memory to unpack the file; raise the limit (ulimit -v), or take fewer --jobs"
        }
    }

    init(_ error: FileReadingError) { self = .refused(reason: error.reason) }
    init(_ error: SystemError) { self = .refused(reason: "cannot be read: \(error)") }
}
