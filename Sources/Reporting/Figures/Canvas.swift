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
        forEachDot(of: Self.cut(text, scale: scale, most: most), scale: scale) { canvas, along, down in
            canvas.fill(x: x + along..<x + along + scale, y: y + down..<y + down + scale, colour)
        }
    }

    /// Turned, so that it is read from below: the letters' upper side is to the left, at `x`, and the first letter starts at
    /// `bottom`.
    package mutating func writeUpward(_ text: String, x: Int, bottom: Int, scale: Int, _ colour: SIMD3<UInt8>) {
        forEachDot(of: text, scale: scale) { canvas, along, down in
            canvas.fill(x: x + down..<x + down + scale, y: bottom - along - scale..<bottom - along, colour)
        }
    }

    /// Calls with how far along the line, and below its upper side, the corner of each dot lies.
    private mutating func forEachDot(
        of text: String, scale: Int, _ body: (inout Canvas, _ along: Int, _ down: Int) -> Void
    ) {
        for (k, letter) in text.enumerated() {
            let rows = DotMatrixFont.rows(of: letter)
            for row in 0..<DotMatrixFont.height {
                let dots = rows >> UInt64(8 * (DotMatrixFont.height - 1 - row))
                for column in 0..<DotMatrixFont.width where dots >> UInt64(DotMatrixFont.width - 1 - column) & 1 != 0 {
                    body(&self, (k * DotMatrixFont.advance + column) * scale, row * scale)
                }
            }
        }
    }

    private static func cut(_ text: String, scale: Int, most: Int) -> String {
        let room = most / (DotMatrixFont.advance * scale)
        return text.count <= room ? text : String(text.prefix(max(0, room - 2))) + ".."
    }

    package static func textWidth(_ text: String, scale: Int) -> Int { text.count * DotMatrixFont.advance * scale }
    package static func textHeight(scale: Int) -> Int { DotMatrixFont.height * scale }
    /// From the top of a line of text to that of the next.
    package static func lineHeight(scale: Int) -> Int { DotMatrixFont.lineHeight * scale }

    /// Lines of at most so many pixels, of parts that stay whole with `separator` between two on one line. A part that is too
    /// long for a line is cut off.
    package static func lines(of parts: [String], separator: String, width: Int, scale: Int) -> [String] {
        var lines: [String] = []
        for part in parts where !part.isEmpty {
            let part = cut(part, scale: scale, most: width)
            let longer = lines.last.map { $0 + separator + part }
            if let longer, textWidth(longer, scale: scale) <= width {
                lines[lines.count - 1] = longer
            } else {
                lines.append(part)
            }
        }
        return lines
    }
}
