// What the texture families give where there is little to count.
import Imaging
import Radiomics
import SettingsFile
import Testing
import TextureCore

@Suite struct TextureEdgeCaseTests {
    static func extract(
        _ values: [Double], _ size: SIMD3<Int>, _ convention: Convention,
        _ change: (inout ExtractionSettings) -> Void = { _ in }
    ) throws -> [String: Measure] {
        var settings = ExtractionSettings()
        settings.convention = convention
        settings.discretise = GreyLevelSetting(.none)
        settings.families = [.rlm, .szm, .dzm, .ngt, .ngl]
        settings.texture.aggregations = Aggregation.allCases
        change(&settings)
        let image = wholeImage(values, size)
        // Values of 0 are outside the region.
        var region = image.region
        region.voxels = values.map { $0 == 0 ? 0 : 1 }
        let extraction = try Extractor(settings).features(of: region, in: image.volume, modality: "")
        #expect(extraction.values.columns == settings.columns)
        return Dictionary(extraction.values.map { ($0.column.name, $0.measure) }) { first, _ in first }
    }

    @Test func flatRegion() throws {
        let ibsi = try Self.extract([Double](repeating: 3, count: 27), [3, 3, 3], .ibsi)
        #expect(ibsi["ngt_coarseness_3D"] == .value(1e6))
        for name in ["contrast", "busyness", "complexity", "strength"] { #expect(ibsi["ngt_\(name)_2D"] == .value(0)) }
        #expect(ibsi["szm_lze_3D"] == .value(27 * 27))
        #expect(ibsi["szm_zs_entr_3D"] == .value(0))
        #expect(ibsi["dzm_sde_3D"] == .value(1))
        #expect(ibsi["rlm_glnu_norm_3D_comb"] == .value(1))
        #expect(ibsi["ngl_gl_var_2_5D"] == .value(0))

        let pyradiomics = try Self.extract([Double](repeating: 3, count: 27), [3, 3, 3], .pyradiomics)
        #expect(pyradiomics["original_ngtdm_Coarseness"] == .value(1e6))
        #expect(pyradiomics["original_glszm_ZonePercentage"] == .value(1.0 / 27))
    }

    @Test func oneVoxel() throws {
        let ibsi = try Self.extract([5], [1, 1, 1], .ibsi)
        #expect(ibsi["rlm_sre_3D_avg"] == .value(1))
        #expect(ibsi["ngl_hdhge_3D"] == .value(25))
        #expect(ibsi["ngt_coarseness_3D"] == .undefined(.noPairs))
        #expect(ibsi["ngt_coarseness_2D"] == .undefined(.noPairs))

        let pyradiomics = try Self.extract([5], [1, 1, 1], .pyradiomics)
        #expect(pyradiomics["original_glrlm_RunEntropy"] == .undefined(.noPairs))
        #expect(pyradiomics["original_glszm_SmallAreaEmphasis"] == .value(1))
        #expect(pyradiomics["original_gldm_LargeDependenceEmphasis"] == .value(1))
        #expect(pyradiomics["original_ngtdm_Coarseness"] == .value(1e6))
        #expect(pyradiomics["original_ngtdm_Complexity"] == .undefined(.noPairs))
    }

    /// Directions in which no line holds two voxels are left out by PyRadiomics, in IBSI their runs of one voxel count.
    @Test func directionsWithoutLines() throws {
        let row = [2.0, 2, 2, 2]
        let ibsi = try Self.extract(row, [4, 1, 1], .ibsi)["rlm_lre_3D_avg"]
        #expect(ibsi == .value(28.0 / 13))
        #expect(try Self.extract(row, [4, 1, 1], .pyradiomics)["original_glrlm_LongRunEmphasis"] == .value(16))
        // A gap between two voxels of a line does not make the direction empty; both diagonals are. Along x three runs of
        // one voxel, along y one of two and one of one: (1 + 0.625) / 2.
        let gap = try Self.extract([1, 0, 1, 1, 0, 0], [3, 2, 1], .pyradiomics)
        #expect(gap["original_glrlm_ShortRunEmphasis"] == .value(0.8125))
    }

    @Test func settingsOfPyRadiomics() throws {
        // α = 1 makes neighbouring levels depend on each other.
        let image = [1.0, 2, 3]
        let strict = try Self.extract(image, [3, 1, 1], .pyradiomics)
        let loose = try Self.extract(image, [3, 1, 1], .pyradiomics) { $0.texture.pyradiomics.gldmA = 1 }
        #expect(strict["original_gldm_LargeDependenceEmphasis"] == .value(1))
        #expect(loose["original_gldm_LargeDependenceEmphasis"] == .value(17.0 / 3))
        // Distances [2] are the shell alone, in IBSI the whole neighbourhood.
        let shell = try Self.extract([1, 2, 1], [3, 1, 1], .pyradiomics) { $0.texture.distances = [2] }
        #expect(shell["original_gldm_SmallDependenceEmphasis"] == .value(0.5))
        let ball = try Self.extract([1, 1, 1], [3, 1, 1], .ibsi) { $0.texture.distances = [1, 2] }
        #expect(ball["ngl_hde_3D"] == .value(17.0 / 3))
        #expect(ball["ngl_hde_d2_3D"] == .value(9))
    }

    @Test func settingsFile() throws {
        let yaml = "{convention: pyradiomics, pyradiomics: {gldm_a: 2}, families: [gldm, glszm]}"
        let settings = try ExtractionSettings(yaml: yaml)
        #expect(settings.texture.pyradiomics.gldmA == 2)
        #expect(settings.families == [.ngl, .szm])
        #expect(try ExtractionSettings(yaml: settings.yaml) == settings)
        #expect(
            throws: SettingsError.value(
                key: "pyradiomics.gldm_a", found: "-1", expected: "a whole number of grey levels from 0")
        ) {
            try ExtractionSettings(yaml: "{convention: pyradiomics, pyradiomics: {gldm_a: -1}}")
        }
        let ibsi = try ExtractionSettings(yaml: "texture: {aggregations: [2D, 3D_avg]}")
        #expect(ibsi.texture.aggregations == [.slices, .averaged3D])
    }

    /// A distance beyond the region costs nothing and finds what is there.
    @Test func distanceBeyondTheRegion() throws {
        let far = try Self.extract([1, 1, 1], [3, 1, 1], .ibsi) {
            $0.families = [.ngt, .ngl]
            $0.texture.distances = [1_000_000_000]
        }
        #expect(far["ngl_hde_d1000000000_3D"] == .value(9))
    }

    /// Values by direction stand beside the aggregated ones.
    @Test func directionsOfRuns() throws {
        let each = try Self.extract([1, 1, 1, 2], [4, 1, 1], .ibsi) {
            $0.families = [.rlm]
            $0.texture.aggregations = [.averaged3D, .averaged2D]
            $0.texture.directions = .each
        }
        #expect(each.count == 16 * (2 + 13 + 4))
        #expect(each["rlm_lre_3D_dir_1_0_0"] == .value(5))
        #expect(each["rlm_lre_2D_dir_0_1_0"] == .value(1))
    }

    @Test func familiesTakeTheAggregationsThatTheyHave() {
        var settings = ExtractionSettings()
        settings.families = [.cm, .szm]
        settings.texture.aggregations = [.merged3D, .mergedSlices]
        let names = settings.columns.map(\.name)
        #expect(names.count == 26 + 16)
        #expect(names.filter { $0.hasPrefix("cm_") }.allSatisfy { $0.hasSuffix("_3D_comb") })
        #expect(names.filter { $0.hasPrefix("szm_") }.allSatisfy { $0.hasSuffix("_2_5D") })
        #expect(ExtractionSettings().texture.aggregations == [.averaged3D, .merged3D, .volume])
    }
}
