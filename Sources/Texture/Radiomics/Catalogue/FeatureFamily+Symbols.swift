/// What the formulas of a family are written with; the files of the catalogue and of the formulas say the same to their reader.
extension FeatureFamily {
    public var symbols: [(symbol: String, meaning: String)] {
        switch self {
        case .morph:
            [
                ("r", "centres of the voxels of the morphological mask, N_m of them, mm"),
                ("λ₁ ≥ λ₂ ≥ λ₃", "eigenvalues of their covariance Σ (r - r̄)(r - r̄)ᵀ / (N_m - 1), mm²"),
                (
                    "V, A",
                    "volume and area of the surface by marching cubes, corners half-way between voxels, mm³ and mm²"
                ),
                ("X, μ", "the N intensities of the intensity mask and their mean"),
            ]
        case .shape2D:
            [
                ("λ₁ ≥ λ₂", "eigenvalues of the covariance (over N) of the pixel centres, mm²"),
                ("S, P", "surface and perimeter of the outline by marching squares, mm² and mm"),
            ]
        case .loc:
            [("mean in a sphere", "of all voxels of the image whose centre lies within 6.2 mm, in the region or not")]
        case .stat:
            [
                ("X", "intensities of the N voxels of the region"),
                ("μ, σ", "their mean and standard deviation, over N"),
                ("P_q", "the q-th percentile, by linear interpolation between order statistics, as NumPy"),
            ]
        case .ih:
            [
                ("Xd", "grey levels from 1 to Ng of the N voxels of the region; μ, σ, P_q as for intensities"),
                ("n_i, p_i", "how many voxels have level i, and n_i / N"),
            ]
        case .ivh:
            [
                (
                    "step",
                    "intensities of the region are cut into steps: every value, or as --ivh-bin-width and -count say"
                ),
                ("γ", "part of the range of steps that lies below a step"),
                ("ν", "part of the voxels that reach a step"),
            ]
        case .cm:
            [
                ("i, j", "grey levels of the two voxels of a pair"), ("p(i,j)", "pairs with these levels / all pairs"),
                ("px, py", "sums of p over rows and columns, μx, μy, σx, σy their mean and standard deviation"),
                ("p₋(k)", "sum of p(i,j) over |i - j| = k, μ₋ its mean"),
                ("p₊(k)", "sum of p(i,j) over i + j = k, μ₊ its mean"),
                ("HX, HY, HXY", "entropies of px, py and p; HXY1 = -Σ p log₂(px py), HXY2 = -Σ px py log₂(px py)"),
                ("Ng", "number of grey levels"),
            ]
        case .rlm:
            [
                ("r(i,j)", "how many runs of level i have j voxels; a run of one voxel is a run"),
                ("r_i, r_j", "sums of r over j and over i"), ("N, p", "Σ r(i,j), and r / N"),
                ("N_v", "voxels of the region, once for each direction that was merged"),
            ]
        case .szm:
            [
                (
                    "s(i,j)",
                    "how many zones of level i have j voxels; a zone hangs together by 26 neighbours, in a slice by 8"
                ),
                ("s_i, s_j", "sums of s over j and over i"), ("N, p", "Σ s(i,j), and s / N"),
                ("N_v", "voxels of the region"),
            ]
        case .dzm:
            [
                ("d(i,j)", "how many zones of level i have distance j; zones as in the size zone matrix"),
                (
                    "distance",
                    "smallest of a zone's voxels to the border of the morphological mask or of the image, by steps along the axes, 1 at the border"
                ), ("d_i, d_j", "sums of d over j and over i"), ("N, p", "Σ d(i,j), and d / N"),
                ("N_v", "voxels of the region"),
            ]
        case .ngt:
            [
                ("n_i", "voxels of level i with a neighbour in the region, within the Chebyshev distance δ"),
                ("N, p_i", "Σ n_i, and n_i / N"),
                ("s_i", "Σ |i - mean level of the neighbours| over the voxels of level i"),
                ("G", "how many levels have p_i > 0; sums run over those"),
            ]
        case .ngl:
            [
                (
                    "s(i,j)",
                    "how many voxels of level i have j - 1 dependent neighbours: within the Chebyshev distance δ, of the same level (PyRadiomics: by at most gldm_a apart)"
                ), ("s_i, s_j", "sums of s over j and over i"), ("N, p", "Σ s(i,j), and s / N"),
                ("N_v", "voxels of the region"),
            ]
        }
    }

    /// What becomes of its values when there is nothing to compute them from; a region without voxels is a failed row.
    public var whenEmpty: String {
        switch self {
        case .morph, .loc, .stat, .ih, .ivh, .szm, .dzm, .ngl: "a region without voxels is a failed row"
        case .shape2D: "undefined unless the region is one slice thick"
        case .cm: "undefined when no two voxels of the region lie at the distance"
        case .rlm:
            "a region without voxels is a failed row; PyRadiomics: undefined when no line along a direction holds two voxels"
        case .ngt: "undefined when no voxel has a neighbour; PyRadiomics gives the value when flat"
        }
    }
}
