import Radiomics
import TestSupport
import Testing

@Suite(.enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct DigitalPhantomTests {
    @Test func allConsensusValuesHold() throws {
        var settings = ExtractionSettings()
        settings.discretise = GreyLevelSetting(.none)
        settings.texture.aggregations = Aggregation.allCases
        let values = try Extractor(settings).values(of: DigitalPhantom.region, in: DigitalPhantom.volume)
        let rows = try ReferenceTable("digital_phantom.csv").rows(of: ["stat_", "ih_", "cm_"])
        let failures = ReferenceTable.failures(rows) { values[$0] }
        #expect(rows.count == 18 + 23 + 25 * 6)
        #expect(
            failures.isEmpty, "\(failures.count) of \(rows.count) do not hold:\n\(failures.joined(separator: "\n"))")
    }
}
