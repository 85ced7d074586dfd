import TextureCore

// Symbols: s(i,j) how many zones of level i have j voxels, N = Σ s(i,j), s_i and s_j its sums over j and i, p = s / N, N_v the
// voxels of the region. A zone hangs together by 26 neighbours, in a slice by 8. Values when flat follow from the
// region's shape alone where the formula has j: one zone for each part of the region.

extension FeatureDefinition {
    /// Grey level size zone matrix, IBSI 3.8.
    public static let sizeZone: [(LevelSizeFeature, FeatureDefinition)] = [
        (
            .smallEmphasis,
            .init(
                .szm, "sze", "Small zone emphasis", ibsi: "5QRC", pyradiomics: "SmallAreaEmphasis", "Σ s_j / j² / N",
                flat: "depends on the shape")
        ),
        (
            .largeEmphasis,
            .init(
                .szm, "lze", "Large zone emphasis", ibsi: "48P8", pyradiomics: "LargeAreaEmphasis", "Σ s_j j² / N",
                flat: "depends on the shape")
        ),
        (
            .lowLevelEmphasis,
            .init(
                .szm, "lgze", "Low grey level zone emphasis", ibsi: "XMSY", pyradiomics: "LowGrayLevelZoneEmphasis",
                "Σ s_i / i² / N", flat: "1 / level²")
        ),
        (
            .highLevelEmphasis,
            .init(
                .szm, "hgze", "High grey level zone emphasis", ibsi: "5GN9", pyradiomics: "HighGrayLevelZoneEmphasis",
                unit: .greyLevelSquared, "Σ s_i i² / N", flat: "level²")
        ),
        (
            .smallLowEmphasis,
            .init(
                .szm, "szlge", "Small zone low grey level emphasis", ibsi: "5RAI",
                pyradiomics: "SmallAreaLowGrayLevelEmphasis", "Σ s(i,j) / (i² j²) / N", flat: "depends on the shape")
        ),
        (
            .smallHighEmphasis,
            .init(
                .szm, "szhge", "Small zone high grey level emphasis", ibsi: "HW1V",
                pyradiomics: "SmallAreaHighGrayLevelEmphasis", "Σ s(i,j) i² / j² / N", flat: "depends on the shape")
        ),
        (
            .largeLowEmphasis,
            .init(
                .szm, "lzlge", "Large zone low grey level emphasis", ibsi: "YH51",
                pyradiomics: "LargeAreaLowGrayLevelEmphasis", "Σ s(i,j) j² / i² / N", flat: "depends on the shape")
        ),
        (
            .largeHighEmphasis,
            .init(
                .szm, "lzhge", "Large zone high grey level emphasis", ibsi: "J17V",
                pyradiomics: "LargeAreaHighGrayLevelEmphasis", "Σ s(i,j) i² j² / N", flat: "depends on the shape")
        ),
        (
            .levelNonUniformity,
            .init(
                .szm, "glnu", "Grey level non-uniformity", ibsi: "JNSA", pyradiomics: "GrayLevelNonUniformity",
                "Σ s_i² / N", flat: "N")
        ),
        (
            .levelNonUniformityNormalised,
            .init(
                .szm, "glnu_norm", "Normalised grey level non-uniformity", ibsi: "Y1RO",
                pyradiomics: "GrayLevelNonUniformityNormalized", "Σ s_i² / N²", flat: "1")
        ),
        (
            .sizeNonUniformity,
            .init(
                .szm, "zsnu", "Zone size non-uniformity", ibsi: "4JP3", pyradiomics: "SizeZoneNonUniformity",
                "Σ s_j² / N", flat: "depends on the shape")
        ),
        (
            .sizeNonUniformityNormalised,
            .init(
                .szm, "zsnu_norm", "Normalised zone size non-uniformity", ibsi: "VB3A",
                pyradiomics: "SizeZoneNonUniformityNormalized", "Σ s_j² / N²", flat: "depends on the shape")
        ),
        (
            .percentage,
            .init(
                .szm, "z_perc", "Zone percentage", ibsi: "P30P", pyradiomics: "ZonePercentage", "N / N_v",
                flat: "depends on the shape")
        ),
        (
            .levelVariance,
            .init(
                .szm, "gl_var", "Grey level variance", ibsi: "BYLV", pyradiomics: "GrayLevelVariance",
                unit: .greyLevelSquared, "Σ (i - μ)² p(i,j), μ = Σ i p(i,j)", flat: "0")
        ),
        (
            .sizeVariance,
            .init(
                .szm, "zs_var", "Zone size variance", ibsi: "3NSA", pyradiomics: "ZoneVariance", unit: .countSquared,
                "Σ (j - μ)² p(i,j), μ = Σ j p(i,j)", flat: "depends on the shape")
        ),
        (
            .entropy,
            .init(
                .szm, "zs_entr", "Zone size entropy", ibsi: "GU8N", pyradiomics: "ZoneEntropy", unit: .bit,
                "-Σ p(i,j) log₂ p(i,j)", flat: "depends on the shape",
                others: "PyRadiomics adds 2.2e-16 inside the logarithm (one cell: -3.2e-16)")
        ),
    ]
}
