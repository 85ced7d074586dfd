/// In what the intensities of an image are wanted; anything but `stored` concerns PET alone.
public enum ImageUnit: String, CaseIterable, Sendable {
    /// As the file has them after its own rescale.
    case stored
    /// Standardised uptake value by body weight, g/ml.
    case bodyWeight = "suvbw"
    /// By lean body mass after Janmahasatian et al. 2005 (DICOM: LBMJANMA), g/ml.
    case leanBodyMass = "suvlbm"
    /// By lean body mass after James 1976 with the factor 128 (DICOM: LBMJAMES128), g/ml.
    case leanBodyMassJames = "suvlbm-james"
    /// By body surface area after Du Bois & Du Bois 1916, cm²/ml.
    case bodySurface = "suvbsa"

    /// What stands in the table as the unit of the intensities; nil for stored values, whose unit the file knows.
    public var title: String? {
        switch self {
        case .stored: nil
        case .bodyWeight: "SUVbw g/ml"
        case .leanBodyMass: "SUVlbm (Janmahasatian) g/ml"
        case .leanBodyMassJames: "SUVlbm (James) g/ml"
        case .bodySurface: "SUVbsa cm2/ml"
        }
    }
}
