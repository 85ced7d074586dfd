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
        let references = StructureSet.references(in: file)
        var frames: [String] = []
        var series: [String] = []
        for reference in references {
            frames.appendOnce(reference.frameOfReferenceUID)
            for item in reference.series { series.appendOnce(item.uid) }
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
        referencedInstanceUIDs = references.flatMap(\.series).reduce(into: []) { $0.formUnion($1.instanceUIDs) }
        stamp = file.stamp
    }

    /// - Parameter isNamed: whether the caller asked for these ROIs by name or number, rather than for whatever there is.
    func structureRegions(
        _ chosen: [Entry], on image: ImageSource, isNamed: Bool
    ) throws(IngestionError) -> [PendingOutcome] {
        let file = try DICOMFile.open(path, checked: stamp)
        let planes = SlicePlanes(image)
        let rois = StructureSet.rois(in: file)
        let instances = image.instanceUIDs
        return chosen.map { entry in
            let contours = StructureSet.contours(of: entry.label, in: file)
            if !isNamed, let reason = StructureRegion.reasonForNoArea(contours) {
                return PendingOutcome(.leftOut(entry, reason: reason))
            }
            let roi = rois.first { $0.entry == entry }
            let agreement = FrameAgreement(
                roi?.frameOfReferenceUID, image,
                isNamed: StructureSet.names(image, instances, for: roi, in: file))
            if case .none(let reason) = agreement { return PendingOutcome(.failed(entry, reason: reason)) }
            let isAccessory = !isNamed && StructureSet.isAccessory(entry.label, in: file)
            var finding: Finding?
            if case .overruled(let found) = agreement { finding = found }
            let size = StructureRegion.boxVoxels(of: contours, on: planes)
            return PendingOutcome(entry, boxVoxels: size) { [finding] in
                let outcome = StructureRegion.outcome(of: entry, contours: contours, on: planes)
                if case .failed(_, let reason) = outcome, isAccessory { return .leftOut(entry, reason: reason) }
                return finding.map(outcome.adding) ?? outcome
            }
        }
    }
}

/// The parts of an RTSTRUCT that regions need.
enum StructureSet {
    struct ROI {
        var entry: MaskSource.Entry
        var frameOfReferenceUID: String?
    }

    /// A frame of reference and the images in it that the file was drawn on (PS3.3 C.8.8.5).
    struct Reference {
        struct Series {
            var uid: String
            var instanceUIDs: Set<String>
        }

        var frameOfReferenceUID: String
        var series: [Series] = []
    }

    static func references(in file: DICOMFile) -> [Reference] {
        file.items(.referencedFrameOfReferenceSequence).map { frame in
            var reference = Reference(frameOfReferenceUID: frame.string(.frameOfReferenceUID) ?? "")
            for study in frame.items(.rtReferencedStudySequence) {
                for item in study.items(.rtReferencedSeriesSequence) {
                    reference.series.append(
                        .init(
                            uid: item.string(.seriesInstanceUID) ?? "",
                            instanceUIDs: instances(item.items(.contourImageSequence))))
                }
            }
            return reference
        }
    }

    private static func instances(_ items: [DICOMItem]) -> Set<String> {
        Set(items.compactMap { $0.string(.referencedSOPInstanceUID) })
    }

    /// Whether the file names an image for a ROI whose frame of reference is another: by the series and slices listed with
    /// that frame, by the slices that the ROI's contours name, or, when the file lists no such frame, by what it lists with
    /// any, the image's frame included.
    static func names(_ image: ImageSource, _ instances: Set<String>, for roi: ROI?, in file: DICOMFile) -> Bool {
        guard let roi else { return false }
        let references = references(in: file)
        let ofFrame = references.filter { $0.frameOfReferenceUID == roi.frameOfReferenceUID }
        let listed = (ofFrame.isEmpty ? references : ofFrame).contains { reference in
            reference.series.contains {
                $0.uid == image.identity.seriesUID && !$0.instanceUIDs.isDisjoint(with: instances)
            }
        }
        let namesFrame =
            ofFrame.isEmpty && references.contains { $0.frameOfReferenceUID == image.identity.frameOfReferenceUID }
        return listed || namesFrame
            || contourItems(of: roi.entry.label, in: file).contains {
                !Self.instances($0.items(.contourImageSequence)).isDisjoint(with: instances)
            }
    }

    /// Whether a ROI is something that lies about the patient or marks a place, by its RT ROI Interpreted Type
    /// (PS3.3 C.8.8.8): a plan holds such beside the image, or too small for a voxel, as a matter of course.
    static func isAccessory(_ number: Int, in file: DICOMFile) -> Bool {
        let accessories: Set<String> = [
            "BOLUS", "SUPPORT", "FIXATION", "MARKER", "REGISTRATION", "ISOCENTER", "CONTROL", "DOSE_MEASUREMENT",
            "BRACHY_CHANNEL", "BRACHY_ACCESSORY", "BRACHY_SRC_APP", "BRACHY_CHNL_SHLD",
        ]
        return file.items(.rtROIObservationsSequence).contains { item in
            item.integer(.referencedROINumber) == number
                && item.string(.rtROIInterpretedType).map(accessories.contains) ?? false
        }
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

    private static func contourItems(of number: Int, in file: DICOMFile) -> [DICOMItem] {
        file.items(.roiContourSequence)
            .filter { $0.integer(.referencedROINumber) == number }
            .flatMap { $0.items(.contourSequence) }
    }

    /// The contours of ROI `number`; empty when the file has none.
    static func contours(of number: Int, in file: DICOMFile) -> [PatientContour] {
        contourItems(of: number, in: file)
            .map { item in
                let data = item.doubles(.contourData)
                let stated = item.count(.contourData) ?? 0
                let points = stride(from: 0, to: data.count - data.count % 3, by: 3).map {
                    SIMD3(data[$0], data[$0 + 1], data[$0 + 2])
                }
                let isWhole = data.count % 3 == 0 && data.count == stated && data.allSatisfy(\.isFinite)
                let count = item.integer(.numberOfContourPoints) ?? points.count
                return PatientContour(
                    kind: .init(geometricType: item.string(.contourGeometricType)), points: points,
                    condition: !isWhole ? .damaged : count == points.count ? .whole : .miscounted(stated: count))
            }
    }
}

/// A contour as the file has it, in patient coordinates.
package struct PatientContour: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// CLOSED_PLANAR and INTERPOLATED_PLANAR: an area, or a hole in the one that it lies in.
        case closed
        /// CLOSEDPLANAR_XOR: an area that is combined with the others of its slice by exclusive or.
        case exclusive
        /// POINT, OPEN_PLANAR, OPEN_NONPLANAR: no area.
        case open(String)

        package init(geometricType: String?) {
            switch geometricType {
            case "POINT", "OPEN_PLANAR", "OPEN_NONPLANAR": self = .open(geometricType ?? "")
            case "CLOSEDPLANAR_XOR": self = .exclusive
            default: self = .closed
            }
        }
    }

    /// What is to be thought of Contour Data.
    package enum Condition: Hashable, Sendable {
        /// A list of finite triples, as many as Number of Contour Points says where it is there.
        case whole
        /// The same, and more or fewer than Number of Contour Points says: some may have been lost.
        case miscounted(stated: Int)
        case damaged
    }

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
