import Imaging
import Radiomics
import Reports
import Testing
import TextureCore

@Suite("features as DICOM concepts")
struct FeatureConceptTests {
    private static func settings(_ convention: Convention) -> ExtractionSettings {
        var settings = ExtractionSettings()
        settings.convention = convention
        settings.families = FeatureFamily.allCases
        settings.texture.distances = [1, 2]
        settings.texture.aggregations = Aggregation.allCases
        settings.texture.directions = .each
        return settings
    }

    @Test("no two columns have the same name and qualifiers; meanings fit", arguments: Convention.allCases)
    func distinct(convention: Convention) {
        let settings = Self.settings(convention)
        var seen: [String: String] = [:]
        #expect(settings.columns.count > 100)
        for column in settings.columns {
            let concept = FeatureConcept(column, settings)
            var key = "\(concept.name.value) \(concept.name.scheme)\n"
            for item in concept.qualifiers(.binCount(32), .arbitrary) { item.describe(into: &key) }
            #expect(seen[key] == nil, "\(column.name) and \(seen[key] ?? "") are the same concept")
            seen[key] = column.name
            #expect(concept.name.meaning.count <= 64, "\(concept.name.meaning)")
            #expect(concept.name.scheme != CodedConcept.ibsi || concept.name.value.utf8.count == 4)
        }
    }

    @Test(
        "UCUM units of intensities and what is made of them",
        arguments: [
            (IntensityUnit.hounsfield, "[hnsf'U]", "[hnsf'U]2", "[hnsf'U]2.mm3"),
            (.arbitrary, "[arb'U]", "[arb'U]2", "[arb'U]2.mm3"),
            (.named("BQML"), "Bq/ml", "(Bq/ml).(Bq/ml)", "(Bq/ml).(Bq/ml).mm3"),
            (
                .named("SUVbw g/ml"), "g/ml{SUVbw}", "(g/ml{SUVbw}).(g/ml{SUVbw})", "(g/ml{SUVbw}).(g/ml{SUVbw}).mm3"
            ),
            (.named("odd {unit} ü"), "{oddunit}", "{oddunit}", "{oddunit}.mm3"),
            (.named("ü"), "[arb'U]", "[arb'U]2", "[arb'U]2.mm3"),
        ])
    func units(intensity: IntensityUnit, single: String, squared: String, energy: String) {
        #expect(UnitOfMeasure.of(.intensity, intensity: intensity).value == single)
        #expect(UnitOfMeasure.of(.intensitySquared, intensity: intensity).value == squared)
        #expect(UnitOfMeasure.of(.intensitySquaredTimesVolume, intensity: intensity).value == energy)
        #expect(UnitOfMeasure.of(.squareMillimetre, intensity: intensity).value == "mm2")
        #expect(UnitOfMeasure.of(.none, intensity: intensity).value == "1")
    }
}
