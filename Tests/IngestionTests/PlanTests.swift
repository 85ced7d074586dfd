import DICOM
// Structure sets as planning systems write them.
import Foundation
import Imaging
import Ingestion
import TestSupport
import Testing

@Suite struct PlanTests {
    private func outcomes(
        _ plan: PlanFiles, _ selection: RegionSelection = .all, series: String = PlanFiles.series
    ) throws -> [RegionOutcome] {
        let archive = try Archive.scan([plan.path], jobs: 1)
        let image = try #require(archive.images.first { $0.identity.seriesUID == series })
        return try masks(for: image, among: archive.masks).flatMap { try $0.regions(on: image, matching: selection) }
    }

    private let squares = [PlanFiles.square(z: 2), PlanFiles.square(z: 4), PlanFiles.square(z: 6)]

    @Test(
        "Contour Data, and sequences, that are called UN are read by the dictionary",
        arguments: [
            PlanFiles.Representation.usual, .unknown, .unknownSequences,
        ])
    func unknownRepresentation(_ representation: PlanFiles.Representation) throws {
        let plan = try PlanFiles()
        try plan.writeImage()
        try plan.writeStructureSet([.init(1, "BODY", contours: squares)], as: representation)
        let found = try outcomes(plan)
        #expect(found.first?.region?.voxelCount == 3 * 64)
        #expect(found.first?.findings == [])
    }

    /// Sequences that are called UN in sequences that are called UN: implicit VR inside, however deep (PS3.5 6.2.2).
    @Test(
        "Sequences called UN are read in sequences called UN; deeper than anybody writes is refused",
        arguments: [1, 5, 200])
    func nestedUnknown(depth: Int) throws {
        var inner = DICOMBytes { $0.add(0x0008_0100, "SH", Array("deepest".utf8), as: .implicitVR) }
        for _ in 1..<depth {
            inner = DICOMBytes { outer in
                outer.sequence(0x0040_A730, [inner], as: .implicitVR)
            }
        }
        var object = DICOMBytes.object(modality: "OT")
        object.sequence(0x0040_A730, [inner], vr: "UN")
        try withTemporaryFile(object.file()) { path in
            guard depth < 64 else {
                #expect(throws: DICOMError.self) { try DICOMFile(path: path) }
                return
            }
            let file = try DICOMFile(path: path)
            var item = try #require(file.items(DICOMTag(0x0040_A730)).first)
            for _ in 1..<depth { item = try #require(item.items(DICOMTag(0x0040_A730)).first) }
            #expect(item.string(.codeValue) == "deepest")
        }
    }

    @Test("A frame of reference of its own is overruled by the series and slices that the file names")
    func ownFrame() throws {
        let own = try PlanFiles()
        try own.writeImage()
        try own.writeStructureSet([.init(1, "GTV", contours: squares)], frame: "2.25.555")
        let found = try outcomes(own)
        #expect(found.first?.region?.voxelCount == 3 * 64)
        #expect(found.first?.findings.first?.contains("2.25.555") == true)

        let item = try PlanFiles()
        try item.writeImage()
        try item.writeStructureSet([.init(1, "GTV", frame: "2.25.556", contours: squares)])
        #expect(try outcomes(item).first?.region != nil, "only the ROI's own item names another frame")

        let others = try PlanFiles()
        try others.writeImage()
        try others.writeStructureSet([.init(1, "GTV", contours: squares)], frame: "2.25.555", slices: 50..<55)
        #expect(try outcomes(others).first?.reason?.contains("positions cannot be compared") == true, "other slices")
    }

    @Test("Points, ROIs that nobody drew and a couch outside the image are left out, unless they were asked for")
    func notRegions() throws {
        let plan = try PlanFiles()
        try plan.writeImage()
        try plan.writeStructureSet([
            .init(1, "GTV", contours: squares), .init(2, "ISO", contours: [("POINT", [[5, 5, 2]])]),
            .init(3, "empty", contours: []), .init(4, "dose", contours: [("CLOSED_PLANAR", [[5, 5, 2]])]),
            .init(5, "wire", contours: [("OPEN_PLANAR", squares[0].points)]),
            .init(6, "Couch", interpretedType: "SUPPORT", contours: [PlanFiles.square(x: 90, z: 2)]),
            .init(7, "PTV", interpretedType: "PTV", contours: [PlanFiles.square(x: 90, z: 2)]),
        ])
        let found = try outcomes(plan)
        #expect(found.count == 7)
        #expect(found.count { $0.region != nil } == 1)
        #expect(found.compactMap(\.leftOutName) == ["ISO", "empty", "dose", "wire", "Couch"])
        #expect(found[6].reason?.contains("lie outside the image") == true)
        #expect(try outcomes(plan, .init(names: ["ISO"])).first?.reason?.contains("POINT") == true)
        #expect(try outcomes(plan, .init(names: ["Couch"])).first?.reason?.contains("outside") == true)
    }

    @Test(
        "Names in every character set that DICOM defines",
        arguments: [
            ("\\ISO 2022 IR 87", "1b2442 3c70 6167 1b2842", "腫瘍"),
            ("ISO 2022 IR 6\\ISO 2022 IR 87", "41 1b2442 3c70 6167 1b2842 42", "A腫瘍B"),
            ("ISO_IR 13", "bcada2", "ｼｭ\u{FF62}"),
            ("\\ISO 2022 IR 149", "1b242943 b1e8c8f1", "김희"),
            ("\\ISO 2022 IR 58", "1b242941 d6d7c1f6", "肿瘤"),
            ("GB18030", "d6d7c1f6", "肿瘤"), ("GBK", "d6d7c1f6", "肿瘤"),
            ("ISO_IR 192", "e885abe7988d", "腫瘍"), ("ISO_IR 100", "4bf6", "Kö"), ("ISO_IR 101", "b1", "ą"),
            ("ISO_IR 144", "be", "\u{041E}"), ("ISO_IR 126", "e1", "α"), ("ISO_IR 166", "a1", "ก"),
            ("\\ISO 2022 IR 100\\ISO 2022 IR 144", "1b2d41 f6 1b2d4c be", "ö\u{041E}"),
            ("", "f6", "ö"), ("", "e885abe7988d", "腫瘍"), ("", "4bc3b6 f6", "KÃ¶ö"), ("ISO_IR 203", "a4", "€"),
            // Without the escape sequence that the declared set wants.
            ("\\ISO 2022 IR 149", "b1e8c8f1", "김희"), ("ISO 2022 IR 149", "47 b1e8c8f1 31", "G김희1"),
            ("ISO_IR 149", "b1e8c8f1", "김희"), ("\\ISO 2022 IR 58", "d6d7c1f6", "肿瘤"),
            ("\\ISO 2022 IR 87", "bcf0e1e7", "腫瘍"), ("ISO 2022 IR 13\\ISO 2022 IR 87", "8eeee187", "腫瘍"),
            ("ISO 2022 IR 100\\ISO 2022 IR 149", "f6", "ö"),
            // Bytes that are none of the declared set.
            ("\\ISO 2022 IR 149", "f6", "ö"), ("\\ISO 2022 IR 87", "4b f6", "Kö"),
        ])
    func characterSets(_ set: String, _ hexadecimal: String, _ name: String) throws {
        let bytes = DICOMBytes.bytes(hexadecimal: hexadecimal)
        let plan = try PlanFiles()
        try plan.writeImage()
        var roi = PlanFiles.ROI(1, "", contours: squares)
        roi.name = bytes
        try plan.writeStructureSet([roi], characterSet: set.isEmpty ? nil : set)
        let archive = try Archive.scan([plan.path], jobs: 1)
        #expect(archive.masks.first?.entries.first?.name == name)
        #expect(try outcomes(plan, .init(names: [name])).first?.region != nil)
    }

    @Test("A mask reaches the images of its frame of reference, or only those that it names")
    func reach() throws {
        let plan = try PlanFiles()
        try plan.writeImage()
        try plan.writeImage(series: "2.25.300", modality: "PT")
        try plan.writeStructureSet([.init(1, "GTV", contours: squares)])
        let archive = try Archive.scan([plan.path], jobs: 1)
        let pet = try #require(archive.images.first { $0.identity.modality == "PT" })
        #expect(masks(for: pet, among: archive.masks).count == 1)
        #expect(masks(for: pet, among: archive.masks, reach: .referenced).isEmpty)
        #expect(MaskIndex(archive.masks, of: archive.images).masks(for: pet, reach: .referenced).isEmpty)
        let note = try outcomes(plan, series: "2.25.300").first?.findings.first
        #expect(note?.contains("drawn on series \(PlanFiles.series)") == true)
    }
}

extension RegionOutcome {
    fileprivate var leftOutName: String? { if case .leftOut(let entry, _) = self { entry.name } else { nil } }
}
