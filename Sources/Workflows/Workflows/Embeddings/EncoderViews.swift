import Imaging
import Ingestion
import MaskedAutoencoder
import Parallel
import Preparation

/// What of an image an encoder sees, and at which scale.
public struct EmbeddingScope: Hashable, Sendable {
    /// Nil: tiles where the weights were trained at a scale of their own, else the whole picture.
    public var views: ImageViews?
    /// Of the tiles; nil: as the weights were trained, or ``ImageScale/own``.
    public var scale: ImageScale?
    /// The most pixels from a tile to the next one; nil: a tile's side.
    public var stride: Int?

    public init(views: ImageViews? = nil, scale: ImageScale? = nil, stride: Int? = nil) {
        (self.views, self.scale, self.stride) = (views, scale, stride)
    }
}

/// The views that an encoder has of one loaded image.
struct EncoderViews: LoadedImage {
    let volume: Volume
    private let slices: SliceViews
    private let side: Int
    private let patchSide: Int
    private let stride: Int

    /// One view of one slice.
    struct View {
        /// From 0.
        var slice: Int
        var kind: Kind
        /// Voxels of a region in each patch [L]; nil: all patches count alike.
        var weights: [Double]?

        enum Kind {
            case whole
            case tile(origin: SIMD2<Int>)
        }
    }

    /// Nil when the image has one grey level only.
    init?(
        _ volume: Volume, of image: ImageSource, intensity: IntensityMapping, scale: ImageScale, stride: Int,
        _ shape: MaskedAutoencoderConfiguration
    ) throws(IngestionError) {
        guard let slices = try SliceViews(volume, of: image, intensity: intensity, scale: scale) else { return nil }
        (self.volume, self.slices, self.stride) = (volume, slices, stride)
        (side, patchSide) = (shape.imageHeight, shape.patchSide)
    }

    var sliceCount: Int { volume.geometry.size.z }

    /// Every view of a slice.
    func whole(_ slice: Int) -> [View] { [View(slice: slice, kind: .whole)] }

    func tiles(_ slice: Int) -> [View] {
        TileGrid(of: planeSize, side: side, stride: stride).origins.map { View(slice: slice, kind: .tile(origin: $0)) }
    }

    /// The whole slices that a region touches.
    func whole(_ region: Region) -> [View] {
        let size = volume.geometry.size
        return views(of: region, in: size.x, size.y) { slice in [(View(slice: slice, kind: .whole), SIMD2(0, 0))] }
    }

    /// The tiles that cover a region's box, in the slices that it touches.
    func tiles(_ region: Region) -> [View] {
        let scaled = slices.scaled(region)
        guard scaled.box.voxelCount > 0 else { return [] }
        let (lower, upper) = (scaled.box.lower, scaled.box.upper)
        let grid = TileGrid(
            columns: lower.x..<upper.x, rows: lower.y..<upper.y, of: planeSize, side: side, stride: stride)
        return views(of: scaled, in: side, side) { slice in
            grid.origins.map { (View(slice: slice, kind: .tile(origin: $0)), $0) }
        }
    }

    private var planeSize: SIMD2<Int> { SIMD2(slices.geometry.size.x, slices.geometry.size.y) }

    /// Views with the region's voxels in each of their patches, without those in which there are none.
    ///
    /// - Parameters:
    ///   - width, height: pixels of the region's grid that a view covers.
    ///   - views: of a slice, with the first pixel that each covers.
    private func views(
        of region: Region, in width: Int, _ height: Int, _ views: (Int) -> [(View, SIMD2<Int>)]
    ) -> [View] {
        let (box, patches) = (region.box, side / patchSide)
        return (0..<box.size.z).flatMap { z in
            views(box.lower.z + z).compactMap { view, origin in
                var counts = [Double](repeating: 0, count: patches * patches)
                for y in 0..<box.size.y {
                    let row = box.lower.y + y - origin.y
                    guard (0..<height).contains(row) else { continue }
                    for x in 0..<box.size.x where region.voxels[box.offset(x, y, z)] == 1 {
                        let column = box.lower.x + x - origin.x
                        guard (0..<width).contains(column) else { continue }
                        counts[row * patches / height * patches + column * patches / width] += 1
                    }
                }
                guard counts.contains(where: { $0 > 0 }) else { return nil }
                var view = view
                view.weights = counts
                return view
            }
        }
    }

    /// Calls with the tokens of each view [blocks][1 + L, D], in order.
    func forEachTokens(
        of views: [View], _ encoder: FrozenEncoder, _ readout: Readout, _ normalisation: ChannelNormalisation,
        jobs: Int,
        _ body: (View, [[Float]]) -> Void
    ) {
        var scaled: [Int: PreparedSlice] = [:]
        for start in Swift.stride(from: 0, to: views.count, by: encoder.batchCapacity) {
            let chosen = views[start..<min(start + encoder.batchCapacity, views.count)]
            // Each slice is brought to its scale once; those of earlier views are not needed any more.
            let wanted = Set(chosen.compactMap { if case .tile = $0.kind { $0.slice } else { nil } })
            scaled = scaled.filter { wanted.contains($0.key) }
            let new = wanted.filter { scaled[$0] == nil }.sorted()
            for (slice, made) in zip(new, Workers(jobs).map(new.count, { slices.scaled(new[$0]) })) {
                scaled[slice] = made
            }
            let ready = scaled
            let images = Workers(jobs).map(chosen.count) { index -> [Float] in
                let view = chosen[chosen.startIndex + index]
                switch view.kind {
                case .whole: return normalisation.normalised(slices.pixels(view.slice, size: side))
                case .tile(let origin):
                    return normalisation.normalised(ready[view.slice]?.tile(at: origin, side: side) ?? [])
                }
            }
            let tokens = encoder.tokens(of: images.flatMap { $0 }, count: chosen.count, for: readout)
            for (index, view) in chosen.enumerated() { body(view, tokens.map { $0[index] }) }
        }
    }
}
