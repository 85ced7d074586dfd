import DICOM
import Imaging

/// What the header says about one plane of pixels: a classic slice, or one frame of a multi-frame object.
///
/// Plain values, so that putting slices in order (``SliceStack``) can be tested without files.
public struct SliceHeader: Hashable, Sendable {
    public var path: String
    /// From 0.
    public var frame: Int
    /// Number of frames in the file.
    public var frameCount: Int
    public var sopInstanceUID: String
    public var instanceNumber: Int?
    public var identity: ImageIdentity
    public var columns: Int
    public var rows: Int
    /// Between columns (x) and between rows (y), mm.
    public var pixelSpacing: SIMD2<Double>
    /// In what `pixelSpacing` is.
    var lengths = LengthUnit.millimetre
    /// Nil when the header does not say where the slice lies.
    public var plane: Plane?
    /// Spacing Between Slices, else Slice Thickness, mm; for a stack that has no steps of its own.
    public var sliceSpacing: Double?
    public var isLocaliser: Bool
    /// Values of the attributes that tell apart several images at the same positions, in ``Separator`` order.
    public var separators: [Separator: String]
    public var transferSyntax: String
    /// Decisions taken while the header was read.
    public var notes: [String]
    /// The larger object that the file is a part of (PS3.3 C.7.6.16.2.2.4); nil for one that is whole.
    public var concatenation: Concatenation?
    /// What somebody should look at, found while the header was read.
    var warnings: [String] = []
    /// Why the pixels are no slice of a volume; nil when they are one.
    var refusal: String?
    /// What loading needs to know of the pixels; nil in a header that was not read from a file.
    var pixels: PixelHeader?

    /// One of several files that hold one object's frames.
    public struct Concatenation: Hashable, Sendable {
        public var uid: String
        /// From 1.
        public var part: Int?
        public var partCount: Int?

        public init(uid: String, part: Int? = nil, partCount: Int? = nil) {
            (self.uid, self.part, self.partCount) = (uid, part, partCount)
        }

        /// Nil for an object that one file holds whole.
        init?(_ file: DICOMFile) {
            guard let uid = file.string(.concatenationUID) else { return nil }
            self.init(
                uid: uid, part: file.integer(.inConcatenationNumber),
                partCount: file.integer(.inConcatenationTotalNumber))
        }

        /// What is wrong with the parts that there are of the `object` named; nil when none is missing, or nobody can tell.
        static func reasonForBeingIncomplete(_ parts: [Concatenation], _ object: String) -> String? {
            let numbers = Set(parts.compactMap(\.part))
            // The total is optional: without it a number that is skipped tells.
            let stated = parts.compactMap(\.partCount).max()
            guard let last = numbers.max() else { return nil }
            let count = max(stated ?? last, last)
            guard numbers.count < count else { return nil }
            return
                "the \(object) was stored in \(stated == nil ? "at least " : "")\(count) files (a concatenation), of which \(count - numbers.count) are not there:"
                + " its frames are missing"
        }
    }

    /// Image Position (Patient) and Image Orientation (Patient), PS3.3 C.7.6.2.
    public struct Plane: Hashable, Sendable {
        /// Centre of the first pixel, mm.
        public var position: SIMD3<Double>
        /// Unit vector along which the column index grows.
        public var row: SIMD3<Double>
        /// Unit vector along which the row index grows.
        public var column: SIMD3<Double>

        public init(position: SIMD3<Double>, row: SIMD3<Double>, column: SIMD3<Double>) {
            (self.position, self.row, self.column) = (position, row, column)
        }

        public var normal: SIMD3<Double> { cross(row, column) }
    }

    /// Attributes by which one series holds several volumes, most telling first.
    public enum Separator: String, Sendable, CaseIterable {
        case diffusionBValue = "Diffusion b-value"
        case diffusionDirection = "Diffusion Gradient Orientation"
        case inversionTime = "Inversion Time"
        case echoNumber = "Echo Numbers"
        case echoTime = "Echo Time"
        case repetitionTime = "Repetition Time"
        case flipAngle = "Flip Angle"
        case velocityEncoding = "Velocity Encoding Direction"
        case kilovoltage = "KVP"
        case convolutionKernel = "Convolution Kernel"
        case contrastAgent = "Contrast/Bolus Agent"
        case temporalPosition = "Temporal Position"
        case cardiacPhase = "Cardiac Phase"
        case respiratoryPhase = "Respiratory Phase"
        case triggerTime = "Trigger Time"
        case frameReferenceTime = "Frame Reference Time"
        case acquisitionNumber = "Acquisition Number"
        case stackID = "Stack ID"
        case complexComponent = "Complex Image Component"
        case imageType = "Image Type"
        case sequenceName = "Sequence Name"
        case dimensionIndex = "Dimension Index Values"
        case acquisitionTime = "Acquisition Time"
        case acquisitionDateTime = "Acquisition DateTime"
        case contentTime = "Content Time"

        /// Moments, which drift from one position to the next (with the heartbeat, say) so that the slices of a volume need not
        /// share one: at each position they are in the order of the volumes all the same.
        var isMoment: Bool {
            switch self {
            case .triggerTime, .frameReferenceTime, .acquisitionTime, .acquisitionDateTime, .contentTime: true
            default: false
            }
        }

        /// What another picture of the same place differs in, so that slices which differ in it are never one volume.
        var isOfContrast: Bool {
            switch self {
            case .diffusionBValue, .diffusionDirection, .inversionTime, .echoNumber, .echoTime, .flipAngle,
                .velocityEncoding,
                .kilovoltage, .convolutionKernel, .temporalPosition, .cardiacPhase, .respiratoryPhase,
                .complexComponent:
                true
            default: false
            }
        }
    }

    /// Where the slice stands in the order of its writer: the frame of a multi-frame object, through the parts of a
    /// concatenation, else Instance Number.
    var writtenOrder: Int? {
        if let part = concatenation?.part, (1...65_536).contains(part) { return part << 32 + frame }
        return frameCount > 1 ? frame : instanceNumber
    }

    public init(
        path: String, frame: Int = 0, frameCount: Int = 1, sopInstanceUID: String, instanceNumber: Int? = nil,
        identity: ImageIdentity, columns: Int, rows: Int, pixelSpacing: SIMD2<Double>, plane: Plane?,
        sliceSpacing: Double? = nil, isLocaliser: Bool = false, separators: [Separator: String] = [:],
        transferSyntax: String = "", notes: [String] = []
    ) {
        self.path = path
        self.frame = frame
        self.frameCount = frameCount
        self.sopInstanceUID = sopInstanceUID
        self.instanceNumber = instanceNumber
        self.identity = identity
        self.columns = columns
        self.rows = rows
        self.pixelSpacing = pixelSpacing
        self.plane = plane
        self.sliceSpacing = sliceSpacing
        self.isLocaliser = isLocaliser
        self.separators = separators
        self.transferSyntax = transferSyntax
        self.notes = notes
    }
}
