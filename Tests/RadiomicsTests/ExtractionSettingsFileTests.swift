// What is printed of settings reads back to the same settings.
import Radiomics
import SettingsFile
import Testing
import TextureCore

struct ExtractionSettingsFileTests {
    @Test(arguments: [
        "convention: ibsi", "convention: pyradiomics", "resample: {spacing: [2, 2, 0], interpolation: cubic}",
        "resegment: {range: [-500, 400], outlierSigma: 3}", "resegment: {range: [-.inf, 400]}", "resample: none",
        "resegment: none", "discretise: {binWidth: 12.5, lowerBound: 1}",
        "discretise: {binCount: 64}", "texture: {aggregations: merged}", "families: automatic",
        "modality: {ct: {discretise: none}, PET: {imageUnit: suvlbm, resample: {spacing: 4}, ivh: {binWidth: 0.1}}}",
        "{convention: pyradiomics, modality: {MR: {pyradiomics: {normalize: true, normalizeScale: 100}}}}",
        "regions: {GTV: ['GTV*', Tumour], 'Lung, left': []}", "discretise: none", "discretise: automatic",
        "ivh: automatic",
        "ivh: none", "ivh: {binCount: 100}", "ivh: {binWidth: 0.1}",
        "texture: {distances: [1, 3], aggregations: [2D_avg, 2D, 3D], directions: each}", "families: [cm, stat]",
        "features: [cm_contrast, stat_mean, cm_energy]", "{families: [stat, cm], features: [cm_contrast]}",
        "{convention: pyradiomics, features: [glcm_Contrast, original_firstorder_Mean, glcm_Autocorrelation]}",
        "{convention: pyradiomics, families: [shape2D, glcm], pyradiomics: {force2D: true, force2Ddimension: 2}}",
        """
        {convention: pyradiomics, pyradiomics: {symmetricalGLCM: false, weightingNorm: infinity, gldm_a: 2, normalize: true, \
        normalizeScale: 100, removeOutliers: 3, resegmentRange: [-3, 3], resegmentMode: sigma, resegmentShape: true, \
        minimumROIDimensions: 3, minimumROISize: 50, voxelArrayShift: -300}}
        """,
        "{convention: pyradiomics, pyradiomics: {resegmentRange: [0.4], resegmentMode: relative}}",
    ])
    func roundTrip(yaml: String) throws {
        let settings = try ExtractionSettings(yaml: yaml)
        let again = try ExtractionSettings(yaml: settings.yaml)
        #expect(again == settings, "\(settings.yaml)")
        #expect(again.yaml == settings.yaml)
        #expect(again.columns == settings.columns)
    }

    /// The keys in the order in which they apply, each of them there.
    @Test func everyKeyIsWritten() {
        func keys(_ settings: ExtractionSettings) -> [Substring] {
            settings.yaml.split(separator: "\n").map { $0.prefix { $0 != ":" } }
        }
        let common: [Substring] = ["convention", "imageUnit", "resample", "resegment", "discretise"]
        #expect(keys(ExtractionSettings()) == common + ["ivh", "texture", "families"])
        var other = ExtractionSettings()
        other.convention = .pyradiomics
        #expect(keys(other) == common + ["texture", "pyradiomics", "families"])
    }

    @Test func singleFeatures() throws {
        let settings = try ExtractionSettings(
            yaml:
                "{families: [stat, cm], features: [cm_energy, cm_contrast], texture: {distances: [1, 2], directions: each}}"
        )
        let names = settings.columns.map(\.name)
        #expect(names.filter { $0.hasPrefix("stat_") }.count == 18)
        // Two features, two distances, two aggregations and thirteen directions.
        #expect(names.filter { $0.hasPrefix("cm_") }.count == 2 * 2 * (2 + 13))
        let (volume, region) = wholeImage([1, 2, 2, 4, 1, 3, 3, 2], [2, 2, 2])
        var whole = settings
        whole.features = [:]
        let (some, all) = (
            try Extractor(settings).values(of: region, in: volume), try Extractor(whole).values(of: region, in: volume)
        )
        #expect(some.count > 20 && some.count < all.count)
        for (name, value) in some { #expect(all[name] == value, "\(name)") }
    }

    @Test(arguments: [
        ("features: [cm_contrst]", "did you mean 'cm_contrast'?"),
        ("features: [glcm_Contrast]", "in the convention ibsi"), ("features: []", "features: found none"),
        ("{families: [stat], features: [cm_contrast]}", "not among the families"),
        ("{convention: pyradiomics, features: [cm_contrast]}", "in the convention pyradiomics"),
        ("{pyradiomics: {voxelArrayShift: 5}}", "choose convention: pyradiomics"),
    ])
    func refusals(yaml: String, words: String) {
        let error = #expect(throws: SettingsError.self) { try ExtractionSettings(yaml: yaml) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "accepted")")
    }
}
