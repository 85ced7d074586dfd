import Imaging
import TextureCore

/// A family of features, named as in the tags of the IBSI-1 reference tables, with its IBSI code.
public enum FeatureFamily: String, CaseIterable, Sendable {
    case morph
    /// PyRadiomics' own, for flat regions; computed only when named.
    case shape2D
    case loc
    case stat
    case ih
    case ivh
    case cm
    case rlm
    case szm
    case dzm
    case ngt
    case ngl

    /// Code of the family in the IBSI reference manual; nil for one that it does not know.
    public var ibsiCode: String? {
        switch self {
        case .morph: "HCUG"
        case .shape2D: nil
        case .loc: "9ST6"
        case .stat: "UHIW"
        case .ih: "ZVCW"
        case .ivh: "P88C"
        case .cm: "LFYI"
        case .rlm: "TP0I"
        case .szm: "9SAK"
        case .dzm: "VMDZ"
        case .ngt: "IPET"
        case .ngl: "REK0"
        }
    }

    public var title: String {
        switch self {
        case .morph: "morphology"
        case .shape2D: "outline of a flat region"
        case .loc: "local intensity"
        case .stat: "intensity-based statistics"
        case .ih: "intensity histogram"
        case .ivh: "intensity-volume histogram"
        case .cm: "grey-level co-occurrence matrix"
        case .rlm: "grey-level run length matrix"
        case .szm: "grey-level size zone matrix"
        case .dzm: "grey-level distance zone matrix"
        case .ngt: "neighbourhood grey tone difference matrix"
        case .ngl: "neighbouring grey level dependence matrix"
        }
    }

    /// PyRadiomics' feature class, where it has one.
    public var pyradiomicsClass: String? {
        switch self {
        case .morph: "shape"
        case .shape2D: "shape2D"
        case .loc: nil
        case .stat: "firstorder"
        case .ih: nil
        case .ivh: nil
        case .cm: "glcm"
        case .rlm: "glrlm"
        case .szm: "glszm"
        case .dzm: nil
        case .ngt: "ngtdm"
        case .ngl: "gldm"
        }
    }

    /// Whether its values are computed from grey levels.
    public var usesGreyLevels: Bool {
        switch self {
        case .ih, .cm, .rlm, .szm, .dzm, .ngt, .ngl: true
        default: false
        }
    }
}

/// In what a value is measured.
public enum FeatureUnit: String, Sendable {
    case none = "1"
    case intensity = "intensity"
    case intensitySquared = "intensity²"
    case greyLevel = "grey level"
    case greyLevelSquared = "grey level²"
    case bit = "bit"
    case count = "voxels"
    case countSquared = "voxels²"
    case millimetre = "mm"
    case squareMillimetre = "mm²"
    case cubicMillimetre = "mm³"
    case perMillimetre = "mm⁻¹"
    case intensityTimesVolume = "intensity · mm³"
    case intensitySquaredTimesVolume = "intensity² · mm³"
}

extension FeatureUnit {
    /// On an image whose lengths are in `lengths`: mm² of a file without a pixel spacing are pixel².
    public func title(lengths: LengthUnit) -> String {
        switch (lengths, self) {
        case (.pixel, .millimetre): "pixel"
        case (.pixel, .squareMillimetre): "pixel²"
        case (.pixel, .cubicMillimetre): "pixel³"
        case (.pixel, .perMillimetre): "pixel⁻¹"
        case (.pixel, .intensityTimesVolume): "intensity · pixel³"
        case (.pixel, .intensitySquaredTimesVolume): "intensity² · pixel³"
        default: rawValue
        }
    }
}

/// One feature: what it is called, where it is defined, and what it is when the region is flat.
public struct FeatureDefinition: Hashable, Sendable {
    public let family: FeatureFamily
    /// Tag of the reference tables without aggregation, e.g. `cm_contrast`.
    public let tag: String
    public let title: String
    /// Nil for features outside the IBSI reference manual.
    public let ibsiCode: String?
    /// PyRadiomics' name without image type and class, e.g. `Contrast`; nil where it has none.
    public let pyradiomicsName: String?
    public let unit: FeatureUnit
    public let formula: String
    /// Value, or why there is none, when all voxels have the same intensity.
    public let whenFlat: String
    /// What other programs do differently; empty when they agree.
    public let deviations: String

    init(
        _ family: FeatureFamily, _ tag: String, _ title: String, ibsi: String?, pyradiomics: String? = nil,
        unit: FeatureUnit = .none, _ formula: String, flat: String, others: String = ""
    ) {
        (self.family, self.title, ibsiCode, pyradiomicsName) = (family, title, ibsi, pyradiomics)
        self.tag = "\(family.rawValue)_\(tag)"
        (self.unit, self.formula, whenFlat, deviations) = (unit, formula, flat, others)
    }

    /// PyRadiomics' class: that of the family, but its first-order entropy and uniformity are of the histogram in IBSI.
    public var pyradiomicsClass: String? {
        guard pyradiomicsName != nil else { return nil }
        return family == .ih ? FeatureFamily.stat.pyradiomicsClass : family.pyradiomicsClass
    }

    /// `original_glcm_Contrast`
    public var pyradiomicsColumn: String? {
        guard let pyradiomicsClass, let pyradiomicsName else { return nil }
        return "original_\(pyradiomicsClass)_\(pyradiomicsName)"
    }
}
