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

    public init(width: Int, height: Int, pixels: [UInt16]) {
        precondition(pixels.count == width * height, "\(pixels.count) pixels for \(width) × \(height)")
        (self.width, self.height, self.pixels) = (width, height, pixels)
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

extension ChannelNormalisation {
    /// `[channels, pixels]` of grey values 0...65535.
    public func normalised(_ pixels: [UInt16]) -> [Float] {
        zip(mean, deviation).flatMap { mean, deviation in
            pixels.map { (Float($0) / 65535 - Float(mean)) / Float(deviation) }
        }
    }
}
