import Radiomics

package enum PhantomCheck {
    /// Every feature in every aggregation of the digital phantom, which is not discretised.
    package static func consensus(_ table: ConsensusTable = .digitalPhantom) -> SelfTest.Check {
        let name = "IBSI-1 digital phantom"
        let rows = table.rows
        var settings = ExtractionSettings()
        settings.discretise = GreyLevelSetting(.none)
        settings.intensityVolume = .none
        settings.texture.aggregations = Aggregation.allCases
        do {
            let found = try Extractor(settings).features(
                of: DigitalPhantom.region, in: DigitalPhantom.volume, modality: ""
            ).values
            let values = Dictionary(
                found.map { ($0.column.name, $0.measure.value) }, uniquingKeysWith: { first, _ in first })
            let failures = ConsensusTable.failures(rows) { values[$0] ?? nil }
            return SelfTest.Check(
                name, figure: "\(rows.count - failures.count) of \(rows.count) consensus values", failures: failures)
        } catch { return SelfTest.Check(name, figure: "no value", failures: ["\(error)"]) }
    }
}
