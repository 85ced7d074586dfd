import Imaging
import Radiomics
import SettingsFile
import Testing

/// `imageUnit` in a settings file.
@Suite struct ImageUnitSettingsTests {
    @Test(arguments: ImageUnit.allCases)
    func writtenAndReadBack(unit: ImageUnit) throws {
        let settings = try ExtractionSettings(yaml: "imageUnit: \(unit.rawValue)\n")
        #expect(settings.imageUnit == unit)
        #expect(try ExtractionSettings(yaml: settings.yaml).imageUnit == unit)
        #expect(settings.yaml.contains("imageUnit: \(unit.rawValue)\n"))
    }

    @Test func unknownUnitNamesTheKnownOnes() {
        let error = #expect(throws: SettingsError.self) { try ExtractionSettings(yaml: "imageUnit: suv") }
        #expect(error?.description.contains("stored, suvbw, suvlbm, suvlbm-james, suvbsa") == true)
    }
}
