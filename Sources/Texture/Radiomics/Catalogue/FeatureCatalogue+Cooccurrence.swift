import TextureCore

// Symbols and the reasons for each choice stand beside the formulas, in TextureCore/HaralickFeatures.swift.

extension FeatureDefinition {
    /// Grey-level co-occurrence matrix, IBSI 3.6, and the maximal correlation coefficient.
    public static let cooccurrence: [(HaralickFeature, FeatureDefinition)] = [
        (
            .jointMaximum,
            .init(
                .cm, "joint_max", "Joint maximum", ibsi: "GYBY", pyradiomics: "MaximumProbability", "max p(i,j)",
                flat: "1")
        ),
        (
            .jointAverage,
            .init(
                .cm, "joint_avg", "Joint average", ibsi: "60VM", pyradiomics: "JointAverage", unit: .greyLevel,
                "μ = Σ i p(i,j)", flat: "the level")
        ),
        (
            .jointVariance,
            .init(
                .cm, "joint_var", "Joint variance", ibsi: "UR99", pyradiomics: "SumSquares", unit: .greyLevelSquared,
                "Σ (i - μ)² p(i,j)", flat: "0", others: "mahotas counts levels from 0, which changes nothing here")
        ),
        (
            .jointEntropy,
            .init(
                .cm, "joint_entr", "Joint entropy", ibsi: "TU9B", pyradiomics: "JointEntropy", unit: .bit,
                "-Σ p(i,j) log₂ p(i,j)", flat: "0",
                others: "scikit-image takes the natural logarithm; PyRadiomics adds 2.2e-16 inside it (flat: -3.2e-16)")
        ),
        (
            .differenceAverage,
            .init(
                .cm, "diff_avg", "Difference average", ibsi: "TF7R", pyradiomics: "DifferenceAverage", unit: .greyLevel,
                "Σ k p₋(k)", flat: "0")
        ),
        (
            .differenceVariance,
            .init(
                .cm, "diff_var", "Difference variance", ibsi: "D3YU", pyradiomics: "DifferenceVariance",
                unit: .greyLevelSquared, "Σ (k - μ₋)² p₋(k)", flat: "0",
                others: "mahotas takes the variance of the vector p₋ unless asked otherwise")
        ),
        (
            .differenceEntropy,
            .init(
                .cm, "diff_entr", "Difference entropy", ibsi: "NTRS", pyradiomics: "DifferenceEntropy", unit: .bit,
                "-Σ p₋(k) log₂ p₋(k)", flat: "0")
        ),
        (
            .sumAverage,
            .init(
                .cm, "sum_avg", "Sum average", ibsi: "ZGXS", pyradiomics: "SumAverage", unit: .greyLevel, "Σ k p₊(k)",
                flat: "twice the level", others: "mahotas counts levels from 0: smaller by 2")
        ),
        (
            .sumVariance,
            .init(
                .cm, "sum_var", "Sum variance", ibsi: "OEEB", unit: .greyLevelSquared, "Σ (k - μ₊)² p₊(k)", flat: "0",
                others:
                    "equal to cluster tendency, which is why PyRadiomics dropped it; Haralick 1973 misprints μ₊ as the sum entropy"
            )
        ),
        (
            .sumEntropy,
            .init(
                .cm, "sum_entr", "Sum entropy", ibsi: "P6QZ", pyradiomics: "SumEntropy", unit: .bit,
                "-Σ p₊(k) log₂ p₊(k)", flat: "0")
        ),
        (
            .angularSecondMoment,
            .init(
                .cm, "energy", "Angular second moment", ibsi: "8ZQL", pyradiomics: "JointEnergy", "Σ p(i,j)²",
                flat: "1",
                others: "scikit-image: ASM; its \"energy\" is the square root")
        ),
        (
            .contrast,
            .init(
                .cm, "contrast", "Contrast", ibsi: "ACUI", pyradiomics: "Contrast", unit: .greyLevelSquared,
                "Σ k² p₋(k)",
                flat: "0")
        ),
        (
            .dissimilarity,
            .init(
                .cm, "dissimilarity", "Dissimilarity", ibsi: "8S9J", unit: .greyLevel, "Σ k p₋(k)", flat: "0",
                others: "equal to difference average, which is why PyRadiomics dropped it")
        ),
        (
            .inverseDifference,
            .init(
                .cm, "inv_diff", "Inverse difference", ibsi: "IB1Z", pyradiomics: "Id", "Σ p₋(k) / (1 + k)", flat: "1")
        ),
        (
            .inverseDifferenceNormalised,
            .init(
                .cm, "inv_diff_norm", "Normalised inverse difference", ibsi: "NDRX", pyradiomics: "Idn",
                "Σ p₋(k) / (1 + k/Ng)", flat: "1",
                others: "Ng: number of bins when it is fixed, otherwise the highest level of the region")
        ),
        (
            .inverseDifferenceMoment,
            .init(
                .cm, "inv_diff_mom", "Inverse difference moment", ibsi: "WF0Z", pyradiomics: "Idm",
                "Σ p₋(k) / (1 + k²)",
                flat: "1", others: "scikit-image: homogeneity")
        ),
        (
            .inverseDifferenceMomentNormalised,
            .init(
                .cm, "inv_diff_mom_norm", "Normalised inverse difference moment", ibsi: "1QCO", pyradiomics: "Idmn",
                "Σ p₋(k) / (1 + (k/Ng)²)", flat: "1")
        ),
        (
            .inverseVariance,
            .init(
                .cm, "inv_var", "Inverse variance", ibsi: "E8JP", pyradiomics: "InverseVariance",
                "Σ p₋(k) / k² over k > 0",
                flat: "0", others: "MIRP: NaN when flat")
        ),
        (
            .correlation,
            .init(
                .cm, "corr", "Correlation", ibsi: "NI2N", pyradiomics: "Correlation",
                "(Σ i j p(i,j) - μx μy) / (σx σy)", flat: "undefined (0/0)",
                others: "flat: PyRadiomics, mahotas and scikit-image give 1")
        ),
        (
            .autocorrelation,
            .init(
                .cm, "auto_corr", "Autocorrelation", ibsi: "QWB0", pyradiomics: "Autocorrelation",
                unit: .greyLevelSquared,
                "Σ i j p(i,j)", flat: "the level squared")
        ),
        (
            .clusterTendency,
            .init(
                .cm, "clust_tend", "Cluster tendency", ibsi: "DG8W", pyradiomics: "ClusterTendency",
                unit: .greyLevelSquared, "Σ (i + j - μx - μy)² p(i,j)", flat: "0")
        ),
        (
            .clusterShade,
            .init(
                .cm, "clust_shade", "Cluster shade", ibsi: "7NFM", pyradiomics: "ClusterShade",
                "Σ (i + j - μx - μy)³ p(i,j)", flat: "0")
        ),
        (
            .clusterProminence,
            .init(
                .cm, "clust_prom", "Cluster prominence", ibsi: "AE86", pyradiomics: "ClusterProminence",
                "Σ (i + j - μx - μy)⁴ p(i,j)", flat: "0")
        ),
        (
            .informationCorrelation1,
            .init(
                .cm, "info_corr1", "First measure of information correlation", ibsi: "R8DG", pyradiomics: "Imc1",
                "(HXY - HXY1) / max(HX, HY)", flat: "undefined (0/0)", others: "flat: PyRadiomics 0, MIRP 1")
        ),
        (
            .informationCorrelation2,
            .init(
                .cm, "info_corr2", "Second measure of information correlation", ibsi: "JN9H", pyradiomics: "Imc2",
                "√(1 - exp(-2 (HXY2 - HXY)))", flat: "0",
                others: "0 where rounding makes HXY exceed HXY2 (PyRadiomics: NaN)")
        ),
        (
            .maximalCorrelationCoefficient,
            .init(
                .cm, "mcc", "Maximal correlation coefficient", ibsi: nil, pyradiomics: "MCC",
                "√λ₂ of Q(i,j) = Σ_k p(i,k) p(j,k) / (px(i) py(k)); undefined beyond 2,048 grey levels",
                flat: "undefined",
                others:
                    "not part of IBSI; flat: PyRadiomics 1; MIRP fills Q only where p(i,j) ≠ 0; mahotas uses another matrix"
            )
        ),
    ]
}
