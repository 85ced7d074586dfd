// PyRadiomics' classes glrlm, glszm, ngtdm and gldm against its own output.
import Foundation
import Imaging
import Ingestion
import Radiomics
import TestSupport
import Testing
import TextureCore

@Suite(.enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct PyRadiomicsTextureTests {
    /// One run of PyRadiomics: its settings and what it gave.
    struct Variant: Decodable {
        struct Settings: Decodable {
            var force2D: Bool?
            var binCount: Int?
            var binWidth: Double?
            var distances: [Int]?
            var symmetricalGLCM: Bool?
            var weightingNorm: String?
        }
        var settings: Settings
        var features: [String: Double]

        func settings(_ family: FeatureFamily) throws -> ExtractionSettings {
            var all = ExtractionSettings()
            all.convention = .pyradiomics
            all.families = [family]
            if let width = settings.binWidth { all.discretise = GreyLevelSetting(.width(width)) }
            if let count = settings.binCount { all.discretise = GreyLevelSetting(.count(count)) }
            if let distances = settings.distances { all.texture.distances = distances }
            if settings.force2D == true { all.texture.pyradiomics.force2DDimension = 0 }
            if settings.symmetricalGLCM == false { all.texture.pyradiomics.symmetricalGLCM = .directed }
            if let norm = settings.weightingNorm {
                all.texture.pyradiomics.weightingNorm = try #require(PyRadiomicsTexture.Weighting(rawValue: norm))
            }
            return all
        }
    }

    struct Reference: Decodable {
        var variants: [String: Variant]
    }

    /// Sums in another order: the same numbers but for rounding.
    static let tolerance = 1e-9

    @Test(arguments: ["brain1", "ibsict", "sts1ct"])
    func allSettings(_ name: String) throws {
        let json = try Data(contentsOf: URL(fileURLWithPath: SharedFiles.path("reference/pyradiomics/\(name).json")))
        let variants = try JSONDecoder().decode(Reference.self, from: json).variants
        #expect(variants.count == 8)
        let archive = try Archive.scan([SharedFiles.path("data/pyradiomics/\(name)")], jobs: 2)
        let image = try #require(archive.images.first)
        let outcome = try #require(try archive.masks.first?.regions(on: image).first)
        guard case .region(let region, _) = outcome else {
            Issue.record("no region: \(outcome)")
            return
        }
        let volume = try image.load()
        for (variantName, variant) in variants.sorted(by: { $0.key < $1.key }) {
            for (family, count) in [(FeatureFamily.rlm, 16), (.szm, 16), (.ngt, 5), (.ngl, 14)] {
                let found = try Extractor(variant.settings(family)).values(
                    of: region, in: volume, modality: image.identity.modality)
                let prefix = "original_\(family.pyradiomicsClass ?? "")_"
                let expected = variant.features.filter { $0.key.hasPrefix(prefix) }
                #expect(expected.count == count)
                #expect(Set(found.keys) == Set(expected.keys), "\(name) \(variantName)")
                let errors = expected.map { key, value in
                    (key: key, error: abs((found[key] ?? .nan) - value) / max(abs(value), .leastNormalMagnitude))
                }
                let wrong = errors.filter { !($0.error <= Self.tolerance) }
                let worst = errors.max { $0.error < $1.error }
                print(
                    "\(name) \(variantName) \(prefix): \(errors.count - wrong.count) of \(errors.count), worst \(worst!)"
                )
                #expect(
                    wrong.isEmpty,
                    "\(name) \(variantName): \(wrong.map { "\($0.key) off by \($0.error)" }.joined(separator: "; "))")
            }
        }
    }
}
