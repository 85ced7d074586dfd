import Files

/// The name of a PNG mask: `name_mask.png` is the mask of `name.png`, `name_mask_1.png`, `name_mask_2.png` … are further ones
/// (as in the BUSI data set).
public struct MaskFileName: Hashable, Sendable {
    /// Path of the image without `.png`.
    public let imageStem: String
    /// The number at the end; nil for the first mask.
    public let number: Int?

    /// Nil for a path that is none of a mask; upper and lower case are one in `_mask` and `.png`.
    public init?(_ path: String) {
        guard FileName(path).ends(in: ".png") else { return nil }
        var stem = path.dropLast(".png".count)
        let digits = stem.reversed().prefix { $0.isASCII && $0.isNumber }.count
        var number: Int?
        if digits > 0, let found = Int(stem.suffix(digits)), stem.dropLast(digits).lowercased().hasSuffix("_mask_") {
            number = found
            stem = stem.dropLast(digits + 1)
        }
        guard FileName(String(stem)).ends(in: "_mask") else { return nil }
        (imageStem, self.number) = (String(stem.dropLast("_mask".count)), number)
    }
}
