import Files

/// A format that holds a whole volume in one file, or in a header and the voxels beside it.
public enum VolumeFormat: String, CaseIterable, Sendable {
    case nifti = "NIfTI"
    case nrrd = "NRRD"
    case metaImage = "MetaImage"

    init?(_ kind: FileKind) {
        switch kind {
        case .nifti: self = .nifti
        case .nrrd: self = .nrrd
        case .metaImage: self = .metaImage
        default: return nil
        }
    }

    /// By the name alone; nil for names of other formats.
    init?(named path: String) {
        guard let format = Self.suffixes.first(where: { FileName(path).ends(in: $0.suffix) })?.format else {
            return nil
        }
        self = format
    }

    /// Longer ones first, so that `.nii.gz` is taken off whole.
    private static let suffixes: [(suffix: String, format: VolumeFormat)] = [
        (".nii.gz", .nifti), (".hdr.gz", .nifti), (".img.gz", .nifti), (".nii", .nifti), (".hdr", .nifti),
        (".img", .nifti), (".nrrd", .nrrd), (".nhdr", .nrrd), (".mha", .metaImage), (".mhd", .metaImage),
    ]

    /// How much of a path is a suffix of such a file, `.nii.gz` as one; nil for names of other formats.
    static func suffixLength(of path: String) -> Int? {
        suffixes.first { FileName(path).ends(in: $0.suffix) }?.suffix.count
    }
}

extension FileName {
    /// The path without the suffix of an image: `.nii.gz` as one, and of any other file what stands behind the last dot.
    package var pathWithoutImageSuffix: Substring {
        VolumeFormat.suffixLength(of: path).map { path.dropLast($0) } ?? pathWithoutSuffix
    }

    /// Whether the suffix is that of a PNG or a volume.
    package var isOfImage: Bool { MaskFileName.isOfLabelImage(path) }

    /// By the suffix alone.
    package var volumeFormat: VolumeFormat? { VolumeFormat(named: path) }

    /// The name without it.
    package var imageStem: Substring { pathWithoutImageSuffix.dropFirst(folder.count) }
}
