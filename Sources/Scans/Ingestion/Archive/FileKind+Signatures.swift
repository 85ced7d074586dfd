import Files

/// A sequence of bytes at a fixed place of every file of a kind.
private struct Signature {
    let offset: Int
    let bytes: [UInt8]
    let kind: FileKind

    init(_ kind: FileKind, _ bytes: [UInt8], at offset: Int = 0) {
        (self.kind, self.bytes, self.offset) = (kind, bytes, offset)
    }

    init(_ kind: FileKind, _ text: String, at offset: Int = 0) { self.init(kind, Array(text.utf8), at: offset) }

    func matches(_ head: [UInt8]) -> Bool {
        head.count >= offset + bytes.count && head[offset..<offset + bytes.count].elementsEqual(bytes)
    }
}

extension FileKind {
    /// The first that matches counts: DICOM first, since its preamble may hold anything, a TIFF header for one (PS3.10 7.1).
    private static let signatures = [
        Signature(.dicom, "DICM", at: 128),
        Signature(.png, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
        // A zip, an empty one, one of several parts.
        Signature(.zip, "PK\u{03}\u{04}"), Signature(.zip, "PK\u{05}\u{06}"), Signature(.zip, "PK\u{07}\u{08}"),
        Signature(.gzip, [0x1F, 0x8B]),
        Signature(.xz, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]), Signature(.xz, [0x28, 0xB5, 0x2F, 0xFD]),
        Signature(.sevenZip, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
        Signature(.rar, "Rar!\u{1A}\u{07}"),
        Signature(.tar, "ustar", at: 257),
        Signature(.jpeg, [0xFF, 0xD8, 0xFF]),
        // The box of a JP2 file; a bare codestream.
        Signature(.jpeg2000, [0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20]), Signature(.jpeg2000, [0xFF, 0x4F, 0xFF, 0x51]),
        Signature(.tiff, [0x49, 0x49, 0x2A, 0]), Signature(.tiff, [0x4D, 0x4D, 0, 0x2A]),
        Signature(.tiff, [0x49, 0x49, 0x2B, 0]), Signature(.tiff, [0x4D, 0x4D, 0, 0x2B]),
        Signature(.gif, "GIF87a"), Signature(.gif, "GIF89a"),
        Signature(.webp, "WEBP", at: 8), Signature(.video, "AVI ", at: 8),
        Signature(.heif, "ftyphei", at: 4), Signature(.heif, "ftypmif", at: 4), Signature(.heif, "ftypavif", at: 4),
        // MP4 and QuickTime, Matroska, MPEG, Windows Media, Ogg, Flash.
        Signature(.video, "ftyp", at: 4), Signature(.video, "moov", at: 4),
        Signature(.video, [0x1A, 0x45, 0xDF, 0xA3]),
        Signature(.video, [0, 0, 1, 0xBA]), Signature(.video, [0, 0, 1, 0xB3]),
        Signature(.video, [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11]), Signature(.video, "OggS"),
        Signature(.video, "FLV\u{01}"),
        // NIfTI-1 in one file and in two, NIfTI-2 in one file and in two.
        Signature(.nifti, "n+1\0", at: 344), Signature(.nifti, "ni1\0", at: 344),
        Signature(.nifti, "n+2\0", at: 4), Signature(.nifti, "ni2\0", at: 4),
        Signature(.nrrd, "NRRD000"),
        Signature(.metaImage, "ObjectType"), Signature(.metaImage, "NDims"),
        Signature(.minc, "CDF\u{01}"), Signature(.minc, "CDF\u{02}"),
        Signature(.numpy, [0x93] + Array("NUMPY".utf8)),
        Signature(.matlab, "MATLAB 5.0 MAT-file"), Signature(.matlab, "MATLAB 7.3 MAT-file"),
        Signature(.hdf5, hdf5Magic), Signature(.hdf5, hdf5Magic, at: 512),
        Signature(.pdf, "%PDF-"),
        Signature(.office, [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]), Signature(.office, "{\\rtf"),
        Signature(.database, "SQLite format 3\0"),
        Signature(.program, [0x7F] + Array("ELF".utf8)),
        // AppleDouble: what macOS keeps beside a file on a foreign disk.
        Signature(.systemFile, [0, 0x05, 0x16, 0x07]),
        Signature(.gitPointer, "version https://git-lfs.github.com/spec/"),
    ]
    private static let hdf5Magic: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

    /// What is read of a file to know its kind, bytes.
    private static let headSize = 2048

    /// By the content of the file at `path` and by its name. Nil for what is of no kind that is known, and for what cannot be
    /// read.
    public init?(of path: String) {
        let head: [UInt8]
        do {
            head = try OpenFile(reading: path).read(Self.headSize, at: 0)
        } catch { return nil }
        self.init(head: head, path: path)
    }

    /// - Parameter head: the first 2,048 bytes of the file, or all that it has.
    init?(head: [UInt8], path: String) {
        let name = FileName(path)
        if Self.isSystemName(name.name) {
            self = .systemFile
        } else if head.isEmpty {
            self = .empty
        } else if let signature = Self.signatures.first(where: { $0.matches(head) }) {
            self = signature.kind.inside(name)
        } else if let kind = Self.looseSignature(head, name) ?? Self.text(head, name) ?? Self.byName(name) {
            self = kind
        } else {
            return nil
        }
    }

    /// What a container, or a format that others are built on, holds by its name.
    private func inside(_ name: FileName) -> FileKind {
        func ends(_ endings: String...) -> Bool { endings.contains { name.ends(in: $0) } }
        return switch self {
        case .zip where ends(".npz"): .numpy
        case .zip where ends(".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp"): .office
        case .gzip where ends(".nii.gz", ".hdr.gz", ".img.gz"): .nifti
        case .gzip where ends(".mgz", ".mgh.gz"): .mgh
        case .gzip where ends(".tgz", ".tar.gz"): .tar
        case .hdf5 where ends(".mnc"): .minc
        default: self
        }
    }

    /// Signatures too short to count without something else.
    private static func looseSignature(_ head: [UInt8], _ name: FileName) -> FileKind? {
        func word(at offset: Int) -> UInt32? {
            guard head.count >= offset + 4 else { return nil }
            return (0..<4).reduce(0) { $0 | UInt32(head[offset + $1]) << (8 * $1) }
        }
        if head.starts(with: Array("BM".utf8)), word(at: 6) == 0,
            [12, 40, 52, 56, 64, 108, 124].contains(word(at: 14))
        {
            return .bmp
        }
        if head.starts(with: Array("BZh".utf8)), head.count > 3, (0x31...0x39).contains(head[3]) { return .bzip2 }
        // The size of the header, in either byte order.
        if [348, 0x5C01_0000].contains(word(at: 0)), name.ends(in: ".hdr") { return .analyze }
        let isProgram = [".exe", ".dll", ".sys", ".ocx", ".com", ".cpl"].contains(where: name.ends)
        if head.starts(with: Array("MZ".utf8)), isProgram { return .program }
        return nil
    }

    private static func text(_ head: [UInt8], _ name: FileName) -> FileKind? {
        let isUTF16 = head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF])
        // Tab, line feed, form feed and return are what text has of control characters; UTF-8 and the older character sets of
        // one byte have the rest.
        let isText = head.allSatisfy { $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0C, 0x0D].contains($0) }
        guard isUTF16 || isText else { return nil }
        let start = String(decoding: head.prefix(256), as: UTF8.self).drop { $0.isWhitespace || $0 == "\u{FEFF}" }
            .lowercased()
        if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") { return .html }
        return name.ends(in: ".csv") || name.ends(in: ".tsv") ? .table : .text
    }

    private static func byName(_ name: FileName) -> FileKind? {
        switch name.suffix.lowercased() {
        case ".nii": .nifti
        case ".hdr": .analyze
        case ".img", ".raw", ".zraw", ".bin": .voxelData
        case ".nrrd", ".nhdr": .nrrd
        case ".mha", ".mhd": .metaImage
        case ".mgh": .mgh
        case ".mat": .matlab
        case ".tar": .tar
        default: nil
        }
    }
}
