/// A picture of 8-bit red, green and blue that figures are drawn on.
public struct Canvas: Sendable {
    public let width: Int
    public let height: Int
    /// Row by row from the top, three bytes per pixel.
    public private(set) var samples: [UInt8]

    package init(width: Int, height: Int, background: SIMD3<UInt8>) {
        (self.width, self.height) = (width, height)
        samples = []
        samples.reserveCapacity(3 * width * height)
        for _ in 0..<width * height { samples += [background.x, background.y, background.z] }
    }

    /// Outside the picture nothing is drawn.
    package mutating func set(_ x: Int, _ y: Int, _ colour: SIMD3<UInt8>) {
        guard (0..<width).contains(x), (0..<height).contains(y) else { return }
        let k = 3 * (y * width + x)
        (samples[k], samples[k + 1], samples[k + 2]) = (colour.x, colour.y, colour.z)
    }

    package mutating func fill(x: Range<Int>, y: Range<Int>, _ colour: SIMD3<UInt8>) {
        for row in y { for column in x { set(column, row, colour) } }
    }

    /// `scale` pixels a dot; letters that do not fit into `most` pixels are cut off, with two dots at the end.
    package mutating func write(_ text: String, x: Int, y: Int, scale: Int, _ colour: SIMD3<UInt8>, most: Int = .max) {
        let room = most / (DotMatrixFont.advance * scale)
        let shown = text.count <= room ? text : String(text.prefix(max(0, room - 2))) + ".."
        for (k, letter) in shown.enumerated() {
            let rows = DotMatrixFont.rows(of: letter)
            for row in 0..<DotMatrixFont.height {
                let dots = rows >> UInt64(8 * (DotMatrixFont.height - 1 - row))
                for column in 0..<DotMatrixFont.width where dots >> UInt64(DotMatrixFont.width - 1 - column) & 1 != 0 {
                    let left = x + (k * DotMatrixFont.advance + column) * scale
                    fill(x: left..<left + scale, y: y + row * scale..<y + (row + 1) * scale, colour)
                }
            }
        }
    }

    package static func textWidth(_ text: String, scale: Int) -> Int { text.count * DotMatrixFont.advance * scale }
}
