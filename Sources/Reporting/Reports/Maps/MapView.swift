import Figures
import Imaging
import Radiomics

/// The part of the slices that pictures show, and how large: voxels keep the ratio of their sides.
struct MapView {
    /// In pixels of the picture.
    let width: Int
    let height: Int
    /// Pixels of the picture for a unit of the spacing.
    let scale: Double
    private let maps: FeatureMaps

    /// What a panel shows.
    enum Panel {
        /// The image with the region's outline.
        case image
        /// The map's colours on the image.
        case map
    }

    /// - Parameters:
    ///   - side: how long the longer side should be, pixels. It is reached as nearly as whole pixels for each voxel allow.
    ///   - most: how long it may be; more voxels are left out evenly.
    init(_ maps: FeatureMaps, side: Int, most: Int) {
        self.maps = maps
        let (spacing, size) = (maps.image.grid.spacing, maps.image.box.size)
        let finest = min(spacing.x, spacing.y)
        let (across, down) = (Double(size.x) * spacing.x / finest, Double(size.y) * spacing.y / finest)
        let longer = max(across, down)
        var zoom = max(1, (Double(side) / longer).rounded())
        if zoom * longer > Double(most) { zoom = Double(most) / longer }
        // A header may claim voxels of any size; where the product is not finite one pixel is shown.
        func pixels(_ length: Double) -> Int { length.isFinite ? max(1, Int(length.rounded())) : 1 }
        (width, height) = (pixels(across * zoom), pixels(down * zoom))
        scale = zoom / finest
    }

    /// - Parameters:
    ///   - x: left side of the panel on the canvas, `y` its top.
    ///   - colour: of a value of the map; nil for one that is none.
    func draw(
        _ panel: Panel, of map: FeatureMap, slice: Int, on canvas: inout Canvas, x left: Int, y top: Int,
        style: MapStyle, colour: (Float) -> SIMD3<UInt8>?
    ) {
        // A thin frame, or a white image would end nowhere.
        canvas.fill(x: left - 1..<left + width + 1, y: top - 1..<top + height + 1, MapStyle.frame)
        for y in 0..<height {
            for x in 0..<width {
                let voxel = voxel(x, y, slice)
                var shade = style.shade(maps.image[voxel])
                if panel == .map, let k = position(voxel), maps.inside[k] != 0 {
                    shade = colour(map.values[k]) ?? MapStyle.undefined
                }
                canvas.set(left + x, top + y, shade)
            }
        }
        guard panel == .image else { return }
        for (x, y) in outline(slice) { canvas.set(left + x, top + y, style.outline) }
    }

    /// Whether a slice has a voxel that is no number.
    func hasMissing(_ slice: Int) -> Bool {
        let box = maps.image.box
        var isMissing = false
        maps.image.forEachRow(
            of: VoxelBox(
                lower: SIMD3(box.lower.x, box.lower.y, slice), size: SIMD3(box.size.x, box.size.y, 1))
        ) { (row: UnsafeBufferPointer<Double>, _: Int) in
            isMissing = isMissing || row.contains { !$0.isFinite }
        }
        return isMissing
    }

    /// Index in the grid of the voxel that a pixel shows.
    private func voxel(_ x: Int, _ y: Int, _ slice: Int) -> SIMD3<Int> {
        let box = maps.image.box
        return SIMD3(box.lower.x + x * box.size.x / width, box.lower.y + y * box.size.y / height, slice)
    }

    /// Of a voxel in the map; nil outside its box.
    private func position(_ voxel: SIMD3<Int>) -> Int? {
        let place = voxel &- maps.box.lower
        guard all(place .>= 0), all(place .< maps.box.size) else { return nil }
        return maps.box.offset(place.x, place.y, place.z)
    }

    /// The pixels around the region, two deep: also beside the panel, where the region ends with the image.
    private func outline(_ slice: Int) -> [(x: Int, y: Int)] {
        let depth = 2
        let (columns, rows) = (width + 4 * depth, height + 4 * depth)
        // With a frame of nothing, so that neighbours need no check.
        var isInside = [Bool](repeating: false, count: columns * rows)
        for y in 0..<height {
            for x in 0..<width {
                guard let k = position(voxel(x, y, slice)), maps.region[k] != 0 else { continue }
                isInside[(y + 2 * depth) * columns + x + 2 * depth] = true
            }
        }
        var pixels: [(x: Int, y: Int)] = []
        for y in depth..<rows - depth {
            for x in depth..<columns - depth where !isInside[y * columns + x] {
                let isBeside = (1...depth).contains { step in
                    isInside[y * columns + x - step] || isInside[y * columns + x + step]
                        || isInside[(y - step) * columns + x] || isInside[(y + step) * columns + x]
                }
                if isBeside { pixels.append((x - 2 * depth, y - 2 * depth)) }
            }
        }
        return pixels
    }
}

/// The colours of a picture of a map.
struct MapStyle {
    static let (paper, ink, soft) = (
        SIMD3<UInt8>(255, 255, 255), SIMD3<UInt8>(20, 20, 20), SIMD3<UInt8>(90, 90, 90)
    )
    static let frame = SIMD3<UInt8>(repeating: 150)
    /// Of a voxel of the region without a value.
    static let undefined = SIMD3<UInt8>(214, 39, 140)
    /// Of a voxel of the image that is no number.
    static let missing = PictureRow.hiddenColour

    let window: GreyWindow
    let polarity: GreyPolarity

    /// Seen on dark and on white ground.
    var outline: SIMD3<UInt8> {
        switch polarity {
        case .moreIsBrighter: SIMD3(255, 214, 0)
        case .moreIsDarker: SIMD3(0, 104, 204)
        }
    }

    func shade(_ value: Double) -> SIMD3<UInt8> {
        value.isFinite ? polarity.shade(window.brightness(value)) : Self.missing
    }
}
