import Files

/// The name of a label image: `name_mask.png` is the mask of `name.png`, `name_mask_1.png`, `name_mask_2.png` … are further ones
/// (as in the BUSI data set), and `name_mask_left.png` where `name.png` is there. Other data sets write `name-mask`, `name_seg`,
/// `name_label`, `name_segmentation` or `name_roi`, BIDS `name_dseg`, 3D Slicer `name.seg.nrrd`. The same in NIfTI, NRRD and
/// MetaImage.
public struct MaskFileName: Hashable, Sendable {
    /// How much the name says.
    public enum Evidence: Sendable {
        /// A mask, whatever lies beside it.
        case certain
        /// A mask where its image is there; a picture may be called so as well.
        case beside
    }

    /// Path of the image without its suffix.
    public let imageStem: String
    /// The number at the end; nil for the first mask.
    public let number: Int?
    public let evidence: Evidence

    /// Nil for a path that is certainly none of a mask; upper and lower case are one in `_mask` and in suffixes.
    public init?(_ path: String) {
        self.init(likely: path)
        guard evidence == .certain else { return nil }
    }

    /// The same, also for names that pictures may have.
    public init?(likely path: String) {
        guard Self.isOfLabelImage(path) else { return nil }
        let stem = FileName(path).pathWithoutImageSuffix
        if let further = Self.wordBefore(stem) {
            (imageStem, number, evidence) = (String(further), nil, .beside)
            return
        }
        let digits = stem.reversed().prefix { $0.isASCII && $0.isNumber }.count
        var body = stem.dropLast(digits)
        let number = digits == 0 ? nil : Int(stem.suffix(digits))
        guard digits == 0 || number != nil else { return nil }
        let isParted = number != nil && body.last.map { $0 == "_" || $0 == "-" } == true
        if isParted { body = body.dropLast() }
        guard let start = body.lastIndex(where: { $0 == "_" || $0 == "-" || $0 == "." }) else { return nil }
        let word = body[body.index(after: start)...].lowercased()
        let isSlicer = FileName(path).ends(in: ".seg.nrrd")
        let isCertain =
            isSlicer || (word == "mask" && body[start] != "." && (digits == 0 || isParted)) || word == "dseg"
        guard isCertain || Self.words.contains(word) else { return nil }
        (imageStem, self.number) = (String(body[..<start]), number)
        evidence = isCertain ? .certain : .beside
    }

    /// The image of `name_mask_left`, `name_mask_1_2`, `name_mask (1)`: more stands behind the word than a number.
    private static func wordBefore(_ stem: Substring) -> Substring? {
        let nameStart = stem.lastIndex(of: "/").map(stem.index(after:)) ?? stem.startIndex
        let isSeparator = { (character: Character) in "_-. (".contains(character) }
        let separators = stem.indices.filter { $0 >= nameStart && isSeparator(stem[$0]) }
        for (start, end) in zip(separators, separators.dropFirst()).reversed() {
            let word = stem[stem.index(after: start)..<end].lowercased()
            let rest = stem[stem.index(after: end)...]
            guard word == "mask" || word == "masks", start > nameStart, !rest.isEmpty,
                stem[end] == " " || !rest.allSatisfy({ $0.isASCII && $0.isNumber })
            else { continue }
            let last = rest[(rest.lastIndex(where: isSeparator).map(rest.index(after:)) ?? rest.startIndex)...]
                .lowercased()
            // `a_mask_left_mask` is the mask of a picture that is called so.
            return words.contains(last) ? nil : stem[..<start]
        }
        return nil
    }

    /// Whether a file of this name may hold labels at all: a PNG, or a volume.
    static func isOfLabelImage(_ path: String) -> Bool {
        FileName(path).ends(in: ".png") || VolumeFormat(named: path) != nil
    }

    /// Whether a volume's name is nothing but a word for masks: `seg.nii.gz`, or FreeSurfer's for one: `aparc+aseg.nii.gz`.
    static func isWordAlone(_ path: String) -> Bool {
        let stem = FileName(path).imageStem.lowercased()
        return VolumeFormat(named: path) != nil && (words.contains(stem) || freeSurfer.contains(stem))
    }

    /// Segmentations that FreeSurfer's recon-all leaves in `mri/` beside `T1.mgz`, all on one grid.
    private static let freeSurfer: Set<String> = [
        "aseg", "aseg.auto", "aseg.presurf", "aparc+aseg", "aparc.a2009s+aseg", "aparc.dktatlas+aseg", "wmparc",
        "ribbon",
        "synthseg",
    ]

    private static let words: Set<String> = [
        "mask", "masks", "msk", "seg", "segm", "segmentation", "segmentations", "label", "labels", "roi", "gt",
        "annotation",
        "lesion", "dseg", "labelmap", "totalseg",
    ]
}

/// What the masks of an image may be named after: its own name, and that without the number of a channel (nnU-Net's
/// `case_0000`) or a word for images (`case_image`).
package enum ImageNameForms {
    /// - Parameter stem: a path or a name without its suffix.
    package static func of(_ stem: String) -> [String] {
        guard let cut = stem.lastIndex(of: "_"), !stem[..<cut].isEmpty, stem[..<cut].last != "/" else { return [stem] }
        let word = stem[stem.index(after: cut)...]
        let isChannel = word.count == 4 && word.allSatisfy { $0.isASCII && $0.isNumber }
        let isWord = ["image", "img", "scan", "volume"].contains(word.lowercased())
        return isChannel || isWord ? [stem, String(stem[..<cut])] : [stem]
    }
}
