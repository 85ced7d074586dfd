import TextureCore

// Symbols: d(i,j) how many zones of level i have distance j, N = Σ d(i,j), d_i and d_j its sums over j and i, p = d / N, N_v the
// voxels of the region. Zones as in the size zone matrix; a zone's distance is the smallest of its voxels' to the border
// of the morphological mask or of the image, by steps along the axes, 1 at the border. When flat every zone that
// reaches the border has distance 1.

extension FeatureDefinition {
    /// Grey level distance zone matrix, IBSI 3.9.
    public static let distanceZone: [(LevelSizeFeature, FeatureDefinition)] = [
        (
            .smallEmphasis,
            .init(.dzm, "sde", "Small distance emphasis", ibsi: "0GBI", "Σ d_j / j² / N", flat: "depends on the shape")
        ),
        (
            .largeEmphasis,
            .init(.dzm, "lde", "Large distance emphasis", ibsi: "MB4I", "Σ d_j j² / N", flat: "depends on the shape")
        ),
        (
            .lowLevelEmphasis,
            .init(.dzm, "lgze", "Low grey level zone emphasis", ibsi: "S1RA", "Σ d_i / i² / N", flat: "1 / level²")
        ),
        (
            .highLevelEmphasis,
            .init(
                .dzm, "hgze", "High grey level zone emphasis", ibsi: "K26C", unit: .greyLevelSquared, "Σ d_i i² / N",
                flat: "level²")
        ),
        (
            .smallLowEmphasis,
            .init(
                .dzm, "sdlge", "Small distance low grey level emphasis", ibsi: "RUVG", "Σ d(i,j) / (i² j²) / N",
                flat: "depends on the shape")
        ),
        (
            .smallHighEmphasis,
            .init(
                .dzm, "sdhge", "Small distance high grey level emphasis", ibsi: "DKNJ", "Σ d(i,j) i² / j² / N",
                flat: "depends on the shape")
        ),
        (
            .largeLowEmphasis,
            .init(
                .dzm, "ldlge", "Large distance low grey level emphasis", ibsi: "A7WM", "Σ d(i,j) j² / i² / N",
                flat: "depends on the shape")
        ),
        (
            .largeHighEmphasis,
            .init(
                .dzm, "ldhge", "Large distance high grey level emphasis", ibsi: "KLTH", "Σ d(i,j) i² j² / N",
                flat: "depends on the shape")
        ),
        (
            .levelNonUniformity,
            .init(.dzm, "glnu", "Grey level non-uniformity", ibsi: "VFT7", "Σ d_i² / N", flat: "N")
        ),
        (
            .levelNonUniformityNormalised,
            .init(.dzm, "glnu_norm", "Normalised grey level non-uniformity", ibsi: "7HP3", "Σ d_i² / N²", flat: "1")
        ),
        (
            .sizeNonUniformity,
            .init(
                .dzm, "zdnu", "Zone distance non-uniformity", ibsi: "V294", "Σ d_j² / N", flat: "depends on the shape")
        ),
        (
            .sizeNonUniformityNormalised,
            .init(
                .dzm, "zdnu_norm", "Normalised zone distance non-uniformity", ibsi: "IATH", "Σ d_j² / N²",
                flat: "depends on the shape")
        ),
        (
            .percentage,
            .init(.dzm, "z_perc", "Zone percentage", ibsi: "VIWW", "N / N_v", flat: "depends on the shape")
        ),
        (
            .levelVariance,
            .init(
                .dzm, "gl_var", "Grey level variance", ibsi: "QK93", unit: .greyLevelSquared,
                "Σ (i - μ)² p(i,j), μ = Σ i p(i,j)", flat: "0")
        ),
        (
            .sizeVariance,
            .init(
                .dzm, "zd_var", "Zone distance variance", ibsi: "7WT1", unit: .countSquared,
                "Σ (j - μ)² p(i,j), μ = Σ j p(i,j)", flat: "depends on the shape")
        ),
        (
            .entropy,
            .init(
                .dzm, "zd_entr", "Zone distance entropy", ibsi: "GBDU", unit: .bit, "-Σ p(i,j) log₂ p(i,j)",
                flat: "depends on the shape")
        ),
    ]
}
