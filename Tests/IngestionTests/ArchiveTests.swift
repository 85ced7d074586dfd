import Foundation
import Imaging
import Ingestion
import TestSupport
import Testing

@Suite(.enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct ArchiveTests {
    @Test(
        "Size and spacing are PyRadiomics' (SimpleITK's)",
        arguments: [
            ("sts1ct", [198, 202, 59], [0.976562, 0.976562, 3.27]),
            ("ibsict", [204, 201, 60], [0.97699999809265, 0.97699999809265, 3]),
            ("brain1", [256, 256, 25], [0.78125, 0.78125, 6.5]),
        ]
    )
    func geometry(_ name: String, _ size: [Int], _ spacing: [Double]) throws {
        let archive = try Archive.scan([SharedFiles.path("data/pyradiomics/\(name)/image")], jobs: 2)
        #expect(archive.images.count == 1 && archive.skipped.isEmpty)
        let image = try #require(archive.images.first)
        #expect(image.geometry.size == SIMD3(size[0], size[1], size[2]))
        let off = image.geometry.spacing - SIMD3(spacing[0], spacing[1], spacing[2])
        #expect(max(abs(off.x), abs(off.y), abs(off.z)) < 1e-6, "\(image.geometry.spacing)")
        #expect(image.gapsAfter.isEmpty)
        let volume = try image.load(jobs: 2)
        #expect(volume.values.count == size.reduce(1, *))
    }

    @Test("The IBSI phantom is one CT of 60 slices in HU")
    func phantom() throws {
        let archive = try Archive.scan([SharedFiles.path("data/ibsi1/ct_phantom/dicom/image")], jobs: 2)
        let image = try #require(archive.images.first)
        #expect(archive.images.count == 1)
        #expect(image.geometry.size == SIMD3(204, 201, 60))
        #expect(try image.load().unit == .hounsfield)
    }

    @Test("Every series of the archive is one stack, whatever the number of threads")
    func archive() throws {
        let one = try Archive.scan([SharedFiles.path("data/archive")], jobs: 1)
        let two = try Archive.scan([SharedFiles.path("data/archive")], jobs: 2)
        #expect(one.images.count == 30)
        #expect(one.masks.count == 30)
        #expect(Set(one.images.map(\.identity.seriesUID)).count == 30)
        #expect(one.images.map(\.slices) == two.images.map(\.slices))
        #expect(one.images.map(\.geometry) == two.images.map(\.geometry))
        let modalities = Dictionary(grouping: one.images, by: \.identity.modality).mapValues(\.count)
        #expect(modalities == ["CT": 10, "MR": 10, "PT": 10])
    }

    @Test("A path that does not exist throws; hidden files and links in a circle do no harm")
    func walk() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weft-walk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(throws: IngestionError.notFound(path: folder.path + "/absent")) {
            try Archive.scan([folder.path + "/absent"], jobs: 1)
        }
        try Data("no dicom".utf8).write(to: folder.appendingPathComponent("b.txt"))
        try Data([0, 1, 2, 3, 4, 5, 6, 7]).write(to: folder.appendingPathComponent("c"))
        try Data("hidden".utf8).write(to: folder.appendingPathComponent(".a"))
        try Data(count: 200).write(to: folder.appendingPathComponent("DICOMDIR"))
        try FileManager.default.createSymbolicLink(
            at: folder.appendingPathComponent("loop"),
            withDestinationURL: folder
        )
        let archive = try Archive.scan([folder.path], jobs: 2)
        #expect(archive.skipped.map(\.path) == [folder.path + "/c"])
        #expect(archive.skipped[0].reason.contains("8 bytes"))
        #expect(archive.companions == [folder.path + "/b.txt"])
    }
}
