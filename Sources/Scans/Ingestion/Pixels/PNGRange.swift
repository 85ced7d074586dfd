import PNG

extension ImageSource {
    /// What the stored values of a PNG can be: 0 to 2ᵇ - 1 for b bits per sample (a palette's colours have 8), from its
    /// header.
    public static func storedRange(png path: String) throws(IngestionError) -> ClosedRange<Double> {
        let layout = try PNGFile.open(path).layout
        return 0...Double((1 << min(layout.bitDepth, 16)) - 1)
    }
}
