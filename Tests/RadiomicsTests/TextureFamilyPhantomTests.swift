// The texture families against the consensus values of IBSI-1.
import Radiomics
import SelfTest
import TestSupport
import Testing

@Suite struct TextureFamilyPhantomTests {
    static let families: [FeatureFamily] = [.rlm, .szm, .dzm, .ngt, .ngl]

    /// Features times aggregations.
    static let counts: [Int] = [96, 48, 48, 15, 51]

    static func settings(_ family: FeatureFamily) -> ExtractionSettings {
        var settings = ExtractionSettings()
        settings.discretise = GreyLevelSetting(.none)
        settings.texture.aggregations = Aggregation.allCases
        settings.families = [family]
        return settings
    }

    @Test(arguments: zip(families, counts))
    func digitalPhantom(_ family: FeatureFamily, count: Int) throws {
        let settings = Self.settings(family)
        let values = try Extractor(settings).values(of: DigitalPhantom.region, in: DigitalPhantom.volume)
        let rows = ConsensusTable.digitalPhantom.rows(of: ["\(family.rawValue)_"])
        #expect(rows.count == count)
        #expect(settings.columns.map(\.name).sorted() == rows.map(\.tag).sorted(), "columns are the table's tags")
        let failures = ConsensusTable.failures(rows) { values[$0] }
        #expect(
            failures.isEmpty, "\(failures.count) of \(rows.count) do not hold:\n\(failures.joined(separator: "\n"))")
    }

    @Test(
        "The values that weft carries are the published ones",
        .enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
    func carriedValues() throws {
        let (published, carried) = (try ConsensusTable("digital_phantom.csv").rows, ConsensusTable.digitalPhantom.rows)
        #expect(published.count == 482)
        #expect(published.map(\.tag) == carried.map(\.tag))
        #expect(published.map(\.value) == carried.map(\.value))
        #expect(published.map(\.tolerance) == carried.map(\.tolerance))
    }

    /// Catalogue: as many features as the reference manual, each with its own code, tag and PyRadiomics name.
    @Test func cataloguesAreComplete() {
        let all: [(definitions: [FeatureDefinition], count: Int, pyradiomics: Int)] = [
            (FeatureDefinition.runLength.map(\.1), 16, 16), (FeatureDefinition.sizeZone.map(\.1), 16, 16),
            (FeatureDefinition.distanceZone.map(\.1), 16, 0), (FeatureDefinition.toneDifference.map(\.1), 5, 5),
            (FeatureDefinition.dependence.map(\.1), 17, 14),
        ]
        for (definitions, count, pyradiomics) in all {
            #expect(definitions.count == count)
            #expect(definitions.compactMap(\.pyradiomicsName).count == pyradiomics)
        }
        let codes = all.flatMap(\.definitions).compactMap(\.ibsiCode)
        #expect(codes.count == 70 && Set(codes).count == 70)
    }
}
