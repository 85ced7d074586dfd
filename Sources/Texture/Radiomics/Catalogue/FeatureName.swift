/// A name that a feature has elsewhere. One name can mean several features, and programs disagree: homogeneity is one thing in
/// MATLAB and another in scikit-image.
public struct FeatureName: Hashable, Sendable {
    /// Who calls it so.
    public enum Source: String, CaseIterable, Sendable {
        /// The reference manual, version 11, where its full name is not the title here.
        case ibsi = "IBSI name"
        /// Haralick, Shanmugam, Dinstein: Textural features for image classification. IEEE Trans SMC 3, 1973, appendix I.
        case haralick = "Haralick 1973"
        /// `graycoprops` of the Image Processing Toolbox.
        case matlab = "MATLAB graycoprops"
        /// `skimage.feature.graycoprops`, version 0.25.
        case scikitImage = "scikit-image"
        /// Up to version 6, as tables of its users show: behind some of these names they have another in brackets. From version 7 on
        /// its names are IBSI's, with the code.
        case lifex = "LIFEx"
        /// What reports and papers of radiology and nuclear medicine say.
        case clinic = "clinic"
    }

    public let source: Source
    public let name: String
    /// Of the feature that is meant, see ``FeatureDefinition/tag``.
    public let tag: String
    /// How the value there differs from weft's; empty when it does not.
    public let remark: String

    private init(_ source: Source, _ tag: String, _ name: String, _ remark: String = "") {
        (self.source, self.tag, self.name, self.remark) = (source, tag, name, remark)
    }

    /// All of them, by source and in its order.
    public static let all: [FeatureName] = ibsi + haralick + matlab + scikitImage + lifex + clinic

    private static let ibsi =
        [
            ("morph_volume", "Volume (mesh)"), ("morph_vol_approx", "Volume (voxel counting)"),
            ("morph_area_mesh", "Surface area (mesh)"), ("stat_mean", "Mean intensity"),
            ("stat_var", "Intensity variance"), ("stat_skew", "Intensity skewness"),
            ("stat_kurt", "Excess intensity kurtosis"), ("stat_kurt", "Intensity kurtosis"),
            ("stat_median", "Median intensity"), ("stat_min", "Minimum intensity"),
            ("stat_p10", "10th intensity percentile"), ("stat_p90", "90th intensity percentile"),
            ("stat_max", "Maximum intensity"), ("stat_iqr", "Intensity interquartile range"),
            ("stat_range", "Intensity range"), ("stat_mad", "Intensity-based mean absolute deviation"),
            ("stat_rmad", "Intensity-based robust mean absolute deviation"),
            ("stat_medad", "Intensity-based median absolute deviation"),
            ("stat_cov", "Intensity-based coefficient of variation"),
            ("stat_qcod", "Intensity-based quartile coefficient of dispersion"),
            ("stat_energy", "Intensity-based energy"), ("stat_rms", "Root mean square intensity"),
            ("ih_mean", "Mean discretised intensity"), ("ih_var", "Discretised intensity variance"),
            ("ih_skew", "Discretised intensity skewness"), ("ih_kurt", "Excess discretised intensity kurtosis"),
            ("ih_kurt", "Discretised intensity kurtosis"), ("ih_median", "Median discretised intensity"),
            ("ih_min", "Minimum discretised intensity"), ("ih_p10", "10th discretised intensity percentile"),
            ("ih_p90", "90th discretised intensity percentile"), ("ih_max", "Maximum discretised intensity"),
            ("ih_mode", "Intensity histogram mode"), ("ih_iqr", "Discretised intensity interquartile range"),
            ("ih_range", "Discretised intensity range"), ("ih_mad", "Intensity histogram mean absolute deviation"),
            ("ih_rmad", "Intensity histogram robust mean absolute deviation"),
            ("ih_medad", "Intensity histogram median absolute deviation"),
            ("ih_cov", "Intensity histogram coefficient of variation"),
            ("ih_qcod", "Intensity histogram quartile coefficient of dispersion"),
            ("ih_entropy", "Discretised intensity entropy"), ("ih_uniformity", "Discretised intensity uniformity"),
            ("ih_max_grad_g", "Maximum histogram gradient intensity"),
            ("ih_min_grad_g", "Minimum histogram gradient intensity"),
            ("ivh_v10", "Volume at intensity fraction"), ("ivh_v90", "Volume at intensity fraction"),
            ("ivh_i10", "Intensity at volume fraction"), ("ivh_i90", "Intensity at volume fraction"),
            ("ivh_diff_v10_v90", "Volume fraction difference between intensity fractions"),
            ("ivh_diff_i10_i90", "Intensity fraction difference between volume fractions"),
            ("ivh_auc", "Area under the IVH curve"), ("cm_info_corr1", "Information correlation 1"),
            ("cm_info_corr2", "Information correlation 2"), ("rlm_rl_entr", "Run entropy"),
        ].map { Self(.ibsi, $0, $1) }

    private static let haralick =
        [
            ("f1", "cm_energy", "Angular second moment"), ("f2", "cm_contrast", "Contrast"),
            ("f3", "cm_corr", "Correlation"),
            ("f4", "cm_joint_var", "Sum of squares: variance"), ("f5", "cm_inv_diff_mom", "Inverse difference moment"),
            ("f6", "cm_sum_avg", "Sum average"), ("f7", "cm_sum_var", "Sum variance"),
            ("f8", "cm_sum_entr", "Sum entropy"),
            ("f9", "cm_joint_entr", "Entropy"), ("f10", "cm_diff_var", "Difference variance"),
            ("f11", "cm_diff_entr", "Difference entropy"),
            ("f12", "cm_info_corr1", "Information measure of correlation 1"),
            ("f13", "cm_info_corr2", "Information measure of correlation 2"),
            ("f14", "cm_mcc", "Maximal correlation coefficient"),
        ].flatMap { [Self(.haralick, $1, $0), Self(.haralick, $1, $2)] } + informationMeasures

    /// The paper has one name for both.
    private static let informationMeasures = ["cm_info_corr1", "cm_info_corr2"].map {
        Self(.haralick, $0, "Information measures of correlation")
    }

    /// The 14 of 1973 in their order: what ``FeatureSelection`` means by `haralick`.
    public static let haralickTags: [String] = (1...14).compactMap { number in
        haralick.first { $0.name == "f\(number)" }?.tag
    }

    private static let matlab = [
        Self(.matlab, "cm_contrast", "Contrast"), Self(.matlab, "cm_corr", "Correlation"),
        Self(.matlab, "cm_energy", "Energy"), Self(.matlab, "cm_inv_diff", "Homogeneity"),
    ]

    private static let scikitImage = [
        Self(.scikitImage, "cm_contrast", "contrast"), Self(.scikitImage, "cm_dissimilarity", "dissimilarity"),
        Self(.scikitImage, "cm_inv_diff_mom", "homogeneity"), Self(.scikitImage, "cm_energy", "ASM"),
        Self(.scikitImage, "cm_energy", "energy", "the square root"), Self(.scikitImage, "cm_corr", "correlation"),
        Self(.scikitImage, "cm_joint_avg", "mean", "levels count from 0: smaller by 1"),
        Self(.scikitImage, "cm_joint_var", "variance"), Self(.scikitImage, "cm_joint_var", "std", "the square root"),
        Self(.scikitImage, "cm_joint_entr", "entropy", "the natural logarithm"),
    ]

    private static let lifex =
        [
            ("cm_inv_diff", "GLCM_Homogeneity"), ("cm_energy", "GLCM_Energy"), ("cm_contrast", "GLCM_Contrast"),
            ("cm_corr", "GLCM_Correlation"), ("cm_joint_entr", "GLCM_Entropy_log2"),
            ("cm_dissimilarity", "GLCM_Dissimilarity"), ("rlm_sre", "GLRLM_SRE"), ("rlm_lre", "GLRLM_LRE"),
            ("rlm_lgre", "GLRLM_LGRE"), ("rlm_hgre", "GLRLM_HGRE"), ("rlm_srlge", "GLRLM_SRLGE"),
            ("rlm_srhge", "GLRLM_SRHGE"), ("rlm_lrlge", "GLRLM_LRLGE"), ("rlm_lrhge", "GLRLM_LRHGE"),
            ("rlm_glnu", "GLRLM_GLNU"), ("rlm_rlnu", "GLRLM_RLNU"), ("rlm_r_perc", "GLRLM_RP"),
            ("ngt_coarseness", "NGLDM_Coarseness"), ("ngt_contrast", "NGLDM_Contrast"),
            ("ngt_busyness", "NGLDM_Busyness"), ("szm_sze", "GLZLM_SZE"), ("szm_lze", "GLZLM_LZE"),
            ("szm_lgze", "GLZLM_LGZE"), ("szm_hgze", "GLZLM_HGZE"), ("szm_szlge", "GLZLM_SZLGE"),
            ("szm_szhge", "GLZLM_SZHGE"), ("szm_lzlge", "GLZLM_LZLGE"), ("szm_lzhge", "GLZLM_LZHGE"),
            ("szm_glnu", "GLZLM_GLNU"), ("szm_zsnu", "GLZLM_ZLNU"), ("szm_z_perc", "GLZLM_ZP"),
            ("ih_entropy", "HISTO_Entropy_log2"), ("ih_uniformity", "HISTO_Energy"),
            ("stat_kurt", "HISTO_ExcessKurtosis"), ("morph_sphericity", "SHAPE_Sphericity"),
        ].map { Self(.lifex, $0, $1) }
        + [
            Self(.lifex, "cm_joint_entr", "GLCM_Entropy_log10", "the decimal logarithm"),
            Self(.lifex, "ih_entropy", "HISTO_Entropy_log10", "the decimal logarithm"),
            Self(.lifex, "morph_vol_approx", "SHAPE_Volume (mL)", "in ml: a thousandth"),
        ]

    private static let clinic = [
        Self(.clinic, "stat_max", "SUVmax", "with --suv"), Self(.clinic, "stat_mean", "SUVmean", "with --suv"),
        Self(.clinic, "stat_min", "SUVmin", "with --suv"),
        Self(.clinic, "loc_peak_loc", "SUVpeak", "with --suv; around the hottest voxel"),
        Self(.clinic, "loc_peak_glob", "SUVpeak", "with --suv; the hottest sphere of 1 ml"),
        Self(.clinic, "morph_vol_approx", "MTV", "of a contour on a PET; mm³, a thousandth of a ml"),
        Self(.clinic, "morph_vol_approx", "MATV", "of a contour on a PET; mm³, a thousandth of a ml"),
        Self(.clinic, "morph_volume", "tumour volume"), Self(.clinic, "morph_volume", "tumor volume"),
        Self(.clinic, "morph_integ_int", "TLG", "with --suv; SUV · mm³, a thousandth of SUV · ml"),
        Self(.clinic, "morph_integ_int", "total lesion glycolysis", "with --suv; SUV · mm³, a thousandth of SUV · ml"),
        Self(.clinic, "stat_mean", "mean HU", "of CT"), Self(.clinic, "stat_mean", "mean attenuation", "of CT"),
        Self(.clinic, "stat_var", "standard deviation", "the square root"),
        Self(.clinic, "stat_var", "SD", "the square root"),
        Self(.clinic, "stat_cov", "COV"), Self(.clinic, "stat_cov", "CV"), Self(.clinic, "stat_kurt", "kurtosis"),
        Self(.clinic, "ivh_auc", "AUC-CSH"), Self(.clinic, "cm_energy", "ASM"), Self(.clinic, "cm_inv_diff_mom", "IDM"),
        Self(.clinic, "cm_inv_diff", "homogeneity", "also called homogeneity 1"),
        Self(.clinic, "cm_inv_diff_mom", "homogeneity", "also called homogeneity 2"),
        Self(.clinic, "cm_inv_diff", "homogeneity 1"), Self(.clinic, "cm_inv_diff_mom", "homogeneity 2"),
        Self(.clinic, "cm_joint_entr", "entropy", "of voxel pairs"),
        Self(.clinic, "ih_entropy", "entropy", "of the histogram"),
        Self(.clinic, "cm_energy", "uniformity", "of voxel pairs"),
        Self(.clinic, "ih_uniformity", "uniformity", "of the histogram"),
        Self(.clinic, "cm_info_corr1", "IMC1"), Self(.clinic, "cm_info_corr2", "IMC2"),
        Self(
            .clinic, "morph_vol_approx", "metabolic tumour volume", "of a contour on a PET; mm³, a thousandth of a ml"),
        Self(.clinic, "morph_vol_approx", "metabolic tumor volume", "of a contour on a PET; mm³, a thousandth of a ml"),
        Self(.clinic, "cm_joint_entr", "GLCM entropy"),
        Self(.clinic, "cm_inv_diff_mom", "GLCM homogeneity", "also called homogeneity 2"),
        Self(.clinic, "cm_joint_var", "sum of squares"), Self(.clinic, "ih_entropy", "first-order entropy"),
        Self(.clinic, "morph_diam", "largest diameter", "in any direction"),
        Self(.clinic, "morph_diam", "longest diameter", "in any direction"),
        Self(.clinic, "morph_diam_slice", "largest axial diameter", "as in RECIST"),
    ]
}

extension FeatureDefinition {
    /// What others call it.
    public var otherNames: [FeatureName] { FeatureName.all.filter { $0.tag == tag } }
}
