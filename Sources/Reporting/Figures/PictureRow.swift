import Foundation

/// Grey pictures of one size side by side, each under its name: what was there, what a network saw, what it made of it.
public struct PictureRow {
    public struct Picture: Sendable {
        public var label: String
        /// Row by row.
        public var grey: [UInt8]
        /// Pixels that are shown as hidden; nil when none is.
        public var hidden: [Bool]?

        public init(_ label: String, grey: [UInt8], hidden: [Bool]? = nil) {
            (self.label, self.grey, self.hidden) = (label, grey, hidden)
        }
    }

    /// Blue-grey, which no grey value is.
    public static let hiddenColour = SIMD3<UInt8>(96, 110, 140)
    private static let (paper, ink, soft) = (
        SIMD3<UInt8>(255, 255, 255), SIMD3<UInt8>(20, 20, 20), SIMD3<UInt8>(90, 90, 90)
    )
    private static let margin = 12
    /// Smaller pictures are shown with whole pixels repeated up to this width.
    private static let leastWidth = 192

    /// A white canvas with the title above.
    public static func canvas(title: String, _ pictures: [Picture], width: Int, height: Int) -> Canvas {
        precondition(pictures.allSatisfy { $0.grey.count == width * height })
        let zoom = max(1, (leastWidth + width - 1) / width)
        let line = DotMatrixFont.lineHeight * 2
        let top = margin + 2 * line + 4
        let step = width * zoom + margin
        var canvas = Canvas(
            width: margin + pictures.count * step, height: top + height * zoom + margin, background: paper)
        canvas.write(title, x: margin, y: margin, scale: 2, ink, most: canvas.width - 2 * margin)
        for (place, picture) in pictures.enumerated() {
            let left = margin + place * step
            canvas.write(picture.label, x: left, y: margin + line, scale: 2, soft, most: width * zoom)
            for y in 0..<height {
                for x in 0..<width {
                    let pixel = y * width + x
                    let isHidden = picture.hidden?[pixel] ?? false
                    let colour = isHidden ? hiddenColour : SIMD3<UInt8>(repeating: picture.grey[pixel])
                    canvas.fill(
                        x: left + x * zoom..<left + (x + 1) * zoom, y: top + y * zoom..<top + (y + 1) * zoom, colour)
                }
            }
        }
        return canvas
    }

    /// One picture alone, without a word; as bytes of red, green and blue.
    public static func samples(_ picture: Picture) -> [UInt8] {
        picture.grey.indices.flatMap { pixel -> [UInt8] in
            let isHidden = picture.hidden?[pixel] ?? false
            let colour = isHidden ? hiddenColour : SIMD3<UInt8>(repeating: picture.grey[pixel])
            return [colour.x, colour.y, colour.z]
        }
    }
}

/// A matrix of shares as a picture: each cell a square, its logarithm a colour.
public enum MatrixPicture {
    /// Red, green and blue, `side · zoom` pixels square, the first row above. Shares below `least` are as dark as nothing;
    /// `most` is the brightest, so that matrices beside each other share one scale.
    public static func samples(_ shares: [[Double]], zoom: Int, least: Double, most: Double) -> [UInt8] {
        let span = most > least ? log10(most / least) : 1
        return shares.flatMap { row -> [UInt8] in
            let line = row.flatMap { share -> [UInt8] in
                let colour = ColourMap.viridis(share > least ? log10(share / least) / span : 0)
                return [UInt8](repeatingTriple: colour, count: zoom)
            }
            return (0..<zoom).flatMap { _ in line }
        }
    }
}

extension [UInt8] {
    fileprivate init(repeatingTriple colour: SIMD3<UInt8>, count: Int) {
        self = (0..<count).flatMap { _ in [colour.x, colour.y, colour.z] }
    }
}
