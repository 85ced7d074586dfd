import Files

/// What a file is, by its first bytes, and by its name where these do not tell.
///
/// All that weft knows of file formats by sight stands here: a case, its name in a sentence, and what to do about it. A reader
/// for one more format makes ``isRead`` true of its kind and takes it up in `FileContent`.
public enum FileKind: String, CaseIterable, Hashable, Sendable {
    // Read.
    case dicom, png
    case nifti, nrrd, metaImage
    // Containers.
    case zip, gzip, bzip2, xz, sevenZip, rar, tar
    // Pictures.
    case jpeg, jpeg2000, tiff, bmp, gif, webp, heif
    case video
    // Volumes.
    case analyze, mgh, minc
    /// The voxels that a header file beside them describes.
    case voxelData
    // Arrays.
    case numpy, hdf5, matlab
    // Documents.
    case pdf, office, html, text
    /// A table of text, which some commands take as a list of cases.
    case table
    case database, program
    // No content.
    case empty
    /// A few lines of text in the place of a file that Git keeps elsewhere.
    case gitPointer
    /// What an operating system leaves in a folder that somebody looked at.
    case systemFile

    /// Whether there is a reader.
    public var isRead: Bool { self == .dicom || self == .png || VolumeFormat(self) != nil }

    /// What is read, in a sentence.
    public static let readNames = "DICOM, NIfTI, NRRD, MetaImage or PNG"

    /// One and several of them, in a sentence.
    public var name: (one: String, several: String) {
        switch self {
        case .dicom: ("a DICOM file", "DICOM files")
        case .png: ("a PNG picture", "PNG pictures")
        case .zip: ("a zip archive", "zip archives")
        case .gzip: ("a file compressed by gzip", "files compressed by gzip")
        case .bzip2: ("a file compressed by bzip2", "files compressed by bzip2")
        case .xz: ("a file compressed by xz or zstd", "files compressed by xz or zstd")
        case .sevenZip: ("a 7z archive", "7z archives")
        case .rar: ("a RAR archive", "RAR archives")
        case .tar: ("a tar archive", "tar archives")
        case .jpeg: ("a JPEG picture", "JPEG pictures")
        case .jpeg2000: ("a JPEG 2000 picture", "JPEG 2000 pictures")
        case .tiff: ("a TIFF picture", "TIFF pictures")
        case .bmp: ("a BMP picture", "BMP pictures")
        case .gif: ("a GIF picture", "GIF pictures")
        case .webp: ("a WebP picture", "WebP pictures")
        case .heif: ("a HEIF or AVIF picture", "HEIF or AVIF pictures")
        case .video: ("a video", "videos")
        case .nifti: ("a NIfTI image", "NIfTI images")
        case .analyze: ("an Analyze header", "Analyze headers")
        case .nrrd: ("an NRRD image", "NRRD images")
        case .metaImage: ("a MetaImage", "MetaImages")
        case .mgh: ("a FreeSurfer volume", "FreeSurfer volumes")
        case .minc: ("a MINC or NetCDF file", "MINC or NetCDF files")
        case .voxelData: ("voxels without a header", "files of voxels without a header")
        case .numpy: ("a NumPy array", "NumPy arrays")
        case .hdf5: ("an HDF5 file", "HDF5 files")
        case .matlab: ("a MATLAB file", "MATLAB files")
        case .pdf: ("a PDF", "PDFs")
        case .office: ("a document of an office program", "documents of an office program")
        case .html: ("a web page", "web pages")
        case .text: ("text", "files of text")
        case .table: ("a table of text", "tables of text")
        case .database: ("an SQLite database", "SQLite databases")
        case .program: ("a program", "programs")
        case .empty: ("an empty file", "empty files")
        case .gitPointer: ("a pointer of Git LFS", "pointers of Git LFS")
        case .systemFile: ("a file of the operating system", "files of the operating system")
        }
    }

    /// What to do with one of them, or with several.
    public var advice: String {
        switch self {
        case .dicom, .png, .nifti, .nrrd, .metaImage: "export again"
        case .zip, .sevenZip, .rar: "unpack, then give the folder"
        case .tar: "unpack (tar -xf), then give the folder"
        case .gzip: "unpack (gunzip)"
        case .bzip2: "unpack (bunzip2)"
        case .xz: "unpack (unxz or unzstd)"
        case .jpeg, .webp, .heif:
            "give the DICOM that this was made of; where there is none, convert to PNG (the loss of this format changes texture)"
        case .jpeg2000: "convert to PNG, or give the DICOM that this was made of"
        case .tiff: "convert to PNG with as many bits"
        case .bmp: "convert to PNG"
        case .gif: "convert to PNG, or give the DICOM that this was made of"
        case .video: "save its frames as DICOM or PNG"
        case .analyze: "left and right cannot be told in it: convert it to NIfTI by the program that made it"
        case .mgh, .minc: "convert to NIfTI, or give the DICOM that this was made of"
        case .voxelData: "give the header that describes it (.hdr, .nhdr, .mhd)"
        case .numpy, .hdf5, .matlab:
            "an array does not say where its voxels lie: give the DICOM, or save it as NIfTI with its positions"
        case .pdf: "export the images instead of the document"
        case .office: "a list of cases is saved as CSV"
        case .html: "look into it: servers send a page in the place of what they do not give"
        case .text: "leave out, or look into it: it may say what went wrong with an export"
        case .table: "as a list of cases its name ends in .csv, for the commands that take one"
        case .database, .program: "leave out"
        case .empty: "copy or export again"
        case .gitPointer: "fetch the content (git lfs pull)"
        case .systemFile: "leave out"
        }
    }

    /// Whether files of this kind, with a name like this, lie beside images without anybody calling it a fault: a README, a
    /// licence, settings, lists, notes.
    func isCompanion(named path: String) -> Bool {
        switch self {
        case .systemFile: true
        case .text, .table:
            Self.companionSuffixes.contains(FileName(path).suffix.lowercased())
                || Self.companionNames.contains { FileName(path).name.lowercased().hasPrefix($0) }
        default: false
        }
    }

    private static let companionSuffixes: Set<String> = [
        ".csv", ".tsv", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".inf", ".md",
        ".rst",
        ".txt", ".log", ".bib", ".py", ".ipynb", ".r", ".m", ".sh", ".bat", ".md5", ".sha1", ".sha256", ".bval",
        ".bvec",
    ]
    private static let companionNames = [
        "readme", "license", "licence", "copying", "notice", "changelog", "changes", "citation", "authors", "version",
        "md5sums", "sha256sums", "makefile", "participants",
    ]

    /// Whether by its name alone the file is one that lies beside images.
    static func isCompanionName(_ path: String) -> Bool {
        isSystemName(FileName(path).name) || FileKind.text.isCompanion(named: path) || FileName(path).ends(in: ".html")
    }

    /// Names that operating systems give; those that begin with a dot are hidden anyway.
    static func isSystemName(_ name: some StringProtocol) -> Bool {
        ["thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store"].contains(name.lowercased()) || name.hasPrefix("._")
    }
}
