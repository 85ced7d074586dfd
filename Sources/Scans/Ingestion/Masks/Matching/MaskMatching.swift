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
/// (a contour drawn on the CT of a PET/CT), when `reach` is that. An image `name.png` or `name.nii.gz` belongs to the masks
/// `name_mask`, `name_mask_1` … beside it, and to those that the scan found in a folder of masks. A volume of labels that belongs
/// to nothing by its name belongs to the images on whose grid it lies, of DICOM as well. The regions of several label images have
/// the names of what tells their files apart.
public func masks(
    for image: ImageSource, among masks: [MaskSource], reach: MaskReach = .frame
) -> [MaskSource] {
    MaskIndex(masks, of: [image]).masks(for: image, reach: reach)
}

/// Masks by what links them to images, so that each image's are found without looking at all.
public struct MaskIndex: Sendable {
    private let masks: [MaskSource]
    /// Positions in `masks`, ascending: by series UID, by frame of reference UID, and by the path of the image without its
    /// suffix.
    private var bySeries: [String: [Int]] = [:]
    private var byFrame: [String: [Int]] = [:]
    private var byStem: [String: [Int]] = [:]
    private let byGrid: GridMatching
    private let currentFolder = FileManager.default.currentDirectoryPath

    /// - Parameter images: those that masks are looked for; a volume of labels may belong to one by its grid alone.
    public init(_ masks: [MaskSource], of images: [ImageSource]) {
        self.masks = masks
        for (index, mask) in masks.enumerated() {
            guard !mask.format.isLabelImage else {
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
        let (stems, folder) = (byStem, currentFolder)
        let named = Set(images.filter { $0.format != .dicom }.flatMap { stems[Self.stem(of: $0, folder)] ?? [] })
        byGrid = GridMatching(masks, except: named, images, in: currentFolder)
    }

    /// The same as ``masks(for:among:reach:)``.
    public func masks(for image: ImageSource, reach: MaskReach = .frame) -> [MaskSource] {
        let found: [Int]
        if image.format == .dicom {
            let ofFrame = reach == .frame ? byFrame[image.identity.frameOfReferenceUID] : nil
            found = bySeries[image.identity.seriesUID] ?? ofFrame ?? []
        } else {
            found = byStem[Self.stem(of: image, currentFolder)] ?? []
        }
        let named = found.map { masks[$0] }
        return (named + byGrid.masks(for: image).map { masks[$0.index].adding($0.finding) }).namedApart(on: image)
    }

    private static func stem(of image: ImageSource, _ currentFolder: String) -> String {
        String(FileName(FileName(image.path).absolute(in: currentFolder)).pathWithoutImageSuffix)
    }
}

extension MaskSource {
    package func adding(_ finding: Finding) -> MaskSource {
        var mask = self
        mask.findings.append(finding)
        return mask
    }
}
