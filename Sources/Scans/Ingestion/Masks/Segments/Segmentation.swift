// DICOM SEG: which segments there are, and the plane of each frame (PS3.3 C.8.20.2, C.8.20.3). SegmentRegion.swift puts the
// frames of one segment on an image's grid.
import DICOM
import Imaging

extension MaskSource {
    /// Lists the segments of a DICOM SEG by number and label, and the series and frame of reference that it belongs to.
    /// Frames are read when ``regions(on:matching:)`` asks for them.
    public init(segmentation file: DICOMFile, path: String) throws(IngestionError) {
        guard file.root.count(.segmentSequence) != nil else {
            throw .badAttribute(path: path, name: "Segment Sequence", found: "absent", expected: "one item a segment")
        }
        // In a label map the number 0 is the background and may be listed (Sup 243).
        let entries = file.items(.segmentSequence).compactMap { item -> Entry? in
            guard let number = item.integer(.segmentNumber), number > 0 else { return nil }
            return Entry(name: item.string(.segmentLabel) ?? "", label: number)
        }
        var frames: [String] = []
        frames.appendOnce(file.string(.frameOfReferenceUID))
        var series: [String] = []
        var instances: Set<String> = []
        for item in file.items(.referencedSeriesSequence) {
            series.appendOnce(item.string(.seriesInstanceUID))
            instances.formUnion(
                item.items(.referencedInstanceSequence).compactMap { $0.string(.referencedSOPInstanceUID) })
        }
        let findings = entries.isEmpty ? [Finding(.warning, "the segmentation lists no segment")] : []
        self.init(
            format: .seg, path: path, sopInstanceUID: file.string(.sopInstanceUID) ?? "", frameOfReferenceUIDs: frames,
            referencedSeriesUIDs: series, entries: entries, findings: findings)
        referencedInstanceUIDs = instances
        stamp = file.stamp
    }

    func segmentRegions(_ chosen: [Entry], on image: ImageSource) throws(IngestionError) -> [RegionOutcome] {
        let file = try DICOMFile.open(path, checked: stamp)
        let segmentation = try Segmentation(file)
        let instances = image.instanceUIDs
        let agreement = FrameAgreement(
            file.string(.frameOfReferenceUID), image,
            isNamed: referencedSeriesUIDs.contains(image.identity.seriesUID)
                && (!referencedInstanceUIDs.isDisjoint(with: instances)
                    || segmentation.frames.contains { $0.sources.contains { instances.contains($0.sopInstanceUID) } })
        )
        if case .none(let reason) = agreement { return chosen.map { .failed($0, reason: reason) } }
        let planes = SlicePlanes(image)
        let reason = reasonForNoPosition(of: image, "segmentation frames that are placed by position")
        let placements = segmentation.frames.map { frame -> Segmentation.Frame.Placement in
            if let reason, frame.plane != nil { return .misfit("frame \(frame.number): \(reason)") }
            return frame.placement(on: planes, of: image)
        }
        var outcomes: [RegionOutcome] = []
        for entry in chosen {
            outcomes.append(
                try SegmentRegion.outcome(
                    of: entry, in: segmentation, placements: placements, size: image.geometry.size))
        }
        guard case .overruled(let finding) = agreement else { return outcomes }
        return outcomes.map { $0.adding(finding) }
    }
}

/// The parts of a SEG that regions need.
struct Segmentation {
    let file: DICOMFile
    let layout: DICOMPixelLayout
    let membership: SegmentMembership
    let frames: [Frame]

    struct Frame {
        /// From 1, as DICOM counts.
        var number: Int
        /// Nil in a label map, whose frames hold all segments.
        var segment: Int?
        /// Nil when the frame does not say where it lies.
        var plane: FramePlane?
        /// SOP instance and frame (from 1) of the image that the frame was drawn on.
        var sources: [Source]
        var columns: Int
        var rows: Int

        struct Source: Hashable {
            var sopInstanceUID: String
            var frame: Int
        }
    }

    init(_ file: DICOMFile) throws(IngestionError) {
        let layout = try file.layout()
        guard layout.holdsIntegers, layout.samplesPerPixel == 1, layout.bytesPerSample <= 2 else {
            let found =
                "\(layout.samplesPerPixel) samples a pixel of \(layout.bytesPerSample) bytes each, "
                + "expected 1 sample of 1 or 2 bytes in a segmentation"
            throw .dicom(.badPixels(path: file.path, found: found))
        }
        let items = file.items(.perFrameFunctionalGroupsSequence)
        guard items.count == layout.frames else {
            throw .badAttribute(
                path: file.path, name: "Per-Frame Functional Groups Sequence", found: "\(items.count) items long",
                expected: "one item for each of \(layout.frames) frames")
        }
        let shared = file.root.item(.sharedFunctionalGroupsSequence)
        self.membership = try Segmentation.membership(file)
        (self.file, self.layout) = (file, layout)
        let isLabelMap = membership == .label
        frames = items.enumerated().map { index, item in
            Frame(number: index + 1, item: item, shared: shared, layout: layout, isLabelMap: isLabelMap)
        }
    }

    private static func membership(_ file: DICOMFile) throws(IngestionError) -> SegmentMembership {
        switch file.string(.segmentationType) {
        case "BINARY": return .binary
        case "LABELMAP": return .label
        case "FRACTIONAL":
            guard let maximum = file.integer(.maximumFractionalValue), maximum > 0 else {
                throw .badAttribute(
                    path: file.path, name: "Maximum Fractional Value",
                    found: file.string(.maximumFractionalValue) ?? "absent", expected: "a number above 0")
            }
            return .fractional(maximum: maximum)
        case let other:
            throw .badAttribute(
                path: file.path, name: "Segmentation Type", found: other ?? "absent",
                expected: "BINARY, FRACTIONAL or LABELMAP")
        }
    }
}

extension Segmentation.Frame {
    /// A macro may stand in the frame's own item or in the shared one (PS3.3 C.7.6.16.1).
    init(number: Int, item: DICOMItem, shared: DICOMItem?, layout: DICOMPixelLayout, isLabelMap: Bool) {
        func macro(_ tag: DICOMTag) -> DICOMItem? { item.item(tag) ?? shared?.item(tag) }
        self.number = number
        (columns, rows) = (layout.columns, layout.rows)
        segment = isLabelMap ? nil : macro(.segmentIdentificationSequence)?.integer(.referencedSegmentNumber) ?? 0
        sources = (macro(.derivationImageSequence)?.items(.sourceImageSequence) ?? []).compactMap { source in
            source.string(.referencedSOPInstanceUID).map {
                Source(sopInstanceUID: $0, frame: source.integer(.referencedFrameNumber) ?? 1)
            }
        }
        let cosines = macro(.planeOrientationSequence)?.doubles(.imageOrientationPatient) ?? []
        // Row spacing (down a column) comes first in Pixel Spacing (PS3.3 10.7.1.3).
        let spacing = macro(.pixelMeasuresSequence)?.doubles(.pixelSpacing) ?? []
        guard let position = macro(.planePositionSequence)?.vector(.imagePositionPatient), cosines.count == 6,
            spacing.count == 2, (cosines + spacing).allSatisfy(\.isFinite)
        else { return }
        plane = FramePlane(
            columns: columns, rows: rows, position: position, rowDirection: SIMD3(cosines[0], cosines[1], cosines[2]),
            columnDirection: SIMD3(cosines[3], cosines[4], cosines[5]), spacing: SIMD2(spacing[1], spacing[0]))
    }

    enum Placement {
        case at(FramePlacement)
        /// Between slices, where the image lacks one.
        case inGap
        case misfit(String)
    }

    /// Where the frame falls in the image: by its position, or, when it states none, by the slice it was drawn on.
    func placement(on planes: SlicePlanes, of image: ImageSource) -> Placement {
        guard let plane else { return placementBySource(in: image) }
        switch FramePlacement.find(plane, on: planes) {
        case .success(let placement): return .at(placement)
        case .failure(let misfit):
            let across = cross(plane.rowDirection, plane.columnDirection)
            if planes.isInGap(plane.position), abs(dot(across, planes.normal)) > 0.999 { return .inGap }
            return .misfit("frame \(number): " + misfit.reason)
        }
    }

    private func placementBySource(in image: ImageSource) -> Placement {
        let size = image.geometry.size
        let slice = image.slices.firstIndex { slice in
            sources.contains { $0.sopInstanceUID == slice.sopInstanceUID && $0.frame == slice.frame + 1 }
        }
        guard let slice, columns == size.x, rows == size.y else {
            return .misfit(
                "frame \(number) has no Plane Position, Plane Orientation or Pixel Measures, and its \(columns) x \(rows) "
                    + "pixels name no slice of this image (\(size.x) x \(size.y)); "
                    + "export the segmentation again with its geometry"
            )
        }
        return .at(FramePlacement(first: SIMD3(0, 0, slice), alongRow: [1, 0, 0], alongColumn: [0, 1, 0]))
    }
}
