/// Which weft this is; it stands in every row and record that weft writes.
public enum Release {
    public static let version = "0.1.0"
}
