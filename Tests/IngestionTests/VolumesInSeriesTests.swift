import DICOM
import Foundation
import Imaging
import Ingestion
import TestSupport
import Testing

/// Several volumes at the same positions of one series, or of one enhanced object: each becomes an image, or none does.
@Suite struct VolumesInSeriesTests {
    /// One slice of 2 x 2 at height z, every pixel of `value`.
    private struct Slice {
        var z: Double
        var value: UInt16
        var instance: Int
        var triggerTime: String?
        var inversionTime: String?
        var echoTime: String?
        var acquisition: String?
        var imageType: String?
        var temporalPosition: String?

        func file(_ number: Int) -> [UInt8] {
            var object = DICOMBytes()
            if let imageType { object.text(0x0008_0008, "CS", imageType) }
            object.text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.4")
            object.text(0x0008_0018, "UI", "1.2.3.\(number + 1)")
            object.text(0x0008_0060, "CS", "MR")
            object.text(0x0018_0050, "DS", "3")
            if let echoTime { object.text(0x0018_0081, "DS", echoTime) }
            if let inversionTime { object.text(0x0018_0082, "DS", inversionTime) }
            if let triggerTime { object.text(0x0018_1060, "DS", triggerTime) }
            object.text(0x0020_000E, "UI", "1.2.9")
            if let acquisition { object.text(0x0020_0012, "IS", acquisition) }
            object.text(0x0020_0013, "IS", "\(instance)")
            object.text(0x0020_0032, "DS", "0\\0\\\(z)")
            object.text(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0")
            if let temporalPosition { object.text(0x0020_0100, "IS", temporalPosition) }
            object.describePixels("MONOCHROME2", columns: 2, rows: 2)
            object.text(0x0028_0030, "DS", "1\\1")
            object.words(0x7FE0_0010, "OW", [value, value, value, value])
            return object.file()
        }
    }

    private static func scan<Result>(_ files: [[UInt8]], _ body: (Archive) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weft-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        for (k, bytes) in files.enumerated() {
            try Data(bytes).write(to: folder.appendingPathComponent(String(format: "s%04d.dcm", k)))
        }
        return try body(Archive.scan([folder.path], jobs: 1))
    }

    /// The distinct values of each image, in ascending order: one value each, or volumes were mixed.
    private static func values(_ archive: Archive) throws -> [Set<Double>] {
        try archive.images.map { image in
            let volume = try image.load()
            return Set((0..<volume.values.count).map { volume.values[$0] })
        }.sorted { ($0.min() ?? 0) < ($1.min() ?? 0) }
    }

    private static let fourValues: [Set<Double>] = [[100], [200], [300], [400]]

    /// Which attribute tells the four volumes of a series apart.
    enum Attribute: String, CaseIterable {
        case inversionTime, echoTime, acquisition, imageType, temporalPosition, triggerTime
    }

    @Test(
        "One attribute tells the volumes apart, even where all slices have one Instance Number",
        arguments: Attribute.allCases)
    func attribute(_ attribute: Attribute) throws {
        let slices = (0..<4).flatMap { volume in
            (0..<6).map { k in
                var slice = Slice(z: 4 * Double(k), value: UInt16(100 * (volume + 1)), instance: 1)
                switch attribute {
                case .inversionTime: slice.inversionTime = ["50", "400", "1500", "3500"][volume]
                case .echoTime: slice.echoTime = ["5", "10.5", "20", "80"][volume]
                case .acquisition: slice.acquisition = "\(volume + 1)"
                case .imageType: slice.imageType = "ORIGINAL\\PRIMARY\\" + ["M", "P", "R", "I"][volume]
                case .temporalPosition: slice.temporalPosition = "\(volume + 1)"
                case .triggerTime: slice.triggerTime = "\(40 * volume)"
                }
                return slice
            }
        }
        try Self.scan(slices.enumerated().map { $1.file($0) }) { archive in
            #expect(archive.images.map(\.slices.count) == [6, 6, 6, 6])
            let values = try Self.values(archive)
            #expect(values == Self.fourValues)
            #expect(archive.images.allSatisfy { $0.findings.allSatisfy { $0.severity == .note } })
        }
    }

    @Test("Trigger times that drift with the beat are phases in their order at each position")
    func drift() throws {
        let slices = (0..<5).flatMap { k in
            (0..<4).map { phase in
                Slice(
                    z: 4 * Double(k), value: UInt16(100 * (phase + 1)), instance: 1 + k * 4 + (phase * 3) % 4,
                    triggerTime: "\(Double(phase) * (38.5 + 0.7 * Double(k)))")
            }
        }
        try Self.scan(slices.enumerated().map { $1.file($0) }) { archive in
            let values = try Self.values(archive)
            #expect(values == Self.fourValues)
            #expect(archive.images.allSatisfy { $0.findings.contains { $0.text.contains("order of Trigger Time") } })
        }
    }

    @Test(
        "Without any attribute the order of Instance Number is a guess, which a warning says", arguments: [true, false])
    func instanceNumbers(_ isVolumeByVolume: Bool) throws {
        let slices = (0..<5).flatMap { k in
            (0..<4).map { volume in
                Slice(
                    z: 4 * Double(k), value: UInt16(100 * (volume + 1)),
                    instance: isVolumeByVolume ? 1 + volume * 5 + k : 1 + k * 4 + volume)
            }
        }
        try Self.scan(slices.enumerated().map { $1.file($0) }) { archive in
            let values = try Self.values(archive)
            #expect(values == Self.fourValues)
            #expect(archive.images.allSatisfy { $0.findings.contains { $0.severity == .warning } })
        }
    }

    @Test(
        "Positions that were computed anew for each volume lie at one place all the same",
        arguments: [0.002, 0.02, 0.3], [2, 3])
    func shakenPositions(_ shift: Double, _ count: Int) throws {
        var slices: [Slice] = []
        for volume in 0..<count {
            for k in 0..<5 {
                let z = 3 * Double(k) + shift * Double(volume)
                slices.append(Slice(z: z, value: UInt16(100 * (volume + 1)), instance: 1 + volume * 5 + k))
            }
        }
        try Self.scan(slices.enumerated().map { $1.file($0) }) { archive in
            let values = try Self.values(archive)
            let expected: [Set<Double>] = [[100], [200], [300]]
            #expect(values == Array(expected.prefix(count)))
            #expect(archive.images.allSatisfy { $0.geometry.spacing.z > 2.99 && $0.gapsAfter.isEmpty })
        }
        // One slice that was taken again is no volume, and not to be told from the first.
        guard shift < 0.05 else { return }
        var once = (0..<5).map { Slice(z: 3 * Double($0), value: 100, instance: $0 + 1) }
        once.append(Slice(z: 6 + shift, value: 200, instance: 6))
        try Self.scan(once.enumerated().map { $1.file($0) }) { archive in
            #expect(archive.images.map(\.slices.count) == [5])
            #expect(archive.images[0].findings.contains { $0.severity == .failure })
        }
    }

    @Test("Slices in pairs, triples and blocks that are no volumes stay one stack")
    func blocks() throws {
        for heights in [
            [0.0, 1, 2, 20, 21, 22], [0, 1.5, 3, 4.5, 30], [0, 3, 3.9, 6.9], [0, 2, 5, 7, 10, 12],
        ] {
            let slices = heights.enumerated().map { Slice(z: $1, value: 100, instance: $0 + 1) }
            try Self.scan(slices.enumerated().map { $1.file($0) }) { archive in
                #expect(archive.images.map(\.slices.count) == [heights.count], "\(heights)")
                #expect(!archive.images[0].findings.contains { $0.severity == .failure }, "\(heights)")
            }
        }
    }

    @Test(
        "Volumes that lie evenly between each other's slices are volumes when they differ in contrast or moment of the body",
        arguments: [Attribute.inversionTime, .echoTime, .temporalPosition])
    func between(_ attribute: Attribute) throws {
        func slices(_ names: (Int) -> String) -> [Slice] {
            (0..<8).map { k in
                var slice = Slice(z: 1.5 * Double(k), value: UInt16(100 * (k % 2 + 1)), instance: k + 1)
                switch attribute {
                case .inversionTime: slice.inversionTime = names(k)
                case .echoTime: slice.echoTime = names(k)
                default: slice.temporalPosition = names(k)
                }
                return slice
            }
        }
        try Self.scan(slices { "\($0 % 2 + 1)" }.enumerated().map { $1.file($0) }) { archive in
            let values = try Self.values(archive)
            #expect(values == [[100], [200]])
            #expect(archive.images.allSatisfy { $0.geometry.spacing.z == 3 })
        }
        // Not so where one begins when the other has ended, and where each slice has a value of its own.
        for names in [{ $0 / 4 + 1 }, { $0 }] as [(Int) -> Int] {
            try Self.scan(slices { "\(names($0))" }.enumerated().map { $1.file($0) }) { archive in
                #expect(archive.images.map(\.slices.count) == [8])
            }
        }
        // A stack that was taken in two passes is one.
        var passes = slices { _ in "1" }
        for k in passes.indices { passes[k].acquisition = "\(k % 2 + 1)" }
        try Self.scan(passes.enumerated().map { $1.file($0) }) { archive in
            #expect(archive.images.map(\.slices.count) == [8])
        }
    }

    @Test("What nothing tells apart fails; it is no image of the first of each")
    func undivided() throws {
        let slices = (0..<2).flatMap { volume in
            (0..<5).map { Slice(z: 4 * Double($0), value: UInt16(100 * (volume + 1)), instance: 1) }
        }
        try Self.scan(slices.enumerated().map { $1.file($0) }) { archive in
            #expect(archive.images.count == 1)
            #expect(
                archive.images[0].findings.contains {
                    $0.severity == .failure && $0.text.contains("10 slices at 5 places")
                })
        }
    }

    @Test("One slice more with other pixels is no duplicate, one with equal pixels is")
    func duplicate() throws {
        for (value, severity) in [(UInt16(100), Finding.Severity.warning), (777, .failure)] {
            var slices = (0..<5).map { Slice(z: 4 * Double($0), value: 100, instance: $0 + 1) }
            slices.append(Slice(z: 8, value: value, instance: 9))
            try Self.scan(slices.enumerated().map { $1.file($0) }) { archive in
                #expect(archive.images.map(\.slices.count) == [5])
                #expect(archive.images[0].findings.map(\.severity) == [severity], "\(archive.images[0].findings)")
            }
        }
    }

    // MARK: Enhanced objects

    /// What tells the volumes of an enhanced object apart.
    enum FrameAttribute: CaseIterable { case diffusion, cardiacDelay, dimensionIndex, order }

    @Test("Frames of one enhanced object are told apart", arguments: FrameAttribute.allCases)
    func enhanced(_ attribute: FrameAttribute) throws {
        func double(_ values: Double...) -> [UInt8] {
            values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init) }
        }
        let frames = (0..<5).flatMap { k in
            (0..<4).map { volume in
                DICOMBytes { frame in
                    if attribute == .diffusion {
                        let direction = DICOMBytes {
                            $0.add(
                                0x0018_9089, "FD", double(volume == 1 ? 1 : 0, volume == 2 ? 1 : 0, volume == 3 ? 1 : 0)
                            )
                        }
                        let diffusion = DICOMBytes {
                            if volume > 0 { $0.sequence(0x0018_9076, [direction]) }
                            $0.add(0x0018_9087, "FD", double(volume == 0 ? 0 : 1000))
                        }
                        frame.sequence(0x0018_9117, [diffusion])
                    }
                    if attribute == .cardiacDelay {
                        frame.sequence(
                            0x0018_9118, [DICOMBytes { $0.add(0x0020_9153, "FD", double(40 * Double(volume))) }])
                    }
                    let content = DICOMBytes {
                        guard attribute == .dimensionIndex else { return $0.words(0x0020_9156, "US", [1]) }
                        // Space first, then the volume.
                        $0.words(0x0020_9157, "UL", [UInt16(k + 1), 0, UInt16(volume + 1), 0])
                    }
                    frame.sequence(0x0020_9111, [content])
                    frame.sequence(0x0020_9113, [DICOMBytes { $0.text(0x0020_0032, "DS", "0\\0\\\(4 * k)") }])
                }
            }
        }
        var object = DICOMBytes.object(modality: "MR")
        if attribute == .dimensionIndex {
            // (0020,9057) In-Stack Position Number and a private dimension.
            let pointers: [[UInt16]] = [[0x0020, 0x9057], [0x2005, 0x1010]]
            object.sequence(0x0020_9222, pointers.map { tag in DICOMBytes { $0.words(0x0020_9165, "AT", tag) } })
        }
        object.describePixels("MONOCHROME2", columns: 1, rows: 1, frames: 20)
        let orientation = DICOMBytes { $0.text(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0") }
        let measures = DICOMBytes {
            $0.text(0x0018_0050, "DS", "4")
            $0.text(0x0028_0030, "DS", "1\\1")
        }
        object.sequence(
            0x5200_9229,
            [
                DICOMBytes {
                    $0.sequence(0x0020_9116, [orientation])
                    $0.sequence(0x0028_9110, [measures])
                }
            ])
        object.sequence(0x5200_9230, frames)
        object.words(0x7FE0_0010, "OW", (0..<5).flatMap { _ in [100, 200, 300, 400] })
        try Self.scan([object.file()]) { archive in
            #expect(archive.images.map(\.slices.count) == [5, 5, 5, 5])
            let values = try Self.values(archive)
            #expect(values == Self.fourValues)
            let severities = Set(archive.images.flatMap { $0.findings.map(\.severity) })
            #expect(severities.contains(.warning) == (attribute == .order), "\(archive.images[0].findings)")
        }
    }

    // MARK: Mosaics

    @Test("A Siemens mosaic is refused by its Image Type, or by its private count of tiles", arguments: [true, false])
    func mosaic(_ hasImageType: Bool) throws {
        var slice = DICOMBytes()
        slice.text(0x0008_0008, "CS", "ORIGINAL\\PRIMARY\\M\\ND" + (hasImageType ? "\\MOSAIC" : ""))
        slice.text(0x0008_0018, "UI", "1.2.3")
        slice.text(0x0008_0060, "CS", "MR")
        if !hasImageType {
            slice.text(0x0019_0010, "LO", "SIEMENS MR HEADER")
            slice.words(0x0019_100A, "US", [9])
        }
        slice.text(0x0020_0032, "DS", "0\\0\\0")
        slice.text(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0")
        slice.describePixels("MONOCHROME2", columns: 2, rows: 2)
        slice.words(0x7FE0_0010, "OW", [1, 2, 3, 4])
        try Self.scan([slice.file()]) { archive in
            let failure = try #require(archive.images.first?.findings.first { $0.severity == .failure })
            #expect(failure.text.localizedCaseInsensitiveContains("mosaic"))
            let error = #expect(throws: IngestionError.self) { try archive.images.first?.load() }
            #expect(error?.reason == failure.text)
        }
    }

    @Test("One private tile is no mosaic")
    func oneTile() throws {
        var slice = DICOMBytes.object(modality: "MR")
        slice.text(0x0019_0010, "LO", "SIEMENS MR HEADER")
        slice.words(0x0019_100A, "US", [1])
        slice.describePixels("MONOCHROME2", columns: 1, rows: 1)
        slice.words(0x7FE0_0010, "OW", [1])
        try Self.scan([slice.file()]) { archive in
            #expect(archive.images.allSatisfy { $0.findings.allSatisfy { $0.severity != .failure } })
        }
    }
}
