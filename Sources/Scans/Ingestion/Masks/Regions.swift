// From a mask's file to regions on an image: what every format shares.
import DICOM
import Imaging

extension MaskSource {
    /// The chosen entries of the mask as regions on the image's grid, in the order of ``entries``; an entry that gives no
    /// region is there with its reason. Empty when the selection chooses nothing; ``RegionSelection`` then says why.
    ///
    /// Throws only when the mask's file cannot be read.
    public func regions(
        on image: ImageSource, matching selection: RegionSelection = .all
    ) throws(IngestionError) -> [RegionOutcome] {
        try pendingRegions(on: image, matching: selection).map { $0.make() }
    }

    /// The same, each made when somebody asks for it, so that many regions are not in memory at once.
    package func pendingRegions(
        on image: ImageSource, matching selection: RegionSelection = .all
    ) throws(IngestionError) -> [PendingOutcome] {
        let chosen = selection.takes(self) ? entries.filter(selection.matches) : []
        return try pendingRegions(
            chosen, on: image, isNamed: selection.asksForRegions, grid: selection.maskGrid)
    }

    /// - Parameters:
    ///   - chosen: some of ``entries``.
    ///   - isNamed: whether single regions are asked for, so that one which is none is missed.
    package func pendingRegions(
        _ chosen: [Entry], on image: ImageSource, isNamed: Bool, grid: MaskGrid
    ) throws(IngestionError) -> [PendingOutcome] {
        guard !chosen.isEmpty else { return [] }
        if let reason = reasonForNoCommonSpace(with: image) {
            return chosen.map { PendingOutcome(.failed($0, reason: reason)) }
        }
        let outcomes =
            switch format {
            case .rtstruct: try structureRegions(chosen, on: image, isNamed: isNamed)
            case .seg: try segmentRegions(chosen, on: image, isNamed: isNamed, grid)
            case .png: try labelRegions(chosen, on: image)
            case .nifti, .nrrd, .metaImage: try labelVolumeRegions(chosen, on: image, grid)
            }
        guard let note = noteOnReference(to: image) else { return outcomes }
        return outcomes.map { $0.adding(note) }
    }

    /// Masks that say where they lie in the patient need an image that says so, too.
    private func reasonForNoCommonSpace(with image: ImageSource) -> String? {
        guard format != .png else { return nil }
        if image.format == .png {
            return "\(format.rawValue) lies in a patient and a PNG image does not; give a PNG mask of "
                + "\(image.geometry.size.x) x \(image.geometry.size.y) pixels"
        }
        return format == .rtstruct ? reasonForNoPosition(of: image, "contours in mm") : nil
    }

    /// Nil when the image says where it lies. `what` is what asks for it.
    func reasonForNoPosition(of image: ImageSource, _ what: String) -> String? {
        guard image.patientPosition == .absent else { return nil }
        return "the image has no position in the patient (Image Position and Orientation), expected one for \(what); "
            + "export the image again with its position, or give a segmentation that names the image's frames"
    }

    private func noteOnReference(to image: ImageSource) -> Finding? {
        guard !referencedSeriesUIDs.isEmpty, !image.identity.seriesUID.isEmpty,
            !referencedSeriesUIDs.contains(image.identity.seriesUID)
        else { return nil }
        return Finding(
            .note,
            "the mask was drawn on series \(referencedSeriesUIDs.joined(separator: ", ")) and is used here by its position "
                + "in the same frame of reference"
        )
    }
}

extension RegionOutcome {
    func adding(_ finding: Finding) -> RegionOutcome {
        switch self {
        case .region(let region, let findings): .region(region, findings: findings + [finding])
        case .failed, .leftOut: self
        }
    }
}

/// What becomes of one entry of a mask on one image, as soon as somebody asks.
package struct PendingOutcome: Sendable {
    package let entry: MaskSource.Entry
    /// About how many voxels its box has, known before it is made.
    package let boxVoxels: Int
    package let make: @Sendable () -> RegionOutcome

    init(_ entry: MaskSource.Entry, boxVoxels: Int, make: @escaping @Sendable () -> RegionOutcome) {
        (self.entry, self.boxVoxels, self.make) = (entry, boxVoxels, make)
    }

    /// One that is made already.
    init(_ outcome: RegionOutcome) {
        switch outcome {
        case .region(let region, _):
            self.init(
                MaskSource.Entry(name: region.name, label: region.label), boxVoxels: region.box.voxelCount
            ) { outcome }
        case .failed(let entry, _), .leftOut(let entry, _): self.init(entry, boxVoxels: 0) { outcome }
        }
    }

    func adding(_ finding: Finding) -> PendingOutcome {
        PendingOutcome(entry, boxVoxels: boxVoxels) { [make] in make().adding(finding) }
    }
}
