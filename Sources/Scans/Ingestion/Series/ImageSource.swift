import Imaging

/// An image that can be loaded: a stack of DICOM slices, the frames of one DICOM object, a volume of a NIfTI, NRRD or MetaImage
/// file, or a PNG.
public struct ImageSource: Sendable {
    public enum Format: String, Sendable { case dicom, png, nifti, nrrd, metaImage }

    public var format: Format
    public var identity: ImageIdentity
    /// The folder (several files) or the file that holds the image, as the user would find it.
    public var path: String
    public var geometry: Geometry
    /// In order along the normal; one for a PNG.
    public var slices: [Slice]
    /// UID of the transfer syntax; empty for a PNG.
    public var transferSyntax: String
    /// What was noticed while the slices were put in order.
    public var findings: [Finding]
    /// Slice numbers k after which a slice is missing (the step to k + 1 is longer than the spacing).
    public var gapsAfter: [Int]
    /// Slice numbers k after which the step to k + 1 is no multiple of the spacing and differs from it by more than a tenth.
    public var unevenAfter: [Int] = []
    /// Whether the file says where the image lies; without that, contours in mm cannot be drawn on it.
    public var patientPosition: PatientPosition
    /// What the slice number counts.
    public var thirdAxis: ThirdAxis

    /// In what the geometry's spacing is.
    public var lengths = LengthUnit.millimetre
    /// Of one slice: whether the file says how thick it is, which its volume hangs on.
    public var thickness = Thickness.stated
    /// How many volumes the file holds, each an image.
    public internal(set) var volumeCount = 1
    /// Files beside `path` that hold its voxels.
    var furtherPaths: [String] = []

    public enum PatientPosition: Sendable { case stated, absent }

    public enum Thickness: Sendable { case stated, assumed }

    public enum ThirdAxis: Sendable {
        /// Slices side by side, with a distance in mm; also a single slice.
        case space
        /// Frames of a loop or a list, with no distance between them: features over three axes mean nothing.
        case frames
    }

    /// One plane of the volume.
    public struct Slice: Hashable, Sendable {
        public var path: String
        /// From 0.
        public var frame: Int
        public var sopInstanceUID: String
        /// Centre of the first pixel, mm.
        public var position: SIMD3<Double>
        /// How the series counts it: the frame from 1 of an object with several, else Instance Number; nil where no file says.
        public var number: Int?
        /// What the scan read of the file's pixels; nil for a PNG, and for a slice that no scan has seen.
        let pixels: PixelHeader?

        public init(path: String, frame: Int, sopInstanceUID: String, position: SIMD3<Double>) {
            self.init(path: path, frame: frame, sopInstanceUID: sopInstanceUID, position: position, pixels: nil)
        }

        init(path: String, frame: Int, sopInstanceUID: String, position: SIMD3<Double>, pixels: PixelHeader?) {
            (self.path, self.frame, self.sopInstanceUID, self.position) = (path, frame, sopInstanceUID, position)
            self.pixels = pixels
        }
    }

    public init(
        format: Format, identity: ImageIdentity, path: String, geometry: Geometry, slices: [Slice],
        transferSyntax: String = "", findings: [Finding] = [], gapsAfter: [Int] = [],
        patientPosition: PatientPosition = .stated, thirdAxis: ThirdAxis = .space
    ) {
        (self.patientPosition, self.thirdAxis) = (patientPosition, thirdAxis)
        (self.format, self.identity, self.path, self.geometry) = (format, identity, path, geometry)
        (self.slices, self.transferSyntax, self.findings, self.gapsAfter) = (
            slices, transferSyntax, findings, gapsAfter
        )
    }
}

/// Whose image it is and where it belongs. Empty strings where a file does not say.
public struct ImageIdentity: Hashable, Sendable {
    public var patientID = ""
    public var patientName = ""
    public var studyUID = ""
    public var studyDescription = ""
    public var seriesUID = ""
    public var seriesDescription = ""
    public var seriesNumber = ""
    /// CT, MR, PT, US … ; the format, e.g. "PNG" or "NIfTI", where the file does not say it.
    public var modality = ""
    public var bodyPart = ""
    public var frameOfReferenceUID = ""
    public var manufacturer = ""

    public init() {}
}
