// Symbols: r the voxel centres of the morphological mask, N_m of them, λ₁ ≥ λ₂ ≥ λ₃ the eigenvalues of their covariance
// Σ (r - r̄)(r - r̄)ᵀ / (N_m - 1), mm²; V and A volume and area of the surface (MarchingCubes.swift); X the N intensities of the
// intensity mask, μ their mean.

extension FeatureDefinition {
    /// Morphology, IBSI 3.1. The standard has no consensus values for the densities against the box that is turned to fit
    /// and the minimum volume enclosing ellipsoid (ZH1A, IQYR, SWZ1, BRI8).
    public static let morphology: [(MorphologicalFeature, FeatureDefinition)] = [
        (
            .volume,
            .init(
                .morph, "volume", "Volume", ibsi: "RNU0", pyradiomics: "MeshVolume", unit: .cubicMillimetre,
                "V: inside the surface", flat: whatever)
        ),
        (
            .approximateVolume,
            .init(
                .morph, "vol_approx", "Approximate volume", ibsi: "YEKZ", pyradiomics: "VoxelVolume",
                unit: .cubicMillimetre, "voxels times the volume of one", flat: whatever)
        ),
        (
            .area,
            .init(
                .morph, "area_mesh", "Surface area", ibsi: "C0JK", pyradiomics: "SurfaceArea",
                unit: .squareMillimetre, "A: of the surface", flat: whatever,
                others:
                    "the triangles of marching cubes differ in detail between programs, by less than the tolerance of IBSI"
            )
        ),
        (
            .areaToVolume,
            .init(
                .morph, "av", "Surface to volume ratio", ibsi: "2PR5", pyradiomics: "SurfaceVolumeRatio",
                unit: .perMillimetre, "A / V", flat: whatever)
        ),
        (
            .compactness1,
            .init(
                .morph, "comp_1", "Compactness 1", ibsi: "SKGS", "V / (√π A^(3/2))", flat: whatever,
                others: "PyRadiomics' Compactness1 is deprecated")
        ),
        (
            .compactness2,
            .init(
                .morph, "comp_2", "Compactness 2", ibsi: "BQWJ", "36 π V² / A³", flat: whatever,
                others: "PyRadiomics' Compactness2 is deprecated")
        ),
        (
            .sphericalDisproportion,
            .init(
                .morph, "sph_dispr", "Spherical disproportion", ibsi: "KRCK", "A / (36 π V²)^(1/3)", flat: whatever,
                others: "PyRadiomics' SphericalDisproportion is deprecated")
        ),
        (
            .sphericity,
            .init(
                .morph, "sphericity", "Sphericity", ibsi: "QCFX", pyradiomics: "Sphericity", "(36 π V²)^(1/3) / A",
                flat: whatever)
        ),
        (
            .asphericity,
            .init(
                .morph, "asphericity", "Asphericity", ibsi: "25C7", "(A³ / (36 π V²))^(1/3) - 1", flat: whatever)
        ),
        (
            .centreOfMassShift,
            .init(
                .morph, "com", "Centre of mass shift", ibsi: "KLMA", unit: .millimetre,
                "|Σ r / N_m - Σ X r / Σ X|: centre of the morphological mask to the intensities' own",
                flat: "as the formula says; undefined when Σ X is 0")
        ),
        (
            .maximumDiameter,
            .init(
                .morph, "diam", "Maximum 3D diameter", ibsi: "L0JK", pyradiomics: "Maximum3DDiameter",
                unit: .millimetre, "longest distance between two corners of the surface", flat: whatever,
                others: "programs that measure between voxel centres find about a voxel less")
        ),
        (
            .majorAxis,
            .init(
                .morph, "pca_maj_axis", "Major axis length", ibsi: "TDIC", pyradiomics: "MajorAxisLength",
                unit: .millimetre, "4 √λ₁", flat: whatever, others: "PyRadiomics divides the covariance by N_m")
        ),
        (
            .minorAxis,
            .init(
                .morph, "pca_min_axis", "Minor axis length", ibsi: "P9VJ", pyradiomics: "MinorAxisLength",
                unit: .millimetre, "4 √λ₂", flat: whatever, others: "PyRadiomics divides the covariance by N_m")
        ),
        (
            .leastAxis,
            .init(
                .morph, "pca_least_axis", "Least axis length", ibsi: "7J51", pyradiomics: "LeastAxisLength",
                unit: .millimetre, "4 √λ₃", flat: whatever, others: "PyRadiomics divides the covariance by N_m")
        ),
        (
            .elongation,
            .init(
                .morph, "pca_elongation", "Elongation", ibsi: "Q3CK", pyradiomics: "Elongation", "√(λ₂ / λ₁)",
                flat: "as the formula says; undefined for one voxel")
        ),
        (
            .flatness,
            .init(
                .morph, "pca_flatness", "Flatness", ibsi: "N17B", pyradiomics: "Flatness", "√(λ₃ / λ₁)",
                flat: "as the formula says; undefined for one voxel")
        ),
        (
            .volumeDensityBox,
            .init(
                .morph, "vol_dens_aabb", "Volume density, axis-aligned bounding box", ibsi: "PBX1",
                "V / volume of the box around the surface", flat: whatever)
        ),
        (
            .areaDensityBox,
            .init(
                .morph, "area_dens_aabb", "Area density, axis-aligned bounding box", ibsi: "R59B",
                "A / area of the box around the surface", flat: whatever)
        ),
        (
            .volumeDensityTurnedBox,
            .init(
                .morph, "vol_dens_ombb", "Volume density, oriented minimum bounding box", ibsi: "ZH1A",
                "V / volume of the smallest box around the surface, turned as need be", flat: whatever,
                others:
                    "no consensus value; found by search (face normals and 600 directions, the best refined), so programs differ"
            )
        ),
        (
            .areaDensityTurnedBox,
            .init(
                .morph, "area_dens_ombb", "Area density, oriented minimum bounding box", ibsi: "IQYR",
                "A / area of the smallest box around the surface, turned as need be", flat: whatever,
                others: "no consensus value; the box of least volume, not of least area")
        ),
        (
            .volumeDensityEllipsoid,
            .init(
                .morph, "vol_dens_aee", "Volume density, approximate enclosing ellipsoid", ibsi: "6BDE",
                "V / volume of the ellipsoid with axes 4 √λ",
                flat: "as the formula says; undefined for a region one voxel thick")
        ),
        (
            .areaDensityEllipsoid,
            .init(
                .morph, "area_dens_aee", "Area density, approximate enclosing ellipsoid", ibsi: "RDD2",
                "A / area of the ellipsoid with axes 4 √λ (20 terms of its series)",
                flat: "as the formula says; undefined for a region of one row")
        ),
        (
            .volumeDensityEnclosingEllipsoid,
            .init(
                .morph, "vol_dens_mvee", "Volume density, minimum volume enclosing ellipsoid", ibsi: "SWZ1",
                "V / volume of the smallest ellipsoid around the surface (Khachiyan's algorithm, tolerance 1e-7)",
                flat: whatever,
                others: "no consensus value; programs with a tolerance of 1e-2 or so find a larger ellipsoid")
        ),
        (
            .areaDensityEnclosingEllipsoid,
            .init(
                .morph, "area_dens_mvee", "Area density, minimum volume enclosing ellipsoid", ibsi: "BRI8",
                "A / area of the smallest ellipsoid around the surface (20 terms of its series)", flat: whatever,
                others: "no consensus value")
        ),
        (
            .volumeDensityHull,
            .init(
                .morph, "vol_dens_conv_hull", "Volume density, convex hull", ibsi: "R3ER",
                "V / volume of the convex hull of the surface", flat: whatever)
        ),
        (
            .areaDensityHull,
            .init(
                .morph, "area_dens_conv_hull", "Area density, convex hull", ibsi: "7T7F",
                "A / area of the convex hull of the surface", flat: whatever)
        ),
        (
            .integratedIntensity,
            .init(
                .morph, "integ_int", "Integrated intensity", ibsi: "99N0", unit: .intensityTimesVolume, "μ V",
                flat: "X V")
        ),
        (
            .moran,
            .init(
                .morph, "moran_i", "Moran's I index", ibsi: "N365",
                "N / W Σ w (X_i - μ) (X_j - μ) / Σ (X - μ)², w = 1 / |r_i - r_j|, W = Σ w, all i ≠ j",
                flat: "undefined",
                others: "programs that take a sample of the voxels above some size (MIRP) give another value")
        ),
        (
            .geary,
            .init(
                .morph, "geary_c", "Geary's C measure", ibsi: "NPT7",
                "(N - 1) / 2W Σ w (X_i - X_j)² / Σ (X - μ)², w as for Moran's I", flat: "undefined",
                others: "programs that take a sample of the voxels above some size (MIRP) give another value")
        ),
    ]

    private static let whatever = "as the formula says: intensities play no part"
}
