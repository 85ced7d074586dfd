// RTSTRUCT: which ROIs there are and their contours in mm (PS3.3 C.8.8.5, C.8.8.6). StructureRegion.swift turns the contours
// of one ROI into voxels.
import DICOM
import Imaging

extension MaskSource {
    /// Lists the ROIs of an RTSTRUCT by number and name, and the series and frames of reference that they belong to.
    /// Contours are read when ``regions(on:matching:)`` asks for them.
    public init(rtstruct file: DICOMFile, path: String) throws(IngestionError) {
        guard file.root.count(.structureSetROISequence) != nil else {
            throw .badAttribute(
                path: path, name: "Structure Set ROI Sequence", found: "absent", expected: "one item for each ROI")
        }
        let rois = StructureSet.rois(in: file)
        var frames: [String] = []
        var series: [String] = []
        for frame in file.items(.referencedFrameOfReferenceSequence) {
            frames.appendOnce(frame.string(.frameOfReferenceUID))
            for study in frame.items(.rtReferencedStudySequence) {
                for item in study.items(.rtReferencedSeriesSequence) {
                    series.appendOnce(item.string(.seriesInstanceUID))
                }
            }
        }
        for roi in rois { frames.appendOnce(roi.frameOfReferenceUID) }
        var findings: [Finding] = []
        let numbers = rois.map(\.entry.label)
        let repeated = Set(numbers.filter { number in numbers.count { $0 == number } > 1 }).sorted()
        if !repeated.isEmpty {
            let list = repeated.map(String.init).joined(separator: ", ")
            findings.append(
                Finding(.warning, "several ROIs share the number \(list); each gets the contours of that number"))
        }
        if rois.isEmpty { findings.append(Finding(.warning, "the structure set lists no ROI")) }
        self.init(
            format: .rtstruct, path: path, sopInstanceUID: file.string(.sopInstanceUID) ?? "",
            frameOfReferenceUIDs: frames, referencedSeriesUIDs: series, entries: rois.map(\.entry), findings: findings)
        stamp = file.stamp
    }
}

/// The parts of an RTSTRUCT that regions need.
enum StructureSet {
    struct ROI {
        var entry: MaskSource.Entry
        var frameOfReferenceUID: String?
    }

    static func rois(in file: DICOMFile) -> [ROI] {
        let frames = file.items(.referencedFrameOfReferenceSequence).compactMap { $0.string(.frameOfReferenceUID) }
        return file.items(.structureSetROISequence).compactMap { item in
            guard let number = item.integer(.roiNumber) else { return nil }
            let name = item.string(.roiName) ?? ""
            // A writer that leaves the ROI's own frame out can only mean the one frame there is.
            let frame = item.string(.referencedFrameOfReferenceUID) ?? (frames.count == 1 ? frames[0] : nil)
            return ROI(entry: .init(name: name, label: number), frameOfReferenceUID: frame)
        }
    }

    /// The contours of ROI `number`; empty when the file has none.
    static func contours(of number: Int, in file: DICOMFile) -> [PatientContour] {
        file.items(.roiContourSequence)
            .filter { $0.integer(.referencedROINumber) == number }
            .flatMap { $0.items(.contourSequence) }
            .map { item in
                let data = item.doubles(.contourData)
                let stated = item.count(.contourData) ?? 0
                let points = stride(from: 0, to: data.count - data.count % 3, by: 3).map {
                    SIMD3(data[$0], data[$0 + 1], data[$0 + 2])
                }
                let whole = data.count % 3 == 0 && data.count == stated && data.allSatisfy(\.isFinite)
                return PatientContour(
                    kind: .init(geometricType: item.string(.contourGeometricType)), points: points,
                    condition: whole ? .whole : .damaged)
            }
    }
}

/// A contour as the file has it, in patient coordinates.
package struct PatientContour: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// CLOSED_PLANAR, and CLOSEDPLANAR_XOR and INTERPOLATED_PLANAR, which enclose an area by the same even-odd rule.
        case closed
        /// POINT, OPEN_PLANAR, OPEN_NONPLANAR: no area.
        case open(String)

        package init(geometricType: String?) {
            switch geometricType {
            case "POINT", "OPEN_PLANAR", "OPEN_NONPLANAR": self = .open(geometricType ?? "")
            default: self = .closed
            }
        }
    }

    /// Whether Contour Data is a list of finite triples.
    package enum Condition: Hashable, Sendable { case whole, damaged }

    package var kind: Kind
    /// mm
    package var points: [SIMD3<Double>]
    package var condition: Condition

    package init(kind: Kind = .closed, points: [SIMD3<Double>], condition: Condition = .whole) {
        (self.kind, self.points, self.condition) = (kind, points, condition)
    }
}

extension Array where Element == String {
    mutating func appendOnce(_ element: String?) {
        if let element, !element.isEmpty, !contains(element) { append(element) }
    }
}
