import Radiomics
import TestSupport
import Testing

/// Configuration A of IBSI-1 on the CT phantom, by the DICOM + RTSTRUCT route: in the slice's own grid, re-segmented to
/// [-500, 400] HU, bins of 25 HU.
@Suite(.enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct CTPhantomTests {
    @Test func configurationA() throws {
        var settings = ExtractionSettings()
        settings.resegment.range = -500...400
        settings.discretise = GreyLevelSetting(.width(25))
        settings.texture.aggregations = [.averaged2D, .merged2D, .averaged25D, .merged25D]
        let scan = try LoadedCase(["data/ibsi1/ct_phantom/dicom"])
        let values = try Extractor(settings).values(of: scan.region, in: scan.volume, modality: "CT")
        let rows = try ReferenceTable("ct_phantom_config_a.csv").rows(of: ["stat_", "ih_", "cm_"])
        let failures = ReferenceTable.failures(rows) { values[$0] }
        #expect(rows.count == 18 + 23 + 25 * 4)
        #expect(failures.isEmpty, "\(failures.count) of \(rows.count) do not hold:\n\(failures.joined(separator: "\n"))")
        #expect(scan.region.voxelCount == 125_256)
    }
}
