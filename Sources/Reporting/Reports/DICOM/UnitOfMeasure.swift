import Imaging
import Radiomics

/// Units in the Unified Code for Units of Measure, as DICOM writes them (PS3.16 section 7.2.2, CID 84, CID 7181).
public enum UnitOfMeasure {
    /// The unit of a feature on an image whose intensities are in `intensity`.
    public static func of(
        _ unit: FeatureUnit, intensity: IntensityUnit, lengths: LengthUnit = .millimetre
    ) -> CodedConcept {
        let x = of(intensity)
        if lengths == .pixel, let pixels = inPixels(unit, x) { return pixels }
        switch unit {
        case .none: return ucum("1", "no units")
        case .intensity: return x
        case .intensitySquared: return ucum(squared(x.value), "\(x.meaning) squared")
        case .greyLevel: return ucum("{greyLevel}", "grey level")
        case .greyLevelSquared: return ucum("{greyLevel2}", "grey level squared")
        case .bit: return ucum("bit", "bit")
        case .count: return voxels
        case .countSquared: return ucum("{voxels2}", "voxels squared")
        case .millimetre: return ucum("mm", "millimeter")
        case .squareMillimetre: return ucum("mm2", "square millimeter")
        case .cubicMillimetre: return ucum("mm3", "cubic millimeter")
        case .perMillimetre: return ucum("/mm", "per millimeter")
        case .intensityTimesVolume: return ucum("\(x.value).mm3", "\(x.meaning) times cubic millimeter")
        case .intensitySquaredTimesVolume:
            return ucum("\(squared(x.value)).mm3", "\(x.meaning) squared times cubic millimeter")
        }
    }

    /// Of an image whose file does not say how large its pixels are; nil where lengths play no part.
    private static func inPixels(_ unit: FeatureUnit, _ x: CodedConcept) -> CodedConcept? {
        switch unit {
        case .millimetre: ucum("{pixel}", "pixel")
        case .squareMillimetre: ucum("{pixel2}", "square pixel")
        case .cubicMillimetre: ucum("{pixel3}", "cubic pixel")
        case .perMillimetre: ucum("/{pixel}", "per pixel")
        case .intensityTimesVolume: ucum("\(x.value).{pixel3}", "\(x.meaning) times cubic pixel")
        case .intensitySquaredTimesVolume:
            ucum("\(squared(x.value)).{pixel3}", "\(x.meaning) squared times cubic pixel")
        default: nil
        }
    }

    static let voxels = ucum("{voxels}", "voxels")
    static let bins = ucum("{bins}", "bins")
    static let percent = ucum("%", "percent")

    public static func of(_ unit: IntensityUnit) -> CodedConcept {
        switch unit {
        case .hounsfield: return ucum("[hnsf'U]", "Hounsfield unit")
        case .arbitrary: return ucum("[arb'U]", "arbitrary unit")
        case .named(let name):
            if let known = known[name] { return ucum(known.0, known.1) }
            // An annotation may hold any printable ASCII but braces (UCUM 6).
            let letters = name.unicodeScalars.filter { (33...126).contains($0.value) && $0 != "{" && $0 != "}" }
            let text = String(String.UnicodeScalarView(letters))
            return text.isEmpty ? ucum("[arb'U]", "arbitrary unit") : ucum("{\(text)}", name)
        }
    }

    private static func ucum(_ value: String, _ meaning: String) -> CodedConcept {
        CodedConcept(value, "UCUM", meaning)
    }

    /// Only a single unit may carry an exponent (UCUM 2.2); what is in braces has no dimension.
    private static func squared(_ unit: String) -> String {
        if unit.hasPrefix("{") { return unit }
        return unit.contains("/") ? "(\(unit)).(\(unit))" : "\(unit)2"
    }

    /// Units (0054,1001) of PET (PS3.3 C.8.9.1.1.3) and the standardised uptake values of ``ImageUnit``.
    private static let known: [String: (String, String)] = [
        "SUVbw g/ml": ("g/ml{SUVbw}", "Standardized Uptake Value body weight"),
        "SUVlbm (Janmahasatian) g/ml": (
            "g/ml{SUVlbm(Janma)}", "Standardized Uptake Value lean body mass (Janma)"
        ),
        "SUVlbm (James) g/ml": (
            "g/ml{SUVlbm(James128)}", "Standardized Uptake Value lean body mass (James 128)"
        ),
        "SUVbsa cm2/ml": ("cm2/ml{SUVbsa}", "Standardized Uptake Value body surface area"),
        "BQML": ("Bq/ml", "Becquerels/milliliter"), "CNTS": ("{counts}", "Counts"),
        "CPS": ("{counts}/s", "Counts per second"), "GML": ("g/ml", "Gram/milliliter"),
        "PROPCNTS": ("{propcounts}", "Proportional to counts"),
        "PROPCPS": ("{propcounts}/s", "Proportional to counts per second"), "PCNT": ("%", "Percent"),
        "NONE": ("1", "no units"), "CM2": ("cm2", "Centimeter**2"), "CM2ML": ("cm2/ml", "Centimeter**2/milliliter"),
        "1CM": ("/cm", "/Centimeter"), "UMOLML": ("umol/ml", "Micromole/milliliter"),
        "UMOLMINML": ("umol/min/ml", "Micromole/minute/milliliter"),
        "MGMINML": ("mg/min/ml", "Milligrams/minute/milliliter"),
        "MLMINML": ("ml/min/ml", "Milliliter/minute/milliliter"), "MLMING": ("ml/min/g", "Milliliter/minute/gram"),
        "MLG": ("ml/g", "Milliliter/gram"), "MLML": ("ml/ml", "Milliliter/milliliter"),
    ]
}
