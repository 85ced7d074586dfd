import TextureCore

// Symbols: r(i,j) how many runs of level i have j voxels, N = Σ r(i,j), r_i and r_j its sums over j and i, p = r / N, N_v the
// voxels of the region, once for each direction that was merged. Values when flat follow from the region's shape alone
// where the formula has j. A run of one voxel is a run.

extension FeatureDefinition {
    /// Grey level run length matrix, IBSI 3.7.
    public static let runLength: [(LevelSizeFeature, FeatureDefinition)] = [
        (
            .smallEmphasis,
            .init(
                .rlm, "sre", "Short runs emphasis", ibsi: "22OV", pyradiomics: "ShortRunEmphasis", "Σ r_j / j² / N",
                flat: "depends on the shape",
                others:
                    "PyRadiomics leaves out directions in which no line holds two voxels, for all features of the class"
            )
        ),
        (
            .largeEmphasis,
            .init(
                .rlm, "lre", "Long runs emphasis", ibsi: "W4KF", pyradiomics: "LongRunEmphasis", "Σ r_j j² / N",
                flat: "depends on the shape")
        ),
        (
            .lowLevelEmphasis,
            .init(
                .rlm, "lgre", "Low grey level run emphasis", ibsi: "V3SW", pyradiomics: "LowGrayLevelRunEmphasis",
                "Σ r_i / i² / N", flat: "1 / level²")
        ),
        (
            .highLevelEmphasis,
            .init(
                .rlm, "hgre", "High grey level run emphasis", ibsi: "G3QZ", pyradiomics: "HighGrayLevelRunEmphasis",
                unit: .greyLevelSquared, "Σ r_i i² / N", flat: "level²")
        ),
        (
            .smallLowEmphasis,
            .init(
                .rlm, "srlge", "Short run low grey level emphasis", ibsi: "HTZT",
                pyradiomics: "ShortRunLowGrayLevelEmphasis", "Σ r(i,j) / (i² j²) / N", flat: "depends on the shape")
        ),
        (
            .smallHighEmphasis,
            .init(
                .rlm, "srhge", "Short run high grey level emphasis", ibsi: "GD3A",
                pyradiomics: "ShortRunHighGrayLevelEmphasis", "Σ r(i,j) i² / j² / N", flat: "depends on the shape")
        ),
        (
            .largeLowEmphasis,
            .init(
                .rlm, "lrlge", "Long run low grey level emphasis", ibsi: "IVPO",
                pyradiomics: "LongRunLowGrayLevelEmphasis", "Σ r(i,j) j² / i² / N", flat: "depends on the shape")
        ),
        (
            .largeHighEmphasis,
            .init(
                .rlm, "lrhge", "Long run high grey level emphasis", ibsi: "3KUM",
                pyradiomics: "LongRunHighGrayLevelEmphasis", "Σ r(i,j) i² j² / N", flat: "depends on the shape")
        ),
        (
            .levelNonUniformity,
            .init(
                .rlm, "glnu", "Grey level non-uniformity", ibsi: "R5YN", pyradiomics: "GrayLevelNonUniformity",
                "Σ r_i² / N", flat: "N", others: "of merged directions it grows with their number")
        ),
        (
            .levelNonUniformityNormalised,
            .init(
                .rlm, "glnu_norm", "Normalised grey level non-uniformity", ibsi: "OVBL",
                pyradiomics: "GrayLevelNonUniformityNormalized", "Σ r_i² / N²", flat: "1")
        ),
        (
            .sizeNonUniformity,
            .init(
                .rlm, "rlnu", "Run length non-uniformity", ibsi: "W92Y", pyradiomics: "RunLengthNonUniformity",
                "Σ r_j² / N", flat: "depends on the shape", others: "of merged directions it grows with their number")
        ),
        (
            .sizeNonUniformityNormalised,
            .init(
                .rlm, "rlnu_norm", "Normalised run length non-uniformity", ibsi: "IC23",
                pyradiomics: "RunLengthNonUniformityNormalized", "Σ r_j² / N²", flat: "depends on the shape")
        ),
        (
            .percentage,
            .init(
                .rlm, "r_perc", "Run percentage", ibsi: "9ZK5", pyradiomics: "RunPercentage", "N / N_v",
                flat: "depends on the shape")
        ),
        (
            .levelVariance,
            .init(
                .rlm, "gl_var", "Grey level variance", ibsi: "8CE5", pyradiomics: "GrayLevelVariance",
                unit: .greyLevelSquared, "Σ (i - μ)² p(i,j), μ = Σ i p(i,j)", flat: "0")
        ),
        (
            .sizeVariance,
            .init(
                .rlm, "rl_var", "Run length variance", ibsi: "SXLW", pyradiomics: "RunVariance", unit: .countSquared,
                "Σ (j - μ)² p(i,j), μ = Σ j p(i,j)", flat: "depends on the shape")
        ),
        (
            .entropy,
            .init(
                .rlm, "rl_entr", "Run entropy", ibsi: "HJ9O", pyradiomics: "RunEntropy", unit: .bit,
                "-Σ p(i,j) log₂ p(i,j)", flat: "depends on the shape",
                others: "PyRadiomics adds 2.2e-16 inside the logarithm (one cell: -3.2e-16)")
        ),
    ]
}
