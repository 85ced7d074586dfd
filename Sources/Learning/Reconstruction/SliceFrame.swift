import Imaging

/// Which part of a slice becomes a network's square.
public enum SliceView: String, CaseIterable, Codable, Sendable {
    /// All of it, as `weft embed` sees it.
    case whole
    /// The middle, at the scale of pre-training: resized to 8/7 of the square, then cropped.
    case centre
}

/// Where the pixels of a network's square lie on the slice that it was made of.
public struct SliceFrame: Hashable, Sendable {
    /// mm from one pixel of the square to the next, along columns' index x and rows' index y.
    public let spacing: SIMD2<Double>
    /// mm from the centre of the slice's first pixel to that of the square's, along the same axes.
    public let start: SIMD2<Double>

    /// The square that the middle is cropped from, as pre-training prepares slices: 8/7 of the side, pixels.
    public static func enlarged(_ side: Int) -> Int { Int((Double(side) * 8 / 7).rounded()) }

    public init(_ geometry: Geometry, side: Int, view: SliceView) {
        let resized = view == .whole ? side : Self.enlarged(side)
        let size = SIMD2(Double(geometry.size.x), Double(geometry.size.y))
        let own = SIMD2(geometry.spacing.x, geometry.spacing.y)
        let margin = (Double(resized - side) / 2).rounded(.toNearestOrEven)
        spacing = own * size / Double(resized)
        start = (spacing - own) / 2 + spacing * margin
    }
}
