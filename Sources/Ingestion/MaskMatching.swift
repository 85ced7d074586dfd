import Foundation

/// The masks that belong to an image, in the order given.
///
/// DICOM masks that name the image's series come first and alone; where none does, those of the same frame of reference
/// (a contour drawn on the CT of a PET/CT). A PNG image `name.png` belongs to the mask `name_mask.png` beside it.
public func masks(for image: ImageSource, among masks: [MaskSource]) -> [MaskSource] {
    guard image.format == .dicom else {
        let stem = URL(fileURLWithPath: image.path).standardizedFileURL.deletingPathExtension().path
        return masks.filter { mask in
            let path = URL(fileURLWithPath: mask.path).standardizedFileURL.path
            return mask.format == .png && path.hasPrefix(stem) && path.dropFirst(stem.count).lowercased() == "_mask.png"
        }
    }
    let dicom = masks.filter { $0.format != .png }
    let series = image.identity.seriesUID
    let named = dicom.filter { !series.isEmpty && $0.referencedSeriesUIDs.contains(series) }
    guard named.isEmpty else { return named }
    let frame = image.identity.frameOfReferenceUID
    return dicom.filter { !frame.isEmpty && $0.frameOfReferenceUIDs.contains(frame) }
}
