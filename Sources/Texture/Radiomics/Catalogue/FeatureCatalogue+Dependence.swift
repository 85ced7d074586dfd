import TextureCore

// Symbols: s(i,j) how many voxels of level i have j - 1 dependent neighbours, N = Σ s(i,j), s_i and s_j its sums over j and i,
// p = s / N, N_v the voxels of the region. A neighbour within the Chebyshev distance δ is dependent when its level differs by
// at most α, 0 here. Values when flat follow from the region's shape alone where the formula has j.

extension FeatureDefinition {
    /// Neighbouring grey level dependence matrix, IBSI 3.11.
    public static let dependence: [(LevelSizeFeature, FeatureDefinition)] = [
        (
            .smallEmphasis,
            .init(
                .ngl, "lde", "Low dependence emphasis", ibsi: "SODN", pyradiomics: "SmallDependenceEmphasis",
                "Σ s_j / j² / N", flat: "depends on the shape",
                others:
                    "PyRadiomics takes with distances [2] the neighbours at distance 2 alone, for all features of the class"
            )
        ),
        (
            .largeEmphasis,
            .init(
                .ngl, "hde", "High dependence emphasis", ibsi: "IMOQ", pyradiomics: "LargeDependenceEmphasis",
                "Σ s_j j² / N", flat: "depends on the shape")
        ),
        (
            .lowLevelEmphasis,
            .init(
                .ngl, "lgce", "Low grey level count emphasis", ibsi: "TL9H", pyradiomics: "LowGrayLevelEmphasis",
                "Σ s_i / i² / N", flat: "1 / level²")
        ),
        (
            .highLevelEmphasis,
            .init(
                .ngl, "hgce", "High grey level count emphasis", ibsi: "OAE7", pyradiomics: "HighGrayLevelEmphasis",
                unit: .greyLevelSquared, "Σ s_i i² / N", flat: "level²")
        ),
        (
            .smallLowEmphasis,
            .init(
                .ngl, "ldlge", "Low dependence low grey level emphasis", ibsi: "EQ3F",
                pyradiomics: "SmallDependenceLowGrayLevelEmphasis", "Σ s(i,j) / (i² j²) / N",
                flat: "depends on the shape")
        ),
        (
            .smallHighEmphasis,
            .init(
                .ngl, "ldhge", "Low dependence high grey level emphasis", ibsi: "JA6D",
                pyradiomics: "SmallDependenceHighGrayLevelEmphasis", "Σ s(i,j) i² / j² / N",
                flat: "depends on the shape")
        ),
        (
            .largeLowEmphasis,
            .init(
                .ngl, "hdlge", "High dependence low grey level emphasis", ibsi: "NBZI",
                pyradiomics: "LargeDependenceLowGrayLevelEmphasis", "Σ s(i,j) j² / i² / N", flat: "depends on the shape"
            )
        ),
        (
            .largeHighEmphasis,
            .init(
                .ngl, "hdhge", "High dependence high grey level emphasis", ibsi: "9QMG",
                pyradiomics: "LargeDependenceHighGrayLevelEmphasis", "Σ s(i,j) i² j² / N", flat: "depends on the shape")
        ),
        (
            .levelNonUniformity,
            .init(
                .ngl, "glnu", "Grey level non-uniformity", ibsi: "FP8K", pyradiomics: "GrayLevelNonUniformity",
                "Σ s_i² / N", flat: "N")
        ),
        (
            .levelNonUniformityNormalised,
            .init(
                .ngl, "glnu_norm", "Normalised grey level non-uniformity", ibsi: "5SPA",
                "Σ s_i² / N²", flat: "1", others: "PyRadiomics dropped it: equal to the uniformity of the histogram")
        ),
        (
            .sizeNonUniformity,
            .init(
                .ngl, "dcnu", "Dependence count non-uniformity", ibsi: "Z87G", pyradiomics: "DependenceNonUniformity",
                "Σ s_j² / N", flat: "depends on the shape")
        ),
        (
            .sizeNonUniformityNormalised,
            .init(
                .ngl, "dcnu_norm", "Normalised dependence count non-uniformity", ibsi: "OKJI",
                pyradiomics: "DependenceNonUniformityNormalized", "Σ s_j² / N²", flat: "depends on the shape")
        ),
        (
            .percentage,
            .init(
                .ngl, "dc_perc", "Dependence count percentage", ibsi: "6XV8", "N / N_v",
                flat: "1", others: "1 always, which is why PyRadiomics dropped it")
        ),
        (
            .levelVariance,
            .init(
                .ngl, "gl_var", "Grey level variance", ibsi: "1PFV", pyradiomics: "GrayLevelVariance",
                unit: .greyLevelSquared, "Σ (i - μ)² p(i,j), μ = Σ i p(i,j)", flat: "0")
        ),
        (
            .sizeVariance,
            .init(
                .ngl, "dc_var", "Dependence count variance", ibsi: "DNX2", pyradiomics: "DependenceVariance",
                unit: .countSquared, "Σ (j - μ)² p(i,j), μ = Σ j p(i,j)", flat: "depends on the shape")
        ),
        (
            .entropy,
            .init(
                .ngl, "dc_entr", "Dependence count entropy", ibsi: "FCBV", pyradiomics: "DependenceEntropy",
                unit: .bit, "-Σ p(i,j) log₂ p(i,j)", flat: "depends on the shape",
                others: "PyRadiomics adds 2.2e-16 inside the logarithm (one cell: -3.2e-16)")
        ),
        (
            .energy,
            .init(
                .ngl, "dc_energy", "Dependence count energy", ibsi: "CAS9", "Σ p(i,j)²",
                flat: "depends on the shape")
        ),
    ]
}
