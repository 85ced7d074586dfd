import Files
import Foundation

/// How far a DICOM mask reaches beyond the image that it was drawn on.
public enum MaskReach: String, CaseIterable, Sendable {
    /// To the series that it names.
    case referenced
    /// To every image of its frame of reference for which no mask names the series: to the PET of a PET/CT.
    case frame
}

/// The masks that belong to an image, in the order given. For many images among the same masks make a ``MaskIndex`` once.
///
/// DICOM masks that name the image's series come first and alone; where none does, those of the same frame of reference
/// (a contour drawn on the CT of a PET/CT), when `reach` is that. A PNG image `name.png` belongs to the masks
/// `name_mask.png`, `name_mask_1.png` … beside it, and to those that the scan found in a folder of masks. The regions of several
/// PNG masks have the names of what tells their files apart.
public func masks(
    for image: ImageSource, among masks: [MaskSource], reach: MaskReach = .frame
) -> [MaskSource] {
    guard image.format == .png else {
        let dicom = masks.filter { $0.format != .png }
        let series = image.identity.seriesUID
        let named = dicom.filter { !series.isEmpty && $0.referencedSeriesUIDs.contains(series) }
        guard named.isEmpty, reach == .frame else { return named }
        let frame = image.identity.frameOfReferenceUID
        return dicom.filter { !frame.isEmpty && $0.frameOfReferenceUIDs.contains(frame) }
    }
    return MaskIndex(masks.filter { $0.format == .png }).masks(for: image)
}

/// Masks by what links them to images, so that each image's are found without looking at all.
public struct MaskIndex: Sendable {
    private let masks: [MaskSource]
    /// Positions in `masks`, ascending: by series UID, by frame of reference UID, and by the path of a PNG's image
    /// without its extension.
    private var bySeries: [String: [Int]] = [:]
    private var byFrame: [String: [Int]] = [:]
    private var byStem: [String: [Int]] = [:]
    private let currentFolder = FileManager.default.currentDirectoryPath

    public init(_ masks: [MaskSource]) {
        self.masks = masks
        for (index, mask) in masks.enumerated() {
            guard mask.format != .png else {
                for stem in mask.imageStems {
                    byStem[FileName(stem).absolute(in: currentFolder), default: []].append(index)
                }
                continue
            }
            for series in Set(mask.referencedSeriesUIDs) where !series.isEmpty {
                bySeries[series, default: []].append(index)
            }
            for frame in Set(mask.frameOfReferenceUIDs) where !frame.isEmpty {
                byFrame[frame, default: []].append(index)
            }
        }
    }

    /// The same as ``masks(for:among:reach:)``.
    public func masks(for image: ImageSource, reach: MaskReach = .frame) -> [MaskSource] {
        let found: [Int]
        if image.format == .png {
            let path = FileName(FileName(image.path).absolute(in: currentFolder))
            found = byStem[String(path.pathWithoutSuffix)] ?? []
        } else {
            let ofFrame = reach == .frame ? byFrame[image.identity.frameOfReferenceUID] : nil
            found = bySeries[image.identity.seriesUID] ?? ofFrame ?? []
        }
        return found.map { masks[$0] }.namedApart(on: image)
    }
}
