// Catalogue, tables of reference values, columns and manual page agree.
import Foundation
import Radiomics
import SelfTest
import TestSupport
import Testing
import TextureCore

struct FeatureCatalogueTests {
    /// Every column of the IBSI convention, at distance 1.
    private static let columns: [FeatureColumn] = {
        var settings = ExtractionSettings()
        settings.texture.aggregations = Aggregation.allCases
        return settings.columns(of: Set(ImageDepth.allCases))
    }()

    @Test func everyColumnIsInTheCatalogue() {
        let tags = Set(FeatureCatalogue.all.map(\.tag))
        #expect(tags.count == FeatureCatalogue.all.count)
        #expect(Self.columns.filter { !tags.contains($0.definition.tag) }.map(\.name) == [])
        #expect(Set(FeatureCatalogue.all.flatMap(\.ibsiColumns)) == Set(Self.columns.map(\.name)))
    }

    @Test func pyradiomicsColumnsAreInTheCatalogue() {
        var settings = ExtractionSettings()
        settings.convention = .pyradiomics
        #expect(settings.columns.count == 107)
        settings.families = FeatureFamily.allCases
        #expect(settings.columns.count == 107 + 9)
        #expect(Set(FeatureCatalogue.all.compactMap(\.pyradiomicsColumn)) == Set(settings.columns.map(\.name)))
        #expect(settings.columns.count { $0.definition.family == .shape2D } == 9)
    }

    /// Within a family; two codes of the intensity-volume histogram take the percentage as a parameter.
    @Test func codesAreUnique() {
        for (family, definitions) in FeatureCatalogue.families {
            let codes = definitions.compactMap(\.ibsiCode).filter { !["BC2M", "GBPN"].contains($0) }
            #expect(Set(codes).count == codes.count, "\(family.rawValue)")
            #expect(codes.allSatisfy { $0.count == 4 && $0.uppercased() == $0 }, "\(family.rawValue)")
            let names = definitions.compactMap(\.pyradiomicsName)
            #expect(Set(names).count == names.count, "\(family.rawValue)")
        }
    }

    @Test func everyRecordIsComplete() {
        for definition in FeatureCatalogue.all {
            #expect(!definition.title.isEmpty && !definition.formula.isEmpty && !definition.whenFlat.isEmpty)
            #expect(definition.tag.hasPrefix(definition.family.rawValue + "_"))
            #expect(definition.isIBSIColumn || definition.pyradiomicsName != nil)
            #expect(!definition.family.symbols.isEmpty && !definition.family.whenEmpty.isEmpty)
        }
    }

    @Test(arguments: [
        ("cm_contrast", ["cm_contrast"]), ("CM_Contrast", ["cm_contrast"]), ("cm_contrast_d2_3D_avg", ["cm_contrast"]),
        ("cm_contrast_2_5d_comb", ["cm_contrast"]), ("cm_contrast_3D_dir_1_-1_0", ["cm_contrast"]),
        ("cm_contrast_d3_2D_dir_0_1_0", ["cm_contrast"]), ("original_glcm_Contrast", ["cm_contrast"]),
        ("log_s3__cm_contrast_3D_comb", ["cm_contrast"]), ("wavelet-LLH_glcm_Contrast", ["cm_contrast"]),
        ("glcm_contrast", ["cm_contrast"]), ("Contrast", ["cm_contrast", "ngt_contrast"]), ("ACUI", ["cm_contrast"]),
        ("bc2m", ["ivh_v10", "ivh_v90"]), ("ngl_lde_d2_3D", ["ngl_lde"]),
        ("original_firstorder_Entropy", ["ih_entropy"]),
        ("firstorder_TotalEnergy", ["stat_total_energy"]), ("original_shape2D_Perimeter", ["shape2D_perimeter"]),
        ("cm_inv_diff_mom_norm_2D_avg", ["cm_inv_diff_mom_norm"]), ("stat_mean", ["stat_mean"]),
    ])
    func namesAreFound(name: String, tags: [String]) {
        guard case .features(let found) = FeatureCatalogue.find(name) else {
            Issue.record("\(FeatureCatalogue.find(name))")
            return
        }
        #expect(found.map(\.tag) == tags)
    }

    /// What the documentation of each program, and clinics, mean by their words.
    @Test(arguments: [
        ("f1", ["cm_energy"]), ("f9", ["cm_joint_entr"]), ("F14", ["cm_mcc"]),
        ("sum of squares: variance", ["cm_joint_var"]),
        ("homogeneity", ["cm_inv_diff", "cm_inv_diff_mom"]), ("Joint entropy", ["cm_joint_entr"]),
        ("joint-entropy", ["cm_joint_entr"]), ("asm", ["cm_energy"]), ("IDM", ["cm_inv_diff_mom"]),
        ("dissimilarity", ["cm_dissimilarity"]), ("SUVmax", ["stat_max"]),
        ("SUV peak", ["loc_peak_loc", "loc_peak_glob"]),
        ("MTV", ["morph_vol_approx"]), ("tlg", ["morph_integ_int"]), ("GLZLM_SZE", ["szm_sze"]),
        ("NGLDM_Busyness", ["ngt_busyness"]), ("GLCM_Entropy_log10", ["cm_joint_entr"]),
        ("entropy", ["ih_entropy", "cm_joint_entr"]),
        ("Energy", ["stat_energy", "cm_energy"]), ("uniformity", ["ih_uniformity", "cm_energy"]),
        ("GLCM contrast", ["cm_contrast"]), ("Kurtosis", ["stat_kurt"]),
    ])
    func wordsOfOthersAreFound(name: String, tags: [String]) {
        guard case .features(let found) = FeatureCatalogue.find(name) else {
            Issue.record("\(FeatureCatalogue.find(name))")
            return
        }
        #expect(found.map(\.tag) == tags)
    }

    /// The reference manual, version 11, and words in other spellings.
    @Test(arguments: [
        ("Volume (mesh)", ["morph_volume"]), ("mean intensity", ["stat_mean"]),
        ("INTENSITY HISTOGRAM MODE", ["ih_mode"]), ("(Excess) intensity kurtosis", ["stat_kurt"]),
        ("Discretized intensity entropy", ["ih_entropy"]), ("Area under the IVH curve", ["ivh_auc"]),
        ("Volume at intensity fraction", ["ivh_v10", "ivh_v90"]), ("Information correlation 2", ["cm_info_corr2"]),
        ("information measures of correlation", ["cm_info_corr1", "cm_info_corr2"]),
        ("normalized inverse difference", ["cm_inv_diff_norm"]), ("center of mass shift", ["morph_com"]),
        ("Gray level non-uniformity", ["rlm_glnu", "szm_glnu", "dzm_glnu", "ngl_glnu"]),
        ("IBSI:ACUI", ["cm_contrast"]), ("GLCM_Contrast[IBSI:ACUI]", ["cm_contrast"]), ("ibsi acui", ["cm_contrast"]),
        ("INTENSITY-BASED_MeanIntensity[IBSI:Q4LE]", ["stat_mean"]), ("GLCM_JointEntropy", ["cm_joint_entr"]),
        ("GLDZM small distance emphasis", ["dzm_sde"]), ("NGLDM_LowDependenceEmphasis", ["ngl_lde"]),
        ("suvmax", ["stat_max"]), ("SUVMEAN", ["stat_mean"]), ("metabolic tumor volume", ["morph_vol_approx"]),
        ("angular second moment", ["cm_energy"]), ("inverse difference moment", ["cm_inv_diff_mom"]),
        ("correlation", ["cm_corr"]), ("MCC", ["cm_mcc"]), ("sum of squares", ["cm_joint_var"]),
    ])
    func fullNamesAreFound(name: String, tags: [String]) {
        guard case .features(let found) = FeatureCatalogue.find(name) else {
            Issue.record("\(name): \(FeatureCatalogue.find(name))")
            return
        }
        #expect(found.map(\.tag) == tags)
    }

    @Test("every code, tag, title and PyRadiomics name is found in any case")
    func everyNameInAnyCase() {
        for definition in FeatureCatalogue.all {
            let names = [definition.tag, definition.title, definition.ibsiCode, definition.pyradiomicsColumn]
            for name in names.compactMap({ $0 }) {
                for spelt in [name, name.lowercased(), name.uppercased()] {
                    guard case .features(let found) = FeatureCatalogue.find(spelt) else {
                        Issue.record("\(spelt): \(FeatureCatalogue.find(spelt))")
                        continue
                    }
                    #expect(found.contains(definition), "\(spelt)")
                }
            }
        }
    }

    @Test("every name of others belongs to a feature, and stands once for it and its source")
    func otherNames() {
        let tags = Set(FeatureCatalogue.all.map(\.tag))
        #expect(FeatureName.all.filter { !tags.contains($0.tag) }.map(\.name) == [])
        let keys = FeatureName.all.map { "\($0.source) \($0.tag) \($0.name)" }
        #expect(Set(keys).count == keys.count)
        #expect(FeatureName.haralickTags.count == 14 && Set(FeatureName.haralickTags).count == 14)
    }

    @Test("haralick among the families is one number for each of the 14 features of 1973; a named aggregation stays")
    func haralickFamily() throws {
        var settings = ExtractionSettings()
        try settings.select(families: ["haralick"])
        #expect(Set(settings.columns.map(\.name)) == Set(FeatureName.haralickTags.map { $0 + "_3D_comb" }))
        settings = ExtractionSettings()
        settings.texture.aggregations = [.averaged2D]
        try settings.select(families: ["stat", "haralick"])
        let names = settings.columns.map(\.name)
        #expect(
            names.contains("stat_mean") && names.contains("cm_energy_2D_avg") && !names.contains("cm_joint_max_2D_avg"))
        settings = ExtractionSettings()
        settings.convention = .pyradiomics
        try settings.select(families: ["haralick"])
        #expect(settings.columns.count == 13 && settings.columns.allSatisfy { $0.name.hasPrefix("original_glcm_") })
        // What it comes to is a settings file like any other.
        let again = try ExtractionSettings(yaml: settings.yaml)
        #expect(again == settings)
    }

    @Test(arguments: [
        "cm_contrast_3D", "szm_sze_d2_3D", "stat_mean_3D_avg", "rlm_sre_d2_3D_avg", "cm_contrast_dx_3D_avg",
        "xyzzyxyzzy",
    ])
    func noColumnsAreNotFound(name: String) {
        guard case .nothing = FeatureCatalogue.find(name) else {
            Issue.record("\(FeatureCatalogue.find(name))")
            return
        }
    }

    @Test func familiesAndSlips() {
        for name in ["cm", "GLCM", "lfyi"] { #expect(FeatureCatalogue.find(name) == .family(.cm)) }
        guard case .nothing(let nearest) = FeatureCatalogue.find("cm_contrats") else {
            Issue.record("found")
            return
        }
        #expect(nearest.first == "cm_contrast")
    }

    @Test func manualPageIsTheCommittedOne() throws {
        let path = SharedFiles.packageRoot.appendingPathComponent("man/weft-features.7").path
        let committed = try String(contentsOfFile: path, encoding: .utf8)
        #expect(committed == FeatureManual.page, "make it anew: weft explain --manual > man/weft-features.7")
        for definition in FeatureCatalogue.all {
            #expect(committed.contains(".It Cm \(definition.tag)\n"), "\(definition.tag)")
        }
    }
}

@Suite(.enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct CatalogueReferenceTests {
    @Test(arguments: [
        "digital_phantom", "ct_phantom_config_a", "ct_phantom_config_b", "ct_phantom_config_c", "ct_phantom_config_d",
        "ct_phantom_config_e",
    ])
    func everyFeatureRowIsAColumn(table: String) throws {
        var settings = ExtractionSettings()
        settings.texture.aggregations = Aggregation.allCases
        let columns = Set(settings.columns.map(\.name))
        let rows = try ConsensusTable("\(table).csv").rows.map(\.tag)
        // Rows that end so are diagnostics: image and mask after a step.
        let features = rows.filter { !$0.hasSuffix("_img") && !$0.hasSuffix("_roi") }
        #expect(features.count > 200)
        #expect(features.filter { !columns.contains($0) } == [])
    }

    @Test(arguments: ["brain1", "sts1ct", "ibsict"])
    func everyPyRadiomicsNameIsAColumn(name: String) throws {
        let reference = try #require(PyRadiomicsReference(name).variants["default"])
        var settings = ExtractionSettings()
        settings.convention = .pyradiomics
        #expect(Set(reference.features.keys) == Set(settings.columns.map(\.name)))
    }
}
