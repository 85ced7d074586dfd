import DICOM

/// Shared and per-frame functional groups of an enhanced object (PS3.3 C.7.6.16); empty for a classic one.
struct FunctionalGroups {
    let shared: DICOMItem?
    let perFrame: [DICOMItem]

    init(_ root: DICOMItem) {
        shared = root.item(.sharedFunctionalGroupsSequence)
        perFrame = root.items(.perFrameFunctionalGroupsSequence)
    }

    /// The macro's item for a frame: its own, else the shared one.
    func item(_ frame: Int, _ macro: DICOMTag) -> DICOMItem? {
        (perFrame.indices.contains(frame) ? perFrame[frame].item(macro) : nil) ?? shared?.item(macro)
    }
}
