import Ingestion

/// Which voxels of which images are worked on.
public enum RegionChoice: Sendable, Hashable {
    /// Every voxel, without a mask.
    case wholeImage
    /// Regions of masks (RTSTRUCT, DICOM SEG, PNG).
    /// - masks: files or folders of them; when empty, those that the inputs hold or that lie beside them, by their
    ///   references.
    /// - selection: which of the masks' regions, by name and number.
    case regions(masks: [String] = [], RegionSelection = .all)

    /// Every region of every mask that belongs to the images.
    public static let all = RegionChoice.regions()

    var isWholeImage: Bool { self == .wholeImage }
    var masks: [String] { if case .regions(let masks, _) = self { masks } else { [] } }
    var selection: RegionSelection { if case .regions(_, let selection) = self { selection } else { .all } }
}
