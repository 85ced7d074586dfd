import Imaging
import Ingestion
import TestSupport
import Testing

/// Dose grids of radiotherapy (RTDOSE) are images in Gy.
@Suite("dose grids")
struct DoseGridTests {
    /// Three frames of 2 × 1 voxels whose offsets are what is tested.
    private func dose(offsets: String, scaling: String? = "0.5", units: String = "GY") -> [UInt8] {
        var object = DICOMBytes.object(modality: "RTDOSE")
        object.text(0x0020_000E, "UI", "1.2.3.9")
        object.text(0x0020_0032, "DS", "10\\20\\30")
        object.text(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0")
        object.text(0x0020_0052, "UI", "1.2.3.8")
        object.describePixels("MONOCHROME2", columns: 2, rows: 1, frames: 3, spacing: "3\\2")
        object.text(0x3004_0002, "CS", units)
        object.text(0x3004_000C, "DS", offsets)
        if let scaling { object.text(0x3004_000E, "DS", scaling) }
        object.words(0x7FE0_0010, "OW", [1, 2, 3, 4, 5, 6])
        return object.file(sopClass: "1.2.840.10008.5.1.4.1.1.481.2")
    }

    private func image(_ bytes: [UInt8]) throws -> (image: ImageSource, volume: Volume) {
        try withTemporaryFile(bytes) { path in
            let archive = try Archive.scan([path], jobs: 1)
            let image = try #require(archive.images.first, "\(archive.skipped)")
            return (image, try image.load())
        }
    }

    @Test("values are Gy, frames lie where the offsets say", arguments: ["0\\2.5\\5", "30\\32.5\\35"])
    func inGrays(offsets: String) throws {
        let (image, volume) = try image(dose(offsets: offsets))
        #expect(image.identity.modality == "RTDOSE" && image.thirdAxis == .space)
        #expect(volume.unit == .named("Gy"))
        #expect(volume.geometry.size == SIMD3(2, 1, 3) && volume.geometry.spacing == SIMD3(2, 3, 2.5))
        #expect(volume.geometry.origin == SIMD3(10, 20, 30))
        #expect(volume.values(in: VoxelBox(lower: .zero, size: SIMD3(2, 1, 3))) == [0.5, 1, 1.5, 2, 2.5, 3])
    }

    @Test("frames in falling order lie in rising order afterwards")
    func falling() throws {
        let (_, volume) = try image(dose(offsets: "0\\-2.5\\-5"))
        #expect(volume.geometry.origin == SIMD3(10, 20, 25))
        #expect(volume.values(in: VoxelBox(lower: .zero, size: SIMD3(2, 1, 3))) == [2.5, 3, 1.5, 2, 0.5, 1])
    }

    @Test("a relative dose is no Gy; one without its scaling is no dose")
    func incomplete() throws {
        #expect(try image(dose(offsets: "0\\1\\2", units: "RELATIVE")).volume.unit == .named("relative dose"))
        #expect(throws: IngestionError.self) { try image(dose(offsets: "0\\1\\2", scaling: nil)) }
        let reason = try withTemporaryFile(dose(offsets: "0\\1")) { path in
            try Archive.scan([path], jobs: 1).skipped.first?.reason
        }
        #expect(reason?.contains("Grid Frame Offset Vector") == true, "\(reason ?? "")")
    }
}
