import Imaging
import Ingestion

/// Which voxels of which images are worked on.
public enum RegionChoice: Sendable, Hashable {
    /// Every voxel, without a mask.
    case wholeImage
    /// Regions of masks (RTSTRUCT, DICOM SEG, PNG).
    /// - masks: files or folders of them; when empty, those that the inputs hold or that lie beside them, by their
    ///   references.
    /// - selection: which of the masks' regions, by name and number.
    /// - reach: whether a DICOM mask is used on other images of its frame of reference as well.
    case regions(masks: [String] = [], RegionSelection = .all, reach: MaskReach = .frame)

    /// Every region of every mask that belongs to the images.
    public static let all = RegionChoice.regions()

    /// Names regions by a register, unless they have one.
    mutating func add(_ register: RegionRegister) {
        guard !register.isEmpty, case .regions(let masks, var selection, let reach) = self,
            selection.register.isEmpty
        else { return }
        selection.register = register
        self = .regions(masks: masks, selection, reach: reach)
    }

    /// The same with a table of names for the labels of label images; nil leaves them as they are.
    public func named(by labelTable: String?) -> RegionChoice {
        guard let labelTable, case .regions(let masks, var selection, let reach) = self else { return self }
        selection.labelTable = labelTable
        return .regions(masks: masks, selection, reach: reach)
    }

    var isWholeImage: Bool { self == .wholeImage }
    var masks: [String] { if case .regions(let masks, _, _) = self { masks } else { [] } }
    var selection: RegionSelection { if case .regions(_, let selection, _) = self { selection } else { .all } }
    var reach: MaskReach { if case .regions(_, _, let reach) = self { reach } else { .frame } }
}
