import TextureCore

// Features that PyRadiomics has and the IBSI reference manual has not, and the order of its classes. Symbols of shape2D: λ₁ ≥ λ₂
// the eigenvalues of the population covariance of the pixel centres, mm²; S and P surface and perimeter of the outline.

extension FeatureDefinition {
    /// Class `shape`, 14.
    static let pyradiomicsShape: [(PyRadiomicsShape, FeatureDefinition)] = PyRadiomicsShape.standard.compactMap {
        feature in
        (feature.own ?? named(feature.rawValue, among: morphology.map(\.1))).map { (feature, $0) }
    }

    /// Those of class `shape` that PyRadiomics computes only where they are named, by IBSI's definitions.
    static let pyradiomicsDeprecatedShape: [(PyRadiomicsShape, FeatureDefinition)] = [
        (.compactness1, "morph_comp_1"), (.compactness2, "morph_comp_2"), (.sphericalDisproportion, "morph_sph_dispr"),
    ].compactMap { feature, tag in morphology.first { $0.1.tag == tag }.map { (feature, $0.1) } }

    /// Class `shape2D`, 9.
    static let pyradiomicsShape2D: [(PyRadiomicsShape2D, FeatureDefinition)] = PyRadiomicsShape2D.allCases.map {
        ($0, $0.own)
    }

    /// Class `firstorder`, 18.
    static let pyradiomicsFirstOrder: [(PyRadiomicsFirstOrder, FeatureDefinition)] = PyRadiomicsFirstOrder.allCases
        .compactMap { feature in
            (feature.own ?? named(feature.rawValue, among: statistics.map(\.1) + histogram.map(\.1))).map {
                (feature, $0)
            }
        }

    private static func named(_ name: String, among definitions: [FeatureDefinition]) -> FeatureDefinition? {
        definitions.first { $0.pyradiomicsName == name }
    }

    /// Class `glcm`, 24.
    static let pyradiomicsCooccurrence = inPyRadiomicsOrder(cooccurrence)
    /// Class `glrlm`, 16.
    static let pyradiomicsRunLength = inPyRadiomicsOrder(runLength)
    /// Class `glszm`, 16.
    static let pyradiomicsSizeZone = inPyRadiomicsOrder(sizeZone)
    /// Class `ngtdm`, 5.
    static let pyradiomicsToneDifference = inPyRadiomicsOrder(toneDifference)
    /// Class `gldm`, 14.
    static let pyradiomicsDependence = inPyRadiomicsOrder(dependence)

    /// Those that PyRadiomics has, by its names in alphabetical order.
    private static func inPyRadiomicsOrder<Feature>(
        _ definitions: [(Feature, FeatureDefinition)]
    ) -> [(Feature, FeatureDefinition)] {
        definitions.filter { $0.1.pyradiomicsName != nil }
            .sorted { ($0.1.pyradiomicsName ?? "") < ($1.1.pyradiomicsName ?? "") }
    }
}

extension PyRadiomicsFirstOrder {
    fileprivate var own: FeatureDefinition? {
        guard self == .totalEnergy else { return nil }
        return FeatureDefinition(
            .stat, "total_energy", "Total energy", ibsi: nil, pyradiomics: rawValue, unit: .intensitySquaredTimesVolume,
            "volume of a voxel · Σ (X + c)², c = voxelArrayShift", flat: "N (X + c)² times the volume of a voxel")
    }
}

extension PyRadiomicsShape {
    /// The planar diameters.
    fileprivate var own: FeatureDefinition? {
        switch self {
        case .maximum2DDiameterSlice: planar("diam_slice", "in a slice", across: "z")
        case .maximum2DDiameterColumn: planar("diam_column", "in a coronal plane", across: "y")
        case .maximum2DDiameterRow: planar("diam_row", "in a sagittal plane", across: "x")
        default: nil
        }
    }

    private func planar(_ tag: String, _ place: String, across axis: String) -> FeatureDefinition {
        FeatureDefinition(
            .morph, tag, "Maximum 2D diameter \(place)", ibsi: nil, pyradiomics: rawValue, unit: .millimetre,
            "longest distance between two corners of the surface with the same \(axis)", flat: Self.whatever)
    }

    fileprivate static let whatever = "as the formula says: intensities play no part"
}

extension PyRadiomicsShape2D {
    fileprivate var own: FeatureDefinition {
        switch self {
        case .elongation: define("elongation", "Elongation of the outline", .none, "√(λ₂ / λ₁)")
        case .majorAxisLength: define("maj_axis", "Major axis length of the outline", .millimetre, "4 √λ₁")
        case .maximumDiameter:
            define(
                "diam", "Maximum diameter of the outline", .millimetre, "longest distance between two of its corners")
        case .meshSurface:
            define("area_mesh", "Surface within the outline", .squareMillimetre, "S: inside the marching squares")
        case .minorAxisLength: define("min_axis", "Minor axis length of the outline", .millimetre, "4 √λ₂")
        case .perimeter: define("perimeter", "Perimeter", .millimetre, "P: length of the marching squares")
        case .perimeterSurfaceRatio: define("ps", "Perimeter to surface ratio", .perMillimetre, "P / S")
        case .pixelSurface:
            define("area_pixels", "Surface of the pixels", .squareMillimetre, "pixels times the surface of one")
        case .sphericity: define("sphericity", "Sphericity of the outline", .none, "2 √(π S) / P")
        }
    }

    private func define(_ tag: String, _ title: String, _ unit: FeatureUnit, _ formula: String) -> FeatureDefinition {
        FeatureDefinition(
            .shape2D, tag, title, ibsi: nil, pyradiomics: rawValue, unit: unit, formula,
            flat: PyRadiomicsShape.whatever,
            others: "only of a region of one slice; PyRadiomics with force2D")
    }
}
