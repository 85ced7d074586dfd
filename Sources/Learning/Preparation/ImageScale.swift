import Imaging
import Ingestion

/// At which scale a network sees an image. Texture hangs on it: a picture that is made small has lost its fine structure, and the
/// same tissue differs between fields of view.
public enum ImageScale: Hashable, Sendable {
    /// The whole picture made as large as the network's view, whatever its size was.
    case resize
    /// The image's own pixels.
    case pixels
    /// Pixels of so many mm along x and y, resampled in the plane as `weft extract` does it (linear, IBSI 2.4). A PNG, which
    /// has no mm, keeps its pixels.
    case spacing(SIMD2<Double>)

    /// Where neither weights nor the user say: 1 mm, and the pixels of a PNG.
    public static let own = ImageScale.spacing(SIMD2(1, 1))

    /// How the slices of an image come to this scale; nil where its pixels stay as they are.
    func resampler(of geometry: Geometry, _ image: ImageSource) -> Resampler? {
        guard case .spacing(let spacing) = self, image.format != .png else { return nil }
        let resampler = Resampler(centredOn: geometry, spacing: SIMD3(spacing.x, spacing.y, 0))
        return resampler.isIdentity ? nil : resampler
    }
}

/// Which views of an image a network sees.
public enum ImageViews: String, CaseIterable, Hashable, Sendable {
    /// Each whole slice, made as large as the network's view.
    case whole
    /// Overlapping pieces of each slice at its own scale.
    case tiles
    /// The tiles for texture, and the whole slice for shape.
    case both

    public var includesWhole: Bool { self != .tiles }
    public var includesTiles: Bool { self != .whole }
}
