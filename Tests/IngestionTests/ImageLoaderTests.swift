import Foundation
import Imaging
import Ingestion
import TestSupport
import Testing

/// From stored values to the modality's, on files whose bytes the test writes.
@Suite struct ImageLoaderTests {
    private func load(_ object: DICOMBytes) throws -> (ImageSource, Volume) {
        try withTemporaryFile(object.file()) { path in
            let archive = try Archive.scan([path], jobs: 1)
            let image = try #require(archive.images.first, "\(archive.skipped)")
            return (image, try image.load())
        }
    }

    private func values(_ volume: Volume) -> [Double] { (0..<volume.values.count).map { volume.values[$0] } }

    @Test("MONOCHROME1 is turned about the storable range")
    func monochrome1() throws {
        var object = DICOMBytes.object(modality: "CR")
        object.describePixels("MONOCHROME1", columns: 4, rows: 1, stored: 10)
        object.words(0x7FE0_0010, "OW", [0, 1, 1000, 1023])
        let (image, volume) = try load(object)
        #expect(values(volume) == [1023, 1022, 23, 0])
        #expect(image.findings.contains { $0.text.contains("MONOCHROME1 turned") })
    }

    @Test("MONOCHROME1 of a quantity stays as it is, and the note says so", arguments: ["CT", "PT", "MR", "NM"])
    func monochrome1Quantity(_ modality: String) throws {
        var object = DICOMBytes.object(modality: modality)
        object.describePixels("MONOCHROME1", columns: 2, rows: 1, stored: 10)
        object.words(0x7FE0_0010, "OW", [7, 1000])
        let (image, volume) = try load(object)
        #expect(values(volume) == [7, 1000])
        #expect(image.findings.contains { $0.text.hasPrefix("MONOCHROME1 not turned") }, "\(image.findings)")
    }

    @Test("A reconstruction's frames lie where its detector says", arguments: [2.0, -2])
    func detectorPosition(_ step: Double) throws {
        var object = DICOMBytes.object(modality: "NM")
        object.text(0x0018_0088, "DS", "\(step)")
        object.describePixels("MONOCHROME2", columns: 1, rows: 1, frames: 3)
        var detector = DICOMBytes()
        detector.text(0x0020_0032, "DS", "-10\\-20\\-500")
        detector.text(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0")
        object.sequence(0x0054_0022, [detector])
        object.words(0x7FE0_0010, "OW", [1, 2, 3])
        let (image, volume) = try load(object)
        #expect(image.patientPosition == .stated && image.thirdAxis == .space)
        #expect(image.geometry.spacing.z == 2)
        #expect(image.slices.map(\.position.z) == (step > 0 ? [-500, -498, -496] : [-504, -502, -500]))
        #expect(values(volume) == (step > 0 ? [1, 2, 3] : [3, 2, 1]))
    }

    @Test("A position that is no place in a body is refused", arguments: ["0\\0\\1e7", "0\\0\\inf", "0\\0", "a\\0\\0"])
    func impossiblePosition(_ position: String) throws {
        var object = DICOMBytes.object(modality: "CT")
        object.text(0x0020_0032, "DS", position)
        object.text(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0")
        object.describePixels("MONOCHROME2", columns: 1, rows: 1)
        object.words(0x7FE0_0010, "OW", [1])
        try withTemporaryFile(object.file()) { path in
            let archive = try Archive.scan([path], jobs: 1)
            #expect(archive.images.isEmpty)
            #expect(archive.skipped.first?.reason.contains("Image Position (Patient)") == true, "\(archive.skipped)")
        }
    }

    @Test("Contours and placed frames need an image with a position")
    func noPosition() throws {
        var object = DICOMBytes.object(modality: "CT")
        object.describePixels("MONOCHROME2", columns: 2, rows: 1)
        object.words(0x7FE0_0010, "OW", [1, 2])
        let (image, _) = try load(object)
        #expect(image.findings.contains(Finding(.note, "no position in the patient")))
        let mask = MaskSource(format: .rtstruct, path: "", entries: [.init(name: "a", label: 1)])
        let reason = try #require(try mask.regions(on: image).first?.reason)
        #expect(reason.hasPrefix("the image has no position in the patient"), "\(reason)")
    }

    @Test("Bits above Bits Stored are no part of the value, and its sign is kept")
    func storedBits() throws {
        var object = DICOMBytes.object(modality: "CT")
        object.describePixels("MONOCHROME2", columns: 4, rows: 1, stored: 12, isSigned: true)
        object.text(0x0028_1052, "DS", "-1000")
        object.text(0x0028_1053, "DS", "2")
        object.words(0x7FE0_0010, "OW", [0xF001, 0x0FFF, 0x0800, 0x07FF])
        let (_, volume) = try load(object)
        #expect(values(volume) == [-998, -1002, -5096, 3094])
        #expect(volume.unit == .hounsfield)
        guard case .int16 = volume.values else {
            Issue.record("\(volume.values.precision), expected int16")
            return
        }
    }

    @Test("A slope that is no whole number gives doubles, without rounding")
    func slope() throws {
        var object = DICOMBytes.object(modality: "PT")
        object.describePixels("MONOCHROME2", columns: 2, rows: 1)
        object.text(0x0028_1052, "DS", "0")
        object.text(0x0028_1053, "DS", "1.8386e-4")
        object.text(0x0054_1001, "CS", "BQML")
        object.words(0x7FE0_0010, "OW", [1, 65_535])
        let (_, volume) = try load(object)
        #expect(values(volume) == [1.8386e-4, 65_535 * 1.8386e-4])
        #expect(volume.unit == .named("BQML"))
    }

    @Test("A Modality LUT replaces the rescale; its ends repeat")
    func modalityLUT() throws {
        var object = DICOMBytes.object(modality: "CR")
        object.describePixels("MONOCHROME2", columns: 5, rows: 1, allocated: 16, stored: 12)
        var lut = DICOMBytes()
        lut.words(0x0028_3002, "US", [3, 10, 16])
        lut.text(0x0028_3004, "LO", "OD")
        lut.words(0x0028_3006, "OW", [100, 300, 40_000])
        object.sequence(0x0028_3000, [lut])
        object.words(0x7FE0_0010, "OW", [0, 10, 11, 12, 13])
        let (_, volume) = try load(object)
        #expect(values(volume) == [100, 100, 300, 40_000, 40_000])
        #expect(volume.unit == .named("OD"))
    }

    @Test("A slope of zero is refused, not applied")
    func zeroSlope() throws {
        var object = DICOMBytes.object(modality: "CT")
        object.describePixels("MONOCHROME2", columns: 2, rows: 1)
        object.text(0x0028_1052, "DS", "0")
        object.text(0x0028_1053, "DS", "0")
        object.words(0x7FE0_0010, "OW", [1, 2])
        let error = #expect(throws: IngestionError.self) { try load(object) }
        #expect(error?.reason.contains("Rescale Slope is 0") == true)
    }

    @Test("RGB becomes luminance, and grey stays exactly grey")
    func rgb() throws {
        var object = DICOMBytes.object(modality: "US")
        object.describePixels("RGB", columns: 2, rows: 1, samples: 3, allocated: 8, stored: 8)
        object.add(0x7FE0_0010, "OB", [10, 20, 30, 77, 77, 77])
        let (_, volume) = try load(object)
        #expect(abs(volume.values[0] - (2.99 + 11.74 + 3.42)) < 1e-12)
        #expect(volume.values[1] == 77)
    }

    @Test("Float pixels keep their type")
    func floats() throws {
        var object = DICOMBytes.object(modality: "MR")
        object.describePixels("MONOCHROME2", columns: 2, rows: 1, allocated: 32, stored: 32)
        object.add(0x7FE0_0008, "OF", [Float(0.1), -3.5].flatMap { withUnsafeBytes(of: $0, Array.init) })
        let (_, volume) = try load(object)
        #expect(values(volume) == [Double(Float(0.1)), -3.5])
        #expect(volume.values.precision == .float32)
    }

    @Test("An enhanced object: frames in order of position, each with its own rescale")
    func enhanced() throws {
        var shared = DICOMBytes()
        var orientation = DICOMBytes()
        orientation.text(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0")
        var measures = DICOMBytes()
        measures.text(0x0018_0050, "DS", "9")
        measures.text(0x0028_0030, "DS", "0.5\\0.25")
        shared.sequence(0x0020_9116, [orientation])
        shared.sequence(0x0028_9110, [measures])
        let frames = [(6.0, "1"), (0.0, "2"), (3.0, "3")].map { z, slope in
            var position = DICOMBytes()
            position.text(0x0020_0032, "DS", "1\\2\\\(z)")
            var rescale = DICOMBytes()
            rescale.text(0x0028_1052, "DS", "5")
            rescale.text(0x0028_1053, "DS", slope)
            rescale.text(0x0028_1054, "LO", "US")
            var frame = DICOMBytes()
            frame.sequence(0x0020_9113, [position])
            frame.sequence(0x0028_9145, [rescale])
            return frame
        }
        var object = DICOMBytes.object(modality: "MR")
        object.describePixels("MONOCHROME2", columns: 2, rows: 1, frames: 3, stored: 12)
        object.sequence(0x5200_9229, [shared])
        object.sequence(0x5200_9230, frames)
        object.words(0x7FE0_0010, "OW", [1, 2, 10, 20, 100, 200])
        let (image, volume) = try load(object)
        #expect(image.slices.map(\.frame) == [1, 2, 0])
        #expect(volume.geometry == Geometry(size: [2, 1, 3], spacing: [0.25, 0.5, 3], origin: [1, 2, 0]))
        #expect(values(volume) == [25, 45, 305, 605, 6, 7])
    }

    @Test("An ultrasound's calibration in cm gives mm, and says so")
    func ultrasound() throws {
        var region = DICOMBytes()
        region.words(0x0018_6024, "US", [3])
        region.words(0x0018_6026, "US", [3])
        region.add(0x0018_602C, "FD", withUnsafeBytes(of: 0.02, Array.init))
        region.add(0x0018_602E, "FD", withUnsafeBytes(of: 0.03, Array.init))
        var object = DICOMBytes.object(modality: "US") { $0.sequence(0x0018_6011, [region]) }
        object.describePixels("MONOCHROME2", columns: 2, rows: 1, allocated: 8, stored: 8)
        object.add(0x7FE0_0010, "OB", [1, 2])
        let (image, _) = try load(object)
        #expect(abs(image.geometry.spacing.x - 0.2) < 1e-12 && abs(image.geometry.spacing.y - 0.3) < 1e-12)
        #expect(image.findings.contains { $0.text.contains("ultrasound") })
    }

    @Test("A header that claims more than its bytes is refused with both sizes")
    func claims() throws {
        var object = DICOMBytes.object(modality: "CT")
        object.describePixels("MONOCHROME2", columns: 60_000, rows: 60_000)
        object.words(0x7FE0_0010, "OW", [1, 2])
        let skipped = try withTemporaryFile(object.file()) { try Archive.scan([$0], jobs: 1).skipped }
        let reason = try #require(skipped.first).reason
        #expect(reason.contains("4 bytes") && reason.contains("7200000000"), "\(reason)")
    }
}
