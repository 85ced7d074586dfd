/// Where the square tiles of a picture lie: as few as reach over a range with steps of at most `stride`, spread evenly, and inside
/// the picture as far as it is large enough.
public struct TileGrid: Hashable, Sendable {
    /// Pixels of a side.
    public let side: Int
    /// First column and first row of each tile, row by row. Below 0 where the picture is smaller than a tile.
    public let origins: [SIMD2<Int>]

    /// - Parameters:
    ///   - columns, rows: what the tiles are to cover, pixels of the picture.
    ///   - size: of the picture.
    ///   - stride: the most pixels from a tile to the next one.
    public init(columns: Range<Int>, rows: Range<Int>, of size: SIMD2<Int>, side: Int, stride: Int) {
        self.side = side
        let x = Self.starts(of: columns, in: size.x, side: side, stride: stride)
        let y = Self.starts(of: rows, in: size.y, side: side, stride: stride)
        origins = y.flatMap { y in x.map { SIMD2($0, y) } }
    }

    /// Over all of a picture.
    public init(of size: SIMD2<Int>, side: Int, stride: Int) {
        self.init(columns: 0..<size.x, rows: 0..<size.y, of: size, side: side, stride: stride)
    }

    static func starts(of range: Range<Int>, in extent: Int, side: Int, stride: Int) -> [Int] {
        precondition(side > 0 && stride > 0 && !range.isEmpty, "tiles of \(side) by \(stride) over \(range)")
        guard extent > side else { return [-((side - extent) / 2)] }
        guard range.count > side else {
            // In the middle of the range, and inside the picture.
            return [min(max(0, range.lowerBound - (side - range.count) / 2), extent - side)]
        }
        let way = range.count - side
        let steps = (way + stride - 1) / stride
        // Rounded, so that neighbours differ by a pixel at most.
        return (0...steps).map { range.lowerBound + (2 * $0 * way + steps) / (2 * steps) }
    }
}

/// One slice as 16 bits, at some scale.
public struct PreparedSlice: Hashable, Sendable {
    public var width: Int
    public var height: Int
    /// `[height, width]`; 0...65535 stand for 0...1.
    public var pixels: [UInt16]
    /// `[height, width]`: 1 in the region that is looked at, 0 elsewhere; nil: all of the slice is looked at.
    public var region: [UInt8]?

    public init(width: Int, height: Int, pixels: [UInt16], region: [UInt8]? = nil) {
        precondition(pixels.count == width * height, "\(pixels.count) pixels for \(width) × \(height)")
        precondition(region == nil || region?.count == pixels.count, "a region of \(region?.count ?? 0) pixels")
        (self.width, self.height, self.pixels, self.region) = (width, height, pixels, region)
    }

    public var size: SIMD2<Int> { SIMD2(width, height) }

    /// Whether it has one grey level only.
    var isFlat: Bool { !pixels.contains { $0 != pixels[0] } }

    /// A square of it `[side, side]`. Beyond the border the picture is mirrored, the outermost pixel not repeated, so that a
    /// border makes no edge.
    public func tile(at origin: SIMD2<Int>, side: Int) -> [UInt16] {
        let columns = (0..<side).map { Self.mirrored(origin.x + $0, width) }
        var tile: [UInt16] = []
        tile.reserveCapacity(side * side)
        for y in 0..<side {
            let row = Self.mirrored(origin.y + y, height) * width
            for x in columns { tile.append(pixels[row + x]) }
        }
        return tile
    }

    /// The smallest rectangle that holds the region; all of the slice where there is none.
    var looked: (columns: Range<Int>, rows: Range<Int>) {
        guard let region, let first = region.firstIndex(of: 1), let last = region.lastIndex(of: 1) else {
            return (0..<width, 0..<height)
        }
        var (left, right) = (width - 1, 0)
        for row in first / width...last / width {
            for column in 0..<width where region[row * width + column] == 1 {
                (left, right) = (min(left, column), max(right, column))
            }
        }
        return (left..<right + 1, first / width..<last / width + 1)
    }

    /// The region in a tile `[side, side]`; nothing of it lies beyond the border.
    func regionOfTile(at origin: SIMD2<Int>, side: Int) -> [UInt8]? {
        guard let region else { return nil }
        var tile = [UInt8](repeating: 0, count: side * side)
        for y in max(0, -origin.y)..<max(0, -origin.y, min(side, height - origin.y)) {
            for x in max(0, -origin.x)..<max(0, -origin.x, min(side, width - origin.x)) {
                tile[y * side + x] = region[(origin.y + y) * width + origin.x + x]
            }
        }
        return tile
    }

    /// The part of a slice that tiles over its region and as many beside it reach into; nil where the region has no pixel.
    ///
    /// - Parameter side: of the tiles; half a side around the region stays, so that training may draw tiles beside it.
    package func cut(around region: [UInt8], side: Int) -> PreparedSlice? {
        guard region.contains(1) else { return nil }
        let box = PreparedSlice(width: width, height: height, pixels: pixels, region: region).looked
        func kept(_ range: Range<Int>, _ extent: Int) -> Range<Int> {
            let wide = max(range.count, side) + side
            let lower = max(0, range.lowerBound - (wide - range.count) / 2)
            return lower..<min(extent, max(range.upperBound, lower + wide))
        }
        let (columns, rows) = (kept(box.columns, width), kept(box.rows, height))
        func part<Value>(_ values: [Value]) -> [Value] {
            rows.flatMap { row in values[row * width + columns.lowerBound..<row * width + columns.upperBound] }
        }
        return PreparedSlice(width: columns.count, height: rows.count, pixels: part(pixels), region: part(region))
    }

    /// All of it as a square, grey values 0...1 `[side, side]`.
    func whole(side: Int) -> [Float] {
        resized(
            values: pixels.map { Float($0) / 65535 }, width: width, height: height, to: (side, side), kernel: .bilinear)
    }

    /// NumPy's `reflect`.
    static func mirrored(_ place: Int, _ extent: Int) -> Int {
        guard extent > 1 else { return 0 }
        let period = 2 * (extent - 1)
        let inside = ((place % period) + period) % period
        return inside < extent ? inside : period - inside
    }
}

/// Pixels of a region of a view `[size, size]` in each patch of it, row by row.
public func regionPixels(_ region: [UInt8], inPatchesOf side: Int, size: Int) -> [Double] {
    let across = size / side
    var counts = [Double](repeating: 0, count: across * across)
    for row in 0..<across * side {
        for column in 0..<across * side where region[row * size + column] == 1 {
            counts[row / side * across + column / side] += 1
        }
    }
    return counts
}

extension ChannelNormalisation {
    /// `[channels, pixels]` of grey values 0...65535.
    public func normalised(_ pixels: [UInt16]) -> [Float] {
        zip(mean, deviation).flatMap { mean, deviation in
            pixels.map { (Float($0) / 65535 - Float(mean)) / Float(deviation) }
        }
    }
}
