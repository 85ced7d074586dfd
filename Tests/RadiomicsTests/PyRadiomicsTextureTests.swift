// PyRadiomics' classes glrlm, glszm, ngtdm and gldm against its own output.
import Radiomics
import TestSupport
import Testing

@Suite(.enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct PyRadiomicsTextureTests {
    static let classes: [(family: FeatureFamily, count: Int)] = [(.rlm, 16), (.szm, 16), (.ngt, 5), (.ngl, 14)]

    /// All eight settings on the image + SEG cases; sums are added in another order, so the numbers agree but for
    /// rounding. No direction is told from its opposite here, so the order of the slices does not matter.
    @Test(arguments: ["brain1", "sts1ct", "ibsict"])
    func equalsPyRadiomics(_ name: String) throws {
        let reference = try PyRadiomicsReference(name)
        let scan = try LoadedCase(["data/pyradiomics/\(name)"])
        #expect(reference.variants.count == 8)
        for (variant, expected) in reference.variants.sorted(by: { $0.key < $1.key }) {
            for (family, count) in Self.classes {
                var settings = ExtractionSettings(expected.settings)
                settings.families = [family]
                let values = try Extractor(settings).values(of: scan.region, in: scan.volume)
                let prefix = "original_\(family.pyradiomicsClass ?? "")_"
                let (compared, failures) = PyRadiomicsReference.differences(
                    expected.features, prefixes: [prefix], relativeTolerance: 1e-12
                ) { values[$0] }
                #expect(compared == count && values.count == count)
                #expect(
                    failures.isEmpty,
                    "\(variant): \(failures.count) of \(compared) differ:\n\(failures.joined(separator: "\n"))")
            }
        }
    }
}
