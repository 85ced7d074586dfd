import Imaging
import Ingestion

/// Which images of an archive take part. Empty lists choose all.
public struct ImageSelection: Hashable, Sendable {
    /// `CT`, `MR`, `PT`, `US`, `PNG` …
    public var modalities: [String] = []
    /// Patterns for Body Part Examined, upper and lower case alike.
    public var bodyParts: [String] = []
    /// Patterns for Series Description, or for the name of a PNG; upper and lower case alike.
    public var descriptions: [String] = []
    /// Rows and columns that an image has at least, pixels: smaller ones would be mostly interpolation.
    public var minimumSize = 32

    public init() {}

    /// Why an image takes no part; nil when it does.
    public func refusal(of image: ImageSource) -> String? {
        let identity = image.identity
        let size = image.geometry.size
        if !modalities.isEmpty, !modalities.contains(identity.modality) {
            return "modality \(identity.modality.isEmpty ? "unknown" : identity.modality)"
        }
        if !Self.matches(identity.bodyPart, bodyParts) {
            return "body part \(identity.bodyPart.isEmpty ? "unknown" : "'\(identity.bodyPart)'")"
        }
        if !Self.matches(identity.seriesDescription, descriptions) {
            return "series description '\(identity.seriesDescription)'"
        }
        if min(size.x, size.y) < minimumSize {
            return "\(size.x) x \(size.y) pixels, fewer than \(minimumSize)"
        }
        return nil
    }

    private static func matches(_ text: String, _ patterns: [String]) -> Bool {
        patterns.isEmpty || patterns.contains { Glob($0.lowercased()).matches(text.lowercased()) }
    }
}

/// Whose image a PNG is, for the hold-out: no PNG says so itself.
public enum PNGPatient: String, Hashable, Sendable, CaseIterable {
    /// Every file is a patient of its own.
    case file
    /// The folder that holds it.
    case folder
}

/// How a whole slice is made small.
public enum SliceFit: String, Hashable, Sendable, CaseIterable {
    /// To a square whatever its shape, bilinear: the published pre-training.
    case square
    /// Its shorter side to the square's, its shape kept, bicubic: timm's transform for evaluation, whose middle is looked at.
    case shorterSide = "shorter-side"

    /// Columns and rows of a slice that is made small.
    func size(of slice: SIMD2<Int>, side: Int) -> SIMD2<Int> {
        guard self == .shorterSide else { return SIMD2(side, side) }
        // torchvision's Resize cuts off.
        return slice.x <= slice.y
            ? SIMD2(side, side * slice.y / max(1, slice.x)) : SIMD2(side * slice.x / max(1, slice.y), side)
    }

    var kernel: ResizeKernel { self == .square ? .bilinear : .bicubic }
}

/// Whose image an image is, for the hold-out.
public struct PatientRule: Sendable {
    public var png: PNGPatient
    /// Stands above everything else for the images that it names.
    public var table: PatientTable?

    public init(png: PNGPatient = .file, table: PatientTable? = nil) { (self.png, self.table) = (png, table) }
}

/// Everything that decides the bytes of a cache of prepared slices, in the order in which it applies.
public struct PreparationSettings: Hashable, Sendable {
    public var selection = ImageSelection()
    public var pngPatient = PNGPatient.file
    public var intensity = IntensityMapping.standard
    /// What a prepared slice is: made small, or the picture at its own scale.
    public var scale = ImageScale.resize
    /// With ``ImageScale/resize``: rows and columns of a prepared slice, pixels; the network sees a crop of it. The paper: 256 for
    /// crops of 224.
    public var side = 256
    /// With ``ImageScale/resize``.
    public var fit = SliceFit.square

    public init() {}

    /// The most rows and columns of a slice or of an image that a network sees, pixels.
    public static let largestSide = 8192

    /// 8/7 of the image size, as 256 for 224, at most ``largestSide``.
    public static func usualSide(forImageSize size: Int) -> Int {
        min(largestSide, Int((Double(min(max(size, 1), largestSide)) * 8 / 7).rounded()))
    }

    /// Changes when anything does that changes prepared bytes.
    public var fingerprint: Fingerprint { Fingerprint(of: described) }

    /// One line a setting.
    private var described: String {
        let ranges = intensity.byModality.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return """
            preparation \(Self.revision)
            modalities \(selection.modalities.sorted())
            body parts \(selection.bodyParts.sorted())
            descriptions \(selection.descriptions.sorted())
            minimum size \(selection.minimumSize)
            PNG patient \(pngPatient)
            intensity \(ranges) other=\(intensity.other)
            \(scale == .resize ? "side \(side)" : "scale \(scale.yaml)")
            """ + (scale == .resize && fit != .square ? "\nfit \(fit.rawValue)" : "")
    }

    /// Counted up when the same settings give other bytes.
    private static let revision = 1
}
