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
        let chosen = selection.takes(self) ? entries.filter(selection.matches) : []
        guard !chosen.isEmpty else { return [] }
        if let reason = reasonForNoCommonSpace(with: image) { return chosen.map { .failed($0, reason: reason) } }
        let outcomes =
            switch format {
            case .rtstruct: try structureRegions(chosen, on: image, isNamed: selection.asksForRegions)
            case .seg: try segmentRegions(chosen, on: image, isNamed: selection.asksForRegions)
            case .png: try labelRegions(chosen, on: image)
            case .nifti, .nrrd, .metaImage: try labelVolumeRegions(chosen, on: image, selection.maskGrid)
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
