import Files
import Foundation
import Ingestion
import PNG
import TestSupport
import Testing

/// Foreign files are known by their content, then by their name.
@Suite("kinds of files")
struct FileKindTests {
    /// A file with its first bytes, and what it is.
    struct Sample: CustomTestStringConvertible {
        var name: String
        var bytes: [UInt8]
        var kind: FileKind?

        init(_ name: String, _ bytes: [UInt8], _ kind: FileKind?) {
            (self.name, self.bytes, self.kind) = (name, bytes, kind)
        }

        init(_ name: String, _ text: String, _ kind: FileKind?, at offset: Int = 0) {
            self.init(name, [UInt8](repeating: 0, count: offset) + Array(text.utf8) + [0, 1, 2, 3], kind)
        }

        var testDescription: String { name }
    }

    static let samples = [
        Sample("a.zip", "PK\u{03}\u{04}", .zip), Sample("scan.dcm", "PK\u{03}\u{04}", .zip),
        Sample("empty.zip", "PK\u{05}\u{06}", .zip), Sample("a.npz", "PK\u{03}\u{04}", .numpy),
        Sample("list.xlsx", "PK\u{03}\u{04}", .office), Sample("a.gz", [0x1f, 0x8b, 8], .gzip),
        Sample("scan.nii.gz", [0x1f, 0x8b, 8], .nifti), Sample("brain.mgz", [0x1f, 0x8b, 8], .mgh),
        Sample("all.tar.gz", [0x1f, 0x8b, 8], .tar), Sample("all.tar", "ustar", .tar, at: 257),
        Sample("a.bz2", "BZh9", .bzip2), Sample("a.xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], .xz),
        Sample("a.7z", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], .sevenZip), Sample("a.rar", "Rar!\u{1A}\u{07}", .rar),
        Sample("photo.png", [0xff, 0xd8, 0xff, 0xe0], .jpeg),
        Sample("a.jp2", [0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20], .jpeg2000),
        Sample("a", [0xff, 0x4f, 0xff, 0x51], .jpeg2000),
        Sample("a.tif", "II*\0", .tiff), Sample("a.tiff", "MM\0*", .tiff), Sample("a.gif", "GIF89a", .gif),
        Sample("a.bmp", Array("BM".utf8) + [9, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0], .bmp),
        Sample("BMI.bin", "BMI of patients\u{01}", .voxelData), Sample("a.webp", "RIFF....WEBP", .webp),
        Sample("a.heic", "....ftypheic", .heif), Sample("cine.avi", "RIFF....AVI LIST", .video),
        Sample("cine.mp4", "....ftypisom", .video), Sample("a.mkv", [0x1a, 0x45, 0xdf, 0xa3], .video),
        Sample("a.nii", "n+1\0", .nifti, at: 344), Sample("a.hdr", "ni1\0", .nifti, at: 344),
        Sample("a.nii", "n+2\0", .nifti, at: 4), Sample("old.hdr", [0x5c, 1, 0, 0, 7], .analyze),
        Sample("old.img", [0, 0, 1, 5], .voxelData), Sample("a.raw", [0, 0, 1, 5], .voxelData),
        Sample("a.nrrd", "NRRD0005\ntype: short", .nrrd), Sample("a.mha", "ObjectType = Image\nNDims = 3", .metaImage),
        Sample("a.mhd", "NDims = 3\n", .metaImage), Sample("a.mnc", "CDF\u{01}", .minc),
        Sample("a.mnc", [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a], .minc),
        Sample("a.h5", [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a], .hdf5),
        Sample("a.npy", [0x93] + Array("NUMPY".utf8), .numpy), Sample("a.mat", "MATLAB 5.0 MAT-file", .matlab),
        Sample("report", "%PDF-1.7", .pdf), Sample("a.doc", [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], .office),
        Sample("Thumbs.db", [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], .systemFile),
        Sample("._IM1.dcm", [0, 5, 0x16, 7], .systemFile), Sample("a.sqlite", "SQLite format 3\0", .database),
        Sample("viewer.exe", "MZ\u{90}\0", .program), Sample("viewer", [0x7f] + Array("ELF".utf8), .program),
        Sample("IM1.dcm", Array("<!DOCTYPE html>\n<html>".utf8), .html),
        Sample("notes", Array("No data.\n".utf8), .text),
        Sample("cases.csv", Array("Image,Mask\n".utf8), .table), Sample("umlaut.txt", Array("K\u{f6}rper".utf8), .text),
        Sample("latin1.txt", [0x4b, 0xf6, 0x72], .text), Sample("utf16.txt", [0xff, 0xfe, 0x4b, 0], .text),
        Sample("IM2.dcm", Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\n".utf8), .gitPointer),
        Sample("IM3.dcm", [], .empty), Sample("IM4.dcm", "DICM", .dicom, at: 128),
        Sample(
            "tiff-in-preamble.dcm", Array("II*\0".utf8) + [UInt8](repeating: 0, count: 124) + Array("DICM".utf8), .dicom
        ),
        Sample("noise", [1, 2, 3, 4, 0, 0, 7], nil),
    ]

    @Test("the first bytes say what a file is, its name what they do not", arguments: samples)
    func recognised(_ sample: Sample) throws {
        let folder = try TemporaryFolder()
        try Data(sample.bytes).write(to: URL(fileURLWithPath: folder[sample.name]))
        #expect(FileKind(of: folder[sample.name]) == sample.kind)
        guard let kind = sample.kind, !kind.isRead else { return }
        // Named on the command line such a file is answered with what it is and what to do.
        let skipped = try Archive.scan([folder[sample.name]], jobs: 1).skipped
        #expect(skipped.map(\.kind) == [kind])
        #expect(skipped.first?.reason == "found \(kind.name.one), expected \(FileKind.readNames); \(kind.advice)")
    }

    @Test("every kind has a name and advice of its own words", arguments: FileKind.allCases)
    func described(_ kind: FileKind) {
        #expect(kind.name.one != kind.name.several && !kind.advice.isEmpty)
        #expect(!kind.advice.hasSuffix(".") && !kind.name.one.hasSuffix("."))
    }

    @Test("a PNG and a DICOM file are read whatever they are called")
    func wrongSuffix() throws {
        let folder = try TemporaryFolder()
        try PNGWriter.write(grey: [1, 2, 3, 4] as [UInt8], width: 2, height: 2, to: folder["picture"])
        var object = DICOMBytes.object(modality: "MR")
        object.describePixels("MONOCHROME2", columns: 2, rows: 1)
        object.words(0x7FE0_0010, "OW", [1, 2])
        try Data(object.file()).write(to: URL(fileURLWithPath: folder["slice.png"]))
        let archive = try Archive.scan([folder.path], jobs: 1)
        #expect(Set(archive.images.map(\.format)) == [.png, .dicom] && archive.skipped.isEmpty, "\(archive.skipped)")
    }

    @Test("what lies beside images is no fault in a folder, and answered when it is named")
    func companions() throws {
        let folder = try TemporaryFolder()
        let names = [
            "README", "LICENSE.txt", "labels.csv", "truth.json", "settings.yaml", "study.xml", "notes.md", "Thumbs.db",
            "desktop.ini", "._a.dcm",
        ]
        for name in names { try Data("some words\n".utf8).write(to: URL(fileURLWithPath: folder[name])) }
        // A page or words in the place of a slice are a fault.
        try Data("404 not found\n".utf8).write(to: URL(fileURLWithPath: folder["IM1.dcm"]))
        try Data("404 not found\n".utf8).write(to: URL(fileURLWithPath: folder["IM2"]))
        let archive = try Archive.scan([folder.path], jobs: 2)
        #expect(archive.skipped.map(\.path) == [folder["IM1.dcm"], folder["IM2"]])
        #expect(archive.skipped.allSatisfy { $0.kind == .text })
        for name in names {
            let named = try Archive.scan([folder[name]], jobs: 1)
            #expect(named.skipped.count == 1 && named.companions.isEmpty, "\(name)")
        }
    }

    @Test("links to nothing and in circles, pipes and sockets are named, and nothing waits for them")
    func specialFiles() throws {
        let folder = try TemporaryFolder()
        let files = FileManager.default
        try files.createSymbolicLink(atPath: folder["gone.dcm"], withDestinationPath: "nowhere")
        try files.createSymbolicLink(atPath: folder["one"], withDestinationPath: "two")
        try files.createSymbolicLink(atPath: folder["two"], withDestinationPath: "one")
        try files.createSymbolicLink(atPath: folder["whole"], withDestinationPath: ".")
        try #require(mkfifo(folder["pipe.dcm"], 0o600) == 0)
        let archive = try Archive.scan([folder.path], jobs: 1)
        let reasons = Dictionary(uniqueKeysWithValues: archive.skipped.map { (FileName($0.path).name, $0.reason) })
        #expect(Set(reasons.keys) == ["gone.dcm", "one", "two", "pipe.dcm"])
        #expect(reasons["gone.dcm"]?.contains("a link to what is not there") == true)
        #expect(reasons["pipe.dcm"]?.contains("found a pipe") == true)
        #expect(reasons["one"]?.contains("put the file itself in the place of the link") == true)
        #expect(throws: IngestionError.brokenLink(path: folder["gone.dcm"])) {
            try Archive.scan([folder["gone.dcm"]], jobs: 1)
        }
        #expect(throws: IngestionError.self) { try Archive.scan([folder["pipe.dcm"]], jobs: 1) }
    }

    @Test(
        "a folder and files that may not be looked into are named",
        .enabled(if: getuid() != 0, "root may look into every folder"))
    func closedFolder() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder["closed"], withIntermediateDirectories: false)
        chmod(folder["closed"], 0)
        defer { chmod(folder["closed"], 0o700) }
        for name in ["slice.dcm", "picture.png"] {
            try Data([1]).write(to: URL(fileURLWithPath: folder[name]))
            chmod(folder[name], 0)
        }
        let archive = try Archive.scan([folder.path], jobs: 1)
        #expect(archive.skipped.map(\.path) == [folder["closed"], folder["picture.png"], folder["slice.dcm"]])
        for file in archive.skipped {
            #expect(file.reason == "cannot be read: Permission denied; check the permissions", "\(file.path)")
        }
    }
}
