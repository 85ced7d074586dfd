// DICOM SEG: which segments there are, and the plane of each frame (PS3.3 C.8.20.2, C.8.20.3). SegmentRegion.swift puts the
// frames of one segment on an image's grid.
import DICOM
import Imaging
import Synchronization

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
        concatenation = SliceHeader.Concatenation(file)
    }

    /// - Parameter isNamed: whether the caller asked for these segments by name or number, rather than for whatever there is.
    func segmentRegions(
        _ chosen: [Entry], on image: ImageSource, isNamed: Bool, _ grid: MaskGrid
    ) throws(IngestionError) -> [PendingOutcome] {
        func failed(_ reason: String) -> [PendingOutcome] {
            chosen.map { PendingOutcome(.failed($0, reason: reason)) }
        }
        if let reason = reasonForBeingIncomplete { return failed(reason) }
        var files: [DICOMFile] = []
        for part in [self] + furtherParts { files.append(try DICOMFile.open(part.path, checked: part.stamp)) }
        let file = files[0]
        var segmentation = try Segmentation(files)
        if chosen.count > 1 { try segmentation.hold() }
        let instances = image.instanceUIDs
        let agreement = FrameAgreement(
            file.string(.frameOfReferenceUID), image,
            isNamed: referencedSeriesUIDs.contains(image.identity.seriesUID)
                && (!referencedInstanceUIDs.isDisjoint(with: instances)
                    || segmentation.frames.contains { $0.sources.contains { instances.contains($0.sopInstanceUID) } })
        )
        if case .none(let reason) = agreement { return failed(reason) }
        let planes = SlicePlanes(image)
        let reason = reasonForNoPosition(of: image, "segmentation frames that are placed by position")
        let placements = segmentation.frames.map { frame -> Segmentation.Frame.Placement in
            if let reason, frame.plane != nil { return .misfit("frame \(frame.number): \(reason)") }
            return frame.placement(on: planes, of: image)
        }
        let strangers = segmentation.reasonForDoubt(among: entries)
        var overruled: Finding?
        if case .overruled(let finding) = agreement { overruled = finding }
        let geometry = image.geometry
        return chosen.map { [segmentation, overruled] entry in
            let isElsewhere = reason == nil && segmentation.liesElsewhere(entry, placements)
            return PendingOutcome(entry, boxVoxels: segmentation.storedVoxels(of: entry)) {
                var outcome: RegionOutcome
                do throws(IngestionError) {
                    outcome =
                        isElsewhere && grid != .own
                        ? try segmentation.moved(entry, to: geometry, grid)
                        : try SegmentRegion.outcome(
                            of: entry, in: segmentation, placements: placements, size: geometry.size)
                } catch { outcome = .failed(entry, reason: error.reason) }
                if isElsewhere, grid == .own, case .failed(_, let misfit) = outcome {
                    outcome = .failed(entry, reason: "\(misfit); \(MaskGrid.advice)")
                }
                switch (outcome, strangers) {
                // A template lists segments that nobody drew.
                case (.leftOut(_, let reason), let strangers?):
                    outcome = .failed(entry, reason: "\(reason); \(strangers)")
                case (.leftOut(_, let reason), nil) where isNamed: outcome = .failed(entry, reason: reason)
                case (_, let strangers?): outcome = outcome.adding(Finding(.warning, strangers))
                default: break
                }
                return overruled.map(outcome.adding) ?? outcome
            }
        }
    }
}

/// The parts of a SEG that regions need.
struct Segmentation: Sendable {
    private let files: SegmentFiles
    /// Of a frame, the same in all files.
    let layout: DICOMPixelLayout
    let membership: SegmentMembership
    let frames: [Frame]
    /// The stored values of all frames, where they are read more than once.
    private var held: [UInt8] = []

    struct Frame {
        /// From 1, as DICOM counts, through all files.
        var number: Int
        /// Where it is stored: which of the files, and which of its frames, from 0.
        var file: Int
        var index: Int
        /// Nil in a label map, whose frames hold all segments.
        var segment: Int?
        /// Nil when the frame does not say where it lies.
        var plane: FramePlane?
        /// SOP instance and frame (from 1) of the image that the frame was drawn on.
        var sources: [Source]
        var columns: Int
        var rows: Int
        /// From slice to slice, mm, or how thick a slice is; nil where the file says neither.
        var sliceDistance: Double?

        struct Source: Hashable {
            var sopInstanceUID: String
            var frame: Int
        }
    }

    init(_ files: [DICOMFile]) throws(IngestionError) {
        let layout = try files[0].layout()
        let membership = try Segmentation.membership(files[0])
        var frames: [Frame] = []
        for (number, file) in files.enumerated() {
            let own = try file.layout()
            guard own.holdsIntegers, own.samplesPerPixel == 1, own.bytesPerSample <= 2 else {
                let found =
                    "\(own.samplesPerPixel) samples a pixel of \(own.bytesPerSample) bytes each, "
                    + "expected 1 sample of 1 or 2 bytes in a segmentation"
                throw .dicom(.badPixels(path: file.path, found: found))
            }
            guard own.columns == layout.columns, own.rows == layout.rows, own.bytesPerSample == layout.bytesPerSample,
                try Segmentation.membership(file) == membership
            else {
                throw .badAttribute(
                    path: file.path, name: "part \(number + 1) of a concatenation",
                    found: "\(own.columns) x \(own.rows) pixels of \(own.bytesPerSample) bytes",
                    expected:
                        "\(layout.columns) x \(layout.rows) of \(layout.bytesPerSample), and the Segmentation Type, of the"
                        + " first part")
            }
            let items = file.items(.perFrameFunctionalGroupsSequence)
            guard items.count == own.frames else {
                throw .badAttribute(
                    path: file.path, name: "Per-Frame Functional Groups Sequence", found: "\(items.count) items long",
                    expected: "one item for each of \(own.frames) frames")
            }
            let shared = file.root.item(.sharedFunctionalGroupsSequence)
            // Where there is one segment, no frame needs to say whose it is.
            let numbers = file.items(.segmentSequence).compactMap { $0.integer(.segmentNumber) }
            let only = numbers.count == 1 ? numbers[0] : nil
            for (index, item) in items.enumerated() {
                frames.append(
                    Frame(
                        number: frames.count + 1, file: number, index: index, item: item, shared: shared, layout: own,
                        owner: membership == .label ? .eachPixel : .segment(only)))
            }
        }
        if let unknown = frames.first(where: { $0.segment == 0 }) {
            throw .badAttribute(
                path: files[unknown.file].path, name: "Referenced Segment Number of frame \(unknown.index + 1)",
                found: "absent", expected: "the number of one of the segments")
        }
        self.files = SegmentFiles(files)
        (self.layout, self.membership, self.frames) = (layout, membership, frames)
    }

    /// Pixels of the frames that may belong to a segment.
    func storedVoxels(of entry: MaskSource.Entry) -> Int {
        frames.count { $0.segment ?? entry.label == entry.label } * layout.columns * layout.rows
    }

    /// What to say where frames belong to segments that the file does not list: they may be those of one that it does.
    func reasonForDoubt(among entries: [MaskSource.Entry]) -> String? {
        let listed = Set(entries.map(\.label))
        let strangers = frames.compactMap(\.segment).filter { !listed.contains($0) }
        guard !strangers.isEmpty else { return nil }
        let numbers = Set(strangers).sorted().map(String.init).joined(separator: ", ")
        return
            "\(strangers.count) of \(frames.count) frames belong to a segment that is not listed (\(numbers)) and were left out;"
            + " compare the region with the program that drew it"
    }

    /// Whether a frame of a segment has a place in the patient, and that is between the image's voxels.
    func liesElsewhere(_ entry: MaskSource.Entry, _ placements: [Frame.Placement]) -> Bool {
        zip(frames, placements).contains { frame, placement in
            guard case .misfit = placement, frame.plane != nil else { return false }
            return frame.segment ?? entry.label == entry.label
        }
    }

    /// The stored values of a frame, `layout.bytesPerFrame` of them.
    func decode(_ frame: Frame, into target: UnsafeMutableRawBufferPointer) throws(IngestionError) {
        guard held.isEmpty else {
            let start = (frame.number - 1) * layout.bytesPerFrame
            return held.withUnsafeBytes {
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + layout.bytesPerFrame]))
            }
        }
        try files.decode(frame, into: target)
    }

    /// Decodes all frames once for several segments: each frame of a label map has voxels of all of them.
    mutating func hold() throws(IngestionError) {
        let bytes = frames.count * layout.bytesPerFrame
        guard membership == .label, held.isEmpty, bytes <= Self.mostHeldBytes else { return }
        var all = [UInt8](repeating: 0, count: bytes)
        var problem: IngestionError?
        all.withUnsafeMutableBytes { all in
            for (place, frame) in frames.enumerated() where problem == nil {
                let start = place * layout.bytesPerFrame
                do throws(IngestionError) {
                    try decode(
                        frame, into: UnsafeMutableRawBufferPointer(rebasing: all[start..<start + layout.bytesPerFrame]))
                } catch { problem = error }
            }
        }
        if let problem { throw problem }
        held = all
    }

    private static let mostHeldBytes = 1 << 29

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

/// One file, or the parts of a concatenation in their order, read by one thread at a time.
private final class SegmentFiles: @unchecked Sendable {
    private let files: [DICOMFile]
    private let isReading = Mutex(())

    init(_ files: [DICOMFile]) { self.files = files }

    func decode(_ frame: Segmentation.Frame, into target: UnsafeMutableRawBufferPointer) throws(IngestionError) {
        try isReading.withLock { _ throws(IngestionError) in
            _ = try files[frame.file].decode(frame.index..<frame.index + 1, into: target)
        }
    }
}

extension Segmentation.Frame {
    /// Who says which segment the pixels of a frame belong to: their values, or the frame, unless there is only one.
    enum Owner {
        case eachPixel
        case segment(_ only: Int?)
    }

    /// A macro may stand in the frame's own item or in the shared one (PS3.3 C.7.6.16.1).
    init(
        number: Int, file: Int, index: Int, item: DICOMItem, shared: DICOMItem?, layout: DICOMPixelLayout, owner: Owner
    ) {
        func macro(_ tag: DICOMTag) -> DICOMItem? { item.item(tag) ?? shared?.item(tag) }
        (self.number, self.file, self.index) = (number, file, index)
        (columns, rows) = (layout.columns, layout.rows)
        switch owner {
        case .eachPixel: segment = nil
        case .segment(let only):
            segment = macro(.segmentIdentificationSequence)?.integer(.referencedSegmentNumber) ?? only ?? 0
        }
        sources = (macro(.derivationImageSequence)?.items(.sourceImageSequence) ?? []).compactMap { source in
            source.string(.referencedSOPInstanceUID).map {
                Source(sopInstanceUID: $0, frame: source.integer(.referencedFrameNumber) ?? 1)
            }
        }
        let measures = macro(.pixelMeasuresSequence)
        sliceDistance = (measures?.doubles(.spacingBetweenSlices).first ?? measures?.doubles(.sliceThickness).first)
            .flatMap { $0.isFinite ? $0 : nil }
        let cosines = macro(.planeOrientationSequence)?.doubles(.imageOrientationPatient) ?? []
        // Row spacing (down a column) comes first in Pixel Spacing (PS3.3 10.7.1.3).
        let spacing = measures?.doubles(.pixelSpacing) ?? []
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
