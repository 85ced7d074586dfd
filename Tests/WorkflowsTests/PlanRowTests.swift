import Foundation
import Ingestion
import Radiomics
import TestSupport
import Testing
import Workflows

/// A plan in a folder with what lies beside it in an archive: which rows there are.
@Suite("rows of plans")
struct PlanRowTests {
    private func rows(
        _ plan: PlanFiles, _ regions: RegionChoice = .all, families: [FeatureFamily] = [.stat]
    ) throws -> ExtractedFeatures {
        var settings = ExtractionSettings()
        settings.families = families
        return try FeatureExtraction(of: [plan.path], regions: regions, settings: settings, jobs: 1).run()
    }

    private let squares = [PlanFiles.square(z: 2), PlanFiles.square(z: 4), PlanFiles.square(z: 6)]

    @Test(
        "scouts and other orientations beside the contoured series make no failed rows; its PET has a row with a note")
    func besideTheContouredSeries() throws {
        let plan = try PlanFiles()
        try plan.writeImage()
        try plan.writeImage(series: "2.25.300", modality: "PT")
        try plan.writeImage(series: "2.25.301", count: 1, orientation: "1\\0\\0\\0\\0\\-1")
        try plan.writeImage(series: "2.25.302", count: 8, orientation: "1\\0\\0\\0\\0\\-1", modality: "MR")
        try plan.writeStructureSet([
            .init(1, "GTV", contours: squares), .init(2, "ISO", contours: [("POINT", [[5, 5, 2]])]),
        ])
        let table = try rows(plan)
        #expect(table.map(\.identity.modality) == ["CT", "PT"])
        #expect(table.summary.failed == 0)
        let referenced = try rows(plan, .regions(reach: .referenced))
        #expect(referenced.map(\.identity.modality) == ["CT"])
        let named = try rows(plan, .regions(RegionSelection(names: ["ISO"])))
        #expect(named.count == 1 && named.summary.failed == 1)
    }

    @Test("a contour whose own series is not there fails as before")
    func seriesNotThere() throws {
        let plan = try PlanFiles()
        try plan.writeImage(series: "2.25.301", count: 8, orientation: "1\\0\\0\\0\\0\\-1")
        try plan.writeStructureSet([.init(1, "GTV", contours: squares)])
        #expect(try rows(plan).summary.failed == 1)
    }

    @Test("contours every 5 mm on slices of 1 mm leave stripes, which fail what looks across slices and nothing else")
    func stripes() throws {
        let plan = try PlanFiles()
        try plan.writeImage(count: 20, step: 1)
        try plan.writeStructureSet(
            [
                .init(1, "GTV", contours: [2.0, 7, 12, 17].map { PlanFiles.square(z: $0) }),
                .init(2, "parts", contours: [2.0, 3, 4, 12, 13].map { PlanFiles.square(z: $0) }),
            ], slices: 0..<20)
        #expect(try rows(plan).summary.failed == 0)
        let table = try rows(plan, families: [.morph])
        #expect(table.summary.failed == 1)
        #expect(table.first { $0.status == .failed }?.reason.contains("lies in stripes") == true)
    }

    @Test("a segmentation in two files has one row for each segment, and none for a segment that nobody drew")
    func segmentationInParts() throws {
        let plan = try PlanFiles()
        try plan.writeImage()
        let segments = [
            PlanFiles.Segment(1, "Liver", slices: [1, 2, 3]), PlanFiles.Segment(2, "template", slices: []),
        ]
        try plan.writeSegmentation(segments, name: "a.dcm", part: (1, 2), of: 0..<2)
        try plan.writeSegmentation(segments, name: "b.dcm", part: (2, 2), of: 2..<6)
        let table = try rows(plan)
        #expect(table.map(\.identity.roi) == ["Liver"] && table.summary.failed == 0)
        let named = try rows(plan, .regions(RegionSelection(names: ["template"])))
        #expect(named.summary.failed == 1)
    }

    /// Positions of slices, where a square of 8 x 8 mm is drawn, and its volume in mm³; nil where no thickness holds for all.
    @Test(
        "uneven steps at a region fail what looks across slices; elsewhere, and where they differ little, it is computed",
        arguments: [
            ([0, 2, 4, 6, 8, 13], [2, 4, 6, 8], nil), ([0, 2, 4, 6, 11, 13], [0, 2, 4], 3 * 64 * 2),
            ([0, 2, 4, 6.1, 8.1, 10], [2, 4, 6.1, 8.1], 4 * 64 * 2), ([0, 3, 6, 8, 11, 14], [3, 6, 8], nil),
        ] as [([Double], [Double], Double?)])
    func unevenSteps(positions: [Double], drawn: [Double], volume: Double?) throws {
        let plan = try PlanFiles()
        try plan.writeImage(positions: positions)
        try plan.writeStructureSet([.init(1, "GTV", contours: drawn.map { PlanFiles.square(z: $0) })])
        #expect(try rows(plan).summary.failed == 0, "statistics look at no neighbour")
        let table = try rows(plan, families: [.morph])
        guard let volume else {
            #expect(table.summary.failed == 1)
            #expect(table.first?.reason.contains("unevenly spaced") == true, "\(table.first?.reason ?? "")")
            return
        }
        let found = table.first?["morph_vol_approx"] ?? 0
        #expect(abs(found - volume) < 0.01 * volume, "\(found), expected \(volume)")
        #expect(table.first?.status == .warning, "the steps are said")
    }
}
