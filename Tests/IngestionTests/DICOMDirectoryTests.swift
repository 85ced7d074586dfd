import Foundation
import Ingestion
import TestSupport
import Testing

/// A DICOMDIR stands for the files that it lists; in a folder that is scanned it says nothing new.
@Suite("DICOMDIR")
struct DICOMDirectoryTests {
    /// Two slices in `SCANS/`, of which the second has a name in small letters, and a third that nobody lists.
    private func fileSet(_ fileIDs: [String]) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder["SCANS"], withIntermediateDirectories: false)
        for (number, name) in ["IM1", "im2", "IM3"].enumerated() {
            var object = DICOMBytes()
            object.text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.2")
            object.text(0x0008_0018, "UI", "2.25.\(number + 1)")
            object.text(0x0008_0060, "CS", "CT")
            object.text(0x0020_0032, "DS", "0\\0\\\(number)")
            object.text(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0")
            object.describePixels("MONOCHROME2", columns: 2, rows: 1)
            object.words(0x7FE0_0010, "OW", [1, UInt16(number)])
            try Data(object.file()).write(to: URL(fileURLWithPath: folder["SCANS/\(name)"]))
        }
        var directory = DICOMBytes()
        directory.text(0x0004_1130, "CS", "WEFT")
        directory.sequence(
            0x0004_1220,
            [DICOMBytes { $0.text(0x0004_1430, "CS", "PATIENT") }]
                + fileIDs.map { id in
                    DICOMBytes {
                        $0.text(0x0004_1430, "CS", "IMAGE")
                        $0.text(0x0004_1500, "CS", id)
                    }
                })
        let bytes = directory.file(sopClass: "1.2.840.10008.1.3.10")
        try Data(bytes).write(to: URL(fileURLWithPath: folder["DICOMDIR"]))
        return folder
    }

    @Test("given itself it is its files, found in capitals or not")
    func given() throws {
        let folder = try fileSet(["SCANS\\IM1", "SCANS\\IM2"])
        let archive = try Archive.scan([folder["DICOMDIR"]], jobs: 1)
        #expect(archive.skipped.isEmpty, "\(archive.skipped)")
        #expect(Set(archive.images.flatMap(\.slices).map(\.path)) == [folder["SCANS/IM1"], folder["SCANS/im2"]])
        #expect(archive.roots == [folder.path + "/"])
        // Beside its own folder it adds nothing.
        let both = try Archive.scan([folder["DICOMDIR"], folder.path], jobs: 1)
        #expect(both.images.flatMap(\.slices).count == 3 && both.skipped.isEmpty)
    }

    @Test("in a folder it is known and not mentioned")
    func found() throws {
        let folder = try fileSet(["SCANS\\IM1", "SCANS\\GONE"])
        let archive = try Archive.scan([folder.path], jobs: 1)
        #expect(archive.images.flatMap(\.slices).count == 3 && archive.skipped.isEmpty && archive.companions.isEmpty)
    }

    @Test("what it lists and is not there is named; what leads out of its folder is not followed")
    func missing() throws {
        let folder = try fileSet(["SCANS\\IM1", "SCANS\\IM9", "..\\SECRET", "SCANS\\..\\..\\SECRET"])
        let archive = try Archive.scan([folder["DICOMDIR"]], jobs: 1)
        #expect(archive.images.flatMap(\.slices).count == 1)
        #expect(archive.skipped.map(\.path) == [folder["SCANS/IM9"], folder["DICOMDIR"], folder["DICOMDIR"]])
        #expect(archive.skipped[0].reason.contains("found nothing there"))
        #expect(archive.skipped[1].reason.contains("which no file set can hold"))
    }

    @Test("one that is damaged is answered when it is given")
    func damaged() throws {
        let folder = try TemporaryFolder()
        try Data(count: 200).write(to: URL(fileURLWithPath: folder["DICOMDIR"]))
        #expect(try Archive.scan([folder["DICOMDIR"]], jobs: 1).skipped.count == 1)
        #expect(try Archive.scan([folder.path], jobs: 1).skipped.isEmpty)
    }
}
