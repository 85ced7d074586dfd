import Filters
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
        struct Run: Decodable { var images: [String: Image] }
        struct Image: Decodable { var features: [String: Double?] }
        /// Of its two orders of slices the one in which a DICOM series is sorted.
        struct Orders: Decodable { var dicom: Order }
        var orders: Orders
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
        "LBP3D-binWidth1": "imageType: {LBP3D: {binWidth: 1}}",
        "Wavelet-force2D": "{imageType: {Wavelet: {}}, setting: {force2D: true}}",
    ]

    @Test(arguments: ["brain1", "sts1ct", "ibsict"])
    func imageTypes(_ name: String) throws {
        let data = try Data(
            contentsOf: URL(fileURLWithPath: SharedFiles.path("reference/pyradiomics/filters-\(name).json")))
        let reference = try JSONDecoder().decode(Reference.self, from: data)
        let scan = try LoadedCase(["data/pyradiomics/\(name)"])
        let runs = reference.orders.dicom.runs
        var total = 0
        for (run, yaml) in Self.runs.sorted(by: { $0.key < $1.key }) {
            let expected = try #require(runs[run], "\(run)")
            let settings = try ExtractionSettingsFile(
                yaml: yaml.hasPrefix("{") ? yaml : "{\(yaml)}"
            ).settings
            #expect(try ExtractionSettings(yaml: settings.yaml) == settings)
            #expect(Set(settings.featureImages.map(\.name)) == Set(expected.images.keys), "\(run)")
            let values = try Extractor(settings).values(of: scan.region, in: scan.volume)
            for (image, features) in expected.images.sorted(by: { $0.key < $1.key }) {
                var wanted = features.features
                if image == "lbp-3D-m2" {
                    let robust = "firstorder_RobustMeanAbsoluteDeviation"
                    let its = try #require(wanted.removeValue(forKey: robust) ?? nil)
                    let own = try #require(values["\(image)_\(robust)"] ?? nil)
                    let possible = Self.robustDeviations(of: scan)
                    for (whose, value) in [("PyRadiomics'", its), ("own", own)] {
                        #expect(
                            possible.contains { abs($0 - value) <= 1e-6 * abs(value) },
                            "\(name) \(whose) \(robust): \(value), expected one of \(possible)")
                    }
                    total += 1
                }
                let (compared, failures) = Self.differences(wanted) { values["\(image)_\($0)"] }
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

    /// The robust mean absolute deviations that m2 may have, whose patterns take few values: in brain1 two voxels with the same
    /// pattern are 4e-16 apart, in the last bit of their sum, and one of them is the 10th percentile, so that the rounding of
    /// a sum decides whether the other is cut off. It decides otherwise in PyRadiomics with another SciPy, too: the same scan
    /// gives 3.97541 in the reference (numpy 2, SciPy 1.15) and 3.97394 with SciPy 1.16 and numpy 1.26.
    private static func robustDeviations(of scan: LoadedCase) -> [Double] {
        let filter = ImageFilter(.pyradiomics(.sphericalPatterns(SphericalPatterns(.degree(1)))))
        let block = VolumeBlock(scan.volume, box: VoxelBox(lower: .zero, size: scan.volume.geometry.size))
        let responses = zip(filter.responses(in: scan.region.box, of: block), scan.region.voxels)
            .filter { $0.1 != 0 }.map(\.0).sorted()
        func percentile(_ part: Double) -> Double {
            let place = part * Double(responses.count - 1)
            let below = responses[Int(place)]
            return below + (place - place.rounded(.down))
                * (responses[min(responses.count - 1, Int(place) + 1)] - below)
        }
        let (low, high) = (percentile(0.1), percentile(0.9))
        func tied(_ edge: Double) -> Int { responses.count { abs($0 - edge) < 1e-9 } }
        let inner = responses.filter { $0 > low + 1e-9 && $0 < high - 1e-9 }
        return (0...tied(low)).flatMap { first in
            (0...tied(high)).map { last in
                let kept =
                    inner + [Double](repeating: low, count: first) + [Double](repeating: high, count: last)
                let mean = kept.reduce(0, +) / Double(kept.count)
                return kept.reduce(0) { $0 + abs($1 - mean) } / Double(kept.count)
            }
        }
    }

    /// Within 1e-6. The entropy of a flat region is 0, of which PyRadiomics' logarithm of 1 + ε makes -3.2e-16.
    private static func differences(
        _ expected: [String: Double?], _ found: (String) -> Double?
    ) -> (compared: Int, failures: [String]) {
        PyRadiomicsReference.differences(
            expected.mapValues { value in value.map { abs($0) < 1e-15 ? 0 : $0 } }, prefixes: [""],
            relativeTolerance: 1e-6, found)
    }

    private struct Examples: Decodable {
        struct Example: Decodable {
            var features: [String: Double?]?
            var slice: Int?

            private enum CodingKeys: String, CodingKey {
                case features
                case slice = "mask_slice_k"
            }
        }
        struct Order: Decodable { var examples: [String: Example] }
        struct Orders: Decodable { var dicom: Order }
        var orders: Orders
    }

    /// MR_2D_extraction fails in PyRadiomics: its shape2D asks for a mask of one slice, and brain1's has seven. It is compared on
    /// the largest of them.
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
        let examples = reference.orders.dicom.examples
        let expected = try #require(examples["\(name) on one slice of the mask"] ?? examples[name], "\(examples.keys)")
        let features = try #require(expected.features)
        var scan = try LoadedCase(["data/pyradiomics/brain1"])
        if let slice = expected.slice { scan.keep(slice: slice) }
        let values = try Extractor(file.settings).values(of: scan.region, in: scan.volume, modality: "MR")
        let (compared, failures) = Self.differences(features) { values[$0] }
        print("\(name): \(compared - failures.count) of \(compared)")
        #expect(
            failures.isEmpty,
            "\(name): \(failures.count) of \(compared) differ:\n\(failures.prefix(8).joined(separator: "\n"))")
    }
}
