import DICOM
import Imaging

/// A file that says which voxels belong to which region: RTSTRUCT, DICOM SEG, or labels in NIfTI, NRRD, MetaImage or PNG.
public struct MaskSource: Sendable {
    public enum Format: String, CaseIterable, Sendable {
        case rtstruct = "RTSTRUCT"
        case seg = "SEG"
        case nifti = "NIfTI"
        case nrrd = "NRRD"
        case metaImage = "MetaImage"
        case png = "PNG"

        /// Of the objects that hold regions (PS3.4 B.5).
        init?(sopClassUID: String) {
            switch sopClassUID {
            case "1.2.840.10008.5.1.4.1.1.481.3": self = .rtstruct
            // Segmentation and Label Map Segmentation.
            case "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7": self = .seg
            default: return nil
            }
        }
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
    /// Of a label image: paths, without suffix, of the images that it is a mask of by its name and its folder.
    public var imageStems: [String] = []
    /// Of a label image that lies in the patient: its grid.
    var geometry: Geometry?
    /// Files beside `path` that hold its voxels.
    var furtherPaths: [String] = []
    /// Of the DICOM file that the scan read.
    var stamp: DICOMFile.Stamp?
    /// What `path` is a part of; nil for a mask that one file holds whole.
    var concatenation: SliceHeader.Concatenation?
    /// The further files of a segmentation that was stored in several, in their order; ``joined(_:)`` finds them.
    var furtherParts: [MaskSource] = []

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

    /// Of all files that hold it.
    public var paths: [String] { [path] + furtherPaths + furtherParts.map(\.path) }

    public init(
        format: Format, path: String, sopInstanceUID: String = "", frameOfReferenceUIDs: [String] = [],
        referencedSeriesUIDs: [String] = [], entries: [Entry], findings: [Finding] = []
    ) {
        (self.format, self.path, self.sopInstanceUID) = (format, path, sopInstanceUID)
        (self.frameOfReferenceUIDs, self.referencedSeriesUIDs) = (frameOfReferenceUIDs, referencedSeriesUIDs)
        (self.entries, self.findings) = (entries, findings)
        if format.isLabelImage, let name = MaskFileName(path) { imageStems = [name.imageStem] }
    }
}

/// What became of one entry of a mask on one image.
public enum RegionOutcome: Sendable {
    case region(Region, findings: [Finding])
    case failed(MaskSource.Entry, reason: String)
    /// No region, and none was to be expected: a point, a ROI that nobody drew, a couch outside the image.
    case leftOut(MaskSource.Entry, reason: String)
}
