import DICOM

/// What is done about an inverted photometric interpretation: in MONOCHROME1 the largest value is shown darkest (PS3.3
/// C.7.6.3.1.2).
enum InvertedPhotometric: Hashable {
    /// The number is only a shade: lowest plus highest storable value minus the value.
    case inverted
    /// The value is a quantity, such as HU, whatever shade a viewer gives it, and stays.
    case keptQuantity(modality: String)
    /// Float samples have no largest storable value, and stay.
    case keptFloat

    /// Nil when the object is not MONOCHROME1.
    init?(_ file: DICOMFile, _ layout: DICOMPixelLayout) {
        guard layout.photometric == "MONOCHROME1" else { return nil }
        let modality = file.string(.modality) ?? ""
        if ["CT", "PT", "MR", "NM"].contains(modality) {
            self = .keptQuantity(modality: modality)
        } else {
            self = layout.holdsIntegers ? .inverted : .keptFloat
        }
    }

    var note: String {
        switch self {
        case .inverted: "MONOCHROME1 turned, so that more is brighter"
        case .keptQuantity(let modality):
            "MONOCHROME1 not turned: the values of \(modality) are a quantity, not a shade"
        case .keptFloat: "MONOCHROME1 not turned: float values have no largest storable value to turn about"
        }
    }
}
