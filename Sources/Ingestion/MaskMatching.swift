import Foundation

/// The masks that belong to an image, in the order given.
///
/// DICOM masks that name the image's series come first and alone; where none does, those of the same frame of reference
/// (a contour drawn on the CT of a PET/CT). A PNG image `name.png` belongs to the mask `name_mask.png` beside it.
public func masks(for image: ImageSource, among masks: [MaskSource]) -> [MaskSource] {
    guard image.format == .dicom else {
        let url = URL(fileURLWithPath: image.path).standardizedFileURL
        let expected = url.deletingPathExtension().path + "_mask.png"
        return masks.filter { $0.format == .png && URL(fileURLWithPath: $0.path).standardizedFileURL.path == expected }
    }
    let dicom = masks.filter { $0.format != .png }
    let series = image.identity.seriesUID
    let named = dicom.filter { !series.isEmpty && $0.referencedSeriesUIDs.contains(series) }
    guard named.isEmpty else { return named }
    let frame = image.identity.frameOfReferenceUID
    return dicom.filter { !frame.isEmpty && $0.frameOfReferenceUIDs.contains(frame) }
}
