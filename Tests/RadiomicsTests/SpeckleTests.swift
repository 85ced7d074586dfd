import Foundation
import Imaging
import Ingestion
import Radiomics
import TestSupport
import Testing
import TextureCore

/// `reference/png/speckle.json`: what scikit-image 0.26, mahotas 1.4.19 and PyRadiomics 3.0.1 say about one 512 × 512 PNG.
struct SpeckleReference: Decodable {
    struct SkImage: Decodable {
        var contrast, dissimilarity, homogeneity, angularSecondMoment, energy: [Double]
        var correlation, mean, variance, std, entropy: [Double]
        var offsetsRowColumn: [[Int]]
        var pairCounts: [Double]
        var maxCount: [Double]
        /// counts[angle][i][j], in one order, for 8 levels.
        var countsAsymmetric: [String: [[Double]]]?

        private enum CodingKeys: String, CodingKey {
            case contrast, dissimilarity, homogeneity, energy, correlation, mean, variance, std, entropy
            case angularSecondMoment = "ASM"
            case offsetsRowColumn = "offsets_row_col"
            case pairCounts = "pair_counts"
            case maxCount = "max_count"
            case countsAsymmetric = "counts_asymmetric"
        }
    }

    var sum: Int
    /// By "levels256_d1" etc.; other keys describe the run.
    var skimage: [String: SkImage]
    var mahotas: [String: [[Double]]]
    var mahotasOffsets: [[Int]]
    var pyradiomics: [String: [String: Double?]]

    private enum CodingKeys: String, CodingKey { case sum, skimage, mahotas, pyradiomics }

    private struct AnyKey: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let top = try decoder.container(keyedBy: CodingKeys.self)
        sum = try top.decode(Int.self, forKey: .sum)
        func group<Value: Decodable>(_ key: CodingKeys, _ prefix: String) throws -> [String: Value] {
            let group = try top.nestedContainer(keyedBy: AnyKey.self, forKey: key)
            return try group.allKeys.filter { $0.stringValue.hasPrefix(prefix) }
                .reduce(into: [:]) { $0[$1.stringValue] = try group.decode(Value.self, forKey: $1) }
        }
        skimage = try group(.skimage, "levels")
        mahotas = try group(.mahotas, "levels")
        mahotasOffsets = try top.nestedContainer(keyedBy: AnyKey.self, forKey: .mahotas)
            .decode([[Int]].self, forKey: AnyKey(stringValue: "offsets_row_col"))
        pyradiomics = try group(.pyradiomics, "binWidth")
    }
}

@Suite(.enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct SpeckleTests {
    let reference: SpeckleReference
    let volume: Volume

    init() throws {
        let json = try Data(contentsOf: URL(fileURLWithPath: SharedFiles.path("reference/png/speckle.json")))
        reference = try JSONDecoder().decode(SpeckleReference.self, from: json)
        let archive = try Archive.scan([SharedFiles.path("data/png/speckle.png")], jobs: 1)
        volume = try #require(archive.images.first).load()
    }

    /// Levels from 1 where the others count from 0: level = value / width + 1.
    func pairs(levels: Int, reach: Int) throws -> VoxelPairs {
        let values = volume.values(in: VoxelBox(lower: .zero, size: volume.geometry.size))
        #expect(Int(values.reduce(0, +)) == reference.sum)
        let greyLevels = try GreyLevels(
            of: values, by: .binWidth(256 / Double(levels), lowerBound: 0), convention: .ibsi)
        let inside = [UInt8](repeating: 1, count: values.count)
        return VoxelPairs(
            LevelGrid(size: volume.geometry.size, inside: inside, greyLevels: greyLevels), reach: reach)
    }

    static let cases = [256, 32, 8].flatMap { levels in [1, 3].map { (levels, $0) } }

    func expect(_ found: Double, _ expected: Double, _ what: String) {
        #expect(
            abs(found - expected) <= 1e-9 * max(abs(expected), 1e-3), "\(what): \(found), expected \(expected)")
    }

    @Test(arguments: cases)
    func scikitImage(levels: Int, distance: Int) throws {
        let expected = try #require(reference.skimage["levels\(levels)_d\(distance)"])
        let offsets = expected.offsetsRowColumn.map { Offset($0[1], $0[0]) }
        let counts = try pairs(levels: levels, reach: distance).count(along: offsets)
        for (k, matrix) in counts.matrices(.symmetric).enumerated() {
            let features = HaralickFeatures(matrix, convention: .ibsi)
            func check(_ feature: HaralickFeature, _ value: Double, _ convert: (Double) -> Double = { $0 }) throws {
                expect(convert(try #require(features[feature].value)), value, "\(feature) \(offsets[k])")
            }
            try check(.contrast, expected.contrast[k])
            try check(.dissimilarity, expected.dissimilarity[k])
            try check(.inverseDifferenceMoment, expected.homogeneity[k])
            try check(.angularSecondMoment, expected.angularSecondMoment[k])
            try check(.angularSecondMoment, expected.energy[k]) { $0.squareRoot() }
            try check(.correlation, expected.correlation[k])
            // scikit-image counts grey levels from 0.
            try check(.jointAverage, expected.mean[k]) { $0 - 1 }
            try check(.jointVariance, expected.variance[k])
            try check(.jointVariance, expected.std[k]) { $0.squareRoot() }
            // Its entropy is in nats.
            try check(.jointEntropy, expected.entropy[k]) { $0 * log(2) }
            #expect(matrix.total == 2 * expected.pairCounts[k])
        }
        // The largest count in one order.
        #expect(counts.matrices(.directed).map { $0.counts.max() ?? 0 } == expected.maxCount)
        guard let directed = expected.countsAsymmetric else { return }
        for (angle, matrix) in zip(["0", "45", "90", "135"], counts.matrices(.directed)) {
            #expect(matrix.dense == directed[angle], "\(angle)°")
        }
    }

    @Test(arguments: cases)
    func mahotas(levels: Int, distance: Int) throws {
        let expected = try #require(reference.mahotas["levels\(levels)_d\(distance)"])
        let offsets = reference.mahotasOffsets.map { Offset($0[1], $0[0]) * distance }
        let matrices = try pairs(levels: levels, reach: distance).count(along: offsets).matrices(.symmetric)
        // Its 13 features in order. The tenth is another quantity (the variance of the vector p₋); sums start at 0.
        let definitions: [(HaralickFeature, Double)?] = [
            (.angularSecondMoment, 0), (.contrast, 0), (.correlation, 0), (.jointVariance, 0),
            (.inverseDifferenceMoment, 0), (.sumAverage, -2), (.sumVariance, 0), (.sumEntropy, 0), (.jointEntropy, 0),
            nil, (.differenceEntropy, 0), (.informationCorrelation1, 0), (.informationCorrelation2, 0),
        ]
        for (row, matrix) in zip(expected, matrices) {
            let features = HaralickFeatures(matrix, convention: .ibsi)
            for (value, definition) in zip(row, definitions) {
                guard let (feature, shift) = definition else { continue }
                expect(try #require(features[feature].value) + shift, value, "\(feature)")
            }
        }
    }

    @Test(arguments: [1.0, 8, 25])
    func pyradiomics(binWidth: Double) throws {
        let expected = try #require(reference.pyradiomics["binWidth\(Int(binWidth))"])
        var settings = ExtractionSettings()
        settings.convention = .pyradiomics
        settings.discretise = GreyLevelSetting(.width(binWidth))
        settings.texture.pyradiomics.force2DDimension = 0
        let values = try Extractor(settings).values(of: .whole(volume.geometry), in: volume)
        let (compared, failures) = PyRadiomicsReference.differences(
            expected, prefixes: ["original_glcm_", "original_firstorder_"], relativeTolerance: 1e-9
        ) { values[$0] }
        #expect(compared >= 24)
        #expect(failures.isEmpty, "\(failures.count) of \(compared) differ:\n\(failures.joined(separator: "\n"))")
    }
}
