import Files
import Foundation
import Ingestion

/// A mask whose image is not there: it has rows, too, so that nobody thinks it was extracted.
struct OrphanMask {
    let shownPath: String
    let reason: String
    /// Nil for a mask without a region.
    let entries: [MaskSource.Entry?]

    /// - Parameters:
    ///   - selfMasked: images of the input that serve as masks.
    ///   - skipped: files of the input that are not read, the mask's image perhaps among them.
    init(_ mask: MaskSource, shownPath: String, _ selfMasked: [ImageSource], _ skipped: [SkippedFile]) {
        self.shownPath = shownPath
        let identity = mask.format.isLabelImage ? FileIdentity(at: mask.path) : nil
        let isImageItself = identity != nil && selfMasked.contains { FileIdentity(at: $0.path) == identity }
        entries = mask.entries.isEmpty || isImageItself ? [nil] : mask.entries
        let lacking: String
        if isImageItself {
            lacking = "the file serves as a mask, so it is no image; give the image that it belongs to"
        } else if mask.format.isLabelImage {
            lacking = Self.lacking(picture: mask, shownPath, skipped)
        } else if mask.referencedSeriesUIDs.isEmpty {
            lacking =
                "the input does not hold its image (the mask names no series), nor one of its frame of reference; "
                + Self.advice
        } else {
            lacking =
                "the input does not hold its image (series \(mask.referencedSeriesUIDs.joined(separator: ", "))), nor one of "
                + "its frame of reference; " + Self.advice
        }
        reason = "\(mask.format.rawValue): \(lacking)"
    }

    private static let advice = "add the image, or leave the mask out"

    private static func lacking(
        picture mask: MaskSource, _ shownPath: String, _ skipped: [SkippedFile]
    ) -> String {
        let stems = Set(mask.imageStems.map(InputPath.absolute))
        if let image = skipped.first(where: {
            stems.contains(InputPath.absolute(String(FileName($0.path).pathWithoutImageSuffix)))
        }) {
            return "its image \(FileName(image.path).name) cannot be used: \(image.reason)"
        }
        let name = MaskFileName(likely: shownPath).map { "\($0.imageStem)\(mask.format == .png ? ".png" : "")" }
        guard mask.format == .png else {
            return
                "the input does not hold its image: none of the name\(name.map { " \($0)" } ?? ""), and none on the mask's grid; "
                + advice
        }
        return "the input does not hold its image\(name.map { " \($0)" } ?? ""); \(advice)"
    }
}
