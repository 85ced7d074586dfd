import DICOM
import Imaging

/// A file that says which voxels belong to which region: RTSTRUCT, DICOM SEG or a PNG of labels.
public struct MaskSource: Sendable {
    public enum Format: String, Sendable {
        case rtstruct = "RTSTRUCT"
        case seg = "SEG"
        case png = "PNG"
    }

    public var format: Format
    public var path: String
    public var sopInstanceUID: String
    public var frameOfReferenceUIDs: [String]
    public var referencedSeriesUIDs: [String]
    /// The slices that the file names as those it was drawn on; empty when it names series alone, or nothing.
    public var referencedInstanceUIDs: Set<String> = []
    /// What the file holds, listed without rasterising.
    public var entries: [Entry]
    public var findings: [Finding]
    /// Of the DICOM file that the scan read.
    var stamp: DICOMFile.Stamp?

    /// One ROI, segment or label.
    public struct Entry: Hashable, Sendable {
        public var name: String
        public var label: Int

        public init(name: String, label: Int) {
            (self.name, self.label) = (name, label)
        }

        /// For messages: the number after the name, so that it does not read as a count.
        package var shown: String { name.isEmpty ? "label \(label)" : "'\(name)' (label \(label))" }
    }

    public init(
        format: Format, path: String, sopInstanceUID: String = "", frameOfReferenceUIDs: [String] = [],
        referencedSeriesUIDs: [String] = [], entries: [Entry], findings: [Finding] = []
    ) {
        (self.format, self.path, self.sopInstanceUID) = (format, path, sopInstanceUID)
        (self.frameOfReferenceUIDs, self.referencedSeriesUIDs) = (frameOfReferenceUIDs, referencedSeriesUIDs)
        (self.entries, self.findings) = (entries, findings)
    }
}

/// What became of one entry of a mask on one image.
public enum RegionOutcome: Sendable {
    case region(Region, findings: [Finding])
    case failed(MaskSource.Entry, reason: String)
    /// No region, and none was to be expected: a point, a ROI that nobody drew, a couch outside the image.
    case leftOut(MaskSource.Entry, reason: String)
}
