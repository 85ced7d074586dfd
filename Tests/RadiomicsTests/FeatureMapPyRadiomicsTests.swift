import Foundation
import Imaging
import Radiomics
import TestSupport
import Testing
import TextureCore

private func exponent(_ x: Double) -> Double { Foundation.exp(x) }

/// For tests that do not import Foundation.
func exponential(_ x: Double) -> Double { exponent(x) }

/// Voxel-based extractions of PyRadiomics 3.0.1 (`voxelBased=True, voxelBatch=1`).
private enum GoldenMaps {
    struct Settings: Decodable {
        var kernelRadius: Int
        var maskedKernel: Bool?
        var force2D: Bool?
        var distances: [Int]?
        var weightingNorm: String?
        var symmetricalGLCM: Bool?

        func mapSettings(binWidth: Double, _ features: [String]) throws -> FeatureMapSettings {
            var extraction = ExtractionSettings()
            extraction.convention = .pyradiomics
            extraction.discretise = GreyLevelSetting(.width(binWidth))
            extraction.texture.distances = distances ?? [1]
            extraction.texture.pyradiomics.force2DDimension = force2D == true ? 0 : nil
            extraction.texture.pyradiomics.symmetricalGLCM = symmetricalGLCM == false ? .directed : .symmetric
            if let weightingNorm {
                extraction.texture.pyradiomics.weightingNorm = try #require(.init(rawValue: weightingNorm))
            }
            var settings = FeatureMapSettings(extraction)
            settings.kernelRadius = kernelRadius
            settings.kernelVoxels = maskedKernel == false ? .all : .ofRegion
            try settings.select(features)
            try settings.validate()
            return settings
        }
    }

    /// A made image with all that belongs to it.
    struct Synthetic: Decodable {
        struct Case: Decodable {
            var settings: Settings
            var features: [String: [Double?]]
        }
        var size: [Int]
        var spacing: [Double]
        var image: [Int16]
        var mask: [UInt8]
        var cases: [Case]
    }

    /// 150 voxels of `data/pyradiomics/brain1`, by their positions in mm.
    struct Brain: Decodable {
        var positions: [[Double]]
        var features: [String: [Double]]
    }

    static func load<Golden: Decodable>(_ name: String, as _: Golden.Type) throws -> Golden {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/\(name)")
        return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    }

    /// A correlation of nothing comes out as a root of rounding errors, 1e-8, in one of the programs.
    static func differs(_ found: Float, _ expected: Double) -> Bool {
        abs(Double(found) - expected) > max(1e-6 * abs(expected), 1e-7)
    }
}

@Suite("feature maps equal PyRadiomics' voxel-based ones")
struct FeatureMapPyRadiomicsTests {
    @Test("a made image, at five settings", arguments: 0..<5)
    func synthetic(_ number: Int) throws {
        let golden = try GoldenMaps.load("map-synthetic.json", as: GoldenMaps.Synthetic.self)
        let reference = golden.cases[number]
        let size = SIMD3(golden.size[0], golden.size[1], golden.size[2])
        let spacing = SIMD3(golden.spacing[0], golden.spacing[1], golden.spacing[2])
        let volume = Volume(geometry: Geometry(size: size, spacing: spacing), values: .int16(golden.image))
        let region = Region(name: "", label: 1, box: VoxelBox(lower: .zero, size: size), voxels: golden.mask)
        // Where all pairs of a direction start in one level PyRadiomics' Correlation is 1 or about 0, and its Imc2 0 or left
        // out of the mean, as rounding has it.
        let undecided =
            reference.settings.symmetricalGLCM == false ? ["original_glcm_Correlation", "original_glcm_Imc2"] : []
        let names = reference.features.keys.sorted().filter { !undecided.contains($0) }
        let settings = try reference.settings.mapSettings(binWidth: 12, names)
        let maps = try FeatureMapper(settings).maps(of: region, in: volume, modality: "", jobs: 2)
        #expect(maps.maps.count == names.count && names.count >= 22)
        for map in maps.maps {
            let expected = try #require(reference.features[map.column.name])
            let found = zip(map.values, maps.inside).filter { $1 != 0 }.map(\.0)
            try #require(found.count == expected.count)
            for (k, value) in expected.enumerated() {
                if let value {
                    #expect(
                        !GoldenMaps.differs(found[k], value), "\(map.column.name) \(k): \(found[k]), expected \(value)")
                } else {
                    #expect(found[k].isNaN, "\(map.column.name) \(k): \(found[k]), expected none")
                }
            }
        }
    }

    @Test(
        "150 voxels of the brain case, 24 features",
        .enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
    func brain() throws {
        let golden = try GoldenMaps.load("map-brain1.json", as: GoldenMaps.Brain.self)
        let scan = try LoadedCase(["data/pyradiomics/brain1"])
        let settings = try GoldenMaps.Settings(kernelRadius: 1).mapSettings(binWidth: 25, ["glcm"])
        let maps = try FeatureMapper(settings).maps(of: scan.region, in: scan.volume, modality: "MR", jobs: 2)
        #expect(maps.maps.count == 24 && golden.positions.count == 150)
        var worst = (difference: 0.0, name: "")
        for map in maps.maps {
            let expected = try #require(golden.features[map.column.name])
            for (position, value) in zip(golden.positions, expected) {
                let index = maps.image.grid.index(at: SIMD3(position[0], position[1], position[2]))
                let place = SIMD3<Int>(index.rounded(.toNearestOrEven)) &- maps.box.lower
                let found = map.values[maps.box.offset(place.x, place.y, place.z)]
                let difference = abs(Double(found) - value) / max(abs(value), 1e-3)
                if !(difference <= worst.difference) { worst = (difference, "\(map.column.name) at \(place)") }
            }
        }
        #expect(worst.difference <= 1e-6, "\(worst)")
    }
}
