import TextureCore

// Symbols: n_i voxels of level i with a neighbour in the region, N = Σ n_i, p_i = n_i / N, s_i = Σ |i - mean level of the
// neighbours| over them, G how many levels have p_i > 0; sums run over those. Neighbours lie within the Chebyshev distance δ.

extension FeatureDefinition {
    /// Neighbourhood grey tone difference matrix, IBSI 3.10.
    public static let toneDifference: [(ToneDifferenceFeature, FeatureDefinition)] = [
        (
            .coarseness,
            .init(
                .ngt, "coarseness", "Coarseness", ibsi: "QCDE", pyradiomics: "Coarseness", "1 / Σ p_i s_i",
                flat: "1000000",
                others: "at most 1000000, as in MIRP; PyRadiomics gives that only for a sum of exactly 0")
        ),
        (
            .contrast,
            .init(
                .ngt, "contrast", "Contrast", ibsi: "65HE", pyradiomics: "Contrast",
                "ΣΣ p_i p_j (i - j)² / (G (G - 1)) · Σ s_i / N", flat: "0")
        ),
        (
            .busyness,
            .init(
                .ngt, "busyness", "Busyness", ibsi: "NQ30", pyradiomics: "Busyness", "Σ p_i s_i / ΣΣ |i p_i - j p_j|",
                flat: "0", others: "undefined where all i p_i are equal; PyRadiomics and MIRP give 0")
        ),
        (
            .complexity,
            .init(
                .ngt, "complexity", "Complexity", ibsi: "HDEZ", pyradiomics: "Complexity",
                "ΣΣ |i - j| (p_i s_i + p_j s_j) / (p_i + p_j) / N", flat: "0")
        ),
        (
            .strength,
            .init(
                .ngt, "strength", "Strength", ibsi: "1X9X", pyradiomics: "Strength", "ΣΣ (p_i + p_j) (i - j)² / Σ s_i",
                flat: "0")
        ),
    ]
}
