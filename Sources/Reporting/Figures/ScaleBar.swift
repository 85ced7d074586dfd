import Foundation

/// A line under a picture that says how long something in it is.
package struct ScaleBar: Hashable {
    /// 1, 2 or 5 times a power of ten.
    package let length: Double
    /// The same in the picture.
    package let pixels: Int
    /// `20 mm`
    package let text: String

    /// The longest that takes at most `most` pixels.
    ///
    /// - Parameters:
    ///   - unit: of the length, e.g. `mm`; whole units only for `pixels`, of which nobody sees a half.
    ///   - scale: pixels of the picture for one unit.
    package init?(unit: String, scale: Double, most: Double) {
        guard scale > 0, scale.isFinite, most > 0 else { return nil }
        let room = most / scale
        let power = pow(10, floor(log10(room)))
        let length = [5, 2, 1].map { $0 * power }.first { $0 <= room * (1 + 1e-9) } ?? power
        guard length.isFinite, length > 0, unit != "pixels" || length >= 1 else { return nil }
        (self.length, pixels) = (length, max(1, Int((length * scale).rounded())))
        text = "\(String(format: "%.6g", length)) \(length == 1 && unit == "pixels" ? "pixel" : unit)"
    }

    /// A line with a stroke at both ends, and the text beside it; `y` is the upper side of both.
    package func draw(on canvas: inout Canvas, x: Int, y: Int, scale: Int, _ ink: SIMD3<UInt8>) {
        let height = Canvas.textHeight(scale: scale)
        canvas.fill(x: x..<x + pixels, y: y + height / 2 - 1..<y + height / 2 + 1, ink)
        for end in [x, max(x, x + pixels - 2)] { canvas.fill(x: end..<end + 2, y: y..<y + height, ink) }
        canvas.write(text, x: x + pixels + 8, y: y, scale: scale, ink)
    }
}
