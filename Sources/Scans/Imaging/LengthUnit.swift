/// In what the spacing of an image is.
public enum LengthUnit: Hashable, Sendable {
    case millimetre
    /// The file does not say how large a pixel is: its side is the unit.
    case pixel
}
