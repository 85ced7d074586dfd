import Figures

/// How the values of a map become colours: the ends leave out a hundredth of the values each, or a few outliers would take all
/// the colours. One scale for all slices of a map.
struct MapColours {
    let range: ClosedRange<Double>
    /// Whether there are values beyond them.
    let (lower, upper): (ColourBar.End, ColourBar.End)

    /// Nil for a map without values.
    init?(_ values: [Float]) {
        let sorted = values.filter(\.isFinite).sorted()
        guard let lowest = sorted.first, let highest = sorted.last else { return nil }
        let aside = sorted.count / 100
        let (low, high) = (sorted[aside], sorted[sorted.count - 1 - aside])
        range = Double(low)...Double(high)
        (lower, upper) = (lowest < low ? .open : .closed, highest > high ? .open : .closed)
    }

    /// Nil for a voxel without a value.
    func colour(_ value: Float) -> SIMD3<UInt8>? {
        guard value.isFinite else { return nil }
        let span = range.upperBound - range.lowerBound
        // A map of one value has the middle colour, as the bar.
        return colour(share: span > 0 ? (Double(value) - range.lowerBound) / span : 0.5)
    }

    func colour(share: Double) -> SIMD3<UInt8> {
        ColourMap.viridis(range.lowerBound < range.upperBound ? share : 0.5)
    }
}
