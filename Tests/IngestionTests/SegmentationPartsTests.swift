// Segmentations in several files, and segments of which nothing was drawn.
import Foundation
import Imaging
import Ingestion
import TestSupport
import Testing

@Suite struct SegmentationPartsTests {
    private let segments = [
        PlanFiles.Segment(1, "Liver", slices: [0, 1, 2, 3, 4]), PlanFiles.Segment(2, "Lesion", slices: [3, 4]),
    ]

    private func outcomes(
        _ plan: PlanFiles, _ selection: RegionSelection = .all
    ) throws -> (masks: [MaskSource], outcomes: [RegionOutcome]) {
        let archive = try Archive.scan([plan.path], jobs: 1)
        let image = try #require(archive.images.first)
        let found = masks(for: image, among: archive.masks)
        return (found, try found.flatMap { try $0.regions(on: image, matching: selection) })
    }

    private func plan(_ write: (PlanFiles) throws -> Void) throws -> PlanFiles {
        let plan = try PlanFiles()
        try plan.writeImage()
        try write(plan)
        return plan
    }

    @Test("the files of a concatenation are one mask, whose regions are those of one file")
    func concatenation() throws {
        let whole = try outcomes(plan { try $0.writeSegmentation(segments) })
        // The names of the files do not tell their order.
        let parts = try outcomes(
            plan {
                try $0.writeSegmentation(segments, name: "c.dcm", part: (1, 3), of: 0..<2)
                try $0.writeSegmentation(segments, name: "a.dcm", part: (3, 3), of: 4..<6)
                try $0.writeSegmentation(segments, name: "b.dcm", part: (2, 3), of: 2..<4)
            })
        #expect(parts.masks.count == 1)
        #expect(parts.masks[0].path.hasSuffix("c.dcm") && parts.masks[0].paths.count == 3)
        #expect(parts.masks[0].entries == whole.masks[0].entries)
        #expect(parts.outcomes.map { $0.region?.voxelCount } == [5 * 64, 2 * 64])
        #expect(parts.outcomes.map { $0.region?.fingerprint } == whole.outcomes.map { $0.region?.fingerprint })
        #expect(parts.outcomes.allSatisfy { $0.findings.isEmpty })
    }

    @Test("frames that do not say whose they are: those of the only segment, or nobody knows")
    func ownership() throws {
        let alone = try outcomes(plan { try $0.writeSegmentation([segments[0]], ownership: .absent) })
        #expect(alone.outcomes.map { $0.region?.voxelCount } == [5 * 64])
        let error = #expect(throws: IngestionError.self) {
            try outcomes(plan { try $0.writeSegmentation(segments, ownership: .absent) })
        }
        #expect(
            error?.reason.contains("Referenced Segment Number of frame 1 is absent") == true, "\(error?.reason ?? "")")
    }

    @Test("frames of a segment that is not listed are a warning; a segment that has no other frames fails")
    func strangers() throws {
        let some = try outcomes(plan { try $0.writeSegmentation(segments, ownership: .strangers(at: 3)) }).outcomes
        #expect(some.map { $0.region?.voxelCount } == [4 * 64, 64])
        let words = "2 of 7 frames belong to a segment that is not listed (7)"
        #expect(some.allSatisfy { $0.findings.contains { $0.contains(words) } }, "\(some)")
        let one = [PlanFiles.Segment(1, "Liver", slices: [3])]
        let none = try outcomes(plan { try $0.writeSegmentation(one, ownership: .strangers(at: 3)) }).outcomes
        #expect(none.count == 1 && none[0].region == nil)
        #expect(none[0].reason?.contains("1 of 1 frames belong to a segment that is not listed (7)") == true, "\(none)")
    }

    @Test("a part that is not there fails the regions; a copy of one changes nothing")
    func parts() throws {
        let missing = try outcomes(
            plan {
                try $0.writeSegmentation(segments, name: "a.dcm", part: (1, 3), of: 0..<2)
                try $0.writeSegmentation(segments, name: "b.dcm", part: (2, 3), of: 2..<4)
            })
        #expect(missing.outcomes.count == 2)
        for outcome in missing.outcomes {
            #expect(outcome.reason?.contains("in 3 files (a concatenation), of which 1 are not there") == true)
        }
        let copied = try outcomes(
            plan {
                try $0.writeSegmentation(segments, name: "a.dcm", part: (1, 2), of: 0..<2)
                try $0.writeSegmentation(segments, name: "a-copy.dcm", part: (1, 2), of: 0..<2)
                try $0.writeSegmentation(segments, name: "b.dcm", part: (2, 2), of: 2..<6)
            })
        #expect(copied.outcomes.map { $0.region?.voxelCount } == [5 * 64, 2 * 64])
    }

    @Test("masks that are joined already are joined with parts found later")
    func joining() throws {
        let plan = try plan {
            try $0.writeSegmentation(segments, name: "a.dcm", part: (1, 2), of: 0..<2)
            try $0.writeSegmentation(segments, name: "b.dcm", part: (2, 2), of: 2..<6)
            try $0.writeStructureSet([.init(1, "GTV", contours: [PlanFiles.square(z: 2)])])
        }
        let masks = try ["b.dcm", "rt.dcm", "a.dcm"].flatMap { try Archive.scan([plan.path + "/" + $0], jobs: 1).masks }
        let joined = MaskSource.joined(masks)
        #expect(joined.map { $0.paths.map { $0.suffix(5) } } == [["a.dcm", "b.dcm"], ["t.dcm"]])
        #expect(MaskSource.joined(joined + masks).map(\.paths) == joined.map(\.paths))
    }

    /// 20 x 20 samples of one bit, by OpenJPEG 2.5: those with (3 x + 5 y) mod 7 other than 0 in columns and rows 4 to 11.
    private static let oneBit =
        "ff4fff510029000000000014000000140000000000000000000000140000001400000000000000000001000101ff5200"
        + "0c00000001000104040001ff5c00074008101018ff640025000143726561746564206279204f70656e4a504547207665"
        + "7273696f6e20322e352e30ff90000a0000000000300001ff93d520114ff7017b8a89bcafc925444e1dc9841f1e353310"
        + "83b8f97f1e5e446917167fffd9"

    @Test("frames of one bit in JPEG 2000 are read, and one that is cut off is an error, not an empty region")
    func jpeg2000() throws {
        let stream = DICOMBytes.bytes(hexadecimal: Self.oneBit)
        let found = try outcomes(plan { try $0.writeSegmentation(segments, codestream: stream) }).outcomes
        let expected = (4..<12).flatMap { y in (4..<12).filter { x in (3 * x + 5 * y) % 7 != 0 } }.count
        #expect(found.map { $0.region?.voxelCount } == [5 * expected, 2 * expected])
        let region = try #require(found[0].region).onGrid([20, 20, 6])
        #expect(region[20 * 4 + 4] == 1 && region[20 * 5 + 8] == 0)
        let cut = try plan { try $0.writeSegmentation(segments, codestream: Array(stream.prefix(60))) }
        #expect(throws: IngestionError.self) { try outcomes(cut) }
        // What is not one bit is no mask of one.
        let empty = try plan { try $0.writeSegmentation(segments, codestream: [0, 1, 2, 3]) }
        #expect(throws: IngestionError.self) { try outcomes(empty) }
    }

    @Test("segments without frames, or without a voxel, are left out unless they were asked for")
    func nothingDrawn() throws {
        let plan = try plan {
            try $0.writeSegmentation(
                segments + [
                    PlanFiles.Segment(3, "template", slices: []),
                    PlanFiles.Segment(4, "blank", slices: [1], isBlank: true),
                ])
        }
        let all = try outcomes(plan).outcomes
        #expect(all.compactMap { $0.region?.name } == ["Liver", "Lesion"])
        #expect(
            all.compactMap { outcome in if case .leftOut(let entry, _) = outcome { entry.name } else { nil } } == [
                "template", "blank",
            ])
        for selection in [RegionSelection(names: ["template"]), RegionSelection(labels: [4])] {
            let named = try outcomes(plan, selection).outcomes
            #expect(named.count == 1)
            guard case .failed(_, let reason)? = named.first else {
                Issue.record("\(named)")
                continue
            }
            #expect(reason.contains("empty"))
        }
    }
}
