import Foundation
import Imaging
import Radiomics
import TestSupport
import Testing

/// `reference/pyradiomics/filters-*.json` and `examples-brain1.json`: PyRadiomics' own output for its image types.
@Suite(.enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct PyRadiomicsImageTypeTests {
    private struct Reference: Decodable {
        struct Order: Decodable { var runs: [String: Run] }
        struct Run: Decodable {
            var imageType: String
            var images: [String: Image]

            private enum CodingKeys: String, CodingKey {
                case images
                case imageType = "image_type"
            }
        }
        struct Image: Decodable { var features: [String: Double?] }
        var orders: [String: Order]
    }

    /// The runs of the reference as parameter files.
    private static let runs = [
        "LoG": "imageType: {LoG: {sigma: [1, 2, 3]}}", "Wavelet": "imageType: {Wavelet: {}}",
        "Wavelet-db2-level2-start1-binWidth100":
            "imageType: {Wavelet: {wavelet: db2, level: 2, start_level: 1, binWidth: 100}}",
        "Square": "imageType: {Square: {}}", "SquareRoot": "imageType: {SquareRoot: {}}",
        "Logarithm": "imageType: {Logarithm: {}}", "Exponential": "imageType: {Exponential: {}}",
        "Gradient": "imageType: {Gradient: {}}",
        "Gradient-noSpacing": "{imageType: {Gradient: {}}, setting: {gradientUseSpacing: false}}",
        "LBP2D": "imageType: {LBP2D: {}}", "LBP2D-binWidth1": "imageType: {LBP2D: {binWidth: 1}}",
        "LBP2D-radius2-samples16-binWidth1":
            "imageType: {LBP2D: {lbp2DRadius: 2, lbp2DSamples: 16, binWidth: 1}}",
        "Wavelet-force2D": "{imageType: {Wavelet: {}}, setting: {force2D: true}}",
    ]

    @Test(arguments: ["brain1", "sts1ct", "ibsict"])
    func imageTypes(_ name: String) throws {
        let data = try Data(
            contentsOf: URL(fileURLWithPath: SharedFiles.path("reference/pyradiomics/filters-\(name).json")))
        let reference = try JSONDecoder().decode(Reference.self, from: data)
        let scan = try LoadedCase(["data/pyradiomics/\(name)"])
        let runs = try #require(reference.orders["dicom"]?.runs)
        var total = 0
        for (run, yaml) in Self.runs.sorted(by: { $0.key < $1.key }) {
            let expected = try #require(runs[run], "\(run)")
            let settings = try ExtractionSettingsFile(
                yaml: yaml.hasPrefix("{") ? yaml : "{\(yaml)}").settings
            #expect(try ExtractionSettings(yaml: settings.yaml) == settings)
            #expect(Set(settings.featureImages.map(\.name)) == Set(expected.images.keys), "\(run)")
            let values = try Extractor(settings).values(of: scan.region, in: scan.volume)
            for (image, features) in expected.images.sorted(by: { $0.key < $1.key }) {
                let (compared, failures) = PyRadiomicsReference.differences(
                    features.features, prefixes: [""], relativeTolerance: 1e-6
                ) { values["\(image)_\($0)"] }
                total += compared
                #expect(compared >= 80, "\(run) \(image): \(compared)")
                #expect(
                    failures.isEmpty,
                    "\(name) \(run) \(image): \(failures.count) of \(compared) differ:\n\(failures.prefix(4).joined(separator: "\n"))"
                )
            }
        }
        print("\(name): \(total) values of PyRadiomics' image types compared")
    }

    private struct Examples: Decodable {
        struct Order: Decodable { var examples: [String: Example] }
        struct Example: Decodable { var features: [String: Double?]? }
        var orders: [String: Order]
    }

    /// MR_2D_extraction fails in PyRadiomics as well: its shape2D asks for a mask of one slice, and brain1's has seven.
    @Test(arguments: [
        "Params.yaml", "exampleCT.yaml", "exampleMR_3mm.yaml", "exampleMR_5mm.yaml", "exampleMR_NoResampling.yaml",
        "exampleVoxel.yaml", "example_allShape.yaml", "MR_2D_extraction.yaml",
    ])
    func shippedFiles(_ name: String) throws {
        let data = try Data(
            contentsOf: URL(fileURLWithPath: SharedFiles.path("reference/pyradiomics/examples-brain1.json")))
        let reference = try JSONDecoder().decode(Examples.self, from: data)
        let yaml = try String(
            contentsOfFile: SharedFiles.path("reference/pyradiomics/exampleSettings/\(name)"), encoding: .utf8)
        let file = try ExtractionSettingsFile(yaml: yaml)
        #expect(try ExtractionSettings(yaml: file.settings.yaml) == file.settings)
        let examples = try #require(reference.orders["dicom"]?.examples)
        let expected = try #require(examples[name] ?? examples[String(name.dropLast(5))], "\(examples.keys)")
        guard let features = expected.features else { return }
        let scan = try LoadedCase(["data/pyradiomics/brain1"])
        let values = try Extractor(file.settings).values(of: scan.region, in: scan.volume, modality: "MR")
        let (compared, failures) = PyRadiomicsReference.differences(
            features, prefixes: [""], relativeTolerance: 1e-6
        ) { values[$0] }
        print("\(name): \(compared - failures.count) of \(compared)")
        #expect(
            failures.isEmpty,
            "\(name): \(failures.count) of \(compared) differ:\n\(failures.prefix(8).joined(separator: "\n"))")
    }
}
