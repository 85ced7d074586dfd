/// Colours in which equal steps look equally large, also in grey and to colour-blind eyes.
public enum ColourMap {
    /// Red, green, blue for 0...1; outside, the end's.
    ///
    /// Viridis (S. van der Walt and N. Smith, 2015, public domain CC0): eleven of its colours at equal steps, between
    /// them linear, which is within 3 of 255 of the whole table.
    public static func viridis(_ fraction: Double) -> SIMD3<UInt8> {
        let place = max(0, min(1, fraction)) * Double(stops.count - 1)
        let below = min(Int(place), stops.count - 2)
        let rest = place - Double(below)
        let mixed = stops[below] * (1 - rest) + stops[below + 1] * rest
        return SIMD3<UInt8>(mixed.rounded(.toNearestOrEven))
    }

    private static let stops: [SIMD3<Double>] = [
        0x440154, 0x482475, 0x414487, 0x355F8D, 0x2A788E, 0x21918C, 0x22A884, 0x44BF70, 0x7AD151, 0xBDDF26, 0xFDE725,
    ].map { (colour: Int) in
        SIMD3(Double(colour >> 16), Double(colour >> 8 & 0xFF), Double(colour & 0xFF))
    }
}
