// What an image gets out of the settings of a run.
import Radiomics
import SettingsFile
import Testing
import TextureCore

struct ModalitySectionTests {
    private static let ct = ImageKind(modality: "CT", depth: .volume)

    /// A section over the common keys is the same as its keys in their place.
    @Test(arguments: [
        (
            "{resegment: {outlierSigma: 3}, modality: {CT: {resegment: {range: [-500, 400]}}}}",
            "resegment: {range: [-500, 400], outlierSigma: 3}"
        ),
        (
            "{resegment: {range: [0, 9], outlierSigma: 3}, modality: {CT: {resegment: none}}}", "resegment: none"
        ),
        ("{discretise: {binWidth: 2}, modality: {CT: {discretise: {binCount: 32}}}}", "discretise: {binCount: 32}"),
        ("{discretise: {binCount: 32}, modality: {CT: {discretise: {binWidth: 2}}}}", "discretise: {binWidth: 2}"),
        ("{discretise: {binWidth: 2, lowerBound: 1}, modality: {CT: {discretise: none}}}", "discretise: none"),
        (
            "{discretise: {binWidth: 2, lowerBound: 1}, modality: {CT: {discretise: {binWidth: 3}}}}",
            "discretise: {binWidth: 3, lowerBound: 1}"
        ), ("{ivh: {binCount: 9}, modality: {CT: {ivh: {binWidth: 1}}}}", "ivh: {binWidth: 1}"),
        (
            "{resample: {spacing: 2, interpolation: cubic}, modality: {CT: {resample: {spacing: 1}}}}",
            "resample: {spacing: 1, interpolation: cubic}"
        ), ("{resample: {spacing: 2}, modality: {CT: {resample: none}}}", "resample: none"),
        (
            """
            {convention: pyradiomics, resegment: {range: [0, 9]}, pyradiomics: {gldm_a: 1}, modality: {CT: {pyradiomics: \
            {normalize: true, resegmentRange: [-2, 2], resegmentMode: sigma}}}}
            """,
            """
            {convention: pyradiomics, pyradiomics: {gldm_a: 1, normalize: true, resegmentRange: [-2, 2], \
            resegmentMode: sigma}}
            """
        ), ("{discretise: {binWidth: 2}, modality: {PT: {discretise: {binWidth: 3}}}}", "discretise: {binWidth: 2}"),
    ])
    func overlay(yaml: String, inPlace: String) throws {
        let resolved = try ExtractionSettings(yaml: yaml).resolved(for: Self.ct)
        let expected = try ExtractionSettings(yaml: inPlace).resolved(for: Self.ct)
        #expect(resolved == expected, "\(resolved.yaml)")
        #expect(resolved.yaml == expected.yaml)
        #expect(try ExtractionSettings(yaml: resolved.yaml) == resolved, "what the hash is taken of is a settings file")
    }

    @Test func depthDecidesFamiliesAndAggregations() throws {
        let slice = ImageKind(modality: "PNG", depth: .oneSlice)
        for convention in Convention.allCases {
            var settings = ExtractionSettings()
            settings.convention = convention
            let (flat, volume) = (try settings.resolved(for: slice), try settings.resolved(for: Self.ct))
            #expect(volume.columns == settings.columns)
            #expect(!flat.activeFamilies.contains(.morph) && flat.activeFamilies.contains(.shape2D))
            #expect(flat.columns.allSatisfy { !$0.name.contains("3D") || convention == .pyradiomics })
            // A table of both has all columns once, and the order of either.
            let both = settings.columns(of: [.oneSlice, .volume])
            #expect(Set(both) == Set(flat.columns).union(volume.columns) && Set(both).count == both.count)
            for list in [flat.columns, volume.columns] { #expect(both.filter(Set(list).contains) == list) }
        }
        var named = ExtractionSettings()
        named.families = [.morph, .cm]
        named.texture.aggregations = [.merged3D]
        #expect(try named.resolved(for: slice).columns == named.columns)
    }

    @Test(arguments: [
        (1, 50, [LevelUse.Doubt.oneLevel]), (7, 100, [.fewLevels]), (8, 80, []), (9, 80, [.manyLevels]),
        (3, 20, [.fewLevels, .manyLevels]), (1, 1, [.oneLevel]), (0, 0, []),
    ])
    func doubts(occupied: Int, voxels: Int, expected: [LevelUse.Doubt]) {
        #expect(LevelUse(occupied: occupied, voxels: voxels).doubts == expected)
    }

    /// Levels count that a voxel has, not those up to the largest.
    @Test func occupiedLevels() throws {
        var settings = ExtractionSettings()
        settings.discretise = GreyLevelSetting(.width(1), lowerBound: 0)
        let (volume, region) = wholeImage([900, 900, 901, 903, 903, 903, 900, 900], [2, 2, 2])
        let extraction = try Extractor(settings).features(of: region, in: volume, modality: "")
        #expect(extraction.levelUse == LevelUse(occupied: 3, voxels: 8))
        #expect(extraction.diagnostics.greyLevelCount == 904 && extraction.warnings.isEmpty)
        #expect(extraction.notes.contains { $0.contains("3 grey levels, fewer than 8") })
    }
}
