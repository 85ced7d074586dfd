/// The name of a folder that holds masks: `masks`, `labels`, `train_masks`, `labelsTr`, `ground_truth`.
enum MaskFolderName {
    static func matches(_ name: some StringProtocol) -> Bool { holds(name, words) }

    /// The name of a folder that holds pictures, whatever the folder above it is called.
    static func isOfImages(_ name: some StringProtocol) -> Bool { holds(name, imageWords) }

    /// Whether the folder's name is one of the words, or one of them behind or before the part of the data set.
    private static func holds(_ name: some StringProtocol, _ words: Set<String>) -> Bool {
        let parts = parts(of: name)
        let kinds = parts.filter { !sets.contains($0) }
        guard let last = kinds.last else { return false }
        return words.contains(last) || words.contains(kinds.joined())
    }

    /// `labelsTr` is labels, tr; `train_masks` is train, masks.
    private static func parts(of name: some StringProtocol) -> [String] {
        var parts: [String] = [""]
        var wasLower = false
        for character in name {
            if !character.isLetter {
                parts.append("")
            } else if character.isUppercase, wasLower {
                parts.append(character.lowercased())
            } else {
                parts[parts.count - 1] += character.lowercased()
            }
            wasLower = character.isLowercase
        }
        return parts.filter { !$0.isEmpty }
    }

    private static let words: Set<String> = [
        "mask", "masks", "label", "labels", "seg", "segs", "segmentation", "segmentations", "annotation", "annotations",
        "roi", "rois", "gt", "groundtruth",
    ]
    private static let imageWords: Set<String> = ["image", "images", "img", "imgs", "picture", "pictures", "scans"]
    private static let sets: Set<String> = [
        "tr", "ts", "train", "training", "val", "valid", "validation", "test", "testing",
    ]
}
