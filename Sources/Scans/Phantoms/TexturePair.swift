import Imaging
import Ingestion
import PNG

/// Two images with the same histogram that only co-occurrence tells apart: vertical stripes and a checkerboard, both
/// one pixel wide, both half dark and half light.
///
/// With n × n pixels (n even) and two grey levels one step apart, at distance 1:
/// | | along x | along y | diagonals | contrast, mean of 4 directions | contrast, merged |
/// | --- | --- | --- | --- | --- | --- |
/// | stripes | contrast 1, correlation −1 | 0, 1 | 1, −1 | 3/4 | (3n − 2) / (4n − 2) |
/// | checkerboard | 1, −1 | 1, −1 | 0, 1 | 1/2 | n / (2n − 1) |
public struct TexturePair: Sendable {
    /// Rows and columns, even.
    public let size: Int
    /// Only written into the truth: nothing here is random.
    public let seed: UInt64

    /// The two grey values.
    static let dark: UInt8 = 64
    static let light: UInt8 = 192

    /// An odd size is rounded down.
    public init(size: Int, seed: UInt64) {
        (self.size, self.seed) = (size - size % 2, seed)
    }

    public enum Texture: String, CaseIterable, Sendable { case stripes, checkerboard }

    /// Row by row.
    public func pixels(of texture: Texture) -> [UInt8] {
        (0..<size * size).map { offset in
            let (x, y) = (offset % size, offset / size)
            let isLight =
                switch texture {
                case .stripes: x % 2 == 1
                case .checkerboard: (x + y) % 2 == 1
                }
            return isLight ? Self.light : Self.dark
        }
    }

    public var truth: PhantomTruth {
        let extent = SIMD3(size, size, 1)
        let whole = Region.whole(Geometry(size: extent))
        return PhantomTruth(
            kind: .texturePair,
            about: """
                Two images with equal histograms. The co-occurrence is that of two grey levels, 1 and 2 (bin count 2): \
                mean, variance, minimum and maximum are of the grey values as stored.
                """,
            seed: seed,
            regions: Texture.allCases.map { texture in
                let stored = pixels(of: texture).map { Int($0) }
                let levels = stored.map { $0 == Int(Self.light) ? 2 : 1 }
                let masks = ["\(texture.rawValue)_mask.png": 1]
                let image = "\(texture.rawValue).png"
                var region = PhantomTruth.RegionTruth(
                    of: whole, in: stored, size: extent, image: image, masks: masks, directions: [])
                region.cooccurrence =
                    PhantomTruth.RegionTruth(
                        of: whole, in: levels, size: extent, image: image, masks: masks, directions: [.x, .y, .plane]
                    ).cooccurrence
                return region
            }
        )
    }

    /// Writes an image and a mask of ones for each texture into a folder that exists.
    func write(to folder: String) throws -> PhantomTruth {
        let ones = [UInt8](repeating: 1, count: size * size)
        for texture in Texture.allCases {
            let name = "\(folder)/\(texture.rawValue)"
            try PNGWriter.write(grey: pixels(of: texture), width: size, height: size, to: "\(name).png")
            try PNGWriter.write(grey: ones, width: size, height: size, to: "\(name)_mask.png")
        }
        return truth
    }
}
