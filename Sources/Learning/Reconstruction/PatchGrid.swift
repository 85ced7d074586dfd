// Which squares of a picture the encoder sees. The picture itself comes from Preparation, the network from Reconstructor.

import Imaging
import SeededRandom

/// A picture cut into square patches from its upper left corner, row by row; what is left at the right and lower margin
/// belongs to none.
public struct PatchGrid: Hashable, Sendable {
    /// Pixels.
    public let width: Int
    public let height: Int
    /// Of a patch, pixels.
    public let side: Int

    public init(width: Int, height: Int, side: Int) { (self.width, self.height, self.side) = (width, height, side) }

    public var columns: Int { width / side }
    public var rows: Int { height / side }
    public var count: Int { columns * rows }

    /// The patch of a pixel; nil at the margin.
    public func patch(x: Int, y: Int) -> Int? {
        let (column, row) = (x / side, y / side)
        return column < columns && row < rows ? row * columns + column : nil
    }

    /// For each pixel, row by row, whether it lies in one of the patches.
    public func pixels(of patches: [Int]) -> [Bool] {
        var inside = [Bool](repeating: false, count: width * height)
        for patch in patches {
            let (x, y) = (patch % columns * side, patch / columns * side)
            for row in y..<y + side { for column in x..<x + side { inside[row * width + column] = true } }
        }
        return inside
    }

    /// The patches that are not in a list, ascending.
    public func others(than patches: [Int]) -> [Int] {
        let listed = Set(patches)
        return (0..<count).filter { !listed.contains($0) }
    }
}

/// How the patches that an encoder sees are chosen.
public enum MaskChoice: Hashable, Sendable {
    /// A share that is hidden, chosen anew for each picture: by the seed and the picture's name alone, so that every network
    /// gets the same and no order matters.
    case random(hidden: Double, seed: UInt64)
    /// The same patches of every picture, from 0, ascending.
    case given([Int])

    /// Visible patches of the picture `name`, ascending; as many as MAE keeps, `Int(count · (1 - hidden))`.
    public func visible(name: String, count: Int) -> [Int] {
        switch self {
        case .given(let patches): return patches
        case .random(_, let seed):
            var generator = SeededGenerator(seed: Fingerprint(of: "visible patches \(seed) \(name)").low)
            return generator.permutation(count).prefix(visibleCount(of: count)).sorted()
        }
    }

    func visibleCount(of count: Int) -> Int {
        switch self {
        case .given(let patches): patches.count
        case .random(let hidden, _): Int(Double(count) * (1 - hidden))
        }
    }

    /// The share with which a configuration shows so many patches.
    func maskRatio(of count: Int) -> Double {
        switch self {
        case .random(let hidden, _): hidden
        // Half a patch more than there are, so that rounding down gives them whatever the rounding before was.
        case .given(let patches):
            patches.count >= count ? 0 : 1 - (Double(patches.count) + 0.5) / Double(count)
        }
    }
}
